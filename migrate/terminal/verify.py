"""``verify``: every copy checked again."""

from __future__ import annotations

from pathlib import Path

import click

from migrate.terminal.apply import run_text
from migrate.terminal.failure import ended_early
from migrate.terminal.options import FILE, ONLY, REPORTS, PlanChoice, Settings, give, global_options, plan_options
from migrate.terminal.session import with_migration
from migrate.terminal.streams import say


@click.command()
@click.argument("plan_file", metavar="PLAN|RUN", type=FILE)
@ONLY
@REPORTS
@plan_options
@global_options
def verify(settings: Settings, plan_file: Path, only: str, folder: Path, choice: PlanChoice) -> int:
    """Check every copy again, against what the plan (or that of a run) says now. Writes nothing to Sigma."""
    from migrate.report.outcome import outcome_tree

    if not plan_file.is_file() and plan_file.suffix not in (".yaml", ".yml", ".csv"):
        from migrate.run.folder import find_run, read_run

        plan_file = Path(str(read_run(find_run(folder, str(plan_file)))[0]["plan_file"]))
    found = choice.load(plan_file)
    result = with_migration(settings, found, lambda migration: migration.verify(choice.targets, only))
    text = run_text(result.reconciliation)
    page = result.files.get("html") or result.folder
    give(settings, f"{text}\nReport {page}", lambda: outcome_tree(result.run_id, result.reconciliation, str(page)))
    say(ended_early(result.troubles), folds=True)
    return result.exit_code
