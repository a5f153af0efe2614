"""``init``: a first plan file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from migrate.errors import Usage
from migrate.terminal.assess import looking_back
from migrate.terminal.options import FILE, Settings, give, global_options
from migrate.terminal.session import with_migration

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from migrate.assess.model import Need
    from migrate.inventory.model import Inventory
    from migrate.migration import Migration
    from migrate.plan.model import Plan


@click.command()
@click.argument("plan_file", type=FILE)
@click.option("--source", default=None, help="Its alias; SIGMA_<ALIAS>_BASE_URL and its credentials are set.")
@click.option("--bundle", type=FILE, default=None, help="A bundle in the place of a source; needs no network.")
@click.option("--target", default=None, help="The alias of an organization to copy to, found as --source.")
@click.option("--target-from", type=FILE, default=None, help="A folder of inventory: the target is not asked.")
@click.option("--from", "worksheets", type=FILE, default=None, help="Worksheets that assess wrote, filled in.")
@click.option("--force", is_flag=True, help="Write over a file that is there.")
@global_options
def init(
    settings: Settings,
    plan_file: Path,
    source: str | None,
    bundle: Path | None,
    target: str | None,
    target_from: Path | None,
    worksheets: Path | None,
    force: bool,
) -> None:
    """Write a plan file from a look at an organization or a bundle. Writes nothing to Sigma."""
    import os

    from migrate.files import write_private
    from migrate.run.init_plan import looking, outline, with_target
    from migrate.run.result import utc_now

    if (source is None) == (bundle is None):
        raise Usage("init looks at one source.", next_action="name --source ALIAS or --bundle DIR")
    if plan_file.exists() and not force:
        raise Usage(f"{plan_file} is there already.", next_action="name another file, or add --force")
    if worksheets is not None and not worksheets.exists():
        raise Usage(f"{worksheets} is not there.", next_action="name what assess wrote")
    plan = looking(bundle or str(source), None if target_from else target, os.environ)
    seen, needs = _seen(settings, plan, deep=worksheets is None)
    if target_from is not None:
        there = _there(settings, plan, target_from, target or "", seen)
        plan, seen = with_target(plan, there), {**seen, there.org: there}
    folder = plan_file.absolute().parent
    text = outline(plan, seen, utc_now(), folder, needs=needs, worksheets=worksheets)
    write_private(plan_file, text.encode())
    doctor = "validate" if plan.source.bundle and (target_from or not plan.targets) else "doctor"
    text = f"Wrote {plan_file}. Read it, decide what is commented, then:\n  sigma-migrate {doctor} {plan_file}"
    give(settings, text, lambda: {"plan": str(plan_file), "name": plan.name})


def _there(settings: Settings, plan: Plan, folder: Path, alias: str, seen: Mapping[str, Inventory]) -> Inventory:
    """The target as a folder of ``inventory`` shows it; without an alias the only one there that is not the source."""
    look_back, source = looking_back("--target-from"), seen[plan.source.org or "bundle"]

    async def look(_migration: Migration) -> Inventory:
        found, _tables = await look_back(folder, alias, but=source.identity.organization_id)
        return found

    return with_migration(settings, plan, look)


def _seen(settings: Settings, plan: Plan, *, deep: bool) -> tuple[Mapping[str, Inventory], Sequence[Need]]:
    """What the source and the target show by alias, a bundle as ``bundle``, and what documents use where ``deep``.

    To know that, all documents are read. Without organizations nothing is asked.
    """
    source = plan.source.org or "bundle"

    async def look(migration: Migration) -> tuple[Mapping[str, Inventory], Sequence[Need]]:
        there = {alias: await migration.look_at(alias) for alias in plan.targets}
        if plan.source.org and not deep:
            return {source: await migration.look_at(source), **there}, ()
        found = await migration.assess()
        return {source: found.inventory, **there}, found.needs

    return with_migration(settings, plan, look)
