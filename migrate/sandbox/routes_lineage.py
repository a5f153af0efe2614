"""What one element depends on, as a graph (sigma-api 5.3, sigma-news 2)."""

from __future__ import annotations

from collections.abc import Mapping

from migrate.sandbox import specs
from migrate.sandbox.answers import not_found
from migrate.sandbox.call import Call
from migrate.sandbox.ids import url_id
from migrate.sandbox.name_ids import named_uuid
from migrate.sandbox.org import Json
from migrate.sandbox.router import Route
from migrate.sandbox.routes_documents import living


def element_lineage(call: Call) -> Json:
    """The nodes above an element and the edges between them; a sheet's node id is not its element id."""
    inode = living(call)
    rows = specs.lineage(call.org, inode)
    elements = {row["elementId"]: row for row in rows if row["type"] == "element"}
    names = {row["elementId"]: row.get("name") for row in specs.elements(call.org, inode)}
    wanted = call.params["element"]
    if wanted not in elements:
        raise not_found()
    others = specs.nodes_of(call.org, inode)
    ids = {name: url_id(named_uuid("sheet", inode.id, name))[:10] for name in elements}
    dependencies: dict[str, Json] = {}
    edges: list[Json] = []
    waiting = [wanted]
    while waiting:
        name = waiting.pop()
        own = ids.get(name, name)
        if own in dependencies:
            continue
        dependencies[own] = _node(name, own, names, others)
        for source in elements.get(name, {}).get("sourceIds") or ():
            edges.append({"source": ids.get(source, source), "target": own, "type": "source"})
            waiting.append(source)
    return {"dependencies": dependencies, "edges": edges}


def _node(name: str, own: str, names: Mapping[str, Json], others: Mapping[str, Json]) -> Json:
    if name in others:
        return {"nodeId": own, "type": others[name]["type"], "name": others[name].get("name") or ""}
    return {"nodeId": own, "type": "sheet", "name": names.get(name) or "", "elementId": name}


ROUTES = tuple(
    Route(
        method="GET",
        pattern=f"/v2/{kind}/{{id}}/lineage/elements/{{element}}",
        handler=element_lineage,
        area="workbooks",
    )
    for kind in ("workbooks", "reports")
)
