"""Connections and their catalogs (sigma-api 5.7)."""

from __future__ import annotations

import uuid

from migrate.sandbox.answers import ApiError, incident, invalid, not_found
from migrate.sandbox.call import Call
from migrate.sandbox.ids import url_id, uuid_of
from migrate.sandbox.objects import APP, EPOCH
from migrate.sandbox.org import Column, Connection, Json, Table
from migrate.sandbox.paging import by_page, by_token
from migrate.sandbox.router import Route
from migrate.sandbox.specs.names import uses_friendly

KINDS = {"table": "table", "view": "table", "semantic-view": "semanticView", "metric-view": "metricView"}


def _shown(call: Call, connection: Connection) -> Json:
    first = next(iter(call.org.members), "")
    return {
        "connectionId": connection.id,
        "organizationId": call.org.id,
        "name": connection.name,
        "type": connection.type,
        "isSample": False,
        "isAuditLog": False,
        "useOauth": False,
        "lastActiveAt": EPOCH,
        "createdBy": first,
        "updatedBy": first,
        "createdAt": EPOCH,
        "updatedAt": EPOCH,
        "isArchived": False,
        "writeAccess": connection.write_access,
        "friendlyName": uses_friendly(call.org, connection.id),
    }


def list_connections(call: Call) -> Json:
    """Connections, by part of a name with ``search``."""
    part = call.query.get("search", "").lower()
    rows = [one for one in call.org.connections.values() if part in one.name.lower()]
    return by_page(rows, call.query, lambda one: _shown(call, one))


def _connection(call: Call) -> Connection:
    found = call.org.connections.get(call.params["id"]) or call.org.connections.get(uuid_of(call.params["id"]))
    if found is None:
        raise not_found()
    return found


def get_connection(call: Call) -> Json:
    """One connection."""
    return _shown(call, _connection(call))


def test_connection(call: Call) -> Json:
    """Whether it can be read and written; a broken one answers 500."""
    connection = _connection(call)
    if connection.broken:
        raise incident(call.entry.request_id)
    return {"read": "SUCCESS", "write": "SUCCESS" if connection.write_access else "DISABLED"}


def _path(tree: dict[str, Json]) -> tuple[str, ...]:
    path = tree.get("path")
    if not isinstance(path, list) or not all(isinstance(part, str) for part in path):
        raise invalid("path: Invalid array")
    return tuple(path)


def scope_id(connection: Connection, path: tuple[str, ...]) -> str:
    """The inode id of a database or schema; the connection's own for the empty path."""
    if not path:
        return connection.id
    return str(uuid.uuid5(uuid.NAMESPACE_URL, "\x1f".join((connection.id, *path))))


def look_up(call: Call) -> Json:
    """What stands at a warehouse path; 404 where Sigma's catalog does not hold it, synced or not."""
    connection = _connection(call)
    path = _path(call.tree())
    table = connection.tables.get(path)
    if table is not None and table.synced:
        return _found(call, KINDS.get(table.kind, table.kind), table.id)
    if not path or any(one.synced and one.path[: len(path)] == path for one in connection.tables.values()):
        return _found(call, "scope", scope_id(connection, path))
    raise not_found(f"No object found at path {'.'.join(path)[:500]}")


def _found(call: Call, kind: str, inode_id: str) -> Json:
    return {"kind": kind, "inodeId": inode_id, "url": f"{APP}/{call.org.slug}/t/{url_id(inode_id)}"}


def list_paths(call: Call) -> Json:
    """The paths of all synced tables and of what stands above them."""
    wanted = call.query.get("connectionId")
    rows: list[tuple[str, str, tuple[str, ...]]] = []
    for connection in call.org.connections.values():
        if wanted is None or connection.id == wanted:
            rows.extend(_paths_of(connection))
    return by_page(rows, call.query, lambda row: {"connectionId": row[0], "urlId": row[1], "path": list(row[2])})


def _paths_of(connection: Connection) -> list[tuple[str, str, tuple[str, ...]]]:
    seen: dict[tuple[str, ...], str] = {}
    for table in connection.tables.values():
        if table.synced:
            for length in range(1, len(table.path)):
                seen.setdefault(table.path[:length], scope_id(connection, table.path[:length]))
            seen[table.path] = table.id
    return [(connection.id, url_id(inode_id), path) for path, inode_id in seen.items()]


def _table(call: Call) -> tuple[Connection, Table]:
    wanted = {call.params["id"], uuid_of(call.params["id"])}
    for connection in call.org.connections.values():
        for table in connection.tables.values():
            if table.id in wanted and table.synced:
                return connection, table
    raise not_found()


def get_path(call: Call) -> Json:
    """The path of a table's inode; an error for anything else."""
    try:
        connection, table = _table(call)
    except ApiError as error:
        if call.params["id"] in call.org.inodes or call.params["id"] in call.org.connections:
            raise invalid("The requested inode is not a table") from error
        raise
    return {"connectionId": connection.id, "path": list(table.path)}


def table_columns(call: Call) -> Json:
    """The columns of a table, with their warehouse names."""
    return by_token(_table(call)[1].columns, call.query, _column)


def _column(column: Column) -> Json:
    return {"name": column.name, "type": {"type": column.type}, "visibility": "included"}


def sync(call: Call) -> Json:
    """Takes what the warehouse holds at and below a path into the catalog."""
    connection = _connection(call)
    path = _path(call.tree())
    below = [table for table in connection.tables.values() if table.path[: len(path)] == path]
    if not below:
        raise not_found(f"No object found at path {'.'.join(path)[:500]}")
    for table in below:
        table.synced = True
    call.changed(connection.id)
    return {}


ROUTES = (
    Route(method="GET", pattern="/v2/connections", handler=list_connections, area="connections"),
    Route(method="GET", pattern="/v2/connections/paths", handler=list_paths, area="connections"),
    Route(method="GET", pattern="/v2/connections/paths/{id}", handler=get_path, area="connections"),
    Route(method="GET", pattern="/v2/connections/tables/{id}/columns", handler=table_columns, area="connections"),
    Route(method="GET", pattern="/v2/connections/{id}", handler=get_connection, area="connections"),
    Route(method="GET", pattern="/v2/connections/{id}/test", handler=test_connection, area="connections"),
    Route(method="POST", pattern="/v2/connection/{id}/lookup", handler=look_up, area="connections"),
    Route(method="POST", pattern="/v2/connections/{id}/sync", handler=sync, area="connections", writes=True),
)
