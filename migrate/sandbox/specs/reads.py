"""What the reads beside the spec answer: elements, columns with types, queries, pages, controls (sigma-api 5.3)."""

from __future__ import annotations

from collections.abc import Iterator

import orjson

from migrate.sandbox.org import Inode, Json, Member, Org
from migrate.sandbox.specs.column_types import Typing, first_error
from migrate.sandbox.specs.document import Document, columns_of, document_of, latest, shown_names
from migrate.sandbox.specs.evaluate import Value
from migrate.sandbox.specs.layout import overlapped
from migrate.sandbox.specs.names import column_name
from migrate.sandbox.specs.rows import Shown
from migrate.sandbox.specs.statements import query_errors
from migrate.sandbox.specs.trees import text, texts, thing, walk

TYPES = {
    "table": "table",
    "pivot-table": "pivot-table",
    "input-table": "input-table",
    "control": "control",
    "text": "text",
}
CONTROL_TYPES = {
    "checkbox": "boolean",
    "switch": "boolean",
    "number": "number",
    "slider": "number",
    "top-n": "number",
    "number-range": "number-range",
    "range-slider": "number-range",
    "date": "date",
    "date-range": "date-range",
}
LIST_TYPES = frozenset({"text", "number", "date", "boolean"})


def columns(org: Org, inode: Inode) -> list[Json]:
    """Every column of every element: ``{elementId, columnId, name, label, formula, type: {type}}``."""
    document = document_of(inode.type, latest(inode))
    typing = Typing(org=org, document=document)
    return [item for element in document.elements for item in _columns(typing, document, element)]


def element_columns(org: Org, inode: Inode, element_id: str) -> list[Json]:
    """The columns of one element: ``{columnId, label, formula, type: {type}}``; none where there is no such element."""
    document = document_of(inode.type, latest(inode))
    element = document.by_id.get(element_id)
    if element is None:
        return []
    keys = ("columnId", "label", "formula", "type")
    items = _columns(Typing(org=org, document=document), document, element)
    return [{key: item[key] for key in keys} for item in items]


def _columns(typing: Typing, document: Document, element: Json) -> Iterator[dict[str, Json]]:
    for column in columns_of(element):
        name = column_name(column)
        typed = typing.of(document, element, column)
        yield {
            "elementId": text(element, "id"),
            "columnId": text(column, "id"),
            "name": name,
            "label": name,
            "formula": text(column, "formula"),
            "type": {"type": typed.type},
        }


def elements(org: Org, inode: Inode) -> list[Json]:
    """Every element: ``{elementId, name?, type, columns, vizualizationType?, error?}``; the misspelling is Sigma's."""
    document = document_of(inode.type, latest(inode))
    typing = Typing(org=org, document=document)
    found = []
    unseen = overlapped(document) if org.switches.overlaps in ("unrender", "sometimes") else frozenset()
    for element in document.elements:
        if text(element, "id") in unseen:
            continue  # accepted and not rendered (sigma-news 3)
        item: dict[str, Json] = {"elementId": text(element, "id")}
        names = shown_names(org, element, document)
        if names:
            item["name"] = names[0]
        item.update(_typed(text(element, "kind")))
        item["columns"] = [column_name(column) for column in columns_of(element)]
        error = first_error(typing, document, element)
        if error:
            item["error"] = error
        found.append(item)
    return found


def _typed(kind: str) -> dict[str, str]:
    if kind.endswith(("-chart", "-map")) or kind in {"progress", "value-list"}:
        return {"type": "visualization", "vizualizationType": kind.removesuffix("-chart")}
    return {"type": TYPES.get(kind, kind)}


