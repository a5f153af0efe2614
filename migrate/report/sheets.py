"""The sheets of the spreadsheet as pandas tables, with words in their cells instead of JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, field, fields
from typing import TYPE_CHECKING

from migrate.change.model import ScopeChange
from migrate.check.causes import KINDS_OF_DIFFERENCE
from migrate.check.model import Reconciliation, ReportRow
from migrate.reasons import REASONS
from migrate.report import facts, wording
from migrate.report.display import safe_link
from migrate.report.tables import STATES, cell, documents, totals_by
from migrate.report.wording import counted
from migrate.text import join_path, split_path
from migrate.tree import Json

if TYPE_CHECKING:
    from pandas import DataFrame

LINKS = frozenset({"source_url", "target_url", "source", "copy"})
"""The columns whose addresses can be clicked."""

MARKED = (("as sent", "in the copy"), ("before", "after"))
"""The columns in which what changed is marked."""

_MOST_PLACES = 20_000
"""How many lines the sheet Id map has at most for what stands inside of documents."""

_WHO = ("warehouse", "administrator", "analyst", "client", "nobody yet")
_STATE = ("open", "in work", "done", "accepted")

_WIDE = {
    **dict.fromkeys(("document", "name in the copy", "source_name", "target_name", "what", "name"), 34),
    **dict.fromkeys(("folder", "source_path", "target_path", "folder of the copy", "place", "element"), 28),
    **dict.fromkeys(("old id", "new id", "source_id", "target_id"), 38),
    **dict.fromkeys(("from", "to", "example", "where"), 44),
    **dict.fromkeys(("before", "after"), 60),
    **dict.fromkeys(("thing", "with what", "in its rows' words"), 40),
    **dict.fromkeys(("target_url", "source_url", "source", "copy"), 24),
    **dict.fromkeys(("as sent", "in the copy", "what is wrong", "what it means", "message", "reason", "says"), 52),
    **dict.fromkeys(("what to do", "next_action", "retry", "meaning", "value", "problems"), 44),
    **dict.fromkeys(("detail", "changes", "residuals", "levels", "path", "replaced", "sql"), 32),
    **dict.fromkeys(("code", "reason_code"), 24),
    **dict.fromkeys(("n", "cause", "wave", "also", "attempts", "behind"), 8),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One sheet: its name and its table of texts and numbers.

    ``frozen`` columns at the left stay in sight; ``choices`` are the drop-downs by position of the column; ``chart`` is
    the first and last row, counted from 0 with the header, whose counts are drawn. ``folded`` columns are there and out
    of sight, on paper too, until somebody opens them; a sheet that may be ``left_out`` is so where it has no row.
    """

    name: str
    table: DataFrame
    frozen: int = 0
    choices: Mapping[int, Sequence[str]] = field(default_factory=dict)
    chart: tuple[int, int] | None = None
    folded: frozenset[str] = frozenset()
    left_out: bool = False

    @property
    def hidden(self) -> bool:
        """Whether it is out of sight, since nothing stands in it."""
        return self.left_out and self.table.empty

    def width(self, column: str) -> int:
        """How wide a column is, in characters."""
        return _WIDE.get(column, 14)


