"""References inside a document: elements, groupings, columns, controls, agents (sigma-specs 5.2, 7)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from migrate.sandbox.org import Json
from migrate.sandbox.specs.document import Document, columns_of
from migrate.sandbox.specs.outcome import Stop
from migrate.sandbox.specs.shape_actions import effects_of
from migrate.sandbox.specs.shape_elements import check_system_columns
from migrate.sandbox.specs.trees import objects, text, texts, thing, walk

DATA_SOURCE = re.compile(r'@dataSource\("([^"]*)"\)')
ELEMENT_KEYS = (
    *("tableElementId", "formElementId", "tabbedContainerElementId", "pluginElementId", "codeElementId"),
    *("chatElementId", "table", "form", "tabbedContainer", "pluginElement"),
)


def check_references(document: Document, *, dangling: bool = True) -> None:
    """Raise Stop at the first reference inside the document that leads nowhere.

    ``dangling`` False leaves out what ``verify`` does not see: actions, agents and navigation (sigma-specs 8.3).
    """
    for element in document.elements:
        _check_sources(document, element)
    for element in document.elements:
        _check_columns(document, element)
        _check_oddities(element)
    if dangling:
        for host in (*document.elements, *document.overlays):
            for effect in effects_of(host):
                _check_effect(document, effect)
        _check_agents(document)


def bindings_of(element: Json) -> Iterator[tuple[dict[str, Json], Json]]:
    """Every source of an element with what stands beside it: the columns a control lists or filters, or nothing."""
    for holder in (thing(element, "source"), *objects(element.get("filters"))):
        if element.get("kind") == "control" and isinstance(thing(holder, "source").get("kind"), str):
            yield thing(holder, "source"), holder
    for source in sources_of(element):
        yield source, None


def sources_of(element: Json) -> Iterator[dict[str, Json]]:
    """Every source object of an element: its own, its legs, its control's value source and filter targets."""
    for key in ("source", "filters", "targets"):
        for item in walk(element.get(key)):
            if isinstance(item.get("kind"), str) and item["kind"] not in {"source", "manual"}:
                yield item


def _check_sources(document: Document, element: Json) -> None:
    for source in sources_of(element):
        if source.get("groupingId") == "base":
            raise Stop("Grouping not found: 'base'")
        if source["kind"] == "table" and isinstance(source.get("elementId"), str):
            _check_local(document, source)
        if source["kind"] == "linked" and text(source, "from") not in document.by_id:
            raise Stop(f"Dependency not found: '{text(source, 'from')}'")
    for relationship in objects(element.get("relationships")):
        if text(relationship, "targetElementId") not in document.by_id:
            raise Stop(f"Dependency not found: '{text(relationship, 'targetElementId')}'")


def _check_local(document: Document, source: Json) -> None:
    target = document.by_id.get(source["elementId"])
    if target is None:
        raise Stop(f"Dependency not found: '{source['elementId']}'")
    grouping = source.get("groupingId")
    if isinstance(grouping, str) and grouping not in {text(item, "id") for item in objects(target.get("groupings"))}:
        raise Stop(f"Grouping not found: '{grouping}'")


def _column_ids(element: Json) -> set[str]:
    return {text(column, "id") for column in columns_of(element)}


def _check_columns(document: Document, element: Json) -> None:
    own = _column_ids(element)
    for item in objects(element.get("sort")):
        if text(item, "columnId") not in own:
            raise _undeclared(element, "sort", text(item, "columnId"))
    if element.get("kind") == "control":
        _check_bindings(document, element)
        return
    for place, column_id in _slots(element):
        if column_id not in own:
            raise _undeclared(element, place, column_id)
    for relationship in objects(element.get("relationships")):
        target = _column_ids(document.by_id[text(relationship, "targetElementId")])
        for pair in objects(relationship.get("keys")):
            if text(pair, "sourceColumnId") not in own:
                raise _undeclared(element, "relationships", text(pair, "sourceColumnId"))
            if text(pair, "targetColumnId") not in target:
                raise _undeclared(element, "relationships", text(pair, "targetColumnId"))


