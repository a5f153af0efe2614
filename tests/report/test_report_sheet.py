"""``report.xlsx`` holds the data, and no cell of it can run."""

from __future__ import annotations

import io
import re
import zipfile

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.cell.rich_text import CellRichText
from pandas import DataFrame

from migrate.check.model import COLUMNS
from migrate.report import sheet
from migrate.report.display import safe_link
from migrate.report.sheet import MOST_CHARACTERS, fitting, to_book, to_xlsx
from migrate.report.sheets import Sheet
from migrate.report.tables import cell

NAMES = ["Summary", "Exceptions", "Documents", "Id map", "Mappings", "SQL", "References", "Changes", "Differences"]
NAMES += ["Residuals", "Scope", "Targets", "Causes", "Run"]


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
        assert page.freeze_panes.endswith("2")
        assert page.auto_filter.ref.startswith("A1:")


def test_documents_read_back_as_they_were(make):
    found = make.mixed()
    rows = records(book(found)["Documents"])
    assert len(rows) == len(found.rows)
    for shown, row in zip(rows, found.rows, strict=True):
        for column in COLUMNS:
            value = getattr(row, column)
            if not isinstance(value, tuple | dict):
                assert shown[column] == (value if isinstance(value, int) else cell(value) or None)
        assert isinstance(shown["source_id"], str)


def test_cells_hold_words_and_no_json(make):
    for page in book(make.mixed()):
        for row in page.iter_rows(values_only=True):
            assert not [text for text in row if isinstance(text, str) and re.match(r"[\[{]\"|\[\{", text)]
    documents = records(book(make.mixed())["Documents"])
    assert documents[0]["levels"] == "exists: pass, hash: pass"
    mismatch = next(row for row in documents if row["verdict"] == "mismatch")
    assert mismatch["detail"].startswith("Board › table 'Margin 0' › column 'Net' › formula differs in the copy")


def test_ids_that_look_like_numbers_stay_text(make):
    page = book(make.reconciliation([make.row(source_id="00123456789012345678", source_name="1e5")]))["Documents"]
    row = records(page)[0]
    assert (row["source_id"], row["source_name"]) == ("00123456789012345678", "1e5")


def test_nothing_is_a_formula(make):
    raw = to_xlsx(make.hostile())
    with zipfile.ZipFile(io.BytesIO(raw)) as parts:
        pages = [name for name in parts.namelist() if name.startswith("xl/worksheets/")]
        text = {name: parts.read(name).decode() for name in pages}
        assert not [name for name in parts.namelist() if "vba" in name.lower() or "external" in name.lower()]
    assert len([name for name in pages if name.endswith(".xml")]) == len(NAMES)
    assert not any(re.search(r"<f[ >]", page) for page in text.values())
    made = openpyxl.load_workbook(io.BytesIO(raw))
    assert {c.data_type for page in made for line in page.iter_rows() for c in line if c.value is not None} <= {
        "s",
        "n",
    }


def test_links_lead_only_where_a_browser_may_go(make):
    targets = []
    for found in (make.hostile(), make.mixed()):
        for page in book(found):
            targets += [cell.hyperlink.target for row in page.iter_rows() for cell in row if cell.hyperlink]
    assert len(targets) > 20
    assert all(safe_link(target) for target in targets)


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


def test_what_machines_ask_for_is_folded_away_and_what_is_empty_is_out_of_sight(make):
    with zipfile.ZipFile(io.BytesIO(to_xlsx(make.reconciliation([make.row()], coverage=())))) as parts:
        book = parts.read("xl/workbook.xml").decode()
        documents = parts.read("xl/worksheets/sheet3.xml").decode()
    hidden = re.findall(r'<sheet name="([^"]+)"[^>]*state="hidden"', book)
    assert hidden == ["Mappings", "SQL", "References", "Changes", "Differences", "Scope", "Causes"]
    folded = sum(
        int(last) - int(first) + 1
        for first, last in re.findall(r'<col min="(\d+)" max="(\d+)"[^>]*hidden="1"', documents)
    )
    assert 0 < folded < len(COLUMNS) - 10
    assert 'fitToWidth="2"' in documents


