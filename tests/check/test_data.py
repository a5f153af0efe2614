"""The level that compares rows: what it finds, what it says nothing of, and what it cannot tell."""

from __future__ import annotations

import random

import httpx
import pytest

from kit.damages import DAMAGES, ROWS
from migrate.check.figures import Figures, number, unlike
from migrate.report.facts import rows_compared
from migrate.sandbox.faults import Fault


@pytest.fixture
def whole(copied):
    yield copied
    copied.mend()


@pytest.mark.parametrize("damage", ROWS, ids=[one.name for one in ROWS])
def test_damaged_rows_are_found(whole, damage):
    whole.damage(damage)
    row = whole.rows_again()
    assert (row.verdict, row.levels) == ("mismatch", {"data": "fail"})
    assert all(one.level == "data" and one.element and one.expected != one.found for one in row.detail)


def test_rows_that_nobody_damaged_match_and_the_report_says_what_was_looked_at(whole):
    found = whole.checked(whole.compared(sample=2, elements=("Sales*", "total"))).reconciliation
    rows = {row.source_name: (row.verdict, dict(row.levels)) for row in found.rows}
    assert rows["Market Day"] == ("match", {"data": "pass"})
    assert rows["Stalls"] == rows["Market Week"] == ("not_run", {})
    told = " ".join(rows_compared(found))
    assert not [text for text in found.warnings if "level data" in text]
    assert "at most 2 elements called Sales* or total, chosen by their ids" in told
    assert "says nothing of 1 data model and 1 report: Sigma exports no rows of them" in told


def exports(whole):
    return [one for one in whole.stage.sandbox.evidence.entries if one.path.endswith("/export")]


def test_a_sample_stays_the_same_and_costs_what_was_said(whole):
    asked = []
    for _ in range(2):
        whole.stage.sandbox.evidence.clear()
        assert whole.rows_again(sample=3).verdict == "match"
        asked.append(len(exports(whole)))
    assert asked == [6, 6]


def test_elements_that_nobody_chose_are_not_asked_for(whole):
    whole.stage.sandbox.evidence.clear()
    row = whole.rows_again(elements=("Nobody*",))
    assert (row.verdict, dict(row.levels), exports(whole)) == ("not_run", {}, [])


def test_what_differs_by_less_than_the_tolerance_is_told_as_declared(whole):
    whole.damage(next(one for one in ROWS if one.name == "rows are missing in the target's table"))
    assert whole.rows_again(elements=("stalls",), tolerance_percent=1.0).verdict == "mismatch"
    row = whole.rows_again(elements=("stalls",), tolerance_percent=100.0)
    assert (row.verdict, row.levels["data"]) == ("match_declared", "declared")
    assert "(within 100%)" in row.detail[0].found


TROUBLES = {
    "a page behind a 200": (Fault(action="status", status=200, as_html=True, path="/download$", count=0), "a page"),
    "a refusal": (Fault(action="status", status=403, path="/export$", count=0), "403"),
    "no query": (Fault(action="mutate", path="/export$", at="queryId", into="drop", count=0), "names no query"),
}


@pytest.mark.parametrize(("fault", "told"), TROUBLES.values(), ids=TROUBLES)
def test_what_cannot_be_compared_is_no_match(whole, fault, told):
    whole.stage.sandbox.faults.add(fault)
    row = whole.rows_again()
    assert (row.verdict, row.levels["data"]) == ("not_verifiable", "not_verifiable")
    assert told in row.reason


def test_a_download_that_is_not_ready_at_once_is_waited_for(whole):
    for _ in range(2):
        whole.stage.sandbox.faults.add(Fault(action="status", status=404, path="/download$"))
    whole.stage.sandbox.faults.add(Fault(action="truncate", path="/download$", nth=4))
    assert whole.rows_again(elements=("fees", "stalls")).verdict == "match"


def test_more_rows_than_are_read_is_no_match(whole):
    row = whole.rows_again(max_rows=8)
    assert row.verdict == "not_verifiable"
    assert "more rows than verify.data.max_rows: 8" in row.reason
    assert whole.rows_again(elements=("total",), max_rows=1).verdict == "match"


def test_nothing_on_both_sides_proves_nothing(whole):
    for org in whole.stage.world.orgs.values():
        for table in (one for each in org.connections.values() for one in each.tables.values()):
            table.rows = 0
    row = whole.rows_again(elements=("stalls", "sales"))
    assert row.verdict == "not_verifiable"
    assert "no rows" in row.reason


