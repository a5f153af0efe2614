"""``init``: a first plan file."""

from __future__ import annotations

from pathlib import Path

import click

from migrate.errors import Usage
from migrate.terminal.options import FILE, Settings, give, global_options
from migrate.terminal.session import with_migration


@click.command()
@click.argument("plan_file", type=FILE)
@click.option("--source", required=True, help="Its alias; SIGMA_<ALIAS>_BASE_URL and its credentials are set.")
@click.option("--target", default=None, help="The same of an organization to copy to.")
@click.option("--force", is_flag=True, help="Write over a file that is there.")
@global_options
def init(settings: Settings, plan_file: Path, source: str, target: str | None, force: bool) -> None:
    """Write a plan file from a look at an organization. Writes nothing to Sigma."""
    import os

    from migrate.files import write_private
    from migrate.run.init_plan import looking, outline
    from migrate.run.result import utc_now

    if plan_file.exists() and not force:
        raise Usage(f"{plan_file} is there already.", next_action="name another file, or add --force")
    plan = looking(source, target, os.environ)
    seen = with_migration(settings, plan, lambda migration: migration.look())
    write_private(plan_file, outline(plan, seen, utc_now()).encode())
    text = f"Wrote {plan_file}. Read it, decide what is commented, then: sigma-migrate doctor {plan_file}"
    give(settings, text, lambda: {"plan": str(plan_file), "name": plan.name})
