"""The shape of sources: closed unions, the nested legs narrower than the outer one (sigma-specs 2.3, 3.5)."""

from __future__ import annotations

from migrate.sandbox.org import Json
from migrate.sandbox.specs.outcome import Stop, shown_at

REQUIRED: dict[str, tuple[tuple[str, str], ...]] = {
    "warehouse-table": (("connectionId", "string"), ("path", "array")),
    "sql": (("connectionId", "string"), ("statement", "string")),
    "table": (("elementId", "string"),),
    "data-model": (("dataModelId", "string"), ("elementId", "string")),
    "join": (("joins", "array"),),
    "union": (("sources", "array"), ("matches", "array")),
    "transpose": (("source", "object"), ("direction", "string")),
    "csv-table": (("inodeId", "string"),),
    "metric-view": (("connectionId", "string"), ("path", "array")),
    "semantic-view": (("connectionId", "string"), ("path", "array")),
    "code-output": (("elementId", "string"), ("output", "string")),
}
MODEL_SOURCES = frozenset({"warehouse-table", "sql", "table", "data-model", "join", "union", "transpose"})
LEGS = frozenset({"warehouse-table", "table", "data-model"})
TYPES: dict[str, type] = {"string": str, "array": list, "object": dict}


def check_source(element: Json, *, allowed: frozenset[str], key: str = "source", path: str = "") -> None:
    """Raise Stop where the source under a key of this holder is none of the allowed kinds or lacks what it needs."""
    source = element.get(key)
    place = f"{path}{key}"
    if not isinstance(source, dict):
        raise Stop(f"{place}: Invalid object: {shown_at(element, key)}")
    kind = source.get("kind")
    if not isinstance(kind, str) or kind not in allowed:
        raise Stop(f"Invalid kind: {shown_at(source, 'kind')}")
    for name, sort in REQUIRED[kind]:
        if not isinstance(source.get(name), TYPES[sort]):
            raise Stop(f"{place}.{name}: Invalid {sort}: {shown_at(source, name)}")
    if "path" in dict(REQUIRED[kind]):
        _check_path(source, place)
    _check_legs(source, kind, place)


def _check_path(source: Json, place: str) -> None:
    for index, part in enumerate(source["path"]):
        if not isinstance(part, str):
            raise Stop(f"{place}.path[{index}]: Invalid string: {shown_at({'part': part}, 'part')}")


def _check_legs(source: Json, kind: str, place: str) -> None:
    if kind == "join":
        for index, join in enumerate(source["joins"]):
            _check_join(join, f"{place}.joins[{index}]")
        if "primarySource" in source:
            check_source(source, allowed=LEGS, key="primarySource", path=f"{place}.")
    elif kind == "union":
        for index, leg in enumerate(source["sources"]):
            check_source({"leg": leg}, allowed=LEGS, key="leg", path=f"{place}.sources[{index}].")
    elif kind == "transpose":
        check_source(source, allowed=LEGS, path=f"{place}.")


def _check_join(join: Json, place: str) -> None:
    if not isinstance(join, dict):
        raise Stop(f"{place}: Invalid object: {shown_at({'join': join}, 'join')}")
    check_source(join, allowed=LEGS, key="left", path=f"{place}.")
    check_source(join, allowed=LEGS, key="right", path=f"{place}.")
    columns = join.get("columns")
    if not isinstance(columns, list):
        raise Stop(f"{place}.columns: Invalid array: {shown_at(join, 'columns')}")
    for index, pair in enumerate(columns):
        for side in ("left", "right"):
            if not isinstance(pair, dict) or not isinstance(pair.get(side), str):
                raise Stop(f"{place}.columns[{index}].{side}: Invalid string: {shown_at(pair, side)}")
