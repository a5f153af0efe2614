"""``undo``: a run taken back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from migrate.errors import Interrupted
from migrate.kinds import called
from migrate.terminal.consent import undo_question
from migrate.terminal.lines import reasoned, whole_words, wrapped
from migrate.terminal.options import REPORTS, PlanChoice, Settings, give, global_options, plan_options
from migrate.terminal.session import confirmed, with_migration

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from migrate.migration import Migration
    from migrate.run.undo import TakenBack
    from migrate.tree import Json


@click.command()
@click.argument("run_name", metavar="RUN")
@click.option("--dry-run", is_flag=True, help="Only list what would be taken back.")
@click.option("--yes", is_flag=True, help="Do not ask before writing.")
@REPORTS
@plan_options
@global_options
def undo(settings: Settings, run_name: str, dry_run: bool, yes: bool, folder: Path, choice: PlanChoice) -> int:
    """Take back exactly what a run did, unless it has been edited since."""
    from migrate.run.folder import find_run, read_run
    from migrate.run.undo import last_that_wrote, taken_rows

    place = last_that_wrote(folder, choice.load) if run_name == "last" else find_run(folder, run_name)
    run, _ = read_run(place)
    plan = choice.load(Path(str(run["plan_file"])))

    async def work(migration: Migration) -> tuple[TakenBack, ...]:
        planned = await migration.undo(str(run["id"]), dry_run=True)
        if dry_run or not any(one.reversals for one in planned):
            return planned
        if not yes:
            confirmed(taken(taken_rows(planned)), undo_question(planned))
        return await migration.undo(str(run["id"]))

    rows = taken_rows(with_migration(settings, plan, work))
    give(settings, taken(rows), lambda: {"run": run["id"], "rows": rows})
    if any(row["result"] == "not_attempted" for row in rows):
        return Interrupted.exit_code
    return 1 if any(row["result"] in ("failed", "kept") for row in rows) else 0


def taken(rows: Sequence[Mapping[str, Json]]) -> str:
    """What undoing a run would do, or did: one line a document, and why where something stays."""
    if not rows:
        return "Nothing to take back."
    lines = []
    for row in rows:
        name = f"{row['verb']} {called(row['type'])} {whole_words(row['name'], 200)} ({row['target']})"
        lines.append(wrapped(name, f"  {row['result']:12} ", " " * 6))
        if row["reason_code"]:
            lines += reasoned(row["reason_code"], row["reason"], row["next_action"] or "")
    counts = {name: sum(row["result"] == name for row in rows) for name in dict.fromkeys(row["result"] for row in rows)}
    return "\n".join([*lines, ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in counts.items())])
