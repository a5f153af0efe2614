"""What holds for a whole run, as one value: its name, the clock, whether to stop, who listens, how long to wait."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import anyio

from migrate.events import Listener, silent
from migrate.ledger.lease import LOCK_SECONDS


def never() -> bool:
    """The answer to "shall we stop?" of a run that nobody interrupts."""
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long a run waits for what it cannot see yet.

    ``waits`` are the seconds before each look for a lost write after the first: listings lag behind creates
    (sigma-api 5.6), so one empty look proves nothing. ``grace`` is how many seconds writes in flight get to end after
    somebody asked to stop, ``lock`` how many seconds a target is waited for that another run works on, ``lease`` how
    many a lock lasts that its holder does not renew.
    """

    waits: tuple[float, ...] = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
    grace: float = 5.0
    lock: float = 0.0
    lease: float = LOCK_SECONDS


@dataclass(frozen=True, slots=True, kw_only=True)
class RunContext:
    """One run: its ``id``; ``now`` gives the time as ISO-8601 with an offset; ``stop`` is asked between steps.

    ``attempt`` is which one of a target this is, None where it is that of the run as this ledger was told it.
    """

    id: str
    now: Callable[[], str]
    stop: Callable[[], bool] = never
    listener: Listener = silent
    patience: Patience = field(default_factory=Patience)
    sleep: Callable[[float], Awaitable[None]] = anyio.sleep
    attempt: int | None = None
