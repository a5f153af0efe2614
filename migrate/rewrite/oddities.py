"""What Sigma is known to refuse of a document: of each only a write, or a dry run, shows whether it does. Pure.

A read of Sigma should give none of them; rules, other programs and hands that write specs do (sigma-specs 2.2, 3.3,
6.1, 7 and 8.1). They are told before the first write, and nothing is changed or stopped because of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from migrate.bundle.document import Document, Element, document_of, objects
from migrate.rewrite.text.layout import read_layout
from migrate.tree import Json

ODDITIES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "another-kind": ("api_refused", "its contents call themselves another kind of document"),
        "unreadable-layout": ("outcome_unknown", "its layout is no XML, to which Sigma answers as if it were broken"),
        "placed-twice": ("layout_refused", "its layout places an element twice"),
        "not-placed": ("layout_refused", "an element is nowhere in its layout"),
        "old-layout": ("api_refused", "its layout has tags of an older generation"),
        "tall-page-break": ("api_refused", "a page break takes more than one row"),
        "same-ids": ("api_refused", "two of its elements, controls or actions have one id"),
        "no-such-grouping": ("dependency_not_found", "an element reads a grouping that is not there"),
        "no-such-column": ("api_refused", "an element shows a column that it does not have"),
        "value-twice": ("api_refused", "a chart shows one column as value and in its hole"),
        "total-of-one": ("api_refused", "a waterfall of one series has an end total"),
        "agent-without-source": ("api_refused", "an agent speaks of a data source that it does not have"),
    }
)
"""What may be odd: the reason code of the refusal, and in words."""

_OLD_TAGS = ("<LayoutElement", "<GridContainer")
_SLOTS = ("xAxis", "value", "color", "stage", "category", "region", "latitude", "longitude")


def oddities_of(body: Json, kind: str, *, flat: bool) -> Iterator[str]:
    """What is odd about a document, as keys of ``ODDITIES``, each once; a ``flat`` one has other tags by right."""
    if body.get("kind", kind) != kind:
        yield "another-kind"
    document = document_of(body)
    yield from (name for name, is_odd in _CHECKS.items() if not (flat and name == "old-layout") and is_odd(document))


def _layout(document: Document) -> str:
    layout = document.body.get("layout")
    return layout if isinstance(layout, str) else ""


def _not_placed(document: Document) -> bool:
    """Whether an element of the body's own list stands nowhere; a flat document may leave out most of its elements."""
    if not _layout(document) or any(surface.node.get("elements") for surface in document.surfaces):
        return False
    layout = read_layout(_layout(document))
    placed = set(layout.elements)
    return layout.problem is None and any(
        one.id not in placed for one in document.elements if one.path[:1] == ("elements",) and len(one.path) == 2
    )


def _tall_page_break(document: Document) -> bool:
    breaks = {one.id for one in document.elements if one.kind == "page-break"}
    if not breaks:
        return False
    boxes = (one.box for one in read_layout(_layout(document)).places if one.element in breaks)
    return any(box is not None and box[3] - box[2] != 1 for box in boxes)


def _same_ids(document: Document) -> bool:
    elements = Counter(one.id for one in document.named)
    names = set(document.controls)
    owners = {one.id for one in document.named if one.kind != "control"}
    actions = Counter(
        str(action.get("id"))
        for holder in (*(one.node for one in document.elements), *(one.node for one in document.surfaces))
        for _, action in objects(holder, "actions")
    )
    return max(elements.values(), default=0) > 1 or max(actions.values(), default=0) > 1 or bool(names & owners)


def _no_such_grouping(document: Document) -> bool:
    """Whether an element reads a grouping of another one of the document that has none of that id."""
    by_id = document.by_id
    for element in document.elements:
        source = element.node.get("source")
        if not isinstance(source, dict) or "dataModelId" in source or "groupingId" not in source:
            continue
        wanted, read = source["groupingId"], by_id.get(str(source.get("elementId")))
        if read is not None and wanted not in {grouping.get("id") for _, grouping in objects(read.node, "groupings")}:
            return True
    return False


def _no_such_column(document: Document) -> bool:
    return any(
        column not in {each.get("id") for _, each in objects(element.node, "columns")}
        for element in document.elements
        if element.kind != "control" and "columns" in element.node
        for column in _shown(element)
    )


def _shown(element: Element) -> Iterator[Json]:
    """The ids of the columns that bind an element to what it draws."""
    for key in _SLOTS:
        slot = element.node.get(key)
        if isinstance(slot, dict) and isinstance(slot.get("columnId"), str):
            yield slot["columnId"]
    axis = element.node.get("yAxis")
    listed = axis.get("columnIds") if isinstance(axis, dict) else None
    yield from (one for one in (listed if isinstance(listed, list) else ()) if isinstance(one, str))


def _value_twice(document: Document) -> bool:
    pairs = ((one.node.get("value"), one.node.get("holeValue")) for one in document.elements)
    return any(
        isinstance(value, dict) and isinstance(hole, dict) and value.get("columnId") == hole.get("columnId") is not None
        for value, hole in pairs
    )


def _total_of_one(document: Document) -> bool:
    """Whether a waterfall has a total at its end and one series only."""
    charts = (one for one in document.elements if one.kind == "waterfall-chart" and one.node.get("endTotal"))
    return any("splitBy" not in one.node and len(list(_shown_on_y(one))) < 2 for one in charts)


def _shown_on_y(element: Element) -> Iterator[Json]:
    axis = element.node.get("yAxis")
    yield from (axis.get("columnIds") or ()) if isinstance(axis, dict) else ()


def _agent_without_source(document: Document) -> bool:
    for _, agent in objects(document.body, "agents"):
        sources = {source.get("elementId") for _, source in objects(agent, "dataSources")}
        told = str(agent.get("instructions") or "")
        named = (part.partition('"')[0] for part in told.split('@dataSource("')[1:])
        if any(name not in sources for name in named):
            return True
    return False


_CHECKS: Mapping[str, Callable[[Document], bool]] = MappingProxyType(
    {
        "unreadable-layout": lambda document: read_layout(_layout(document)).problem is not None,
        "placed-twice": lambda document: bool(read_layout(_layout(document)).repeated),
        "not-placed": _not_placed,
        "old-layout": lambda document: any(tag in _layout(document) for tag in _OLD_TAGS),
        "tall-page-break": _tall_page_break,
        "same-ids": _same_ids,
        "no-such-grouping": _no_such_grouping,
        "no-such-column": _no_such_column,
        "value-twice": _value_twice,
        "total-of-one": _total_of_one,
        "agent-without-source": _agent_without_source,
    }
)
