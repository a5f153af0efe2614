"""``assess``: what a selection holds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from migrate.terminal.lines import left_out, whole_words, wrapped
from migrate.terminal.options import FILE, PlanChoice, Settings, give, global_options, plan_options
from migrate.terminal.session import with_migration
from migrate.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable

    from migrate.inventory.model import Key
    from migrate.run.assess import Assessment


@click.command()
@click.argument("plan_file", type=FILE)
@plan_options
@global_options
def assess(settings: Settings, plan_file: Path, choice: PlanChoice) -> int:
    """Count what the selection holds: documents, features, references; offline where the source is a bundle."""
    from migrate.run.assess import assessment_tree

    found = with_migration(settings, choice.load(plan_file), lambda migration: migration.assess())
    give(settings, assessed(found), lambda: assessment_tree(found))
    return 0


def assessed(found: Assessment) -> str:
    """What a selection holds, as counts; ``--output json`` lists every place."""
    kinds = [key.kind for key in found.scope.keys]
    lines = [f"{kinds.count('data-model')} data models and {kinds.count('workbook')} workbooks in scope"]
    if found.scope.needed:
        lines.append(f"  {len(found.scope.needed)} data models only because something in scope reads them")
    lines += [f"  {line}" for line in left_out(found.scope.left_out)]
    lines += _table("Elements", found.elements.items())
    lines += _table("Sources", found.sources.items())
    lines.append("References")
    lines += [
        wrapped(one.points_to, f"  {one.count:6}  {one.row:24} {one.resolution:12} ", " " * 47) for one in found.covered
    ]
    if found.raw:
        lines.append("Custom SQL that will fail")
        for one in found.raw:
            text = f"{one.key.kind} {_called(found, one.key)} {one.path}: {whole_words(one.value)}"
            lines.append(wrapped(text, "  ", " " * 6))
    if found.unreadable:
        lines.append("Not readable")
        for key, (code, why) in found.unreadable.items():
            lines.append(wrapped(f"{key.kind} {key.id}: {code}: {whole_words(why)}", "  ", " " * 6))
    for model, readers in found.scope.missing.items():
        lines.append(f"Data model {model} is read by {len(readers)} document(s) and cannot be seen")
    return "\n".join(lines)


def _called(found: Assessment, key: Key) -> str:
    """The name of a document, or its id where the organization shows none."""
    item = found.inventory.items.get(key)
    return repr(one_line(item.name, 60)) if item else key.id


def _table(title: str, rows: Iterable[tuple[str, int]]) -> list[str]:
    return [title, *(f"  {count:6}  {name}" for name, count in rows)]
