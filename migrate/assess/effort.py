"""How many hours a person works on a migration: a sum with a formula that anybody can check. Pure.

    hours = start + mappings + decisions + work by hand + mending + looking at what arrived

Minutes are a range, from a person who knows both organizations to one who has to ask. They are assumptions, not
measurements; what a machine does (copying, checking) is not in them.
"""

from __future__ import annotations

from collections.abc import Sequence

from migrate.assess.model import Effort, Judged, Need
from migrate.assess.readiness import kind_of
from migrate.change.obstacles import Obstacle

START = (120, 240)
"""Access to both organizations, a first plan, a rehearsal."""

MAPPING = (2, 6)
"""One connection, schema, person, team, attribute or plugin, found and written down."""

DECISION = (10, 30)
"""One thing that stops documents and that a person may let through or put right."""

BY_HAND = (5, 20)
"""One thing that is done again in one copy."""

MENDING = (60, 240)
"""One thing that stops documents and that has to be changed in the source or built anew."""

LOOK = (1, 5)
"""One document opened and looked at by somebody who knows it."""


def effort(judged: Sequence[Judged], needs: Sequence[Need], obstacles: Sequence[Obstacle]) -> Effort:
    """The hours, and every part of the sum."""
    named = sum(need.kind not in ("folder", "path", "url", "data_model") for need in needs)
    schemas = len({(need.of, need.path[:-1]) for need in needs if need.kind == "path"})
    folders = len({need.name.split("/", 1)[0] for need in needs if need.kind == "folder"})
    mend = sum(kind_of(one) == "cannot_travel" for one in obstacles)
    parts = (
        ("start", 1, START),
        ("mappings", named + schemas + folders, MAPPING),
        ("decisions", len(obstacles) - mend, DECISION),
        ("things to do by hand", sum(len(one.handwork) for one in judged), BY_HAND),
        ("things to mend", mend, MENDING),
        ("documents to look at", sum(one.readiness != "cannot_travel" for one in judged), LOOK),
    )
    least, most = (sum(count * minutes[end] for _what, count, minutes in parts) / 60 for end in (0, 1))
    return Effort(least=round(least, 1), most=round(most, 1), parts=parts)
