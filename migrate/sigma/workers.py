"""Execution spread over a few workers, never a task an item (libraries: half the cost, bounded queue)."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import TypeVar

import anyio

T = TypeVar("T")


async def each(items: Iterable[T], work: Callable[[T], Awaitable[None]], *, workers: int) -> None:
    """Runs ``work`` on every item with at most ``workers`` at once; the first exception ends all and is raised."""
    todo = deque(items)
    await flow(lambda: [todo.popleft()] if todo else [], work, workers=min(workers, len(todo)))


async def flow(take: Callable[[], Sequence[T]], work: Callable[[T], Awaitable[None]], *, workers: int) -> None:
    """Runs ``work`` on what ``take`` gives, with at most ``workers`` at once; the first exception ends all.

    ``take`` gives one thing, or none where there is nothing to do just now. It is asked again whenever work on
    something has ended, which may have brought more; all is over when it gives nothing and nothing is under way.
    """
    busy = 0
    ended = anyio.Event()

    async def worker() -> None:
        nonlocal busy, ended
        while True:
            taken = take()
            if not taken:
                if not busy:
                    return
                await ended.wait()
                continue
            busy += 1
            try:
                await work(taken[0])
            finally:
                busy -= 1
                ended.set()
                ended = anyio.Event()

    try:
        async with anyio.create_task_group() as group:
            for _ in range(workers):
                group.start_soon(worker)
    except BaseExceptionGroup as failures:
        raise first_cause(failures) from None


def first_cause(failures: BaseExceptionGroup[BaseException]) -> BaseException:
    """The first real cause inside nested groups."""
    cause: BaseException = failures
    while isinstance(cause, BaseExceptionGroup):
        cause = cause.exceptions[0]
    return cause
