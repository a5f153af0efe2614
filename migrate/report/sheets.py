"""The sheets of the spreadsheet as pandas tables, with words in their cells instead of JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from migrate.check.causes import KINDS_OF_DIFFERENCE
from migrate.check.model import Reconciliation, ReportRow
from migrate.report import facts, wording
from migrate.report.display import safe_link
from migrate.report.tables import STATES, cell, documents, totals_by
from migrate.tree import Json

if TYPE_CHECKING:
    from pandas import DataFrame

LINKS = frozenset({"source_url", "target_url", "source", "copy"})
"""The columns whose addresses can be clicked."""

MARKED = (("as sent", "in the copy"),)
"""The columns in which what changed is marked."""

_WHO = ("warehouse", "administrator", "analyst", "client", "nobody yet")
_STATE = ("open", "in work", "done", "accepted")

_WIDE = {
    **dict.fromkeys(("document", "name in the copy", "source_name", "target_name", "what", "name"), 34),
    **dict.fromkeys(("folder", "source_path", "target_path", "folder of the copy", "place", "element"), 28),
    **dict.fromkeys(("source id", "target id", "source_id", "target_id"), 22),
    **dict.fromkeys(("target_url", "source_url", "source", "copy"), 24),
    **dict.fromkeys(("as sent", "in the copy", "what is wrong", "what it means", "message", "reason", "says"), 52),
    **dict.fromkeys(("what to do", "next_action", "retry", "meaning", "value", "problems"), 44),
    **dict.fromkeys(("detail", "changes", "residuals", "levels", "path"), 32),
    **dict.fromkeys(("code", "reason_code"), 24),
    **dict.fromkeys(("n", "cause", "wave", "also", "attempts", "behind"), 8),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One sheet: its name and its table of texts and numbers.

    ``frozen`` columns at the left stay in sight; ``choices`` are the drop-downs by position of the column; ``chart`` is
    the first and last row, counted from 0 with the header, whose counts are drawn.
    """

    name: str
    table: DataFrame
    frozen: int = 0
    choices: Mapping[int, Sequence[str]] = field(default_factory=dict)
    chart: tuple[int, int] | None = None

    def width(self, column: str) -> int:
        """How wide a column is, in characters."""
        return _WIDE.get(column, 14)


_EXCEPTIONS = (
    "cause",
    "target",
    "type",
    "document",
    "folder",
    "outcome",
    "verdict",
    "code",
    "what is wrong",
    "what to do",
    "retry",
    "request",
    "source",
    "copy",
)
_IDS = ("target", "type", "document", "folder", "source id", "source", "target id", "copy", "name in the copy")
_DIFFERENCES = (
    "target",
    "type",
    "document",
    "page",
    "element",
    "column",
    "what",
    "difference",
    "as sent",
    "in the copy",
    "level",
    "path",
)
_CHANGES = ("target", "type", "document", "code", "meaning", "path", "before", "after")
_RESIDUALS = ("target", "type", "document", "code", "message", "what to do", "path", "who", "state")
_CAUSES = (
    "n",
    "kind",
    "code",
    "what is wrong",
    "place",
    "what it means",
    "what to do",
    "retry",
    "documents",
    "behind",
    "targets",
)


def sheets(found: Reconciliation) -> tuple[Sheet, ...]:
    """All sheets, in the order that people read them."""
    states = [name for name in STATES if facts.grand_total(found)[name]]
    return (
        Sheet(
            name="Summary",
            table=_table(_summary(found, states), ("about", "name", "documents", "says")),
            chart=(2, 1 + len(states)) if states else None,
        ),
        Sheet(name="Exceptions", table=_table(_exceptions(found), _EXCEPTIONS), frozen=4),
        Sheet(name="Documents", table=_worded(documents(found)), frozen=4),
        Sheet(name="Id map", table=_table(_ids(found), _IDS), frozen=3),
        Sheet(name="Mappings", table=_table(_mappings(found), ("code", "points at", "became", "count", "meaning"))),
        Sheet(name="Changes", table=_table(_changes(found), _CHANGES), frozen=3),
        Sheet(name="Differences", table=_table(_differences(found), _DIFFERENCES), frozen=3),
        Sheet(name="Residuals", table=_table(_residuals(found), _RESIDUALS), frozen=3, choices={7: _WHO, 8: _STATE}),
        Sheet(name="Targets", table=_targets(found), frozen=1),
        Sheet(name="Causes", table=_table(_causes(found), _CAUSES), frozen=4),
        Sheet(name="Run", table=_table(_run(found), ("about", "of", "name", "value"))),
    )


def _table(rows: Iterable[Sequence[Json]], columns: Sequence[str]) -> DataFrame:
    from pandas import DataFrame

    return DataFrame(list(rows), columns=list(columns), dtype=object)


def _summary(found: Reconciliation, states: Sequence[str]) -> Iterator[tuple[Json, ...]]:
    """The headline, how the documents stand, the proof, and where they are: a fact a row."""
    tone, says = facts.headline(found)
    total = facts.grand_total(found)
    yield "result", tone, len(found.rows), says
    for name in states:
        kind = "outcome" if name in wording.OUTCOMES else "verdict"
        yield kind, wording.label(name), total[name], {**wording.OUTCOMES, **wording.VERDICTS}[name]
    for one in facts.sums(total):
        yield "sum", one.of, one.whole, one.text + ("" if one.adds_up else ": DOES NOT ADD UP")
    table = documents(found)
    for column, name in (("target", "target"), ("type", "kind"), ("wave", "wave"), ("source_path", "folder")):
        for line in facts.lines(totals_by(table, column)):
            yield f"by {name}", wording.KINDS.get(line.name, line.name) or "the root", line.whole, _standing(line)


