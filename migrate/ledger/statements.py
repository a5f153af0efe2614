"""The statements that each write of a run executes, built once for each database.

To build one, and the key by which SQLAlchemy finds what it compiled, takes several times as long as to execute it.
Values are given at each execution, those of conditions under names of their own.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import sqlalchemy as sa

from migrate.ledger.held import FREE
from migrate.ledger.tables import HOME_COLUMNS, bodies, copies, entries, insert, locks, seconds_now
from migrate.words import OPEN_STATES

THING = (*HOME_COLUMNS, "kind", "source_id")
"""The columns by which one thing of one home is known."""


@cache
def lock_on(dialect: str, *, for_update: bool) -> sa.Select[Any]:
    """The lock on ``org`` where somebody holds it, and whether it has expired by the database's own time."""
    expired = (locks.c.expires <= seconds_now(dialect)).label("expired")
    mine = (locks.c.target_org == sa.bindparam("org")) & (locks.c.token != FREE)
    query = sa.select(*locks.c, expired).where(mine)
    return query.with_for_update() if for_update else query


NEW_ENTRY = entries.insert()
ENTRY = entries.update().where(entries.c.sequence == sa.bindparam("of_sequence"))
"""The entry ``of_sequence`` with other values."""

SENT_OF_COPY = (
    sa.select(copies.c.digest_sent)
    .where(*(copies.c[name] == sa.bindparam(f"of_{name}") for name in THING))
    .with_for_update()
)
"""By which body the copy of one thing was last made."""


@cache
def replaced_row(dialect: str, table: sa.Table) -> sa.Insert:
    """A row of a table, in place of the one with the same key."""
    query = insert(dialect, table)
    values = {column.name: query.excluded[column.name] for column in table.c if not column.primary_key}
    return query.on_conflict_do_update(index_elements=list(table.primary_key), set_=values)


@cache
def touched_body(dialect: str) -> sa.Insert:
    """A body, kept once; one that is there is touched, which locks its row."""
    query = insert(dialect, bodies)
    return query.on_conflict_do_update(index_elements=[bodies.c.digest], set_={"digest": query.excluded.digest})


LOCKED_BODY = sa.select(bodies.c.digest).where(bodies.c.digest == sa.bindparam("name")).with_for_update()
UNUSED_BODY = bodies.delete().where(
    (bodies.c.digest == sa.bindparam("name"))
    & ~sa.exists().where(
        sa.or_(
            entries.c.pre_image == sa.bindparam("name"),
            sa.and_(entries.c.digest_sent == sa.bindparam("name"), entries.c.state.in_(OPEN_STATES)),
        )
    )
    & ~sa.exists().where(copies.c.digest_sent == sa.bindparam("name"))
)
"""The body ``name`` where neither undo, nor an open write, nor a copy that was made from it needs it."""
