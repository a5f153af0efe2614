"""What its documents use and a target must have: folders, connections, tables, people, addresses. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, get_args
from urllib.parse import urlsplit

from migrate.assess.mirror import Tried, other_id
from migrate.assess.model import Need, NeedKind
from migrate.bundle.spec import Spec
from migrate.inventory.model import Connection, Inventory, Key, Named
from migrate.rewrite.model import Draft, Reference
from migrate.rewrite.resolvers.tables import tables_in, tables_in_sql
from migrate.text import join_path

_BY_ROW: Mapping[str, tuple[NeedKind, str]] = {
    "connection": ("connection", "connections"),
    "team": ("team", "teams"),
    "page-teams": ("team", "teams"),
    "team-name": ("team", "teams"),
    "user": ("member", "members"),
    "page-users": ("member", "members"),
    "recipients": ("member", "members"),
    "user-attribute": ("user_attribute", "user_attributes"),
    "attribute-name": ("user_attribute", "user_attributes"),
    "plugin": ("plugin", "plugins"),
    "connector": ("connector", "connectors"),
}
"""The kind of need that a reference of a catalogue row is, and the table of the inventory that knows its name."""


class _Thing(NamedTuple):
    kind: NeedKind
    of: str
    name: str
    path: tuple[str, ...] = ()


@dataclass(slots=True)
class _Used:
    """One thing: how often it is used, by which documents, how often in SQL."""

    documents: dict[Key, None] = field(default_factory=dict)
    uses: int = 0
    in_sql: int = 0


def needs(inventory: Inventory, specs: Mapping[Key, Spec], found: Mapping[Key, Tried]) -> tuple[Need, ...]:
    """Everything that documents use, the kinds in the order of a plan's ``map``, what most documents use first."""
    used: dict[_Thing, _Used] = {}
    for key, one in found.items():
        for thing, in_sql in _things(inventory, specs[key], one.strict):
            entry = used.setdefault(thing, _Used())
            entry.documents[key] = None
            entry.uses += 1
            entry.in_sql += in_sql
    made = [_need(inventory, thing, entry) for thing, entry in used.items()]
    order = get_args(NeedKind)
    return tuple(sorted(made, key=lambda each: (order.index(each.kind), each.of, -len(each.documents), each.name)))


def needed_by(found: Iterable[Need]) -> Mapping[Key, tuple[int, ...]]:
    """For each document the positions of what it needs."""
    by: dict[Key, list[int]] = {}
    for at, need in enumerate(found):
        for key in need.documents:
            by.setdefault(key, []).append(at)
    return {key: tuple(places) for key, places in by.items()}


def by_schema(paths: Iterable[Need]) -> Iterator[Need]:
    """One need for each schema or database that these tables stand in, with ``*`` in the place of their names."""
    found: dict[tuple[str, tuple[str, ...]], list[Need]] = {}
    for need in paths:
        if len(need.path) > 1:
            found.setdefault((need.of, need.path[:-1]), []).append(need)
    for (connection, schema), tables in found.items():
        path = (*schema, "*")
        yield Need(
            kind="path",
            name=".".join(path),
            of=connection,
            path=path,
            documents=tuple(dict.fromkeys(key for need in tables for key in need.documents)),
            uses=sum(need.uses for need in tables),
            in_sql=sum(need.in_sql for need in tables),
        )


def _things(inventory: Inventory, spec: Spec, draft: Draft) -> Iterator[tuple[_Thing, bool]]:
    """Every use of a thing in one document, and whether it stands in SQL."""
    item = inventory.items.get(spec.key)
    if item is not None and item.path:
        yield _Thing("folder", "", join_path(item.path)), False
    for model in item.reads if item else ():
        yield _Thing("data_model", "", model), False
    for reference in draft.references:
        yield from ((thing, False) for thing in _referred(inventory, reference))
    for _path, table in tables_in(spec.body):
        yield _Thing("path", table.connection, ".".join(table.path), table.path), False
    types = {other_id(one): each.type for one, each in inventory.connections.items()}
    back = {other_id(one): one for one in inventory.connections}
    for _path, table in tables_in_sql(draft, types):
        if table.connection in back:
            yield _Thing("path", back[table.connection], ".".join(table.path), table.path), True


def _referred(inventory: Inventory, reference: Reference) -> Iterator[_Thing]:
    if reference.row in _BY_ROW:
        kind, table = _BY_ROW[reference.row]
        yield _Thing(kind, "", _identity(getattr(inventory, table), reference.before))
    elif reference.row == "url" and reference.resolution == "opaque" and (place := _place(reference.before)):
        yield _Thing("url", "", place)


def _place(address: str) -> str:
    """How an address begins, without what names a person; empty where it is none."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}/" if parts.netloc else ""


def _identity(table: Mapping[str, Connection | Named], text: str) -> str:
    """The id of a thing that a document names by its id or its name; the text itself where nothing lists it."""
    if text in table:
        return text
    return next((one for one, thing in table.items() if thing.name == text), text)


def _need(inventory: Inventory, thing: _Thing, used: _Used) -> Need:
    name, of, identity, note = _named(inventory, thing)
    return Need(
        kind=thing.kind,
        name=name,
        of=of,
        id=identity,
        path=thing.path,
        note=note,
        documents=tuple(used.documents),
        uses=used.uses,
        in_sql=used.in_sql,
    )


def _named(inventory: Inventory, thing: _Thing) -> tuple[str, str, str, str]:
    """How a person calls a thing: its name, its connection, its id, and what is known of it."""
    connections = inventory.connections
    match thing.kind:
        case "path":
            known = connections.get(thing.of)
            return thing.name, _unique(connections, thing.of), "", known.type if known else ""
        case "connection":
            known = connections.get(thing.name)
            return _unique(connections, thing.name), "", thing.name, known.type if known else "not listed"
        case "data_model":
            item = inventory.items.get(Key(org=inventory.org, kind="data-model", id=thing.name))
            return (
                (join_path((*item.path, item.name)), "", thing.name, "") if item else (thing.name, "", "", "not seen")
            )
        case "folder" | "url":
            return thing.name, "", "", ""
        case kind:
            table: Mapping[str, Named] = getattr(inventory, f"{kind}s")
            return _unique(table, thing.name), "", thing.name if thing.name in table else "", ""


def _unique(table: Mapping[str, Connection | Named], identity: str) -> str:
    """The name of a thing where it is the only one of that name, else its id."""
    thing = table.get(identity)
    if thing is None:
        return identity
    return thing.name if Counter(each.name for each in table.values())[thing.name] == 1 else identity
