"""``schema``: the JSON Schema of what is read and written."""

from __future__ import annotations

import sys

import click

from migrate.terminal.options import Settings, global_options


@click.command()
@click.argument("name", type=click.Choice(["plan", "change-set", "report", "assessment"]))
@global_options
def schema(_settings: Settings, name: str) -> None:
    """Print the JSON Schema of a plan file, a change set, report.json or an assessment."""
    from migrate.assess.tree import assessment_schema
    from migrate.files import pretty
    from migrate.report.schema import schema_of

    sys.stdout.write(pretty(assessment_schema() if name == "assessment" else schema_of(name)).decode())
