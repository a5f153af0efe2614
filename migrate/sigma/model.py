"""What travels between the rings of one organization's wire: a request, an answer, who answered, what it cost.

Every ring is a function ``Send``: it takes an ``Ask`` and returns an ``Answer``, or raises. Nothing here
does I/O, and nothing here shows a secret when it is printed.
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal, TypeAlias

import anyio

from migrate.errors import ServiceError
from migrate.secret import RING
from migrate.text import one_line
from migrate.tree import Json

Shape: TypeAlias = Literal["empty", "json", "yaml", "html", "unreadable", "too_large", "streamed"]
"""What an answer's body turned out to be, by looking at it; one that is too large was not read to its end.

``streamed``: nobody looked at it, it was given away part by part."""

Reading: TypeAlias = Callable[[], Callable[[bytes], bool]]
"""Makes what takes a body in parts, anew for each try; it says False where it wants no more of it."""

TOKEN_PATH = "/v2/auth/token"  # noqa: S105 - a path, not a password
WHOAMI_PATH = "/v2/whoami"

_WORD = re.compile(r"v\d|[A-Za-z][A-Za-z-]{0,19}")
"""A word of a route; an id has digits or is longer."""

Params: TypeAlias = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One request. ``repeatable`` says that sending it twice does no harm; ``writes`` that it changes the org.

    ``identity`` marks the few reads that prove who the org is and may leave before that is proven. ``reading`` takes
    the body of a 200 in parts, which is then held nowhere.
    """

    method: str
    path: str
    params: Params = ()
    body: bytes | None = field(default=None, repr=False)
    content_type: str = ""
    accept: str = "application/json"
    writes: bool = False
    repeatable: bool = True
    identity: bool = False
    dry_run: bool = False
    reading: Reading | None = field(default=None, repr=False)
    attempt: int = 1
    authorization: str = field(default="", repr=False)

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def endpoint(self) -> str:
        """Method and path with ``{id}`` in the place of every id: the same for all things of one kind."""
        return f"{self.method} {'/'.join('{id}' if part in self.ids else part for part in self.path.split('/'))}"

    @property
    def ids(self) -> frozenset[str]:
        """The parts of the path that are ids or names: all but the words of Sigma's own routes."""
        return frozenset(part for part in self.path.split("/") if part and not _WORD.fullmatch(part))


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back: ``tree`` is the parsed body, None for an empty, HTML or unreadable one.

    ``headers`` has lower-case names and only what the rings need. ``request_id`` is the server's, or empty.
    """

    status: int
    shape: Shape
    tree: Json = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    request_id: str = ""

    @property
    def ok(self) -> bool:
        """Whether the status is a success and the body could be read."""
        return 200 <= self.status < 300 and self.shape not in ("html", "unreadable", "too_large")


Send: TypeAlias = Callable[[Ask], Awaitable[Answer]]
"""The one-method interface of every ring."""

Hear: TypeAlias = Callable[[str, Ask, Answer], None]
"""Told of an answer as it came: the organization's alias, what was asked, what came back."""


def deaf(_org: str, _ask: Ask, _answer: Answer) -> None:
    """Where nobody needs answers as they came."""


class NoAnswer(ServiceError):
    """A signal between rings, never shown: no answer came.

    ``left`` is False where certainly no byte of the request itself reached the server;
    ``throttled`` where that is so because the edge turned the token request away.
    """

    default_code = "unreachable"

    def __init__(self, why: str, *, left: bool, throttled: bool = False) -> None:
        super().__init__(why)
        self.left = left
        self.throttled = throttled


@dataclass(frozen=True, slots=True, kw_only=True)
class Stats:
    """What one org's wire did so far; ``paused_seconds`` counts each parked second once, however many waited."""

    requests: int = 0
    throttled: int = 0
    retries: int = 0
    paused_seconds: float = 0.0


@dataclass(slots=True, kw_only=True)
class Tally:
    """The running counts behind ``Stats``; one a client, written by the rings."""

    requests: int = 0
    throttled: int = 0
    retries: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """Time and luck, handed in so that tests wait for nothing.

    ``now`` is monotonic seconds, ``wall`` seconds since 1970, ``luck`` a number in [0, 1).
    """

    now: Callable[[], float] = time.monotonic
    wall: Callable[[], float] = time.time
    sleep: Callable[[float], Awaitable[None]] = anyio.sleep
    luck: Callable[[], float] = random.random


@dataclass(slots=True)
class ServerClock:
    """The organization's own time, from the ``Date`` of its newest answer and what has passed since.

    Our wall clock, which may be wrong by a day or be set in mid-run, takes no part in it.
    """

    clock: Clock
    _date: float | None = None
    _heard: float = 0.0

    def hear(self, date: float | None) -> None:
        """Takes the ``Date`` of an answer that has just come, in seconds since 1970; None where it told none."""
        if date is not None:
            self._date, self._heard = date, self.clock.now()

    @property
    def known(self) -> bool:
        """Whether an answer has told the time yet."""
        return self._date is not None

    def wall(self) -> float:
        """Seconds since 1970 as the organization sees it; by our own clock before its first answer."""
        return self.clock.wall() if self._date is None else self._date + self.clock.now() - self._heard

    @property
    def ahead(self) -> float | None:
        """How many seconds it is ahead of our clock, None before its first answer."""
        return self.wall() - self.clock.wall() if self.known else None


class Hidden:
    """The secrets one client knows, and the one place that takes them out of texts."""

    __slots__ = ("_words",)

    def __init__(self) -> None:
        self._words: set[str] = set()

    def add(self, *words: str) -> None:
        """Remembers secrets, here and in the last ring; fewer than four characters would blank out ordinary words."""
        self._words.update(word for word in words if len(word) >= 4)
        RING.add(*words)

    def clean(self, text: str) -> str:
        """The text without any known secret, as one printable line of at most 600 characters."""
        for word in sorted(self._words, key=len, reverse=True):
            text = text.replace(word, "***")
        return one_line(" ".join(text.split()), 600)
