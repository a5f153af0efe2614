"""``report``: the reports of a run built again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import click

from migrate.errors import Usage
from migrate.kinds import counted
from migrate.terminal.apply import run_text
from migrate.terminal.options import ALLOW_PYTHON, REPORTS, Settings, give, global_options
from migrate.terminal.streams import say

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from migrate.report.client import Look

_CODES_TOLD = 10


@click.command()
@click.argument("run_name", metavar="RUN")
@click.option(
    "--redact", is_flag=True, help="For readers outside: names as digests, no SQL, texts or addresses; in redacted/."
)
@click.option("--for", "reader", type=click.Choice(["client"]), help="A page for them too: client.html, without ids.")
@click.option("--title", metavar="TEXT", help="What stands at the head of the page for a client.")
@click.option("--logo", type=Path, metavar="FILE", help="A picture above it, PNG or JPEG, up to 300 KB.")
@click.option("--language", type=Path, metavar="FILE", help="Its words in another language, a TOML file.")
@click.option(
    "--also",
    multiple=True,
    metavar="NAME",
    help="Write report.NAME too, a format of an installed package; --allow-python.",
)
@ALLOW_PYTHON
@REPORTS
@global_options
def report(
    settings: Settings,
    run_name: str,
    folder: Path,
    *,
    redact: bool,
    reader: str | None,
    title: str | None,
    logo: Path | None,
    language: Path | None,
    also: tuple[str, ...],
    allow_python: tuple[str, ...],
) -> int:
    """Build the reports of a run again (RUN: its id, its folder, or last)."""
    from migrate.plan.proving import Format
    from migrate.report.client import untold
    from migrate.report.redact import redacted
    from migrate.report.render import render
    from migrate.run.folder import find_run, read_run

    look = _look(reader, title, logo, language)
    writers = _writers(also, allow_python)
    place = find_run(folder, run_name)
    run, reconciliation = read_run(place)
    if reconciliation is None:
        raise Usage(f"run {run['id']} ended before it had anything to report: {run.get('error', run['status'])}")
    if redact:
        reconciliation = redacted(reconciliation)
        place = place / "redacted"
    if look is not None:
        _tell_english(untold(reconciliation, look))
    files = render(reconciliation, place, get_args(Format), client=look, also=writers)
    text = f"{run_text(reconciliation)}\nReport {files['client' if look else 'html']}"
    give(settings, text, lambda: {"run": run["id"], "files": {name: str(path) for name, path in files.items()}})
    return reconciliation.exit_code


def _writers(names: Sequence[str], allowed: Sequence[str]) -> Mapping[str, Callable[..., Any]]:
    """The formats of other packages, by name. Raises InvalidInput where one is not allowed or cannot be had."""
    import os

    from migrate.run.functions import Named, allowed_in, imported

    named = [Named(wanted_by="--also", written=name, group="sigma_migrate.report_formats") for name in names]
    return dict(zip(names, imported(named, (*allowed, *allowed_in(os.environ))), strict=True))


def _tell_english(codes: Sequence[str]) -> None:
    if codes:
        listed = f"{', '.join(codes[:_CODES_TOLD])}{' …' if len(codes) > _CODES_TOLD else ''}"
        say(f"warning: the language has no words for {counted('reason', len(codes))}, left in English: {listed}\n")


def _look(reader: str | None, title: str | None, logo: Path | None, language: Path | None) -> Look | None:
    """How the page for a client looks; None where nobody asked for one."""
    from migrate.report.client import Look, read_logo
    from migrate.report.language import read_language

    if reader is None:
        given = {"--title": title, "--logo": logo, "--language": language}
        idle = [name for name, value in given.items() if value is not None]
        if idle:
            raise Usage(f"{', '.join(idle)}: only the page for a client has these; add --for client")
        return None
    return Look(
        title=title or "",
        logo=read_logo(logo) if logo else "",
        language=read_language(language) if language else None,
    )
