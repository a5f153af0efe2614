"""The shape of elements: what each kind needs, and the older spellings newer generations refuse (sigma-specs 1, 2.2).

Buttons, controls, images, input tables and pivots are *masked*: whatever is wrong inside them, the message only
names the kind of the host (sigma-specs 8.1).
"""

from __future__ import annotations

from collections.abc import Callable

from migrate.sandbox.org import Json, SpecDate
from migrate.sandbox.specs.calendar import check_element
from migrate.sandbox.specs.fields import optional_objects, required_objects, required_text
from migrate.sandbox.specs.outcome import Stop, shown, shown_at
from migrate.sandbox.specs.shape_sources import MODEL_SOURCES, REQUIRED, check_source
from migrate.sandbox.specs.trees import objects, text, thing

MODEL_CONTROLS = frozenset(
    {"checkbox", "switch", "text", "text-area", "number", "number-range", "date", "date-range", "top-n", "list"}
    | {"segmented", "hierarchy", "slider", "range-slider"}
)
WORKBOOK_CONTROLS = MODEL_CONTROLS | {"drill", "legend", "synced", "file-upload"}
SYSTEM_COLUMNS = frozenset({"ID", "CREATED_AT", "CREATED_BY", "UPDATED_AT", "UPDATED_BY"})
MASKED = frozenset({"button", "control", "image", "input-table", "pivot-table"})
SOURCED = frozenset(
    {"table", "pivot-table", "kpi-chart", "area-chart", "line-chart", "bar-chart", "combo-chart", "scatter-chart"}
    | {"pie-chart", "donut-chart", "waterfall-chart", "geography-map", "point-map", "region-map"}
)
WORKBOOK_SOURCES = frozenset(REQUIRED)
MAP_SLOTS = ("region", "geography", "latitude", "longitude")
AXIS_CHARTS = frozenset({"area-chart", "line-chart", "bar-chart", "combo-chart", "scatter-chart", "waterfall-chart"})


def check_data_model_element(element: Json) -> None:
    """Raise Stop where a data model element is neither a table nor a control of the right shape."""
    if element["kind"] not in {"table", "control"}:
        raise Stop(f"Invalid kind: {shown(element['kind'])}")
    if element["kind"] == "control":
        _masked(element, lambda: _check_control(element, MODEL_CONTROLS))
        return
    required_text(element, "id")
    _check_columns(element, formula_needed=True)
    check_source(element, allowed=MODEL_SOURCES)
    optional_objects(element, "metrics", needed=("id", "formula"))
    optional_objects(element, "relationships", needed=("id", "targetElementId"))
    optional_objects(element, "filters", needed=("columnId", "kind"))
    for index, item in enumerate(objects(element.get("relationships"))):
        required_objects(item, "keys", needed=("sourceColumnId", "targetColumnId"), path=f"relationships[{index}].")


def check_workbook_element(element: Json, generation: str, date: SpecDate = "") -> None:
    """Raise Stop where an element lacks what its kind needs, or is spelt the way this generation no longer takes."""
    kind = element["kind"]
    if kind in MASKED:
        _masked(element, lambda: _check_by_kind(element, kind, generation, date))
    else:
        _check_by_kind(element, kind, generation, date)
    _check_title(element)


def _masked(element: Json, checks: Callable[[], None]) -> None:
    try:
        checks()
    except Stop as stop:
        raise Stop(f"Invalid kind: {shown(element['kind'])}") from stop


def _check_by_kind(element: Json, kind: str, generation: str, date: SpecDate) -> None:
    modern = generation != "flat"
    if kind in SOURCED:
        check_source(element, allowed=WORKBOOK_SOURCES)
        _check_columns(element, formula_needed=True)
    elif "columns" in element:
        _check_columns(element, formula_needed=False)
    optional_objects(element, "filters", needed=() if kind == "control" else ("columnId", "kind"))
    optional_objects(element, "sort", needed=("columnId",))
    extra = {
        "control": _check_workbook_control,
        "input-table": _check_input_table,
        "image": _check_image,
        "kpi-chart": _check_kpi,
        "pivot-table": _check_pivot,
    }.get(kind)
    if extra is not None:
        extra(element, modern=modern)
    if modern:
        _check_modern_slots(element, kind)
        check_element(element, date)
    if modern and not date:
        _check_mixed_slots(element, kind, generation)


def _check_columns(element: Json, *, formula_needed: bool) -> None:
    required_objects(element, "columns", needed=("id", "formula") if formula_needed else ("id",))


