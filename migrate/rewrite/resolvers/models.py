"""References to data models: their ids, elements, groupings, columns and controls."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from migrate.rewrite.catalogue.walk import ReferenceSite
from migrate.rewrite.drafting import Drafting, Resolver
from migrate.rewrite.model import ColumnId, DocumentId, ElementId, ElementIds, GroupingId, Hole, Wanted
from migrate.rewrite.text.url import to_uuid
from migrate.tree import Json, Path


def _model_id(drafting: Drafting, value: Json) -> str:
    """The id of a model of the source, which may be written in base62 as in an address."""
    text = value if isinstance(value, str) else ""
    uuid = to_uuid(text)
    if uuid is None or text in drafting.context.models or drafting.context.has("data-model", text) is not None:
        return text
    return uuid


def data_model(site: ReferenceSite, drafting: Drafting) -> None:
    """A data model: the existing one the plan maps it to, else the copy of this run."""
    identity = _model_id(drafting, site.value)
    to = drafting.context.models.get(identity)
    if to is not None:
        drafting.mapped(site, to.id)
        return
    key = drafting.context.has("data-model", identity)
    if key is not None:
        drafting.hole(site, Hole(path=site.path, key=key, wants=DocumentId()))
        return
    what = drafting.context.known.get(identity, f"data model {site.value!r}, which the source does not show")
    fix = "select it, set dependencies: include, or map it in map.data_models"
    message = f"it reads {what}, which is neither in scope nor mapped"
    drafting.refuse(site, "unresolved_model", message, fix, drafting.called(identity))


def model_element(site: ReferenceSite, drafting: Drafting) -> None:
    """An element of another model, named beside the model's id."""
    _inner(site, drafting, site.node, "element", site.value, "")


def model_grouping(site: ReferenceSite, drafting: Drafting) -> None:
    """A grouping of another model's element."""
    _inner(site, drafting, site.node, "grouping", str(site.node.get("elementId", "")), site.value)


def model_column(site: ReferenceSite, drafting: Drafting) -> None:
    """A column of another model's element, which the neighbouring ``source`` names."""
    source = site.node["source"]
    _inner(site, drafting, source, "column", str(source.get("elementId", "")), site.value)


def model_category(site: ReferenceSite, drafting: Drafting) -> None:
    """The columns by which a control with values from another model shows categories."""
    source = site.node["source"]["source"]
    for index, category in enumerate(site.value if isinstance(site.value, list) else []):
        column = category.get("columnId") if isinstance(category, dict) else None
        if isinstance(column, str):
            one = ReferenceSite(site.row, (*site.path, index, "columnId"), column, category)
            _inner(one, drafting, source, "column", str(source.get("elementId", "")), column)


def _inner(
    site: ReferenceSite,
    drafting: Drafting,
    source: Mapping[str, Json],
    kind: Literal["element", "grouping", "column"],
    element: str,
    inner: str,
) -> None:
    identity = _model_id(drafting, source.get("dataModelId"))
    to = drafting.context.models.get(identity)
    if to is not None:
        after = _id_in(to.elements.get(element), kind, inner)
        if after is not None:
            drafting.mapped(site, after, by_name=True)
            return
        gap = next((gap for gap in to.gaps if repr(element) in gap or repr(inner or element) in gap), "")
        message = f"{kind} {inner or element!r} has no counterpart in model {to.name!r}" + (f": {gap}" if gap else "")
        fix = "add it to that model, or copy the model instead of mapping it"
        drafting.refuse(site, "model_gap", message, fix, f"{to.name}: {inner or element}")
        return
    key = drafting.context.has("data-model", identity)
    if key is None:
        drafting.note(site, "unknown", note="its data model is neither in scope nor mapped")
    elif _dangles(drafting, identity, element, inner):
        message = f"{kind} {inner or element!r} is not in data model {identity}: broken in the source already"
        drafting.note(site, "unknown", note=message)
        drafting.dangling(site.path, message, _entry(site.path))
    else:
        drafting.hole(site, Hole(path=site.path, key=key, wants=_wanted(kind, element, inner)))


def _wanted(kind: Literal["element", "grouping", "column"], element: str, inner: str) -> Wanted:
    match kind:
        case "element":
            return ElementId(element=element)
        case "grouping":
            return GroupingId(element=element, grouping=inner)
        case "column":
            return ColumnId(element=element, column=inner)


def _id_in(ids: ElementIds | None, kind: str, inner: str) -> str | None:
    if ids is None:
        return None
    return ids.id if kind == "element" else (ids.groupings if kind == "grouping" else ids.columns).get(inner)


def _entry(path: Path) -> Path | None:
    """The filter or target in which a reference stands: that can be left out, what an element reads cannot."""
    sizes = (size for size in range(len(path), 1, -1) if path[size - 2] in ("filters", "targets"))
    return next((path[:size] for size in sizes if isinstance(path[size - 1], int)), None)


def _dangles(drafting: Drafting, model: str, element: str, inner: str) -> bool:
    outline = drafting.context.sources.outlines.get(model)
    if outline is None:
        return False
    return element not in outline or (inner != "" and inner not in outline[element])


def model_control(site: ReferenceSite, drafting: Drafting) -> None:
    """A control of another model: names survive a copy; those of a mapped model may be called otherwise."""
    to = drafting.context.models.get(_model_id(drafting, site.node.get("dataModelId")))
    if to is None:
        drafting.note(site, "opaque", note="control names survive a copy")
        return
    after = to.controls.get(site.value)
    if after is not None:
        drafting.mapped(site, after, by_name=True)
        return
    message = f"control {site.value!r} has no counterpart in model {to.name!r}"
    fix = "add it to that model, or name its counterpart in map.controls"
    drafting.refuse(site, "model_gap", message, fix, f"{to.name}: {site.value}")


def warehouse_column(site: ReferenceSite, drafting: Drafting) -> None:
    """A raw column of a warehouse table keeps its name."""
    drafting.note(site, "opaque", note="columns keep their names")


SETTLE: Mapping[str, Resolver] = {
    "data-model": data_model,
    "model-element": model_element,
    "model-grouping": model_grouping,
    "model-column": model_column,
    "model-columns": model_column,
    "model-category": model_category,
    "model-control": model_control,
    "warehouse-column": warehouse_column,
}
