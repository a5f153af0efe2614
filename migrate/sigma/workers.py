"""Execution spread over a few workers on a stream, never a task an item (libraries: half the cost, bounded queue)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

import anyio

T = TypeVar("T")


async def each(items: Iterable[T], work: Callable[[T], Awaitable[None]], *, workers: int) -> None:
    """Runs ``work`` on every item with at most ``workers`` at once; the first exception ends all and is raised."""
    todo = list(items)
    if not todo:
        return
    send, receive = anyio.create_memory_object_stream[T](max_buffer_size=len(todo))
    for item in todo:
        send.send_nowait(item)
    send.close()

    async def worker() -> None:
        async with receive.clone() as mine:
            async for item in mine:
                await work(item)

    try:
        async with receive, anyio.create_task_group() as group:
            for _ in range(min(workers, len(todo))):
                group.start_soon(worker)
    except BaseExceptionGroup as failures:
        raise first_cause(failures) from None


def first_cause(failures: BaseExceptionGroup[BaseException]) -> BaseException:
    """The first real cause inside nested groups."""
    cause: BaseException = failures
    while isinstance(cause, BaseExceptionGroup):
        cause = cause.exceptions[0]
    return cause
