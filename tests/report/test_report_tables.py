"""``report.json`` keeps its schema; ``report.csv`` is safe to open and reads back unchanged."""

from __future__ import annotations

import csv
import io
import json

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from migrate.plan.csv_text import FORMULA, plain_cell
from migrate.report.schema import schema_of
from migrate.report.tables import COLUMNS, cell, to_csv, to_json


def problems(found) -> list[str]:
    validator = Draft202012Validator(schema_of("report"))
    return [error.message for error in validator.iter_errors(json.loads(to_json(found)))]


def test_the_schema_is_a_schema_and_what_is_written_keeps_it(make):
    Draft202012Validator.check_schema(schema_of("report"))
    for found in (make.mixed(), make.hostile(), make.reconciliation([])):
        assert problems(found) == []


def test_the_schema_notices_a_word_that_is_no_outcome(make):
    assert problems(make.reconciliation([make.row() | {"outcome": "done"}], totals={}))
    assert problems(make.reconciliation([make.row(verdict="fine")], totals={}))


def test_json_has_the_keys_of_the_contract(make):
    tree = json.loads(to_json(make.mixed()))
    assert tree["schema"] == "sigma-migrate.report/1"
    assert {"run", "orgs", "totals", "rows", "residuals", "consistent"} <= tree.keys()
    assert list(tree["rows"][0]) == list(COLUMNS)
    assert tree["rows"][0]["request_id"] is None


def test_a_run_from_before_a_column_was_added_still_renders(make):
    old = {name: value for name, value in make.row().items() if name != "source_url"}
    assert json.loads(to_json(make.reconciliation([old])))["rows"][0]["source_url"] is None


def read(raw: bytes) -> list[dict[str, str]]:
    assert raw.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig"), newline="")))


def test_csv_runs_nothing_and_reads_back_unchanged(make):
    found = make.hostile()
    rows = read(to_csv(found))
    assert len(rows) == len(found.rows)
    for shown, row in zip(rows, found.rows, strict=True):
        assert list(shown) == list(COLUMNS)
        assert not any(text.startswith(FORMULA) for text in shown.values())
        assert {name: plain_cell(text) for name, text in shown.items()} == {n: cell(row[n]) for n in COLUMNS}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=40), min_size=1, max_size=6))
def test_any_name_survives_the_csv(make, names):
    rows = read(to_csv(make.reconciliation([make.row(n, source_name=name) for n, name in enumerate(names)])))
    assert [plain_cell(row["source_name"]) for row in rows] == names


def test_nested_values_are_json_in_a_cell(make):
    row = read(to_csv(make.reconciliation([make.row(residuals=[make.residual()])])))[0]
    assert json.loads(row["residuals"])[0]["code"] == "input_table_rows"
    assert json.loads(row["levels"]) == {"exists": "pass", "hash": "pass"}
    assert row["detail"] == row["reason_code"] == ""
