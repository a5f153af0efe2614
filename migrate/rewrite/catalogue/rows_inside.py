"""The rows of the catalogue that stay in the document: local ids and names that a copy keeps (sigma-specs 5.2)."""

from __future__ import annotations

from collections.abc import Mapping

from migrate.rewrite.catalogue.row import (
    REF,
    CatalogueRow,
    Shape,
    When,
    acts,
    column_range,
    linked,
    no_model_beside,
    own_column,
    page_label,
    pivots,
    slot,
    sorts,
)
from migrate.tree import Json


def _row(
    code: str, points_to: str, shape: Shape, examples: Mapping[str, tuple[Json, ...]], *, when: When | None = None
) -> CatalogueRow:
    return CatalogueRow(
        code=code,
        number="5.2",
        points_to=points_to,
        shape=shape,
        resolve="kept: a copy keeps the ids of the document, or the server exchanges all of them together",
        dangling="Sigma refuses the document, or the part does nothing",
        examples=examples,
        when=when,
    )


def _effect(effect: str, **keys: Json) -> Json:
    return {"effects": [{"effect": effect, **keys}]}


def _value(**keys: Json) -> Json:
    return _effect("insert-rows", tableElementId="e", values={"c": keys})


ELEMENTS: tuple[CatalogueRow, ...] = (
    _row(
        "element",
        "an element of this document",
        "id",
        {
            "elementId": (
                {"source": {"kind": "table", "elementId": REF}},
                {"agents": [{"dataSources": [{"elementId": REF}]}]},
                {"config": {"table": {"kind": "element", "elementId": REF}}},
            ),
            "from": ({"source": {"kind": "linked", "from": REF}},),
            "targetElementId": ({"relationships": [{"id": "r", "targetElementId": REF}]},),
            "triggerElementId": ({"overlays": [{"id": "o", "triggerElementId": REF}]},),
        },
        when=no_model_beside,
    ),
    _row(
        "element",
        "an element of this document, in an action",
        "id",
        {
            "tableElementId": (_effect("insert-rows", tableElementId=REF),),
            "formElementId": (_effect("reset-form", formElementId=REF),),
            "tabbedContainerElementId": (_effect("select-tab", tabbedContainerElementId=REF),),
            "pluginElementId": (_effect("trigger-plugin", pluginElementId=REF),),
            "codeElementId": (_effect("run-python-element", codeElementId=REF),),
            "chatElementId": (_effect("clear-chat-element-messages", chatElementId=REF),),
            "containerElementId": (
                _effect("clear-control", scope={"type": "container", "containerElementId": REF}),
                _effect("set-single-row-container", target={"type": "container", "containerElementId": REF}),
            ),
            "containerId": (_effect("clear-control", scope={"type": "container", "containerId": REF}),),
            "element": (
                {"columns": [{"id": "c", "valuesFrom": {"element": REF, "column": "c"}}]},
                _effect("refresh-element", target={"type": "element", "element": REF}),
            ),
            "table": (_effect("insert-rows", table=REF),),
            "form": (_effect("set-form-values", form=REF),),
            "container": (_effect("clear-control", container=REF),),
            "tabbedContainer": (_effect("select-tab", tabbedContainer=REF),),
            "pluginElement": (_effect("trigger-plugin", pluginElement=REF),),
        },
    ),
    _row("element", "elements of this document", "ids", {"controlScope": ({"controlScope": [REF]},)}),
    _row(
        "grouping",
        "a grouping of an element of this document",
        "id",
        {"groupingId": ({"source": {"kind": "table", "elementId": "e", "groupingId": REF}},)},
        when=no_model_beside,
    ),
)