class Moving(httpx.AsyncBaseTransport):
    """An organization in which something happens before each export."""

    def __init__(self, app, deed):
        self.inner = httpx.ASGITransport(app=app)
        self.deed = deed

    async def handle_async_request(self, request):
        if request.url.path.endswith("/export"):
            self.deed()
        return await self.inner.handle_async_request(request)


def row_of_a_moving_source(whole, deed):
    """The row of the workbook, where this happens to the source before each of its exports."""

    def transport(url):
        app = whole.stage.apps[url.rstrip("/")]
        source = url.rstrip("/") == whole.stage.environ["SIGMA_SOURCE_BASE_URL"]
        return Moving(app, deed) if source else httpx.ASGITransport(app=app)

    found = whole.checked(whole.compared(elements=("stalls",)), transport=transport).reconciliation.rows
    return next(row for row in found if row.source_name == "Market Day")


def test_a_source_whose_rows_change_meanwhile_is_told(whole):
    def loaded():
        for table in (
            one for each in whole.stage.world.orgs["source"].connections.values() for one in each.tables.values()
        ):
            table.rows = (table.rows or 20) + 1

    row = row_of_a_moving_source(whole, loaded)
    assert row.verdict == "not_verifiable"
    assert "changed while they were compared" in row.reason


def test_a_source_that_is_edited_meanwhile_is_told(whole):
    note = next(one for one in DAMAGES if one.document == "Market Day" and one.name == "a text says something else")
    row = row_of_a_moving_source(whole, lambda: whole.damage(note, "source"))
    assert row.verdict == "not_verifiable"
    assert "its source has version 2 by now" in row.reason


def figures(text, most=1000, size=7):
    taken = Figures(most)
    for start in range(0, len(text), size):
        if not taken.take(text[start : start + size]):
            break
    taken.end()
    return taken


TABLE = 'Name,"Paid, all"\r\n"a ""b""\nc","1,234.50"\r\nd,\r\n,-2\r\n'


@pytest.mark.parametrize("size", [1, 3, 1000])
def test_a_table_is_read_the_same_in_any_parts(size):
    found = figures(TABLE, size=size)
    name, paid = found.columns
    assert (found.rows, found.broken, paid.name) == (3, "", "Paid, all")
    assert (name.nulls, name.numeric, paid.nulls) == (1, False, 1)
    assert (paid.total, paid.least, paid.most) == (1232.5, -2.0, 1234.5)


def test_the_order_of_rows_does_not_count_and_their_texts_do():
    rows = [f"t{n},{n / 7:.3f}\n" for n in range(50)]
    mixed = rows.copy()
    random.Random(1).shuffle(mixed)
    here, there = figures("a,b\n" + "".join(rows)), figures("a,b\n" + "".join(mixed))
    assert unlike(here, there, 0.0) == ()
    other = figures("a,b\n" + "".join(rows).replace("t7,", "t8,"))
    assert [(one.column, one.there) for one in unlike(here, other, 0.0)] == [("a", "other texts")]
    assert unlike(here, other, 0.001) == ()


def test_columns_that_are_called_otherwise_are_paired_by_their_place_and_missing_ones_told():
    here, there = figures("a,b\n1,2\n"), figures("x,b\n1,2\n")
    assert unlike(here, there, 0.0) == ()
    assert [one.there for one in unlike(here, figures("b\n2\n"), 0.0)] == ["no such column"]
    assert [one.there for one in unlike(here, figures("a,b\n1,two\n"), 0.0)] == ["text"]
    assert [one.there for one in unlike(here, figures("a,b\n1,\n"), 0.0)][:1] == ["1 empty"]


@pytest.mark.parametrize(
    ("cell", "value"),
    [("12", 12.0), ("€ 1,234.5", 1234.5), ("(3.50)", -3.5), ("12%", 12.0), ("-$4", -4.0), ("1e3", 1000.0)]
    + [(text, None) for text in ("nan", "inf", "1_000", "2026-01-02", "Main", "1.234,5", "12 34", "-", "A7")],
)
def test_a_cell_is_a_number_only_where_it_shows_one(cell, value):
    assert number(cell) == value


def test_reading_stops_beyond_the_limit_and_at_what_is_no_table():
    assert figures("a\n" + "1\n" * 50, most=9).rows < 15
    assert "under 2 names" in figures("a,b\n1,2\n1\n").broken
