"""A document seen through its parts, whatever generation its body has.

A body with ``elements`` at its top is of the newer form; one with ``pages[].elements`` is flat (sigma-specs 1).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from migrate.sandbox.org import Inode, Json, Org
from migrate.sandbox.specs.names import automatic_element_name, display_name, path_tail
from migrate.sandbox.specs.trees import objects, text, thing

OVERLAY_TYPES = frozenset({"modal", "drawer", "popover"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """The parts of a body, by order and by id."""

    kind: str
    body: dict[str, Json]
    lifted: bool
    pages: tuple[Json, ...]
    overlays: tuple[Json, ...]
    panels: tuple[Json, ...]
    elements: tuple[Json, ...]
    by_id: dict[str, Json]
    controls: dict[str, Json]

    @property
    def layout(self) -> str | None:
        """The layout text, or None where there is none."""
        value = self.body.get("layout")
        return value if isinstance(value, str) else None


def document_of(kind: str, body: Json) -> Document:
    """The parts of a body; of a broken one, the parts that can be read."""
    if not isinstance(body, dict):
        body = {}
    lifted = kind != "data-model" and isinstance(body.get("elements"), list)
    all_pages = list(objects(body.get("pages")))
    pages = tuple(page for page in all_pages if lifted or text(page, "type") not in OVERLAY_TYPES)
    overlays = [page for page in all_pages if not lifted and text(page, "type") in OVERLAY_TYPES]
    overlays.extend(objects(body.get("overlays")))
    elements = tuple(_elements(body, all_pages, lifted=lifted))
    return Document(
        kind=kind,
        body=body,
        lifted=lifted,
        pages=pages,
        overlays=tuple(overlays),
        panels=tuple(objects(body.get("panels"))),
        elements=elements,
        by_id={text(element, "id"): element for element in reversed(elements) if text(element, "id")},
        controls={text(element, "controlId"): element for element in elements if text(element, "controlId")},
    )


def _elements(body: dict[str, Json], pages: list[dict[str, Json]], *, lifted: bool) -> Iterator[Json]:
    if lifted:
        yield from objects(body.get("elements"))
    for page in pages:
        if not lifted:
            yield from objects(page.get("elements"))


def latest(inode: Inode) -> Json:
    """The body of the newest version, or an empty object where there is none."""
    return inode.versions[-1].body if inode.versions else {}


def model(org: Org, model_id: str) -> Document | None:
    """A live data model of this organization, or None."""
    inode = org.inodes.get(model_id)
    if inode is None or inode.type != "data-model" or inode.archived:
        return None
    return document_of("data-model", latest(inode))


def columns_of(element: Json) -> list[dict[str, Json]]:
    """The columns of an element."""
    return list(objects(element.get("columns")))


def shown_names(org: Org, element: Json, document: Document) -> list[str]:
    """Every name by which formulas may call an element, the usual one first."""
    given = display_name(element)
    if given:
        return [given]
    automatic = automatic_element_name(org, element)
    source = thing(element, "source")
    names = [automatic] if automatic else []
    if path_tail(source):
        names.append(path_tail(source))
    names.extend(_inherited(org, element, document, seen=set()))
    return names


def _inherited(org: Org, element: Json, document: Document, *, seen: set[int]) -> list[str]:
    """The name an unnamed element takes over from the element it is made from, however far up."""
    source = thing(element, "source")
    seen.add(id(element))
    home: Document | None = document if source.get("kind") == "table" else None
    if source.get("kind") == "data-model":
        home = model(org, text(source, "dataModelId"))
    target = home.by_id.get(text(source, "elementId")) if home else None
    if home is None or target is None or id(target) in seen:
        return []
    name = display_name(target) or automatic_element_name(org, target)
    return [name] if name else _inherited(org, target, home, seen=seen)