def element_query(
    org: Org, inode: Inode, element_id: str, *, now: float = 0.0, request_id: str = "", email: str = ""
) -> Json | None:
    """The query of an element: ``{elementId, name?, sql, error?}``; None (a 404) where it has none.

    ``now`` is the time by the organization's clock, in seconds since 1970.

    A broken reference stands in the SQL as a literal: ``Unknown column "[X]"``, ``Circular column reference``.
    """
    document = document_of(inode.type, latest(inode))
    element = document.by_id.get(element_id)
    if element is None or not columns_of(element) or not text(thing(element, "source"), "kind"):
        return None
    typing = Typing(org=org, document=document)
    item: dict[str, Json] = {"elementId": element_id}
    names = shown_names(org, element, document)
    if names:
        item["name"] = names[0]
    item["sql"] = _sql(typing, document, element)
    error = first_error(typing, document, element) or next(query_errors(org, document, element, now=now), None)
    if error:
        item["error"] = error
    item["sql"] += _trailer(request_id, email)
    return item


def _trailer(request_id: str, email: str) -> str:
    """The comment line that the SQL of a query ends in; it names an e-mail address (sigma-news 3)."""
    return "\n-- Sigma Σ " + orjson.dumps({"request-id": request_id, "email": email}).decode()


def _sql(typing: Typing, document: Document, element: Json) -> str:
    chosen = []
    for place, column in enumerate(columns_of(element)):
        typed = typing.of(document, element, column)
        value = f"/* {typed.error} */ null" if typed.error else _quoted(column_name(column))
        chosen.append(f"{value} {_quoted(f'COL_{place}')}")
    return " ".join(("select", ", ".join(chosen), "from", _from(element)))


def _from(element: Json) -> str:
    for source in walk(element.get("source")):
        if source.get("kind") == "sql":
            return f"({text(source, 'statement')}) Q0"
        if source.get("kind") == "warehouse-table":
            return ".".join(_quoted(part) for part in texts(source.get("path")))
        name = text(source, "elementId") or text(source, "from")
        if name:
            return _quoted(name)
    return _quoted(text(element, "id"))


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def rows(org: Org, member: Member, inode: Inode, element_id: str) -> tuple[list[str], list[list[Value]]] | None:
    """The shown columns of an element and its rows, as this member sees them; None where it has none."""
    document = document_of(inode.type, latest(inode))
    element = document.by_id.get(element_id)
    if element is None or not columns_of(element) or not text(thing(element, "source"), "kind"):
        return None
    return Shown(org=org, member=member, document=document).exported(element)


def pages(org: Org, inode: Inode) -> list[Json]:
    """Every page: ``{pageId, name?, hidden?}``; overlays are no pages."""
    del org  # pages need nothing of the organization
    found = []
    for page in document_of(inode.type, latest(inode)).pages:
        item: dict[str, Json] = {"pageId": text(page, "id")}
        if isinstance(page.get("name"), str):
            item["name"] = page["name"]
        if page.get("visibility") == "hidden":
            item["hidden"] = True
        found.append(item)
    return found


def controls(org: Org, inode: Inode) -> list[Json]:
    """Every control that has a value: ``{name, valueType}``, the name being the controlId of formulas."""
    del org  # controls need nothing of the organization
    document = document_of(inode.type, latest(inode))
    return [
        {"name": text(element, "controlId"), "valueType": _value_type(element)}
        for element in document.elements
        if element.get("kind") == "control" and element.get("controlType") != "synced"
    ]


def _value_type(control: Json) -> str:
    kind = text(control, "controlType")
    if kind not in {"list", "segmented", "hierarchy"}:
        return CONTROL_TYPES.get(kind, "text")
    inner = text(thing(control, "source"), "valueType")
    single = control.get("selectionMode") == "single" or kind == "segmented"
    base = inner if inner in LIST_TYPES else "text"
    return base if single else f"{base}-list"


def warnings(org: Org, kind: str, body: Json) -> list[str]:
    """What a dry run says of a document that it would take: elements whose formulas do not resolve (wording open)."""
    document = document_of(kind, body)
    typing = Typing(org=org, document=document)
    errors = ((text(element, "id"), first_error(typing, document, element)) for element in document.elements)
    return [f"element '{name}': {error}" for name, error in errors if error]