COLUMNS: tuple[CatalogueRow, ...] = (
    _row(
        "column",
        "a column of this document",
        "id",
        {
            "columnId": (
                {"sort": [{"columnId": REF, "direction": "ascending"}]},
                {"value": {"columnId": REF}},
                {"yAxis": {"columnIds": [{"columnId": REF}]}},
                {"seriesLineAreaStyle": [{"columnId": REF, "style": {}}]},
                {"filters": [{"source": {"kind": "table", "elementId": "e"}, "columnId": REF}]},
            ),
            "displayColumnId": (
                {"source": {"source": {"kind": "table", "elementId": "e"}, "columnId": "c", "displayColumnId": REF}},
            ),
            "sourceColumnId": ({"keys": [{"sourceColumnId": REF, "targetColumnId": "c"}]},),
            "targetColumnId": ({"keys": [{"sourceColumnId": "c", "targetColumnId": REF}]},),
            "dateColumnId": ({"timeline": {"dateColumnId": REF}},),
            "keyColumnId": ({"kind": "single-row-container", "keyColumnId": REF},),
            "minColumnId": (_value(type="column-range", minColumnId=REF, maxColumnId="c"),),
            "maxColumnId": (_value(type="column-range", minColumnId="c", maxColumnId=REF),),
            "column": ({"color": {"by": "category", "column": REF}}, _value(type="column", column=REF)),
            "columnToTranspose": ({"source": {"kind": "transpose", "columnToTranspose": REF}},),
            "valueColumn": ({"source": {"kind": "transpose", "valueColumn": REF}},),
        },
        when=own_column,
    ),
    _row(
        "column",
        "a column in the slot of a chart, as it was written before September 2026",
        "id",
        {
            "id": (
                {"value": {"id": REF}},
                {"label": [{"id": REF}]},
                {"rowsBy": [{"id": REF, "sort": {"direction": "ascending"}}]},
                {"xAxis": {"id": REF}},
                {"yAxis": [{"id": REF}]},
            )
        },
        when=slot,
    ),
    _row(
        "column",
        "the column of the source that a linked input table shows",
        "id",
        {"key": ({"kind": "input-table", "columns": [{"id": "c", "key": REF}]},)},
        when=linked,
    ),
    _row(
        "column",
        "the ends of a range, as they were written before September 2026",
        "id",
        {"min": (_value(type="column-range", min=REF, max="c"),), "max": (_value(type="column-range", max=REF),)},
        when=column_range,
    ),
    _row("column", "the column an axis sorts by", "id", {"by": ({"xAxis": {"sort": {"by": REF}}},)}, when=sorts),
    _row("column", "the values of a pivot", "ids", {"values": ({"rowsBy": [], "values": [REF]},)}, when=pivots),
    _row(
        "column",
        "columns of this document",
        "ids",
        {
            "columnIds": ({"yAxis": {"columnIds": [REF]}}, {"conditionalFormats": [{"columnIds": [REF]}]}),
            "restrictedColumns": ({"columnSecurities": [{"id": "s", "restrictedColumns": [REF]}]},),
            "calculations": ({"groupings": [{"id": "g", "groupBy": [], "calculations": [REF]}]},),
            "summary": ({"summary": [REF]},),
            "uniqueKeys": ({"uniqueKeys": [REF]},),
            "columnsToMerge": ({"source": {"kind": "transpose", "columnsToMerge": [REF]}},),
            "sourceColumns": ({"source": {"kind": "union", "matches": [{"sourceColumns": [None, REF]}]}},),
        },
        when=own_column,
    ),
    _row(
        "column-or-folder",
        "columns, metrics and their folders of this element",
        "ids",
        {
            "order": ({"order": [REF]},),
            "items": ({"folders": [{"id": "f", "name": "F", "items": [REF]}]},),
            "groupBy": ({"groupings": [{"id": "g", "groupBy": [REF]}]},),
            "metricOrder": ({"metricOrder": [REF]},),
        },
    ),
    _row(
        "column",
        "columns an action writes, as object keys",
        "keys",
        {
            "values": (_effect("insert-rows", tableElementId="e", values={REF: {"type": "constant"}}),),
            "primaryKeys": (_effect("update-rows", whichRows={"primaryKeys": {REF: {"type": "constant"}}}),),
        },
        when=acts,
    ),
    _row(
        "column",
        "columns with a line style, as object keys before September 2026",
        "keys",
        {"seriesLineAreaStyle": ({"seriesLineAreaStyle": {REF: {"line": "dashed"}}},)},
    ),
)

PARTS: tuple[CatalogueRow, ...] = (
    _row(
        "control",
        "a control of this document, by name",
        "name",
        {
            "controlId": ({"scope": {"type": "control", "controlId": REF}},),
            "control": (_effect("set-control-value", control=REF), _value(type="control", control=REF)),
        },
        when=no_model_beside,
    ),
    _row(
        "page",
        "a page or overlay of this document",
        "id",
        {
            "overlayId": (_effect("open-overlay", overlayId=REF),),
            "pageId": (
                {"scope": {"type": "page", "pageId": REF}},
                {"settings": {"navigation": {"pageLabels": [{"pageId": REF, "label": "Start"}]}}},
            ),
            "page": ({"target": {"type": "page", "page": REF}},),
        },
    ),
    _row(
        "page",
        "a page of a navigation's list of labels",
        "id",
        {"id": ({"pageLabels": [{"id": REF, "label": "Start"}]},)},
        when=page_label,
    ),
    _row("page", "pages of a navigation, as object keys", "keys", {"pageLabels": ({"pageLabels": {REF: "Start"}},)}),
    _row("page", "pages of a panel", "ids", {"pages": ({"panels": [{"id": "p", "type": "header", "pages": [REF]}]},)}),
    _row("agent", "an agent of this document", "id", {"agentId": ({"kind": "chat", "agentId": REF},)}),
)

INSIDE: tuple[CatalogueRow, ...] = (*ELEMENTS, *COLUMNS, *PARTS)
