"""Tickets of runs that several processes work on: one a target, taken under its own lock, done once."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

import orjson
import sqlalchemy as sa

from migrate.ledger.model import FleetRun, Ticket
from migrate.ledger.tables import fleet_runs, insert, tickets
from migrate.tree import Json

_TREES = ("orgs", "roster")
_SEEN = tuple(column for column in tickets.c if column.name != "shard")


def opened(connection: sa.Connection, fleet: FleetRun, made: Iterable[Ticket]) -> FleetRun:
    """The fleet run of that name: this one, or the one that somebody else opened meanwhile."""
    row = asdict(fleet) | {name: orjson.dumps(getattr(fleet, name)).decode() for name in _TREES}
    first = connection.execute(
        insert(connection.dialect.name, fleet_runs).values(**row).on_conflict_do_nothing()
    ).rowcount
    if first:
        connection.execute(tickets.insert(), [_row(ticket) for ticket in made])
    found = fleet_run(connection, fleet.plan, fleet.name)
    return found or fleet


def fleet_run(connection: sa.Connection, plan: str, name: str) -> FleetRun | None:
    """A fleet run by its name; None where nobody opened it."""
    query = sa.select(fleet_runs).where((fleet_runs.c.plan == plan) & (fleet_runs.c.name == name))
    row = connection.execute(query).mappings().first()
    return FleetRun(**{**row, **{name: orjson.loads(row[name]) for name in _TREES}}) if row else None


def of_run(connection: sa.Connection, run: str) -> tuple[Ticket, ...]:
    """All tickets of a run, by wave and target, without what was found."""
    query = sa.select(*_SEEN).where(tickets.c.run == run).order_by(tickets.c.wave, tickets.c.target)
    return tuple(_ticket(row) for row in connection.execute(query).mappings())


def take(connection: sa.Connection, ticket: Ticket, worker: str) -> Ticket:
    """The ticket as it stands, one attempt further unless it is done. Whoever takes it holds its lock."""
    again = {"attempt": tickets.c.attempt + 1, "worker": worker}
    connection.execute(tickets.update().where(_is(ticket) & ~tickets.c.done).values(**again))
    return _ticket(connection.execute(sa.select(*_SEEN).where(_is(ticket))).mappings().one())


def give_back(connection: sa.Connection, ticket: Ticket) -> None:
    """Notes that an attempt ended on purpose before it was through, which is nothing against the target."""
    connection.execute(tickets.update().where(_is(ticket)).values(returned=tickets.c.returned + 1))


def name(connection: sa.Connection, ticket: Ticket, organization: str) -> str:
    """Notes which organization a ticket turned out to be; another target of the run that is the same, or empty."""
    connection.execute(tickets.update().where(_is(ticket)).values(organization=organization))
    same = (tickets.c.run == ticket.run) & (tickets.c.target != ticket.target)
    query = sa.select(tickets.c.target).where(same & (tickets.c.organization == organization)).limit(1)
    return str(connection.execute(query).scalar() or "")


def finish(connection: sa.Connection, ticket: Ticket, shard: Json) -> None:
    """Notes what became of a target, once: a ticket that is done stays as it is."""
    values = {
        "done": True,
        "exit_code": ticket.exit_code,
        "ended": orjson.dumps(ticket.ended).decode(),
        "shard": zlib.compress(orjson.dumps(shard)),
    }
    connection.execute(tickets.update().where(_is(ticket) & ~tickets.c.done).values(**values))


def shard(connection: sa.Connection, ticket: Ticket) -> Json:
    """What became of a target; None where its ticket is not done."""
    found = connection.execute(sa.select(tickets.c.shard).where(_is(ticket))).scalar()
    return orjson.loads(zlib.decompress(found)) if found else None


def _is(ticket: Ticket) -> sa.ColumnElement[bool]:
    return (tickets.c.run == ticket.run) & (tickets.c.target == ticket.target)


def _row(ticket: Ticket) -> dict[str, Any]:
    return {**asdict(ticket), "ended": orjson.dumps(ticket.ended).decode()}


def _ticket(row: Mapping[str, Any] | sa.RowMapping) -> Ticket:
    return Ticket(**{**row, "ended": orjson.loads(row["ended"])})
