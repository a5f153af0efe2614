"""The layout of a workbook, read and never written: which pages it draws and which elements stand on them.

A layout is an optional XML declaration followed by sibling elements (sigma-specs section 3.3). A copied workbook
keeps its page and element ids, so its layout travels byte for byte; what is read here serves checks and reports.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from heapq import heappop, heappush
from itertools import groupby, islice
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lxml.etree import _Element

_SHOWN = 5  # overlaps that are told
_DECLARATION = re.compile(r"\s*<\?xml[^>]*\?>")
_SPAN = re.compile(r"\s*(-?\d{1,9})\s*/\s*(-?\d{1,9})\s*\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """Where one element stands: ``parent`` counts the grids of the layout, each element stands in one of them.

    ``box`` is (left, right, top, bottom) in lines of that grid, counted from 1, None where the parent is no grid or the
    place is no pair of numbers; ``outside`` whether it ends below the rows that its container was given.
    """

    element: str
    parent: int
    box: tuple[int, int, int, int] | None = None
    outside: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """What a layout names, each in document order, and where it places each element.

    ``pages`` are the ids of pages, overlays and panels; ``elements`` the ids of placed elements and
    containers, repetitions kept; ``page_of`` says which page an element stands on; ``problem`` is why it
    could not be read, or None.
    """

    pages: tuple[str, ...] = ()
    elements: tuple[str, ...] = ()
    page_of: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    places: tuple[Placed, ...] = ()
    problem: str | None = None

    @property
    def repeated(self) -> tuple[str, ...]:
        """Element ids placed more than once, which Sigma refuses."""
        seen: set[str] = set()
        again: dict[str, None] = {}
        for element in self.elements:
            if element in seen:
                again[element] = None
            seen.add(element)
        return tuple(again)

    @property
    def overlaps(self) -> tuple[tuple[str, str], ...]:
        """The first few pairs of elements of one grid that lie on one another."""
        grids = groupby((one for one in self.places if one.box), key=lambda one: one.parent)
        return tuple(islice((pair for _, placed in grids for pair in _overlapping(list(placed))), _SHOWN))


def _overlapping(placed: Sequence[Placed]) -> Iterator[tuple[str, str]]:
    """Pairs of elements of a grid that lie on one another, each element once.

    A sweep from top to bottom: those that are open stand side by side, so that only the two neighbours can be hit.
    """
    open_: list[tuple[int, int, str]] = []
    closing: list[tuple[int, tuple[int, int, str]]] = []
    boxes = ((*one.box, one.element) for one in placed if one.box and one.box[0] < one.box[1])
    for left, right, top, bottom, element in sorted(boxes, key=lambda box: (box[2], box[0])):
        if top >= bottom:
            continue
        while closing and closing[0][0] <= top:
            del open_[bisect_left(open_, heappop(closing)[1])]
        place = bisect_left(open_, (left, right, element))
        near = open_[max(0, place - 1) : place + 1]
        hit = next((each for each in near if each[0] < right and left < each[1]), None)
        if hit is not None:
            yield hit[2], element
        else:
            open_.insert(place, (left, right, element))
            heappush(closing, (bottom, (left, right, element)))


@lru_cache(maxsize=4)  # several detectors look at the layout of one document
def read_layout(text: str | None) -> Layout:
    """What a layout string names. Never raises: a layout that is no XML has a ``problem``."""
    if text is None or not text.strip():
        return Layout()
    if "<!" in text.replace("<!--", ""):
        return Layout(problem="the layout holds a document type or a CDATA section, which no Sigma layout does")
    from lxml import etree

    declaration = _DECLARATION.match(text)
    inside = text[declaration.end() :] if declaration else text
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(f"<layout>{inside}</layout>".encode("utf-8", "surrogatepass"), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        return Layout(problem=f"the layout is no XML: {str(error)[:200]}")
    pages: list[str] = []
    elements: list[str] = []
    page_of: dict[str, str] = {}
    places: list[Placed] = []
    for number, parent in enumerate(root.iter("*")):
        places.extend(_places(number, parent))
    for top in root:
        page = _attribute(top, "id")
        if page is not None:
            pages.append(page)
        for node in top.iter("*"):
            element = _attribute(node, "elementId")
            if element is not None:
                elements.append(element)
                page_of.setdefault(element, page or "")
    return Layout(pages=tuple(pages), elements=tuple(elements), page_of=MappingProxyType(page_of), places=tuple(places))


def _places(number: int, parent: _Element) -> Iterator[Placed]:
    """Where the elements right inside a page or container stand."""
    grid = _attribute(parent, "type") in (None, "grid")
    rows = _span(parent, "gridRow")
    for node in parent:
        name = _attribute(node, "elementId")
        across, down = _span(node, "gridColumn"), _span(node, "gridRow")
        box = (*across, *down) if grid and across and down else None
        outside = bool(box and rows and grid and box[3] - 1 > rows[1] - rows[0])
        if name is not None:
            yield Placed(element=name, parent=number, box=box, outside=outside)


def _span(node: _Element, name: str) -> tuple[int, int] | None:
    match = _SPAN.match(_attribute(node, name) or "")
    return (int(match[1]), int(match[2])) if match else None


def _attribute(node: object, name: str) -> str | None:
    get = getattr(node, "get", None)
    value = get(name) if get else None
    return value if isinstance(value, str) else None
