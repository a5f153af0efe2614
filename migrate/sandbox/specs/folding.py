"""The same stored document in the flat form of before August 2026 and in the newer one (sigma-specs 1).

Sigma keeps one document and answers in the form of the day; which form the body was written in does not matter.
"""

from __future__ import annotations

import re

from migrate.sandbox.org import Json
from migrate.sandbox.specs.document import OVERLAY_TYPES, document_of
from migrate.sandbox.specs.layout import completed, pages_of
from migrate.sandbox.specs.shape_actions import respell_actions
from migrate.sandbox.specs.trees import copied, objects, text, thing

TAGS = {"LayoutElement": "Element", "GridContainer": "Container"}
SLOTS = {
    "xAxis": ("-chart",),
    "value": ("kpi-chart", "pie-chart", "donut-chart"),
    "color": ("pie-chart", "donut-chart"),
    **dict.fromkeys(("region", "latitude", "longitude", "geography"), ("-map",)),
}


def folded(flat: dict[str, Json], kind: str = "workbook") -> dict[str, Json]:
    """A flat body in the newer form: elements lifted, overlay pages split off, theme moved, old spellings renewed."""
    body = copied(flat)
    pages = list(objects(body.pop("pages", [])))
    elements = [element for page in pages for element in objects(page.pop("elements", []))]
    overlays = [page for page in pages if text(page, "type") in OVERLAY_TYPES]
    for host in (*elements, *overlays):
        _renew(host)
    new: dict[str, Json] = {"schemaVersion": body.pop("schemaVersion", 1), "kind": kind}
    body.pop("kind", None)
    new["pages"] = [page for page in pages if text(page, "type") not in OVERLAY_TYPES]
    new["elements"] = elements
    if overlays:
        new["overlays"] = overlays
    theme = {"name": body.pop("themeName", None), "overrides": body.pop("themeOverrides", None)}
    theme = {key: value for key, value in theme.items() if value is not None}
    if theme:
        new["settings"] = {"theme": theme}
    homes = pages_of(document_of("workbook", flat))
    new = {**new, **body}
    if isinstance(body.get("layout"), str):
        new["layout"] = _retagged(body["layout"], TAGS)
    new["layout"] = completed(document_of("workbook", new), homes)
    return new


def unfolded(body: dict[str, Json]) -> dict[str, Json]:
    """A newer body in the flat form; what the flat form had no place for stays where it is."""
    document = document_of("workbook", copied(body))
    homes = pages_of(document)
    first = text(document.pages[0], "id") if document.pages else ""
    flat = {key: value for key, value in document.body.items() if key not in {"elements", "pages", "overlays"}}
    pages = []
    for page in (*document.pages, *document.overlays):
        mine = [item for item in document.elements if homes.get(text(item, "id"), first) == text(page, "id")]
        pages.append({**page, "elements": mine})
    flat["pages"] = pages
    settings = thing(flat, "settings")
    theme = settings.pop("theme", None)
    if isinstance(theme, dict):
        names = {"name": "themeName", "overrides": "themeOverrides"}
        flat.update({new: theme[old] for old, new in names.items() if old in theme})
    if not settings:
        flat.pop("settings", None)
    if isinstance(flat.get("layout"), str):
        flat["layout"] = _retagged(flat["layout"], {new: old for old, new in TAGS.items()})
    return flat


def _retagged(layout: str, tags: dict[str, str]) -> str:
    names = "|".join(tags)
    return re.sub(rf"(</?)({names})\b", lambda match: match.group(1) + tags[match.group(2)], layout)


def _renew(element: Json) -> None:
    kind = text(element, "kind")
    for key, endings in SLOTS.items():
        slot = element.get(key)
        if kind.endswith(endings) and isinstance(slot, dict) and "id" in slot and "columnId" not in slot:
            element[key] = {("columnId" if name == "id" else name): value for name, value in slot.items()}
    if kind.endswith("-chart"):
        for key in ("yAxis", "yAxis2"):
            if isinstance(element.get(key), list):
                element[key] = {"columnIds": [_axis_column(item) for item in element[key]]}
    if kind == "pivot-table":
        for key in ("rowsBy", "columnsBy"):
            for item in objects(element.get(key)):
                if "id" in item and "columnId" not in item:
                    item["columnId"] = item.pop("id")
    _renew_pictures(element, kind)
    respell_actions(element, "")


def _axis_column(item: Json) -> Json:
    if not isinstance(item, dict):
        return item
    rest = {key: value for key, value in item.items() if key not in {"id", "columnId"}}
    column_id = item.get("columnId", item.get("id"))
    return {"columnId": column_id, **rest} if rest else column_id


def _renew_pictures(element: Json, kind: str) -> None:
    if kind == "image" and "url" in element and "source" not in element:
        element["source"] = {"kind": "url", "url": element.pop("url")}
    image = element.get("backgroundImage")
    if isinstance(image, dict) and "url" in image and "source" not in image:
        image["source"] = {"kind": "url", "url": image.pop("url")}
    layout = thing(element, "layout")
    if kind == "kpi-chart" and layout.get("anchor") == "middle":
        layout["anchor"] = "center"
