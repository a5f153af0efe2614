"""References that lead nowhere in the source already: to elements and columns that the document does not hold.

A read of the flat form leaves out pages and keeps the filters of controls on their elements (sigma-news 3), and what
was deleted lives on in actions. Sigma refuses such a document; ``policy.dangling`` says what is to be done.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from migrate.bundle.document import Document, Element, objects
from migrate.rewrite.catalogue.walk import Seen
from migrate.tree import Json, Path

_WRITTEN: Final = ("tableElementId", "formElementId", "tabbedContainerElementId", "table", "form", "tabbedContainer")
_CHOSEN: Final = ("filters", "targets")


class Dangling(NamedTuple):
    """One reference that leads nowhere: where it stands, what it is, and the list entry to leave out, if any can be."""

    path: Path
    what: str
    entry: Path | None


def dangling(document: Document, seen: Seen) -> Iterator[Dangling]:
    """Every reference of a body to an element or column that is not in it. ``seen`` is what ``look`` saw of it."""
    elements = document.by_id
    for element in document.elements:
        source = element.node.get("source")
        # What reads a table of the warehouse or another model reads nothing of this document: most elements do.
        outside = isinstance(source, dict) and ("path" in source or "dataModelId" in source)
        for path, name in () if outside else _read(source, (*element.path, "source")):
            if name not in elements:
                yield Dangling(path, f"element {element.id!r} reads {name!r}, which is not in the document", None)
        for key in _CHOSEN:
            yield from _chosen(element, key, elements)
        for path, item in element.listed("relationships"):
            target = item.get("targetElementId")
            if isinstance(target, str) and target not in elements:
                what = f"a relationship leads to element {target!r}, which is not in the document"
                yield Dangling((*path, "targetElementId"), what, None)
    yield from _acting(elements, seen)


def _read(source: Json, path: Path) -> Iterator[tuple[Path, str]]:
    """The elements of this document that a source reads, at any depth."""
    if isinstance(source, list):
        for index, item in enumerate(source):
            yield from _read(item, (*path, index))
    elif isinstance(source, dict) and "dataModelId" not in source:
        for key in ("elementId", "from"):
            if isinstance(source.get(key), str):
                yield (*path, key), source[key]
        for key, value in source.items():
            if isinstance(value, dict | list):
                yield from _read(value, (*path, key))


def _chosen(element: Element, key: str, elements: Mapping[str, Element]) -> Iterator[Dangling]:
    """What a control filters, or another element drives, that is not there."""
    for index, item in objects(element.node, key):
        entry = (*element.path, key, index)
        source = item.get("source")
        where, holder = (("source",), source) if isinstance(source, dict) else ((), item)
        name = holder.get("elementId")
        if not isinstance(name, str) or "dataModelId" in holder:
            continue
        target = elements.get(name)
        if target is None:
            what = f"{element.kind or 'element'} {element.id!r} filters element {name!r}, which is not in the document"
            yield Dangling((*entry, *where, "elementId"), what, entry)
            continue
        column = item.get("columnId")
        if isinstance(column, str) and "columns" in target.node and not _has(target, column):
            what = f"{element.kind or 'element'} {element.id!r} filters column {column!r}, which {name!r} does not have"
            yield Dangling((*entry, "columnId"), what, entry)


def _has(element: Element, column: str) -> bool:
    return any(item.get("id") == column for _at, item in objects(element.node, "columns"))


def _acting(elements: Mapping[str, Element], seen: Seen) -> Iterator[Dangling]:
    """Effects of actions on elements that are not there."""
    for path, effect in seen.objects.get("effect", ()):
        for key in _WRITTEN:
            name = effect.get(key)
            if isinstance(name, str) and name not in elements:
                entry = path if path and isinstance(path[-1], int) else None
                what = f"an action ({effect['effect']}) uses element {name!r}, which is not in the document"
                yield Dangling((*path, key), what, entry)
