"""Folding a workbook of an older generation forward to what the target accepts.

The table is sigma-specs section 1; nothing is ever folded back. ``document`` and ``contents`` hold the
same inner document under another key, so between them only action spellings may still be old.
Every fold is named and counted, so that the report can say what was changed besides references.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from migrate.bundle.layout_fold import fold_layout
from migrate.bundle.spec import Spec
from migrate.tree import Json
from migrate.words import Generation

ORDER: tuple[Generation, ...] = ("flat", "document", "contents")

_OVERLAY_TYPES = frozenset({"modal", "drawer", "popover"})
_THEME = {"themeName": "name", "themeOverrides": "overrides"}
_MAP_SLOTS = ("region", "latitude", "longitude", "geography")
_PARTITION_CHARTS = frozenset({"pie-chart", "donut-chart"})

_EFFECT_KEYS: Mapping[str, Mapping[str, str]] = {
    "insert-rows": {"table": "tableElementId"},
    "update-rows": {"table": "tableElementId"},
    "delete-rows": {"table": "tableElementId"},
    "set-form-values": {"form": "formElementId"},
    "reset-form": {"form": "formElementId"},
    "select-tab": {"tabbedContainer": "tabbedContainerElementId"},
    "open-document": {"document": "documentId"},
    "trigger-plugin": {"pluginElement": "pluginElementId", "pluginEffect": "pluginEffectId"},
}
_SCOPE_KEYS = {"control": "controlId", "container": "containerElementId", "page": "pageId"}
_VALUE_KEYS = {"column": {"column": "columnId"}, "column-range": {"min": "minColumnId", "max": "maxColumnId"}}


class CannotFold(ValueError):
    """The document cannot be brought to the target's generation: there is no way back, or it has no known shape."""


def fold(spec: Spec, to: Generation) -> tuple[Spec, Mapping[str, int]]:
    """The spec in the target's generation, and how often each named fold was applied.

    Data models and equal generations pass unchanged. Raises CannotFold where the target is older,
    except that ``contents`` goes back to ``document``, whose inner document is the same.
    """
    if spec.key.kind == "data-model" or spec.generation == to:
        return spec, {}
    if to == "flat":
        raise CannotFold(f"the workbook is of generation {spec.generation}, the target only accepts flat")
    counts: Counter[str] = Counter()
    body = _lift(spec.body, counts) if _inside_pages(spec) else spec.body
    if isinstance(body.get("elements"), list):
        body = {**body, "elements": [_element(element, counts) for element in body["elements"]]}
    if isinstance(body.get("overlays"), list):
        body["overlays"] = [_with_actions(overlay, counts) for overlay in body["overlays"]]
    return replace(spec, generation=to, body=body), dict(counts)


def _inside_pages(spec: Spec) -> bool:
    """Whether elements stand inside pages: always when flat, and for some days in ``document`` (sigma-specs 1)."""
    return spec.generation == "flat" or any(isinstance(p, dict) and "elements" in p for p in spec.body.get("pages", []))


def _lift(body: Json, counts: Counter[str]) -> Json:
    """The body with its pages' elements at document level, overlays apart, theme under settings."""
    elements: list[Json] = list(body.get("elements") or [])
    pages: list[Json] = []
    overlays: list[Json] = list(body.get("overlays") or [])
    members: list[tuple[str, list[str]]] = []
    known_overlays, known_elements = len(overlays), len(elements)
    for page in body.get("pages", []):
        inside = page.get("elements") or [] if isinstance(page, dict) else None
        if not isinstance(inside, list):
            raise CannotFold("its pages are no objects with a list of elements")
        counts["page-layouts-dropped"] += "layout" in page  # no server ever read it (sigma-specs 8.2)
        elements.extend(inside)
        members.append((str(page.get("id", "")), [str(e.get("id", "")) for e in inside if isinstance(e, dict)]))
        shell = {k: v for k, v in page.items() if k not in ("elements", "layout")}
        (overlays if page.get("type") in _OVERLAY_TYPES else pages).append(shell)
    counts["elements-lifted"] += len(elements) - known_elements
    counts["overlays-lifted"] += len(overlays) - known_overlays
    known = {"pages", "elements", "overlays", "layout", "themeName", "themeOverrides", "kind", "schemaVersion"}
    out: dict[str, Json] = {
        "schemaVersion": body.get("schemaVersion", 1),
        "kind": body.get("kind", "workbook"),
        "elements": elements,
        "pages": pages,
        **{k: v for k, v in body.items() if k not in known},
    }
    if overlays:
        out["overlays"] = overlays
    theme = {new: body[old] for old, new in _THEME.items() if body.get(old) is not None}
    if theme:
        counts["theme-to-settings"] += 1
        settings = body.get("settings") or {}
        out["settings"] = {**settings, "theme": {**theme, **(settings.get("theme") or {})}}
    out["layout"] = fold_layout(body.get("layout"), members, counts)
    return out


