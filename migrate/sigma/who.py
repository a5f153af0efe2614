"""Who answers for an organization; a value of its own file, so that pure code can speak of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who the credentials are, and whose organization answers. ``slug`` is None where nothing shows it."""

    user_id: str
    organization_id: str
    slug: str | None = None
