"""Warehouse tables as files: every table of a catalog is an inode with a path below its connection (sigma-news 2)."""

from __future__ import annotations

from collections.abc import Iterator

from migrate.sandbox.ids import url_id, uuid_of
from migrate.sandbox.objects import EPOCH
from migrate.sandbox.org import Connection, Json, Org, Table
from migrate.sandbox.routes_connections import scope_id

ROOT = "Connection Root"


def tables(org: Org) -> Iterator[tuple[Connection, Table]]:
    """The tables that the organization's catalogs hold."""
    for connection in org.connections.values():
        yield from ((connection, table) for table in connection.tables.values() if table.synced)


def table_at(org: Org, inode_id: str) -> tuple[Connection, Table] | None:
    """The table of an inode id or url id; None where there is none."""
    wanted = {inode_id, uuid_of(inode_id)}
    return next((pair for pair in tables(org) if pair[1].id in wanted), None)


def table_entry(org: Org, connection: Connection, table: Table) -> dict[str, Json]:
    """A table as an entry of ``/v2/files``. Its path is the names above it, below ``Connection Root``."""
    parent = scope_id(connection, table.path[:-1])
    first = next(iter(org.members), "")
    return {
        "id": table.id,
        "urlId": url_id(table.id),
        "name": table.path[-1] if table.path else "",
        "type": "table",
        "parentId": parent,
        "parentUrlId": url_id(parent),
        "permission": "view",
        "path": "/".join((ROOT, *table.path[:-1])),
        "badge": None,
        "isArchived": False,
        "ownerId": first,
        "createdBy": first,
        "updatedBy": first,
        "createdAt": EPOCH,
        "updatedAt": EPOCH,
    }
