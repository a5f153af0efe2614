"""The rows of the catalogue that stay in the document: local ids and names that a copy keeps (sigma-specs 5.2)."""

from __future__ import annotations

from migrate.rewrite.row import REF, Row, Shape, When, acts, no_model_beside, own_column, pivots, sorts
from migrate.tree import Json


def _row(
    code: str, points_to: str, shape: Shape, keys: tuple[str, ...], *examples: Json, when: When | None = None
) -> Row:
    return Row(
        code=code,
        number="5.2",
        points_to=points_to,
        shape=shape,
        resolve="kept: a copy keeps the ids of the document, or the server exchanges all of them together",
        dangling="Sigma refuses the document, or the part does nothing",
        keys=keys,
        when=when,
        examples=examples,
    )


INSIDE: tuple[Row, ...] = (
    _row(
        "element",
        "an element of this document",
        "id",
        ("elementId", "from", "targetElementId", "triggerElementId"),
        {"source": {"kind": "table", "elementId": REF}},
        {"source": {"kind": "linked", "from": REF}},
        {"relationships": [{"id": "r", "targetElementId": REF}]},
        {"overlays": [{"id": "o", "triggerElementId": REF}]},
        when=no_model_beside,
    ),
    _row(
        "element",
        "an element of this document, in an action",
        "id",
        (
            "tableElementId", "formElementId", "tabbedContainerElementId", "pluginElementId", "codeElementId",
            "chatElementId", "containerElementId", "containerId",
            "element", "table", "form", "container", "tabbedContainer", "pluginElement",
        ),
        {"effects": [{"effect": "insert-rows", "tableElementId": REF}]},
        {"effects": [{"effect": "insert-rows", "table": REF}]},
        {"columns": [{"id": "c", "valuesFrom": {"element": REF, "column": "c"}}]},
    ),
    _row(
        "element",
        "elements of this document",
        "ids",
        ("controlScope",),
        {"controlScope": [REF]},
    ),
    _row(
        "grouping",
        "a grouping of an element of this document",
        "id",
        ("groupingId",),
        {"source": {"kind": "table", "elementId": "e", "groupingId": REF}},
        when=no_model_beside,
    ),
    _row(
        "column",
        "a column of this document",
        "id",
        (
            "columnId", "displayColumnId", "sourceColumnId", "targetColumnId", "dateColumnId", "keyColumnId",
            "minColumnId", "maxColumnId", "column", "columnToTranspose", "valueColumn",
        ),
        {"sort": [{"columnId": REF, "direction": "ascending"}]},
        {"keys": [{"sourceColumnId": REF, "targetColumnId": "c"}]},
        {"timeline": {"dateColumnId": REF}},
        {"color": {"by": "category", "column": REF}},
        when=own_column,
    ),
    _row("column", "the column an axis sorts by", "id", ("by",), {"xAxis": {"sort": {"by": REF}}}, when=sorts),
    _row("column", "the values of a pivot", "ids", ("values",), {"rowsBy": [], "values": [REF]}, when=pivots),
    _row(
        "column",
        "columns of this document",
        "ids",
        ("columnIds", "restrictedColumns", "calculations", "summary", "uniqueKeys", "columnsToMerge"),
        {"yAxis": {"columnIds": [REF]}},
        {"conditionalFormats": [{"columnIds": [REF]}]},
        {"columnSecurities": [{"id": "s", "restrictedColumns": [REF]}]},
        {"groupings": [{"id": "g", "groupBy": [], "calculations": [REF]}]},
        when=own_column,
    ),
    _row(
        "column-or-folder",
        "columns, metrics and their folders of this element",
        "ids",
        ("order", "items", "groupBy", "metricOrder"),
        {"order": [REF]},
        {"folders": [{"id": "f", "name": "F", "items": [REF]}]},
        {"groupings": [{"id": "g", "groupBy": [REF]}]},
        {"metricOrder": [REF]},
    ),
    _row(
        "column",
        "columns an action writes, as object keys",
        "keys",
        ("values", "primaryKeys"),
        {"effects": [{"effect": "insert-rows", "tableElementId": "e", "values": {REF: {"type": "constant"}}}]},
        {"effects": [{"effect": "update-rows", "whichRows": {"primaryKeys": {REF: {"type": "constant"}}}}]},
        when=acts,
    ),
    _row(
        "control",
        "a control of this document, by name",
        "name",
        ("controlId", "control"),
        {"effects": [{"effect": "set-control-value", "control": REF}]},
        {"scope": {"type": "control", "controlId": REF}},
        when=no_model_beside,
    ),
    _row(
        "page",
        "a page or overlay of this document",
        "id",
        ("overlayId", "pageId", "page"),
        {"effects": [{"effect": "open-overlay", "overlayId": REF}]},
        {"scope": {"type": "page", "pageId": REF}},
        {"target": {"type": "page", "page": REF}},
    ),
    _row("page", "pages of a navigation, as object keys", "keys", ("pageLabels",), {"pageLabels": {REF: "Start"}}),
    _row("page", "pages of a panel", "ids", ("pages",), {"panels": [{"id": "p", "type": "header", "pages": [REF]}]}),
    _row("agent", "an agent of this document", "id", ("agentId",), {"kind": "chat", "agentId": REF}),
)  # fmt: skip
