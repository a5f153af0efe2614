"""What happened, as frozen values. Workers emit them; listeners print, count, log.

A listener is any callable that takes one event. It must not raise and must not block.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True, kw_only=True)
class Began:
    """A command of the command line began."""

    command: str
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """What ended a command before its end: a reason code, the sentence, and how many problems it lists."""

    code: str
    message: str
    problems: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A command ended with this exit code."""

    exit_code: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RunBegan:
    """A run got its id; ``kind`` is ``apply``, ``verify``, ``undo``, ``gather``, or ``work`` for a part of a run."""

    run: str
    plan: str
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEnded:
    """A run has ended, and its report says this."""

    run: str
    status: str
    exit_code: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A station of the street began (``done`` = 0) or made progress; ``total`` may be 0 for unknown."""

    name: str
    org: str = ""
    done: int = 0
    total: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """A request is about to leave."""

    org: str
    method: str
    path: str
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """A request ended; ``status`` is 0 where no answer came. ``seconds`` is wall time without waiting."""

    org: str
    method: str
    path: str
    status: int
    seconds: float
    attempt: int
    request_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Paused:
    """All traffic of an org waits until a deadline, ``seconds`` from now."""

    org: str
    seconds: float
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """The ledger committed a step: ``what`` is ``intended``, ``sent``, ``done``, ``failed``, ``run`` …"""

    what: str
    target: str = ""
    document: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Acted:
    """A document reached its outcome in a target, after ``seconds`` of work on it."""

    target: str
    kind: str
    source_id: str
    name: str
    outcome: str
    reason_code: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Warned:
    """Something a person should know that stops nothing."""

    code: str
    message: str


Event: TypeAlias = (
    Began | Failed | Ended | RunBegan | RunEnded | Stage | Sending | Answered | Paused | Recorded | Acted | Warned
)
Listener: TypeAlias = Callable[[Event], None]


def silent(event: Event) -> None:
    """The listener that does nothing."""


def fan_out(*listeners: Listener) -> Listener:
    """One listener that tells all of these, in order."""

    def tell(event: Event) -> None:
        for listener in listeners:
            listener(event)

    return tell
