"""``doctor``: every organization of a plan looked at."""

from __future__ import annotations

from collections import Counter
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import click

from migrate.terminal.lines import whole_words, wrapped
from migrate.terminal.options import FILE, PlanChoice, Settings, give, global_options, plan_options
from migrate.terminal.session import with_migration

if TYPE_CHECKING:
    from collections.abc import Sequence

    from migrate.run.doctor import Check


@click.command()
@click.argument("plan_file", type=FILE)
@plan_options
@global_options
def doctor(settings: Settings, plan_file: Path, choice: PlanChoice) -> int:
    """Check hosts, credentials, identity, permissions and connections of every org. Writes nothing to Sigma."""
    from dataclasses import asdict

    from migrate.errors import worst

    plan = choice.load(plan_file)
    found = with_migration(settings, plan, lambda migration: migration.doctor(choice.targets))
    give(settings, examined(found), lambda: {"checks": [asdict(check) for check in found]})
    return worst(check.exit_code for check in found)


_VERDICTS = {"ok": "ok", "warn": "warn", "fail": "FAIL", "not_verifiable": "?"}


def examined(checks: Sequence[Check]) -> str:
    """What was found out about each organization, and how many things are wrong."""
    lines = []
    for org, found in groupby(checks, key=lambda check: check.org):
        lines.append(f"Org {org}")
        for check in found:
            code = f"{check.code}: " if check.code else ""
            head = f"{whole_words(check.what, 200)}: {code}{whole_words(check.detail)}"
            lines.append(wrapped(head, f"  {_VERDICTS[check.verdict]:4}  ", " " * 8))
            lines += (
                [wrapped(f"next: {whole_words(check.next_action)}", " " * 8, " " * 10)] if check.next_action else []
            )
    counts = Counter(check.verdict for check in checks)
    lines.append(
        f"{counts['ok']} ok, {counts['warn']} to look at, {counts['fail']} wrong, "
        f"{counts['not_verifiable']} not verifiable"
    )
    return "\n".join(lines)
