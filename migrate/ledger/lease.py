"""Holding the lock on a target for as long as the work on it takes."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

import anyio

from migrate.errors import ServiceError
from migrate.ledger.locks import owner_here
from migrate.sigma.workers import first_cause

if TYPE_CHECKING:
    from migrate.ledger.book import Book

LOCK_SECONDS = 120.0


@asynccontextmanager
async def leased(
    book: Book, target_org: str, run: str, *, seconds: float = LOCK_SECONDS, clock: Callable[[], float] = time.time
) -> AsyncIterator[None]:
    """Holds the lock on a target and renews it until the block ends.

    Raises LockHeld where another run has it, or took it over meanwhile; then the block is cut off, and what it
    had in flight stays open in the ledger for the new holder to settle. Errors of the block come out as they are.
    """
    owner = owner_here(run)
    book.lock(target_org, owner, ttl=seconds, now=clock())

    async def renew() -> None:
        while True:
            await anyio.sleep(seconds / 3)
            book.renew(target_org, owner, ttl=seconds, now=clock())

    try:
        async with anyio.create_task_group() as group:
            group.start_soon(renew)
            yield
            group.cancel_scope.cancel()
    except BaseExceptionGroup as failures:
        raise first_cause(failures) from None
    finally:
        with suppress(ServiceError):  # a lock that cannot be given back expires
            book.release(target_org, owner)
