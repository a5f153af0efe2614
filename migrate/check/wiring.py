"""What a document holds that does nothing or leads nowhere, though Sigma took it without a word. Pure.

Sigma refuses some of this when a document is written and never again: controls that filter nothing, filters and charts
on columns that are not there, overlays that nothing opens, elements that stand on no page or lie under another one
(sigma-specs sections 3.3 and 8.3, sigma-news 3).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from migrate.bundle.document import Document, Element, document_of, element_at
from migrate.rewrite.catalogue.table import TELLING_ALL
from migrate.rewrite.catalogue.walk import ReferenceSite, Seen, look
from migrate.rewrite.names.scope import automatic_name, ids_in, name_of
from migrate.rewrite.text.formula import brackets
from migrate.rewrite.text.formula_spans import formulas_of
from migrate.rewrite.text.layout import Placed, read_layout
from migrate.tree import Json, Path, at, walk

_ELSEWHERE: Final = frozenset({"legend", "drill", "synced", "file-upload"})
"""Types of controls that work without a filter or a formula (sigma-specs 3.7)."""

_HELD: Final = frozenset(
    {
        *("columnId", "displayColumnId", "sourceColumnId", "dateColumnId", "keyColumnId", "column", "by", "id"),
        *("values", "columnIds", "restrictedColumns", "calculations", "summary"),
    }
)
"""The keys under which a column of the element itself, or of the element beside it, is named."""

_IN_BRACES = re.compile(r"\{\{([^{}]*)\}\}")
_WORD = re.compile(r"[^\s\[\]#(),:]+")


class Loose(NamedTuple):
    """One loose end: the id of what it is about, what is wrong in one word, what leads nowhere, where, in words."""

    holder: str
    fault: str
    thing: str
    path: Path
    told: str


def loose_ends(body: Json) -> tuple[Loose, ...]:
    """Every loose end of a body of any kind and generation, in the order of its kinds."""
    document = document_of(body)
    seen = look(body, telling=TELLING_ALL)
    return (
        *_nowhere(document, seen.sites),
        *_absent_columns(document, seen.sites),
        *_dead_controls(document, body),
        *_idle(document, seen),
        *_misplaced(document, body),
    )


def _nowhere(document: Document, sites: Iterable[ReferenceSite]) -> Iterator[Loose]:
    """References to elements, pages, overlays, controls and agents that the document does not hold."""
    agents = document.body.get("agents") if isinstance(document.body, dict) else None
    known: Mapping[str, frozenset[str]] = {
        "element": frozenset(document.by_id),
        "page": frozenset(surface.id for surface in document.surfaces),
        "control": frozenset(document.controls),
        "agent": frozenset(str(agent.get("id")) for agent in agents or () if isinstance(agent, dict)),
    }
    around = document.around()
    for site in sites:
        there = known.get(site.row.code)
        if there is not None and isinstance(site.value, str) and site.value not in there and not _of_model(site):
            holder = element_at(around, site.path)
            told = f"it names the {site.row.code} {site.value!r}, which is not in the document"
            yield Loose(holder.id if holder else "", "nowhere", site.value, site.path, told)


def _of_model(site: ReferenceSite) -> bool:
    """Whether the object is about an element of another model."""
    return "dataModelId" in site.node


def _absent_columns(document: Document, sites: Iterable[ReferenceSite]) -> Iterator[Loose]:
    """Filters, charts, sorts, rules and groupings on columns that their element does not have."""
    around, by_id = document.around(), document.by_id
    columns = {element.path: ids_in(element.node, "columns") for element in document.elements}
    for site in sites:
        key = next((step for step in reversed(site.path) if isinstance(step, str)), "")
        if site.row.code != "column" or key not in _HELD or {"effects", "agents", "matches"} & set(site.path):
            continue
        own = element_at(around, site.path)
        holder = _holder(site, own, by_id)
        if holder is None or "columns" not in holder.node or site.value in columns[holder.path]:
            continue
        told = f"it names the column {site.value!r}, which {_called(holder)} does not have"
        yield Loose(own.id if own else "", "absent column", site.value, site.path, told)


def _holder(site: ReferenceSite, own: Element | None, by_id: Mapping[str, Element]) -> Element | None:
    """The element whose column a site names: the one beside it, else its own; None for one of another document."""
    beside = site.node.get("element", site.node.get("elementId"))
    source = site.node.get("source")
    if isinstance(beside, str):
        return by_id.get(beside)
    if isinstance(source, dict) and "columns" not in site.node:
        return by_id.get(str(source.get("elementId"))) if "dataModelId" not in source else None
    return own


def _called(element: Element) -> str:
    name = name_of(element.node)
    return f"the {element.kind or 'element'} {name!r}" if name else f"the {element.kind or 'element'} {element.id}"


def _dead_controls(document: Document, body: Json) -> Iterator[Loose]:
    """Controls that filter nothing, set no control of a model, and stand in no formula and no SQL."""
    idle = {
        name: elements[0]
        for name, elements in document.controls.items()
        if not any(_works(element.node) for element in elements)
    }
    if not idle:
        return
    used = _used(document, body)
    for name, element in idle.items():
        if name.casefold() not in used:
            told = f"the control {name!r} filters nothing, and nothing reads it"
            yield Loose(element.id, "dead control", name, element.path, told)


def _works(control: Mapping[str, Json]) -> bool:
    """Whether a control does something by itself."""
    works = ("filters", "targets", "parameters")
    return control.get("controlType") in _ELSEWHERE or any(control.get(key) for key in works)


def _used(document: Document, body: Json) -> frozenset[str]:
    """Names that formulas, SQL and actions read and that no column of their element has, in small letters."""
    around = document.around()
    own_names = {element.path: _names(element) for element in document.elements}
    names: set[str] = set()
    for path, value in walk(body):
        if not isinstance(value, str) or not path or path[-1] in ("left", "right"):  # a join's own columns
            continue
        if path[-1] == "control" and at(body, path[:-1]).get("effect") != "set-control-value":
            names.add(value.casefold())
        elif "{{" in value:
            names.update(word.casefold() for part in _IN_BRACES.findall(value) for word in _WORD.findall(part))
        if "[" in value:
            own = element_at(around, path)
            columns = own_names[own.path] if own else frozenset()
            for _, formula in formulas_of(path, value):
                found = {part.segments[0].casefold() for part in brackets(formula) if len(part.segments) == 1}
                names |= found - columns
    return frozenset(names)


def _names(element: Element) -> frozenset[str]:
    """What the columns of an element are called, in small letters."""
    nodes = [node for _, node in element.listed("columns")]
    return frozenset(str(node.get("name") or automatic_name(node) or "").casefold() for node in nodes)


def _idle(document: Document, seen: Seen) -> Iterator[Loose]:
    """Overlays that nothing opens, and buttons that do nothing."""
    effects = [effect for _, effect in seen.objects.get("effect", ())]
    opened = {str(effect.get("overlayId")) for effect in effects}
    for surface in document.of_kind("overlay"):
        if surface.id not in opened and str(surface.node.get("triggerElementId")) not in document.by_id:
            told = f"nothing opens the overlay {str(surface.node.get('name') or surface.id)!r}"
            yield Loose(surface.id, "unopened overlay", surface.id, surface.path, told)
    for element in document.elements:
        if element.kind == "button" and not any(element.node.get(key) for key in ("actions", "url", "formId")):
            yield Loose(element.id, "idle button", element.id, element.path, f"{_called(element)} does nothing")


def _misplaced(document: Document, body: Json) -> Iterator[Loose]:
    """Elements that stand on no page, lie under another one, or stick out of what holds them."""
    text = body.get("layout") if isinstance(body, dict) else None
    layout = read_layout(text if isinstance(text, str) else None)
    if not layout.pages or layout.problem:
        return
    by_id = document.by_id
    for page in layout.pages:
        if page not in {surface.id for surface in document.surfaces}:
            told = f"the layout draws the page {page!r}, which is not in the document"
            yield Loose(page, "nowhere", page, ("layout",), told)
    for element in document.named:
        if element.path[:1] == ("elements",) and element.id not in layout.page_of:
            yield Loose(element.id, "unplaced", element.id, element.path, f"{_called(element)} stands on no page")
    before: dict[int, list[Placed]] = {}
    for one in layout.places:
        placed = by_id.get(one.element)
        if placed is None:
            told = f"the layout places the element {one.element!r}, which is not in the document"
            yield Loose(one.element, "nowhere", one.element, ("layout",), told)
            continue
        beside = before.setdefault(one.parent, [])
        for other in beside:
            if other.box and one.box and _cross(other.box, one.box):
                under = by_id.get(other.element)
                told = f"{_called(placed)} lies on {_called(under) if under else other.element}"
                yield Loose(one.element, "overlap", other.element, placed.path, told)
        if one.outside:
            yield Loose(
                one.element, "outside", one.element, placed.path, f"{_called(placed)} sticks out of what holds it"
            )
        beside.append(one)


def _cross(one: tuple[int, int, int, int], other: tuple[int, int, int, int]) -> bool:
    left, right, top, bottom = one
    beside = left < other[1] and other[0] < right
    return beside and top < other[3] and other[2] < bottom
