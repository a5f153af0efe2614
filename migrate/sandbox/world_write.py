"""Organizations to world files: the shortest text that reads back equal."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import fields

from migrate.sandbox.name_ids import named_uuid, secret_of
from migrate.sandbox.org import Connection, Inode, Json, Member, Org, Switches, Table, Thing, Version, World
from migrate.sandbox.specs.envelope import generation_of
from migrate.sandbox.world_read import BORN, THINGS

Pairs = dict[str, Json]


def world_tree(world: World) -> Json:
    """A world as the JSON tree of a world file, every id spelt out and every spec inline."""
    return {"version": 1, "orgs": {alias: _org(org) for alias, org in world.orgs.items()}}


def _kept(pairs: Pairs, defaults: Pairs) -> Pairs:
    """The pairs whose value is not the default."""
    return {key: value for key, value in pairs.items() if key not in defaults or value != defaults[key]}


def _org(org: Org) -> Json:
    tree: Pairs = {"id": org.id, "slug": org.slug, "name": org.name}
    blocks: Pairs = {
        "parent": org.parent,
        "cloud": org.cloud,
        "region": org.region,
        "switches": _switches(org.switches),
        "tenants": dict(org.tenants),
        "members": [_member(member) for member in org.members.values()],
        "clients": [_client(org, number) for number in range(len(org.clients))],
        **{kind: [_thing(thing) for thing in getattr(org, kind).values()] for kind in THINGS},
        "images": sorted(org.images),
        "csv_tables": dict(org.csv_tables),
        "connections": [_connection(org, each) for each in org.connections.values()],
        "tree": _tree(org),
        "grants": list(org.grants.values()),
        "translations": dict(org.translations),
    }
    return tree | {key: value for key, value in blocks.items() if value}


def _switches(switches: Switches) -> Pairs:
    plain = Switches()
    values = {each.name: getattr(switches, each.name) for each in fields(Switches)}
    changed = {key: value for key, value in values.items() if value != getattr(plain, key)}
    return {key: list(value) if isinstance(value, tuple) else value for key, value in changed.items()}


def _member(member: Member) -> Pairs:
    rest = {
        "first_name": member.first_name,
        "last_name": member.last_name,
        "home_folder_id": member.home_folder_id,
        "account_type": member.account_type,
        "denied": sorted(member.denied),
        "favorites": list(member.favorites),
    }
    defaults: Pairs = {"first_name": "", "last_name": "", "home_folder_id": "", "account_type": "Admin"}
    defaults |= {"denied": [], "favorites": []}
    return {"id": member.id, "email": member.email, **_kept(rest, defaults)}


def _client(org: Org, number: int) -> Pairs:
    client = org.clients[number]
    derived = client.client_secret == secret_of(org.alias, client.client_id)
    secret = {} if derived else {"secret": client.client_secret}
    return {"id": client.client_id, **secret, "member": f"id:{client.member_id}"}


def _thing(thing: Thing) -> Pairs:
    return {"id": thing.id, "name": thing.name, **({"extra": thing.extra} if thing.extra else {})}


def _connection(org: Org, connection: Connection) -> Pairs:
    tree: Pairs = {
        "id": connection.id,
        "name": connection.name,
        "type": connection.type,
        "write_access": connection.write_access,
        "friendly_name": connection.friendly_name,
        **({"broken": True} if connection.broken else {}),
    }
    short = {t.path: t for t in connection.tables.values() if _is_plain(org, connection, t)}
    if short:
        tree["tables"] = {".".join(path): {c.name: c.type for c in t.columns} for path, t in short.items()}
    odd = [_table(table) for table in connection.tables.values() if table.path not in short]
    return tree | ({"more_tables": odd} if odd else {})


def _is_plain(org: Org, connection: Connection, table: Table) -> bool:
    """Whether the short form says all there is to say about a table."""
    derived = named_uuid(org.alias, "table", connection.name, *table.path)
    regular = table.kind == "table" and table.synced and table.id == derived and bool(table.path)
    regular = regular and not table.content and table.rows is None and not any(one.values for one in table.columns)
    names = [column.name for column in table.columns]
    return regular and len(names) == len(set(names)) and not any("." in part for part in table.path)


def _table(table: Table) -> Pairs:
    said = {"kind": table.kind, "synced": table.synced, "content": table.content, "rows": table.rows}
    rest = _kept(said, {"kind": "table", "synced": True, "content": "", "rows": None})
    columns = [[c.name, c.type, *([list(c.values)] if c.values else [])] for c in table.columns]
    return {"path": list(table.path), "id": table.id, **rest, "columns": columns}


def _tree(org: Org) -> list[Json]:
    """The inodes as nested entries; one whose parent is not there stands at the top and names it."""
    below: dict[str | None, list[Inode]] = defaultdict(list)
    for inode in org.inodes.values():
        below[inode.parent_id if inode.parent_id in org.inodes else None].append(inode)
    written: set[str] = set()

    def entry(inode: Inode, parent: Inode | None) -> Json:
        written.add(inode.id)
        tree = _inode(org, inode, parent)
        items = [entry(child, inode) for child in below.get(inode.id, []) if child.id not in written]
        return tree | ({"items": items} if items else {})

    roots = [entry(inode, None) for inode in below[None]]
    return roots + [entry(inode, None) for inode in org.inodes.values() if inode.id not in written]


def _inode(org: Org, inode: Inode, parent: Inode | None) -> Pairs:
    rest: Pairs = {
        "parent": inode.parent_id if inode.parent_id and parent is None else None,
        "owner": f"id:{inode.owner_id}",
        "created_by": f"id:{inode.created_by}",
        "updated_by": f"id:{inode.updated_by}",
        "created_at": inode.created_at,
        "updated_at": inode.updated_at,
        "description": inode.description,
        "archived": inode.archived,
        "badge": inode.badge,
        "listed_after": inode.listed_after,
        "listings_hidden": inode.listings_hidden,
        "denied_to": [f"id:{who}" for who in sorted(inode.denied_to)],
        "read_only_to": [f"id:{who}" for who in sorted(inode.read_only_to)],
        "generation": inode.generation,
        "hidden_sources": inode.hidden_sources,
        "facts": inode.facts,
        "versions": [_version(inode, version) for version in inode.versions],
    }
    owner = f"id:{parent.owner_id}" if parent else None
    flat = generation_of(org, inode.type) if inode.type in ("workbook", "report") else "flat"
    defaults: Pairs = {
        "parent": None,
        "owner": owner,
        "created_by": rest["owner"],
        "updated_by": rest["owner"],
        "created_at": BORN,
        "updated_at": inode.created_at,
        "description": None,
        "archived": False,
        "badge": None,
        "listed_after": 0.0,
        "listings_hidden": 0,
        "denied_to": [],
        "read_only_to": [],
        "generation": flat,
        "hidden_sources": [],
        "facts": {},
        "versions": [],
    }
    return {inode.type: inode.name, "id": inode.id, **_kept(rest, defaults)}


def _version(inode: Inode, version: Version) -> Pairs:
    rest = {"at": version.published_at, "by": f"id:{version.published_by}"}
    defaults = {"at": inode.updated_at, "by": f"id:{inode.updated_by}"}
    return {"number": version.number, **_kept(rest, defaults), "body": version.body}
