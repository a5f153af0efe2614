"""``schema``: the JSON Schema of what is read and written."""

from __future__ import annotations

import sys

import click

from migrate.terminal.options import Settings, global_options

_FILES = ("plan", "change-set", "report")
NAMES = (
    *_FILES,
    *("assessment", "outcome", "doctor", "status", "drift", "undo", "diff", "export", "validate", "report-files"),
    *("explain", "inventory", "worker", "audit", "prune", "adopt", "freeze", "init", "resolve", "support", "unlock"),
    "plan-output",
)
"""What there are schemas of: files, and what commands print with ``--output json``."""


@click.command()
@click.argument("name", type=click.Choice(NAMES))
@global_options
def schema(_settings: Settings, name: str) -> None:
    """Print the JSON Schema of a file (plan, change-set, report, assessment) or of what a command prints as JSON.

    apply, verify and rehearse print an outcome, report prints report-files, plan prints plan-output, assess an
    assessment.
    """
    from migrate.assess.tree import assessment_schema
    from migrate.files import pretty
    from migrate.report.outcome import outcome_schema
    from migrate.report.schema import schema_of
    from migrate.run.outputs import output_schema

    own = {"assessment": assessment_schema, "outcome": outcome_schema}
    of = schema_of if name in _FILES else output_schema
    sys.stdout.write(pretty(own[name]() if name in own else of(name)).decode())
