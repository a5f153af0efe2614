"""``unlock``: a lock broken by a person's word."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from migrate.terminal.options import FILE, REPORTS, PlanChoice, Settings, give, global_options, plan_options


@click.command()
@click.argument("target")
@click.option("--plan", "plan_file", type=FILE, default=None, help="The plan file; by default that of the last run.")
@click.option("--yes", is_flag=True, help="Also where its holder may be at work.")
@REPORTS
@plan_options
@global_options
def unlock(settings: Settings, target: str, plan_file: Path | None, yes: bool, folder: Path, choice: PlanChoice) -> int:
    """Break the lock on a target, by your word that its holder has ended. Offline; asks no organization."""
    from migrate.ledger.book import open_book
    from migrate.ledger.opening import is_there
    from migrate.run.folder import find_run, read_run
    from migrate.run.locking import break_lock
    from migrate.run.status import aliases_in

    plan = choice.load(plan_file or Path(str(read_run(find_run(folder, "last"))[0]["plan_file"])))
    broken = None
    if is_there(plan.state):
        with open_book(plan.state) as book:
            broken = break_lock(book, plan, target, aliases_in(plan.report.dir, plan.name), sure=yes)
    text = f"The lock of {broken.owner} on {target} is broken." if broken else f"{target} is not locked."
    give(settings, text, lambda: {"target": target, "broken": asdict(broken.owner) if broken else None})
    return 0
