"""What Sigma changes when it stores a document (sigma-specs 2.4, 3.1, 6.2, 10)."""

from __future__ import annotations

from migrate.sandbox.org import Json, Org
from migrate.sandbox.specs.document import Document, columns_of, document_of
from migrate.sandbox.specs.formulas import references, written
from migrate.sandbox.specs.layout import overlapped, overlaps_of, regenerated, without
from migrate.sandbox.specs.names import automatic_element_name, friendly, path_tail, uses_friendly
from migrate.sandbox.specs.remap import remapped
from migrate.sandbox.specs.shape_actions import effects_of, renamed
from migrate.sandbox.specs.trees import copied, objects, text, texts, thing, walk


def normalised(org: Org, kind: str, body: Json, *, salt: str, current: Json = None) -> Json:
    """The body as stored: a new tree. ``salt`` makes remapped ids of one write new; ``current`` is what it replaces."""
    stored = copied(body)
    document = document_of(kind, stored)
    for element in document.elements:
        _befriend(org, element)
        if element.get("visibleAsSource") is True:
            del element["visibleAsSource"]
    if kind == "data-model":
        for element in document.elements:
            _complete(org, element)
        return remapped(org, stored, salt=salt, current=current) if org.switches.model_ids == "remap" else stored
    if renamed(org.switches.spec_date):
        _drop_dead_scopes(document)
    if document.layout is None:
        stored["layout"] = regenerated(document)
    elif overlaps_of(org, document) == "swallow":
        _swallow(document, overlapped(document))
    return stored


def _swallow(document: Document, gone: frozenset[str]) -> None:
    """Lose the overlapped elements without a word (sigma-news 3)."""
    if not gone:
        return
    for holder in (document.body, *document.pages, *document.overlays):
        if isinstance(holder.get("elements"), list):
            holder["elements"] = [item for item in holder["elements"] if text(item, "id") not in gone]
    document.body["layout"] = without(document.layout or "", gone)


def _complete(org: Org, element: Json) -> None:
    if element.get("kind") != "table":
        return
    if element.get("name") is not None and element["name"] == automatic_element_name(org, element):
        del element["name"]
    foldered = {item for folder in objects(element.get("folders")) for item in texts(folder.get("items"))}
    wanted = [text(folder, "id") for folder in objects(element.get("folders"))]
    wanted = [name for name in wanted if name not in foldered]
    summary = set(texts(element.get("summary")))
    wanted += [text(column, "id") for column in columns_of(element) if text(column, "id") not in foldered | summary]
    order = list(texts(element.get("order")))
    element["order"] = order + [name for name in wanted if name not in order]


def _befriend(org: Org, element: Json) -> None:
    """Turn raw references to warehouse columns into their friendly form; SQL aliases stay as they are."""
    tails = {
        path_tail(source)
        for source in walk(element.get("source"))
        if source.get("kind") == "warehouse-table" and uses_friendly(org, text(source, "connectionId"))
    }
    if not tails - {""}:
        return
    for holder in (*columns_of(element), *objects(element.get("metrics"))):
        if isinstance(holder.get("formula"), str):
            holder["formula"] = _friendly_formula(holder["formula"], tails)


def _friendly_formula(formula: str, tails: set[str]) -> str:
    out, end = "", 0
    for found in references(formula):
        parts = found.parts
        raw = len(parts) == 2 and parts[0] in tails and parts[1] == parts[1].upper() and "_" in parts[1]
        replacement = written((parts[0], friendly(parts[1]))) if raw else formula[found.start : found.end]
        out += formula[end : found.start] + replacement
        end = found.end
    return out + formula[end:]


def _drop_dead_scopes(document: Document) -> None:
    """``clear-control``'s old ``page`` is taken and dropped; the click then finds no target page (sigma-specs 3.6)."""
    if not document.lifted:
        return
    for host in (*document.elements, *document.overlays):
        for effect in effects_of(host):
            scope = thing(effect, "scope")
            if effect["effect"] == "clear-control" and scope.get("type") == "page":
                scope.pop("page", None)
