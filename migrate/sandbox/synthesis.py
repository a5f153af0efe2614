"""Documents made up so that references resolve: data models others read, and workbooks others link to."""

from __future__ import annotations

from migrate.sandbox.census import ElementNeed, ModelNeed, raw_of
from migrate.sandbox.org import Column, Json, Table
from migrate.sandbox.specs.formulas import written
from migrate.sandbox.specs.names import friendly

LAYOUT = """<?xml version="1.0" encoding="utf-8"?>
<Page type="grid" gridTemplateColumns="repeat(24, 1fr)" gridTemplateRows="auto" id="page-1">
  <Element elementId="note" gridColumn="1 / 25" gridRow="1 / 6"/>
</Page>
"""
NUMBERS = ("amount", "price", "cost", "revenue", "profit", "total", "value", "rate", "balance", "sales", "margin")
COUNTS = ("id", "key", "qty", "quantity", "number", "count", "year", "age", "days")
TIMES = ("date", "time", "month", "at", "since", "timestamp", "day")


def type_of(name: str) -> str:
    """The type that a column's name suggests."""
    words = friendly(name).lower().split()
    if words and words[0] in {"is", "has"}:
        return "boolean"
    last = words[-1] if words else ""
    for kind, hints in (("number", NUMBERS), ("datetime", TIMES), ("integer", COUNTS)):
        if last in hints:
            return kind
    return "text"


def columns_named(names: list[str]) -> list[Column]:
    """Warehouse columns of these raw names, typed by what the names suggest."""
    return [Column(name=name, type=type_of(name)) for name in names]


def plain_workbook(text: str, generation: str) -> Json:
    """A small valid workbook of a generation that holds one text."""
    note = {"id": "note", "kind": "text", "body": text}
    page = {"id": "page-1", "name": "Page 1"}
    if generation == "flat":
        layout = LAYOUT.replace("<Element ", "<LayoutElement ")
        return {"schemaVersion": 1, "pages": [{**page, "elements": [note]}], "layout": layout}
    return {"schemaVersion": 1, "kind": "workbook", "elements": [note], "pages": [page], "layout": LAYOUT}


def model_of(need: ModelNeed, connection_id: str, schema: tuple[str, ...]) -> tuple[Json, list[Table]]:
    """The body of a data model that has all that is asked of it, and the tables it reads (ids still empty)."""
    elements: list[Json] = []
    tables: list[Table] = []
    for number, (element_id, wanted) in enumerate(need.elements.items(), 1):
        element, table = _element(element_id, wanted, connection_id, schema, number)
        elements.append(element)
        tables.append(table)
    taken = {element["id"] for element in elements}
    for control_id in need.controls:
        own_id = f"ctl-{control_id}" if f"ctl-{control_id}" not in taken else f"ctl-{control_id}-2"
        elements.append(
            {"kind": "control", "controlId": control_id, "id": own_id, "controlType": "text", "name": control_id}
        )
    return {"schemaVersion": 1, "pages": [{"id": "page-1", "name": "Page 1", "elements": elements}]}, tables


def _element(
    element_id: str, need: ElementNeed, connection_id: str, schema: tuple[str, ...], number: int
) -> tuple[Json, Table]:
    tail = f"MODEL_TABLE_{number}"
    names = list(need.columns) or ["Id"]
    ids = [*need.column_ids][: len(names)]
    extra = [f"Column {place}" for place in range(len(names), len(need.column_ids))]
    all_ids = [*need.column_ids] if extra else [*ids, *(f"col-{place}" for place in range(len(ids), len(names)))]
    columns = [
        {"id": column_id, "formula": written((tail, name)), "name": name}
        for column_id, name in zip(all_ids, [*names, *extra], strict=True)
    ]
    element: dict[str, Json] = {
        "id": element_id,
        "kind": "table",
        "name": need.names.most_common(1)[0][0] if need.names else f"Element {number}",
        "source": {"kind": "warehouse-table", "connectionId": connection_id, "path": [*schema, tail]},
        "columns": columns,
        "order": [column["id"] for column in columns],
    }
    if need.metrics:
        element["metrics"] = [
            {"id": f"metric-{place}", "formula": "Count()", "name": name} for place, name in enumerate(need.metrics, 1)
        ]
    if need.groupings:
        element["groupings"] = [
            {"id": name, "groupBy": [columns[0]["id"]], "calculations": []} for name in need.groupings
        ]
    raw = list(dict.fromkeys(raw_of(name) for name in [*names, *extra]))
    return element, Table(id="", path=(*schema, tail), columns=columns_named(raw))
