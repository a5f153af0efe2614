"""``init``: a first plan file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from migrate.errors import Usage
from migrate.terminal.options import FILE, Settings, give, global_options
from migrate.terminal.session import with_migration

if TYPE_CHECKING:
    from collections.abc import Mapping

    from migrate.inventory.model import Inventory
    from migrate.plan.model import Plan


@click.command()
@click.argument("plan_file", type=FILE)
@click.option("--source", default=None, help="Its alias; SIGMA_<ALIAS>_BASE_URL and its credentials are set.")
@click.option("--bundle", type=FILE, default=None, help="A bundle in the place of a source; needs no network.")
@click.option("--target", default=None, help="The alias of an organization to copy to, found as --source.")
@click.option("--from", "worksheets", type=FILE, default=None, help="Worksheets that assess wrote, filled in.")
@click.option("--force", is_flag=True, help="Write over a file that is there.")
@global_options
def init(
    settings: Settings,
    plan_file: Path,
    source: str | None,
    bundle: Path | None,
    target: str | None,
    worksheets: Path | None,
    force: bool,
) -> None:
    """Write a plan file from a look at an organization or a bundle. Writes nothing to Sigma."""
    import os

    from migrate.files import write_private
    from migrate.run.init_plan import looking, outline
    from migrate.run.result import utc_now

    if (source is None) == (bundle is None):
        raise Usage("init looks at one source.", next_action="name --source ALIAS or --bundle DIR")
    if plan_file.exists() and not force:
        raise Usage(f"{plan_file} is there already.", next_action="name another file, or add --force")
    if worksheets is not None and not worksheets.exists():
        raise Usage(f"{worksheets} is not there.", next_action="name what assess wrote")
    plan = looking(bundle or str(source), target, os.environ)
    seen = _seen(settings, plan)
    folder = plan_file.absolute().parent
    write_private(plan_file, outline(plan, seen, utc_now(), folder, worksheets).encode())
    doctor = "validate" if plan.source.bundle and not plan.targets else "doctor"
    text = f"Wrote {plan_file}. Read it, decide what is commented, then:\n  sigma-migrate {doctor} {plan_file}"
    give(settings, text, lambda: {"plan": str(plan_file), "name": plan.name})


def _seen(settings: Settings, plan: Plan) -> Mapping[str, Inventory]:
    """What the bundle holds and what the organizations show, by alias; without organizations nothing is asked."""
    from migrate.bundle.read import load

    bundle = {"bundle": load(plan.source.bundle)[0]} if plan.source.bundle else {}
    orgs = with_migration(settings, plan, lambda migration: migration.look()) if plan.orgs else {}
    return {**bundle, **orgs}
