"""``report.json`` keeps its schema; ``report.csv`` is safe to open and reads back unchanged."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from migrate.check.model import COLUMNS
from migrate.plan.csv_text import plain_cell
from migrate.report.schema import schema_of
from migrate.report.tables import STATES, cell, documents, to_csv, to_json, totals_by
from migrate.words import OUTCOMES, VERDICTS

csv.field_size_limit(10**8)  # read with another separator, several cells become one


def problems(found) -> list[str]:
    validator = Draft202012Validator(schema_of("report"))
    return [error.message for error in validator.iter_errors(json.loads(to_json(found)))]


def test_the_schema_is_a_schema_and_what_is_written_keeps_it(make):
    Draft202012Validator.check_schema(schema_of("report"))
    for found in (make.mixed(), make.hostile(), make.reconciliation([])):
        assert problems(found) == []


def test_the_schema_notices_a_word_that_is_no_outcome(make):
    assert problems(make.reconciliation([replace(make.row(), outcome="done")], totals={}))
    assert problems(make.reconciliation([make.row(verdict="fine")], totals={}))


def test_json_has_the_keys_of_the_contract(make):
    tree = json.loads(to_json(make.mixed()))
    assert tree["schema"] == "sigma-migrate.report/1"
    assert {"run", "orgs", "totals", "rows", "residuals", "consistent"} <= tree.keys()
    assert list(tree["rows"][0]) == list(COLUMNS)
    assert tree["rows"][0]["request_id"] is None


def test_causes_are_values_and_rows_name_theirs(make):
    tree = json.loads(to_json(make.mixed()))
    named = {cause["n"] for cause in tree["causes"]}
    assert {row["cause"] for row in tree["rows"]} == {*named, None}
    stopped = sum(cause["root_rows"] + cause["dependent_rows"] for cause in tree["causes"])
    assert stopped == sum(row["cause"] is not None for row in tree["rows"])


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(["a", "b"]), st.sampled_from(["x", ""]), st.sampled_from(STATES)), max_size=30)
)
def test_the_totals_of_the_table_are_those_of_the_rows(make, states):
    rows = [
        make.row(n, target=target, source_path=path, outcome="created" if state in VERDICTS else state)
        if state not in VERDICTS
        else make.row(n, target=target, source_path=path, verdict=state)
        for n, (target, path, state) in enumerate(states)
    ]
    found = make.reconciliation(rows)
    for column in ("target", "source_path", "type"):
        totals = totals_by(documents(found), column).to_dict("index")
        assert set(totals) == {getattr(row, column) for row in rows}
        for value, total in totals.items():
            mine = [row for row in rows if getattr(row, column) == value]
            assert total["in_scope"] == len(mine)
            assert {name: total[name] for name in OUTCOMES} == {n: sum(r.outcome == n for r in mine) for n in OUTCOMES}
            assert {name: total[name] for name in VERDICTS} == {n: sum(r.verdict == n for r in mine) for n in VERDICTS}
    if rows:
        by_target = totals_by(documents(found), "target").to_dict("index")
        assert by_target == {target: dict(total) for target, total in found.totals.items()}


def read(raw: bytes) -> list[dict[str, str]]:
    assert raw.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig"), newline="")))


def runs(raw: bytes) -> list[str]:
    """Every cell that a spreadsheet could take for a formula, whatever it takes for the separator."""
    text = raw.decode("utf-8-sig")
    cells = [
        cell for mark in ",;\t|" for row in csv.reader(io.StringIO(text, newline=""), delimiter=mark) for cell in row
    ]
    return [cell for cell in cells if cell.strip().lstrip("\u200b\u2060\ufeff")[:1] in tuple("=+-@＝＋－＠")]


def test_csv_runs_nothing_and_reads_back_unchanged(make):
    found = make.hostile()
    raw = to_csv(found)
    assert runs(raw) == []
    for shown, row in zip(read(raw), found.rows, strict=True):
        assert list(shown) == list(COLUMNS)
        for name, text in shown.items():
            value = getattr(row, name)
            if isinstance(value, tuple | dict):
                assert (json.loads(text) if text else []) == json.loads(cell(value) or "[]")
            else:
                assert plain_cell(text) == cell(value)


@pytest.mark.parametrize(
    "name",
    [
        "Plan;=1+1;x",
        "＝1+1",
        "\u00a0=1+1",
        "a\t@SUM(1)",
        "x|-2+3",
        "y\n+1",
        "\u3000＋1",
        "\ufeff=1",
        "'=1",
        "''=1",
        "a,'=1",
    ],
)
def test_no_locale_sees_a_formula(make, name):
    raw = to_csv(make.reconciliation([make.row(source_name=name, changes=({"code": name, "path": "$"},))]))
    assert runs(raw) == []
    (row,) = read(raw)
    assert plain_cell(row["source_name"]) == name
    assert json.loads(row["changes"])[0]["code"] == name


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=40), min_size=1, max_size=6))
def test_any_name_survives_the_csv(make, names):
    raw = to_csv(make.reconciliation([make.row(n, source_name=name) for n, name in enumerate(names)]))
    rows = read(raw)
    assert runs(raw) == []
    assert [plain_cell(row["source_name"]) for row in rows] == names


def test_nested_values_are_json_in_a_cell(make):
    row = read(to_csv(make.reconciliation([make.row(residuals=[make.residual()])])))[0]
    assert json.loads(row["residuals"])[0]["code"] == "input_table_rows"
    assert json.loads(row["levels"]) == {"exists": "pass", "hash": "pass"}
    assert row["detail"] == row["reason_code"] == ""
