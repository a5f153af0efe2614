"""``rehearse``: a plan carried out on local copies of its organizations."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from migrate.errors import Interrupted, Usage
from migrate.terminal.apply import run_text
from migrate.terminal.failure import ended_early
from migrate.terminal.options import FILE, ONLY, PlanChoice, Settings, give, global_options, plan_options
from migrate.terminal.session import at_work
from migrate.terminal.streams import say

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from migrate.events import Listener
    from migrate.plan.model import Plan
    from migrate.rehearse.rehearsal import Rehearsal, Rehearsed

    Opening = Callable[[Listener, Callable[[], bool]], Rehearsal]

_FAULTS = "lost-answers, throttling, server-errors, resets, expired-tokens"


@click.command()
@click.argument("plan_file", type=FILE)
@ONLY
@click.option("--faults", default="", metavar="LIST", help=f"What goes wrong on the way, with commas: {_FAULTS}.")
@click.option("--from", "seen", type=FILE, default=None, help="A folder of inventory or --keep: nothing is asked.")
@click.option("--keep", type=FILE, default=None, help="Keep what was seen in this folder, for its owner alone.")
@plan_options
@global_options
def rehearse(
    settings: Settings,
    plan_file: Path,
    only: str,
    faults: str,
    seen: Path | None,
    keep: Path | None,
    choice: PlanChoice,
) -> int:
    """Carry a plan out on local copies of its organizations, and report. Writes nothing to Sigma."""
    from migrate.report.outcome import outcome_tree

    async def work(rehearsal: Rehearsal) -> Rehearsed:
        taken = await rehearsal.take(choice.targets, only, keep=keep)
        return await rehearsal.run(taken, choice.targets, only)

    opened = opening(choice.load(plan_file), faults=faults, seen=seen, allow_python=settings.allow_python)
    done = at_work(settings, opened, work)
    result = done.result
    page = result.files.get("html") or result.folder
    head = "Rehearsal: carried out on local copies, nothing was written to Sigma."
    kept = f"\nKept {keep}" if keep is not None else ""
    give(
        settings,
        f"{head}\n{run_text(result.reconciliation)}\nRun {result.run_id}\nReport {page}{kept}",
        lambda: outcome_tree(result.run_id, result.reconciliation, str(page)),
    )
    say(ended_early({**done.lost, **result.troubles}), folds=True)
    return Interrupted.exit_code if result.interrupted else done.exit_code


def opening(plan: Plan, *, faults: str = "", seen: Path | None = None, allow_python: Sequence[str] = ()) -> Opening:
    """Opens a rehearsal of a plan. Raises Usage for unknown faults, and where the sandbox is not installed."""
    try:
        from migrate.rehearse.rehearsal import Rehearsal
    except ImportError as error:
        raise Usage(f"a rehearsal needs {error.name}.", next_action="pip install 'sigma-migrate[sandbox]'") from None
    from migrate.rehearse.faults import chosen

    names: Sequence[str] = chosen(faults)

    def opened(listener: Listener, stop: Callable[[], bool]) -> Rehearsal:
        return Rehearsal(plan, listener=listener, stop=stop, faults=names, seen=seen, allow_python=allow_python)

    return opened
