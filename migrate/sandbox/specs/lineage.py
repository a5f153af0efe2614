"""What a document is made from: ``/sources`` and ``/lineage`` (sigma-api 5.3, sigma-specs 3.5)."""

from __future__ import annotations

from collections.abc import Iterator

from migrate.sandbox.ids import url_id
from migrate.sandbox.org import Inode, Json, Org
from migrate.sandbox.specs.document import Document, document_of, latest, model, shown_names
from migrate.sandbox.specs.references import sources_of
from migrate.sandbox.specs.statements import elements_named
from migrate.sandbox.specs.trees import copied, objects, text, texts


def sources(org: Org, inode: Inode) -> list[Json]:
    """The items of ``/sources``: models with their elements, tables, custom SQL, then what the spec does not say.

    A workbook's table is ``{type, inodeId}``, a data model's ``{type, tableId}`` (Sigma's own description).
    ``inode.hidden_sources`` holds items as answered; a data-model item with ``versionTagId`` adds that to its model's.
    """
    document = document_of(inode.type, latest(inode))
    models: dict[str, list[str]] = {}
    tables: dict[str, None] = {}
    statements = []
    for element in document.elements:
        for source in sources_of(element):
            if source["kind"] == "data-model":
                _add(models.setdefault(text(source, "dataModelId"), []), text(source, "elementId"))
            elif table_id(org, source):
                tables[table_id(org, source)] = None
            elif source["kind"] == "sql":
                statements.append(_statement(element, source))
    found: list[Json] = [
        {"type": "data-model", "dataModelId": key, "elementIds": names} for key, names in models.items()
    ]
    key = "tableId" if inode.type == "data-model" else "inodeId"
    found += [{"type": "table", key: name} for name in tables]
    return _with_hidden(found + statements, inode)


def _add(names: list[str], name: str) -> None:
    if name not in names:
        names.append(name)


def _statement(element: Json, source: Json) -> Json:
    return {
        "type": "custom-sql",
        "connectionId": text(source, "connectionId"),
        "definition": text(source, "statement"),
        "customSqlId": text(element, "id"),
    }


def _with_hidden(found: list[Json], inode: Inode) -> list[Json]:
    for hidden in objects(copied(inode.hidden_sources)):
        same = [
            item for item in found if hidden.get("dataModelId") and item.get("dataModelId") == hidden["dataModelId"]
        ]
        if same:
            same[0].update({key: value for key, value in hidden.items() if key != "elementIds"})
        elif hidden.get("type") == "dataset" and inode.type == "data-model":
            found.append({"type": "dataset", "datasetId": hidden.get("datasetId") or hidden.get("inodeId")})
        elif hidden.get("type") == "dataset":
            name = text(hidden, "inodeId")
            found.append({"url": f"https://app.sigmacomputing.com/dataset/{url_id(name)}", **hidden})
        elif hidden.get("type") == "data-model":
            found.append({"elementIds": [], **hidden})
        else:
            found.append(hidden)
    return found


def table_id(org: Org, source: Json) -> str:
    """The inode id of the warehouse table a source names, or an empty text."""
    if text(source, "kind") not in {"warehouse-table", "metric-view", "semantic-view"}:
        return ""
    connection = org.connections.get(text(source, "connectionId"))
    table = connection.tables.get(tuple(texts(source.get("path")))) if connection else None
    return table.id if table else ""


def lineage(org: Org, inode: Inode) -> list[Json]:
    """The items of ``/lineage``: every element with what it is made from, then every source once (sigma-news 2).

    Sources are named ``inode-<url id>`` (tables), ``<url id of the model>/<element id>``, by the name of an element of
    custom SQL, or by an element's id. A data model has a row for each of its elements that is read, with its name.
    """
    document = document_of(inode.type, latest(inode))
    nodes: dict[str, Json] = {}
    direct = {text(element, "id"): list(_direct(org, document, element, nodes)) for element in document.elements}
    found: list[Json] = []
    for element in document.elements:
        name = text(element, "id")
        ids = direct[name]
        roots = sorted(_roots(name, direct, set()))
        found.append({"type": "element", "elementId": name, "sourceIds": ids or None, "dataSourceIds": roots or None})
    return found + list(nodes.values())


def nodes_of(org: Org, inode: Inode) -> dict[str, Json]:
    """The rows of ``/lineage`` that are no elements, by the name that ``sourceIds`` calls them."""
    document = document_of(inode.type, latest(inode))
    nodes: dict[str, Json] = {}
    for element in document.elements:
        list(_direct(org, document, element, nodes))
    return nodes


def _roots(name: str, direct: dict[str, list[str]], seen: set[str]) -> set[str]:
    if name in seen:
        return set()
    seen.add(name)
    roots: set[str] = set()
    for item in direct.get(name, ()):
        roots |= _roots(item, direct, seen) if item in direct else {item}
    return roots


def _direct(org: Org, document: Document, element: Json, nodes: dict[str, Json]) -> Iterator[str]:
    seen: set[str] = set()
    for source in sources_of(element):
        name = text(source, "from") if source["kind"] == "linked" else text(source, "elementId")
        if source["kind"] not in {"table", "linked", "code-output"}:
            name = _node(org, document, element, source, nodes)
        for each in (name, *_named_in_sql(org, document, source)):
            if each and each not in seen:
                seen.add(each)
                yield each


def _named_in_sql(org: Org, document: Document, source: Json) -> Iterator[str]:
    """The elements of the same document that a statement reads (sigma-news 3)."""
    for name in elements_named(text(source, "statement")) if source["kind"] == "sql" else ():
        for other in document.elements:
            if name in shown_names(org, other, document):
                yield text(other, "id")


def _node(org: Org, document: Document, element: Json, source: Json, nodes: dict[str, Json]) -> str:
    """The name of a source; its row is put among the nodes."""
    kind, connection = source["kind"], text(source, "connectionId") or None
    if kind == "data-model":
        return _model_node(org, source, nodes)
    if kind == "sql":
        title = next(iter(shown_names(org, element, document)), None)
        row = {"type": "customSQL", "connectionId": connection, "name": title, "definition": text(source, "statement")}
        nodes.setdefault(title or text(element, "id"), row)
        return title or text(element, "id")
    inode_id = table_id(org, source)
    if inode_id:
        name = f"inode-{url_id(inode_id)}"
        row = {"type": "table", "connectionId": connection, "name": text_at(source, -1), "inodeId": inode_id}
        nodes.setdefault(name, row)
        return name
    if kind == "csv-table":
        name = text(source, "inodeId")
        nodes.setdefault(name, {"type": "csv-upload", "connectionId": connection, "name": None, "csvId": name})
        return name
    return ""


def text_at(source: Json, place: int) -> str:
    """One part of a source's warehouse path, which has one."""
    return list(texts(source.get("path")))[place]


def _model_node(org: Org, source: Json, nodes: dict[str, Json]) -> str:
    model_id, element_id = text(source, "dataModelId"), text(source, "elementId")
    upstream = model(org, model_id)
    target = upstream.by_id.get(element_id) if upstream else None
    title = next(iter(shown_names(org, target, upstream)), None) if upstream and target else None
    name = f"{url_id(model_id)}/{element_id}"
    nodes.setdefault(name, {"type": "data-model", "connectionId": None, "name": title, "dataModelId": model_id})
    return name
