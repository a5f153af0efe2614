"""References to where data comes from: connections, tables, SQL, procedures, warehouse functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from migrate.plan.match import TableMaps
from migrate.rewrite.catalogue.walk import Site
from migrate.rewrite.context import ConnectionTo
from migrate.rewrite.drafting import Drafting, Settle, text_of
from migrate.rewrite.model import Resolution
from migrate.rewrite.resolvers.tables import renamed_in_sql
from migrate.rewrite.text.embedded import formulas_of
from migrate.rewrite.text.formula import calls
from migrate.rewrite.text.sql import rewrite_sql
from migrate.rewrite.text.url import to_uuid
from migrate.tree import Json

_CALLS = frozenset(
    {"calltext", "callnumber", "calllogical", "calldate", "calldatetime", "callvariant", "callgeography", "callarray"}
)


def _connection_to(drafting: Drafting, identity: Json) -> ConnectionTo | None:
    """The connection an id leads to; the id may be written in base62 as in an address."""
    if not isinstance(identity, str):
        return None
    found = drafting.context.connections.get(identity)
    return found or drafting.context.connections.get(to_uuid(identity) or "")


def connection(site: Site, drafting: Drafting) -> None:
    """A connection by the plan's map; without one the document is refused."""
    to = _connection_to(drafting, site.value)
    if to is not None:
        drafting.used.add(to.where)
        drafting.mapped(site, to.id)
        if site.node.get("kind") in ("empty", "linked") and not to.write_access:
            message = f"connection {to.name!r} has no write access, which an input table needs"
            drafting.residual("no_write_access", message, "enable write access on it, or map another", site.path)
        return
    what = drafting.context.known.get(site.value)
    named = what or f"connection {site.value!r}, which the source organization does not show"
    fix = "add it to map.connections" if what else "map its id in map.connections, or correct the source"
    drafting.refuse(site, "unresolved_connection", f"no mapping for {named}", fix)


def path(site: Site, drafting: Drafting) -> None:
    """A table by the most specific map; the same names without one."""
    to = _connection_to(drafting, site.node.get("connectionId"))
    if to is None:
        drafting.note(site, "unknown", note="its connection has no mapping")
        return
    names = tuple(site.value.split(".")) if isinstance(site.value, str) else tuple(site.value)
    new = drafting.table(site.path, names, to)
    if new is None:
        drafting.note(site, "opaque", note="no path map fits; the names stay")
        return
    drafting.mapped(site, ".".join(new) if isinstance(site.value, str) else list(new))


def statement(site: Site, drafting: Drafting) -> None:
    """SQL by the connection's ``sql`` setting: rewritten, kept, or refused."""
    to = _connection_to(drafting, site.node.get("connectionId"))
    if to is None:
        drafting.note(site, "unknown", note="its connection has no mapping")
        return
    if to.sql == "keep":
        drafting.note(site, "opaque", note="sql: keep")
        return
    if to.sql == "fail":
        drafting.unsupported(site, "sql_refused", "the plan refuses custom SQL on this connection", "set sql: rewrite")
        return
    maps = (*drafting.set_paths, *to.paths)
    result = rewrite_sql(site.value, dialect=to.dialect, rename=lambda name: _sql_name(name, site, drafting, to))
    for sentence in result.notes:
        drafting.residual("sql_dynamic", sentence, "read the statement and try it in the target", site.path)
    if result.unparsed is not None:
        _unparsed(site, drafting, result.unparsed, worth=bool(maps))
        return
    if result.statement != site.value:
        drafting.edits.set(site.path, result.statement)
    if not result.tables:
        drafting.note(site, "opaque", note="the statement names no table")
    for before, after, _span in result.tables:
        kept = "" if after else "no path map fits; the name stays"
        moved: Resolution = "mapped" if after else "opaque"
        drafting.note(site, moved, before=".".join(before), after=".".join(after) if after else None, note=kept)


def _sql_name(name: Sequence[str], site: Site, drafting: Drafting, to: ConnectionTo) -> tuple[str, ...] | None:
    new, by = renamed_in_sql(name, TableMaps(map_ for map_, _rule in drafting.set_paths))
    if new is not None:
        rule = next(rule for map_, rule in drafting.set_paths if map_ in by)
        drafting.ruled(rule, site.path, ".".join(name), ".".join(new))
        return new
    new, by = renamed_in_sql(name, to.tables)
    if new is not None:
        drafting.used.update(f"{to.where}.paths.{to.paths.index(map_)}" for map_ in by)
    return new


def _unparsed(site: Site, drafting: Drafting, why: str, *, worth: bool) -> None:
    """A statement that nobody could read: harmless where no name changes anyway."""
    if not worth:
        drafting.note(site, "opaque", note=f"could not be read ({why}), and no name changes on this connection")
        return
    message = f"the SQL could not be rewritten: {why}"
    drafting.unsupported(
        site, "sql_unparsed", message, "rewrite it with a rule, or set sql: keep if its names are right"
    )


def procedure(site: Site, drafting: Drafting) -> None:
    """A stored procedure: inside an object connection and path are found by themselves, names alone are looked up."""
    if isinstance(site.value, dict):
        if "connectionId" not in site.value:
            _loose_name(site, drafting, site.value.get("path"), (*site.path, "path"))
        return
    _loose_name(site, drafting, site.value, site.path)


def _loose_name(site: Site, drafting: Drafting, value: Json, where: tuple[str | int, ...]) -> None:
    names = tuple(value.split(".")) if isinstance(value, str) else tuple(value) if _names(value) else ()
    new = _agreed(names, _maps(site.node, drafting)) if names else None
    if new is None:
        drafting.note(site, "opaque", before=text_of(value), note="no path map fits; the names stay")
        return
    after = ".".join(new) if isinstance(value, str) else list(new)
    drafting.edits.set(where, after)
    drafting.note(site, "mapped", before=text_of(value), after=".".join(new))


def _names(value: Json) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _maps(node: Mapping[str, Json], drafting: Drafting) -> list[TableMaps]:
    to = _connection_to(drafting, node.get("connectionId"))
    ruled = tuple(map_ for map_, _rule in drafting.set_paths)
    return [
        TableMaps((*ruled, *each.paths)) if ruled else each.tables
        for each in ([to] if to else drafting.context.connections.values())
    ]


def _agreed(names: Sequence[str], maps: Sequence[TableMaps]) -> tuple[str, ...] | None:
    """The new name on which all connections with a fitting map agree."""
    answers = {new for each in maps if (new := renamed_in_sql(names, each)[0]) is not None}
    return answers.pop() if len(answers) == 1 else None


def function(site: Site, drafting: Drafting) -> None:
    """Warehouse functions by name in formulas: ``CallText("DB.SCHEMA.FN", …)``."""
    for start, text in formulas_of(site.path, site.value):
        for call in calls(text):
            if call.name.casefold() not in _CALLS:
                continue
            for argument in call.texts:
                if argument.index == 0:
                    _function_name(site, drafting, start, argument.span, argument.value)


def _function_name(site: Site, drafting: Drafting, start: int, span: tuple[int, int], name: str) -> None:
    new = _agreed(tuple(name.split(".")), _maps({}, drafting)) if "." in name else None
    if new is None:
        drafting.note(site, "opaque", before=name, note="no path map fits; the name stays")
        return
    drafting.part(site, (start + span[0], start + span[1]), ".".join(new))


SETTLE: Mapping[str, Settle] = {
    "connection": connection,
    "path": path,
    "statement": statement,
    "procedure": procedure,
    "function": function,
}
