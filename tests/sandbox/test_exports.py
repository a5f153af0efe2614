"""Exports: asked for, waited for, fetched; and rows that tell one table, formula or filter from another."""

from __future__ import annotations

import copy
import csv

import pytest

from migrate.sandbox.org import Column, Table


def asked(talk, ids, **more):
    tree = {"elementId": "orders1", "format": {"type": "csv"}, **more}
    return talk("POST", f"/v2/workbooks/{ids['book']}/export", tree)


def fetched(talk, query):
    """The first answer of a download that holds a file."""
    for _ in range(5):
        answer = talk("GET", f"/v2/query/{query}/download")
        if answer.status_code == 200 and answer.content:
            return answer
    raise AssertionError("it never came")


def rows(talk, ids, **more):
    query = asked(talk, ids, **more).json()["queryId"]
    return list(csv.reader(fetched(talk, query).text.splitlines()))


def element(talk, ids):
    """The table of the workbook, in a body of its own that may be changed."""
    version = talk.org.inodes[ids["book"]].versions[-1]
    version.body = copy.deepcopy(version.body)
    return version.body["elements"][0]


def test_an_export_is_fetched_when_it_is_ready(talk, ids):
    begun = asked(talk, ids).json()
    assert begun["jobComplete"] is False
    first = talk("GET", f"/v2/query/{begun['queryId']}/download")
    assert (first.status_code, first.content) == (204, b"")
    whole = list(csv.reader(fetched(talk, begun["queryId"]).text.splitlines()))
    assert whole[0] == ["Order Id", "Amount"]
    assert len(whole) > 10
    assert rows(talk, ids, rowLimit=3) == whole[:4]
    assert rows(talk, ids, rowLimit=3, offset=2)[1:] == whole[3:6]
    assert not talk.sandbox.evidence.writes()


@pytest.mark.parametrize(("waiting", "status"), [("204", 204), ("404", 404), ("empty", 200)])
def test_what_is_not_ready_says_so_in_several_ways(talk, ids, waiting, status):
    talk.org.switches.exports_waiting, talk.org.switches.exports_late = waiting, 2
    query = asked(talk, ids).json()["queryId"]
    answers = [talk("GET", f"/v2/query/{query}/download") for _ in range(3)]
    assert [one.status_code for one in answers] == [status, status, 200]
    assert [b"Order Id" in one.content for one in answers] == [False, False, True]


def test_an_export_is_forgotten_after_an_hour_and_is_nobody_elses(talk, talk_to, ids, clock):
    query = asked(talk, ids).json()["queryId"]
    assert talk_to("south")("GET", f"/v2/query/{query}/download").status_code == 404
    clock.now += 3601
    assert talk.sign_in()("GET", f"/v2/query/{query}/download").status_code == 404


def test_formats_and_what_has_no_rows(talk, ids):
    tree = {"elementId": "orders1", "rowLimit": 1, "format": {"type": "json"}}
    query = talk("POST", f"/v2/workbooks/{ids['book']}/export", tree).json()["queryId"]
    assert list(fetched(talk, query).json()[0]) == ["Order Id", "Amount"]
    assert asked(talk, ids, format={"type": "yaml"}).status_code == 400
    assert asked(talk, ids, elementId="nothing").status_code == 400
    assert asked(talk, ids, rowLimit="many").status_code == 400


def test_a_broken_element_is_a_page_behind_a_200(talk, ids):
    element(talk, ids)["columns"][1]["formula"] = "[Orders/Nothing]"
    page = fetched(talk, asked(talk, ids).json()["queryId"])
    assert page.headers["content-type"].startswith("text/html")


def test_four_hundred_exports_a_minute(talk, ids, clock):
    talk.org.switches.exports_per_minute = 2
    assert [asked(talk, ids).status_code for _ in range(3)] == [200, 200, 429]
    clock.now += 61
    assert asked(talk, ids).status_code == 200


def test_tables_of_one_content_have_the_same_rows_everywhere(talk, talk_to, ids):
    here, there = talk, talk_to("south")
    whole = rows(here, ids)
    assert rows(there, ids) == whole
    lake = there.org.connections[ids["lake"]]
    path = ("DW", "SALES", "ORDERS")
    lake.tables[path].rows = len(whole) - 2
    assert rows(there, ids) == whole[:-1]
    lake.tables[path].content = "ORDERS_OF_2025"
    assert rows(there, ids)[1:] != whole[1:-1]


CHANGES = {
    "another formula": lambda table: table["columns"][1].update(formula="[Orders/Amount] * 2", name="Amount"),
    "a sum": lambda table: table["columns"].append({"id": "c", "formula": "Sum([Orders/Amount])"}),
    "a function nobody works out": lambda table: table["columns"][1].update(formula="Log([Orders/Amount])"),
    "a filter of numbers": lambda table: table.update(
        filters=[{"id": "f", "columnId": "b", "kind": "number-range", "min": 400}]
    ),
    "a filter nobody works out": lambda table: table.update(
        filters=[{"id": "f", "columnId": "b", "kind": "text-match", "value": "x"}]
    ),
    "a hidden column": lambda table: table["columns"][1].update(hidden=True),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_changed_document_shows_other_rows(talk, ids, change):
    before = rows(talk, ids)
    change(element(talk, ids))
    after = rows(talk, ids)
    assert after != before
    assert len(after) > 1


def test_a_chart_shows_one_row_a_group(talk, ids):
    table = element(talk, ids)
    path = ("DW", "SALES", "ORDERS")
    columns = [Column(name="ORDER_ID", type="text", values=("a", "b")), Column(name="AMOUNT", type="number")]
    talk.org.connections[ids["lake"]].tables[path] = Table(id=ids["orders"], path=path, columns=columns)
    whole = rows(talk, ids)
    table["kind"] = "bar-chart"
    table["columns"][1]["formula"] = "Count([Orders/Order Id])"
    grouped = dict(rows(talk, ids)[1:])
    assert {name: int(count) for name, count in grouped.items()} == {
        name: sum(row[0] == name for row in whole[1:]) for name in ("a", "b")
    }
