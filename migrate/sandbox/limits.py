"""The rate limiter of one organization (sigma-api 4.4): requests a second, requests in flight, the token endpoint."""

from __future__ import annotations

import math
from dataclasses import dataclass

from migrate.sandbox.answers import Answer, Headers, page_of_the_edge, too_many
from migrate.sandbox.ids import http_date
from migrate.sandbox.org import Switches


@dataclass(slots=True)
class Bucket:
    """A token bucket that holds one second's worth of calls, at least one."""

    level: float = -1.0
    at: float = 0.0

    def take(self, rate: float, now: float) -> float:
        """Takes one; 0.0 where there was one, else the seconds until there is."""
        size = max(1.0, rate)
        if self.level < 0:
            self.level, self.at = size, now
        self.level = min(size, self.level + max(0.0, now - self.at) * rate)
        self.at = now
        if self.level >= 1.0:
            self.level -= 1.0
            return 0.0
        return (1.0 - self.level) / rate


class Limiter:
    """Counts the calls of one organization and says which are too many."""

    def __init__(self) -> None:
        self.throttled = 0
        self._calls = Bucket()
        self._tokens = Bucket()
        self._counted = 0
        self._locked_until = 0.0

    def refuse(
        self, switches: Switches, *, is_token: bool, in_flight: int, now: float, request_id: str
    ) -> Answer | None:
        """The 429 (or the locked page) that a call gets instead of being handled; None where it may go on."""
        if is_token and now < self._locked_until:
            return _locked(_headers(switches, self._locked_until - now, now))
        wait = self._wait(switches, is_token=is_token, in_flight=in_flight, now=now)
        if wait <= 0.0:
            return None
        self._count(switches, now)
        headers = _headers(switches, wait, now)
        return too_many(html=switches.throttle_as == "html", headers=headers, request_id=request_id)

    def _wait(self, switches: Switches, *, is_token: bool, in_flight: int, now: float) -> float:
        if switches.max_in_flight and in_flight > switches.max_in_flight:
            return 1.0
        if is_token and switches.token_per_second:
            wait = self._tokens.take(switches.token_per_second, now)
            if wait:
                return wait
        return self._calls.take(switches.requests_per_second, now) if switches.requests_per_second else 0.0

    def _count(self, switches: Switches, now: float) -> None:
        self.throttled += 1
        self._counted += 1
        if switches.lock_token_after and self._counted >= switches.lock_token_after:
            self._counted = 0
            self._locked_until = now + switches.lock_token_seconds


def _headers(switches: Switches, wait: float, now: float) -> Headers:
    seconds = max(1, math.ceil(wait))
    if switches.retry_after == "seconds":
        return ((b"retry-after", str(seconds).encode()),)
    if switches.retry_after == "date":
        return ((b"retry-after", http_date(now + seconds).encode()),)
    return ()


def _locked(headers: Headers) -> Answer:
    """The page that stands before the token endpoint while an address is locked out."""
    detail = "The owner of this website has banned you temporarily from accessing this website."
    return page_of_the_edge(429, "Access denied", detail, headers)
