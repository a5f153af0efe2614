"""The layout: one XML text that places every element on a page, overlay or panel (sigma-specs 3.3).

It is stored byte for byte; only where it is missing on a replace is it made anew, and elements move.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING
from xml.sax.saxutils import quoteattr

from migrate.sandbox.org import Json, Org, Overlaps
from migrate.sandbox.specs.document import Document
from migrate.sandbox.specs.outcome import Stop, masked
from migrate.sandbox.specs.trees import text

if TYPE_CHECKING:
    from lxml.etree import _Element

DECLARATION = re.compile(rb"\A\s*<\?xml[^>]*\?>")
OLD_TAGS = frozenset({"LayoutElement", "GridContainer"})
SPAN = re.compile(r"\s*(-?\d+)\s*/\s*(-?\d+)\s*\Z")
GRID = 'type="grid" gridTemplateColumns="repeat({columns}, 1fr)" gridTemplateRows="auto"'


def parsed(layout: str) -> _Element:
    """The layout's pages and panels under one root. Raises Stop with a masked 500 where it is no XML."""
    from lxml import etree

    raw = DECLARATION.sub(b"", layout.encode("utf-8", "replace"))
    parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True)
    try:
        return etree.fromstring(b"<layout>" + raw + b"</layout>", parser)
    except etree.XMLSyntaxError as error:
        raise masked("layout", layout) from error


def check_layout(document: Document, *, modern: bool, complete: bool, overlaps: Overlaps = "refuse") -> None:
    """Raise Stop where the layout names what is not there, places something twice, or leaves an element out.

    ``complete``: every element must be placed, and a missing layout places none. What overlaps is only refused where
    ``overlaps`` says so.
    """
    layout = document.layout
    placed: set[str] = set()
    if layout is not None:
        for child in parsed(layout):
            _check_top(document, child, modern=modern)
            _check_places(document, child, placed, modern=modern)
            lost = next(_overlapped(child), None) if overlaps == "refuse" else None
            if lost is not None:
                raise Stop(f"Element collisions found: '{lost}'")
    if complete:
        for index, element in enumerate(document.elements):
            if text(element, "id") not in placed:
                raise Stop(f"elements[{index}]: element '{text(element, 'id')}' is not placed in layout")


def _check_top(document: Document, node: _Element, *, modern: bool) -> None:
    name = node.get("id")
    if node.tag == "Panel":
        if name not in {text(panel, "id") for panel in document.panels} and modern:
            raise Stop("Layout parent not found in getLayoutParentByLayoutIdOrFail")
    elif name not in {text(page, "id") for page in (*document.pages, *document.overlays)}:
        raise Stop(f"layout references unknown page '{name}'")


def _check_places(document: Document, top: _Element, placed: set[str], *, modern: bool) -> None:
    for node in top.iter("*"):
        if modern and node.tag in OLD_TAGS:
            raise Stop(f"layout: Invalid tag: <{node.tag}>")
        name = node.get("elementId")
        if name is None:
            continue
        element = document.by_id.get(name)
        if element is None:
            raise Stop(f"layout page '{top.get('id')}' references unknown element '{name}'")
        if name in placed:
            raise Stop(f"Duplicate layout element id: '{name}'")
        placed.add(name)
        if modern and element.get("kind") == "page-break" and not _one_row(node.get("gridRow")):
            raise Stop(f"Invalid element position: page break '{name}' must take exactly one row")


def overlaps_of(org: Org, document: Document) -> Overlaps:
    """What a write does where elements overlap; an organization that refuses only sometimes always does for one layout.

    A create reports ``Element collisions found`` only sometimes; otherwise the overlapped element is accepted and not
    rendered (sigma-news 3).
    """
    if org.switches.overlaps != "sometimes":
        return org.switches.overlaps
    return "refuse" if hashlib.sha256((document.layout or "").encode()).digest()[0] % 2 else "unrender"


def overlapped(document: Document) -> frozenset[str]:
    """The ids of the elements that lie on an earlier one of their grid."""
    if document.layout is None:
        return frozenset()
    return frozenset(name for top in _tops(document.layout) for name in _overlapped(top))


def _overlapped(top: _Element) -> Iterator[str]:
    """The elements of a page that lie on an earlier one of the same grid, in the order of the layout."""
    for parent in top.iter("*"):
        boxes: list[tuple[int, int, int, int]] = []
        for node in parent if parent.get("type", "grid") == "grid" else ():
            across, down = SPAN.match(node.get("gridColumn", "")), SPAN.match(node.get("gridRow", ""))
            name = node.get("elementId")
            if name is None or across is None or down is None:
                continue
            left, right, top_row, bottom = (int(part[:9]) for part in (*across.groups(), *down.groups()))
            if any(left < box[1] and box[0] < right and top_row < box[3] and box[2] < bottom for box in boxes):
                yield name
            boxes.append((left, right, top_row, bottom))


