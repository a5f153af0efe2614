"""A data model's body in the ids of its copy, so that replacing it keeps every id that others point to. Pure.

A server may have given new ids on create (sigma-specs 6.2); ``PUT`` wants them back exactly as read (6.3).
"""

from __future__ import annotations

from collections.abc import Mapping

from migrate.rewrite.catalogue.walk import Site, find
from migrate.rewrite.edits import reshaped
from migrate.rewrite.model import ElementIds
from migrate.tree import Json, Path, replaced

_INNER = ("columns", "groupings", "metrics")


def rebased(body: Json, standing: Json, elements: Mapping[str, ElementIds]) -> Json:
    """The body with the source's own ids exchanged for those of the copy that stands.

    ``elements`` maps source element ids; pages are paired by place and name. What the copy does not have yet
    keeps its id and counts as new. Without any difference the body itself comes back.
    """
    names = _Names(elements)
    changes: dict[Path, Json] = _pages(body, standing)
    keys: dict[Path, str] = {}
    for page_at, page in enumerate(_listed(body, "pages")):
        for element_at, element in enumerate(_listed(page, "elements")):
            _definitions(changes, ("pages", page_at, "elements", element_at), element, names)
    for site in find(body, inside=True):
        _reference(changes, keys, body, site, names)
    return reshaped(replaced(body, changes), keys, frozenset()) if keys else replaced(body, changes)


class _Names:
    """Old ids to new ones: of elements, and of what is inside one element or, where unmistakable, any."""

    def __init__(self, elements: Mapping[str, ElementIds]) -> None:
        self.elements = {old: ids.id for old, ids in elements.items() if old != ids.id}
        self.inner = {old: {**ids.columns, **ids.groupings, **ids.metrics} for old, ids in elements.items()}
        anywhere: dict[str, set[str]] = {}
        for found in self.inner.values():
            for old, new in found.items():
                anywhere.setdefault(old, set()).add(new)
        self.anywhere = {old: next(iter(new)) for old, new in anywhere.items() if len(new) == 1}

    def inside(self, element: str, old: str) -> str | None:
        """The new id of something inside an element, None where it stays."""
        new = self.inner.get(element, {}).get(old) or self.anywhere.get(old)
        return None if new == old else new


def _pages(body: Json, standing: Json) -> dict[Path, Json]:
    """New ids for pages: of the page that stands at the same place under the same name, else of that name alone."""
    mine, theirs = _listed(body, "pages"), _listed(standing, "pages")
    changes: dict[Path, Json] = {}
    for at, page in enumerate(mine):
        name = page.get("name")
        same_place = [theirs[at]] if at < len(theirs) and theirs[at].get("name") == name else []
        same_name = same_place or [found for found in theirs if found.get("name") == name]
        if "id" in page and len(same_name) == 1 and same_name[0].get("id") not in (None, page["id"]):
            changes["pages", at, "id"] = same_name[0]["id"]
    return changes


def _definitions(changes: dict[Path, Json], path: Path, element: Mapping[str, Json], names: _Names) -> None:
    old = str(element.get("id", ""))
    if old in names.elements:
        changes[*path, "id"] = names.elements[old]
    for key in _INNER:
        for at, part in enumerate(_listed(element, key)):
            new = names.inside(old, str(part.get("id", "")))
            if new:
                changes[*path, key, at, "id"] = new


def _reference(changes: dict[Path, Json], keys: dict[Path, str], body: Json, site: Site, names: _Names) -> None:
    if not isinstance(site.value, str) or site.path in changes:
        return
    new = names.elements.get(site.value) if site.row.code == "element" else None
    if site.row.code in ("column", "column-or-folder", "grouping", "metric"):
        new = names.inside(_owner(body, site), site.value)
    if not new:
        return
    if site.row.shape == "keys":
        keys[site.path] = new
    else:
        changes[site.path] = new


def _owner(body: Json, site: Site) -> str:
    """The id of the element whose inside a reference names: the one named beside it, else the one around it."""
    beside = site.node.get("elementId") or site.node.get("targetElementId")
    if isinstance(beside, str):
        return beside
    path = site.path
    if len(path) > 3 and path[0] == "pages" and path[2] == "elements":
        return str(body["pages"][path[1]]["elements"][path[3]].get("id", ""))
    return ""


def _listed(node: Json, key: str) -> list[Mapping[str, Json]]:
    found = node.get(key) if isinstance(node, dict) else None
    return [part if isinstance(part, dict) else {} for part in found] if isinstance(found, list) else []
