"""``adopt``: a lost ledger rebuilt."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from migrate.kinds import called, counted
from migrate.terminal.lines import not_looked_at, whole_words, wrapped
from migrate.terminal.options import FILE, PlanChoice, Settings, give, global_options, plan_options
from migrate.terminal.session import with_migration

if TYPE_CHECKING:
    from collections.abc import Mapping

    from migrate.change.adopt import Adoption
    from migrate.errors import MigrateError
    from migrate.tree import Json


@click.command()
@click.argument("plan_file", type=FILE)
@click.option("--dry-run", is_flag=True, help="Only list what would be adopted.")
@plan_options
@global_options
def adopt(settings: Settings, plan_file: Path, dry_run: bool, choice: PlanChoice) -> int:
    """Rebuild a lost ledger from the targets, by name, folder and content. Writes nothing to Sigma."""
    from migrate.errors import worst

    plan = choice.load(plan_file)
    found, lost = with_migration(settings, plan, lambda migration: migration.adopt(choice.targets, dry_run=dry_run))
    give(settings, adopted(found, lost), lambda: adopted_tree(found, lost))
    doubts = any(adoption.doubts for adoption in found.values())
    return worst([*(error.exit_code for error in lost.values()), 1 if doubts else 0])


def adopted(found: Mapping[str, Adoption], lost: Mapping[str, MigrateError]) -> str:
    """What was recognised in each target, and what a person must decide."""
    lines = []
    for target, adoption in found.items():
        lines.append(
            f"Target {target}: {counted('copy', len(adoption.copies))} recognised, {len(adoption.doubts)} in doubt, "
            f"{len(adoption.missing)} not there"
        )
        for copy in adoption.copies:
            lines.append(
                wrapped(f"{called(copy.kind)} {whole_words(copy.name, 200)} is {copy.target_id}", "  = ", " " * 6)
            )
        for doubt in adoption.doubts:
            lines.append(wrapped(f"{doubt.key.about.singular} {doubt.key.id}: {doubt.reason}", "  ? ", " " * 6))
            lines += [f"      candidate {candidate}" for candidate in doubt.candidates]
    return "\n".join([*lines, *not_looked_at(lost)])


def adopted_tree(found: Mapping[str, Adoption], lost: Mapping[str, MigrateError]) -> Json:
    """The same for ``--output json``; targets that could not be looked at have their error in place of an adoption."""
    return {target: {"error": error.code} for target, error in lost.items()} | {
        target: {
            "adopted": [{"type": c.kind, "source_id": c.source_id, "target_id": c.target_id} for c in adoption.copies],
            "doubts": [
                {"type": d.key.kind, "source_id": d.key.id, "candidates": list(d.candidates), "reason": d.reason}
                for d in adoption.doubts
            ],
            "missing": [{"type": key.kind, "source_id": key.id} for key in adoption.missing],
        }
        for target, adoption in found.items()
    }
