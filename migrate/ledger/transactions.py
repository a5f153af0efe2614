"""The open database of a ledger: transactions that read and that write, and proof in each that a lock is still ours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from migrate.ledger import locks
from migrate.ledger.connecting import Connecting
from migrate.ledger.held import Held
from migrate.ledger.opening import unreachable


class Transactions:
    """What all parts of one ledger write by. ``held`` are the locks that were taken by it, by place."""

    def __init__(self, engine: sa.Engine, *, shared: bool = False) -> None:
        self._engine = engine
        self._shared = shared
        self._ways = Connecting(engine)
        self.held: dict[str, Held] = {}

    def close(self) -> None:
        """Lets the database go, unless others have it too. Locks stay until released or expired."""
        if not self._shared:
            self._engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A transaction that writes nothing. Any database trouble is a ServiceError or FileError."""
        try:
            with self._ways.connected(reading=True) as connection:
                yield connection
        except (sa.exc.DBAPIError, sa.exc.TimeoutError) as error:
            raise unreachable(self._engine.url, error) from None

    @contextmanager
    def writing(self, *, waits: bool = True) -> Iterator[sa.Connection]:
        """A transaction that ``waits`` for the disk (see ``opening``) or not: an intent does, its end need not.

        An end that a dying machine took with it is found again: its entry is open, and the next run settles it.
        """
        try:
            with self._ways.connected(waits=waits) as connection, connection.begin():
                yield connection
        except (sa.exc.DBAPIError, sa.exc.TimeoutError) as error:
            raise unreachable(self._engine.url, error) from None

    def prove(self, connection: sa.Connection, place: str) -> None:
        """Proves that a lock of ours on this place is ours still. Raises LockHeld where it was taken over."""
        held = self.held.get(place)
        if held is not None:
            locks.demand(connection, held)
