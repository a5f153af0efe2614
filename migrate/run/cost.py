"""What a call cost each organization: what its wire did between two readings of its counters. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from migrate.sigma.model import Stats

Spent = Mapping[str, Stats]
"""What the wires did, by alias."""

_NOTHING = Stats()


def since(now: Spent, before: Spent) -> dict[str, Stats]:
    """What the wires did between two readings, of those that did anything."""
    differences = {alias: _plus(stats, before.get(alias, _NOTHING), -1) for alias, stats in now.items()}
    return {alias: stats for alias, stats in differences.items() if stats.requests}


def total(one: Spent, other: Spent) -> dict[str, Stats]:
    """What the wires did in two stretches of time."""
    aliases = dict.fromkeys((*one, *other))
    return {alias: _plus(one.get(alias, _NOTHING), other.get(alias, _NOTHING), 1) for alias in aliases}


def _plus(one: Stats, other: Stats, sign: int) -> Stats:
    return Stats(
        requests=one.requests + sign * other.requests,
        throttled=one.throttled + sign * other.throttled,
        retries=one.retries + sign * other.retries,
        paused_seconds=one.paused_seconds + sign * other.paused_seconds,
    )
