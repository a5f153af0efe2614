"""Exports that were asked for, until they are fetched (sigma-api 5.4)."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from migrate.sandbox.answers import Answer


@dataclass(slots=True, kw_only=True)
class Export:
    """One export: of which organization, its file, until when it can be fetched, how often it was asked for."""

    alias: str
    answer: Answer
    until: float
    polls: int = 0


@dataclass(slots=True)
class Exports:
    """The exports of a sandbox by query id, and when each organization asked last."""

    made: dict[str, Export] = field(default_factory=dict)
    asked: dict[str, deque[float]] = field(default_factory=dict)
