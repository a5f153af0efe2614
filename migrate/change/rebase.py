"""A data model's body in the ids of its copy, so that replacing it keeps every id that others point to.

A server may have given new ids on create (sigma-specs 6.2); ``PUT`` wants them back exactly as read (6.3).
"""

from __future__ import annotations

from collections.abc import Mapping

from migrate.rewrite.model import ElementIds
from migrate.tree import Json


def rebased(body: Json, standing: Json, elements: Mapping[str, ElementIds]) -> Json:
    """The body with the source's own ids exchanged for those of the copy that stands."""
    raise NotImplementedError
