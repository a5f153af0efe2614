"""What has to be mended, before what it stops: rows -> causes, each with its thing, place, fix and command. Pure.

A cause is a code and a *thing*, the connection, the table, the endpoint, which whoever found it says beside its
sentence; of a difference it is also the place. Sentences, ids, addresses and request ids differ from row to row and
stay with the rows; a row that only waits for another one belongs to the cause of that one.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from migrate.check.model import Cause, Difference, ReportRow
from migrate.reasons import REASONS
from migrate.tree import Json

URGENCY = ("failed", "mismatch", "blocked", "not_verifiable", "not_run", "not_attempted")
"""The states that need somebody, the most urgent first."""


class _Mark(NamedTuple):
    """What makes two causes one."""

    code: str
    thing: str
    place: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """One thing that stops a row: what it is, in its words, what to do, and where it stands in the document."""

    mark: _Mark
    words: str
    fix: str
    place: str = ""


@dataclass(slots=True, kw_only=True)
class _Group:
    """The rows of one cause while they are gathered."""

    roots: list[ReportRow] = field(default_factory=list)
    found: list[_Told] = field(default_factory=list)
    dependents: list[ReportRow] = field(default_factory=list)


def caused(rows: Sequence[ReportRow], run: Mapping[str, Json]) -> tuple[tuple[ReportRow, ...], tuple[Cause, ...]]:
    """The rows, each that needs somebody with the number of its cause, and the causes, the most urgent first."""
    groups: dict[_Mark, _Group] = {}
    marks: dict[tuple[str, str], list[_Mark]] = {}
    waiting = _roots(rows)
    for row in rows:
        if row.good or (row.target, row.source_id) in waiting:
            continue
        for told in _told(row):
            group = groups.setdefault(told.mark, _Group())
            if not group.roots or group.roots[-1] is not row:
                group.roots.append(row)
            group.found.append(told)
            marks.setdefault((row.target, row.source_id), []).append(told.mark)
    for row in rows:
        root = waiting.get((row.target, row.source_id))
        if root is not None:
            mark = marks[root][0]
            groups[mark].dependents.append(row)
            marks[row.target, row.source_id] = [mark]
    ordered = sorted(groups.items(), key=lambda entry: _rank(*entry))
    numbers = {mark: n for n, (mark, _) in enumerate(ordered, start=1)}
    causes = tuple(_cause(numbers[mark], mark, group, run) for mark, group in ordered)
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


def _told(row: ReportRow) -> Iterable[_Told]:
    """Everything that stops a row."""
    code = row.reason_code or row.state
    if row.problems and not row.landed:
        for problem in row.problems:
            place = str(problem.get("place") or "")
            yield _Told(
                mark=_Mark(str(problem["code"]), str(problem.get("thing") or "")),
                words=str(problem["message"]),
                fix=str(problem["fix"]),
                place=f"{row.source_name}: {place}" if place else "",
            )
        return
    real = next((one for one in row.detail if one.kind != "normalised"), None)
    if row.verdict == "mismatch" and real is not None:
        place = place_of(real)
        mark = _Mark(code, row.source_name, place or real.path)
        words = f"{place or real.path} {KINDS_OF_DIFFERENCE[real.kind]}"
        yield _Told(mark=mark, words=words, fix=row.next_action or "", place=place)
        return
    yield _Told(mark=_Mark(code, row.thing), words=row.reason or "", fix=row.next_action or "")


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


def _rank(mark: _Mark, group: _Group) -> tuple[int, int, _Mark]:
    """The most urgent first, and of these the one that frees most."""
    urgency = min(URGENCY.index(row.state) if row.state in URGENCY else 0 for row in group.roots)
    return urgency, -len(group.roots) - len(group.dependents), mark


def _cause(n: int, mark: _Mark, group: _Group, run: Mapping[str, Json]) -> Cause:
    reason = REASONS.get(mark.code)
    fix = _common(told.fix for told in group.found) or (reason.fix if reason else "")
    return Cause(
        n=n,
        code=mark.code,
        kind=group.roots[0].state,
        thing=mark.thing,
        place=(reason.key if reason else "") or _common(told.place for told in group.found),
        sentence=reason.sentence if reason else "",
        told=_common((told.words for told in group.found), all_of_them=True),
        fix=fix,
        command=_command(group, run),
        root_rows=len(group.roots),
        dependent_rows=len(group.dependents),
        targets=tuple(dict.fromkeys(row.target for row in (*group.roots, *group.dependents))),
    )


def _common(texts: Iterable[str], *, all_of_them: bool = False) -> str:
    """The one text that all of these are, or all that say anything; empty where there is none."""
    found = set(texts) - (set() if all_of_them else {""})
    return found.pop() if len(found) == 1 else ""


def _command(group: _Group, run: Mapping[str, Json]) -> str:
    """The command that tries all rows of a cause again; empty where the plan has no file."""
    rows = [*group.roots, *group.dependents]
    only = group.roots[0].source_id if len(rows) == 1 else group.roots[0].reason_code or ""
    if group.roots[0].reason_code == "held_back":  # the wave that held it back has to be tried with it
        return command(run, "apply", (), "")
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
