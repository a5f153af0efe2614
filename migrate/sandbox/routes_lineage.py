"""What one element depends on, as a graph (sigma-api 5.3)."""

from __future__ import annotations

from collections.abc import Mapping

from migrate.sandbox import specs
from migrate.sandbox.answers import not_found
from migrate.sandbox.call import Call
from migrate.sandbox.ids import url_id
from migrate.sandbox.org import Json
from migrate.sandbox.router import Route
from migrate.sandbox.routes_documents import living

ID_KEYS = ("dataModelId", "inodeId", "csvId")


def element_lineage(call: Call) -> Json:
    """The nodes above an element and the edges between them; warehouse tables are named ``inode-<url id>``."""
    inode = living(call)
    rows = specs.lineage(call.org, inode)
    elements = {row["elementId"]: row for row in rows if row["type"] == "element"}
    names = {row["elementId"]: row.get("name") for row in specs.elements(call.org, inode)}
    wanted = call.params["element"]
    if wanted not in elements:
        raise not_found()
    others = {row[key]: row for row in rows if row["type"] != "element" for key in ID_KEYS if key in row}
    dependencies: dict[str, Json] = {}
    edges: list[Json] = []
    waiting = [wanted]
    while waiting:
        name = waiting.pop()
        if node_id(name, others) in dependencies:
            continue
        dependencies[node_id(name, others)] = _node(name, names, elements, others)
        for source in elements.get(name, {}).get("sourceIds") or ():
            edges.append({"source": node_id(source, others), "target": node_id(name, others), "type": "source"})
            waiting.append(source)
    return {"dependencies": dependencies, "edges": edges}


def node_id(name: str, others: Mapping[str, Json]) -> str:
    """How the graph names a source: tables by their url id, all else by its id."""
    return f"inode-{url_id(name)}" if others.get(name, {}).get("type") == "table" else name


def _node(name: str, names: Mapping[str, Json], elements: Mapping[str, Json], others: Mapping[str, Json]) -> Json:
    if name in elements:
        return {"nodeId": name, "type": "sheet", "name": names.get(name) or "", "elementId": name}
    other = others.get(name)
    if other is None:
        return {"nodeId": name, "type": "customSQL"}
    return {"nodeId": node_id(name, others), "type": other["type"], "name": other.get("name") or ""}


ROUTES = (
    Route(
        method="GET",
        pattern="/v2/workbooks/{id}/lineage/elements/{element}",
        handler=element_lineage,
        area="workbooks",
    ),
)
