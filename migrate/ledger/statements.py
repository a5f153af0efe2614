"""The statements that each write of a run executes, built once for each database.

They are executed by the database's driver: to find what SQLAlchemy made of one, to put its values in their places and
to wrap what comes back takes ten times as long as to execute it. Values are given at each execution, those of
conditions under names of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, cast

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.postgresql import psycopg

from migrate.ledger import texts
from migrate.ledger.held import FREE
from migrate.ledger.tables import HOME_COLUMNS, bodies, copies, entries, insert, locks, looks, seconds_now
from migrate.words import OPEN_STATES

if TYPE_CHECKING:
    from sqlalchemy.sql.compiler import SQLCompiler

THING = (*HOME_COLUMNS, "kind", "source_id")
"""The columns by which one thing of one home is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ready:
    """A statement as text of one database, the values it brings along, and the ``order`` of marks without names."""

    text: str
    known: Mapping[str, Any]
    order: tuple[str, ...] | None

    def values(self, given: Mapping[str, Any]) -> Mapping[str, Any] | tuple[Any, ...]:
        """The values as the driver takes them, texts as the ledger keeps them."""
        kept = {name: texts.kept(value) if isinstance(value, str) else value for name, value in given.items()}
        found = {**self.known, **kept}
        return found if self.order is None else tuple([found[name] for name in self.order])


@dataclass(frozen=True, slots=True, eq=False)
class Statement:
    """What makes a statement for a database, by its name; ``columns`` are those that it sets."""

    make: Callable[[str], sa.ClauseElement]
    columns: tuple[str, ...] | None = None

    def execute(self, connection: sa.Connection, values: Mapping[str, Any]) -> Any:
        """The first column of the first row that comes back, None without one; in the connection's transaction.

        Raises what SQLAlchemy does.
        """
        dialect = connection.dialect
        ready, driver = _ready(self, dialect.name), dialect.loaded_dbapi
        cursor = connection.connection.cursor()
        try:
            cursor.execute(ready.text, ready.values(values))
            row = cursor.fetchone() if cursor.description else None
        except driver.Error as error:
            if dialect.is_disconnect(error, connection.connection, cursor):
                connection.invalidate(error)  # what is left of it is not used again
            trouble = sa.exc.IntegrityError if isinstance(error, driver.IntegrityError) else sa.exc.DBAPIError
            raise trouble(ready.text, None, error, hide_parameters=True) from None
        finally:
            cursor.close()
        return row[0] if row else None


@cache
def _ready(statement: Statement, database: str) -> _Ready:
    dialect: sa.Dialect = {"postgresql": psycopg.dialect, "sqlite": sqlite.dialect}[database]()
    made = cast("SQLCompiler", statement.make(database).compile(dialect=dialect, column_keys=statement.columns))
    order = tuple(made.positiontup or ()) if made.positional else None
    return _Ready(text=str(made), known=dict(made.params), order=order)


def _columns(table: sa.Table, *left_out: str) -> tuple[str, ...]:
    return tuple(column.name for column in table.c if column.name not in left_out)


@cache
def lock_on(dialect: str, *, for_update: bool) -> sa.Select[Any]:
    """The lock on ``org`` where somebody holds it, and whether it has expired by the database's own time."""
    expired = (locks.c.expires <= seconds_now(dialect)).label("expired")
    mine = (locks.c.target_org == sa.bindparam("org")) & (locks.c.token != FREE)
    query = sa.select(*locks.c, expired).where(mine)
    return query.with_for_update() if for_update else query


FENCE = Statement(
    lambda _: (
        sa.select(locks.c.fence)
        .where(locks.c.target_org == sa.bindparam("org"), locks.c.token != FREE)
        .with_for_update()
    )
)
"""The fence of the lock on ``org`` where somebody holds it; the lock stands as it is until the transaction ends."""

NEW_ENTRY = Statement(lambda _: entries.insert().returning(entries.c.sequence), _columns(entries, "sequence"))
"""A new entry; what comes back is its number."""

ENTRY = Statement(
    lambda _: entries.update().where(entries.c.sequence == sa.bindparam("of_sequence")), _columns(entries, "sequence")
)
"""The entry ``of_sequence`` with other values."""

SENT_OF_COPY = Statement(
    lambda _: (
        sa.select(copies.c.digest_sent)
        .where(*(copies.c[name] == sa.bindparam(f"of_{name}") for name in THING))
        .with_for_update()
    )
)
"""By which body the copy of one thing was last made."""


@cache
def replaced_row(dialect: str, table: sa.Table) -> sa.Insert:
    """A row of a table, in place of the one with the same key."""
    query = insert(dialect, table)
    values = {column.name: query.excluded[column.name] for column in table.c if not column.primary_key}
    return query.on_conflict_do_update(index_elements=list(table.primary_key), set_=values)


COPY = Statement(lambda dialect: replaced_row(dialect, copies), _columns(copies))
"""A copy, in place of the one of the same thing."""

LOOK = Statement(lambda dialect: replaced_row(dialect, looks), _columns(looks))
"""How a copy was found, in place of how it was found before."""


def _touched_body(dialect: str) -> sa.Insert:
    query = insert(dialect, bodies)
    return query.on_conflict_do_update(index_elements=[bodies.c.digest], set_={"digest": query.excluded.digest})


BODY = Statement(_touched_body, _columns(bodies))
"""A body, kept once; one that is there is touched, which locks its row."""

LOCKED_BODY = Statement(
    lambda _: sa.select(bodies.c.digest).where(bodies.c.digest == sa.bindparam("name")).with_for_update()
)

_OPEN = sa.or_(*(entries.c.state == state for state in sorted(OPEN_STATES)))
_UNUSED = (
    (bodies.c.digest == sa.bindparam("name"))
    & ~sa.exists().where(
        sa.or_(
            entries.c.pre_image == sa.bindparam("name"),
            sa.and_(entries.c.digest_sent == sa.bindparam("name"), _OPEN),
        )
    )
    & ~sa.exists().where(copies.c.digest_sent == sa.bindparam("name"))
)
UNUSED_BODY = Statement(lambda _: bodies.delete().where(_UNUSED))
"""The body ``name`` where neither undo, nor an open write, nor a copy that was made from it needs it."""
