"""New ids for a data model, where the organization does not keep the submitted ones (sigma-specs 6.2).

Every page, element, column, metric, grouping, folder, relationship and filter gets a short id of ten characters, made
anew in each scope: the same column id in two elements becomes two ids. References inside the body follow; controlIds
and whatever points into other documents or at warehouse columns stay.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from migrate.sandbox.name_ids import seed_of
from migrate.sandbox.org import Json, Org
from migrate.sandbox.specs.trees import objects, text, thing

ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-"
DEFINING = (
    "columns",
    "metrics",
    "metricFolders",
    "relationships",
    "filters",
    "folders",
    "groupings",
    "columnSecurities",
)
OWN_KEYS = frozenset({"id", "columnId", "sourceColumnId", "dateColumnId", "displayColumnId"})
OWN_LISTS = frozenset(
    {"order", "items", "groupBy", "calculations", "summary", "metricOrder", "restrictedColumns", "uniqueKeys"}
)


def short_id(org: Org, *parts: str) -> str:
    """A ten character id made from the organization and these parts (sigma-specs 6.1)."""
    number = int.from_bytes(seed_of("short", org.id, *parts), "big")
    digits = ""
    for _ in range(10):
        number, rest = divmod(number, 64)
        digits += ALPHABET[rest]
    return digits


@dataclass(slots=True, kw_only=True)
class NewIds:
    """The new ids of one body: of elements, and by element of all that is defined inside it."""

    elements: dict[str, str] = field(default_factory=dict)
    inside: dict[str, dict[str, str]] = field(default_factory=dict)


def remapped(org: Org, body: Json, *, salt: str, current: Json = None) -> Json:
    """The body with new ids throughout. ``salt`` makes the ids of one document differ from those of another.

    On a replace the ids that the ``current`` body has are kept, and what is new is treated like a create (specs 6.3).
    """
    new = NewIds()
    old = _defined(current)
    for element in (item for page in objects(body.get("pages")) for item in objects(page.get("elements"))):
        name = text(element, "id")
        kept = old.get(name)
        new.elements[name] = name if kept is not None else short_id(org, salt, "element", name)
        new.inside[name] = {
            inner: inner if inner in (kept or ()) else short_id(org, salt, name, inner) for inner in _inner_ids(element)
        }
    known = {text(page, "id") for page in objects(current.get("pages"))} if isinstance(current, dict) else set()
    pages = []
    for page in objects(body.get("pages")):
        elements = [_element(element, new) for element in objects(page.get("elements"))]
        name = text(page, "id")
        page_id = name if name in known else short_id(org, salt, "page", name)
        pages.append({**page, "id": page_id, "elements": elements})
    return {**body, "pages": pages}


def _defined(body: Json) -> dict[str, set[str]]:
    """The ids inside each element of a body, by element id."""
    pages = objects(body.get("pages")) if isinstance(body, dict) else ()
    elements = [element for page in pages for element in objects(page.get("elements"))]
    return {text(element, "id"): set(_inner_ids(element)) for element in elements}


def _inner_ids(element: Json) -> list[str]:
    items = [item for key in DEFINING for item in objects(element.get(key))]
    return [text(item, "id") for item in items if text(item, "id")]


def _element(element: Json, new: NewIds) -> Json:
    own = new.inside[text(element, "id")]
    if element.get("kind") == "control":
        moved = {key: _bound(value, new) for key, value in element.items()}
    else:
        moved = {key: _inside(value, key, own, new) for key, value in element.items()}
    return {**moved, "id": new.elements[text(element, "id")]}


def _inside(value: Json, key: str, own: dict[str, str], new: NewIds) -> Json:
    if key == "source":
        return _bound(value, new)
    if key == "relationships" and isinstance(value, list):
        return [_relationship(item, own, new) for item in value]
    if isinstance(value, dict):
        return {name: _inside(item, name, own, new) for name, item in value.items()}
    if isinstance(value, list):
        return [
            own.get(item, item) if key in OWN_LISTS and isinstance(item, str) else _inside(item, "", own, new)
            for item in value
        ]
    return own.get(value, value) if key in OWN_KEYS and isinstance(value, str) else value


def _relationship(item: Json, own: dict[str, str], new: NewIds) -> Json:
    if not isinstance(item, dict):
        return item
    target = text(item, "targetElementId")
    theirs = new.inside.get(target, {})
    moved = _inside({name: value for name, value in item.items() if name != "keys"}, "", own, new)
    moved["targetElementId"] = new.elements.get(target, target)
    if "keys" in item:
        moved["keys"] = [
            {
                name: theirs.get(value, value)
                if name == "targetColumnId" and isinstance(value, str)
                else _inside(value, name, own, new)
                for name, value in pair.items()
            }
            for pair in objects(item["keys"])
        ]
    return moved


def _bound(value: Json, new: NewIds) -> Json:
    """A source, or what stands beside one: the columns beside a local source belong to the element it names."""
    if isinstance(value, list):
        return [_bound(item, new) for item in value]
    if not isinstance(value, dict) or value.get("kind") == "data-model":
        return value
    moved = {key: _bound(item, new) for key, item in value.items()}
    if isinstance(value.get("elementId"), str):
        name = value["elementId"]
        moved["elementId"] = new.elements.get(name, name)
        if isinstance(value.get("groupingId"), str):
            moved["groupingId"] = new.inside.get(name, {}).get(value["groupingId"], value["groupingId"])
    source = thing(value, "source")
    theirs = new.inside.get(text(source, "elementId"), {}) if source.get("kind") == "table" else {}
    for key in ("columnId", "displayColumnId", "columnToTranspose", "valueColumn"):
        if isinstance(value.get(key), str):
            moved[key] = theirs.get(value[key], value[key])
    return moved