def _check_bindings(document: Document, control: Json) -> None:
    """The columns a control filters or lists belong to the element its source names (sigma-specs 3.7)."""
    for key, binding in (
        ("source", thing(control, "source")),
        *(("filters", item) for item in objects(control.get("filters"))),
    ):
        source = thing(binding, "source")
        target = document.by_id.get(text(source, "elementId")) if source.get("kind") == "table" else None
        column_id = text(binding, "columnId")
        if target is not None and "columns" in target and column_id and column_id not in _column_ids(target):
            raise _undeclared(control, key, column_id)


def _slots(element: Json) -> Iterator[tuple[str, str]]:
    """The column slots of a chart that bind it, with the place to name in a message."""
    for key in ("xAxis", "value"):
        slot = element.get(key)
        column_id = text(slot, "columnId") or text(slot, "id")
        if column_id:
            yield key, column_id
    for name in texts(thing(element, "yAxis").get("columnIds")):
        yield "yAxis", name
    for item in objects(element.get("filters")):
        yield "filters", text(item, "columnId")


def _undeclared(element: Json, place: str, column_id: str) -> Stop:
    name = text(element, "id")
    return Stop(f"{place}: element '{name}' references column '{column_id}' which is not declared in columns")


def _check_oddities(element: Json) -> None:
    """The single-element rules that are recorded with a message of their own (sigma-specs 7, 8.1)."""
    kind = text(element, "kind")
    if kind == "input-table":
        check_system_columns(element)
    if (
        kind == "kpi-chart"
        and element.get("comparison")
        and not (element.get("periodComparison") or element.get("comparisonColumn"))
    ):
        raise Stop("comparison requires a comparison column or period comparison on the KPI")
    if kind in {"donut-chart", "pie-chart"}:
        value = thing(element, "value")
        hole = thing(element, "holeValue")
        column_id = text(value, "columnId") or text(value, "id")
        if column_id and column_id == (text(hole, "columnId") or text(hole, "id")):
            raise Stop(f"Column '{column_id}' is referenced from both 'value' and 'holeValue'")
    if kind == "waterfall-chart" and element.get("endTotal") and not _many_series(element):
        raise Stop("endTotal requires more than one series")


def _many_series(element: Json) -> bool:
    return "splitBy" in element or len(list(texts(thing(element, "yAxis").get("columnIds")))) > 1


def _check_effect(document: Document, effect: Json) -> None:
    for key in ELEMENT_KEYS:
        if isinstance(effect.get(key), str) and effect[key] not in document.by_id:
            raise Stop(f"actions: references unknown element '{effect[key]}'")
    for item in walk(effect):
        name = item.get("control") if item.get("type") == "control" or item is effect else None
        if isinstance(name, str) and name not in document.controls and name not in document.by_id:
            raise Stop(f"actions: references unknown control '{name}'")
        if (
            item.get("type") == "element"
            and isinstance(item.get("element"), str)
            and item["element"] not in document.by_id
        ):
            raise Stop(f"actions: references unknown element '{item['element']}'")
    scope = thing(effect, "scope")
    if isinstance(scope.get("controlId"), str) and scope["controlId"] not in document.controls:
        raise Stop(f"actions: references unknown control '{scope['controlId']}'")
    _check_row_values(document, effect)


def _check_row_values(document: Document, effect: Json) -> None:
    table = document.by_id.get(text(effect, "tableElementId") or text(effect, "table"))
    if table is None:
        return
    known = _column_ids(table)
    rows = thing(effect, "whichRows")
    for name in (*thing(effect, "values"), *thing(rows, "primaryKeys")):
        if name not in known:
            raise Stop(f"sheet: {text(table, 'id')}(internal), bad column: {name}")


def _check_agents(document: Document) -> None:
    for index, agent in enumerate(objects(document.body.get("agents"))):
        sources = {text(item, "elementId") for item in objects(agent.get("dataSources"))}
        for name in DATA_SOURCE.findall(text(agent, "instructions")):
            if name not in sources:
                raise Stop(f"referenced data source {name} is not configured for this agent")
        for tool in walk(agent.get("tools")):
            if tool.get("kind") == "sequence" and isinstance(tool.get("sequenceId"), str):
                raise Stop(f"agents[{index}].sequenceId: references unknown action sequence")
