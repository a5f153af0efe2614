"""``diff``: one document, or a few, three ways and in words."""

from __future__ import annotations

from pathlib import Path

import click

from migrate.terminal.options import FILE, PlanChoice, Settings, give, global_options, plan_options
from migrate.terminal.session import with_migration


@click.command()
@click.argument("plan_file", type=FILE)
@click.argument("document")
@plan_options
@global_options
def diff(settings: Settings, plan_file: Path, document: str, choice: PlanChoice) -> int:
    """What differs in DOCUMENT (an id or a name glob): last applied, source now, target now. Writes nothing."""
    from migrate.errors import worst
    from migrate.run.differing import differing_tree
    from migrate.terminal.differences import as_lines
    from migrate.terminal.lines import not_looked_at

    plan = choice.load(plan_file)
    found, lost = with_migration(settings, plan, lambda migration: migration.diff(choice.targets, document))
    lines = [*as_lines(found), *not_looked_at(lost)]
    text = "\n".join(lines) or "Nothing stands in a target yet that it could be compared with."
    give(
        settings,
        text,
        lambda: {"documents": differing_tree(found), "not_looked_at": {t: e.code for t, e in lost.items()}},
    )
    return worst([error.exit_code for error in lost.values()])
