"""Names of the warehouse inside Custom SQL, exchanged in place: every other byte of the statement stays as it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from migrate.rewrite.text.formula import Span, splice
from migrate.rewrite.text.sql.chains import LONGEST, SHARED, Chain, Segment, reads_as, written
from migrate.rewrite.text.sql.controls import Control
from migrate.rewrite.text.sql.dialects import Dialect, dialect_of, same
from migrate.rewrite.text.sql.reading import Named, NamedKind, Reading, Remark
from migrate.rewrite.text.sql.statement import read

Path = tuple[str, ...]
End = Literal["moved", "kept", "part", "system"]
"""How a name ended: renamed, as it was, renamed as far as it is known, or belonging to the warehouse itself."""


@dataclass(frozen=True, slots=True)
class Partly:
    """New names for one of which parts are only known when the query runs, None for those; and what is uncertain.

    ``after`` is None where the maps that may speak of it do not agree. ``doubt`` is empty where whatever is put in
    gives the right table.
    """

    after: tuple[str | None, ...] | None
    doubt: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Renames:
    """What names become. ``whole`` answers a known name, one to four parts, with the new one or None where it stays.

    ``partly`` answers names with unknown pieces. Where the warehouse does not regard case, both compare without it.
    """

    whole: Callable[[Path], Path | None]
    partly: Callable[[tuple[Segment, ...]], Partly] = field(default=lambda _segments: Partly(None))


NO_RENAMES = Renames(whole=lambda _path: None)


@dataclass(frozen=True, slots=True)
class Moved:
    """One name of a statement: what it names, before and after (None where it stays), where, and how it ended."""

    kind: NamedKind
    before: Path
    after: Path | None
    span: Span
    end: End


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlResult:
    """A statement after renaming.

    ``names`` holds everything of the warehouse it names, as the warehouse reads it (Snowflake reads ``db.t`` as
    ``DB.T``); spans speak of the statement before. ``problem`` says why nothing could be read, or why a rename was
    not made; the statement is then unchanged. ``groups`` are the exchanges that belong together. ``remarks`` are about
    names that are made while the query runs, which no rewriting can follow; ``left`` about those that should have
    followed and could not.
    """

    before: str
    names: tuple[Moved, ...] = ()
    problem: str = ""
    groups: tuple[Mapping[Span, str], ...] = ()
    remarks: tuple[Remark, ...] = ()
    left: tuple[Remark, ...] = ()
    reading: Reading = field(default_factory=Reading)

    @property
    def statement(self) -> str:
        """The statement with every exchange done."""
        return splice(self.before, {span: text for group in self.groups for span, text in group.items()})

    @property
    def controls(self) -> tuple[Control, ...]:
        """Every control of the statement."""
        return self.reading.controls


def rewrite_sql(statement: str, *, dialect: str, renames: Renames = NO_RENAMES) -> SqlResult:
    """The statement with the names of the warehouse exchanged.

    ``dialect`` is a connection type of Sigma (``snowflake``, ``bigQuery``, …). Column qualifiers that are a renamed
    table's own name go along. Comments, formatting, literals and ``{{controls}}`` are never touched, and nothing is
    exchanged that does not stand in the text where it is said to. Never raises for any statement.
    """
    known = dialect_of(dialect)
    if known is None:
        return SqlResult(before=statement, problem=f"no SQL dialect is known for connection type {dialect!r}")
    reading = read(statement, known)
    if reading.problem:
        return SqlResult(before=statement, problem=reading.problem, reading=reading)
    return exchanged(statement, known, reading, renames)


def exchanged(statement: str, dialect: Dialect, reading: Reading, renames: Renames) -> SqlResult:
    """The same for a statement that was read; what does not stand where the reading says is left and told."""
    return _Exchange(statement, dialect, reading, renames).done()


class _Exchange:
    """The renaming of one statement that was read."""

    def __init__(self, statement: str, dialect: Dialect, reading: Reading, renames: Renames) -> None:
        self.statement = statement
        self.dialect = dialect
        self.reading = reading
        self.renames = renames
        self.remarks = list(reading.remarks)
        self.left: list[Remark] = []

    def done(self) -> SqlResult:
        """The result, or the statement as it was where the renames together would change its meaning."""
        tables = [self.moved(named) for named in self.reading.tables]
        others = [self.moved(named) for named in self.reading.others]
        names = tuple(sorted((*tables, *others), key=lambda moved: moved.span))
        problem = _clash(self.reading, [moved.after for moved in tables], self.dialect)
        if problem:
            kept = tuple(Moved(each.kind, each.before, None, each.span, "kept") for each in names)
            return SqlResult(
                before=self.statement, names=kept, problem=problem, remarks=tuple(self.remarks), reading=self.reading
            )
        groups = tuple(self.groups(tables, others))
        self.strays()
        return SqlResult(
            before=self.statement,
            names=names,
            groups=groups,
            remarks=tuple(self.remarks),
            left=tuple(self.left),
            reading=self.reading,
        )

    def moved(self, named: Named) -> Moved:
        """What becomes of one name."""
        chain = named.chain
        before = chain.path
        if not all(reads_as(self.statement, part, self.dialect) for part in chain.parts):
            self.left.append(Remark(f"{named.kind} {'.'.join(before)} does not stand where it was read", chain.span))
            return Moved(named.kind, before, None, chain.span, "kept")
        inner = _schema_of_the_system(before, self.dialect)
        if inner is not None:
            return self.system(named, inner)
        if not chain.known:
            return self.partly(named)
        after = self.renames.whole(before)
        if after is None or after == before:
            return Moved(named.kind, before, None, chain.span, "kept" if after is None else "moved")
        return Moved(named.kind, before, after, chain.span, "moved")

    def partly(self, named: Named) -> Moved:
        """A name of which only parts are known; written as people see it, with its controls."""
        chain = named.chain
        shown = self.statement[slice(*chain.span)]
        answer = self.renames.partly(tuple(part.pieces for part in chain.parts))
        made = "gets its name while the query runs" if all(chain.path) else "leaves out a name"
        made = f"{named.kind} {shown} {made}"
        if answer.after is None or len(answer.after) != len(chain.parts):
            doubt = f", {answer.doubt}" if answer.doubt else ""
            (self.left if answer.doubt else self.remarks).append(
                Remark(f"{made}{doubt}; it stays as it is", chain.span)
            )
            return Moved(named.kind, chain.path, None, chain.span, "part")
        after = tuple(part.shown if new is None else new for part, new in zip(chain.parts, answer.after, strict=True))
        if answer.doubt or any(part.controls for part in chain.parts):
            doubt = f": {answer.doubt}" if answer.doubt else ""
            place = (self.left if answer.doubt else self.remarks).append
            place(Remark(f"{made}; what is known of it is written as {'.'.join(after)}{doubt}", chain.span))
        return Moved(named.kind, chain.path, after if after != chain.path else None, chain.span, "part")

    def system(self, named: Named, count: int) -> Moved:
        """A view of the warehouse itself: what stands before its schema follows, where all maps agree."""
        chain = named.chain
        unknown: tuple[Segment, ...] = (("", ""),) * (self.dialect.parts - count)
        answer = self.renames.partly((*(part.pieces for part in chain.parts[:count]), *unknown))
        if count:
            sentence = f"{'.'.join(chain.path)} lists what is in the warehouse; names it is asked for as text stay"
            self.remarks.append(Remark(sentence, chain.span))
        if count == 0 or answer.after is None:
            return Moved(named.kind, chain.path, None, chain.span, "system")
        new = [part.shown if name is None else name for part, name in zip(chain.parts, answer.after, strict=False)]
        after = (*new[:count], *chain.path[count:])
        return Moved(named.kind, chain.path, after if after != chain.path else None, chain.span, "system")

    def groups(self, tables: list[Moved], others: list[Moved]) -> Iterator[Mapping[Span, str]]:
        """The exchanges: a table with all that hangs on its name, then every other name."""
        found: list[dict[Span, str]] = [{} for _ in tables]
        for number, (named, moved) in enumerate(zip(self.reading.tables, tables, strict=True)):
            if moved.after is not None:
                found[number].update(self.edits(named.chain, moved.after, table=True))
        for qualifier in self.reading.qualifiers:
            after = tables[qualifier.table].after
            if after is not None and all(reads_as(self.statement, p, self.dialect) for p in qualifier.chain.parts):
                size = len(qualifier.chain.parts)
                found[qualifier.table].update(self.edits(qualifier.chain, after[-size:]))
        self.rows(tables, found)
        yield from (MappingProxyType(group) for group in found if group)
        for named, moved in zip(self.reading.others, others, strict=True):
            group = dict(self.edits(named.chain, moved.after)) if moved.after is not None else {}
            if group:
                yield MappingProxyType(group)

    def rows(self, tables: list[Moved], found: list[dict[Span, str]]) -> None:
        """Whole rows follow their table where the function around them reads rows; the rest is told."""
        for row in self.reading.rows:
            moved = tables[row.table]
            if moved.after is None or moved.after[-1] == moved.before[-1]:
                continue
            name, new = row.chain.path[0], moved.after[-1]
            if row.follows:
                found[row.table].update(self.edits(row.chain, (new,)))
            if row.sure:
                continue
            did = f"is written as {new}" if row.follows else "stays as it is"
            sentence = f"{name} may be a column or the whole row of table {'.'.join(moved.before)}; it {did}"
            self.left.append(Remark(sentence, row.chain.span))

    def strays(self) -> None:
        """Tell of names that a map speaks of and that stand where nothing is read."""
        for chain in self.reading.strays:
            for size in range(min(len(chain.parts), LONGEST), 1, -1):
                path = chain.path[:size]
                after = self.renames.whole(path) if chain.first(size).known else None
                if after is not None and after != path:
                    sentence = f"{'.'.join(path)} stands where no table is read; it stays as it is"
                    self.left.append(Remark(sentence, chain.span))
                    break

    def edits(self, chain: Chain, after: Path, *, table: bool = False) -> Iterator[tuple[Span, str]]:
        """The exchanges that turn these written names into the new ones; equal parts keep their spelling."""
        dashed = self.dialect.dashes and (table or "-" in chain.path[0])
        if len(chain.parts) == len(after):
            for number, (part, new) in enumerate(zip(chain.parts, after, strict=True)):
                if new != part.shown:
                    yield part.span, written(new, part.quote, self.dialect, dashed=dashed and number == 0)
            return
        quotes = [part.quote for part in chain.parts]
        if set(quotes) == {SHARED}:
            yield (chain.parts[0].span[0], chain.parts[-1].span[1]), ".".join(after)
            return
        quote = next((quote for quote in quotes if quote and quote != SHARED), "")
        yield chain.span, ".".join(written(new, quote, self.dialect) for new in after)


def _schema_of_the_system(path: Path, dialect: Dialect) -> int | None:
    """How many names stand before INFORMATION_SCHEMA; None where the name is one of the organization's own."""
    for number, name in enumerate(path):
        if name.upper() == "INFORMATION_SCHEMA":
            return number
    head = path[0].upper()
    owned = {
        "snowflake": ("SNOWFLAKE", "SNOWFLAKE_SAMPLE_DATA"),
        "tsql": ("SYS",),
        "fabric": ("SYS",),
        "postgres": ("PG_CATALOG",),
        "redshift": ("PG_CATALOG",),
        "databricks": ("SYSTEM",),
        "clickhouse": ("SYSTEM",),
        "oracle": ("SYS",),
    }.get(dialect.name, ())
    return 0 if head in owned and len(path) > 1 else None


def _clash(reading: Reading, afters: list[Path | None], dialect: Dialect) -> str:
    """Why these renames together would change what the statement means; empty where they do not."""
    qualified = {qualifier.table for qualifier in reading.qualifiers} | {row.table for row in reading.rows}
    scopes = {reading.tables[index].scope for index in qualified}
    seen: dict[tuple[int, str], Path] = {}
    for index, (table, after) in enumerate(zip(reading.tables, afters, strict=True)):
        before = table.chain.path
        path = after or before
        if after is not None and not (after and all(after)) and all(before):
            return f"the new name of {'.'.join(before)} is empty"
        tail = same(path[-1], dialect)
        if after is not None and len(after) == 1 and tail in reading.expressions:
            return f"{path[-1]} is the name of a common table expression of the statement"
        if not table.bare:
            continue
        if index in qualified and after is not None and tail in reading.taken[table.scope]:
            return f"{path[-1]} is already an alias in the query that reads {'.'.join(before)}"
        other = seen.setdefault((table.scope, tail), path)
        if other != path and table.scope in scopes:
            return f"two tables of one query would both be called {path[-1]}"
    return ""
