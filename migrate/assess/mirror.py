"""An imagined target that has everything the source has, under other ids. Pure.

What rewriting still refuses for such a target, no mapping can help; so an assessment says of a document what a plan
would say, by the same code, before there is a target.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from uuid import NAMESPACE_URL, uuid5

from migrate.bundle.spec import Spec
from migrate.inventory.model import Identity, Inventory, Key, Named
from migrate.plan.maps import ConnectionMap, Maps
from migrate.plan.model import Plan
from migrate.plan.orgs import Source
from migrate.plan.policies import Policy
from migrate.rewrite.context import TargetContext
from migrate.rewrite.draft import draft
from migrate.rewrite.mapping import resolve
from migrate.rewrite.model import Draft

TARGET = "target"

STRICT = Policy()
LENIENT = Policy(unsupported="report", security="waive", waived_by="an assessment", dangling="drop")
"""A policy that lets through whatever a person may let through."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """One document drafted for the imagined target: as a plan would by default, and with every leave given."""

    strict: Draft
    lenient: Draft


def other_id(identity: str) -> str:
    """The id under which the imagined target has a thing of the source."""
    return str(uuid5(NAMESPACE_URL, f"sigma-migrate:assess:{identity}"))


def tried(inventory: Inventory, specs: Mapping[Key, Spec]) -> dict[Key, Tried]:
    """Every document drafted for the imagined target.

    A folder of saved specs lists neither teams nor attributes: there, a name that a formula uses is taken to exist.
    """
    found = _tried(inventory, specs)
    drafts = [one.strict for one in found.values()]
    teams, attributes = inventory.teams, inventory.user_attributes
    more = replace(
        inventory,
        teams=teams or _unlisted("team-name", drafts),
        user_attributes=attributes or _unlisted("attribute-name", drafts),
    )
    return found if (more.teams, more.user_attributes) == (teams, attributes) else _tried(more, specs)


def _tried(inventory: Inventory, specs: Mapping[Key, Spec]) -> dict[Key, Tried]:
    strict, lenient = (_context(inventory, specs, policy) for policy in (STRICT, LENIENT))
    return {
        key: Tried(strict=draft(spec, strict, TARGET), lenient=draft(spec, lenient, TARGET))
        for key, spec in specs.items()
    }


def _unlisted(row: str, drafts: Iterable[Draft]) -> Mapping[str, Named]:
    """What documents name in references of a catalogue row, under its name as its id."""
    names = {reference.before for one in drafts for reference in one.references if reference.row == row}
    return MappingProxyType({name: Named(id=name, name=name) for name in sorted(names)})


def _context(inventory: Inventory, specs: Mapping[Key, Spec], policy: Policy) -> TargetContext:
    maps = Maps(connections=tuple(ConnectionMap(source=one, target=other_id(one)) for one in inventory.connections))
    plan = Plan(
        name="assessment", orgs={}, source=Source(org=inventory.org), targets=(TARGET,), map=maps, policy=policy
    )
    return resolve(plan, TARGET, inventory, _mirror(inventory), frozenset(specs), specs, {})


def _mirror(inventory: Inventory) -> Inventory:
    return Inventory(
        org=TARGET,
        identity=Identity(user_id="", organization_id=other_id(inventory.identity.organization_id), slug=TARGET),
        connections={
            other_id(one): replace(each, id=other_id(one), write_access=True)
            for one, each in inventory.connections.items()
        },
        members=_others(inventory.members),
        teams=_others(inventory.teams),
        user_attributes=_others(inventory.user_attributes),
        plugins=_others(inventory.plugins),
        connectors=_others(inventory.connectors),
        generation=inventory.generation,
        dates=inventory.dates,
    )


def _others(things: Mapping[str, Named]) -> dict[str, Named]:
    """The things under other ids, of several with one name only the first: a name is to mean one thing."""
    first = {each.name: each for each in reversed(list(things.values()))}
    return {other_id(each.id): replace(each, id=other_id(each.id)) for each in first.values()}
