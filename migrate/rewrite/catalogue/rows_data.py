"""Rows of the catalogue that point at data: connections, tables, SQL, data models (sigma-specs 5.1, rows 1 to 11)."""

from __future__ import annotations

from migrate.rewrite.catalogue.row import (
    REF,
    CatalogueRow,
    beside,
    model_beside,
    model_source,
    valued_by_model,
    warehouse_source,
)
from migrate.tree import Json


def _source(kind: str, **keys: Json) -> Json:
    return {"source": {"kind": kind, **keys}}


_TABLE = ["DB", "SCHEMA", "T"]
_CONNECTION = "00000000-0000-4000-8000-000000000001"
_MODEL = "00000000-0000-4000-8000-000000000002"
_WAREHOUSE = {"kind": "warehouse-table", "connectionId": _CONNECTION, "path": _TABLE}
_MODEL_ELEMENT = {"kind": "data-model", "dataModelId": _MODEL, "elementId": "e"}

DATA: tuple[CatalogueRow, ...] = (
    CatalogueRow(
        code="connection",
        number="1, 2, 20, 21",
        points_to="a warehouse connection",
        shape="id",
        resolve="by map.connections; the target is found by id or by its unique name",
        dangling="Sigma refuses the document: Dependency not found",
        examples={
            "connectionId": (
                _source("warehouse-table", connectionId=REF, path=_TABLE),
                _source("sql", connectionId=REF, statement="select 1"),
                _source("empty", connectionId=REF),
                {"source": {"kind": "linked", "from": "e", "connectionId": REF}},
                _source("metric-view", connectionId=REF, path=_TABLE),
                {"tools": [{"kind": "warehouse-agent", "connectionId": REF, "path": _TABLE}]},
            )
        },
    ),
    CatalogueRow(
        code="path",
        number="3, 20, 21",
        points_to="a table, view or procedure of a connection",
        shape="names",
        when=beside("connectionId"),
        needs="connectionId",
        resolve="by the most specific of the connection's paths and the set_path rules; else the same names",
        dangling="Sigma refuses the document, also where its catalog has not been synced",
        examples={
            "path": (
                {"source": {"kind": "warehouse-table", "connectionId": _CONNECTION, "path": REF}},
                {"joins": [{"left": {"kind": "warehouse-table", "connectionId": _CONNECTION, "path": REF}}]},
                {"sources": [{"kind": "warehouse-table", "connectionId": _CONNECTION, "path": REF}]},
                {"tools": [{"kind": "search-service", "connectionId": _CONNECTION, "path": REF}]},
            )
        },
    ),
    CatalogueRow(
        code="statement",
        number="4",
        points_to="tables, functions, sequences and stages named in SQL",
        shape="text",
        resolve="by a reader of the connection's dialect with the same path maps, names and rights in controls too",
        dangling="accepted; the query fails when somebody looks",
        examples={"statement": ({"source": {"kind": "sql", "connectionId": _CONNECTION, "statement": REF}},)},
    ),
    CatalogueRow(
        code="data-model",
        number="5, 10",
        points_to="a data model",
        shape="id",
        resolve="by map.data_models, else the copy made from it",
        dangling="Sigma refuses the document",
        examples={
            "dataModelId": (
                _source("data-model", dataModelId=REF, elementId="e"),
                {"parameters": [{"kind": "data-model", "dataModelId": REF, "controlId": "Region"}]},
                {
                    "filters": [
                        {"source": {"kind": "data-model", "dataModelId": REF, "elementId": "e"}, "columnId": "c"}
                    ]
                },
            )
        },
    ),
    CatalogueRow(
        code="model-element",
        number="6",
        points_to="an element of another data model",
        shape="id",
        when=model_beside,
        needs="dataModelId",
        resolve="by the id read back after copying that model; by name in a mapped model",
        dangling="Sigma refuses the document; a live one breaks when somebody looks",
        examples={"elementId": (_source("data-model", dataModelId=_MODEL, elementId=REF),)},
    ),
    CatalogueRow(
        code="model-grouping",
        number="7",
        points_to="a grouping of another model's element",
        shape="id",
        when=model_beside,
        needs="dataModelId",
        resolve="by the id read back; the word base is dropped by a fix-up",
        dangling="Sigma refuses the document: Grouping not found",
        examples={"groupingId": ({"source": {**_MODEL_ELEMENT, "groupingId": REF}},)},
    ),
    CatalogueRow(
        code="model-column",
        number="8",
        points_to="a column of another model's element",
        shape="id",
        when=model_source,
        needs="source",
        resolve="by the id read back for that element; by name in a mapped model",
        dangling="Sigma refuses the control or shows it blank",
        examples={
            "columnId": (
                {"filters": [{"source": dict(_MODEL_ELEMENT), "columnId": REF}]},
                {"targets": [{"source": dict(_MODEL_ELEMENT), "columnId": REF}]},
            ),
            "displayColumnId": (
                {"source": {"kind": "source", "source": dict(_MODEL_ELEMENT), "columnId": "c", "displayColumnId": REF}},
            ),
        },
    ),
    CatalogueRow(
        code="model-columns",
        number="8",
        points_to="columns of another model's element",
        shape="ids",
        when=model_source,
        needs="source",
        resolve="as model-column",
        dangling="as model-column",
        examples={"columnIds": ({"targets": [{"source": dict(_MODEL_ELEMENT), "columnIds": [REF]}]},)},
    ),
    CatalogueRow(
        code="model-category",
        number="8",
        points_to="columns of the model element that feeds a control",
        shape="object",
        when=valued_by_model,
        needs="source",
        resolve="as model-column",
        dangling="as model-column",
        examples={
            "categories": (
                {"source": {"kind": "source", "source": dict(_MODEL_ELEMENT)}, "categories": [{"columnId": REF}]},
            )
        },
    ),
    CatalogueRow(
        code="warehouse-column",
        number="9",
        points_to="a raw column of a warehouse table",
        shape="name",
        when=warehouse_source,
        needs="source",
        resolve="kept: columns keep their names",
        dangling="a type error in the control",
        examples={
            "columnId": ({"filters": [{"source": dict(_WAREHOUSE), "columnId": REF}]},),
            "displayColumnId": ({"source": {"source": dict(_WAREHOUSE), "columnId": "NAME", "displayColumnId": REF}},),
        },
    ),
    CatalogueRow(
        code="model-control",
        number="11",
        points_to="a control of another data model",
        shape="name",
        when=model_beside,
        needs="dataModelId",
        resolve="control names survive a copy; map.controls renames those of mapped models",
        dangling="Sigma refuses the document: Invalid parameter on control",
        examples={"controlId": ({"parameters": [{"kind": "data-model", "dataModelId": _MODEL, "controlId": REF}]},)},
    ),
)
