"""``prune``: old reports and what the ledger keeps for nobody."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from migrate.kinds import counted
from migrate.terminal.lines import whole_words, wrapped
from migrate.terminal.options import FILE, PlanChoice, Settings, give, global_options, plan_options

if TYPE_CHECKING:
    from migrate.run.prune import Pruning
    from migrate.tree import Json


@click.command()
@click.argument("plan_file", type=FILE)
@click.option(
    "--keep", type=click.IntRange(min=1), default=30, show_default=True, help="The newest runs that stay whole."
)
@click.option("--yes", is_flag=True, help="Remove it; without this it is only listed.")
@plan_options
@global_options
def prune(settings: Settings, plan_file: Path, keep: int, yes: bool, choice: PlanChoice) -> int:
    """Remove the reports of old runs, and what the ledger keeps for nobody. Lists what would go, unless --yes.

    Of a run that could still be taken back, run.json and audit.jsonl stay; so does all that undo and settling need.
    """
    from migrate.ledger.book import open_book
    from migrate.ledger.opening import is_there
    from migrate.run.prune import Pruning, prunable
    from migrate.run.prune import prune as remove

    plan = choice.load(plan_file)
    found = Pruning()
    if is_there(plan.state):
        with open_book(plan.state) as book:
            found = prunable(book, plan.name, plan.report.dir, keep)
            if yes:
                remove(book, found)
    give(settings, pruned(found, done=yes), lambda: pruned_tree(found, done=yes))
    return 0


def pruned(found: Pruning, *, done: bool) -> str:
    """What went, or would go."""
    lines = []
    for one in found.runs:
        stays = "; run.json stays, since it could be taken back" if one.undoable else ""
        told = f"{whole_words(one.id, 100)}: {counted('file', len(one.files))}, {one.bytes:,} bytes{stays}"
        lines.append(wrapped(told, "  - ", " " * 6))
    ledger = found.ledger
    bodies = f"{counted('body', ledger.bodies)} of the ledger ({ledger.body_bytes:,} bytes)"
    told = f"files of {counted('run', len(found.runs))}, {bodies}, {counted('ticket', ledger.tickets)}"
    told = f"{'Removed' if done else 'To be removed'}: {told}"
    lines.append(wrapped(f"{told}. Kept whole: {counted('run', found.kept)}."))
    if not done and (found.runs or ledger.bodies or ledger.tickets):
        lines.append("Nothing was removed. Next: the same with --yes")
    return "\n".join(lines)


def pruned_tree(found: Pruning, *, done: bool) -> Json:
    """The same for ``--output json``."""
    return {
        "removed": done,
        "kept": found.kept,
        "runs": [
            {"id": one.id, "files": len(one.files), "bytes": one.bytes, "undoable": one.undoable} for one in found.runs
        ],
        "bodies": found.ledger.bodies,
        "body_bytes": found.ledger.body_bytes,
        "tickets": found.ledger.tickets,
    }
