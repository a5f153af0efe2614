"""``validate``: a plan file checked offline."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from migrate.terminal.lines import wrapped
from migrate.terminal.options import FILE, PlanChoice, Settings, give, global_options, plan_options

if TYPE_CHECKING:
    from migrate.plan.model import Plan


@click.command()
@click.argument("plan_file", type=FILE)
@plan_options
@global_options
def validate(settings: Settings, plan_file: Path, choice: PlanChoice) -> None:
    """Check a plan file, offline; every problem at once."""
    import os

    from migrate.run.functions import allowed_in, functions_of

    found = choice.load(plan_file)
    functions_of(found, (*settings.allow_python, *allowed_in(os.environ)))
    give(settings, plan_is_fine(found), lambda: {"plan": found.name, "valid": True, "targets": list(found.targets)})


def plan_is_fine(plan: Plan) -> str:
    """What ``validate`` says of a plan without problems."""
    targets = ", ".join(plan.targets[:5]) + (f" and {len(plan.targets) - 5} more" if len(plan.targets) > 5 else "")
    if plan.tenants_of is not None:
        targets = f"the tenants of {plan.tenants_of.parent}, which are listed when a run begins"
    source = plan.source.org or f"bundle {plan.source.bundle}"
    return wrapped(f"{plan.name}: the plan is valid. From {source} to {targets}.")
