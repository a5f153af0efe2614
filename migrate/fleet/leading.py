"""Who leads a run of an engine: one process for each plan, known by a lock that it renews as long as it lives.

Whoever works for a run looks whether somebody leads it still. Without a leader nobody would hear that it should stop,
and nobody would gather it: what is under way comes to a clean end, and the same command goes on with it. Runs that
people gave a name to have no leader: each of their processes hears for itself that it should stop.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from migrate.change.run_context import RunContext
from migrate.errors import MigrateError
from migrate.ledger.book import Book
from migrate.ledger.lease import leased
from migrate.ledger.locks import LEADING
from migrate.ledger.model import FleetRun
from migrate.plan.model import Plan

STOP_SECONDS = 1.0
"""How often the ledger is asked whether to stop, at most."""


@asynccontextmanager
async def leading(book: Book, plan: Plan, run: RunContext) -> AsyncIterator[str]:
    """The name of the run that this process leads while the block lasts: one that was cut off, else that of ``run``.

    Raises LockHeld where another process leads a run of this plan, after ``patience.lock`` seconds.
    """

    def name() -> str:
        cut_off = book.fleets.cut_off(plan.name, plan.sha256)
        return cut_off.name if cut_off else run.id

    patience = run.patience
    while True:
        mine = name()
        async with leased(
            book, _place(plan.name), mine, seconds=patience.lease, wait=patience.lock, sleep=run.sleep, attempt=0
        ):
            if mine == name():  # nobody began or ended one while this one waited
                yield mine
                return


def _place(plan: str) -> str:
    return f"{LEADING} {plan}"


class Led:
    """Whether to stop what is done for a run: because this process was asked to, or the run's leader was, or is gone.

    The ledger is asked once a second at most, by its own clock. Where it cannot be asked nothing changes: no write
    leaves without it anyway.
    """

    def __init__(self, book: Book, found: FleetRun, asked_here: Callable[[], bool]) -> None:
        self._book = book
        self._found = found
        self._asked_here = asked_here
        self._over = False
        self._next = 0.0

    def asked(self) -> bool:
        """Whether to stop. What was over once stays so: whoever leads the run again gives new orders."""
        if not self._over and time.monotonic() >= self._next:
            self._next = time.monotonic() + STOP_SECONDS
            try:
                self._over = not self._goes_on()
            except MigrateError:
                return self._asked_here()
        return self._over or self._asked_here()

    def _goes_on(self) -> bool:
        run = self._book.run(self._found.run)
        leader = self._book.holder(_place(self._found.plan))
        alive = leader is not None and leader.working and leader.owner.run == self._found.run
        return alive and (run is None or run.status != "interrupted")


def is_led(found: FleetRun) -> bool:
    """Whether somebody leads a run: one of an engine, which goes by its own id."""
    return found.name == found.run