def test_summary_proves_the_numbers(make):
    found = make.mixed()
    rows = records(book(found)["Summary"])
    totals = {row["name"]: row["documents"] for row in rows if row["about"] in ("outcome", "verdict")}
    counts = {name.replace("_", " "): count for name, count in found.totals["group"].items() if count}
    assert totals == {name: count for name, count in counts.items() if name != "in scope"}
    sums = [row["says"] for row in rows if row["about"] == "sum"]
    assert sums[0].startswith("17 in scope = 10 created")
    assert sum(row["documents"] for row in rows if row["about"] == "by folder") == len(found.rows)


def test_the_other_sheets_have_one_row_for_each_thing(make):
    found = make.mixed(targets=("group", "emea"))
    made = book(found)
    assert len(records(made["Residuals"])) == len(found.residuals) == 6
    assert len(records(made["Changes"])) == sum(len(row.changes) for row in found.rows)
    assert len(records(made["Differences"])) == sum(len(row.detail) for row in found.rows)
    assert len(records(made["References"])) == len(found.coverage)
    assert [row["documents"] for row in records(made["Mappings"])] == [1, 0, 1]
    assert len(records(made["SQL"])) == sum(len(row.sql) for row in found.rows)
    assert len(records(made["Exceptions"])) == sum(not row.good for row in found.rows)
    ids = records(made["Id map"])
    assert sum(row["what"] == "the document" for row in ids) == sum(row.target_id is not None for row in found.rows)
    assert len(ids) == sum(bool(row.target_id) + len(row.replaced) for row in found.rows)
    assert [row["target"] for row in records(made["Targets"])] == ["emea", "group"]
    assert [row["n"] for row in records(made["Causes"])] == [cause.n for cause in found.causes]
    assert {row["of"] for row in records(made["Run"]) if row["about"] in ("source", "target")} == {
        *found.totals,
        "acme_au",
    }


def test_residuals_can_be_filled_in(make):
    page = book(make.mixed())["Residuals"]
    assert {str(rule.sqref) for rule in page.data_validations.dataValidation} == {"H2:H4", "I2:I4"}
    assert {row["state"] for row in records(page)} == {"open"}


def test_what_changed_is_marked(make):
    raw = to_xlsx(make.mixed())
    with zipfile.ZipFile(io.BytesIO(raw)) as parts:
        strings = parts.read("xl/sharedStrings.xml").decode()
    assert "<strike/>" in strings
    rows = records(book(make.mixed())["Differences"])
    assert {(row["as sent"], row["in the copy"]) for row in rows if row["difference"].startswith("differs")} == {
        ("Sum([Orders/Amount])", "Sum([Orders/Net])")
    }


def test_green_is_only_for_what_was_proven():
    green = {name for name, colour in sheet._COLOURS.items() if colour == sheet._COLOURS["match"]}
    assert green == {"match", "match_declared", "pass", "declared"}


def test_a_sheet_of_many_rows_is_written_to_disk_and_says_the_same():
    columns = ["document", "before", "after", "source", "places"]
    rows = [
        [f"Document {at}", f"the old text {at}", f"the new text {at}", f"https://app.test/{at}", at]
        for at in range(1_001)
    ]
    rows[5] = ["=SUM(A1)", "'quoted", "", "not a link", 0]
    books = [
        to_book([Sheet(name="Changes", table=DataFrame(some, columns=columns, dtype=object))], title="t", large=large)
        for some, large in ((rows[:1_000], False), (rows, True))
    ]
    kept, large = (openpyxl.load_workbook(io.BytesIO(raw), rich_text=True) for raw in books)
    told = [
        [(cell.value, cell.data_type, cell.quotePrefix, cell.hyperlink and cell.hyperlink.target) for cell in row]
        for page in (kept["Changes"], large["Changes"])
        for row in page.iter_rows(max_row=1_001)
    ]
    assert told[:1_001] == told[1_001:]
    assert isinstance(large["Changes"]["B2"].value, CellRichText)
    assert large["Changes"].max_row == 1_002
