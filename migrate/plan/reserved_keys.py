"""What plans will be able to say one day and cannot say yet: refused in words, at its line, rather than as a mistake.

A key gets its row here out, and its field into ``migrate.plan.model`` (or ``file``), in the change that makes it work.
"""

from __future__ import annotations

from migrate.yaml.places import Where

KEYS: dict[Where, tuple[str, str]] = {
    ("source", "version"): (
        "copying a tagged version is not available in this version of sigma-migrate",
        "remove it; the published versions are copied",
    ),
}
"""Key -> (what is missing, what to do)."""

COLUMNS = {"pin": KEYS["source", "version"]}
"""Column of a table of tenants -> likewise, where a cell of it is filled in."""


def not_yet(where: Where) -> tuple[str, str] | None:
    """(what is missing, what to do) for a key that is not available yet."""
    return KEYS.get(where)
