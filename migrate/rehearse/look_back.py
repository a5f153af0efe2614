"""One organization of a folder that ``inventory`` wrote, looked at as if it were reached."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from migrate.errors import InvalidInput, Problem
from migrate.events import Listener, silent
from migrate.inventory.model import Inventory
from migrate.migration import Migration
from migrate.plan.model import Plan
from migrate.plan.orgs import FromEnvironment, Org, Source
from migrate.rehearse.rehearsal import Rehearsal
from migrate.rehearse.taken import Taken, read
from migrate.sandbox.org import World


async def look_back(
    folder: Path, alias: str = "", *, but: str = "", listener: Listener = silent
) -> tuple[Inventory, Mapping[str, Sequence[tuple[str, ...]]]]:
    """What an organization and its catalogs showed when it was written down; nothing is asked of it now.

    Without an ``alias`` it is the only one there, that with the id ``but`` left aside. Raises InvalidInput where the
    folder cannot be read, does not hold it, or holds several.
    """
    taken = read(folder)
    alias = _meant(folder, taken, alias, but)
    alone = replace(taken, world=World(orgs={alias: taken.world.orgs[alias]}))
    org = Org(alias=alias, base_url="", credentials=FromEnvironment(prefix=""))
    plan = Plan(name=alias, orgs={alias: org}, source=Source(org=alias), targets=())
    async with Rehearsal(plan, listener=listener) as rehearsal:
        with rehearsal.served(alone) as (local, environ):
            async with Migration(local, environ=environ, listener=listener) as migration:
                there = await migration.look_at(alias)
                return there, await migration.tables_at(there)


def _meant(folder: Path, taken: Taken, alias: str, but: str) -> str:
    """The alias of the organization that is meant."""
    held = sorted(taken.world.orgs)
    fitting = [each for each in held if (each == alias if alias else taken.world.orgs[each].id != but)]
    if len(fitting) == 1:
        return fitting[0]
    what = alias or ("one target alone" if fitting else "a target")
    message = f"the inventory does not hold {what}; it holds {', '.join(held) or 'nothing'}"
    fix = f"name one with --target: {', '.join(fitting or held) or 'there is none'}"
    raise InvalidInput([Problem(code="inventory_unreadable", message=message, fix=fix, file=str(folder))])
