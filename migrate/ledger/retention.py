"""What a ledger holds that nothing needs any more: bodies that nobody refers to, tickets of runs long gathered."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa

from migrate.ledger.held import FREE
from migrate.ledger.tables import bodies, copies, entries, fleet_runs, locks, tickets
from migrate.words import OPEN_STATES


@dataclass(frozen=True, slots=True, kw_only=True)
class Spare:
    """What could go, or went: bodies with their bytes as they lie there, and tickets."""

    bodies: int = 0
    body_bytes: int = 0
    tickets: int = 0


def spare(connection: sa.Connection, runs: Collection[str]) -> Spare:
    """What nothing needs, once the folders of these runs are gone."""
    size = sa.func.coalesce(sa.func.sum(sa.func.length(bodies.c.body)), 0)
    count, total = connection.execute(sa.select(sa.func.count(), size).where(_unneeded())).one()
    of_runs = sa.select(sa.func.count()).select_from(tickets).where(tickets.c.run.in_(runs))
    return Spare(bodies=count, body_bytes=total, tickets=connection.execute(of_runs).scalar_one())


def drop(connection: sa.Connection, runs: Collection[str]) -> None:
    """Removes it. Copies, entries and every body that undo, an open write or a copy needs stay as they are."""
    connection.execute(sa.select(bodies.c.digest).where(_unneeded()).with_for_update())
    connection.execute(bodies.delete().where(_unneeded()))
    connection.execute(tickets.delete().where(tickets.c.run.in_(runs)))
    connection.execute(fleet_runs.delete().where(fleet_runs.c.run.in_(runs)))
    for run in runs:
        ticket = locks.c.target_org.startswith(f"ticket {run} ", autoescape=True)
        connection.execute(locks.delete().where(ticket & (locks.c.token == FREE)))


def _unneeded() -> sa.ColumnElement[bool]:
    """A body that no copy was made from, no write replaced, and no open write sent."""
    name = bodies.c.digest
    replaced = sa.exists().where(entries.c.pre_image == name)
    still_open = sa.exists().where((entries.c.digest_sent == name) & entries.c.state.in_(OPEN_STATES))
    made_from = sa.exists().where(copies.c.digest_sent == name)
    return ~replaced & ~still_open & ~made_from