def _check_title(element: Json) -> None:
    for key in ("name", "title"):
        value = element.get(key)
        if isinstance(value, dict) and value.get("visibility") == "hidden" and value.get("text"):
            raise Stop(f"{key}: cannot mix visibility: 'hidden' with title content")
        if key == "name" and key in element and not isinstance(value, (str, dict, type(None))):
            raise Stop(f"{key}: Invalid string: {shown(value)}")


def _check_workbook_control(element: Json, *, modern: bool) -> None:
    del modern  # controls kept their keys through every generation
    _check_control(element, WORKBOOK_CONTROLS)


def _check_control(element: Json, types: frozenset[str]) -> None:
    for key in ("id", "controlId", "controlType"):
        required_text(element, key)
    if element["controlType"] not in types:
        raise Stop(f"controlType: Invalid type: {shown(element['controlType'])}")
    optional_objects(element, "filters", needed=())
    optional_objects(element, "parameters", needed=("dataModelId", "controlId"))
    for item in objects(element.get("filters")):
        check_source(item, allowed=WORKBOOK_SOURCES)
    if thing(element, "source").get("kind") == "source":
        check_source(thing(element, "source"), allowed=WORKBOOK_SOURCES)


def _check_input_table(element: Json, *, modern: bool) -> None:
    del modern  # as above
    source = thing(element, "source")
    if text(source, "kind") not in {"empty", "linked"}:
        raise Stop(f"Invalid kind: {shown_at(source, 'kind')}")
    required_text(source, "connectionId" if source["kind"] == "empty" else "from", "source.")


def check_system_columns(element: Json) -> None:
    """Raise Stop where an input table gives one of its system columns a type or a formula (sigma-specs 7)."""
    for column in objects(element.get("columns")):
        if text(column, "id") in SYSTEM_COLUMNS and {"type", "formula"} & column.keys():
            raise Stop(f"system column '{column['id']}' cannot set type or formula")


def _check_image(element: Json, *, modern: bool) -> None:
    source = element.get("source")
    if not modern and source is None:
        return
    if not isinstance(source, dict) or "url" in element:
        raise Stop(f"source: Invalid value: {shown_at(element, 'source')}")
    _check_picture(source, "source")


def _check_picture(source: Json, path: str) -> None:
    key = {"url": "url", "upload": "key"}.get(str(source.get("kind")))
    if key is None:
        raise Stop(f"{path}: Invalid kind: {shown_at(source, 'kind')}")
    required_text(source, key, f"{path}.")


def _check_kpi(element: Json, *, modern: bool) -> None:
    value = element.get("value")
    known = isinstance(value, dict) and (not modern or isinstance(value.get("columnId"), str))
    if not known:
        raise Stop(f"value.columnId: Invalid string: {shown_at(value, 'columnId')}")


def _check_pivot(element: Json, *, modern: bool) -> None:
    if not modern:
        return
    for key in ("rowsBy", "columnsBy"):
        optional_objects(element, key)


def _check_modern_slots(element: Json, kind: str) -> None:
    """Refuse the flat spellings of the folding table (sigma-specs 1) where a newer one took their place."""
    if kind in AXIS_CHARTS:
        _check_axes(element)
    image = element.get("backgroundImage")
    if isinstance(image, dict):
        if not isinstance(image.get("source"), dict):
            raise Stop(f"backgroundImage.source: Invalid value: {shown_at(image, 'source')}")
        _check_picture(image["source"], "backgroundImage.source")


def _check_mixed_slots(element: Json, kind: str, generation: str) -> None:
    """What is refused without a date: maps and pivots of before September, in ``contents`` pies and anchors too."""
    if kind.endswith("-map"):
        for key in MAP_SLOTS:
            _check_slot(element, key)
    if kind == "pivot-table":
        for key in ("rowsBy", "columnsBy"):
            optional_objects(element, key, needed=("columnId",))
    if generation != "contents":
        return
    if kind in {"pie-chart", "donut-chart"}:
        for key in ("value", "color"):
            _check_slot(element, key)
    if kind == "kpi-chart" and thing(element, "layout").get("anchor") == "middle":
        raise Stop('layout.anchor: Invalid value: "middle"')


def _check_axes(element: Json) -> None:
    _check_slot(element, "xAxis")
    for key in ("yAxis", "yAxis2"):
        axis = element.get(key)
        if isinstance(axis, list) or (isinstance(axis, dict) and "id" in axis and "columnIds" not in axis):
            raise Stop(f"{key}.columnIds: Invalid array: {shown_at(axis, 'columnIds')}")


def _check_slot(element: Json, key: str) -> None:
    slot = element.get(key)
    if isinstance(slot, dict) and "id" in slot and "columnId" not in slot:
        raise Stop(f"{key}.columnId: Invalid string: undefined")
