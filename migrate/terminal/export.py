"""``export``: documents as a bundle of files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from migrate.kinds import called, in_words
from migrate.terminal.lines import left_out, reasoned
from migrate.terminal.options import FILE, PlanChoice, Settings, give, global_options, plan_options
from migrate.terminal.session import with_migration

if TYPE_CHECKING:
    from migrate.run.result import Exported
    from migrate.tree import Json


@click.command()
@click.argument("plan_file", type=FILE)
@click.option("-o", "--out", type=FILE, required=True, help="The folder to write.")
@click.option("--format", "form", type=click.Choice(["json", "yaml"]), default="json", show_default=True)
@plan_options
@global_options
def export(settings: Settings, plan_file: Path, out: Path, form: Any, choice: PlanChoice) -> int:
    """Write the documents in scope as a bundle: files to review, keep in git, and deploy."""

    found = choice.load(plan_file)
    wrote = with_migration(settings, found, lambda migration: migration.export(out, form=form))
    give(settings, exported(wrote, str(out)), lambda: exported_tree(wrote, str(out)))
    return 1 if wrote.bundle.unreadable else 0


def exported(found: Exported, folder: str) -> str:
    """What an export wrote, and every document that could not be read."""
    lines = [f"Wrote {in_words(found.counts)} to {folder}"]
    if found.needed:
        lines.append(f"  {found.needed} of the data models because a chosen document reads them")
    for key, (code, reason) in sorted(found.bundle.unreadable.items()):
        lines.append(f"  ! {called(key.kind)} {key.id} is not in it")
        lines += reasoned(code, reason)
    return "\n".join(lines + left_out(found.left_out))


def exported_tree(found: Exported, folder: str) -> Json:
    """The same for ``--output json``."""
    unreadable = sorted(found.bundle.unreadable.items())
    return {
        "folder": folder,
        "counts": found.counts,
        "unreadable": [{"kind": k.kind, "id": k.id, "code": code, "reason": why} for k, (code, why) in unreadable],
    }
