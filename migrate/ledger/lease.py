"""Holding the lock on a target for as long as the work on it takes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

import anyio

from migrate.errors import LockHeld, ServiceError
from migrate.ledger.owner import Owner, owner_here
from migrate.sigma.workers import first_cause

if TYPE_CHECKING:
    from migrate.ledger.book import Book
    from migrate.ledger.locks import Held

LOCK_SECONDS = 120.0

POLL_SECONDS = 2.0
"""How often a lock that is waited for is asked for."""


@asynccontextmanager
async def leased(
    book: Book,
    target_org: str,
    run: str,
    *,
    seconds: float = LOCK_SECONDS,
    wait: float = 0.0,
    sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
) -> AsyncIterator[None]:
    """Holds the lock on a target and renews it until the block ends; it is one work's, whatever else the process does.

    Raises LockHeld where another work still has it after ``wait`` seconds, or took it over meanwhile; then the block
    is cut off, and what it had in flight stays open in the ledger for the new holder to settle. Errors of the block
    come out as they are.
    """
    held = await _taken(book, target_org, owner_here(run, book.attempt(run)), seconds, wait, sleep)

    async def renew() -> None:
        while True:
            await anyio.sleep(seconds / 3)
            book.renew(held, ttl=seconds)

    try:
        async with anyio.create_task_group() as group:
            group.start_soon(renew)
            yield
            group.cancel_scope.cancel()
    except BaseExceptionGroup as failures:
        raise first_cause(failures) from None
    finally:
        with suppress(ServiceError):  # a lock that cannot be given back expires
            book.release(held)


async def _taken(
    book: Book, target_org: str, owner: Owner, seconds: float, wait: float, sleep: Callable[[float], Awaitable[None]]
) -> Held:
    """The lock, asked for until ``wait`` seconds are over."""
    left = wait
    while True:
        try:
            return book.lock(target_org, owner, ttl=seconds)
        except LockHeld:
            if left <= 0:
                raise
        pause = min(POLL_SECONDS, left)
        await sleep(pause)
        left -= pause
