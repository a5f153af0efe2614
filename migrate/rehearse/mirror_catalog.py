"""Connections as they were listed, and of their catalogs what was looked up -> the sandbox's."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from migrate.rehearse.overheard import Said, entries, text
from migrate.sandbox.census import Census, count
from migrate.sandbox.name_ids import named_uuid
from migrate.sandbox.org import Column, Connection, Inode, Org, Table
from migrate.sandbox.synthesis import columns_named
from migrate.tree import Json

LOOKUP = re.compile(r"/v2/connection/([^/]+)/lookup")
COLUMNS = re.compile(r"/v2/connections/tables/([^/]+)/columns")
_KINDS = {"semanticView": "semantic-view", "metricView": "metric-view"}
_SCOPE = "scope"
_REST = "(what else stands here)"

Place = tuple[str, tuple[str, ...]]
"""A connection and a path in it."""


def add_catalog(org: Org, said: Said) -> None:
    """Puts the connections into the organization, with the tables that were looked up and found."""
    for entry in entries(said.at("/v2/connections")):
        connection = Connection(
            id=text(entry, "connectionId"),
            name=text(entry, "name"),
            type=text(entry, "type"),
            write_access=entry.get("writeAccess") is True,
            friendly_name=entry.get("friendlyName") is not False,
        )
        if connection.id:
            org.connections[connection.id] = connection
    scopes = []
    for (connection_id, path), found in lookups(said):
        held = org.connections.get(connection_id)
        if held is None or not found or not path:
            continue
        kind, table_id = text(found, "kind"), text(found, "inodeId")
        if kind == _SCOPE:
            scopes.append((held, path))
        elif table_id:
            columns = [*_columns(said, table_id)]
            held.tables[path] = Table(id=table_id, path=path, columns=columns, kind=_KINDS.get(kind, "table"))
    for connection, path in scopes:
        if not any(table[: len(path)] == path for table in connection.tables):
            whole = (*path, _REST)
            connection.tables[whole] = Table(id=named_uuid(connection.id, *whole), path=whole)


def complete(org: Org, said: Said, documents: Iterable[Inode], sent: Census) -> None:
    """Adds what these documents have which stand there, and ``sent`` needs, of tables that nobody would tell of.

    What a lookup did not find stays away, and the columns that were read are all there are.
    """
    standing = Census()
    for inode in documents:
        count(standing, inode.type, inode.versions[-1].body)
        org.csv_tables.update(dict.fromkeys(standing.ids["csv_tables"].keys() - org.csv_tables.keys(), inode.id))
    org.images |= set(standing.ids["images"])
    asked = {place for place, _ in lookups(said)}
    told = {table for table, refused in columns_asked(said) if not refused}
    for census in (standing, sent):
        for (connection_id, path), names in census.tables.items():
            connection = org.connections.get(connection_id)
            if connection is None or not path or ((connection_id, path) in asked and path not in connection.tables):
                continue
            kind = census.kinds[connection_id, path]
            fresh = Table(id=named_uuid(connection_id, *path), path=path, kind=kind)
            table = connection.tables.setdefault(path, fresh)
            if table.id not in told:
                have = {column.name for column in table.columns}
                table.columns += [one for one in columns_named([*names]) if one.name not in have]


def columns_asked(said: Said) -> Iterator[tuple[str, bool]]:
    """The tables whose columns were asked for, and whether that was refused."""
    for place in said.places:
        found = COLUMNS.fullmatch(place)
        if found:
            yield found[1], not all(answer.ok for _, answer in said.at(place))


def closed(said: Said) -> bool:
    """Whether anything of a catalog was asked for and refused."""
    lookups_refused = any(
        LOOKUP.fullmatch(place) and any(not answer.ok and answer.status != 404 for _, answer in said.at(place))
        for place in said.places
    )
    return lookups_refused or any(refused for _, refused in columns_asked(said))


def lookups(said: Said) -> Iterator[tuple[Place, Json]]:
    """What was looked up, and what was found there; None for nothing."""
    for question, answer in said:
        found = LOOKUP.fullmatch(question.place)
        path = question.json.get("path") if found and isinstance(question.json, dict) else None
        if found and isinstance(path, list) and (answer.ok or answer.status == 404):
            yield (found[1], tuple(map(str, path))), answer.tree if answer.ok else None


def _columns(said: Said, table_id: str) -> Iterator[Column]:
    for entry in entries(said.at(f"/v2/connections/tables/{table_id}/columns")):
        kind = entry.get("type")
        name = text(entry, "name")
        if name:
            yield Column(name=name, type=str(kind.get("type", "")) if isinstance(kind, dict) else str(kind or ""))
