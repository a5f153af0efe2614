"""Worksheets with mistakes in them: every one is told, with its sheet, row and column."""

from __future__ import annotations

import io
import zipfile
from typing import get_args, get_type_hints

import openpyxl
import pytest

from migrate.change.obstacles import POLICIES
from migrate.errors import InvalidInput
from migrate.plan.load import load
from migrate.plan.policies import Policy
from migrate.plan.worksheet_names import SETTINGS
from migrate.run.decisions import ANSWERS

HEAD = """
version: 1
orgs:
  group: {base_url: https://aws-api.sigmacomputing.com, credentials: env:G, expect: {slug: g}, access: write}
source: {bundle: .}
targets: [group]
"""


def workbook(tmp_path, sheets):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(tmp_path / "m.xlsx")


def problems(tmp_path, more="map: {worksheets: m.xlsx}\n"):
    """What is wrong, as (file, line, column, message)."""
    path = tmp_path / "plan.yaml"
    path.write_text(HEAD + more, encoding="utf-8")
    with pytest.raises(InvalidInput) as caught:
        load(path, environ={})
    return [(each.file.rpartition("/")[2], each.line, each.column, each.message) for each in caught.value.problems]


CASES = {
    "unknown sheet": ({"conections": [["from", "to"]]}, ("m.xlsx", 0, 0, "unknown sheet 'conections'")),
    "unknown column": (
        {"teams": [["from", "to", "too"], ["a", "b", "c"]]},
        ("m.xlsx, sheet teams", 1, 3, "unknown column 'too'"),
    ),
    "no from": ({"teams": [["from", "to"], [None, "b"]]}, ("m.xlsx, sheet teams", 2, 1, "the cell from is empty")),
    "twice": (
        {"connections": [["from", "to"], ["a", "b"], ["a", "c"]]},
        ("m.xlsx, sheet connections", 3, 1, "this connection has a row already"),
    ),
    "a path before its connection": (
        {"connections": [["from", "to"], ["a", None]], "paths": [["connection", "from", "to"], ["a", "D.*", "E.*"]]},
        ("m.xlsx, sheet paths", 2, 1, "its connection has no counterpart yet"),
    ),
    "a path of nothing": (
        {"connections": [["from", "to"], ["a", "b"]], "paths": [["connection", "from", "to"], ["c", "D.*", "E.*"]]},
        ("m.xlsx, sheet paths", 2, 1, "the sheet connections has no row for this connection"),
    ),
    "a setting nobody knows": (
        {"decisions": [["setting", "answer"], ["policy.drft", "keep"]]},
        ("m.xlsx, sheet decisions", 2, 1, "unknown setting 'policy.drft'"),
    ),
    "neither yes nor no": (
        {"documents": [["id", "travels"], ["x", "perhaps"]]},
        ("m.xlsx, sheet documents", 2, 2, "'perhaps' is neither yes nor no"),
    ),
    "no id": (
        {"documents": [["id", "travels"], [None, "no"]]},
        ("m.xlsx, sheet documents", 2, 1, "the cell id is empty"),
    ),
}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_mistake_is_told_where_it_is(tmp_path, case):
    sheets, expected = CASES[case]
    workbook(tmp_path, sheets)
    assert expected in problems(tmp_path)


def test_an_answer_that_is_no_choice_is_told_like_one_of_the_plan(tmp_path):
    workbook(tmp_path, {"decisions": [["setting", "answer"], ["policy.existing", "perhaps"]]})
    [(file, line, column, message)] = problems(tmp_path)
    assert (file, line, column) == ("m.xlsx, sheet decisions", 2, 2)
    assert "perhaps" in message


def test_two_answers_are_a_conflict_and_the_same_one_is_not(tmp_path):
    workbook(tmp_path, {"decisions": [["setting", "answer"], ["policy.existing", "skip"]]})
    found = problems(tmp_path, "policy: {existing: update}\nmap: {worksheets: m.xlsx}\n")
    assert found == [
        ("m.xlsx, sheet decisions", 2, 2, "policy.existing is decided here and in the plan file, otherwise")
    ]
    (tmp_path / "plan.yaml").write_text(f"{HEAD}policy: {{existing: skip}}\nmap: {{worksheets: m.xlsx}}\n", "utf-8")
    assert load(tmp_path / "plan.yaml", environ={}).policy.existing == "skip"


def test_a_pair_that_the_plan_has_too_is_told(tmp_path):
    workbook(tmp_path, {"teams": [["from", "to"], ["A", "B"]]})
    [(file, line, _column, message)] = problems(tmp_path, "map: {worksheets: m.xlsx, teams: [{from: A, to: C}]}\n")
    assert (file, line) == ("m.xlsx, sheet teams", 2)
    assert message == "this is mapped twice; the first time in line 7"


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no", b"from,to\n", b"\xd0\xcf\x11\xe0" * 200], ids=range(4))
def test_what_is_no_spreadsheet_is_one_problem(tmp_path, content):
    (tmp_path / "m.xlsx").write_bytes(content)
    [(file, _line, _column, message)] = problems(tmp_path)
    assert file == "m.xlsx"
    assert message.startswith("it is no spreadsheet (.xlsx) that can be read")


def test_a_spreadsheet_that_unpacks_without_end_is_not_unpacked(tmp_path):
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", bytes(80 * 1024 * 1024))
    (tmp_path / "m.xlsx").write_bytes(raw.getvalue())
    assert problems(tmp_path) == [("m.xlsx", 0, 0, "it unpacks to more than 64 MB, which no worksheet needs")]


def test_a_file_that_is_not_there_is_told_with_the_line_that_names_it(tmp_path):
    [(file, _line, _column, message)] = problems(tmp_path)
    assert file == "m.xlsx"
    assert "cannot be read" in message


def test_a_folder_without_tables_is_told(tmp_path):
    (tmp_path / "sheets").mkdir()
    assert problems(tmp_path, "map: {worksheets: sheets}\n") == [("sheets", 0, 0, "no .csv file is in this folder")]


def test_what_is_edited_in_a_sheet_changes_the_digest_of_the_plan(tmp_path):
    path = tmp_path / "plan.yaml"
    path.write_text(f"{HEAD}map: {{worksheets: sheets}}\n", encoding="utf-8")
    (tmp_path / "sheets").mkdir()
    table = tmp_path / "sheets" / "teams.csv"
    table.write_text("from,to\nA,B\n", encoding="utf-8")
    before = load(path, environ={})
    table.write_text("from,to\nA,C\n", encoding="utf-8")
    after = load(path, environ={})
    assert before.sha256 != after.sha256
    assert after.map.teams[0].target == "C"


def test_what_may_be_answered_is_what_a_plan_takes():
    """Worksheets and ``resolve`` offer answers; each is one that ``policy`` takes, and a worksheet offers all."""
    choices = {each: get_args(hint) for each, hint in get_type_hints(Policy).items()}
    for name, answers in SETTINGS.items():
        assert not answers or set(answers) == set(choices[name.removeprefix("policy.")]), name
    for key, answers in ANSWERS.items():
        assert {value for value, _ in answers} < set(choices[key]), key
    assert set(POLICIES.values()) <= choices.keys()
