"""``drift``: every copy three ways."""

from __future__ import annotations

from collections import Counter
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import click

from migrate.kinds import called, counted
from migrate.terminal.lines import not_looked_at, whole_words, wrapped
from migrate.terminal.options import FILE, ONLY, PlanChoice, Settings, give, global_options, plan_options
from migrate.terminal.session import with_migration

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from migrate.change.drift import Drift
    from migrate.errors import MigrateError


@click.command()
@click.argument("plan_file", type=FILE)
@ONLY
@click.option("--detailed-exitcode", is_flag=True, help="Exit 2 where a copy changed in the target.")
@plan_options
@global_options
def drift(settings: Settings, plan_file: Path, only: str, detailed_exitcode: bool, choice: PlanChoice) -> int:
    """Compare every copy three ways: last applied, source now, target now. Writes nothing to Sigma."""
    from dataclasses import asdict

    from migrate.errors import worst

    plan = choice.load(plan_file)
    found, lost = with_migration(settings, plan, lambda migration: migration.drift(choice.targets, only))
    tree = {
        "copies": [{**asdict(one), "outcome": one.outcome, "reason_code": one.reason_code} for one in found],
        "not_looked_at": {target: error.code for target, error in lost.items()},
    }
    give(settings, drifted(found, lost, verbose=settings.verbose), lambda: tree)
    moved = detailed_exitcode and any(one.standing != "same" for one in found)
    hidden = any(one.source == "not_visible" for one in found)
    return worst([*(error.exit_code for error in lost.values()), int(hidden), 2 if moved else 0])


_MOVED = {
    "same": "=",
    "source_changed": ">",
    "target_changed": "<",
    "both_changed": "!",
}


_SOURCE = {
    "changed": "the source changed",
    "gone": "its source is gone",
    "not_visible": "its source is not visible to these credentials any more",
    "not_listed": "its source is not listed any more; whether it is gone is not known",
    "not_selected": "the plan no longer selects it",
    "unreadable": "its source cannot be read",
    "same": "",
}


def drifted(found: Sequence[Drift], lost: Mapping[str, MigrateError], *, verbose: bool = False) -> str:
    """Which side of each copy moved since it was last applied; what stands still only as a number."""
    lines = []
    for target, copies in groupby(found, key=lambda one: one.target):
        listed = list(copies)
        lines.append(f"Target {target}: {counted('copy', len(listed))}")
        for one in listed:
            code = f" ({one.reason_code})" if one.reason_code else ""
            said = " and ".join(filter(None, (f"{_SOURCE[one.source]}{code}", one.told)))
            if said or verbose:
                name = f"{called(one.kind)} {whole_words(one.name, 200)}"
                lines.append(wrapped(f"{name}{': ' if said else ''}{said}", f"  {_MOVED[one.outcome]} ", " " * 6))
        counts = Counter(one.outcome for one in listed)
        lines.append(
            f"  {counts['same']} as applied, {counts['source_changed']} changed in the source, "
            f"{counts['target_changed']} in the target, {counts['both_changed']} in both"
        )
    lines += not_looked_at(lost)
    return "\n".join(lines) or "No copy is known in any target."
