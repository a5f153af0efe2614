"""Holding the lock on a target for as long as the work on it takes."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import anyio

from migrate.errors import FileError, LockHeld, ServiceError
from migrate.ledger.owner import Owner, owner_here
from migrate.sigma.workers import first_cause

if TYPE_CHECKING:
    from migrate.ledger.book import Book
    from migrate.ledger.held import Held

LOCK_SECONDS = 120.0

POLL_SECONDS = 2.0
"""How often a lock that is waited for is asked for."""


def elapsed() -> float:
    """Seconds that pass also while this machine sleeps, where the system counts them."""
    counting = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if counting is None else time.clock_gettime(counting)


@dataclass(slots=True, kw_only=True)
class Lease:
    """For how long a lock is certainly ours, by nothing but the seconds that passed here.

    A process that was stopped, or a machine that slept, finds out before it sends what the ledger no longer covers.
    It counts from before the ledger was asked, so it ends before the lock does.
    """

    seconds: float
    clock: Callable[[], float]
    _asked: float = 0.0
    _from: float = float("-inf")

    def asked(self) -> None:
        """The ledger is about to be asked for the lock."""
        self._asked = self.clock()

    def granted(self) -> None:
        """It was given."""
        self._from = self._asked

    def covers_now(self) -> bool:
        """Whether nobody can have taken the lock over by the end of its time."""
        return self.clock() < self._from + self.seconds


@asynccontextmanager
async def leased(
    book: Book,
    target_org: str,
    run: str,
    *,
    seconds: float = LOCK_SECONDS,
    wait: float = 0.0,
    sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
    clock: Callable[[], float] = elapsed,
    attempt: int | None = None,
) -> AsyncIterator[Lease]:
    """Holds the lock on a target and renews it until the block ends; it is one work's, whatever else the process does.

    ``attempt`` is which one of the run this is, the one that this book started by default.

    Raises LockHeld where another work still has it after ``wait`` seconds, or took it over meanwhile; then the block
    is cut off, and what it had in flight stays open in the ledger for the new holder to settle. Errors of the block
    come out as they are.
    """
    lease = Lease(seconds=seconds, clock=clock)
    owner = owner_here(run, book.attempt(run) if attempt is None else attempt)
    held = await _taken(book, target_org, owner, wait, sleep, lease)

    async def renew() -> None:
        while True:
            await anyio.sleep(seconds / 3)
            lease.asked()
            book.renew(held, ttl=seconds)
            lease.granted()

    try:
        async with anyio.create_task_group() as group:
            group.start_soon(renew)
            yield lease
            group.cancel_scope.cancel()
    except BaseExceptionGroup as failures:
        raise first_cause(failures) from None
    finally:
        with suppress(ServiceError, FileError):  # a lock that cannot be given back expires
            book.release(held)


async def _taken(
    book: Book, target_org: str, owner: Owner, wait: float, sleep: Callable[[float], Awaitable[None]], lease: Lease
) -> Held:
    """The lock, asked for until ``wait`` seconds are over."""
    left = wait
    while True:
        try:
            lease.asked()
            held = book.lock(target_org, owner, ttl=lease.seconds)
            lease.granted()
            return held
        except LockHeld:
            if left <= 0:
                raise
        pause = min(POLL_SECONDS, left)
        await sleep(pause)
        left -= pause
