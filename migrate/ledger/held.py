"""A lock as it stands in the ledger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from migrate.ledger.owner import Owner, is_gone

FREE = ""
"""The token of a lock that nobody holds; the row stays, so that its fence only ever grows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A lock as it stands. ``since`` and ``expires`` are epoch seconds of the database; ``expired`` as it sees it."""

    target_org: str
    owner: Owner
    fence: int
    since: float
    expires: float
    expired: bool = False

    @property
    def working(self) -> bool:
        """Whether its holder may still be at work."""
        return not self.expired and not is_gone(self.owner)


def held_of(row: Mapping[str, Any]) -> Held:
    """The lock that stands in a row."""
    owner = Owner(**{field.name: row[field.name] for field in fields(Owner)})
    return Held(
        target_org=row["target_org"],
        owner=owner,
        fence=row["fence"],
        since=row["since"],
        expires=row["expires"],
        expired=bool(row.get("expired", False)),
    )
