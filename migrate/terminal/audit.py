"""``audit``: who did what."""

from __future__ import annotations

from pathlib import Path

import click

from migrate.terminal.options import FILE, PlanChoice, Settings, give, global_options, plan_options


@click.command()
@click.argument("plan_file", type=FILE)
@click.option("--run", "run_id", default="", metavar="RUN", help="Only what this run did, by its id.")
@plan_options
@global_options
def audit(settings: Settings, plan_file: Path, run_id: str, choice: PlanChoice) -> int:
    """Print every write that left, a JSON line each: who, what, when, digests before and after. Offline.

    Read from the ledger; each run's own lines also stand in its folder, as audit.jsonl.
    """
    from migrate.ledger.book import open_book
    from migrate.ledger.opening import is_there
    from migrate.run.audit import audit_lines, rows_of

    plan = choice.load(plan_file)
    lines: list[bytes] = []
    if is_there(plan.state):
        with open_book(plan.state) as book:
            lines = list(audit_lines(book, plan.name, run_id))
    give(settings, b"".join(lines).decode().rstrip("\n"), lambda: {"writes": rows_of(lines)})
    return 0
