"""World files to organizations: every name resolved, every id that a file leaves out derived from names.

The format is told in ``migrate/sandbox/worlds/README.md``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Literal, cast, get_args, get_origin, get_type_hints

import yaml

from migrate.sandbox.ids import url_id
from migrate.sandbox.name_ids import member_id_of, named_uuid, secret_of
from migrate.sandbox.org import (
    Client,
    Column,
    Connection,
    Inode,
    InodeType,
    Json,
    Member,
    Org,
    Switches,
    Table,
    Thing,
    Version,
    World,
)
from migrate.sandbox.specs.envelope import generation_of
from migrate.sandbox.yaml_places import Block, Reading, did_you_mean, plain

BORN = "2026-09-01T08:00:00.000Z"
THINGS = ("teams", "user_attributes", "plugins", "connectors", "tags")
TYPES: tuple[str, ...] = get_args(InodeType)
PLACEHOLDER = re.compile(r"\$\$\{|\$\{([a-z-]+):([^}]*)\}")


@dataclass(slots=True, kw_only=True)
class _Draft:
    """An organization in the making: symbols that spec files use, and specs whose symbols are still to be filled in."""

    org: Org
    symbols: dict[tuple[str, str], str] = field(default_factory=dict)
    taken: dict[tuple[str, ...], int] = field(default_factory=dict)
    specs: list[tuple[Version, Path, yaml.Node]] = field(default_factory=list)

    def derive(self, *parts: str) -> str:
        """A UUID from these names; a second asking with the same names gives another."""
        count = self.taken[parts] = self.taken.get(parts, 0) + 1
        return named_uuid(self.org.alias, *parts, *([str(count)] if count > 1 else []))


def read_world(file: Path) -> World:
    """The world a file describes. Raises InvalidInput with every problem: file, line, value and fix."""
    reading = Reading(root=file.parent)
    try:
        return _world(reading, file)
    except RecursionError:
        reading.blame(file, None, "an alias contains itself, or the nesting is too deep", fix="write it out")
    reading.finish()
    return World()


def _world(reading: Reading, file: Path) -> World:
    top = Block(reading, file, reading.compose(file), "the world")
    if top.node is not None and top.number("version", 1) != 1:
        top.blame("this version of world files is not known", fix="write version: 1")
    world = World()
    orgs = top.block("orgs", "orgs")
    for alias in orgs.rest():
        world.orgs[alias] = _org(alias, orgs.block(alias, f"org {alias}"))
    top.close()
    reading.finish()
    return world


def _org(alias: str, block: Block) -> Org:
    org = Org(
        alias=alias,
        id=block.text("id") or named_uuid(alias, "organization"),
        slug=block.text("slug", alias.replace("_", "-")),
        name=block.text("name", alias),
        switches=_switches(block.block("switches", "switches")),
        images=set(block.texts("images")),
        csv_tables=dict(_texts(block.block("csv_tables", "csv_tables"))),
        tenants=dict(_texts(block.block("tenants", "tenants"))),
        parent=block.text("parent") or None,
        cloud=block.text("cloud"),
        region=block.text("region"),
        translations=block.tree("translations", {}),
    )
    draft = _Draft(org=org)
    draft.symbols[("org", "id")] = org.id
    draft.symbols[("org", "slug")] = org.slug
    for item in block.blocks("members", "a member"):
        _member(draft, item)
    for item in block.blocks("clients", "a client"):
        _client(draft, item)
    for kind in THINGS:
        for item in block.blocks(kind, f"an entry of {kind}"):
            _thing(draft, kind, item)
    for item in block.blocks("connections", "a connection"):
        _connection(draft, item)
    for item in block.blocks("tree", "a tree entry"):
        _inode(draft, item, None, ())
    for item in block.blocks("grants", "a grant"):
        _grant(draft, item)
    block.close()
    _fill_in(draft, block.reading)
    return org


def _texts(block: Block) -> Iterator[tuple[str, str]]:
    for key in block.rest():
        yield key, block.text(key)


def _switches(block: Block) -> Switches:
    switches = Switches()
    choices = {name: get_args(hint) for name, hint in get_type_hints(Switches).items() if get_origin(hint) is Literal}
    for each in fields(Switches):
        if each.name not in block.left:
            block.asked.append(each.name)
            continue
        default = getattr(switches, each.name)
        if each.name in choices:
            setattr(switches, each.name, block.choice(each.name, choices[each.name], default))
        elif isinstance(default, tuple):
            setattr(switches, each.name, tuple(block.texts(each.name)))
        elif isinstance(default, bool):
            setattr(switches, each.name, block.flag(each.name, default))
        else:
            setattr(switches, each.name, type(default)(block.number(each.name, default)))
    block.close()
    return switches


def _member(draft: _Draft, block: Block) -> None:
    email = block.need("email")
    key = block.text("key", email.partition("@")[0])
    member = Member(
        id=block.text("id") or member_id_of(draft.org.alias, "member", email),
        email=email,
        first_name=block.text("first_name"),
        last_name=block.text("last_name"),
        home_folder_id=block.text("home_folder_id"),
        account_type=block.text("account_type", "Admin"),
        denied=set(block.texts("denied")),
        favorites=list(block.texts("favorites")),
    )
    draft.org.members[member.id] = member
    for name in (member.id, email, key):
        draft.symbols[("member", name)] = member.id
    block.close()


def _who(draft: _Draft, block: Block, key: str, default: str) -> str:
    """The id of the member a key names: by key, e-mail or id, or any id at all after ``id:``."""
    pair = block.left.get(key)
    name = block.text(key)
    return _member_named(draft, block, name, pair[1] if pair else None) if name else default


def _member_named(draft: _Draft, block: Block, name: str, node: yaml.Node | None) -> str:
    if name.startswith("id:"):
        return name[3:]
    found = draft.symbols.get(("member", name))
    if found is None:
        known = [word for kind, word in draft.symbols if kind == "member"]
        block.blame(f"no member {name!r}", node=node, value=name, fix=did_you_mean(name, known))
    return found or ""


def _client(draft: _Draft, block: Block) -> None:
    client_id = block.text("id") or draft.derive("client").replace("-", "")
    secret = block.text("secret") or secret_of(draft.org.alias, client_id)
    first = next(iter(draft.org.members), "")
    member_id = _who(draft, block, "member", first)
    draft.org.clients.append(Client(client_id=client_id, client_secret=secret, member_id=member_id))
    block.close()


def _thing(draft: _Draft, kind: str, block: Block) -> None:
    name = block.need("name")
    thing = Thing(id=block.text("id") or draft.derive(kind, name), name=name, extra=block.tree("extra", {}))
    getattr(draft.org, kind)[thing.id] = thing
    draft.symbols[(kind.replace("_", "-").removesuffix("s"), name)] = thing.id
    block.close()


def _connection(draft: _Draft, block: Block) -> None:
    name = block.need("name")
    connection = Connection(
        id=block.text("id") or draft.derive("connection", name),
        name=name,
        type=block.text("type", "snowflake"),
        write_access=block.flag("write_access", default=False),
        friendly_name=block.flag("friendly_name", default=True),
        broken=block.flag("broken", default=False),
    )
    draft.org.connections[connection.id] = connection
    draft.symbols[("connection", name)] = connection.id
    for table in _tables(draft, name, block):
        connection.tables[table.path] = table
        draft.symbols[("inode", ".".join(table.path))] = f"inode-{url_id(table.id)}"
        draft.symbols.setdefault(("inode", table.path[-1]), f"inode-{url_id(table.id)}")
    block.close()


def _tables(draft: _Draft, connection: str, block: Block) -> Iterator[Table]:
    """The tables of a connection: ``tables`` maps dotted paths to columns, ``more_tables`` lists the odd ones."""
    short = block.block("tables", "tables")
    for dotted in short.rest():
        path = tuple(dotted.split("."))
        columns = [Column(name=name, type=kind) for name, kind in _texts(short.block(dotted, dotted))]
        yield Table(id=named_uuid(draft.org.alias, "table", connection, *path), path=path, columns=columns)
    for item in block.blocks("more_tables", "a table"):
        path = tuple(item.texts("path"))
        yield Table(
            id=item.text("id") or named_uuid(draft.org.alias, "table", connection, *path),
            path=path,
            columns=_columns(item),
            kind=item.text("kind", "table"),
            synced=item.flag("synced", default=True),
            content=item.text("content"),
            rows=int(item.number("rows", 0)) if "rows" in item.left else None,
        )
        item.close()


def _columns(block: Block) -> list[Column]:
    """Columns as ``[[NAME, type], …]``, the form that may repeat a name; a third entry lists what stands in it."""
    pairs = block.tree("columns", [])
    if not all(isinstance(pair, list) and _is_column(pair) for pair in pairs):
        block.blame("columns must be a list of [name, type] pairs", fix="write columns: [[ORDER_ID, integer]]")
        return []
    return [Column(name=name, type=kind, values=tuple(*values)) for name, kind, *values in pairs]


def _is_column(pair: list[Json]) -> bool:
    texts = len(pair) in (2, 3) and all(isinstance(one, str) for one in pair[:2])
    return texts and (len(pair) == 2 or isinstance(pair[2], list))


def _inode(draft: _Draft, block: Block, parent: Inode | None, above: tuple[str, ...]) -> None:
    kind = next((key for key in block.rest() if key in TYPES), "")
    if not kind:
        block.blame(
            "a tree entry names no type", fix=f"begin it with one of {', '.join(TYPES)}, as in `- folder: Name`"
        )
        return
    name = block.text(kind)
    path = (*above, name)
    default_owner = parent.owner_id if parent else next(iter(draft.org.members), "")
    owner = _who(draft, block, "owner", default_owner)
    created_at = block.text("created_at", BORN)
    inode = Inode(
        id=block.text("id") or draft.derive("inode", kind, *path),
        type=cast("InodeType", kind),
        name=name,
        parent_id=block.text("parent") or (parent.id if parent else None),
        owner_id=owner,
        created_by=_who(draft, block, "created_by", owner),
        updated_by=_who(draft, block, "updated_by", owner),
        created_at=created_at,
        updated_at=block.text("updated_at", created_at),
        description=block.text_or_none("description"),
        archived=block.flag("archived", default=False),
        badge=block.text_or_none("badge"),
        listed_after=block.number("listed_after", 0.0),
        listings_hidden=int(block.number("listings_hidden", 0)),
        generation=block.text("generation", _generation(draft.org, kind)),
        hidden_sources=block.tree("hidden_sources", []),
        facts=block.tree("facts", {}),
    )
    inode.denied_to = {_member_named(draft, block, who, None) for who in block.texts("denied_to")}
    inode.read_only_to = {_member_named(draft, block, who, None) for who in block.texts("read_only_to")}
    if inode.id in draft.org.inodes:
        block.blame(f"two entries have the id {inode.id}", value=inode.id, fix="give each its own, or leave ids out")
    draft.org.inodes[inode.id] = inode
    _name_inode(draft, block, inode, path)
    _versions(draft, block, inode)
    for item in block.blocks("items", "a tree entry"):
        _inode(draft, item, inode, path)
    block.close()


def _grant(draft: _Draft, block: Block) -> None:
    """A grant on an inode, named by key or path, to a member or a team, named likewise; or all of it by ids."""
    where, org = block.text("on"), draft.org
    named = (draft.symbols.get((kind, where)) for kind in (*TYPES, "connection"))
    inode_id = block.text("inodeId") or next((name for name in named if name), "")
    team_id = block.text("teamId") or draft.symbols.get(("team", block.text("team")), "")
    member_id = block.text("memberId") or _who(draft, block, "member", "")
    if inode_id not in org.inodes and inode_id not in org.connections:
        block.blame("a grant stands on nothing", value=where, fix="write on: with the path of a tree entry")
    if bool(team_id) is bool(member_id):
        block.blame("a grant is for one member or for one team", fix="write team: or member:")
    kind: str = org.inodes[inode_id].type if inode_id in org.inodes else "scope"
    shown = {"workspace": "folder", "data-model": "workbook"}.get(kind, kind)
    first = next(iter(org.members), "")
    grant: dict[str, Json] = {
        "grantId": block.text("grantId") or draft.derive("grant", inode_id, team_id or member_id),
        "inodeId": inode_id,
        "organizationId": block.text("organizationId", org.id),
        "memberId": member_id or None,
        "teamId": team_id or None,
        "permission": block.text("permission", "view"),
        **{key: block.text(key, first) for key in ("createdBy", "updatedBy")},
        **{key: block.text(key, BORN) for key in ("createdAt", "updatedAt")},
        "inodeType": block.text("inodeType", shown),
    }
    tag_id = block.text("tagId")
    org.grants[grant["grantId"]] = grant | ({"tagId": tag_id} if tag_id else {})
    block.close()


def _generation(org: Org, kind: str) -> str:
    return generation_of(org, kind) if kind in ("workbook", "report") else "flat"


def _name_inode(draft: _Draft, block: Block, inode: Inode, path: tuple[str, ...]) -> None:
    """Give the inode its symbols, and its member a home."""
    pair = block.left.get("spec")
    stem = ""
    if pair and isinstance(pair[1], yaml.MappingNode) and pair[1].value:
        stem = Path(str(pair[1].value[0][1].value)).stem
    for key in (block.text("key", stem), "/".join(path)):
        draft.symbols.setdefault((inode.type, key), inode.id)
        draft.symbols.setdefault(("url-id", key), url_id(inode.id))
    home = _who(draft, block, "home_of", "")
    if home:
        draft.org.members[home].home_folder_id = inode.id


def _versions(draft: _Draft, block: Block, inode: Inode) -> None:
    if "spec" in block.left or "body" in block.left:
        _version(draft, block, inode, int(block.number("version", 1)))
    for item in block.blocks("versions", "a version"):
        _version(draft, item, inode, int(item.number("number", len(inode.versions) + 1)))
        item.close()


def _version(draft: _Draft, block: Block, inode: Inode, number: int) -> None:
    version = Version(
        number=number,
        body=block.json("body"),
        published_at=block.text("at", inode.updated_at),
        published_by=_who(draft, block, "by", inode.updated_by),
    )
    inode.versions.append(version)
    file, node = block.reading.include(block.file, block.take("spec"))
    if node is not None:
        draft.specs.append((version, file, node))


def _fill_in(draft: _Draft, reading: Reading) -> None:
    """Exchange the placeholders of all spec files, now that every name has its id."""
    for version, file, node in draft.specs:
        version.body = _filled(draft, reading, file, node)


def _filled(draft: _Draft, reading: Reading, file: Path, node: yaml.Node) -> Json:
    if isinstance(node, yaml.MappingNode):
        return {
            str(_filled(draft, reading, file, key)): _filled(draft, reading, file, value) for key, value in node.value
        }
    if isinstance(node, yaml.SequenceNode):
        return [_filled(draft, reading, file, item) for item in node.value]
    value = plain(node)
    if not isinstance(value, str) or "${" not in value:
        return value

    def symbol(match: re.Match[str]) -> str:
        if match[0] == "$${":
            return "${"
        found = draft.symbols.get((match[1], match[2]))
        if found is None:
            known = [name for kind, name in draft.symbols if kind == match[1]]
            reading.blame(
                file, node, f"nothing is called {match[0]}", value=match[0], fix=did_you_mean(match[2], known)
            )
        return found or match[0]

    return PLACEHOLDER.sub(symbol, value)
