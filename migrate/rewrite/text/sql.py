"""Table names inside Custom SQL, exchanged in place: every other byte of the statement stays as it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from migrate.rewrite.text.formula import Span, splice
from migrate.rewrite.text.sql_names import Name, Reading, TableName, dialect_of, fold, same

Path = tuple[str, ...]
Rename = Callable[[Path], Path | None]

_RESERVED_WORDS = """
    ALL AND ANY AS ASC BETWEEN BY CASE CAST CHECK COLUMN CONSTRAINT CREATE CROSS CURRENT DEFAULT DELETE DESC DISTINCT
    DROP ELSE END EXCEPT EXISTS FALSE FETCH FOR FOREIGN FROM FULL GRANT GROUP HAVING IN INNER INSERT INTERSECT INTO IS
    JOIN LATERAL LEFT LIKE LIMIT MINUS NATURAL NOT NULL OFFSET ON OR ORDER OUTER PRIMARY QUALIFY REFERENCES RIGHT ROW
    ROWS SAMPLE SELECT SET SOME START TABLE THEN TO TRUE UNION UNIQUE UPDATE USER USING VALUES VIEW WHEN WHERE WINDOW
    WITH
"""
_RESERVED = frozenset(_RESERVED_WORDS.split())


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlResult:
    """A statement after renaming. ``tables`` holds every table found as (before, after, span).

    ``before`` is the name as the warehouse reads it (Snowflake reads ``db.t`` as ``DB.T``), ``after`` None where
    it was not renamed, the span speaks of the statement before. ``unparsed`` says why nothing could be read, or
    why a rename was not made; the statement is then unchanged. ``notes`` are sentences about names that are
    made while the query runs, which no rewriting can follow.
    """

    statement: str
    tables: tuple[tuple[Path, Path | None, Span], ...] = ()
    unparsed: str | None = None
    notes: tuple[str, ...] = ()


def rewrite_sql(statement: str, *, dialect: str, rename: Rename) -> SqlResult:
    """The statement with its tables renamed.

    ``dialect`` is a connection type of Sigma (``snowflake``, ``bigQuery``, …). ``rename`` is asked with the names
    of a table as written, one to four of them, and answers the new names, or None where it stays. Where the
    warehouse does not regard case, the caller compares without it. Column qualifiers that are a renamed
    table's own name go along. Comments, formatting, literals and ``{{controls}}`` are never touched.
    """
    known = dialect_of(dialect)
    if known is None:
        return SqlResult(statement=statement, unparsed=f"no SQL dialect is known for connection type {dialect!r}")
    from migrate.rewrite.text.sql_read import read_sql

    reading = read_sql(statement, known)
    if reading.unparsed is not None:
        return SqlResult(statement=statement, unparsed=reading.unparsed)
    afters = [_after(statement, table, rename) for table in reading.tables]
    tables = tuple((table.path, after, table.span) for table, after in zip(reading.tables, afters, strict=True))
    clash = _clash(reading, afters, known)
    if clash:
        return SqlResult(
            statement=statement, tables=tuple((b, None, s) for b, _, s in tables), unparsed=clash, notes=reading.notes
        )
    edits: dict[Span, str] = {}
    for table, after in zip(reading.tables, afters, strict=True):
        if after is not None:
            edits.update(_edits(table.names, after, known))
    for qualifier in reading.qualifiers:
        after = afters[qualifier.table]
        if after is not None:
            edits.update(_edits(qualifier.names, after[-len(qualifier.names) :], known))
    return SqlResult(statement=splice(statement, edits), tables=tables, notes=reading.notes)


def _after(statement: str, table: TableName, rename: Rename) -> Path | None:
    """The new names of a table, None where it stays or is named by a control."""
    if "{{" in statement[slice(*table.span)]:
        return None
    after = rename(table.path)
    return None if after is None or after == table.path else after


def _clash(reading: Reading, afters: list[Path | None], dialect: str) -> str | None:
    """Why these renames together would change what the statement means, or None."""
    qualified = {qualifier.table for qualifier in reading.qualifiers}
    seen: dict[tuple[int, str], Path] = {}
    for index, (table, after) in enumerate(zip(reading.tables, afters, strict=True)):
        path = after or table.path
        if after is not None and not (after and all(after)):
            return f"the new name of {'.'.join(table.path)} is empty"
        tail = same(path[-1], dialect)
        if after is not None and len(after) == 1 and tail in reading.expressions:
            return f"{path[-1]} is the name of a common table expression of the statement"
        if not table.bare:
            continue
        if index in qualified and after is not None and tail in reading.taken[table.scope]:
            return f"{path[-1]} is already an alias in the query that reads {'.'.join(table.path)}"
        other = seen.setdefault((table.scope, tail), path)
        if other != path and index in qualified | _of_scope(reading, table.scope, qualified):
            return f"two tables of one query would both be called {path[-1]}"
    return None


def _of_scope(reading: Reading, scope: int, qualified: set[int]) -> set[int]:
    """Every table of a scope, where columns are qualified by the name of any of them."""
    members = {index for index, table in enumerate(reading.tables) if table.scope == scope}
    return members if members & qualified else set()


def _edits(names: tuple[Name, ...], after: Path, dialect: str) -> Iterator[tuple[Span, str]]:
    """The exchanges that turn these written names into the new ones; equal parts keep their spelling."""
    spans = {name.span for name in names}
    if len(names) == len(after) == len(spans):
        for name, new in zip(names, after, strict=True):
            if new != name.text:
                yield name.span, _written(new, name.quote, dialect)
        return
    whole = (names[0].span[0], names[-1].span[1])
    if tuple(name.text for name in names) == after:
        return
    if len(spans) == 1 and len(names) > 1:
        yield whole, f"`{'.'.join(after)}`"
        return
    quote = next((name.quote for name in names if name.quote), "")
    yield whole, ".".join(_written(new, quote, dialect) for new in after)


def _written(name: str, quote: str, dialect: str) -> str:
    """A name as it is written in the dialect: in the given quotes, or bare where that means the same."""
    if not quote and _plain(name) and fold(name, dialect) == name:
        return name
    quote = quote or {"bigquery": "`", "databricks": "`", "mysql": "`", "tsql": "[", "fabric": "["}.get(dialect, '"')
    close = "]" if quote == "[" else quote
    return quote + name.replace(close, close * 2) + close


def _plain(name: str) -> bool:
    return name.isascii() and name.isidentifier() and name.upper() not in _RESERVED
