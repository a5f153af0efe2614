"""Whose inside a reference names: the element that owns the column, grouping, metric or folder of that id.

Such ids are unique inside one element only (sigma-specs 2.4: 18 of 85 documents repeat a column id in several
elements), so a reference is read together with the element it speaks of. Mostly that is the one around it; a
relationship key, an action, a filter or a control names another one, beside the reference or above it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from migrate.bundle.document import Element, element_at
from migrate.rewrite.catalogue.walk import ReferenceSite
from migrate.tree import Json, Path, at

_NAMING: Final = ("tableElementId", "table", "elementId", "element")
"""Keys that say, for everything beside and below them, whose columns are meant."""

_OF_THE_HOST: Final = frozenset({"column", "column-range"})
"""Values of actions that are read from the element the action belongs to, whatever element it writes."""


def owner_of(site: ReferenceSite, body: Json, around: Mapping[Path, Element]) -> str | None:
    """The id of the element a column, grouping or folder reference speaks of; None outside of all elements.

    ``around`` are the elements of ``body`` by path.
    """
    host = element_at(around, site.path)
    if host is None:
        return None
    steps = 2 if site.row.shape in ("ids", "keys") else 1
    place, key = site.path[:-steps], site.path[-steps]
    if key == "sourceColumnId" or site.node.get("type") in _OF_THE_HOST:
        return host.id
    position = site.path[-1] if site.row.shape == "ids" else None
    named = (_named(node, str(key), position) for node in _up(body, place, host))
    return next((name for name in named if name is not None), host.id)


def _up(body: Json, place: Path, host: Element) -> Iterator[Mapping[str, Json]]:
    """The objects from a place up to the element around it, that one last."""
    for size in range(len(place), len(host.path) - 1, -1):
        node = at(body, place[:size])
        if isinstance(node, dict):
            yield node


def _named(node: Mapping[str, Json], key: str, position: str | int | None) -> str | None:
    """The element that one object names for the references in it; None where it names none."""
    if key == "targetColumnId":
        return _local(node, "targetElementId")
    if key == "sourceColumns":
        legs = node.get("sources")
        one = legs[position] if isinstance(legs, list) and isinstance(position, int) and position < len(legs) else None
        return _local(one, "elementId")
    for naming in _NAMING:
        name = _local(node, naming)
        if name is not None:
            return name
    # What has columns of its own speaks of these, whatever it reads.
    beside = None if "columns" in node else _local(node.get("source"), "elementId")
    return beside or _local(node.get("target"), "element")


def _local(node: Json, key: str) -> str | None:
    """The element of this document that an object names under a key."""
    if not isinstance(node, dict) or "dataModelId" in node:
        return None
    name = node.get(key)
    return name if isinstance(name, str) else None
