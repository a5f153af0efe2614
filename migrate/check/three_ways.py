"""One document three ways, in words: what was applied last, what would be sent now, what stands in the target. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from migrate.check.compare import aligned, compare
from migrate.check.model import Difference
from migrate.check.places import in_words
from migrate.kinds import KINDS
from migrate.tree import Json
from migrate.words import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Bodies:
    """The three bodies of one document, each None where there is none or nobody knows it.

    ``applied`` and ``now`` are in the ids of the source, ``standing`` in the target's; ``elements`` leads from the
    first to the second.
    """

    applied: Json | None = None
    now: Json | None = None
    standing: Json | None = None
    elements: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreeWays:
    """What differs: ``to_write`` from what was applied last (or stands there, where nothing was) to what would be sent,
    ``in_target`` from what was applied last to what stands there. ``unknown`` says what could not be compared."""

    to_write: tuple[Difference, ...] = ()
    in_target: tuple[Difference, ...] = ()
    unknown: str = ""


def three_ways(bodies: Bodies, kind: Kind) -> ThreeWays:
    """The differences of one document; what Sigma only writes in its own way is left out."""
    applied, now, standing = bodies.applied, bodies.now, bodies.standing
    if standing is not None and KINDS[kind].feeds and (applied or now) is not None:
        standing = aligned(applied or now, standing, bodies.elements)
    in_target = _told(applied, standing, kind) if applied is not None and standing is not None else ()
    before = applied if applied is not None else standing
    to_write = _told(before, now, kind) if before is not None and now is not None else ()
    return ThreeWays(to_write=to_write, in_target=in_target)


def _told(before: Json, after: Json, kind: Kind) -> tuple[Difference, ...]:
    found = (each for each in compare(before, after, kind) if each.kind != "normalised")
    return tuple(in_words(found, before, after))


def counted(found: Iterable[ThreeWays]) -> int:
    """How many differences there are in all."""
    return sum(len(one.to_write) + len(one.in_target) for one in found)
