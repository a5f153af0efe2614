"""The commands that copy: init, validate, export, plan, apply; and the sandbox to try them against."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from migrate.errors import Interrupted, Refused, Usage
from migrate.terminal.options import DURATION, FILE, PlanChoice, Settings, give, global_options, plan_options
from migrate.terminal.session import confirmed, ended_early, with_migration
from migrate.terminal.streams import say

if TYPE_CHECKING:
    from migrate.migration import Migration
    from migrate.plan.model import Plan
    from migrate.run.result import Result


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


@click.command()
@click.argument("plan_file", type=FILE)
@plan_options
@global_options
def validate(settings: Settings, plan_file: Path, choice: PlanChoice) -> None:
    """Check a plan file, offline; every problem at once."""
    found = choice.load(plan_file)
    give(settings, plan_is_fine(found), lambda: {"plan": found.name, "valid": True, "targets": list(found.targets)})


def plan_is_fine(plan: Plan) -> str:
    """What ``validate`` says of a plan without problems."""
    targets = ", ".join(plan.targets[:5]) + (f" and {len(plan.targets) - 5} more" if len(plan.targets) > 5 else "")
    source = plan.source.org or f"bundle {plan.source.bundle}"
    return f"{plan.name}: the plan is valid. From {source} to {targets}."


@click.command()
@click.argument("plan_file", type=FILE)
@click.option("-o", "--out", type=FILE, required=True, help="The folder to write.")
@click.option("--format", "form", type=click.Choice(["json", "yaml"]), default="json", show_default=True)
@plan_options
@global_options
def export(settings: Settings, plan_file: Path, out: Path, form: Any, choice: PlanChoice) -> int:
    """Write the documents in scope as a bundle: files to review, keep in git, and deploy."""
    from migrate.terminal import show

    found = choice.load(plan_file)
    wrote = with_migration(settings, found, lambda migration: migration.export(out, form=form))
    give(settings, show.exported(wrote, str(out)), lambda: show.exported_tree(wrote, str(out)))
    return 1 if wrote.bundle.unreadable else 0


@click.command()
@click.argument("plan_file", type=FILE)
@click.option("-o", "--out", type=FILE, default=None, help="Save the change set, sealed, to apply exactly this.")
@click.option("--only", default="", help="An id, a name glob, or failed, blocked or a reason code of the last run.")
@click.option("--detailed-exitcode", is_flag=True, help="Exit 2 where there are changes.")
@plan_options
@global_options
def plan(
    settings: Settings, plan_file: Path, out: Path | None, only: str, detailed_exitcode: bool, choice: PlanChoice
) -> int:
    """Read both sides and print what apply would do. Writes nothing to Sigma."""
    from migrate.change import seal
    from migrate.files import write_private
    from migrate.terminal import show

    found = choice.load(plan_file)
    changes = with_migration(settings, found, lambda migration: migration.plan(choice.targets, only)).changes
    if out is not None:
        write_private(out, seal.dump(changes))
    give(settings, show.change_set(changes, verbose=settings.verbose), lambda: seal.to_tree(changes))
    if show.blocked(changes):
        return Refused.exit_code
    return 2 if detailed_exitcode and show.writes(changes) else 0


@click.command()
@click.argument("plan_file", metavar="PLAN|FILE", type=FILE)
@click.option("--yes", is_flag=True, help="Do not ask before writing.")
@click.option("--only", default="", help="An id, a name glob, or failed, blocked or a reason code of the last run.")
@click.option("--wait", default="0s", type=DURATION, help="How long to wait for another run to end, such as 10m.")
@plan_options
@global_options
def apply(settings: Settings, plan_file: Path, yes: bool, only: str, wait: float, choice: PlanChoice) -> int:
    """Copy: execute, verify, report. Picks up an interrupted run by itself."""
    from migrate.change import seal
    from migrate.change.model import ChangeSet
    from migrate.terminal import show

    saved = seal.read(plan_file) if is_change_set(plan_file) else None
    if saved and (only or choice.targets):
        raise Usage(
            "a saved change set is applied exactly as it was saved.",
            next_action="give --target and --only to plan instead",
        )
    found = choice.load(Path(saved.plan_file) if saved else plan_file)

    async def work(migration: Migration) -> Result | None:
        await migration.until_free([target.target for target in saved.targets] if saved else choice.targets)
        planned = saved or await migration.plan(choice.targets, only)
        changes = planned if isinstance(planned, ChangeSet) else planned.changes
        if show.writes(changes) and not yes:
            confirmed(show.change_set(changes, verbose=settings.verbose))
        return await migration.apply(planned)

    result = with_migration(settings, found, work, lock=wait)
    if result is None:
        return 0
    text = show.result(result.reconciliation)
    page = result.files.get("html") or result.folder
    give(
        settings,
        f"{text}\nRun {result.run_id}\nReport {page}",
        lambda: {"run": result.run_id, "totals": dict(result.reconciliation.totals), "report": str(page)},
    )
    say(ended_early(result.troubles))
    return Interrupted.exit_code if result.interrupted else result.exit_code


@click.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.option("--world", type=FILE, default=None, help="A world file or folder; the built-in world by default.")
@click.option("--state", type=FILE, default=None, help="Keep the organizations in this file between runs.")
@click.option("--port", "ports", multiple=True, metavar="ALIAS=PORT", help="A fixed port for an organization.")
@click.argument("command", nargs=-1, type=click.UNPROCESSED)
@global_options
def sandbox(
    _settings: Settings, world: Path | None, state: Path | None, ports: tuple[str, ...], command: tuple[str, ...]
) -> int:
    """Serve local Sigma organizations to try everything against.

    Prints shell export lines and serves until stopped; with a COMMAND, serves while it runs, with the
    organizations in its environment.
    """
    try:
        from migrate.sandbox.during import remembered, run_during
        from migrate.sandbox.server import run_forever
    except ImportError as error:
        raise Usage(f"the sandbox needs {error.name}.", next_action="pip install 'sigma-migrate[sandbox]'") from None
    from migrate.sandbox.world import builtin, load

    fixed = {}
    for text in ports:
        alias, _, number = text.partition("=")
        if not number.isdigit():
            raise Usage(f"--port {text} is no ALIAS=PORT.", next_action="write --port group=8001")
        fixed[alias] = int(number)
    with remembered(state, load(world) if world else builtin()) as served:
        if command:
            return run_during(served, command, ports=fixed)
        run_forever(served, ports=fixed)
    return 0


COMMANDS: tuple[click.Command, ...] = (init, validate, export, plan, apply, sandbox)
"""What a user can call here, in the order of the contract."""


def is_change_set(path: Path) -> bool:
    """Whether a file is a saved change set rather than a plan."""
    from migrate.change.seal import SCHEMAS
    from migrate.files import open_regular

    try:
        with open_regular(path) as stream:
            content = stream.read()
    except OSError:
        return False  # what is wrong with the file is said by whoever reads it as a plan
    return content.lstrip()[:1] == b"{" and any(schema.encode() in content for schema in SCHEMAS)
