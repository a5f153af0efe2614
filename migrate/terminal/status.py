"""``status``: where a plan stands."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from migrate.kinds import counted
from migrate.terminal.lines import whole_words, wrapped
from migrate.terminal.options import FILE, REPORTS, PlanChoice, Settings, give, global_options, plan_options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from migrate.run.status import RunState, TargetState


@click.command()
@click.argument("plan_file", metavar="[PLAN]", type=FILE, required=False)
@REPORTS
@plan_options
@global_options
def status(settings: Settings, plan_file: Path | None, folder: Path, choice: PlanChoice) -> int:
    """Show the runs, and with a plan what the ledger holds of each target. Offline; asks no organization."""
    from dataclasses import asdict

    from migrate.run.status import runs_in, targets_in

    plan = choice.load(plan_file) if plan_file else None
    reports = plan.report.dir if plan else folder
    runs = runs_in(reports, plan.name if plan else "")
    targets = targets_in(plan.state, plan.name, reports) if plan else ()
    text = standing(runs, targets, verbose=settings.verbose)
    give(settings, text, lambda: {"runs": [asdict(run) for run in runs], "targets": [asdict(each) for each in targets]})
    return 0


_RUNS_SHOWN = 10


def standing(runs: Sequence[RunState], targets: Sequence[TargetState], *, verbose: bool = False) -> str:
    """Targets with what the ledger holds, then the newest runs."""
    lines = []
    for one in targets:
        counts = ", ".join(counted(kind, count) for kind, count in one.copies.items()) or "no copy"
        lines.append(f"Target {one.alias or one.organization_id}: {counts}")
        lines.append(f"  last written {one.written_at or 'never'}")
        lines.append(f"  last complete run {f'{one.run}, finished {one.run_at}' if one.run else 'unknown'}")
        if one.open:
            again = "" if one.locked_by else "; apply settles them first"
            lines.append(f"  {one.open} write{'' if one.open == 1 else 's'} without a known outcome{again}")
        if one.locked_by:
            lines.append(f"  locked by {whole_words(one.locked_by)}, which is at work")
        elif one.left_locked_by:
            lines.append(
                f"  a lock left by {whole_words(one.left_locked_by)}, which has ended; the next run takes it over"
            )
    lines += [f"Runs: {len(runs) or 'none'}"]
    for run in runs if verbose else runs[:_RUNS_SHOWN]:
        counts = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in run.outcomes.items())
        words = (whole_words(run.plan, 200), run.kind, run.status, run.started_at[:19], counts)
        lines.append(wrapped("  ".join(filter(None, words)), f"  {whole_words(run.id, 100)}  ", " " * 6))
    if len(runs) > _RUNS_SHOWN and not verbose:
        lines.append(f"  and {len(runs) - _RUNS_SHOWN} older ones; --verbose lists all")
    return "\n".join(lines)
