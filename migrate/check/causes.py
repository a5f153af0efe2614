"""What has to be mended, before what it stops: rows -> causes, each with its thing, place, fix and command. Pure.

A cause is a code and a *thing*: the connection, the table, the endpoint. Ids, addresses and request ids differ from
row to row and stay with the rows; a row that only waits for another one belongs to the cause of that one.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from migrate.check.model import Cause, Difference, ReportRow
from migrate.reasons import REASONS
from migrate.tree import Json

URGENCY = ("failed", "mismatch", "blocked", "not_verifiable", "not_run", "not_attempted")
"""The states that need somebody, the most urgent first."""

_ONE_DECISION = frozenset({"name_taken", "drifted", "not_copied", "not_run", "interrupted", "exists"})
"""Codes whose rows are all mended by one decision, whatever their documents are called."""

_MORE = re.compile(r" \(and \d+ more\)\Z")
_REQUEST = re.compile(r" ?\[request [^\]]*\]")
_ORG = re.compile(r"\b(?:org|connection id) [^:\s]+: ")
_ID = re.compile(
    r"\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b"
    r"|(?<=[/'\"= ])(?=[A-Za-z]*\d)[0-9A-Za-z]{20,29}(?=[/'\"?., ]|\Z)"
)
_ADDRESS = re.compile(r"https?://[^\s'\"]+")
_PLAN_KEY = re.compile(r"\b(?:map|policy|select|rules|run|carry)(?:\.[a-z_]+)+")


@dataclass(slots=True, kw_only=True)
class _Group:
    """The rows of one cause while they are gathered."""

    code: str
    thing: str
    roots: list[ReportRow] = field(default_factory=list)
    fixes: set[str] = field(default_factory=set)
    places: set[str] = field(default_factory=set)
    dependents: list[ReportRow] = field(default_factory=list)


_Mark = tuple[str, str]
"""What makes two causes one: code and thing."""


def caused(rows: Sequence[ReportRow], run: Mapping[str, Json]) -> tuple[tuple[ReportRow, ...], tuple[Cause, ...]]:
    """The rows, each that needs somebody with the number of its cause, and the causes, the most urgent first."""
    groups: dict[_Mark, _Group] = {}
    marks: dict[tuple[str, str], list[_Mark]] = {}
    waiting = _roots(rows)
    for row in rows:
        if row.good or (row.target, row.source_id) in waiting:
            continue
        for code, text, fix, place in _told(row):
            mark = code, thing_of(code, text)
            group = groups.setdefault(mark, _Group(code=code, thing=mark[1]))
            group.roots.append(row)
            group.fixes.add(fix)
            group.places.add(place)
            marks.setdefault((row.target, row.source_id), []).append(mark)
    for row in rows:
        root = waiting.get((row.target, row.source_id))
        if root is not None:
            mark = marks[root][0]
            groups[mark].dependents.append(row)
            marks[row.target, row.source_id] = [mark]
    ordered = sorted(groups.items(), key=lambda entry: _rank(entry[1]))
    numbers = {mark: n for n, (mark, _) in enumerate(ordered, start=1)}
    causes = tuple(_cause(numbers[mark], group, run) for mark, group in ordered)
    return tuple(_numbered(row, marks.get((row.target, row.source_id), ()), numbers) for row in rows), causes


def _numbered(row: ReportRow, marks: Iterable[_Mark], numbers: Mapping[_Mark, int]) -> ReportRow:
    own = list(dict.fromkeys(numbers[mark] for mark in marks))
    return replace(row, cause=own[0] if own else None, also=tuple(own[1:]))


def _roots(rows: Sequence[ReportRow]) -> Mapping[tuple[str, str], tuple[str, str]]:
    """Each row that only waits for another row that needs somebody -> the one at the end of that chain."""
    bad = {(row.target, row.source_id): row for row in rows if not row.good}
    steps = {}
    for place, row in bad.items():
        needed = [row.blocked_by] if row.blocked_by else row.depends_on
        before = next(((row.target, one) for one in needed if (row.target, one) in bad), None)
        if row.reason_code == "blocked_by" and before is not None:
            steps[place] = before
    ends = {place: _end(place, steps) for place in steps}
    return {place: end for place, end in ends.items() if end is not None}


def _end(place: tuple[str, str], steps: Mapping[tuple[str, str], tuple[str, str]]) -> tuple[str, str] | None:
    """Where a chain of waiting ends; None where it runs in a circle."""
    seen = set()
    while place in steps:
        if place in seen:
            return None
        seen.add(place)
        place = steps[place]
    return place


def _told(row: ReportRow) -> Iterable[tuple[str, str, str, str]]:
    """Everything that stops a row: its code, its words, what to do, and where."""
    code = row.reason_code or row.state
    if row.problems and not row.landed:
        for problem in row.problems:
            place = str(problem.get("place") or "")
            told = f"{row.source_name}: {place}" if place else ""
            yield str(problem["code"]), str(problem["message"]), str(problem["fix"]), told
        return
    real = [one for one in row.detail if one.kind != "normalised"]
    if row.verdict == "mismatch" and real:
        text = f"{row.source_name}: {place_of(real[0]) or real[0].path} {KINDS_OF_DIFFERENCE[real[0].kind]}"
        yield code, text, row.next_action or "", place_of(real[0])
        return
    yield code, row.reason or "", row.next_action or "", ""


KINDS_OF_DIFFERENCE: Mapping[str, str] = {
    "lost": "is missing in the copy",
    "added": "was not sent, and stands in the copy",
    "changed": "differs in the copy",
    "normalised": "is written in Sigma's own way",
    "error": "is an error in the copy",
}
"""What each kind of difference means, as the end of a sentence that begins with the place."""


def place_of(difference: Difference) -> str:
    """``Board › table 'Margin' › column 'Net' › formula``: as much of it as the document has words for."""
    parts = (difference.page, difference.element, difference.column, difference.what)
    return " › ".join(part for part in parts if part)


def thing_of(code: str, text: str) -> str:
    """What is wrong, in the words of a reason, but without ids and addresses; empty where the code says all."""
    if code in _ONE_DECISION:
        return ""
    for pattern, instead in ((_MORE, ""), (_REQUEST, ""), (_ORG, ""), (_ADDRESS, "an address"), (_ID, "{id}")):
        text = pattern.sub(instead, text)
    return text.strip()


def _rank(group: _Group) -> tuple[int, int, str, str]:
    """The most urgent first, and of these the one that frees most."""
    urgency = min(URGENCY.index(row.state) if row.state in URGENCY else 0 for row in group.roots)
    return urgency, -len(group.roots) - len(group.dependents), group.code, group.thing


def _cause(n: int, group: _Group, run: Mapping[str, Json]) -> Cause:
    reason = REASONS.get(group.code)
    fixes = group.fixes - {""}
    fix = min(fixes) if len(fixes) == 1 else reason.fix if reason else ""
    key = _PLAN_KEY.search(fix)
    places = group.places - {""}
    return Cause(
        n=n,
        code=group.code,
        kind=group.roots[0].state,
        thing=group.thing,
        place=key[0] if key else min(places) if len(places) == 1 else "",
        sentence=reason.sentence if reason else "",
        fix=fix,
        command=_command(group, run),
        root_rows=len(group.roots),
        dependent_rows=len(group.dependents),
        targets=tuple(dict.fromkeys(row.target for row in (*group.roots, *group.dependents))),
    )


def _command(group: _Group, run: Mapping[str, Json]) -> str:
    """The command that tries all rows of a cause again; empty where the plan has no file."""
    rows = [*group.roots, *group.dependents]
    only = group.roots[0].source_id if len(rows) == 1 else group.roots[0].reason_code or ""
    return command(run, "verify" if group.roots[0].landed else "apply", [row.target for row in rows], only)


def command(run: Mapping[str, Json], verb: str, targets: Iterable[str], only: str) -> str:
    """A command line to paste, for one target where it is one; empty where the plan of the run has no file."""
    plan = str(run.get("plan_file") or "")
    names = list(dict.fromkeys(targets))
    if not plan:
        return ""
    words = ["sigma-migrate", verb, plan]
    words += ["--target", names[0]] if len(names) == 1 else []
    return shlex.join([*words, *(["--only", only] if only else [])])
