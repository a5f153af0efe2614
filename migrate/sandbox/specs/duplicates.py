"""Ids that occur twice (sigma-specs 3.6, 6.1, 8.1)."""

from __future__ import annotations

from migrate.sandbox.specs.document import Document, columns_of
from migrate.sandbox.specs.outcome import Stop
from migrate.sandbox.specs.trees import objects, text


def check_duplicates(document: Document, *, shared_controls: bool = False) -> None:
    """Raise Stop at the first id that is taken; ``shared_controls``: several controls may hold one controlId.

    Element ids and controlIds share one namespace, but a synced control repeats the controlId of its primary.
    A grouping id must not equal a column id of its element; action ids are unique in the document.
    """
    taken: set[str] = set()
    controls: set[str] = set()
    for element in document.elements:
        names = [text(element, "id")]
        if element.get("kind") == "control" and element.get("controlType") != "synced":
            names.append(text(element, "controlId"))
        for name in names:
            if name and name in taken and not (shared_controls and name in controls):
                raise Stop(f"Duplicate id: '{name}'")
            taken.add(name)
        controls.update(names[1:])
    _check_pages(document)
    _check_groupings(document)
    _check_actions(document)


def _check_pages(document: Document) -> None:
    taken: set[str] = set()
    for page in (*document.pages, *document.overlays, *document.panels):
        name = text(page, "id")
        if name in taken:
            raise Stop(f"Duplicate id: '{name}'")
        taken.add(name)


def _check_groupings(document: Document) -> None:
    for element in document.elements:
        columns = {text(column, "id") for column in columns_of(element)}
        for grouping in objects(element.get("groupings")):
            if text(grouping, "id") in columns:
                raise Stop(f"Duplicate id: '{text(grouping, 'id')}'")


def _check_actions(document: Document) -> None:
    taken: set[str] = set()
    for host in (*document.elements, *document.overlays):
        for action in objects(host.get("actions")):
            name = text(action, "id")
            if name and name in taken:
                raise Stop(f"Duplicate action id: '{name}'")
            taken.add(name)
