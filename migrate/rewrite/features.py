"""Which features of an organization a document uses, each of which may be off in the next (sigma-specs 7). Pure.

Only a write shows whether one is on: no call tells (sigma-api 4.3).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import orjson

from migrate.tree import Json

FEATURES: Mapping[str, str] = MappingProxyType(
    {
        "panels": "page headers and page sidebars",
        "navigation": "navigation settings",
        "semantic-view": "semantic views",
        "procedure": "stored procedures",
    }
)
"""Every feature, in words."""

_MARKS = {"semantic-view": b'"semantic-view"', "procedure": b'"storedProcedure"'}
"""What stands in a document that uses a feature, as bytes of its JSON; a text that says so is a doubt too many."""


def features_of(body: Json) -> tuple[str, ...]:
    """The features that a document uses, as keys of ``FEATURES``."""
    settings = body.get("settings")
    found = ["panels"] if body.get("panels") else []
    found += ["navigation"] if isinstance(settings, dict) and "navigation" in settings else []
    text = orjson.dumps(body)
    return (*found, *(name for name, mark in _MARKS.items() if mark in text))
