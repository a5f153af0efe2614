"""What applying a change set will cost a target: requests, and minutes at the plan's pace, with the formula. Pure.

``docs/performance.md`` says what each request is for; the tests compare this with what runs really send.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from migrate.change.actions import (
    Action,
    Adopt,
    Archive,
    Create,
    CreateFolder,
    HandOver,
    Keep,
    Move,
    Patch,
    Repoint,
    Schedule,
    Share,
    Tag,
    Update,
    main_actions,
)
from migrate.change.model import TargetChanges
from migrate.words import Level

_READ_BACK: frozenset[Level] = frozenset({"exists", "counts", "hash", "references", "security", "wiring"})
"""The levels that look at what is read back after a write; of what is not written it is one request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """So many things of one sort, and how many requests each of them takes: at least, and at most as a rule."""

    what: str
    count: int
    least: int
    most: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What applying the changes of one target takes, part by part; ``pace`` is requests a second to it."""

    target: str
    parts: tuple[Part, ...]
    pace: float

    @property
    def least(self) -> int:
        """The requests that will be sent if nothing is odd."""
        return sum(part.count * part.least for part in self.parts)

    @property
    def most(self) -> int:
        """The requests that will be sent if everything takes another look; retries of a bad night come on top."""
        return sum(part.count * part.most for part in self.parts)

    @property
    def minutes(self) -> tuple[float, float]:
        """How long that takes at the plan's pace, at least and at most; answers slower than the pace come on top."""
        return self.least / self.pace / 60, self.most / self.pace / 60

    @property
    def formula(self) -> str:
        """``folders made 15 × 1 to 2 + documents made 39 × 4 to 5``; ``nothing`` where nothing is asked."""
        told = (f"{part.what} {part.count:,} × {_span(part.least, part.most)}" for part in self.parts)
        return " + ".join(told) or "nothing"

    @property
    def says(self) -> str:
        """The whole forecast in one sentence."""
        low, high = self.minutes
        pace = f"{_time(low, high)} at {self.pace:g} requests a second"
        return f"{_span(self.least, self.most)} requests to {self.target}, {pace}: {self.formula}"


def forecast(changes: TargetChanges, *, levels: Sequence[Level], pace: float, unread: int = 0) -> Forecast:
    """What applying these changes takes; of ``unread`` copies nothing is asked, since by the versions they stand.

    ``levels`` are those that are checked, ``pace`` the requests a second of the plan.
    """
    checks = ("columns" in levels) + ("compile" in levels) + 2 * ("access" in levels)
    actions = [action for wave in changes.waves for action in wave]
    kept = max(0, _count(main_actions(changes.waves), Keep) - unread)
    looks = checks + any(level in _READ_BACK for level in levels)
    updates = [action for action in actions if isinstance(action, Update)]
    placed = sum(bool(one.rename_to or one.moved or one.redescribed) for one in updates)
    rights = sum(len(action.rights) for action in actions if isinstance(action, Share))
    parts = (
        Part(what="folders made", count=_count(actions, CreateFolder), least=1, most=2),
        Part(what="documents made", count=_count(actions, Create), least=2 + checks, most=3 + checks),
        Part(what="documents replaced", count=len(updates), least=3 + checks, most=4 + checks),
        Part(what="of these placed anew", count=placed, least=2, most=2),
        Part(what="documents moved", count=_count(actions, Move), least=2 + looks, most=3 + looks),
        Part(what="links set afterwards", count=_count(actions, Patch), least=3, most=4),
        Part(what="copies that may have to follow a model", count=_count(actions, Repoint), least=0, most=3),
        Part(what="unchanged copies looked at", count=kept, least=looks, most=looks + 1),
        Part(what="mapped models looked at", count=_count(actions, Adopt), least=looks, most=looks + 1),
        Part(what="rights given or taken", count=rights, least=1, most=3),
        Part(what="owners set", count=_count(actions, HandOver), least=1, most=3),
        Part(what="tags set", count=_count(actions, Tag), least=1, most=4),
        Part(what="schedules made", count=_count(actions, Schedule), least=1, most=4),
        Part(what="copies put into the bin", count=_count(actions, Archive), least=1, most=3),
    )
    return Forecast(target=changes.target, parts=tuple(part for part in parts if part.count), pace=pace)


def _count(actions: Iterable[Action], of: type) -> int:
    return Counter(isinstance(action, of) for action in actions)[True]


def _span(least: float, most: float, form: Callable[[float], str] = "{:,}".format) -> str:
    return form(least) if least == most else f"{form(least)} to {form(most)}"


def _time(low: float, high: float) -> str:
    if high < 1:
        told = _span(math.ceil(low * 60), math.ceil(high * 60))
        return f"{told} second{'' if told == '1' else 's'}"
    return f"{_span(round(low, 1), round(high, 1))} minutes"
