"""The commands, each a few lines over the library."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, Self, TypeVar

import click

from migrate.errors import Interrupted, Refused, Usage
from migrate.options import FILE, PlanChoice, Settings, give, global_options, plan_options
from migrate.watch import watching

if TYPE_CHECKING:
    from migrate.events import Listener
    from migrate.migration import Migration, Result
    from migrate.plan.model import Plan

T = TypeVar("T")


@click.command()
@click.argument("plan_file", type=FILE)
@plan_options
@global_options
def validate(settings: Settings, plan_file: Path, choice: PlanChoice) -> None:
    """Check a plan file, offline; every problem at once."""
    from migrate import show

    found = choice.load(plan_file)
    give(
        settings, show.plan_is_fine(found), lambda: {"plan": found.name, "valid": True, "targets": list(found.targets)}
    )


@click.command()
@click.argument("plan_file", type=FILE)
@click.option("-o", "--out", type=FILE, required=True, help="The folder to write.")
@click.option("--format", "form", type=click.Choice(["json", "yaml"]), default="json", show_default=True)
@plan_options
@global_options
def export(settings: Settings, plan_file: Path, out: Path, form: Any, choice: PlanChoice) -> int:
    """Write the documents in scope as a bundle: files to review, keep in git, and deploy."""
    from migrate import show

    found = choice.load(plan_file)
    scope = with_migration(settings, found, lambda migration: migration.export(out, form=form))
    counts = {kind: sum(key.kind == kind for key in scope.keys) for kind in ("data-model", "workbook")}
    give(settings, show.exported(scope, str(out)), lambda: {"folder": str(out), "counts": counts})
    return 0


@click.command()
@click.argument("plan_file", type=FILE)
@click.option("-o", "--out", type=FILE, default=None, help="Save the change set, sealed, to apply exactly this.")
@click.option("--only", default="", help="An id, a name glob, or a reason code.")
@click.option("--detailed-exitcode", is_flag=True, help="Exit 2 where there are changes.")
@plan_options
@global_options
def plan(
    settings: Settings, plan_file: Path, out: Path | None, only: str, detailed_exitcode: bool, choice: PlanChoice
) -> int:
    """Read both sides and print what apply would do. Writes nothing to Sigma."""
    from migrate import show
    from migrate.change import seal
    from migrate.files import write_private

    found = choice.load(plan_file)
    changes = with_migration(settings, found, lambda migration: migration.plan(choice.targets, only))
    if out is not None:
        write_private(out, seal.dump(changes))
    give(settings, show.change_set(changes, verbose=settings.verbose), lambda: seal.to_tree(changes))
    if show.blocked(changes):
        return Refused.exit_code
    return 2 if detailed_exitcode and show.writes(changes) else 0


@click.command()
@click.argument("plan_file", metavar="PLAN|FILE", type=FILE)
@click.option("--yes", is_flag=True, help="Do not ask before writing.")
@click.option("--only", default="", help="An id, a name glob, or a reason code.")
@plan_options
@global_options
def apply(settings: Settings, plan_file: Path, yes: bool, only: str, choice: PlanChoice) -> int:
    """Copy: execute, verify, report. Picks up an interrupted run by itself."""
    from migrate import show
    from migrate.change import seal

    saved = seal.read(plan_file) if is_change_set(plan_file) else None
    found = choice.load(Path(saved.plan_file) if saved else plan_file)

    async def work(migration: Migration) -> Result | None:
        changes = saved or await migration.plan(choice.targets, only)
        if show.writes(changes) and not yes:
            _ask(show.change_set(changes, verbose=settings.verbose))
        return await migration.apply(changes)

    result = with_migration(settings, found, work)
    if result is None:
        return 0
    text = show.result(result.reconciliation)
    page = result.files.get("html") or result.folder
    give(
        settings,
        f"{text}\nRun {result.run_id}\nReport {page}",
        lambda: {"run": result.run_id, "totals": dict(result.reconciliation.totals), "report": str(page)},
    )
    return Interrupted.exit_code if result.interrupted else result.exit_code


@click.command()
@click.argument("run_name", metavar="RUN")
@click.option("--dir", "folder", type=FILE, default=Path("reports"), show_default=True, help="Where runs are.")
@global_options
def report(settings: Settings, run_name: str, folder: Path) -> int:
    """Build the reports of a run again (RUN: its id, its folder, or last)."""
    from typing import get_args

    from migrate import show
    from migrate.plan.model import Format
    from migrate.report.render import render
    from migrate.run.folder import find_run, read_run

    place = find_run(folder, run_name)
    run, reconciliation = read_run(place)
    if reconciliation is None:
        raise Usage(f"run {run['id']} ended before it had anything to report: {run.get('error', run['status'])}")
    files = render(reconciliation, place, get_args(Format))
    text = f"{show.result(reconciliation)}\nReport {files['html']}"
    give(settings, text, lambda: {"run": run["id"], "files": {name: str(path) for name, path in files.items()}})
    return reconciliation.exit_code


@click.command()
@click.argument("code")
@global_options
def explain(settings: Settings, code: str) -> None:
    """Print the cause, an example and the fix of a reason code."""
    from dataclasses import asdict
    from difflib import get_close_matches

    from migrate import show
    from migrate.reasons import REASONS

    reason = REASONS.get(code)
    if reason is None:
        near = ", ".join(get_close_matches(code, REASONS, n=3)) or ", ".join(sorted(REASONS)[:8])
        raise Usage(f"there is no reason code {code!r}.", next_action=f"did you mean one of: {near}")
    give(settings, show.explained(reason), lambda: asdict(reason))


@click.command()
@click.argument("name", type=click.Choice(["plan", "change-set", "report"]))
@global_options
def schema(settings: Settings, name: str) -> None:
    """Print the JSON Schema of a plan file, a change set or report.json."""
    import orjson

    from migrate.report.schema import schema_of

    settings.output = "text"
    give(settings, orjson.dumps(schema_of(name), option=orjson.OPT_INDENT_2).decode(), dict)


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


COMMANDS: tuple[click.Command, ...] = (validate, export, plan, apply, report, explain, schema, sandbox)
"""Every command, in the order in which a person meets them."""


def is_change_set(path: Path) -> bool:
    """Whether a file is a saved change set rather than a plan."""
    from migrate.change.seal import SCHEMA

    try:
        with path.open("rb") as file:
            head = file.read(4096)
            file.seek(max(0, path.stat().st_size - 4096))
            return path.suffix not in (".yaml", ".yml", ".csv") and SCHEMA.encode() in head + file.read()
    except OSError:
        return False


def _ask(text: str) -> None:
    """Asks before the first write; refuses where there is nobody to ask."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise Usage("apply writes to Sigma and there is no terminal to ask.", next_action="add --yes")
    sys.stderr.write(f"{text}\n\n")
    if not click.confirm("Write this?", default=False, err=True):
        raise Interrupted("Nothing was written.")


def with_migration(settings: Settings, plan: Plan, work: Callable[[Migration], Awaitable[T]]) -> T:
    """What ``work`` makes of an open migration, with progress, a log, and Ctrl-C heard."""
    import anyio

    from migrate.migration import Migration

    stopping = _Stopping()

    async def main(listener: Listener) -> T:
        async with Migration(plan, listener=listener, stop=stopping.asked) as migration:
            return await work(migration)

    with watching(quiet=settings.quiet, colour=not settings.no_color, log=settings.log) as listener, stopping:
        return anyio.run(main, listener)


class _Stopping:
    """The first Ctrl-C or SIGTERM asks the run to finish what is in flight; the second leaves at once."""

    def __init__(self) -> None:
        self._asked = False
        self._before: dict[int, Any] = {}

    def asked(self) -> bool:
        """Whether somebody asked to stop."""
        return self._asked

    def __enter__(self) -> Self:
        self._before = {number: signal.signal(number, self._hear) for number in (signal.SIGINT, signal.SIGTERM)}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _hear(self, _number: int, _frame: FrameType | None) -> None:
        if self._asked:
            os._exit(Interrupted.exit_code)
        self._asked = True
        sys.stderr.write("\nStopping: finishing what is in flight. Once more to leave at once.\n")
