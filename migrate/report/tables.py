"""The one table of a report, held by pandas: its rows feed the CSV, the sheets and the totals. And ``report.json``."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import orjson

from migrate.check.model import COLUMNS, Reconciliation
from migrate.check.packed import Packed, unpacked
from migrate.files import joined
from migrate.plan.csv_text import FORMULA, safe_cell
from migrate.tree import Json
from migrate.words import OUTCOMES, VERDICTS

if TYPE_CHECKING:
    from pandas import DataFrame

SCHEMA = "sigma-migrate.report/1"
BREAKDOWNS: Mapping[str, str] = {"target": "target", "kind": "type", "wave": "wave", "folder": "source_path"}
"""What documents are counted by besides all together, and the column that tells it."""

STATES = (*OUTCOMES, *VERDICTS)

_ROWS_OF_TREE = b'\n  "rows": []'

_ROWS = 500
"""How many rows of the CSV are made at a time."""

_SIGN = re.compile(rf"((?:{FORMULA.pattern})'*[\s\u200b\u2060\ufeff]*)([=+\-@＝＋－＠])")


def report_tree(found: Reconciliation) -> Json:
    """The reconciliation as the tree of ``report.json``, ready for orjson."""
    table = documents(found) if found.rows else None
    return {
        "schema": SCHEMA,
        "run": found.run,
        "orgs": found.orgs,
        "totals": found.totals,
        "causes": found.causes,
        "things": found.things,
        "mappings": found.mappings,
        "previous": found.previous,
        "trend": found.trend,
        "totals_by": {name: _counts(table, column) for name, column in BREAKDOWNS.items()},
        "rows": found.rows,
        "residuals": found.residuals,
        "coverage": found.coverage,
        "warnings": found.warnings,
        "left_out": found.left_out,
        "scope_changes": found.scope_changes,
        "not_copied": found.not_copied,
        "rows_compared": found.rows_compared,
        "consistent": found.consistent,
    }


def _counts(table: DataFrame | None, column: str) -> Mapping[str, Mapping[str, int]]:
    """The totals of each value of a column, such as of every folder; nothing without a document."""
    found = {} if table is None else totals_by(table, column).to_dict("index")
    return {str(value): {str(name): int(count) for name, count in total.items()} for value, total in found.items()}


def to_json(found: Reconciliation) -> bytes:
    """``report.json``."""
    return joined(json_parts(found))


def json_parts(found: Reconciliation) -> Iterator[bytes]:
    """``report.json``, a row after the other: all of ten thousand rows as one text take 40 MB."""
    layout = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
    before, rows, after = orjson.dumps(report_tree(found) | {"rows": ()}, unpacked, layout).partition(_ROWS_OF_TREE)
    yield before + rows[:-1]
    for at, row in enumerate(found.rows):
        text = orjson.dumps(row, unpacked, orjson.OPT_INDENT_2)  # no text of JSON holds the end of a line
        yield (b"," if at else b"") + b"\n    " + text.replace(b"\n", b"\n    ")
    yield (b"\n  ]" if found.rows else b"]") + after


def documents(found: Reconciliation) -> DataFrame:
    """The table: a row a document and target, a column a field of it, values as they are."""
    from pandas import DataFrame

    return DataFrame({name: [getattr(row, name) for row in found.rows] for name in COLUMNS}, dtype=object)


def totals_by(table: DataFrame, column: str) -> DataFrame:
    """How many documents of each value of a column are in scope, and how many of these ended in each way.

    The index is the column's values, sorted; the columns are ``in_scope``, the outcomes and the verdicts.
    """
    from pandas import concat, crosstab

    outcomes = crosstab(table[column], table["outcome"]).reindex(columns=list(OUTCOMES), fill_value=0)
    verdicts = crosstab(table[column], table["verdict"]).reindex(columns=list(VERDICTS), fill_value=0)
    verdicts = verdicts.reindex(outcomes.index, fill_value=0)
    return concat([outcomes.sum(axis=1).rename("in_scope"), outcomes, verdicts], axis=1)


def to_csv(found: Reconciliation) -> bytes:
    """``report.csv``."""
    return joined(csv_parts(found))


def csv_parts(found: Reconciliation) -> Iterator[bytes]:
    """``report.csv``: safe in a spreadsheet of any locale, nested values as JSON text, UTF-8 with a BOM for Excel.

    Every cell is quoted, so that no separator inside a text ends it. It is made of some rows after the others: the
    cells of all of them as texts, and the table of them, would take several times the file.
    """
    yield b"\xef\xbb\xbf"
    for first in range(0, max(1, len(found.rows)), _ROWS):
        table = documents(replace(found, rows=found.rows[first : first + _ROWS])).map(_csv_cell)
        part: str = table.to_csv(index=False, header=not first, quoting=csv.QUOTE_ALL, lineterminator="\n")
        yield part.encode()


def _csv_cell(value: Json) -> str:
    """The cell of a value: a text is guarded; in JSON, whose numbers are never below 0, a sign becomes an escape."""
    if value is None or isinstance(value, str):
        return safe_cell(value or "")
    return _SIGN.sub(lambda sign: f"{sign[1]}\\u{ord(sign[2]):04x}", cell(value))


def cell(value: Json) -> str:
    """A value as the text of one cell: empty for null, JSON for lists and objects."""
    if value is None:
        return ""
    if isinstance(value, (Mapping, list, tuple, Packed)):
        return orjson.dumps(value, default=unpacked).decode() if value else ""
    return str(value)
