"""``inventory``: what a plan's organizations show, written down to rehearse where none of them is reached."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from migrate.errors import worst
from migrate.kinds import counted
from migrate.terminal.failure import ended_early
from migrate.terminal.options import FILE, PlanChoice, Settings, give, global_options, plan_options
from migrate.terminal.rehearse import opening
from migrate.terminal.session import at_work
from migrate.terminal.streams import say

if TYPE_CHECKING:
    from migrate.rehearse.rehearsal import Rehearsal
    from migrate.rehearse.taken import Taken


@click.command()
@click.argument("plan_file", type=FILE)
@click.option("-o", "--out", type=FILE, required=True, help="The folder to write to, for its owner alone.")
@plan_options
@global_options
def inventory(settings: Settings, plan_file: Path, out: Path, choice: PlanChoice) -> int:
    """Write down what the organizations of a plan show, to rehearse it offline. Writes nothing to Sigma."""

    async def work(rehearsal: Rehearsal) -> Taken:
        return await rehearsal.take(choice.targets, keep=out)

    taken = at_work(settings, opening(choice.load(plan_file), allow_python=settings.allow_python), work)
    counts = {alias: _count(taken, alias) for alias in taken.world.orgs}
    lines = [
        f"{alias}: {', '.join(counted(what.removesuffix('s'), n) for what, n in found.items())}"
        for alias, found in counts.items()
    ]
    text = "\n".join([*lines, f"Inventory {out}"])
    give(settings, text, lambda: {"folder": str(out), "at": taken.at, "orgs": counts})
    say(ended_early(taken.lost), folds=True)
    return worst(error.exit_code for error in taken.lost.values())


def _count(taken: Taken, alias: str) -> dict[str, int]:
    """How much of an organization was seen."""
    org = taken.world.orgs[alias]
    documents = sum(bool(inode.versions) for inode in org.inodes.values())
    return {
        "documents": documents,
        "folders": len(org.inodes) - documents,
        "connections": len(org.connections),
        "tables": sum(len(connection.tables) for connection in org.connections.values()),
        "members": len(org.members),
    }
