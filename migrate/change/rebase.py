"""A data model's body in the ids of its copy, so that replacing it keeps every id that others point to. Pure.

A server may have given new ids on create (sigma-specs 6.2); ``PUT`` wants them back exactly as read (6.3). Ids are
unique inside one element only, so every one is read as that of the element it speaks of.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Final

from migrate.bundle.document import Document, Element, document_of, objects
from migrate.rewrite.catalogue.owner import owner_of
from migrate.rewrite.catalogue.walk import ReferenceSite, find
from migrate.rewrite.edits import reshaped
from migrate.rewrite.model import ElementIds
from migrate.tree import Json, Path, canonical, replaced

_INNER: Final = ("columns", "groupings", "metrics")
_FOLDERS: Final = ("folders", "metricFolders")
_SPEAKING: Final = frozenset({"column", "column-or-folder", "grouping"})
"""Rows of the catalogue whose ids belong to an element."""

Item = Mapping[str, Json]
Likeness = Callable[[Item], Hashable]
"""What an item of a list is recognized by."""


def rebased(body: Json, standing: Json, elements: Mapping[str, ElementIds]) -> Json:
    """The body with the source's own ids exchanged for those of the copy that stands.

    ``elements`` maps source element ids; pages are paired by place and name, folders by name, filters, relationships
    and rules by what they say. What the copy does not have yet keeps its id and counts as new. Without any difference
    the body itself comes back.
    """
    mine, theirs = document_of(body), document_of(standing)
    ids = _Ids(elements, mine, theirs)
    changes: dict[Path, Json] = _pages(mine, theirs)
    keys: dict[Path, str] = {}
    around = mine.around()
    for element in mine.named:
        _definitions(changes, element, ids)
    for site in find(body, inside=True):
        _reference(changes, keys, site, ids, around, body)
    done = reshaped(replaced(body, changes), keys, frozenset()) if keys else replaced(body, changes)
    return replaced(done, dict(_rules(document_of(done), theirs)))


class _Ids:
    """Old ids to new ones: of elements, and of what is inside each."""

    def __init__(self, elements: Mapping[str, ElementIds], mine: Document, theirs: Document) -> None:
        self.elements = {old: ids.id for old, ids in elements.items() if old != ids.id}
        self.inner = {old: {**ids.columns, **ids.groupings, **ids.metrics} for old, ids in elements.items()}
        standing = theirs.by_id
        for element in mine.named:
            copy = standing.get(self.elements.get(element.id, element.id))
            for key in _FOLDERS if copy is not None else ():
                pairs = _paired(element.node, copy.node if copy else {}, key, (lambda folder: folder.get("name"),))
                self.inner.setdefault(element.id, {}).update({str(old["id"]): new for _at, old, new in pairs})

    def inside(self, element: str, old: str) -> str | None:
        """The new id of something inside an element, None where it stays."""
        new = self.inner.get(element, {}).get(old)
        return None if new == old else new


def _pages(mine: Document, theirs: Document) -> dict[Path, Json]:
    """New ids for pages: of the page that stands at the same place under the same name, else of that name alone."""
    changes: dict[Path, Json] = {}
    standing = theirs.of_kind("page")
    for page in mine.of_kind("page"):
        same_name = [found for found in standing if found.node.get("name") == page.node.get("name")]
        chosen = [found for found in same_name if found.path == page.path] or same_name
        if page.id and len(chosen) == 1 and chosen[0].id not in ("", page.id):
            changes[*page.path, "id"] = chosen[0].id
    return changes


def _definitions(changes: dict[Path, Json], element: Element, ids: _Ids) -> None:
    if element.id in ids.elements:
        changes[*element.path, "id"] = ids.elements[element.id]
    for key in (*_INNER, *_FOLDERS):
        for path, part in element.listed(key):
            new = ids.inside(element.id, str(part.get("id", "")))
            if new:
                changes[*path, "id"] = new


def _reference(
    changes: dict[Path, Json],
    keys: dict[Path, str],
    site: ReferenceSite,
    ids: _Ids,
    around: Mapping[Path, Element],
    body: Json,
) -> None:
    if not isinstance(site.value, str) or site.path in changes:
        return
    new = ids.elements.get(site.value) if site.row.code == "element" else None
    if site.row.code in _SPEAKING:
        new = ids.inside(owner_of(site, body, around) or "", site.value)
    if not new:
        return
    if site.row.shape == "keys":
        keys[site.path] = new
    else:
        changes[site.path] = new


def _rules(mine: Document, theirs: Document) -> Iterable[tuple[Path, str]]:
    """New ids for filters, relationships and column rules, which nothing refers to: of what says the same.

    An edited one keeps the id of what it was: of the filter on the same column, the relationship to the same element,
    the rule on the same columns.
    """
    standing = theirs.by_id
    for element in mine.named:
        copy = standing.get(element.id)
        for key, loosely in _LOOSELY.items() if copy is not None else ():
            for at_, _old, new in _paired(element.node, copy.node if copy else {}, key, (_saying, loosely)):
                yield (*element.path, key, at_, "id"), new


def _saying(item: Item) -> Hashable:
    return canonical({key: value for key, value in item.items() if key != "id"})


_LOOSELY: Mapping[str, Likeness] = {
    "filters": lambda item: canonical([item.get("columnId"), item.get("kind"), item.get("source")]),
    "relationships": lambda item: canonical([item.get("targetElementId"), item.get("name")]),
    "columnSecurities": lambda item: canonical(item.get("restrictedColumns")),
}


def _paired(mine: Item, theirs: Item, key: str, likenesses: Iterable[Likeness]) -> list[tuple[int, Item, str]]:
    """(position, item, id of its counterpart) of a list: by the first likeness first, equal ones in their order."""
    open_here = {at: item for at, item in objects(mine, key) if "id" in item}
    open_there = {at: item for at, item in objects(theirs, key) if isinstance(item.get("id"), str)}
    pairs = []
    for likeness in likenesses:
        offered: dict[Hashable, list[int]] = defaultdict(list)
        for at, item in open_there.items():
            offered[likeness(item)].append(at)
        for at, item in list(open_here.items()):
            found = offered.get(likeness(item))
            if found:
                counterpart = open_there.pop(found.pop(0))
                pairs.append((at, open_here.pop(at), str(counterpart["id"])))
    return sorted(pairs, key=lambda pair: pair[0])
