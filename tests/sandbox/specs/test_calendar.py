"""The three dates of the spec contract: what each takes, refuses and shows, row by row."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from migrate.sandbox.org import Connection
from migrate.sandbox.specs import Accepted, Refusal, accept, present

DATES = ("2026-08-04", "2026-08-26", "2026-09-08")
NEWEST = DATES[-1]
LABELS = {"page-main": "Home"}

# name: (element kind, old keys, new keys, what refuses the old one, what refuses the new one)
ROWS: dict[str, tuple[str, dict[str, Any], dict[str, Any], str, str]] = {}


def slot(name: str, kind: str, key: str, *, many: bool = False) -> None:
    old, new = {"id": "c1", "sort": "x"}, {"columnId": "c1", "sort": "x"}
    place = f"{key}[0]" if many else key
    ROWS[name] = (
        kind,
        {key: [old] if many else old},
        {key: [new] if many else new},
        f"{place}.columnId: Invalid string: undefined",
        f"{place}.id: Invalid string: undefined",
    )


for _kind in ("donut-chart", "pie-chart"):
    for _key in ("value", "color", "holeValue"):
        slot(f"{_kind} {_key}", _kind, _key)
slot("scatter size", "scatter-chart", "size")
for _kind, _key in (("point", "latitude"), ("point", "longitude"), ("point", "size"), ("region", "region")):
    slot(f"map {_key}", f"{_kind}-map", _key)
slot("map geography", "geography-map", "geography")
slot("map label", "region-map", "label", many=True)
for _key in ("stage", "series"):
    slot(f"funnel {_key}", "funnel-chart", _key)
slot("funnel stages", "funnel-chart", "stages", many=True)
slot("treemap category", "treemap-chart", "category")
for _key in ("rowsBy", "columnsBy"):
    slot(f"pivot {_key}", "pivot-table", _key, many=True)
    ROWS[f"pivot {_key}"] = (*ROWS[f"pivot {_key}"][:3], 'Invalid kind: "pivot-table"', 'Invalid kind: "pivot-table"')
ROWS["start point"] = (
    "waterfall-chart",
    {"startPoint": {"value": {"id": "c1"}}},
    {"startPoint": {"value": {"columnId": "c1"}}},
    "startPoint.value.columnId: Invalid string: undefined",
    "startPoint.value.id: Invalid string: undefined",
)
ROWS["line styles"] = (
    "line-chart",
    {"seriesLineAreaStyle": {"c1": {"line": "dashed"}}},
    {"seriesLineAreaStyle": [{"columnId": "c1", "style": {"line": "dashed"}}]},
    "seriesLineAreaStyle: Invalid array: object",
    "seriesLineAreaStyle: Invalid object: array",
)
ROWS["page labels"] = (
    "navigation",
    {"pageLabels": LABELS},
    {"pageLabels": [{"pageId": "page-main", "label": "Home"}]},
    "pageLabels: Invalid array: object",
    "pageLabels: Invalid object: array",
)
for _old, _new in (("start", "top"), ("end", "bottom"), ("middle", "center")):
    ROWS[f"text {_old}"] = (
        "text",
        {"body": "x", "verticalAlign": _old},
        {"body": "x", "verticalAlign": _new},
        f'verticalAlign: Invalid value: "{_old}"',
        f'verticalAlign: Invalid value: "{_new}"',
    )
for _key, _old, _new in (
    ("anchor", "start", "left"),
    ("anchor", "middle", "center"),
    ("verticalAnchor", "end", "bottom"),
):
    ROWS[f"kpi {_key} {_old}"] = (
        "kpi-chart",
        {"value": {"columnId": "c1"}, "layout": {_key: _old}},
        {"value": {"columnId": "c1"}, "layout": {_key: _new}},
        f'layout.{_key}: Invalid value: "{_old}"',
        f'layout.{_key}: Invalid value: "{_new}"',
    )
for _way, _new in (("horizontal", "top"), ("vertical", "left")):
    ROWS[f"divider {_way}"] = (
        "divider",
        {"direction": _way, "align": "start"},
        {"direction": _way, "align": _new},
        'align: Invalid value: "start"',
        f'align: Invalid value: "{_new}"',
    )


def made(bench: Any, date: str, kind: str, keys: dict[str, Any]) -> tuple[Any, Any]:
    """An organization at a date, and a request with one element of this kind."""
    org = bench.org(spec_date=date)
    org.connections[bench.lake] = Connection(id=bench.lake, name="Lake")
    element: dict[str, Any] = {"id": "it", "kind": kind, **keys}
    if kind not in ("navigation", "text", "divider"):
        element["source"] = {"kind": "sql", "connectionId": bench.lake, "statement": "select 1"}
        element["columns"] = [{"id": "c1", "formula": "[Custom SQL/A]"}]
    grid = 'type="grid" gridTemplateColumns="repeat(24, 1fr)" gridTemplateRows="auto"'
    body = {
        "schemaVersion": 1,
        "kind": "workbook",
        "elements": [element],
        "pages": [{"id": "page-main", "name": "Main"}],
        "layout": f'<Page {grid} id="page-main"><Element elementId="it" gridColumn="1 / 9" gridRow="1 / 9"/></Page>',
    }
    return org, body


def write(bench: Any, org: Any, body: Any) -> Accepted | Refusal:
    envelope = {"name": "It", "folderId": bench.folder, "document": body}
    return accept(org, "workbook", envelope, mode="create", generation="document", member_id=bench.member)


def shown(bench: Any, org: Any, body: Any, generation: str = "document") -> Any:
    inode = bench.store(org, "workbook", bench.workbook, body)
    return present(org, inode, inode.versions[-1], generation)[generation]


@pytest.mark.parametrize("name", ROWS)
@pytest.mark.parametrize("date", DATES)
def test_a_row_is_taken_at_its_date_and_refused_at_the_other(bench: Any, date: str, name: str) -> None:
    kind, old, new, old_refused, new_refused = ROWS[name]
    right, wrong, message = (new, old, old_refused) if date == NEWEST else (old, new, new_refused)
    org, body = made(bench, date, kind, right)
    assert isinstance(write(bench, org, body), Accepted)
    org, body = made(bench, date, kind, wrong)
    answer = write(bench, org, body)
    assert isinstance(answer, Refusal)
    assert (answer.status, answer.message) == (400, message)


@pytest.mark.parametrize("name", ROWS)
@pytest.mark.parametrize("date", DATES)
def test_a_stored_document_is_shown_in_the_spelling_of_the_day(bench: Any, date: str, name: str) -> None:
    kind, old, new, _, _ = ROWS[name]
    for keys in (old, new):
        org, body = made(bench, date, kind, keys)
        before = copy.deepcopy(body)
        element = shown(bench, org, body)["elements"][0]
        wanted = new if date == NEWEST else old
        assert {key: element[key] for key in wanted} == wanted
        assert body == before
        assert isinstance(write(bench, org, shown(bench, org, body)), Accepted)


def test_a_comparison_column_had_both_spellings_before(bench: Any) -> None:
    for date, key, taken in (
        ("2026-08-04", "id", True),
        ("2026-08-04", "columnId", True),
        (NEWEST, "columnId", True),
        (NEWEST, "id", False),
    ):
        keys = {"value": {"columnId": "c1"}, "comparisonColumn": {key: "c1"}}
        org, body = made(bench, date, "kpi-chart", keys)
        assert isinstance(write(bench, org, body), Accepted) is taken


def theme(colors: Any) -> Any:
    return {"theme": {"overrides": {"colorOverrides": colors}}}


@pytest.mark.parametrize("date", DATES)
def test_colours_of_a_theme_and_backgrounds_of_pages(bench: Any, date: str) -> None:
    colors = ({"accent": "#fff"}, [{"name": "accent", "color": "#fff"}])
    pictures = (
        {"url": "https://x.example/a.png", "style": {}},
        {"source": {"kind": "url", "url": "https://x.example/a.png"}, "style": {}},
    )
    newest = date == NEWEST
    for stored in (0, 1):
        org, body = made(bench, date, "text", {"body": "x"})
        body["settings"] = theme(colors[stored])
        body["pages"][0]["backgroundImage"] = pictures[stored]
        answer = write(bench, org, body)
        assert isinstance(answer, Accepted) is (stored == newest)
        seen = shown(bench, org, body)
        assert seen["settings"] == theme(colors[newest])
        assert seen["pages"][0]["backgroundImage"] == pictures[newest]
        del body["settings"]
        refused = write(bench, org, body)
        key = "source" if newest else "url"
        wanted = "" if stored == newest else f"pages[0].backgroundImage.{key}: Invalid value: undefined"
        assert getattr(refused, "message", "") == wanted


def button(old: bool) -> Any:
    table, column = ("table", "column") if old else ("tableElementId", "columnId")
    where = {"kind": "list", column: "c1"}
    effect = {"effect": "delete-rows", table: "it", "whichRows": where}
    value = {"effect": "open-document", "document" if old else "documentId": "d"}
    clear = {"effect": "clear-control", "scope": {"type": "page", "page" if old else "pageId": "page-main"}}
    inner = {"effect": "if-else", "if": [{"effects": [value]}]}
    return {"actions": [{"id": "a", "trigger": "on-click", "effects": [effect, inner, clear]}]}


@pytest.mark.parametrize("date", DATES)
def test_keys_of_actions_were_renamed_on_the_26th_of_august(bench: Any, date: str) -> None:
    for old in (True, False):
        org, body = made(bench, date, "table", button(old))
        answer = write(bench, org, body)
        good = old is (date == "2026-08-04")
        assert isinstance(answer, Accepted) is good
        if not good:
            assert answer.message == 'Invalid kind: "table"'
        effects = shown(bench, org, body)["elements"][0]["actions"]
        assert effects == button(date == "2026-08-04")["actions"]


def test_the_page_of_a_cleared_control_is_dropped_once_it_was_renamed(bench: Any) -> None:
    scope = {"type": "page", "page": "page-main"}
    keys = {"actions": [{"id": "a", "trigger": "on-click", "effects": [{"effect": "clear-control", "scope": scope}]}]}
    for date, kept in (("2026-08-04", True), ("2026-08-26", False), (NEWEST, False)):
        org, body = made(bench, date, "table", keys)
        answer = write(bench, org, body)
        assert isinstance(answer, Accepted)
        assert ("page" in answer.body["elements"][0]["actions"][0]["effects"][0]["scope"]) is kept


@pytest.mark.parametrize("date", DATES)
def test_a_default_is_left_out_of_what_is_read_in_september(bench: Any, date: str) -> None:
    word = "center" if date == NEWEST else "middle"
    layout = {"verticalAnchor": word, "titleOrient": "bottom"}
    for given, left in ((layout, {"titleOrient": "bottom"}), ({"verticalAnchor": word}, None)):
        org, body = made(bench, date, "kpi-chart", {"value": {"columnId": "c1"}, "layout": given})
        answer = write(bench, org, body)
        assert isinstance(answer, Accepted)
        assert shown(bench, org, answer.body)["elements"][0].get("layout") == (left if date == NEWEST else given)


def test_contents_came_after_august(bench: Any) -> None:
    for date in DATES:
        org, body = made(bench, date, "text", {"body": "x"})
        envelope = {"name": "It", "folderId": bench.folder, "contents": body}
        answer = accept(org, "workbook", envelope, mode="create", generation="contents", member_id=bench.member)
        assert isinstance(answer, Accepted)
        assert len(answer.body["elements"]) == (date == NEWEST)  # silently blank where it is not known


def test_without_a_date_nothing_of_the_calendar_is_looked_at(bench: Any) -> None:
    for name in ("scatter size", "text middle", "line styles"):
        kind, old, new, _, _ = ROWS[name]
        for keys in (old, new):
            org, body = made(bench, "", kind, keys)
            assert isinstance(write(bench, org, body), Accepted)
            assert shown(bench, org, body) == body
