"""What a warehouse holds: rows made of nothing but the content of a table, its columns and their numbers.

A table of the same content and columns has the same rows in every organization; ``Table.content`` names the content,
by default the last part of the path.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from migrate.sandbox.org import Column, Connection, Table
from migrate.sandbox.specs.evaluate import Value, drawn
from migrate.sandbox.specs.names import friendly

FEWEST, SPREAD = 12, 20
"""How many rows a table has where the world does not say: from so many, so many more by chance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRow:
    """One row of a table. Of a table without known columns (a query, a file) every name means something."""

    content: str
    number: int
    columns: Mapping[str, Column] | None

    def value(self, parts: tuple[str, ...]) -> Value:
        """The value under a raw or friendly name."""
        name = "/".join(parts)
        if self.columns is None:
            return drawn(self.content, name.lower(), self.number) % 1000
        column = self.columns.get(name)
        return None if column is None else _cell(self.content, column, self.number)


def rows_of(table: Table | None, name: str) -> Iterator[TableRow]:
    """The rows of a table; of one that nobody knows (``name`` is what it is called) those of its name."""
    content = (table.content or table.path[-1]) if table else name
    known = {alias: one for one in table.columns for alias in (friendly(one.name), one.name)} if table else None
    count = table.rows if table and table.rows is not None else FEWEST + drawn(content) % SPREAD
    for number in range(count):
        yield TableRow(content=content, number=number, columns=known or None)


def _cell(content: str, column: Column, number: int) -> Value:
    found = drawn(content, column.name.lower(), number)
    if column.values:
        return column.values[found % len(column.values)]
    if column.type != "integer" and found % 13 == 0:
        return None
    kinds: Mapping[str, Value] = {
        "number": found // 16 % 100_000 / 100,
        "integer": found // 16 % 12,
        "datetime": f"2026-{found % 12 + 1:02}-{found % 28 + 1:02}",
        "boolean": found % 2 == 0,
    }
    return kinds.get(column.type, f"{friendly(column.name)} {found // 16 % 7}")


def content_of(statement: str, connection: Connection | None, controls: Mapping[str, Value]) -> str:
    """What a query reads: its text, with what the tables of its connection hold in place of their names."""
    text = re.sub(r"\{\{\s*([^{}]*?)\s*\}\}", lambda found: str(controls.get(found[1].strip("[]"), "")), statement)
    tables = connection.tables.values() if connection else ()
    for table in sorted(tables, key=lambda one: -len(".".join(one.path))):
        dotted = re.compile(r'"?\s*\.\s*"?'.join(re.escape(part) for part in table.path), re.IGNORECASE)
        text = f"<{table.content or table.path[-1]}>".join(dotted.split(text))
    return " ".join(text.lower().replace('"', "").split())
