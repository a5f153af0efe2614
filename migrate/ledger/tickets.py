"""Tickets of runs that several processes work on: one a target, taken under its own lock, done once."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

import orjson
import sqlalchemy as sa

from migrate.events import Listener, Recorded
from migrate.ledger.model import FleetRun, Ticket
from migrate.ledger.tables import fleet_runs, insert, runs, tickets
from migrate.ledger.transactions import Transactions
from migrate.tree import Json

_TREES = ("orgs", "roster")
_SEEN = tuple(column for column in tickets.c if column.name != "shard")


class FleetRuns:
    """The fleet runs of a ledger and their tickets. Whoever changes a ticket holds its lock (``Book.lock``)."""

    def __init__(self, at: Transactions, listener: Listener) -> None:
        self._at = at
        self._listener = listener

    def open(self, fleet: FleetRun, made: Iterable[Ticket]) -> FleetRun:
        """The fleet run of that name: this one with these tickets, or the one that somebody else opened meanwhile."""
        row = asdict(fleet) | {name: orjson.dumps(getattr(fleet, name)).decode() for name in _TREES}
        with self._at.writing() as connection:
            query = insert(connection.dialect.name, fleet_runs).values(**row).on_conflict_do_nothing()
            if connection.execute(query).rowcount:
                connection.execute(tickets.insert(), [_row(ticket) for ticket in made])
            return _named(connection, fleet.plan, fleet.name) or fleet

    def named(self, plan: str, name: str) -> FleetRun | None:
        """The fleet run that goes by a name; None where nobody opened it."""
        with self._at.reading() as connection:
            return _named(connection, plan, name)

    def cut_off(self, plan: str, plan_sha256: str) -> FleetRun | None:
        """The newest run of an engine of this very plan that has not ended; None where there is none.

        One of an engine goes by its own id, others by the name that somebody gave them.
        """
        mine = (fleet_runs.c.plan == plan) & (fleet_runs.c.plan_sha256 == plan_sha256)
        theirs = sa.exists().where((runs.c.id == fleet_runs.c.run) & runs.c.status.in_(("running", "interrupted")))
        query = sa.select(fleet_runs).where(mine & theirs & (fleet_runs.c.name == fleet_runs.c.run))
        with self._at.reading() as connection:
            row = connection.execute(query.order_by(fleet_runs.c.opened_at.desc()).limit(1)).mappings().first()
            return _fleet_run(row) if row else None

    def tickets(self, run: str) -> tuple[Ticket, ...]:
        """All tickets of a run, by wave and target, without what was found."""
        query = sa.select(*_SEEN).where(tickets.c.run == run).order_by(tickets.c.wave, tickets.c.target)
        with self._at.reading() as connection:
            return tuple(_ticket(row) for row in connection.execute(query).mappings())

    def take(self, ticket: Ticket, worker: str) -> Ticket:
        """The ticket as it stands, one attempt further unless it is done. Raises LockHeld where its lock is lost."""
        again = {"attempt": tickets.c.attempt + 1, "worker": worker}
        with self._at.writing() as connection:
            self._at.prove(connection, ticket.place)
            connection.execute(tickets.update().where(_is(ticket) & ~tickets.c.done).values(**again))
            return _ticket(connection.execute(sa.select(*_SEEN).where(_is(ticket))).mappings().one())

    def give_back(self, ticket: Ticket) -> None:
        """Notes that an attempt was ended on purpose, which is nothing against the target. Raises as ``take``."""
        with self._at.writing() as connection:
            self._at.prove(connection, ticket.place)
            connection.execute(tickets.update().where(_is(ticket)).values(returned=tickets.c.returned + 1))

    def name(self, ticket: Ticket, organization: str) -> str:
        """Notes which organization a target is; another target of the run that is the same one, or empty."""
        same = (tickets.c.run == ticket.run) & (tickets.c.target != ticket.target)
        query = sa.select(tickets.c.target).where(same & (tickets.c.organization == organization)).limit(1)
        with self._at.writing() as connection:
            self._at.prove(connection, ticket.place)
            connection.execute(tickets.update().where(_is(ticket)).values(organization=organization))
            return str(connection.execute(query).scalar() or "")

    def finish(self, ticket: Ticket, shard: Json) -> None:
        """Notes what became of a target, once: a ticket that is done stays as it is. Raises as ``take``."""
        values = {
            "done": True,
            "exit_code": ticket.exit_code,
            "ended": orjson.dumps(ticket.ended).decode(),
            "shard": zlib.compress(orjson.dumps(shard)),
        }
        with self._at.writing() as connection:
            self._at.prove(connection, ticket.place)
            connection.execute(tickets.update().where(_is(ticket) & ~tickets.c.done).values(**values))
        self._listener(Recorded(what="ticket", target=ticket.target, document=ticket.run))

    def shard(self, ticket: Ticket) -> Json:
        """What became of a target; None where its ticket is not done."""
        with self._at.reading() as connection:
            found = connection.execute(sa.select(tickets.c.shard).where(_is(ticket))).scalar()
        return orjson.loads(zlib.decompress(found)) if found else None


def _named(connection: sa.Connection, plan: str, name: str) -> FleetRun | None:
    query = sa.select(fleet_runs).where((fleet_runs.c.plan == plan) & (fleet_runs.c.name == name))
    row = connection.execute(query).mappings().first()
    return _fleet_run(row) if row else None


def _fleet_run(row: sa.RowMapping) -> FleetRun:
    return FleetRun(**{**row, **{name: orjson.loads(row[name]) for name in _TREES}})


def _is(ticket: Ticket) -> sa.ColumnElement[bool]:
    return (tickets.c.run == ticket.run) & (tickets.c.target == ticket.target)


def _row(ticket: Ticket) -> dict[str, Any]:
    return {**asdict(ticket), "ended": orjson.dumps(ticket.ended).decode()}


def _ticket(row: Mapping[str, Any] | sa.RowMapping) -> Ticket:
    return Ticket(**{**row, "ended": orjson.loads(row["ended"])})
