"""``report.xlsx`` holds the data, and no cell of it can run."""

from __future__ import annotations

import io
import re
import zipfile

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.report import sheet
from migrate.report.sheet import MOST_CHARACTERS, fitting, to_xlsx
from migrate.report.tables import COLUMNS, cell
from migrate.report.wording import LEVELS

NAMES = ["Summary", "Documents", "References", "Residuals", "Changes", "Checks", "Differences"]


def book(found):
    return openpyxl.load_workbook(io.BytesIO(to_xlsx(found)))


def records(page):
    header, *rows = page.iter_rows(values_only=True)
    return [dict(zip(header, row, strict=True)) for row in rows]


def test_the_sheets_and_their_columns(make):
    made = book(make.mixed())
    assert made.sheetnames == NAMES
    assert [cell.value for cell in made["Documents"][1]] == list(COLUMNS)
    for page in made:
        assert page.freeze_panes == "A2"
        assert page.auto_filter.ref.startswith("A1:")


def test_documents_read_back_as_they_were(make):
    found = make.mixed()
    rows = records(book(found)["Documents"])
    assert len(rows) == len(found.rows)
    for shown, row in zip(rows, found.rows, strict=True):
        for column in COLUMNS:
            expected = row[column] if isinstance(row[column], int) else cell(row[column]) or None
            assert shown[column] == expected
        assert isinstance(shown["source_id"], str)


def test_ids_that_look_like_numbers_stay_text(make):
    page = book(make.reconciliation([make.row(source_id="00123456789012345678", source_name="1e5")]))["Documents"]
    row = records(page)[0]
    assert (row["source_id"], row["source_name"]) == ("00123456789012345678", "1e5")


def test_nothing_is_a_formula_or_a_link(make):
    raw = to_xlsx(make.hostile())
    with zipfile.ZipFile(io.BytesIO(raw)) as parts:
        pages = [name for name in parts.namelist() if name.startswith("xl/worksheets/")]
        text = {name: parts.read(name).decode() for name in pages}
        assert not [name for name in parts.namelist() if "vba" in name.lower() or "external" in name.lower()]
    assert len([name for name in pages if name.endswith(".xml")]) == len(NAMES)
    assert not any(re.search(r"<f[ >]|<hyperlink", page) for page in text.values())
    made = openpyxl.load_workbook(io.BytesIO(raw))
    assert {c.data_type for page in made for line in page.iter_rows() for c in line if c.value is not None} <= {
        "s",
        "n",
    }


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "'x", "\t=1"])
def test_a_cell_that_somebody_edits_stays_text(make, name):
    page = book(make.reconciliation([make.row(source_name=name)]))["Documents"]
    at = page.cell(2, COLUMNS.index("source_name") + 1)
    assert at.value == name
    assert at.quotePrefix
    assert not page.cell(2, COLUMNS.index("source_id") + 1).quotePrefix


def test_a_cell_holds_what_excel_can_hold_and_says_when_it_is_cut(make):
    long = make.reconciliation([make.row(reason="x" * 40_000, source_name="👩" * 20_000)])
    row = records(book(long)["Documents"])[0]
    assert len(row["reason"]) == MOST_CHARACTERS
    assert "(cut; 40,000 characters in all" in row["reason"]
    assert "(cut; 20,000 characters in all" in row["source_name"]


@given(st.text(st.characters(codec="utf-8"), max_size=3), st.integers(0, 20_000))
def test_no_text_is_too_long(piece, times):
    shown = fitting(piece * times)
    assert len(shown.encode("utf-16-le")) // 2 <= MOST_CHARACTERS
    if len((piece * times).encode("utf-16-le")) // 2 <= MOST_CHARACTERS:
        assert shown == piece * times


def test_the_same_run_gives_the_same_bytes(make):
    assert to_xlsx(make.mixed()) == to_xlsx(make.mixed())


def test_summary_proves_the_numbers(make):
    found = make.mixed()
    rows = records(book(found)["Summary"])
    totals = {row["name"]: row["value"] for row in rows if row["what"] in ("outcome", "verdict")}
    assert totals == {name: count for name, count in found.totals["group"].items() if name != "in_scope"}
    sums = [row["says"] for row in rows if row["what"] == "sum"]
    assert sums[0].startswith("17 in scope = 10 created")
    assert {row["target"] for row in rows if row["what"] == "organization"} == {"acme_au", "group"}


def test_the_other_sheets_have_one_row_for_each_thing(make):
    found = make.mixed()
    made = book(found)
    assert len(records(made["Residuals"])) == len(found.residuals) == 3
    assert len(records(made["Changes"])) == sum(len(row["changes"]) for row in found.rows)
    assert len(records(made["Differences"])) == sum(len(row["detail"]) for row in found.rows)
    assert len(records(made["References"])) == len(found.coverage)
    checks = records(made["Checks"])
    assert len(checks) == sum(found.totals["group"][name] for name in ("created", "updated", "unchanged", "mapped"))
    assert set(LEVELS) <= checks[0].keys()


def test_green_is_only_for_what_was_proven():
    green = {name for name, colour in sheet._COLOURS.items() if colour == sheet._COLOURS["match"]}
    assert green == {"match", "match_declared", "pass", "declared"}
