"""A plan with the tenants that its parent organization lists, in place of the word that it means them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from types import MappingProxyType

from migrate.errors import Refused
from migrate.kinds import counted
from migrate.plan import checks
from migrate.plan.literal_secret import shown
from migrate.plan.match import name_matches
from migrate.plan.model import Plan, Tenant
from migrate.plan.orgs import Expect, OfTenant, Org
from migrate.plan.parents import Where
from migrate.plan.tenants import NO, ROSTER_COLUMNS
from migrate.tree import Json

_NAMED = 10
"""So many tenants are told by name where one sentence is about several."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A tenant as its parent lists it; ``api_url`` is where its API is, empty where that is not told."""

    id: str
    slug: str = ""
    name: str = ""
    region: str = ""
    cloud: str = ""
    api_url: str = ""


_KEYS = {
    "id": "tenantOrganizationId",
    "slug": "tenantOrganizationSlug",
    "name": "tenantOrganizationName",
    "region": "tenantRegion",
    "cloud": "tenantCloudProvider",
    "api_url": "tenantApiUrl",
}


def listed(entry: Mapping[str, Json]) -> Listed:
    """A tenant from an entry of ``GET /v2/tenants`` (sigma-api section 9); what is no text there counts as not told."""
    found = {name: entry.get(key) for name, key in _KEYS.items()}
    return Listed(**{name: value for name, value in found.items() if isinstance(value, str)})


def roster_tree(tenants: Iterable[Listed]) -> Json:
    """Tenants as JSON, for those who work on the same run later."""
    return [{one.name: getattr(tenant, one.name) for one in fields(tenant)} for tenant in tenants]


def roster_of(tree: Json) -> tuple[Listed, ...]:
    """The tenants of such a tree."""
    return tuple(Listed(**one) for one in tree)


def with_roster(plan: Plan, tenants: Sequence[Listed]) -> Plan:
    """The plan whose targets are those of these tenants that it takes; its sentences say what became of the others.

    A row of its table speaks of the tenant with its ``tenant_id``, its ``slug``, or the slug that is its ``tenant``.
    Raises Refused where no tenant is left.
    """
    if plan.tenants_of is None:
        return plan
    meant, where = plan.tenants_of, plan.tenants_of.where
    parent = plan.orgs[meant.parent]
    taken = [one for one in _each_once(tenants) if _fits(one, where) and not _is_source(one, plan)]
    rows = {one.id: row for one in taken if (row := _row_of(one, plan.tenants)) is not None}
    names = _aliases(taken, rows, plan.orgs)
    known = [_tenant(one, names[one.id], rows.get(one.id)) for one in taken]
    on = [one for one, row in zip(taken, known, strict=True) if row.values.get("enabled", "").lower() not in NO]
    if not on:
        raise Refused(
            f"org {meant.parent} lists {counted('tenant', len(tenants))}, and no target of this plan.",
            code="no_tenants",
            next_action="compare targets.where and the table of tenants with the organization's list of tenants",
        )
    spoken_of = {id(row) for row in rows.values()}
    strangers = tuple(row for row in plan.tenants if id(row) not in spoken_of)
    return replace(
        plan,
        orgs=MappingProxyType({**plan.orgs, **{names[one.id]: _org(one, names[one.id], parent) for one in on}}),
        targets=tuple(names[one.id] for one in on),
        tenants=tuple(known),
        told=(*_told(tenants, taken, meant.parent), *_strange(strangers, meant.parent)),
    )


def _each_once(tenants: Sequence[Listed]) -> Iterable[Listed]:
    return {one.id: one for one in tenants}.values()


def _fits(tenant: Listed, where: Where) -> bool:
    """Whether a tenant has all that ``where`` asks for; what its parent does not tell of it fits nothing."""
    asked = ((where.slug, tenant.slug), (where.name, tenant.name), (where.region, tenant.region))
    return all(pattern is None or (told and name_matches(pattern, told)) for pattern, told in asked)


