"""How fast one organization is asked: the pure rules, the host that several orgs share, and the lane.

A lane holds requests in flight, requests a second and writes in flight under its limits. A throttling answer
halves the lane and parks *everything* that goes to the same host, tokens included, on one deadline; each
success gives a little back. Sigma publishes no limits but the token endpoint's; the edge in front was seen to
turn away 43 % of eight parallel readers and then lock the token endpoint (sigma-api section 4.4).
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Protocol

import anyio

from migrate.errors import FileError, ServiceError
from migrate.events import Listener, Paused
from migrate.plan.running import Limits
from migrate.sigma.model import Answer, Ask, Clock, Send, Tally
from migrate.sigma.wire import retry_after, throttles

TOKEN_GAP = 1.1
"""Seconds between two token requests to a host: the documented limit is one a second, plus room for jitter."""

PARK_FIRST, PARK_MOST = 2.0, 120.0
"""Seconds a host is parked after the first throttling answer, and at most, where no ``Retry-After`` says."""

SLACK = 0.05
"""Seconds by which one request that wakes late may let those behind it catch up."""

PARK_LIMIT = 900.0
"""No ``Retry-After`` parks a host longer than this; who is asked to wait longer gives up instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How fast a lane goes: requests a second and requests in flight (whole numbers of it count)."""

    rate: float
    slots: float


def full(limits: Limits) -> Pace:
    """The pace of a lane that was never throttled."""
    if limits.requests_per_second <= 0 or limits.concurrency < 1 or limits.write_concurrency < 1:
        raise ValueError("requests_per_second, concurrency and write_concurrency must be above 0")
    return Pace(rate=limits.requests_per_second, slots=limits.concurrency)


def slowed(pace: Pace, ceiling: Pace) -> Pace:
    """Half the pace, but never less than one slot and a thirty-second part of the ceiling's rate."""
    return Pace(rate=max(pace.rate / 2, ceiling.rate / 32), slots=max(pace.slots / 2, 1.0))


def eased(pace: Pace, ceiling: Pace) -> Pace:
    """A sixteenth of the ceiling faster, up to the ceiling: after one strike eight successes give all back."""
    return Pace(
        rate=min(pace.rate + ceiling.rate / 16, ceiling.rate),
        slots=min(pace.slots + ceiling.slots / 16, ceiling.slots),
    )


def park_seconds(strikes: int, luck: float) -> float:
    """How long the ``strikes``-th throttling in a row parks a host: 2, 4, 8 … 120 seconds, a quarter of it by luck."""
    return min(PARK_FIRST * 2.0 ** min(strikes - 1, 30), PARK_MOST) * (0.75 + luck / 4)


def turn(free_at: float, now: float, gap: float) -> tuple[float, float]:
    """(seconds to wait for the next turn, when the turn after it is free), for turns ``gap`` seconds apart."""
    start = max(free_at, now)
    return start - now, start + gap


class Turns:
    """When requests may leave, so that no window holds more of them than the rate allows, however late they wake.

    One that wakes late does not push back those behind it by more than ``SLACK`` seconds: they catch up. What left in
    the last window is counted, so that catching up never goes above the rate (a sliding log beside a virtual schedule,
    as in the generic cell rate algorithm).
    """

    def __init__(self) -> None:
        self._next = -math.inf
        self._left: deque[float] = deque()

    def wait(self, now: float, rate: float) -> float:
        """Seconds until the next request may leave; 0 where it may now."""
        most = _most(rate)
        while self._left and self._left[0] + most / rate <= now:
            self._left.popleft()
        full = self._left[-most] + most / rate if len(self._left) >= most else -math.inf
        return max(0.0, self._next - now, full - now)

    def take(self, now: float, rate: float) -> None:
        """Notes that a request leaves now."""
        self._left.append(now)
        late = now - self._next
        self._next = (self._next if late <= SLACK else now) + 1.0 / rate


def _most(rate: float) -> int:
    """The requests of one window: those of a second, or one where a second has none."""
    return max(1, math.floor(rate))


class Allowance:
    """So many calls in any window of seconds, for the few calls that have a limit of their own."""

    def __init__(self, clock: Clock, most: int, seconds: float) -> None:
        self._clock = clock
        self._most = most
        self._seconds = seconds
        self._left: deque[float] = deque()

    async def turn(self) -> None:
        """Returns when the next of these calls may leave, which then counts."""
        while len(self._left) >= self._most:
            wait = self._left[0] + self._seconds - self._clock.now()
            if wait > 0:
                await self._clock.sleep(wait)
            elif self._left:
                self._left.popleft()
        self._left.append(self._clock.now())


