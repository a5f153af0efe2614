"""``schema``: the JSON Schema of what is read and written."""

from __future__ import annotations

import sys

import click

from migrate.terminal.options import Settings, global_options


@click.command()
@click.argument("name", type=click.Choice(["plan", "change-set", "report", "assessment", "outcome"]))
@global_options
def schema(_settings: Settings, name: str) -> None:
    """Print the JSON Schema of a plan file, a change set, report.json, an assessment or an outcome."""
    from migrate.assess.tree import assessment_schema
    from migrate.files import pretty
    from migrate.report.outcome import outcome_schema
    from migrate.report.schema import schema_of

    own = {"assessment": assessment_schema, "outcome": outcome_schema}
    sys.stdout.write(pretty(own[name]() if name in own else schema_of(name)).decode())
