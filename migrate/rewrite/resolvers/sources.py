"""References to where data comes from: connections, tables, SQL, procedures, warehouse functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from migrate.plan.match import TableMaps
from migrate.rewrite.catalogue.walk import ReferenceSite
from migrate.rewrite.context import MappedConnection
from migrate.rewrite.drafting import Drafting, Resolver, text_of
from migrate.rewrite.resolvers.tables import renamed_in_sql, ruled_in_sql
from migrate.rewrite.text.formula import calls
from migrate.rewrite.text.formula_spans import formulas_of
from migrate.rewrite.text.url import to_uuid
from migrate.tree import Json

_CALLS = frozenset(
    {"calltext", "callnumber", "calllogical", "calldate", "calldatetime", "callvariant", "callgeography", "callarray"}
)


def connection_to(drafting: Drafting, identity: Json) -> MappedConnection | None:
    """The connection an id leads to; the id may be written in base62 as in an address."""
    if not isinstance(identity, str):
        return None
    found = drafting.context.connections.get(identity)
    return found or drafting.context.connections.get(to_uuid(identity) or "")


def connection(site: ReferenceSite, drafting: Drafting) -> None:
    """A connection by the plan's map; without one the document is refused."""
    to = connection_to(drafting, site.value)
    if to is not None:
        drafting.used.add(to.where)
        drafting.mapped(site, to.id)
        if site.node.get("kind") in ("empty", "linked") and not to.write_access:
            message = f"connection {to.name!r} has no write access, which an input table needs"
            drafting.residual(
                "no_write_access", message, "enable write access on it, or map another", site.path, to.name
            )
        return
    what = drafting.context.known.get(site.value)
    named = what or f"connection {site.value!r}, which the source organization does not show"
    fix = "add it to map.connections" if what else "map its id in map.connections, or correct the source"
    drafting.refuse(site, "unresolved_connection", f"no mapping for {named}", fix, drafting.called(site.value))


def path(site: ReferenceSite, drafting: Drafting) -> None:
    """A table by the most specific map; the same names without one."""
    to = connection_to(drafting, site.node.get("connectionId"))
    if to is None:
        drafting.note(site, "unknown", note="its connection has no mapping")
        return
    names = tuple(site.value.split(".")) if isinstance(site.value, str) else tuple(site.value)
    new = drafting.table(site.path, names, to)
    if new is None:
        drafting.note(site, "opaque", note="no path map fits; the names stay")
        return
    drafting.mapped(site, ".".join(new) if isinstance(site.value, str) else list(new))


def procedure(site: ReferenceSite, drafting: Drafting) -> None:
    """A stored procedure: inside an object connection and path are found by themselves, names alone are looked up."""
    if isinstance(site.value, dict):
        if "connectionId" not in site.value:
            _loose_name(site, drafting, site.value.get("path"), (*site.path, "path"))
        return
    _loose_name(site, drafting, site.value, site.path)


def _loose_name(site: ReferenceSite, drafting: Drafting, value: Json, where: tuple[str | int, ...]) -> None:
    names = tuple(value.split(".")) if isinstance(value, str) else tuple(value) if _names(value) else ()
    new = _renamed(site, drafting, names) if names else None
    if new is None:
        drafting.note(site, "opaque", before=text_of(value), note="no path map fits; the names stay")
        return
    after = ".".join(new) if isinstance(value, str) else list(new)
    drafting.edits.set(where, after)
    drafting.note(site, "mapped", before=text_of(value), after=".".join(new))


def _names(value: Json) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _renamed(site: ReferenceSite, drafting: Drafting, names: Sequence[str]) -> tuple[str, ...] | None:
    """The new name by the rules in order, else the one on which all connections with a fitting map agree."""
    new, told = ruled_in_sql(names, [(TableMaps([map_]), rule) for map_, rule in drafting.set_paths])
    for rule, before, after in told:
        drafting.ruled(rule, site.path, before, after)
    if new is not None:
        return new
    to = connection_to(drafting, site.node.get("connectionId"))
    places = [to] if to else drafting.context.connections.values()
    answers = {found for each in places if (found := renamed_in_sql(names, each.tables)[0]) is not None}
    return answers.pop() if len(answers) == 1 else None


def function(site: ReferenceSite, drafting: Drafting) -> None:
    """Warehouse functions by name in formulas: ``CallText("DB.SCHEMA.FN", …)``."""
    for start, text in formulas_of(site.path, site.value):
        for call in calls(text):
            if call.name.casefold() not in _CALLS:
                continue
            for argument in call.texts:
                if argument.index == 0:
                    _function_name(site, drafting, start, argument.span, argument.value)


def _function_name(site: ReferenceSite, drafting: Drafting, start: int, span: tuple[int, int], name: str) -> None:
    new = _renamed(site, drafting, tuple(name.split("."))) if "." in name else None
    if new is None:
        drafting.note(site, "opaque", before=name, note="no path map fits; the name stays")
        return
    drafting.part(site, (start + span[0], start + span[1]), ".".join(new))


SETTLE: Mapping[str, Resolver] = {
    "connection": connection,
    "path": path,
    "procedure": procedure,
    "function": function,
}