BOARD_SECONDS = 1.0
"""How often it is looked up, at most, what other processes know of a host."""

BOARD_RETRY = 30.0
"""For so many seconds a board that could not be had is not asked again."""


class Board(Protocol):
    """Where processes that ask the same hosts tell each other. Its errors are ServiceError and FileError."""

    def pause(self, host: str, seconds: float) -> None:
        """Notes that a host is to be left alone for so long."""

    def remaining(self, host: str) -> float:
        """For how many seconds a host is to be left alone still."""

    def token_turn(self, host: str, gap: float) -> float:
        """Seconds until a turn at the token endpoint that nobody else has."""


class Told:
    """What is read of a board and told to it; where there is none, or it cannot be had, each process is on its own."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._board: Board | None = None
        self._ask_from = -math.inf

    def join(self, board: Board) -> None:
        """Has everything told to a board from now on, and read there."""
        self._board = board

    def ask(self, question: Callable[[Board], float | None]) -> float:
        """What a board says, in seconds; 0 where none says anything."""
        if self._board is None or self._clock.now() < self._ask_from:
            return 0.0
        try:
            return question(self._board) or 0.0
        except (ServiceError, FileError):
            self._ask_from = self._clock.now() + BOARD_RETRY
            return 0.0


class Host:
    """What all lanes to one host share: the deadline of its pause, and the turns of its token endpoint.

    Both are shared with other processes through what is ``told`` to a board, if there is one.
    """

    def __init__(self, clock: Clock, name: str = "", told: Told | None = None) -> None:
        self._clock = clock
        self._name = name
        self._board = told or Told(clock)
        self._looked_at = -math.inf
        self._deadline = -math.inf
        self._struck_at = -math.inf
        self._strikes = 0
        self._paused = 0.0
        self._token_free_at = -math.inf
        self._told: list[Callable[[float], None]] = []

    def join(self, tell: Callable[[float], None]) -> None:
        """Has ``tell`` called with the seconds whenever the host is parked."""
        self._told.append(tell)

    def leave(self, tell: Callable[[float], None]) -> None:
        """Takes a listener away again."""
        self._told.remove(tell)

    @property
    def remaining(self) -> float:
        """Seconds until traffic may go on; 0 where it may now."""
        return max(0.0, self._deadline - self._clock.now())

    @property
    def paused(self) -> float:
        """Seconds this host stood parked so far: the length of the union of all pauses."""
        return self._paused - self.remaining

    def strike(self, sent_at: float, wanted: float | None) -> None:
        """Parks the host after a throttling answer to a request that left at ``sent_at``.

        Answers to requests that were under way when the last strike fell belong to the same burst: they
        count no second strike, and move the deadline only where the server names a longer wait.
        """
        now = self._clock.now()
        burst = sent_at <= self._struck_at
        if not burst:
            self._strikes += 1
            self._struck_at = now
        elif wanted is None:
            return
        seconds = park_seconds(self._strikes, self._clock.luck()) if wanted is None else min(wanted, PARK_LIMIT)
        if now + seconds > self._deadline:
            self._board.ask(lambda board: board.pause(self._name, seconds))
            self._park(now, seconds)

    def _park(self, now: float, seconds: float) -> None:
        """Parks the host until so many seconds from now, which is later than it was parked until before."""
        self._paused += now + seconds - max(self._deadline, now)
        self._deadline = now + seconds
        for tell in tuple(self._told):
            tell(seconds)

    def _look(self) -> None:
        """Parks the host as long as another process found that it has to be, by a look at the board now and then."""
        now = self._clock.now()
        if now < self._looked_at + BOARD_SECONDS:
            return
        self._looked_at = now
        seconds = min(self._board.ask(lambda board: board.remaining(self._name)), PARK_LIMIT)
        if seconds > self.remaining + SLACK:
            self._park(now, seconds)

    def calm(self, sent_at: float) -> None:
        """Takes one strike off after a success of a request that left after the last strike."""
        if sent_at > self._struck_at:
            self._strikes = max(0, self._strikes - 1)

    async def opened(self) -> None:
        """Returns once the host is not parked; a deadline that moves meanwhile is waited for too."""
        self._look()
        while self.remaining > 0:
            await self._clock.sleep(self.remaining)
            self._look()

    async def token_turn(self) -> None:
        """Returns when a token request may leave: not parked, and the last one of any process long enough ago."""
        while True:
            await self.opened()
            wait, self._token_free_at = turn(self._token_free_at, self._clock.now(), TOKEN_GAP)
            theirs = self._board.ask(lambda board: board.token_turn(self._name, TOKEN_GAP))
            if theirs > wait:
                wait, self._token_free_at = theirs, self._clock.now() + theirs + TOKEN_GAP
            if wait > 0:
                await self._clock.sleep(wait)
            if self.remaining <= 0:
                return


class Hosts:
    """The hosts of one run, by name, so that clients of the same host share its pause."""

    def __init__(self, clock: Clock | None = None) -> None:
        self.clock = clock or Clock()
        self._hosts: dict[str, Host] = {}
        self._told = Told(self.clock)

    def share(self, board: Board) -> None:
        """Has pauses and token turns shared with all processes that know the same board."""
        self._told.join(board)

    def host(self, name: str) -> Host:
        """The shared host of that name."""
        if name not in self._hosts:
            self._hosts[name] = Host(self.clock, name, self._told)
        return self._hosts[name]


class Lane:
    """One organization's way to its host."""

    def __init__(self, *, org: str, limits: Limits, host: Host, clock: Clock, listener: Listener) -> None:
        self._org = org
        self._host = host
        self._clock = clock
        self._listener = listener
        self._ceiling = full(limits)
        self._slots = anyio.CapacityLimiter(limits.concurrency)
        self._writes = anyio.CapacityLimiter(limits.write_concurrency)
        self._turns = Turns()
        self._leaving = anyio.Lock(fast_acquire=True)
        self._struck_at = -math.inf
        self.pace = self._ceiling

    def told(self, seconds: float) -> None:
        """Tells the listener that the host parked this lane."""
        self._listener(Paused(org=self._org, seconds=seconds, why="the service asked to slow down"))

    @asynccontextmanager
    async def passage(self, *, writes: bool) -> AsyncIterator[float]:
        """Holds a place in the lane; yields the moment from which the request may leave, which is now."""
        who = object()  # an answer's place is its own, whichever task holds it
        if writes:
            await _acquire(self._writes, who)
        try:
            await _acquire(self._slots, who)
            try:
                await self._turn()
                yield self._clock.now()
            finally:
                self._slots.release_on_behalf_of(who)
        finally:
            if writes:
                self._writes.release_on_behalf_of(who)

    async def _turn(self) -> None:
        """Returns when the request may leave, which it then does: its turn is counted at that moment, in order."""
        async with self._leaving:
            while True:
                await self._host.opened()
                wait = self._turns.wait(self._clock.now(), self.pace.rate)
                if wait <= 0:
                    break
                await self._clock.sleep(wait)
            self._turns.take(self._clock.now(), self.pace.rate)

    def learn(self, sent_at: float, answer: Answer) -> None:
        """Slows down or eases by what came back."""
        if throttles(answer):
            wanted = retry_after(answer.headers, self._clock.wall())
            if sent_at > self._struck_at:
                self._set(slowed(self.pace, self._ceiling))
                self._struck_at = self._clock.now()
            self._host.strike(sent_at, wanted)
        elif answer.ok and sent_at > self._struck_at:
            self._host.calm(sent_at)
            if self.pace != self._ceiling:
                self._set(eased(self.pace, self._ceiling))

    def _set(self, pace: Pace) -> None:
        self.pace = replace(pace)
        self._slots.total_tokens = max(1, math.floor(pace.slots + 1e-9))


async def _acquire(limiter: anyio.CapacityLimiter, who: object) -> None:
    """Takes a place, in turn; where one is free and nobody waits, without a round of the loop, which costs more."""
    try:
        limiter.acquire_on_behalf_of_nowait(who)
    except anyio.WouldBlock:
        await limiter.acquire_on_behalf_of(who)


def paced(inner: Send, *, lane: Lane, tally: Tally) -> Send:
    """The ring that sends only when the lane lets it, and tells the lane what came back."""

    async def send(ask: Ask) -> Answer:
        async with lane.passage(writes=ask.writes) as sent_at:
            answer = await inner(ask)
            if throttles(answer):
                tally.throttled += 1
            lane.learn(sent_at, answer)
            return answer

    return send
