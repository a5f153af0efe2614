"""Organizations to copy into: the same tables under other names, and everything else under other ids.

What corresponds to what is told as the ``map:`` block of a plan, as plain data.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Literal, TypeAlias, cast

from migrate.sandbox.name_ids import member_id_of, named_uuid
from migrate.sandbox.org import Client, Connection, Inode, InodeType, Json, Member, Org, Switches, Thing, Version
from migrate.sandbox.specs.envelope import generation_of
from migrate.sandbox.synthesis import plain_workbook

Path = tuple[str, ...]
Generation: TypeAlias = Literal["flat", "document", "contents"]


def bare_org(alias: str, generation: str, born: str) -> Org:
    """An organization with one admin, a client, a home folder and nothing else."""
    switches = Switches(generation=cast("Generation", generation))
    slug = alias.replace("_", "-")
    org = Org(alias=alias, id=named_uuid(alias, "organization"), slug=slug, name=alias.title(), switches=switches)
    admin = add_member(org, "admin", member_id_of(alias, "member", "admin"))
    client_id = named_uuid(alias, "client").replace("-", "")
    org.clients.append(Client(client_id=client_id, client_secret=named_uuid(alias, "secret"), member_id=admin.id))
    home = add_inode(org, "folder", "My Documents", None, born=born)
    admin.home_folder_id = home.id
    return org


def add_member(org: Org, name: str, member_id: str) -> Member:
    """A member whose e-mail address is made of a name and the organization's slug."""
    member = Member(id=member_id, email=f"{name}@{org.slug}.example", first_name=name)
    org.members[member_id] = member
    return member


def add_inode(org: Org, kind: str, name: str, parent_id: str | None, *, born: str, inode_id: str = "") -> Inode:
    """A workspace, folder or document of the first member, under an id derived from its place unless one is given."""
    owner = next(iter(org.members))
    inode = Inode(
        id=inode_id or named_uuid(org.alias, "inode", kind, parent_id or "", name, str(len(org.inodes))),
        type=cast("InodeType", kind),
        name=name,
        parent_id=parent_id,
        owner_id=owner,
        created_by=owner,
        updated_by=owner,
        created_at=born,
        updated_at=born,
        generation="flat" if kind == "data-model" else generation_of(org, kind),
    )
    org.inodes[inode.id] = inode
    return inode


def counterpart(
    source: Org, alias: str, generation: str, *, keep_tails: Collection[tuple[str, Path]], born: str
) -> tuple[Org, Json]:
    """A target of this generation for a source, and the ``map:`` block that leads there.

    ``keep_tails`` are (connection, path) pairs whose last segment must not change. One other table is renamed.
    """
    org = bare_org(alias, generation, born)
    renamed = _to_rename(source, keep_tails)
    connections = [
        _connection(org, number, each, renamed) for number, each in enumerate(source.connections.values(), 1)
    ]
    mapping: dict[str, Json] = {
        "folders": [{"from": i.name, "to": f"From {source.name}/{i.name}"} for i in _workspaces(source)],
        "connections": connections,
        "members": [{"from": f"*@{source.slug}.example", "to": f"*@{org.slug}.example"}],
        "teams": _things(source, org, "teams"),
        "user_attributes": _things(source, org, "user_attributes"),
        "plugins": _things(source, org, "plugins"),
    }
    for thing in source.connectors.values():
        other = named_uuid(alias, "connector", thing.name)
        org.connectors[other] = Thing(id=other, name=thing.name, extra=dict(thing.extra))
    for member in source.members.values():
        if member.id != source.clients[0].member_id:
            add_member(org, member.first_name, member_id_of(alias, "member", member.first_name))
    _own_document(org, born)
    return org, mapping


def _workspaces(source: Org) -> list[Inode]:
    return [inode for inode in source.inodes.values() if inode.type == "workspace"]


def _to_rename(source: Org, keep_tails: Collection[tuple[str, Path]]) -> tuple[str, Path] | None:
    every = sorted((each.id, path) for each in source.connections.values() for path in each.tables)
    return next((key for key in every if key not in keep_tails and len(key[1]) > 1), None)


def moved(alias: str, path: Path, *, rename: bool) -> Path:
    """Where a table stands in a target: other database and schema names, and another name where it is renamed."""
    prefix = alias.upper().replace("-", "_")
    above = tuple(f"{prefix}_{segment}" for segment in path[:-1])
    tail = f"{path[-1]}_V2" if rename or not above else path[-1]
    return (*above, tail)


def _connection(org: Org, number: int, source: Connection, renamed: tuple[str, Path] | None) -> Json:
    name = f"{org.name} Warehouse {number}"
    target = Connection(
        id=named_uuid(org.alias, "connection", name),
        name=name,
        type=source.type,
        write_access=source.write_access,
        friendly_name=source.friendly_name,
    )
    paths: dict[Path, Json] = {}
    for path, table in source.tables.items():
        special = (source.id, path) == renamed or len(path) < 2
        new = moved(org.alias, path, rename=special)
        table_id = named_uuid(org.alias, "table", name, *new)
        content = table.content or (path[-1] if new[-1] != path[-1] else "")
        target.tables[new] = replace(table, id=table_id, path=new, columns=list(table.columns), content=content)
        rule, to = (path, new) if special else ((*path[:-1], "*"), (*new[:-1], "*"))
        paths[rule] = {"from": list(rule), "to": list(to)}
    org.connections[target.id] = target
    return {"from": source.name, "to": name, "paths": list(paths.values()), "sql": "rewrite"}


def _things(source: Org, org: Org, kind: str) -> list[Json]:
    pairs = []
    for thing in getattr(source, kind).values():
        name = f"{thing.name} {org.alias}"
        other = Thing(id=named_uuid(org.alias, kind, name), name=name, extra=dict(thing.extra))
        getattr(org, kind)[other.id] = other
        pairs.append({"from": thing.name, "to": name})
    return pairs


def _own_document(org: Org, born: str) -> None:
    """A document of the target's own, so that its slug can be seen in a URL."""
    workspace = add_inode(org, "workspace", "Own", None, born=born)
    inode = add_inode(org, "workbook", "Own Overview", workspace.id, born=born)
    body = plain_workbook("What was here before.", generation_of(org))
    inode.versions.append(Version(number=1, body=body, published_at=born, published_by=inode.owner_id))