def _standing(line: facts.Standing) -> str:
    parts = [f"{count:,} {wording.label(name)}" for name, count in line.states]
    return f"{', '.join(parts) or 'nothing'}; {line.bad:,} not right"


def _exceptions(found: Reconciliation) -> Iterator[tuple[Json, ...]]:
    """Every row that needs somebody, cause by cause."""
    causes = {cause.n: cause for cause in found.causes}
    rows = [row for row in found.rows if not row.good]
    for row in sorted(rows, key=lambda row: (row.cause or 0, facts.waits(row, causes[row.cause or 1]))):
        yield (
            row.cause,
            *_who(row),
            row.source_path,
            wording.label(row.outcome),
            wording.label(row.verdict or ""),
            row.reason_code,
            facts.sentence(row),
            row.next_action,
            facts.retry(found, row),
            row.request_id,
            safe_link(row.source_url),
            safe_link(row.target_url),
        )


def _who(row: ReportRow) -> tuple[str, str, str]:
    return row.target, facts.kind(row), row.source_name


def _worded(table: DataFrame) -> DataFrame:
    """The table of documents with its lists and objects in words."""
    words = {
        "levels": lambda levels: ", ".join(f"{name}: {wording.label(result)}" for name, result in levels.items()),
        "references": lambda counts: ", ".join(f"{count} {name}" for name, count in counts.items() if count),
        "detail": lambda found: "\n".join(facts.told(one) for one in found),
        "changes": lambda found: "\n".join(f"{one['code']} at {one['path']}" for one in found),
        "residuals": lambda found: "\n".join(f"{one['code']}: {one['message']}" for one in found),
        "problems": lambda found: "\n".join(f"{one['code']}: {one['message']}" for one in found),
        "depends_on": ", ".join,
        "also": lambda found: ", ".join(map(str, found)),
    }
    return table.assign(**{name: table[name].map(word) for name, word in words.items()})


def _ids(found: Reconciliation) -> Iterator[tuple[Json, ...]]:
    for row in found.rows:
        if row.target_id:
            links = row.source_id, safe_link(row.source_url), row.target_id, safe_link(row.target_url)
            yield *_who(row), row.source_path, *links, row.target_name


def _mappings(found: Reconciliation) -> Iterator[tuple[Json, ...]]:
    for entry in found.coverage:
        meaning = wording.RESOLUTIONS.get(entry["resolution"], "")
        yield entry["row"], wording.points_to(entry["row"]), wording.label(entry["resolution"]), entry["count"], meaning


def _changes(found: Reconciliation) -> Iterator[tuple[Json, ...]]:
    for row in found.rows:
        for one in row.changes:
            meaning = wording.change_meaning(one["code"])
            yield *_who(row), one["code"], meaning, one["path"], one["before"], one["after"]


def _differences(found: Reconciliation) -> Iterator[tuple[Json, ...]]:
    for row in found.rows:
        for one in row.detail:
            place = one.page, one.element, one.column, one.what
            yield *_who(row), *place, KINDS_OF_DIFFERENCE[one.kind], one.expected, one.found, one.level, one.path


def _residuals(found: Reconciliation) -> Iterator[tuple[Json, ...]]:
    """What stayed behind, each with who looks after it and how far it is, to be filled in."""
    for one in found.residuals:
        who = one["target"], wording.KINDS.get(one["type"], one["type"]), one["source_name"]
        yield *who, one["code"], one["message"], one["next_action"], one["path"], "nobody yet", "open"


def _targets(found: Reconciliation) -> DataFrame:
    """A row a target, those with most documents that need somebody first: all counts, and the causes."""
    rows = []
    for one in facts.standings(found):
        counts = [one.total[name] for name in ("in_scope", *STATES)]
        rows.append([one.name, one.bad, *counts, ", ".join(map(str, one.causes))])
    return _table(rows, ("target", "not right", *map(wording.label, ("in_scope", *STATES)), "causes"))


def _causes(found: Reconciliation) -> Iterator[tuple[Json, ...]]:
    for one in found.causes:
        words = facts.title(one), one.place, one.sentence, one.fix, one.command
        counts = one.root_rows, one.dependent_rows, ", ".join(one.targets)
        yield one.n, wording.label(one.kind), one.code, *words, *counts


def _run(found: Reconciliation) -> Iterator[tuple[Json, ...]]:
    """What ran, against what, what was not looked at, and what somebody who signs must know."""
    for name, value in found.run.items():
        yield "run", "", name, cell(value)
    yield "run", "", "exit_code", f"{found.exit_code}: {facts.exit_words(found.exit_code)}"
    yield "run", "", "consistent", "yes: all sums hold" if found.consistent else "NO: TREAT THIS RUN AS FAILED"
    for org in found.orgs:
        role = "target" if org["alias"] in found.totals else "source"
        for name, value in org.items():
            yield role, org["alias"], name, value if isinstance(value, (int, float)) else cell(value)
    for why, count in found.left_out.items():
        yield "not gathered", "", why, f"{count} {wording.LEFT_OUT.get(why, '')}"
    for level, counts in facts.level_table(found):
        text = ", ".join(f"{count} {wording.label(name)}" for name, count in counts.items() if count)
        yield "level", level, wording.LEVELS[level], text or "0"
    for warning in found.warnings:
        yield "warning", "", "", warning
    yield "not carried", "", "what a document's contents do not hold", ", ".join(wording.NOT_CARRIED)
    yield "not compared", "", "what no level looks at", ", ".join(wording.NOT_COMPARED)
