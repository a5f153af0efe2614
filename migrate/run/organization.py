"""What belongs to the organization and not to a document, each only where the plan asks: told once for a target."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from migrate.errors import ApiRefusal
from migrate.inventory.model import Inventory, Named
from migrate.plan.model import Plan
from migrate.plan.policies import Carry
from migrate.rewrite.mapping import counterparts
from migrate.run.clients import Clients
from migrate.sigma import api
from migrate.sigma.client import Client
from migrate.tree import Json

_NAMED = 20


async def organization_notes(clients: Clients, plan: Plan, source: Inventory, dest: Inventory) -> tuple[str, ...]:
    """A sentence for each kind of thing that a plan wants told and that the target lacks; nothing is copied.

    Of a bundle as the source only what it lists can be told.
    """
    carry, people = plan.carry, counterparts(plan, source, dest)
    told = [
        *(_lacking("teams", source.teams, people["team"], dest) if carry.teams == "report" else ()),
        *(
            _lacking("user attributes", source.user_attributes, people["user-attribute"], dest)
            if carry.user_attributes == "report"
            else ()
        ),
    ]
    alias = clients.plan.source.org
    if alias is not None:
        here, there = await clients.client(alias), await clients.client(dest.org)
        told += await _listed(here, there, carry)
        if carry.connection_grants == "report":
            told += await _connection_grants(here, source)
    return tuple(told)


def _lacking(what: str, here: Mapping[str, Named], found: Mapping[str, str], dest: Inventory) -> Iterator[str]:
    """One sentence for things of the source without a counterpart in the target."""
    missing = sorted(one.name for key, one in here.items() if key not in found)
    if missing:
        yield f"{len(missing)} of {len(here)} {what} of the source have no counterpart in {dest.org}: {_names(missing)}"


async def _listed(here: Client, there: Client, carry: Carry) -> list[str]:
    """Sentences for translations and account types that the target does not list."""
    asked = {"translations": carry.translations, "account types": carry.account_types}
    told = []
    for what in (name for name, mode in asked.items() if mode == "report"):
        try:
            mine, theirs = (
                _called(await api.list_organization(here, what)),
                _called(await api.list_organization(there, what)),
            )
        except ApiRefusal as refusal:
            told.append(f"{what} cannot be compared: {refusal.message}")
            continue
        missing = sorted(mine - theirs)
        if missing:
            told.append(f"{len(missing)} {what} of the source are not in {there.org}: {_names(missing)}")
    return told


def _called(entries: Iterable[Json]) -> set[str]:
    """What translations and account types are called: language with variant, name."""
    found = set()
    for one in entries:
        name = one.get("accountTypeName") or "-".join(str(one[k]) for k in ("lng", "lng_variant") if one.get(k))
        found.add(str(name))
    return found


async def _connection_grants(here: Client, source: Inventory) -> list[str]:
    """A sentence for each connection of the source on which somebody may do something."""
    people = {("teamId", one.id): f"team {one.name}" for one in source.teams.values()}
    people |= {("memberId", one.id): one.name for one in source.members.values()}
    told = []
    for connection in source.connections.values():
        try:
            grants = await api.connection_grants(here, connection.id)
        except ApiRefusal as refusal:
            told.append(f"grants on connection {connection.name!r} cannot be read: {refusal.message}")
            continue
        who = [
            f"{grant.get('permission')} of {people.get((kind, str(grant[kind])), grant[kind])}"
            for grant in grants
            for kind in ("teamId", "memberId")
            if grant.get(kind)
        ]
        if who:
            told.append(
                f"grants on connection {connection.name!r} of the source are not carried: {_names(sorted(who))}"
            )
    return told


def _names(found: list[str]) -> str:
    more = f" and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
    return f"{', '.join(found[:_NAMED])}{more}"
