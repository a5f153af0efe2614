"""What is odd about a body is seen, and nothing about our own documents is."""

from __future__ import annotations

import pytest
from samples import opened

from kit.places import CORPUS, document_files
from migrate.bundle.fold import fold
from migrate.bundle.spec import parse_spec
from migrate.inventory.model import Key
from migrate.rewrite.oddities import ODDITIES, oddities_of

LAYOUT = '<Page id="p"><Element elementId="t" gridColumn="1 / 25" gridRow="1 / 5"/></Page>'
TABLE = {"id": "t", "kind": "table", "columns": [{"id": "a"}], "groupings": [{"id": "g"}]}


def body(*more, layout=LAYOUT, **rest):
    return {"kind": "workbook", "elements": [TABLE, *more], "pages": [{"id": "p"}], "layout": layout, **rest}


def chart(**node):
    return body({"id": "c", "kind": "bar-chart", "columns": [{"id": "a"}], **node}, layout="")


BREAK = LAYOUT.replace("</Page>", '<Element elementId="b" gridColumn="1 / 25" gridRow="{}"/></Page>')
CASES = {
    "another-kind": {**body(), "kind": "report"},
    "unreadable-layout": body(layout="<Page><Page>"),
    "placed-twice": body(layout=LAYOUT + LAYOUT),
    "not-placed": body({"id": "u", "kind": "text"}),
    "old-layout": body(layout=LAYOUT.replace("<Element", "<LayoutElement")),
    "tall-page-break": body({"id": "b", "kind": "page-break"}, layout=BREAK.format("5 / 8")),
    "same-ids": body({"id": "t", "kind": "text"}),
    "no-such-grouping": chart(source={"kind": "table", "elementId": "t", "groupingId": "h"}),
    "no-such-column": chart(xAxis={"columnId": "b"}),
    "value-twice": chart(value={"columnId": "a"}, holeValue={"columnId": "a"}),
    "total-of-one": body({"id": "w", "kind": "waterfall-chart", "endTotal": {"label": "T"}}, layout=""),
    "agent-without-source": body(agents=[{"instructions": '@dataSource("t") and @dataSource("u")', "dataSources": []}]),
}
SOUND = {
    "plain": body(),
    "no layout": body(layout=None),
    "a page break of one row": body({"id": "b", "kind": "page-break"}, layout=BREAK.format("5 / 6")),
    "a grouping that is there": chart(source={"kind": "table", "elementId": "t", "groupingId": "g"}),
    "a grouping of a model": chart(source={"dataModelId": "m", "elementId": "t", "groupingId": "h"}),
    "columns that are there": chart(xAxis={"columnId": "a"}, yAxis={"columnIds": ["a", {"columnId": "a"}]}),
    "two totals": body(
        {"id": "w", "kind": "waterfall-chart", "endTotal": {}, "yAxis": {"columnIds": ["a", "b"]}}, layout=""
    ),
    "an agent with its source": body(
        agents=[{"instructions": '@dataSource("t")', "dataSources": [{"elementId": "t"}]}, "odd"]
    ),
    "nonsense": {"elements": "?", "pages": {}, "layout": 3, "agents": [{"instructions": None}]},
}


@pytest.mark.parametrize("name", ODDITIES)
def test_each_is_seen_alone(name):
    assert tuple(oddities_of(CASES[name], "workbook", flat=False)) == (name,)


@pytest.mark.parametrize("name", SOUND)
def test_what_is_right_is_not_odd(name):
    assert not tuple(oddities_of(SOUND[name], "workbook", flat=False))


def test_a_flat_document_has_its_tags_by_right():
    assert not tuple(oddities_of(CASES["old-layout"], "workbook", flat=True))


@pytest.mark.parametrize("path", document_files(CORPUS), ids=lambda path: path.stem)
def test_nothing_is_odd_about_our_own_documents(path):
    kind = path.parent.name.removesuffix("s")
    spec = parse_spec(opened(path), Key(org="o", kind=kind, id="i"))
    folded, _ = fold(spec, "contents" if spec.key.about.enveloped else "flat", "2026-09-08")
    assert not tuple(oddities_of(folded.body, kind, flat=folded.generation == "flat"))