def without(layout: str, names: frozenset[str]) -> str:
    """The layout without the entries of these elements; containers go with all that is in them."""
    from lxml import etree

    head = DECLARATION.match(layout.encode("utf-8", "replace"))
    root = parsed(layout)
    for node in [node for node in root.iter("*") if node.get("elementId") in names]:
        parent = node.getparent()
        if parent is not None:
            parent.remove(node)
    tops = b"".join(etree.tostring(top) for top in root)
    return ((head.group() + b"\n" if head else b"") + tops).decode()


def _one_row(span: str | None) -> bool:
    match = SPAN.match(span or "")
    return match is None or int(match.group(2)) - int(match.group(1)) == 1


def pages_of(document: Document) -> dict[str, str]:
    """The page, overlay or panel of each element, by element id, as the layout or the flat pages tell it."""
    homes: dict[str, str] = {}
    if not document.lifted:
        for page in (*document.pages, *document.overlays):
            for element in page.get("elements") or ():
                homes[text(element, "id")] = text(page, "id")
    elif document.layout is not None:
        for top in _tops(document.layout):
            for node in top.iter("*"):
                if node.get("elementId"):
                    homes.setdefault(node.get("elementId", ""), top.get("id", ""))
    return homes


def _tops(layout: str) -> Iterator[_Element]:
    try:
        yield from parsed(layout)
    except Stop:
        return


def regenerated(document: Document) -> str:
    """A new layout that stacks the elements down their pages: what Sigma does where none was sent (sigma-specs 3.1)."""
    homes = pages_of(document)
    first = text(document.pages[0], "id") if document.pages else ""
    lines = ['<?xml version="1.0" encoding="utf-8"?>']
    for page in (*document.pages, *document.overlays):
        page_id = text(page, "id")
        columns = 24 if page in document.pages else 12
        mine = [element for element in document.elements if homes.get(text(element, "id"), first) == page_id]
        grid = f"{GRID.format(columns=columns)} " if document.kind != "report" else ""
        lines.append(f"<Page {grid}id={quoteattr(page_id)}>")
        lines.extend(_piled(mine) if grid == "" else _stacked(mine, columns, lifted=document.lifted))
        lines.append("</Page>")
    return "\n".join(lines)


def _piled(elements: list[Json]) -> Iterator[str]:
    """The elements of a report's page, which has places in pixels and no grid (sigma-specs 3.3)."""
    for number, element in enumerate(elements):
        place = f'x="0" y="{number * 100}" width="720" height="100"'
        yield f"  <Element elementId={quoteattr(text(element, 'id'))} {place}/>"


def completed(document: Document, homes: dict[str, str]) -> str:
    """The layout of a lifted document, with every element it leaves out put at the end of its page; else unchanged."""
    layout = document.layout
    if layout is None:
        return regenerated(document)
    placed = pages_of(document)
    for page_id in dict.fromkeys(homes.values()):
        mine = [item for item in document.elements if homes.get(text(item, "id")) == page_id]
        lost = [item for item in mine if text(item, "id") not in placed]
        if lost:
            layout = _extended(layout, page_id, "\n".join(_stacked(lost, 24, lifted=document.lifted, row=1001)))
    return layout


def _extended(layout: str, page_id: str, lines: str) -> str:
    opening = re.compile(rf"<Page\b[^>]*\bid={re.escape(quoteattr(page_id))}[^>]*>")
    match = opening.search(layout)
    if match is None:
        return f"{layout}\n<Page {GRID.format(columns=24)} id={quoteattr(page_id)}>\n{lines}\n</Page>"
    if match.group().endswith("/>"):
        return layout[: match.end() - 2] + f">\n{lines}\n</Page>" + layout[match.end() :]
    end = max(match.end(), layout.find("</Page>", match.end()))
    return f"{layout[:end]}{lines}\n{layout[end:]}"


def _stacked(elements: list[Json], columns: int, *, lifted: bool, row: int = 1) -> Iterator[str]:
    for element in elements:
        kind = text(element, "kind")
        height = 1 if kind == "page-break" else 10
        tag = "Element" if lifted else "LayoutElement"
        place = f'gridColumn="1 / {columns + 1}" gridRow="{row} / {row + height}"'
        yield f"  <{tag} elementId={quoteattr(text(element, 'id'))} {place}/>"
        row += height
