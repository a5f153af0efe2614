"""``report``: the reports of a run built again."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import click

from migrate.errors import Usage
from migrate.terminal.apply import run_text
from migrate.terminal.options import REPORTS, Settings, give, global_options


@click.command()
@click.argument("run_name", metavar="RUN")
@click.option(
    "--redact", is_flag=True, help="For readers outside: names as digests, no SQL, texts or addresses; in redacted/."
)
@REPORTS
@global_options
def report(settings: Settings, run_name: str, folder: Path, *, redact: bool) -> int:
    """Build the reports of a run again (RUN: its id, its folder, or last)."""
    from migrate.plan.model import Format
    from migrate.report.redact import redacted
    from migrate.report.render import render
    from migrate.run.folder import find_run, read_run

    place = find_run(folder, run_name)
    run, reconciliation = read_run(place)
    if reconciliation is None:
        raise Usage(f"run {run['id']} ended before it had anything to report: {run.get('error', run['status'])}")
    if redact:
        reconciliation = redacted(reconciliation)
        place = place / "redacted"
    files = render(reconciliation, place, get_args(Format))
    text = f"{run_text(reconciliation)}\nReport {files['html']}"
    give(settings, text, lambda: {"run": run["id"], "files": {name: str(path) for name, path in files.items()}})
    return reconciliation.exit_code
