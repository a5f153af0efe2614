"""The report as JSON and as CSV: the rows of contract section 6, exactly."""

from __future__ import annotations

from collections.abc import Mapping

import orjson

from migrate.check.model import Reconciliation
from migrate.plan.csv_text import write_table
from migrate.tree import Json

SCHEMA = "sigma-migrate.report/1"

COLUMNS = (
    "target",
    "type",
    "source_id",
    "source_name",
    "source_path",
    "source_version",
    "target_id",
    "target_name",
    "target_path",
    "target_url",
    "outcome",
    "verdict",
    "levels",
    "reason_code",
    "reason",
    "next_action",
    "detail",
    "references",
    "changes",
    "residuals",
    "depends_on",
    "attempts",
    "request_id",
    "duration_ms",
    "source_url",
)
"""The keys of a row, in order: the columns of ``report.csv`` and of the sheet ``Documents``."""


def report_tree(found: Reconciliation) -> Json:
    """The reconciliation as the tree of ``report.json``."""
    return {
        "schema": SCHEMA,
        "run": dict(found.run),
        "orgs": [dict(org) for org in found.orgs],
        "totals": {target: dict(total) for target, total in found.totals.items()},
        "rows": [{column: row.get(column) for column in COLUMNS} for row in found.rows],
        "residuals": [dict(residual) for residual in found.residuals],
        "coverage": [dict(row) for row in found.coverage],
        "warnings": list(found.warnings),
        "left_out": dict(found.left_out),
        "consistent": found.consistent,
    }


def to_json(found: Reconciliation) -> bytes:
    """``report.json``."""
    return orjson.dumps(report_tree(found), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def to_csv(found: Reconciliation) -> bytes:
    """``report.csv``: safe in a spreadsheet, nested values as JSON text, UTF-8 with a BOM for Excel."""
    rows = [[cell(row.get(column)) for column in COLUMNS] for row in found.rows]
    return b"\xef\xbb\xbf" + write_table(COLUMNS, rows).encode()


def cell(value: Json) -> str:
    """A value as the text of one cell: empty for null, JSON for lists and objects."""
    if value is None:
        return ""
    if isinstance(value, (Mapping, list, tuple)):
        return orjson.dumps(value).decode() if value else ""
    return str(value)
