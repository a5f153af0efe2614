"""One command at work on a migration: progress, a log, Ctrl-C heard, and questions asked before writing."""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from types import FrameType
from typing import TYPE_CHECKING, Any, Protocol, Self, TypeVar

import click

from migrate.errors import Interrupted, Usage
from migrate.terminal.options import Settings
from migrate.terminal.streams import say, say_at_once
from migrate.terminal.watch import watching

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from migrate.events import Listener
    from migrate.migration import Migration
    from migrate.plan.model import Plan

T = TypeVar("T")

GRACE = 10.0
"""Seconds that writing has to come to an end after the first Ctrl-C."""


def confirmed(text: str, question: str) -> None:
    """Shows a text and asks before the first write; refuses where there is nobody to ask."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise Usage("apply writes to Sigma and there is no terminal to ask.", next_action="add --yes")
    say(f"{text}\n\n")
    if not click.confirm(question, default=False, err=True):
        raise Interrupted("Nothing was written.")


class Working(Protocol):
    """What works while it is open, and says when it should not be cut off."""

    @property
    def writing(self) -> bool:
        """Whether something is under way that should not be cut off."""


W = TypeVar("W", bound=Working)


def with_migration(
    settings: Settings, plan: Plan, work: Callable[[Migration], Awaitable[T]], *, lock: float = 0.0
) -> T:
    """What ``work`` makes of an open migration; ``lock`` is how many seconds a target is waited for that is locked."""
    from migrate.change.run_context import Patience
    from migrate.migration import Migration

    def opened(listener: Listener, stop: Callable[[], bool]) -> Migration:
        return Migration(
            plan, listener=listener, stop=stop, patience=Patience(lock=lock), allow_python=settings.allow_python
        )

    return at_work(settings, opened, work)


def at_work(
    settings: Settings,
    make: Callable[[Listener, Callable[[], bool]], AbstractAsyncContextManager[W]],
    work: Callable[[W], Awaitable[T]],
) -> T:
    """What ``work`` makes of what was opened, with progress, a log, and Ctrl-C heard.

    Asked to stop, reading is cut off at once; writing has ``GRACE`` seconds to finish or settle what is in
    flight. Raises Interrupted where ``work`` was cut off.
    """
    import anyio

    from migrate.events import fan_out, silent
    from migrate.run.telemetry import telemetry
    from migrate.sigma.workers import first_cause

    stopping = Stopping()

    async def cut_off(working: W, scope: anyio.CancelScope) -> None:
        while not stopping.asked():
            await anyio.sleep(0.1)
        with anyio.move_on_after(GRACE):
            while working.writing:
                await anyio.sleep(0.1)
        await anyio.sleep(0.5)  # a run that just ended writes its report
        scope.cancel()

    async def main(listener: Listener) -> T:
        async with make(listener, stopping.asked) as working, anyio.create_task_group() as group:
            group.start_soon(cut_off, working, group.cancel_scope)
            result = await work(working)
            group.cancel_scope.cancel()
            return result
        raise Interrupted("Stopped before it was done.", next_action="run the same command again to go on")

    with (
        watching(
            quiet=settings.quiet, colour=not (settings.no_color or os.environ.get("NO_COLOR")), log=settings.tell
        ) as listener,
        telemetry(os.environ) as traced,
        stopping,
    ):
        gc.freeze()  # what was imported stays; what comes now are bodies, which must not wait for long
        gc.set_threshold(700, 10, 10)
        try:
            return anyio.run(main, listener if traced is silent else fan_out(listener, traced))
        except BaseExceptionGroup as failures:
            raise first_cause(failures) from None


class Stopping:
    """The first Ctrl-C or SIGTERM asks the run to finish what is in flight; the second leaves at once."""

    def __init__(self) -> None:
        self._asked = False
        self._before: dict[int, Any] = {}

    def asked(self) -> bool:
        """Whether somebody asked to stop."""
        return self._asked

    def __enter__(self) -> Self:
        self._before = {number: signal.signal(number, self._hear) for number in (signal.SIGINT, signal.SIGTERM)}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _hear(self, _number: int, _frame: FrameType | None) -> None:
        if self._asked:
            os._exit(Interrupted.exit_code)
        self._asked = True
        say_at_once("\nStopping: finishing what is in flight. Once more to leave at once.\n")
