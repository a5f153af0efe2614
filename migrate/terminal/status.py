"""``status``: where a plan stands."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from migrate.errors import Usage
from migrate.kinds import counted
from migrate.terminal.lines import whole_words, wrapped
from migrate.terminal.options import FILE, REPORTS, PlanChoice, Settings, give, global_options_giving, plan_options

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from migrate.migration import Migration
    from migrate.plan.model import Plan
    from migrate.run.status import Live, RunState, TargetState


@click.command()
@click.argument("plan_file", metavar="[PLAN]", type=FILE, required=False)
@REPORTS
@click.option("--live", is_flag=True, help="Also ask all organizations for their lists: how far targets lag behind.")
@plan_options
@global_options_giving("text", "json", "prometheus")
def status(settings: Settings, plan_file: Path | None, folder: Path, live: bool, choice: PlanChoice) -> int:
    """Show the runs, and with a plan how each target stands. Asks no organization, unless with --live."""
    from dataclasses import asdict, replace

    from migrate.run.status import runs_in, targets_in

    plan = choice.load(plan_file) if plan_file else None
    if plan is None and (live or settings.output == "prometheus"):
        raise Usage("targets are those of a plan.", next_action="name the plan file")
    reports = plan.report.dir if plan else folder
    runs = runs_in(reports, plan.name if plan else "")
    targets = targets_in(plan.state, plan.name, reports, _expected(plan)) if plan else ()
    if plan is not None and live:
        said = _asked(settings, plan)
        targets = tuple(replace(one, live=said.get(one.alias)) for one in targets)
    if plan is not None and settings.output == "prometheus":
        from migrate.run.prometheus import textfile

        text = textfile(plan.name, targets, runs)
    else:
        text = standing(runs, targets, verbose=settings.verbose)
    give(settings, text, lambda: {"runs": [asdict(run) for run in runs], "targets": [asdict(each) for each in targets]})
    return 0


def _expected(plan: Plan) -> dict[str, str]:
    """The targets of a plan, each with the organization id that it names, or empty."""
    orgs = {alias: plan.orgs[alias].expect for alias in plan.targets}
    return {alias: (expect.organization_id or "" if expect else "") for alias, expect in orgs.items()}


def _asked(settings: Settings, plan: Plan) -> Mapping[str, Live]:
    from migrate.terminal.session import with_migration

    async def ask(migration: Migration) -> Mapping[str, Live]:
        return await migration.freshness()

    return with_migration(settings, plan, ask)


_RUNS_SHOWN = 10


def standing(runs: Sequence[RunState], targets: Sequence[TargetState], *, verbose: bool = False) -> str:
    """Targets with what the ledger holds, then the newest runs."""
    lines = []
    for one in targets:
        counts = ", ".join(counted(kind, count) for kind, count in one.copies.items()) or "no copy"
        lines.append(f"Target {one.name}: {counts}")
        lines.append(f"  last written {one.written_at or 'never'}")
        lines.append(f"  last complete run {f'{one.run}, finished {one.run_at}' if one.run else 'unknown'}")
        if one.good != one.run:
            lines.append(f"  last good run {f'{one.good}, finished {one.good_at}' if one.good else 'unknown'}")
        if one.wrong:
            codes = ", ".join(one.causes) or "see its report"
            lines.append(wrapped(f"{one.wrong} not right in its last run: {codes}", "  ", "    "))
        lines += _lag(one.live) if one.live else []
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


def _lag(live: Live) -> list[str]:
    """What the organizations said of one target."""
    if live.trouble:
        return [wrapped(f"not asked: {whole_words(live.trouble)}", "  ", "    ")]
    told = []
    if live.behind:
        versions = f"{live.versions} version{'' if live.versions == 1 else 's'}"
        told.append(f"{live.behind} behind the source by {versions}, the oldest for {live.hours:g} hours")
    told += [
        f"{count} {says}"
        for count, says in (
            (live.not_copied, "selected without a copy"),
            (live.edited, "edited in the target"),
            (live.missing, "missing in the target"),
            (live.unknown, "of which nobody knows the version"),
        )
        if count
    ]
    return [wrapped(f"now: {'; '.join(told) or 'as the source is'}", "  ", "    ")]
