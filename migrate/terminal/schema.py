"""``schema``: the JSON Schema of what is read and written."""

from __future__ import annotations

import sys

import click

from migrate.terminal.options import Settings, global_options


@click.command()
@click.argument("name", type=click.Choice(["plan", "change-set", "report"]))
@global_options
def schema(_settings: Settings, name: str) -> None:
    """Print the JSON Schema of a plan file, a change set or report.json."""
    from migrate.files import pretty
    from migrate.report.schema import schema_of

    sys.stdout.write(pretty(schema_of(name)).decode())
