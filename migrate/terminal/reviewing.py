"""The commands that look at what is there and at what was done: doctor, assess, verify, undo, report and others."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import click

from migrate.errors import Interrupted, Usage
from migrate.terminal.options import FILE, PlanChoice, Settings, give, global_options, plan_options
from migrate.terminal.session import confirmed, ended_early, with_migration
from migrate.terminal.streams import say

if TYPE_CHECKING:
    from migrate.migration import Migration
    from migrate.run.undo import TakenBack

REPORTS = click.option(
    "--dir", "folder", type=FILE, default=Path("reports"), show_default=True, help="Where the runs are."
)


@click.command()
@click.argument("plan_file", type=FILE)
@plan_options
@global_options
def assess(settings: Settings, plan_file: Path, choice: PlanChoice) -> int:
    """Count what the selection holds: documents, features, references; offline where the source is a bundle."""
    from migrate.run.assess import assessment_tree
    from migrate.terminal import show_review

    found = with_migration(settings, choice.load(plan_file), lambda migration: migration.assess())
    give(settings, show_review.assessed(found), lambda: assessment_tree(found))
    return 0


@click.command()
@click.argument("plan_file", type=FILE)
@plan_options
@global_options
def doctor(settings: Settings, plan_file: Path, choice: PlanChoice) -> int:
    """Check hosts, credentials, identity, permissions and connections of every org. Writes nothing to Sigma."""
    from dataclasses import asdict

    from migrate.errors import worst
    from migrate.terminal import show_review

    plan = choice.load(plan_file)
    found = with_migration(settings, plan, lambda migration: migration.doctor(choice.targets))
    give(settings, show_review.examined(found), lambda: {"checks": [asdict(check) for check in found]})
    return worst(check.exit_code for check in found)


@click.command()
@click.argument("plan_file", metavar="PLAN|RUN", type=FILE)
@click.option("--only", default="", help="An id, a name glob, or failed, blocked or a reason code of the last run.")
@REPORTS
@plan_options
@global_options
def verify(settings: Settings, plan_file: Path, only: str, folder: Path, choice: PlanChoice) -> int:
    """Check every copy again, against what the plan (or that of a run) says now. Writes nothing to Sigma."""
    from migrate.terminal import show

    if not plan_file.is_file() and plan_file.suffix not in (".yaml", ".yml", ".csv"):
        from migrate.run.folder import find_run, read_run

        plan_file = Path(str(read_run(find_run(folder, str(plan_file)))[0]["plan_file"]))
    found = choice.load(plan_file)
    result = with_migration(settings, found, lambda migration: migration.verify(choice.targets, only))
    show_result = show.result(result.reconciliation)
    page = result.files.get("html") or result.folder
    give(
        settings, f"{show_result}\nReport {page}", lambda: show.result_tree(result.run_id, result.reconciliation, page)
    )
    say(ended_early(result.troubles))
    return result.exit_code


@click.command()
@click.argument("plan_file", type=FILE)
@click.option("--only", default="", help="An id, a name glob, or failed, blocked or a reason code of the last run.")
@click.option("--detailed-exitcode", is_flag=True, help="Exit 2 where a copy changed in the target.")
@plan_options
@global_options
def drift(settings: Settings, plan_file: Path, only: str, detailed_exitcode: bool, choice: PlanChoice) -> int:
    """Compare every copy three ways: last applied, source now, target now. Writes nothing to Sigma."""
    from dataclasses import asdict

    from migrate.errors import worst
    from migrate.terminal import show_review

    plan = choice.load(plan_file)
    found, lost = with_migration(settings, plan, lambda migration: migration.drift(choice.targets, only))
    tree = {
        "copies": [{**asdict(one), "outcome": one.outcome} for one in found],
        "not_looked_at": {target: error.code for target, error in lost.items()},
    }
    give(settings, show_review.drifted(found, lost, verbose=settings.verbose), lambda: tree)
    moved = detailed_exitcode and any(one.standing != "same" for one in found)
    return worst([*(error.exit_code for error in lost.values()), 2 if moved else 0])


@click.command()
@click.argument("plan_file", type=FILE)
@click.option("--dry-run", is_flag=True, help="Only list what would be adopted.")
@plan_options
@global_options
def adopt(settings: Settings, plan_file: Path, dry_run: bool, choice: PlanChoice) -> int:
    """Rebuild a lost ledger from the targets, by name, folder and content. Writes nothing to Sigma."""
    from migrate.errors import worst
    from migrate.terminal import show_review

    plan = choice.load(plan_file)
    found, lost = with_migration(settings, plan, lambda migration: migration.adopt(choice.targets, dry_run=dry_run))
    give(settings, show_review.adopted(found, lost), lambda: show_review.adopted_tree(found, lost))
    doubts = any(adoption.doubts for adoption in found.values())
    return worst([*(error.exit_code for error in lost.values()), 1 if doubts else 0])


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
    from migrate.terminal import show_review

    place = last_that_wrote(folder, choice.load) if run_name == "last" else find_run(folder, run_name)
    run, _ = read_run(place)
    plan = choice.load(Path(str(run["plan_file"])))

    async def work(migration: Migration) -> tuple[TakenBack, ...]:
        planned = await migration.undo(str(run["id"]), dry_run=True)
        if dry_run or not any(one.reversals for one in planned):
            return planned
        if not yes:
            confirmed(show_review.taken(taken_rows(planned)))
        return await migration.undo(str(run["id"]))

    rows = taken_rows(with_migration(settings, plan, work))
    give(settings, show_review.taken(rows), lambda: {"run": run["id"], "rows": rows})
    if any(row["result"] == "not_attempted" for row in rows):
        return Interrupted.exit_code
    return 1 if any(row["result"] in ("failed", "kept") for row in rows) else 0


@click.command()
@click.argument("run_name", metavar="RUN")
@REPORTS
@global_options
def report(settings: Settings, run_name: str, folder: Path) -> int:
    """Build the reports of a run again (RUN: its id, its folder, or last)."""
    from migrate.plan.model import Format
    from migrate.report.render import render
    from migrate.run.folder import find_run, read_run
    from migrate.terminal import show

    place = find_run(folder, run_name)
    run, reconciliation = read_run(place)
    if reconciliation is None:
        raise Usage(f"run {run['id']} ended before it had anything to report: {run.get('error', run['status'])}")
    files = render(reconciliation, place, get_args(Format))
    text = f"{show.result(reconciliation)}\nReport {files['html']}"
    give(settings, text, lambda: {"run": run["id"], "files": {name: str(path) for name, path in files.items()}})
    return reconciliation.exit_code


@click.command()
@click.argument("plan_file", metavar="[PLAN]", type=FILE, required=False)
@REPORTS
@plan_options
@global_options
def status(settings: Settings, plan_file: Path | None, folder: Path, choice: PlanChoice) -> int:
    """Show the runs, and with a plan what the ledger holds of each target. Offline; asks no organization."""
    from dataclasses import asdict

    from migrate.ledger.book import open_book
    from migrate.ledger.opening import is_there
    from migrate.run.status import TargetState, runs_in, targets_in
    from migrate.terminal import show_review

    plan = choice.load(plan_file) if plan_file else None
    reports = plan.report.dir if plan else folder
    runs = runs_in(reports, plan.name if plan else "")
    targets: tuple[TargetState, ...] = ()
    if plan and is_there(plan.state):
        with open_book(plan.state) as book:
            targets = targets_in(book, plan.name, reports)
    text = show_review.standing(runs, targets, verbose=settings.verbose)
    give(settings, text, lambda: {"runs": [asdict(run) for run in runs], "targets": [asdict(each) for each in targets]})
    return 0


@click.command()
@click.argument("code")
@global_options
def explain(settings: Settings, code: str) -> None:
    """Print the cause, an example and the fix of a reason code."""
    from dataclasses import asdict
    from difflib import get_close_matches

    from migrate.reasons import REASONS
    from migrate.terminal import show

    reason = REASONS.get(code)
    if reason is None:
        near = ", ".join(get_close_matches(code, REASONS, n=3)) or ", ".join(sorted(REASONS)[:8])
        raise Usage(f"there is no reason code {code!r}.", next_action=f"did you mean one of: {near}")
    give(settings, show.explained(reason), lambda: asdict(reason))


@click.command()
@click.argument("name", type=click.Choice(["plan", "change-set", "report"]))
@global_options
def schema(_settings: Settings, name: str) -> None:
    """Print the JSON Schema of a plan file, a change set or report.json."""
    from migrate.files import pretty
    from migrate.report.schema import schema_of

    sys.stdout.write(pretty(schema_of(name)).decode())


COMMANDS: tuple[click.Command, ...] = (doctor, assess, verify, drift, status, report, undo, adopt, explain, schema)
"""What a user can call here."""
