"""The layout of a workbook, read and never written: which pages it draws and which elements stand on them.

A layout is an optional XML declaration followed by sibling elements (sigma-specs section 3.3). A copied workbook
keeps its page and element ids, so its layout travels byte for byte; what is read here serves checks and reports.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

_DECLARATION = re.compile(r"\s*<\?xml[^>]*\?>")


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """What a layout names, each in document order.

    ``pages`` are the ids of pages, overlays and panels; ``elements`` the ids of placed elements and
    containers, repetitions kept; ``page_of`` says which page an element stands on; ``problem`` is why it
    could not be read, or None.
    """

    pages: tuple[str, ...] = ()
    elements: tuple[str, ...] = ()
    page_of: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
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
    for top in root:
        page = _attribute(top, "id")
        if page is not None:
            pages.append(page)
        for node in top.iter("*"):
            element = _attribute(node, "elementId")
            if element is not None:
                elements.append(element)
                page_of.setdefault(element, page or "")
    return Layout(pages=tuple(pages), elements=tuple(elements), page_of=MappingProxyType(page_of))


def _attribute(node: object, name: str) -> str | None:
    get = getattr(node, "get", None)
    value = get(name) if get else None
    return value if isinstance(value, str) else None
