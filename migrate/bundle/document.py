"""What a body consists of: its pages, overlays, panels and elements, found once, for everybody who wants all of them.

Elements stand in the body's own list (newer workbooks), on pages (older ones, data models, reports), and wherever else
a list called ``elements`` stands: on overlays and panels, in tabs and containers, at any depth. Nobody else walks a
body for them, so that a fix-up, a check and a comparison never mean different things by "all elements".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

import orjson

from migrate.tree import Json, Path

SurfaceKind = Literal["page", "overlay", "panel"]

_SURFACES: Final[tuple[tuple[str, SurfaceKind], ...]] = (
    ("pages", "page"),
    ("overlays", "overlay"),
    ("panels", "panel"),
)
_FIRST: Final = ("elements", "pages", "overlays", "panels")
_LIST: Final = b'"elements":'
"""How the key of a list of elements reads in JSON; inside a text its quotation marks would be escaped."""


class Surface(NamedTuple):
    """What elements are shown on: a page, an overlay or a panel. ``id`` is empty where it has none."""

    path: Path
    kind: SurfaceKind
    id: str
    node: Mapping[str, Json]


class Element(NamedTuple):
    """One element, where it stands, its id and kind (empty where it has none). A tuple, because there are many."""

    path: Path
    id: str
    kind: str
    node: Mapping[str, Json]

    def listed(self, key: str) -> Iterator[tuple[Path, Mapping[str, Json]]]:
        """The objects of one of the element's lists, such as its columns, each with its path."""
        for index, item in objects(self.node, key):
            yield (*self.path, key, index), item


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """The parts of one body, in document order, each with its path.

    Elements of the body's own list come before those of pages, overlays and panels, an element before what it holds.
    """

    body: Json
    surfaces: tuple[Surface, ...]
    elements: tuple[Element, ...]

    @property
    def named(self) -> Iterator[Element]:
        """The elements that have an id."""
        return (element for element in self.elements if element.id)

    @property
    def by_id(self) -> Mapping[str, Element]:
        """The elements by id; of several with one id the first."""
        found: dict[str, Element] = {}
        for element in self.named:
            found.setdefault(element.id, element)
        return found

    @property
    def controls(self) -> Mapping[str, tuple[Element, ...]]:
        """The controls by ``controlId``; synced controls share one."""
        found: dict[str, tuple[Element, ...]] = {}
        for element in self.elements:
            name = element.node.get("controlId")
            if isinstance(name, str) and element.kind == "control":
                found[name] = (*found.get(name, ()), element)
        return found

    def columns(self) -> Iterator[tuple[Element, Path, Mapping[str, Json]]]:
        """Every column with its element and its path."""
        for element in self.elements:
            for path, column in element.listed("columns"):
                yield element, path, column

    def around(self) -> Mapping[Path, Element]:
        """The elements by path, for ``element_at``."""
        return {element.path: element for element in self.elements}

    def of_kind(self, kind: SurfaceKind) -> tuple[Surface, ...]:
        """The pages, overlays or panels."""
        return tuple(surface for surface in self.surfaces if surface.kind == kind)


def document_of(body: Json) -> Document:
    """The parts of a body of any kind and generation; what is no object where one should stand is left out."""
    return Document(body=body, surfaces=tuple(_surfaces(body)), elements=tuple(elements_of(body)))


def elements_of(body: Json) -> Iterator[Element]:
    """Every element of a body, at any depth, in document order."""
    lists = list(_usual_lists(body))
    if _lists_in(body) == len(lists):
        for path, found in lists:
            for index, node in enumerate(found):
                if isinstance(node, dict):
                    yield _element((*path, index), node)
    else:
        yield from _nested(body)


def element_at(around: Mapping[Path, Element], path: Path) -> Element | None:
    """The innermost element that holds this path; None outside of elements."""
    return next((around[path[:size]] for size in range(len(path), 0, -1) if path[:size] in around), None)


def objects(node: Json, key: str) -> Iterator[tuple[int, Mapping[str, Json]]]:
    """The objects of the list under a key, each with its position; nothing where there is no list."""
    found = node.get(key) if isinstance(node, dict) else None
    for index, item in enumerate(found if isinstance(found, list) else ()):
        if isinstance(item, dict):
            yield index, item


def _surfaces(body: Json) -> Iterator[Surface]:
    for key, kind in _SURFACES:
        for index, node in objects(body, key):
            yield Surface((key, index), kind, _text(node.get("id")), node)


def _usual_lists(body: Json) -> Iterator[tuple[Path, list[Json]]]:
    """The lists of elements of the body itself and of its pages, overlays and panels: mostly there are no others."""
    if not isinstance(body, dict):
        return
    if isinstance(body.get("elements"), list):
        yield ("elements",), body["elements"]
    for key, _kind in _SURFACES:
        for index, node in objects(body, key):
            if isinstance(node.get("elements"), list):
                yield (key, index, "elements"), node["elements"]


def _lists_in(body: Json) -> int:
    """How many keys a body has that a list of elements may stand under; -1 where nobody can tell.

    Serializing and counting is many times faster than walking.
    """
    try:
        return orjson.dumps(body).count(_LIST)
    except (TypeError, ValueError):
        return -1


def _nested(body: Json) -> Iterator[Element]:
    """The elements of a body with lists of elements in unusual places, by a walk through all of it."""
    stack: list[tuple[Path, Json, bool]] = [((), body, False)]
    while stack:
        path, node, is_element = stack.pop()
        if is_element:
            yield _element(path, node)
        inner: list[tuple[Path, Json, bool]] = []
        if isinstance(node, dict):
            keys = node if path else [*(key for key in _FIRST if key in node), *(k for k in node if k not in _FIRST)]
            inner = [((*path, key), node[key], False) for key in keys if isinstance(node[key], dict | list)]
        elif isinstance(node, list):
            listed = bool(path) and path[-1] == "elements"
            inner = [
                ((*path, index), item, listed and isinstance(item, dict))
                for index, item in enumerate(node)
                if isinstance(item, dict | list)
            ]
        stack.extend(reversed(inner))


def _element(path: Path, node: Mapping[str, Json]) -> Element:
    return Element(path, _text(node.get("id")), _text(node.get("kind")), node)


def _text(value: Json) -> str:
    return value if isinstance(value, str) else ""
