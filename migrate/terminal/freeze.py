"""``freeze``: the documents that a plan's rules take today, as a list that a rule may take instead."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from migrate.kinds import called, counted
from migrate.terminal.options import FILE, PlanChoice, Settings, give, global_options, plan_options
from migrate.terminal.session import with_migration
from migrate.text import join_path, one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from migrate.inventory.model import Item
    from migrate.tree import Json


@click.command()
@click.argument("plan_file", type=FILE)
@click.option("-o", "--out", type=FILE, default=None, help="Write the list to this file instead of printing it.")
@click.option(
    "--versions", is_flag=True, help="Behind each id the version that is published today, to pin a target to."
)
@plan_options
@global_options
def freeze(settings: Settings, plan_file: Path, out: Path | None, versions: bool, choice: PlanChoice) -> int:
    """Write the list of documents that the rules of a plan take today, for `list:` of a rule or of a pin."""
    from migrate.files import write_private

    items = with_migration(settings, choice.load(plan_file), lambda migration: migration.freeze())
    text = frozen(items, versions=versions)
    if out is not None:
        write_private(out, f"{text}\n".encode())
    told = f"Wrote {counted('document', len(items))} to {out}" if out is not None else text
    give(settings, told, lambda: frozen_tree(items))
    return 0


def frozen(items: Sequence[Item], *, versions: bool = False) -> str:
    """A line a document: its id, with its version where that is wanted, and what it is and where it stands."""
    lines = []
    for item in items:
        place = one_line(join_path((*item.path, item.name)), 300)
        version = f" {item.version}" if versions else ""
        lines.append(f"{item.key.id}{version}  # {called(item.key.kind)} {place}")
    return "\n".join(lines)


def frozen_tree(items: Sequence[Item]) -> Json:
    """The same for ``--output json``."""
    return {
        "documents": [
            {
                "id": item.key.id,
                "version": item.version,
                "type": item.key.kind,
                "name": item.name,
                "path": join_path(item.path),
            }
            for item in items
        ]
    }
