"""A plan written back as a file that reads back equal. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from migrate.kinds import KINDS
from migrate.plan.csv_plan import COLUMNS, PAIRS, written_path
from migrate.plan.csv_text import write_table
from migrate.plan.file import reference
from migrate.plan.maps import ConnectionMap, Maps
from migrate.plan.model import Plan
from migrate.plan.orgs import OfTenant, Org
from migrate.plan.selection import Select, Selector
from migrate.text import join_path, split_path
from migrate.tree import Json


def dump_csv(plan: Plan) -> str:
    """The CSV of a plan's selection and mappings, safe in a spreadsheet; orgs, policy and rules are not in it.

    Raises ValueError, naming what it is, where a CSV cannot say something that the plan says.
    """
    if plan.source.org is None or plan.tenants or plan.rules:
        raise ValueError("a CSV plan has an org as source, no tenants and no rules")
    rows = []
    for target in plan.targets:
        own = plan.variants.get(target)
        for kind, source, to in _rows(own.select if own else plan.select, own.map if own else plan.map):
            if source != source.strip() or to != to.strip() or not source:
                raise ValueError(f"a CSV cell cannot keep the spaces round {source!r}")
            rows.append((plan.source.org, target, kind, source, to, ""))
    return write_table(COLUMNS, rows)


def _rows(select: Select, maps: Maps) -> Iterator[tuple[str, str, str]]:
    if select.dependencies != "include" or maps.controls:
        raise ValueError("a CSV plan includes dependencies and renames no controls")
    folders = {pair.source: pair.target for pair in maps.folders}
    for rule in select.include:
        kind, source = _selected(rule)
        yield kind, source, folders.pop(source, "") if kind == "folder" else ""
    if folders:
        raise ValueError(f"a CSV plan maps only folders it selects: {next(iter(folders))}")
    for connection in maps.connections:
        yield from _connection(connection, len(maps.connections) > 1)
    for pair in maps.data_models:
        yield "data_model", pair.source, pair.target
    for kind, name in PAIRS.items():
        for pair in getattr(maps, name):
            yield kind, pair.source, pair.target
    for rule in select.exclude:
        yield "exclude", _source(rule), "allow_empty" if rule.allow_empty else ""


def _selected(rule: Selector) -> tuple[str, str]:
    if rule.type is None and rule.folder and not (rule.name or rule.id):
        return "folder", rule.folder
    if rule.type is None:
        raise ValueError("a CSV plan selects a folder, or documents of one type")
    return KINDS[rule.type].row, _source(rule)


def _source(rule: Selector) -> str:
    """The source cell of a rule; what reads back as another rule is refused."""
    from migrate.plan.csv_plan import selector_keys

    if rule.tag or rule.owner or rule.updated_since:
        raise ValueError("a CSV plan selects by folder, name and id")
    if rule.id:
        text = rule.id
    elif rule.name and rule.name.startswith("re:"):
        text = rule.name
    elif rule.name:
        text = "/".join(filter(None, (rule.folder, join_path((rule.name,)))))
    else:
        text = f"{join_path(split_path(rule.folder or ''))}/"
    given = {"folder": rule.folder, "name": rule.name, "id": rule.id}
    if selector_keys(text) != {key: value for key, value in given.items() if value}:
        raise ValueError("a CSV plan cannot say this selection rule")
    return text


def _connection(connection: ConnectionMap, several: bool) -> Iterator[tuple[str, str, str]]:
    if connection.sql != "rewrite":
        raise ValueError("a CSV plan rewrites SQL")
    yield "connection", connection.source, connection.target
    for path in connection.paths:
        lead = f"{connection.source}: " if several else ""
        yield "path", lead + written_path(path.source), written_path(path.target)


def dump_orgs(plan: Plan, folder: Path) -> str:
    """The ``orgs:`` block of a plan, as the text of an orgs file that is to stand in this folder."""
    return json.dumps({"orgs": {alias: _org(org, folder) for alias, org in plan.orgs.items()}}, indent=2) + "\n"


def _org(org: Org, folder: Path) -> Json:
    block: dict[str, Json] = {"base_url": org.base_url, "access": org.access, "allow_host": org.allow_host}
    match org.credentials:
        case OfTenant(parent=parent, tenant_id=tenant_id):
            block |= {"tenant_of": parent, "tenant_id": tenant_id}
        case found:
            block["credentials"] = reference(found, folder)
    if org.expect:
        given = {"slug": org.expect.slug, "organization_id": org.expect.organization_id}
        block["expect"] = {key: value for key, value in given.items() if value}
    return block