def _element(element: Json, counts: Counter[str]) -> Json:
    """One element with today's spellings of its slots."""
    if not isinstance(element, dict):
        return element
    out = dict(element)
    kind = out.get("kind", "")
    for slot in ("xAxis", *_MAP_SLOTS):
        _rename_slot(out, slot, counts)
    if kind == "kpi-chart":
        _rename_slot(out, "value", counts)
        if isinstance(out.get("layout"), dict) and out["layout"].get("anchor") == "middle":
            out["layout"] = {**out["layout"], "anchor": "center"}
            counts["kpi-anchor"] += 1
    if kind in _PARTITION_CHARTS:
        for slot in ("value", "color"):
            _rename_slot(out, slot, counts)
    for slot in ("yAxis", "yAxis2"):
        if isinstance(out.get(slot), list):
            out[slot] = {"columnIds": [_axis_entry(entry) for entry in out[slot]]}
            counts["axis-columns"] += 1
    if kind == "pivot-table":
        for slot in ("rowsBy", "columnsBy"):
            if isinstance(out.get(slot), list):
                out[slot] = [_column_id(entry, counts) for entry in out[slot]]
    if kind == "image" and isinstance(out.get("url"), str) and "source" not in out:
        out = {k: v for k, v in out.items() if k != "url"} | {"source": {"kind": "url", "url": out["url"]}}
        counts["image-source"] += 1
    background = out.get("backgroundImage")
    if isinstance(background, dict) and "url" in background and "source" not in background:
        rest = {k: v for k, v in background.items() if k != "url"}
        out["backgroundImage"] = {"source": {"kind": "url", "url": background["url"]}, **rest}
        counts["image-source"] += 1
    return _with_actions(out, counts)


def _rename_slot(element: dict[str, Json], slot: str, counts: Counter[str]) -> None:
    """Exchanges ``{id}`` for ``{columnId}`` in one slot of an element the caller owns."""
    if slot in element:
        element[slot] = _column_id(element[slot], counts)


def _column_id(value: Json, counts: Counter[str]) -> Json:
    if not isinstance(value, dict) or "id" not in value or "columnId" in value:
        return value
    counts["column-slots"] += 1
    return {("columnId" if name == "id" else name): inner for name, inner in value.items()}


def _axis_entry(entry: Json) -> Json:
    """A bare id where nothing but the id was said, else an object with ``columnId``."""
    if not isinstance(entry, dict) or "id" not in entry:
        return entry
    return entry["id"] if len(entry) == 1 else {("columnId" if k == "id" else k): v for k, v in entry.items()}


def _with_actions(host: Json, counts: Counter[str]) -> Json:
    if not isinstance(host, dict) or not isinstance(host.get("actions"), list):
        return host
    actions = [
        {**action, "effects": [_effect(effect, counts) for effect in action["effects"]]}
        if isinstance(action, dict) and isinstance(action.get("effects"), list)
        else action
        for action in host["actions"]
    ]
    return {**host, "actions": actions}


def _effect(effect: Json, counts: Counter[str]) -> Json:
    """One effect with the spellings of late August 2026; branches of ``if-else`` recursively."""
    if not isinstance(effect, dict):
        return effect
    name = effect.get("effect") or effect.get("kind") or effect.get("type") or ""
    out = _renamed(effect, _EFFECT_KEYS.get(str(name), {}), counts)
    if name == "clear-control":
        if isinstance(out.get("scope"), dict):
            out["scope"] = _renamed(out["scope"], _SCOPE_KEYS, counts)
        else:
            out = _renamed(out, _SCOPE_KEYS, counts)
    if isinstance(out.get("whichRows"), dict):
        out["whichRows"] = _renamed(out["whichRows"], {"column": "columnId"}, counts)
    for slot, value in out.items():
        if slot in ("value", "values", "primaryKeys", "whichRows", "targetControls"):
            out[slot] = _values(value, counts)
        elif isinstance(value, list) and slot in ("effects", "then", "else"):
            out[slot] = [_effect(inner, counts) for inner in value]
        elif slot in ("if", "branches"):
            out[slot] = _branches(value, counts)
    return out


def _branches(value: Json, counts: Counter[str]) -> Json:
    if isinstance(value, list):
        return [_branches(inner, counts) for inner in value]
    if isinstance(value, dict):
        return {
            slot: [_effect(e, counts) for e in inner]
            if slot in ("effects", "then", "else")
            else _branches(inner, counts)
            for slot, inner in value.items()
        }
    return value


def _values(value: Json, counts: Counter[str]) -> Json:
    """Action values at any depth with their column keys renamed."""
    if isinstance(value, list):
        return [_values(inner, counts) for inner in value]
    if not isinstance(value, dict):
        return value
    renames = _VALUE_KEYS.get(str(value.get("type", "")), {})
    return {slot: _values(inner, counts) for slot, inner in _renamed(value, renames, counts).items()}


def _renamed(tree: dict[str, Json], keys: Mapping[str, str], counts: Counter[str]) -> dict[str, Json]:
    hits = [old for old, new in keys.items() if old in tree and new not in tree]
    if not hits:
        return dict(tree)
    counts["action-keys"] += len(hits)
    return {(keys[name] if name in hits else name): value for name, value in tree.items()}
