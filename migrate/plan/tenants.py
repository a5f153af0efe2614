"""A table of tenants, and what a plan says for one target. Pure.

``tenants.csv`` has a row a tenant (contract section 3). A row whose ``tenant`` is an alias under ``orgs:`` speaks
of that org. Any other becomes an org of its own, from its columns ``base_url``, ``credentials`` or ``tenant_of``
with ``tenant_id``, and what it must turn out to be, ``slug`` and ``organization_id`` (which a ``tenant_id`` is by
itself); a base URL that is left out is that of the parent, else the variable
``SIGMA_<TENANT>_BASE_URL``; credentials that are left out are ``env:SIGMA_<TENANT>``. Being in the table makes it
a target, with ``access: write``. ``${target.NAME}`` in ``select:``, ``map:`` and ``rules:`` is a cell of the row.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from types import MappingProxyType
from typing import Any

from migrate.errors import InvalidInput, Problem
from migrate.plan import checks, pins
from migrate.plan.csv_text import Row, Table, read_table
from migrate.plan.env_orgs import prefix
from migrate.plan.literal_secret import shown
from migrate.plan.model import Plan, Tenant
from migrate.plan.reading import Reading
from migrate.plan.suggest import did_you_mean
from migrate.tree import Json, walk
from migrate.yaml.places import Node, Place, Where, map_node, text_node

COLUMNS = (
    *("tenant", "base_url", "credentials", "tenant_of", "tenant_id", "slug", "organization_id", "folder"),
    *("connection", "database", "schema", "wave", "enabled", "pin", "existing", "drift", "note"),
)
ROSTER_COLUMNS = ("tenant_id", "slug", "name", "region", "cloud")
"""What a parent organization tells of each of its tenants, for ``${target.NAME}`` too."""
ORG_COLUMNS = ("base_url", "credentials", "tenant_of", "tenant_id", "slug", "organization_id")
TEMPLATE = re.compile(r"\$\{target\.([^{}]*)\}")
YES, NO = frozenset({"", "true", "yes", "1", "on"}), frozenset({"false", "no", "0", "off"})
CHOICES = {"existing": ("fail", "skip", "update", "rename"), "drift": ("fail", "keep", "overwrite")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenants:
    """A read table: every tenant, the aliases of enabled ones, and an org block for each that needs one."""

    rows: tuple[Tenant, ...]
    enabled: tuple[str, ...]
    orgs: Mapping[str, Node]
    columns: tuple[str, ...]
    lines: Mapping[str, int]
    file: str
    listed: bool = False


def read_tenants(
    text: str, file: str, known: Mapping[str, Node], problems: list[Problem], *, listed: bool = False
) -> Tenants | None:
    """The tenants of a CSV text, or None without a usable header; what is wrong is added to ``problems``.

    ``known`` are the plan's own orgs, which a row may speak of and be exchanged from. Where the tenants are ``listed``
    by their parent, rows say what single ones have of their own, and make no org.
    """
    table = read_table(text, file, known=COLUMNS, required=("tenant",), free="var_", problems=problems)
    if table is None:
        return None
    rows: dict[str, Row] = {}
    orgs: dict[str, Node] = {}
    for row in table.rows:
        for column, message, fix in (*_complaints(row, rows, known), *(_idle(row) if listed else ())):
            problems.append(_problem(row, column, table, file, message, fix))
        alias = row.cells["tenant"]
        if not alias or alias in rows:
            continue
        rows[alias] = row
        if alias not in (known) and row.cells.get("enabled", "").lower() in YES and not listed:
            orgs[alias] = _org(row, table, file, known)
    enabled = tuple(alias for alias, row in rows.items() if row.cells.get("enabled", "").lower() in YES)
    if not (enabled or listed):
        problems.append(
            Problem(code="plan_empty", message="no tenant is enabled", fix="add a row", file=file, line=table.line)
        )
    return Tenants(
        rows=tuple(_tenant(alias, row) for alias, row in rows.items()),
        enabled=enabled,
        orgs=orgs,
        columns=tuple(table.columns),
        lines={alias: row.line for alias, row in rows.items()},
        file=file,
        listed=listed,
    )


def _idle(row: Row) -> Iterator[tuple[str, str, str]]:
    """The same of cells that say how to reach a tenant, where its parent says that."""
    for column in ("base_url", "credentials", "tenant_of"):
        if row.cells.get(column, ""):
            yield column, "targets.tenants_of says how its tenants are reached", "leave the cell empty"


def _tenant(alias: str, row: Row) -> Tenant:
    values = {name: cell for name, cell in row.cells.items() if cell}
    return Tenant(tenant=alias, values=MappingProxyType(values))


def _complaints(row: Row, rows: Mapping[str, Row], known: Mapping[str, Node]) -> Iterator[tuple[str, str, str]]:
    """(column, what is wrong, how to mend it) of a row."""
    cell = row.cells.get
    alias = row.cells["tenant"]
    if not alias:
        yield "tenant", "the cell tenant is empty", "give each row its tenant"
    elif checks.alias(alias):
        yield "tenant", checks.alias(alias), "use a short name; a longer one can go to note"
    if alias in rows:
        yield "tenant", f"the tenant {shown(alias)} stands in line {rows[alias].line} already", "keep one of the rows"
    if cell("enabled", "").lower() not in YES | NO:
        yield "enabled", f"'{shown(cell('enabled', ''))}' is neither true nor false", "write true or false"
    if cell("wave", "") and not cell("wave", "").isdecimal():
        yield "wave", f"'{shown(cell('wave', ''))}' is not a whole number", "write 1, 2, …"
    if cell("pin", "") and pins.wrong(cell("pin", "")):
        yield "pin", f"'{shown(cell('pin', ''))}': {pins.wrong(cell('pin', ''))}", pins.FIX
    for column, options in CHOICES.items():
        if cell(column, "") and cell(column, "") not in options:
            yield (
                column,
                f"'{shown(cell(column, ''))}' is not one of {', '.join(options)}",
                did_you_mean(cell(column, ""), options),
            )
    if cell("tenant_id", "") and cell("organization_id", "") not in ("", cell("tenant_id", "")):
        message = "organization_id and tenant_id name two organizations"
        yield "organization_id", message, "tenant_id is the tenant's organization id; leave one of them out"
    if alias in known:
        for column in ORG_COLUMNS:
            if cell(column, ""):
                yield column, f"the org {shown(alias)} is described under orgs: already", "say it in one place only"


def _org(row: Row, table: Table, file: str, known: Mapping[str, Node]) -> Node:
    """The org block a row stands for."""
    place = Place(file=file, line=row.line, column=table.columns["tenant"], label="tenant")
    cells = {name: row.cells.get(name, "") for name in ORG_COLUMNS}
    start = prefix(row.cells["tenant"])
    if not cells["base_url"]:
        cells["base_url"] = _base_url(known.get(cells["tenant_of"])) or "${env." + start + "_BASE_URL}"
    if not (cells["credentials"] or cells["tenant_of"]):
        cells["credentials"] = f"env:{start}"

    def at(name: str) -> Place:
        return Place(
            file=file,
            line=row.line,
            column=table.columns.get(name, place.column),
            label=name if name in table.columns else "tenant",
        )

    org = {name: text_node(cells[name], at(name)) for name in ORG_COLUMNS[:4] if cells[name]}
    expect = {"slug": "slug", "organization_id": "organization_id" if cells["organization_id"] else "tenant_id"}
    given = {name: text_node(cells[column], at(column)) for name, column in expect.items() if cells[column]}
    if given:
        org["expect"] = map_node(given, place)
    org["access"] = text_node("write", place)
    return map_node(org, place)


def _base_url(parent: Node | None) -> str:
    """What an org block says of its host, if anything."""
    found = parent.value.get("base_url") if parent is not None and isinstance(parent.value, dict) else None
    return found.value if found is not None and isinstance(found.value, str) else ""


def _problem(row: Row, column: str, table: Table, file: str, message: str, fix: str) -> Problem:
    at = table.columns.get(column, 0)
    value = shown(row.cells.get(column, ""))
    return Problem(
        code="plan_bad_value", message=message, fix=fix, file=file, line=row.line, column=at, path=column, value=value
    )


def check_templates(data: Mapping[str, Json], tenants: Tenants | None, reading: Reading) -> None:
    """Adds every ``${target.NAME}`` that cannot be filled in, by unknown name or empty cell, to ``reading``."""
    told: set[tuple[str, str]] = set()
    for where, text in walk(data):
        if not isinstance(text, str) or "${target." not in text:
            continue
        names = TEMPLATE.findall(text)
        if len(names) < text.count("${target."):
            reading.wrong("plan_template", where, "${target. stands here without a name and a }", "write it out", text)
        for name in dict.fromkeys(names) if tenants else names[:1]:
            _check_name(name, where, text, tenants, reading, told)


def _check_name(
    name: str, where: Where, text: str, tenants: Tenants | None, reading: Reading, told: set[tuple[str, str]]
) -> None:
    if where[0] not in ("select", "map", "rules"):
        reading.wrong(
            "plan_template", where, "${target.NAME} is filled in under select, map and rules only", "write it out", text
        )
    elif tenants is None:
        if not isinstance(reading.places.get(("targets", "csv")), Place):
            reading.wrong(
                "plan_template",
                where,
                "${target.NAME} needs a table of tenants",
                "write targets: {csv: tenants.csv}",
                text,
            )
    elif name not in (known := (*tenants.columns, *(("tenant", *ROSTER_COLUMNS) if tenants.listed else ()))):
        message = f"the table of tenants has no column {shown(name)}"
        reading.wrong("plan_template", where, message, did_you_mean(name, known), text)
    elif not tenants.listed:  # of listed ones it is known later whether each has it
        for tenant in tenants.rows:
            if tenant.tenant in tenants.enabled and name not in tenant.values and (tenant.tenant, name) not in told:
                told.add((tenant.tenant, name))
                reading.problems.append(_empty(tenant.tenant, name, reading.places.get(where), tenants))


def _empty(alias: str, name: str, used: Place | None, tenants: Tenants) -> Problem:
    spot = f"{used.file}:{used.line}" if used else "the plan"
    return Problem(
        code="plan_template",
        message=f"the cell {name} of {alias} is empty, and {spot} uses it",
        fix="fill it in, or disable the row",
        file=tenants.file,
        line=tenants.lines[alias],
        path=name,
    )


def for_target(plan: Plan, target: str) -> Plan:
    """The plan as it holds for one of its targets: ``targets`` is that one, nothing is left to fill in.

    The target's own selection and mappings are taken where the targets of a table differ; cells of its tenant
    row stand for ``${target.NAME}``, and its ``existing`` and ``drift`` go over the plan's own.
    Raises InvalidInput for an unknown target or a name that the row does not give.
    """
    if target not in plan.targets:
        problem = Problem(
            code="plan_unknown_org",
            message=f"{shown(target)} is not a target of {plan.name}",
            fix=did_you_mean(target, plan.targets),
        )
        raise InvalidInput([problem])
    own = plan.variants.get(target)
    row = next((tenant for tenant in plan.tenants if tenant.tenant == target), None)
    narrowed = replace(
        plan,
        targets=(target,),
        pin=pins.pinned_to(plan, row),
        variants=MappingProxyType({}),
        select=own.select if own else plan.select,
        map=own.map if own else plan.map,
    )
    if row is None:
        return narrowed

    def fill(text: str) -> str:
        return TEMPLATE.sub(lambda found: _value(row, found[1]), text)

    own_policy: dict[str, Any] = {name: row.values[name] for name in CHOICES if name in row.values}
    return replace(
        narrowed,
        tenants=(row,),
        select=_filled(narrowed.select, fill),
        map=_filled(narrowed.map, fill),
        rules=_filled(narrowed.rules, fill),
        policy=replace(plan.policy, **own_policy),
    )


def _value(row: Tenant, name: str) -> str:
    if name not in row.values:
        problem = Problem(
            code="plan_template",
            message=f"the row of {row.tenant} gives no {shown(name)}",
            fix=did_you_mean(name, row.values),
        )
        raise InvalidInput([problem])
    return row.values[name]


def _filled(value: Any, fill: Callable[[str], str]) -> Any:
    """A value of the plan with every text in it filled in."""
    if isinstance(value, str):
        return fill(value)
    if isinstance(value, tuple):
        return tuple(_filled(each, fill) for each in value)
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{each.name: _filled(getattr(value, each.name), fill) for each in fields(value)})
    return value