def _is_source(tenant: Listed, plan: Plan) -> bool:
    """Whether a tenant is the organization that documents come from, as far as the plan says who that is."""
    org = plan.orgs.get(plan.source.org or "")
    if org is None:
        return False
    exchanged = isinstance(org.credentials, OfTenant) and org.credentials.tenant_id == tenant.id
    return exchanged or (org.expect is not None and org.expect.organization_id == tenant.id)


def _row_of(tenant: Listed, rows: Sequence[Tenant]) -> Tenant | None:
    """What the table says of a tenant; by its id first, since slugs can be given anew."""
    for row in rows:
        if tenant.id in (row.values.get("tenant_id"), row.values.get("organization_id")):
            return row
    unnamed = (row for row in rows if not {"tenant_id", "organization_id"} & row.values.keys())
    return next((row for row in unnamed if tenant.slug and row.values.get("slug", row.tenant) == tenant.slug), None)


def _aliases(tenants: Sequence[Listed], rows: Mapping[str, Tenant], orgs: Mapping[str, Org]) -> dict[str, str]:
    """Id -> what a target is called: as its row says, else by its slug, else by its id. No two are called the same."""
    taken = {*orgs, *(row.tenant for row in rows.values())}
    found: dict[str, str] = {}
    for one in tenants:
        if one.id in rows:
            found[one.id] = rows[one.id].tenant
            continue
        free = [name for name in (one.slug, one.id) if not checks.alias(name) and name not in taken]
        number = next(number for number in range(len(tenants) + 1) if f"tenant-{number}" not in taken)
        found[one.id] = free[0] if free else f"tenant-{number}"
        taken.add(found[one.id])
    return found


def _tenant(tenant: Listed, alias: str, row: Tenant | None) -> Tenant:
    """The row of a tenant: what the table says, over what its parent tells."""
    told = (tenant.id, tenant.slug, tenant.name, tenant.region, tenant.cloud)
    listed_so = {name: value for name, value in zip(ROSTER_COLUMNS, told, strict=True) if value}
    return Tenant(tenant=alias, values=MappingProxyType({**listed_so, **(row.values if row else {}), "tenant": alias}))


def _org(tenant: Listed, alias: str, parent: Org) -> Org:
    """The organization of a tenant, by exchange of its parent's credentials; who it must be is what the list says."""
    return Org(
        alias=alias,
        base_url=_address(tenant.api_url, parent.base_url),
        credentials=OfTenant(parent=parent.alias, tenant_id=tenant.id),
        expect=Expect(organization_id=tenant.id),
        access="write",
        allow_host=parent.allow_host,
    )


def _address(told: str, parent: str) -> str:
    """Where a tenant's API is; never less protected than its parent's, whatever a list says."""
    if not told:
        return parent
    scheme, mark, rest = told.partition("://")
    upgraded = parent.startswith("https://") and mark and scheme.lower() == "http"
    return f"https://{rest}" if upgraded else told.rstrip("/")


def _told(tenants: Sequence[Listed], taken: Sequence[Listed], parent: str) -> Iterable[str]:
    """A sentence on the tenants that the plan does not take."""
    kept = {one.id for one in taken}
    others = [one for one in _each_once(tenants) if one.id not in kept]
    if others:
        names = [shown(one.slug or one.id) for one in others]
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        yield (
            f"{len(others)} of the {len(others) + len(taken)} tenants of {parent} are no targets by targets.where, or"
            f" are the source: {', '.join(names[:_NAMED])}{more}"
        )


def _strange(rows: Sequence[Tenant], parent: str) -> Iterable[str]:
    """A sentence for each row of the table that speaks of no tenant that is taken."""
    for row in rows:
        yield (
            f"{row.tenant} stands in the table of tenants and is none of the tenants of {parent} that targets.where"
            " takes: nothing was looked at or written there"
        )