_EXCEPTIONS = (
    "cause",
    "since",
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
_IDS = (
    "target",
    "type",
    "document",
    "what",
    "name",
    "old id",
    "name in the copy",
    "new id",
    "how",
    "places",
    "where",
    "source",
    "copy",
)
_MAPPINGS = ("target", "kind", "from", "to", "place in the plan", "documents", "example")
_SQL = ("target", "type", "document", "place", "before", "after")
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
_RESIDUALS = (
    *("target", "type", "document", "code", "message", "what to do", "path", "who", "state"),
    *("owner of the source", "source", "copy"),
)
_CAUSES = (
    "n",
    "kind",
    "code",
    "what is wrong",
    "with what",
    "place",
    "in its rows' words",
    "what to do",
    "retry",
    "documents",
    "behind",
    "targets",
    "since",
)


_FOLDED = frozenset(
    [
        "source_id",
        "source_version",
        "target_id",
        "levels",
        "detail",
        "references",
        "changes",
        "residuals",
        "depends_on",
        "attempts",
        "request_id",
        "duration_ms",
        "wave",
        "blocked_by",
        "problems",
        "also",
        "replaced",
        "sql",
    ]
)
"""What other sheets show better of a document, or machines ask for."""

_SCOPE = tuple(wording.label(column.name) for column in fields(ScopeChange))


def sheets(found: Reconciliation) -> Iterator[Sheet]:
    """All sheets, in the order that people read them, each made when its turn comes."""
    states = [name for name in STATES if facts.grand_total(found)[name]]
    yield Sheet(
        name="Summary",
        table=_table(_summary(found, states), ("about", "name", "documents", "says")),
        chart=(2, 1 + len(states)) if states else None,
    )
    yield Sheet(name="Exceptions", table=_table(_exceptions(found), _EXCEPTIONS), frozen=5)
    yield Sheet(name="Documents", table=_worded(documents(found), found), frozen=4, folded=_FOLDED)
    yield Sheet(name="Id map", table=_table(_ids(found), _IDS), frozen=3)
    yield Sheet(name="Mappings", table=_table(_mappings(found), _MAPPINGS), frozen=2, left_out=True)
    yield Sheet(name="SQL", table=_table(_sql(found), _SQL), frozen=3, left_out=True)
    yield Sheet(
        name="References",
        table=_table(_references(found), ("code", "points at", "became", "count", "meaning")),
        left_out=True,
    )
    yield Sheet(name="Changes", table=_table(_changes(found), _CHANGES), frozen=3, left_out=True)
    yield Sheet(name="Differences", table=_table(_differences(found), _DIFFERENCES), frozen=3, left_out=True)
    yield Sheet(name="Residuals", table=_table(_residuals(found), _RESIDUALS), frozen=3, choices={7: _WHO, 8: _STATE})
    yield Sheet(name="Scope", table=_table(map(astuple, found.scope_changes), _SCOPE), frozen=5, left_out=True)
    yield Sheet(name="Targets", table=_targets(found), frozen=1)
    yield Sheet(name="Causes", table=_table(_causes(found), _CAUSES), frozen=4, left_out=True)
    yield Sheet(name="Run", table=_table(_run(found), ("about", "of", "name", "value")))


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
        yield kind, wording.label(name), total[name], {**facts.outcome_words(found), **wording.VERDICTS}[name]
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
    since = facts.since_before(found)
    for row in sorted(rows, key=lambda row: (row.cause or 0, facts.waits(row, causes[row.cause or 1]))):
        yield (
            row.cause,
            since.get((row.target, row.source_id), ""),
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


def _worded(table: DataFrame, found: Reconciliation) -> DataFrame:
    """The table of documents with its lists and objects in words."""
    things = {one.n: f"{one.old_name or one.old} → {one.new_name or one.new or 'the same'}" for one in found.things}
    words: dict[str, Callable[[Json], str]] = {
        "levels": lambda levels: ", ".join(f"{name}: {wording.label(result)}" for name, result in levels.items()),
        "references": lambda counts: ", ".join(f"{count} {name}" for name, count in counts.items() if count),
        "detail": lambda found: "\n".join(facts.told(one) for one in found),
        "changes": lambda found: "\n".join(f"{one['code']} at {one['path']}" for one in found),
        "residuals": lambda found: "\n".join(f"{one['code']}: {one['message']}" for one in found),
        "problems": lambda found: "\n".join(_problem(one) for one in found),
        "depends_on": ", ".join,
        "also": lambda found: ", ".join(map(str, found)),
        "replaced": lambda found: "\n".join(f"{things[one.thing]}, {counted(one.count, 'place')}" for one in found),
        "sql": lambda found: "\n".join(one.place for one in found),
    }
    return table.assign(**{name: table[name].map(word) for name, word in words.items()})


def _problem(one: Mapping[str, Json]) -> str:
    place = f" ({one['place']})" if one.get("place") else ""
    return f"{one['code']}: {one['message']}{place}"


def _ids(found: Reconciliation) -> Iterator[tuple[Json, ...]]:
    """Each document with its copy, and under it all that was exchanged in it, with the places in words.

    Of a run with more of that than anybody reads, the things are listed once, with how many documents hold each.
    """
    things = {thing.n: thing for thing in found.things}
    whole = sum(len(row.replaced) for row in found.rows) <= _MOST_PLACES
    for thing in found.things if not whole else ():
        names = thing.old_name or thing.old, thing.old, thing.new_name or thing.new, thing.new
        told = f"{counted(thing.documents, 'document')}, such as {thing.example}; report.json has them all"
        who = thing.target, "", counted(thing.documents, "document")
        yield *who, thing.points_to, *names, wording.label(thing.resolution), thing.count, told, "", ""
    for row in found.rows:
        who = _who(row)
        if row.target_id:
            links = safe_link(row.source_url), safe_link(row.target_url)
            here = join_path((*split_path(row.source_path), row.source_name)) if row.source_path else row.source_name
            there = f"{row.target_path}/{row.target_name}" if row.target_path else row.target_name
            yield (
                *who,
                "the document",
                here,
                row.source_id,
                there,
                row.target_id,
                wording.label(row.outcome),
                1,
                "",
                *links,
            )
        for one in row.replaced if whole else ():
            thing = things[one.thing]
            names = thing.old_name or thing.old, thing.old, thing.new_name or thing.new, thing.new
            where = "\n".join([*one.places, *(["…"] if one.count > len(one.places) else [])])
            yield *who, thing.points_to, *names, wording.label(thing.resolution), one.count, where, "", ""


def _mappings(found: Reconciliation) -> Iterator[tuple[Json, ...]]:
    """Every entry of the map with what it was used for; then what was found under its own name."""
    for one in found.mappings:
        place = one.place or "none: the same name"
        yield one.target, wording.label(one.kind), one.source, one.to, place, one.documents, one.example


def _sql(found: Reconciliation) -> Iterator[tuple[Json, ...]]:
    for row in found.rows:
        for one in row.sql:
            yield *_who(row), one.place, one.before, one.after


def _references(found: Reconciliation) -> Iterator[tuple[Json, ...]]:
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
        whom = one.get("owner") or "", one.get("source_url") or "", one.get("target_url") or ""
        yield *who, one["code"], one["message"], one["next_action"], one["path"], "nobody yet", "open", *whom


def _targets(found: Reconciliation) -> DataFrame:
    """A row a target, those with most documents that need somebody first: all counts, and the causes."""
    rows = []
    for one in facts.standings(found):
        counts = [one.total[name] for name in ("in_scope", *STATES)]
        rows.append([one.name, one.bad, *counts, ", ".join(map(str, one.causes))])
    return _table(rows, ("target", "not right", *map(wording.label, ("in_scope", *STATES)), "causes"))


def _causes(found: Reconciliation) -> Iterator[tuple[Json, ...]]:
    for one in found.causes:
        words = facts.title(one), one.thing, one.place, one.told, one.fix, one.command
        counts = one.root_rows, one.dependent_rows, ", ".join(one.targets), facts.since(one)
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
    for one in found.not_copied:
        place = join_path((*split_path(one.source_path), one.name))
        yield "not copied", one.kind, place, REASONS[one.reason_code].sentence
    if found.previous is not None:
        yield "since the run before", "", found.previous.run, facts.compared_words(found)
    for past in reversed(found.trend):
        told = f"{past.not_right:,} of {past.documents:,} not right, {counted(past.causes, 'cause')}"
        yield "trend", past.kind, past.run, f"{past.at}: {told}, exit {past.exit_code}"
    for level, counts in facts.level_table(found):
        text = ", ".join(f"{count} {wording.label(name)}" for name, count in counts.items() if count)
        yield "level", level, wording.LEVELS[level], text or "0"
    for warning in found.warnings:
        yield "warning", "", "", warning
    for text in facts.rows_compared(found):
        yield "rows compared", "", "", text
    yield "not carried", "", "what a document's contents do not hold", ", ".join(facts.not_carried(found))
    yield "not gathered", "", "what the account cannot see", "in no list; select.unseen: count counts it"
    yield "not compared", "", "what no level looks at", ", ".join(facts.not_compared(found))
