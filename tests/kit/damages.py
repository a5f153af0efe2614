"""Everything that somebody may do to a finished copy, one row a kind of damage; each is to be found.

``levels`` are the levels that must fail, no more and no fewer: the table in ``docs/damage.md`` is made of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from migrate.sandbox.person_around import act_around

Body = Any
"""The body of a copy, changed in place."""


@dataclass(frozen=True, kw_only=True)
class Damage:
    """What somebody did to the copy of ``document``: to its body, or to what stands round it."""

    name: str
    document: str
    levels: frozenset[str]
    body: Callable[[Body], object] | None = None
    around: Callable[[Any, Any], object] | None = None
    """Is given the organization and the inode."""
    state: str = "mismatch"
    spreads: bool = False
    """Whether what reads the document is damaged by it as well."""


def part(node: Any, wanted: str) -> Any:
    """The first object of that id, at any depth."""
    return next(found for found in _objects(node) if found.get("id") == wanted)


def _objects(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
    for inner in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from _objects(inner)


def without(body: Body, wanted: str) -> None:
    """Takes the object of that id out of the list that holds it."""
    for node in _objects(body):
        for inner in node.values():
            if isinstance(inner, list):
                inner[:] = [one for one in inner if not (isinstance(one, dict) and one.get("id") == wanted)]


def layout(old: str, new: str) -> Callable[[Body], None]:
    """Exchanges a piece of the layout, which must be there."""

    def deed(body: Body) -> None:
        assert old in body["layout"]
        body["layout"] = body["layout"].replace(old, new)

    return deed


def placed(element: str, on: str, at: str = "") -> Callable[[Body], None]:
    """Takes an element out of the layout, and puts it on another page where ``at`` says how."""

    def deed(body: Body) -> None:
        before = body["layout"]
        body["layout"] = re.sub(rf'\s*<Element elementId="{element}"[^>]*/>', "", before)
        assert body["layout"] != before
        if at:
            body["layout"] = body["layout"].replace(f'id="{on}">', f'id="{on}"><Element elementId="{element}" {at}/>')

    return deed


def _all(*deeds: Callable[[Body], object]) -> Callable[[Body], None]:
    """Several deeds that are one damage."""

    def deed(body: Body) -> None:
        for one in deeds:
            one(body)

    return deed


def _set(wanted: str, *path: Any, to: Any) -> Callable[[Body], None]:
    """Puts another value at a place inside the object of that id."""

    def deed(body: Body) -> None:
        node = part(body, wanted)
        for step in path[:-1]:
            node = node[step]
        assert node[path[-1]] != to
        node[path[-1]] = to

    return deed


def _put(wanted: str, **keys: Any) -> Callable[[Body], None]:
    """Gives the object of that id these keys."""
    return lambda body: part(body, wanted).update(keys)


def _unset(wanted: str, *path: Any) -> Callable[[Body], None]:
    """Takes a key, or an entry of a list, out of the object of that id."""

    def deed(body: Body) -> None:
        node = part(body, wanted)
        for step in path[:-1]:
            node = node[step]
        del node[path[-1]]

    return deed


def _add(wanted: str, *path: Any, entry: Any) -> Callable[[Body], None]:
    """Puts one more entry at the end of a list inside the object of that id."""

    def deed(body: Body) -> None:
        node = part(body, wanted)
        for step in path:
            node = node[step]
        node.append(entry)

    return deed


def _swap(wanted: str, *path: Any) -> Callable[[Body], None]:
    """Turns a list inside the object of that id round."""

    def deed(body: Body) -> None:
        node = part(body, wanted)
        for step in path:
            node = node[step]
        assert node != node[::-1]
        node.reverse()

    return deed


def _less(wanted: str) -> Callable[[Body], None]:
    """Takes the object of that id out of the list that holds it."""
    return lambda body: without(body, wanted)


def _around(document: str, name: str, levels: str, deed: Callable[[Any, Any], object], **more: Any) -> Damage:
    return Damage(name=name, document=document, levels=frozenset(levels.split()), around=deed, **more)


def _model(name: str, levels: str, body: Callable[[Body], object], *, spreads: bool = False) -> Damage:
    return Damage(name=name, document="Stalls", levels=frozenset(levels.split()), body=body, spreads=spreads)


def _workbook(name: str, levels: str, body: Callable[[Body], object]) -> Damage:
    return Damage(name=name, document="Market Day", levels=frozenset(levels.split()), body=body)


JOIN = ("source", "joins", 0)
OTHER_TEAM = "99999999-0c58-4e2b-9a63-8f4b2c5d6e99"

MODEL = (
    _model("the formula of a column is another one", "hash", _set("sa-net", "formula", to="[Price] / 1.07")),
    _model(
        "a column reads another column of the warehouse",
        "hash columns compile",
        _set("sa-price", "formula", to="[SALES/Sale Id]"),
        spreads=True,
    ),
    _model(
        "a formula names a column that is not there",
        "hash columns compile",
        _set("sa-net", "formula", to="[Prise] / 1.19"),
    ),
    _model("a column is gone", "counts hash wiring", _less("sa-sold"), spreads=True),
    _model(
        "a column is one too many",
        "counts hash",
        _add("md-stalls", "columns", entry={"id": "new", "name": "New", "formula": "1"}),
    ),
    _model("a column is called otherwise", "hash", _set("fe-fee", "name", to="Charge")),
    _model("a column is hidden", "hash", _put("sa-price", hidden=True)),
    _model("a hidden column is shown", "hash", _unset("sa-note", "hidden")),
    _model("the description of a column is another one", "hash", _set("sa-price", "description", to="What was asked")),
    _model(
        "the number format of a column is another one", "hash", _set("sa-price", "format", "formatString", to=",.0f")
    ),
    _model("the currency of a column is another one", "hash", _set("sa-price", "format", "currencySymbol", to="$")),
    _model("the date format of a column is gone", "hash", _unset("sa-sold", "format")),
    _model("columns stand in another order", "hash", _swap("md-streets", "order")),
    _model("a column moved out of its folder", "hash", _unset("sa-folder", "items", 1)),
    _model("a folder of columns is called otherwise", "hash", _set("sa-folder", "name", to="Cash")),
    _model("rows are sorted the other way", "hash", _set("md-sales", "sort", 0, "direction", to="ascending")),
    _model("the sorting is gone", "hash", _unset("md-sales", "sort")),
    _model("a filter is gone", "hash", _less("sf-price")),
    _model("a filter has another bound", "hash", _set("sf-price", "min", to=5)),
    _model("a filter is switched off", "hash", _set("sf-price", "state", to="disabled")),
    _model("a filter excludes what it included", "hash security", _set("sf-mine", "mode", to="exclude")),
    _model("a filter is on another column", "hash", _set("sf-price", "columnId", to="sa-net")),
    _model("a metric is gone", "counts hash", _all(_less("sm-count"), _unset("md-sales", "metricOrder", 1))),
    _model("the formula of a metric is another one", "hash", _set("sm-takings", "formula", to="Avg([Price])")),
    _model("a metric is called otherwise", "hash", _set("sm-takings", "name", to="Income"), spreads=True),
    _model("the timeline of a metric is coarser", "hash", _set("sm-takings", "timeline", "truncation", to="year")),
    _model("metrics stand in another order", "hash", _swap("md-sales", "metricOrder")),
    _model("a relationship is gone", "hash", _unset("md-sales", "relationships"), spreads=True),
    _model("a relationship has another key", "hash", _set("sr-stall", "keys", 0, "sourceColumnId", to="sa-id")),
    _model("a relationship leads to another table", "hash", _set("sr-stall", "targetElementId", to="md-streets")),
    _model("a relationship is many to many", "hash", _set("sr-stall", "relationshipType", to="1:N")),
    _model("a join keeps other rows", "hash", _set("md-joined", *JOIN, "joinType", to="inner")),
    _model("a join compares other columns", "hash", _set("md-joined", *JOIN, "columns", 0, "right", to="[Street]")),
    _model("a join compares otherwise", "hash", _set("md-joined", *JOIN, "columns", 0, "op", to="!=")),
    _model("a union lacks a source", "hash columns compile", _unset("md-union", "source", "sources", 1)),
    _model(
        "a union matches other columns",
        "hash",
        _set("md-union", "source", "matches", 0, "sourceColumns", to=["Sale Id", None]),
    ),
    _model(
        "a table reads another table of the warehouse",
        "hash columns compile",
        _set("md-stalls", "source", "path", 2, to="SALES"),
        spreads=True,
    ),
    _model(
        "a table reads the source's table again",
        "hash",
        _set("md-stalls", "source", "path", to=["MARKET", "SQUARE", "STALLS"]),
    ),
    _model(
        "the SQL has another condition",
        "hash",
        _set(
            "md-query",
            "source",
            "statement",
            to="select stall, fee from TARGET_MARKET.TARGET_OFFICE.FEES where fee >= {{Limit}}",
        ),
    ),
    _model(
        "the SQL reads the source's database again",
        "hash",
        _set("md-query", "source", "statement", to="select stall, fee from MARKET.OFFICE.FEES where fee > {{Limit}}"),
    ),
    _model("a grouping is by another column", "hash", _set("sg-group", "groupBy", to=["sg-count"])),
    _model("a grouping lost its calculation", "hash", _set("sg-group", "calculations", to=[])),
    _model("a table is gone", "counts hash", _less("md-union")),
    _model("a table is called otherwise", "hash", _set("md-query", "name", to="Charges")),
    _model("a table's description is gone", "hash", _unset("md-sales", "description")),
    _model("a table that no one may read from is offered as a source", "hash", _unset("md-stalls", "visibleAsSource")),
    _model("a column rule is gone", "hash security", _less("ss-teams")),
    _model("every column rule is gone", "hash security", _unset("md-stalls", "columnSecurities")),
    _model("a column rule guards another column", "hash security", _set("ss-teams", "restrictedColumns", to=["st-id"])),
    _model("a column rule lets everybody in", "hash security", _set("ss-teams", "criteria", to={"kind": "everyone"})),
    _model(
        "a column rule is for a team that is not there",
        "hash security",
        _set("ss-teams", "criteria", "assignments", 0, "teamId", to=OTHER_TEAM),
    ),
    _model(
        "a column rule has another value of its attribute",
        "hash security",
        _set("ss-attribute", "criteria", "assignments", 0, "value", to="south"),
    ),
    _model("a row rule lets everybody in", "hash security", _set("sa-mine", "formula", to="True")),
    _model(
        "a row rule asks for another attribute",
        "hash security",
        _set("sa-mine", "formula", to='CurrentUserAttributeText("street") = [Note]'),
    ),
    _model(
        "a row rule asks for another team",
        "hash security",
        _set("sa-guild", "formula", to='CurrentUserInTeam("Everybody")'),
    ),
    _model("the filter of a row rule is gone", "hash security", _less("sf-mine")),
    _model("the filter of a row rule is switched off", "hash security", _put("sf-mine", state="disabled")),
    _model("a control has another value", "hash", _set("md-limit", "value", to=99)),
    _model("a control is called otherwise", "hash columns compile wiring", _set("md-limit", "controlId", to="Bound")),
    _model("a control is gone", "counts hash columns compile", _less("md-limit")),
    _model("a control filters nothing", "hash wiring", _set("md-street", "filters", to=[])),
    _model("a control filters by another column", "hash", _set("md-street", "filters", 0, "columnId", to="st-id")),
    _model(
        "a control lists the values of another column", "hash", _set("md-street", "source", "columnId", to="st-holder")
    ),
    _model("a page is called otherwise", "hash", _set("md-main", "name", to="Other")),
)

WORKBOOK = (
    _workbook("the formula of a column is another one", "hash", _set("s-net", "formula", to="[Price] / 1.07")),
    _workbook(
        "a formula names a column that is not there",
        "hash columns compile",
        _set("bars-y", "formula", to="Sum([Sales Today/Prise])"),
    ),
    _workbook("a metric became a formula of its own", "hash", _set("s-takings", "formula", to="Sum([Price])")),
    _workbook("a column is gone", "counts hash wiring", _less("s-id")),
    _workbook("a column is hidden", "hash", _put("s-price", hidden=True)),
    _workbook("the format of a column is another one", "hash", _set("s-price", "format", "formatString", to=",.0f")),
    _workbook("columns stand in another order", "hash", _swap("stalls", "order")),
    _workbook("rows are sorted the other way", "hash", _set("sales", "sort", 0, "direction", to="ascending")),
    _workbook("a filter is gone", "hash", _less("sf-price")),
    _workbook("a filter is on a column that is not there", "hash wiring", _set("sf-price", "columnId", to="gone")),
    _workbook("a grouping is gone", "hash", _unset("sales", "groupings")),
    _workbook("a summary is gone", "hash", _set("sales", "summary", to=[])),
    _workbook(
        "a conditional format is another one",
        "hash",
        _set("sales", "conditionalFormats", 0, "style", to={"backgroundColor": "#eeffee"}),
    ),
    _workbook(
        "a table reads another element of its model",
        "hash columns compile",
        _set("sales", "source", "elementId", to="md-stalls"),
    ),
    _workbook(
        "a table reads another table of the warehouse",
        "hash columns compile",
        _set("stalls", "source", "path", 2, to="SALES"),
    ),
    _workbook(
        "a table reads through another connection",
        "hash references",
        _set("stalls", "source", "connectionId", to="2f9e4d81-63c2-4a1f-8b7e-1d5c8f3e0b01"),
    ),
    _workbook(
        "the SQL has another condition",
        "hash",
        _set(
            "fees",
            "source",
            "statement",
            to="select stall, fee from TARGET_MARKET.TARGET_OFFICE.FEES where fee >= {{Floor}}",
        ),
    ),
    _workbook(
        "the SQL reads the source's database again",
        "hash",
        _set("fees", "source", "statement", to="select stall, fee from MARKET.OFFICE.FEES where fee > {{Floor}}"),
    ),
    _workbook("a join keeps other rows", "hash", _set("joined", *JOIN, "joinType", to="inner")),
    _workbook("a chart shows another column", "hash", _set("bars", "yAxis", "columnIds", to=["bars-x"])),
    _workbook("a chart is of another kind", "counts hash", _set("bars", "kind", to="line-chart")),
    _workbook("a chart is sorted the other way", "hash", _set("bars", "xAxis", "sort", "direction", to="descending")),
    _workbook("a chart has another colour", "hash", _set("bars", "color", "by", to="scale")),
    _workbook("a pivot has other rows", "hash", _set("pivot", "rowsBy", to=[])),
    _workbook("a pivot shows a column that is not there", "hash wiring", _set("pivot", "values", to=["gone"])),
    _workbook(
        "an indicator shows a column that is not there", "hash wiring", _set("total", "value", "columnId", to="gone")
    ),
    _workbook("an element is called otherwise", "hash", _set("total", "name", to="Sum")),
    _workbook("an element is gone", "counts hash", _all(_less("pivot"), placed("pivot", ""))),
    _workbook(
        "an element was added",
        "counts hash",
        _all(
            lambda body: body["elements"].append({"id": "extra", "kind": "text", "body": "Ha"}),
            layout('id="main">', 'id="main"><Element elementId="extra" gridColumn="1 / 7" gridRow="30 / 32"/>'),
        ),
    ),
    _workbook("a control has another value", "hash", _set("street-con", "values", to=["Side"])),
    _workbook("a control excludes what it included", "hash", _set("street-con", "mode", to="exclude")),
    _workbook("a control filters nothing", "hash wiring", _put("street-con", filters=[], parameters=[])),
    _workbook(
        "a control filters by a column that is not there",
        "hash wiring",
        _set("street-con", "filters", 0, "columnId", to="gone"),
    ),
    _workbook(
        "a control lists the values of another column", "hash", _set("street-con", "source", "columnId", to="s-id")
    ),
    _workbook("a control no longer sets the model's control", "hash", _unset("street-con", "parameters")),
    _workbook("a control is for other elements", "hash wiring", _set("floor-con", "controlScope", to=["gone"])),
    _workbook("a control is gone", "counts hash wiring", _all(_less("street-con"), placed("street-con", ""))),
    _workbook("a text says something else", "hash", _set("note", "body", to="Takings")),
    _workbook("a link leads elsewhere", "hash", _set("frame", "url", to="https://elsewhere.example/frame")),
    _workbook("an action is gone", "hash wiring", _set("more", "actions", to=[])),
    _workbook(
        "an action opens another address", "hash", _set("a-more", "effects", 3, "url", to="https://elsewhere.example/")
    ),
    _workbook(
        "an action goes to a page that is not there",
        "hash wiring",
        _set("a-more", "effects", 2, "target", "page", to="gone"),
    ),
    _workbook(
        "an action sets another value", "hash", _set("a-more", "effects", 1, "value", "value", "value", to="Side")
    ),
    _workbook("an action opens nothing", "hash wiring", _unset("a-more", "effects", 0)),
    _workbook("a page is gone", "counts hash security wiring", _less("detail")),
    _workbook("a page is called otherwise", "hash", _set("main", "name", to="Yesterday")),
    _workbook("a page is hidden", "hash security", _put("main", visibility="hidden")),
    _workbook("a page that few may see is shown to everybody", "hash security", _unset("detail", "visibility")),
    _workbook(
        "a page is shown to another team",
        "hash security",
        _set("detail", "visibility", "assignments", "teams", to=[OTHER_TEAM]),
    ),
    _workbook("pages stand in another order", "hash", lambda body: body["pages"].reverse()),
    _workbook("an overlay is gone", "counts hash wiring", _less("pop")),
    _workbook("an overlay is wider", "hash", _set("pop", "modal", "width", to="large")),
    _workbook("a panel is on another page", "hash", _set("head", "pages", to=["detail"])),
    _workbook("a panel is gone", "counts hash wiring", _less("head")),
    _workbook("the theme is another one", "hash", lambda body: body["settings"]["theme"].update(name="Dark")),
    _workbook(
        "the width of the pages is another one",
        "hash",
        lambda body: body["settings"]["theme"]["overrides"].update(pageWidth="1200"),
    ),
    _workbook(
        "an element stands elsewhere",
        "hash",
        layout(
            'elementId="total" gridColumn="1 / 13" gridRow="9 / 13"',
            'elementId="total" gridColumn="1 / 13" gridRow="20 / 24"',
        ),
    ),
    _workbook(
        "an element is narrower",
        "hash",
        layout('elementId="total" gridColumn="1 / 13"', 'elementId="total" gridColumn="1 / 3"'),
    ),
    _workbook(
        "two elements overlap",
        "hash wiring",
        layout(
            'elementId="total" gridColumn="1 / 13" gridRow="9 / 13"',
            'elementId="total" gridColumn="1 / 13" gridRow="5 / 9"',
        ),
    ),
    _workbook("an element is on no page", "hash wiring", placed("total", "")),
    _workbook(
        "an element is on another page", "hash", placed("total", "detail", 'gridColumn="1 / 25" gridRow="20 / 24"')
    ),
    _workbook(
        "an element left its container", "hash", placed("inner", "detail", 'gridColumn="1 / 25" gridRow="20 / 22"')
    ),
    _workbook(
        "an element sticks out of its container",
        "hash wiring",
        layout(
            'elementId="inner" gridColumn="1 / 25" gridRow="1 / 5"',
            'elementId="inner" gridColumn="1 / 25" gridRow="1 / 30"',
        ),
    ),
    _workbook(
        "an address of the source organization stands in a text",
        "hash references",
        _set("note", "body", to="see https://app.sigmacomputing.com/source/workbook/Market-6dF2vHQWx1kKfO2dD3GVn0"),
    ),
)


def _report(name: str, levels: str, body: Callable[[Body], object]) -> Damage:
    return Damage(name=name, document="Market Week", levels=frozenset(levels.split()), body=body)


REPORT = (
    _report("a text says something else", "hash", _set("w-text", "body", to="Another week")),
    _report("the formula of a column is another one", "hash", _set("w-price", "formula", to="[Sales/Net]")),
    _report(
        "a formula names a column that is not there",
        "hash columns compile",
        _set("w-price", "formula", to="[Sales/Prise]"),
    ),
    _report("a column is gone", "counts hash", _all(_less("w-sold"), _unset("w-sales", "order", 1))),
    _report("columns stand in another order", "hash", _swap("w-sales", "order")),
    _report(
        "a table reads another element of its model",
        "hash columns compile",
        _set("w-sales", "source", "elementId", to="md-stalls"),
    ),
    _report("a table is called otherwise", "hash", _set("w-sales", "name", to="Sales")),
    _report("an element is gone", "counts hash", _all(_less("w-text"), placed("w-text", ""))),
    _report("an element is on no page", "hash wiring", placed("w-text", "")),
    _report("an element stands elsewhere", "hash", layout('x="48" y="48"', 'x="48" y="900"')),
    _report("an element is smaller", "hash", layout('width="720" height="400"', 'width="720" height="40"')),
    _report("a page is called otherwise", "hash", _set("w-main", "name", to="Page 2")),
    _report("the footer is gone", "counts hash wiring", _less("w-panel")),
    _report("the footer is higher", "hash", _set("w-panel", "config", "height", to=400)),
    _report("the footer is on no page", "hash", _set("w-panel", "pages", to=[])),
    _report("pages are wider", "hash", lambda body: body["config"].update(pageWidth=1200)),
    _report("the margin is another one", "hash", lambda body: body["config"].update(margin=0)),
)


def _gone(org: Any, inode: Any) -> None:
    del org.inodes[inode.id]


def _elsewhere(org: Any, inode: Any) -> None:
    inode.parent_id = next(one.home_folder_id for one in org.members.values())


def _unassigned(org: Any, _inode: Any) -> None:
    for attribute in org.user_attributes.values():
        attribute.extra.pop("users", None)
        attribute.extra.pop("teams", None)


def _archived(_org: Any, inode: Any) -> None:
    inode.archived = True


def _given(what: str, **more: str) -> Callable[[Any, Any], object]:
    """What a person does to who may see a document and whose it is."""
    return lambda org, inode: act_around(org, what, {"inode": inode.id, **more}, now=0.0)


def _to_another(org: Any, inode: Any) -> None:
    inode.owner_id = next(one for one in org.members if one != inode.owner_id)


def _around_each(document: str) -> Iterator[Damage]:
    reader = document == "Stalls"
    yield _around(document, "it is called otherwise", "exists", lambda _, inode: setattr(inode, "name", "Other"))
    yield _around(document, "it is in another folder", "exists", _elsewhere)
    yield _around(document, "its description is another one", "exists", lambda _, it: setattr(it, "description", "x"))
    yield _around(document, "its description is gone", "exists", lambda _, it: setattr(it, "description", None))
    yield _around(document, "it is archived", "", _archived, state="not_attempted", spreads=reader)
    yield _around(document, "it is gone", "", _gone, state="not_attempted", spreads=reader)
    yield _around(document, "a team that saw it sees it no more", "access", _given("ungrant", to="Team 1 target"))
    yield _around(
        document, "a team has a higher right on it", "access", _given("grant", to="Team 1 target", value="edit")
    )
    yield _around(document, "it belongs to somebody else", "access", _to_another)
    if document != "Market Week":  # which names none
        yield _around(document, "nobody has a value of its attribute any more", "security", _unassigned, spreads=True)


AROUND = tuple(damage for document in ("Stalls", "Market Day", "Market Week") for damage in _around_each(document))


def _tables(org: Any, name: str) -> list[Any]:
    found = [table for one in org.connections.values() for table in one.tables.values() if table.path[-1] == name]
    assert found
    return found


def _fewer(org: Any, _inode: Any) -> None:
    for table in _tables(org, "STALLS"):
        table.rows = 9


def _other_rows(org: Any, _inode: Any) -> None:
    for table in _tables(org, "SALES"):
        table.content = "SALES_OF_A_YEAR_AGO"


def _dearer(org: Any, _inode: Any) -> None:
    for table in _tables(org, "SALES"):
        table.columns = [replace(one, type="integer") if one.name == "PRICE" else one for one in table.columns]


def _rows(name: str, deed: Callable[[Any, Any], object]) -> Damage:
    """What somebody did to rows of the target."""
    return Damage(name=name, document="Market Day", levels=frozenset({"data"}), around=deed)


def _shown(name: str, body: Callable[[Body], object]) -> Damage:
    return Damage(name=name, document="Market Day", levels=frozenset({"data"}), body=body)


def _behind(name: str, body: Callable[[Body], object]) -> Damage:
    """What somebody did to the model that the workbook reads."""
    return Damage(name=name, document="Stalls", levels=frozenset({"data"}), body=body)


ROWS = (
    _rows("rows are missing in the target's table", _fewer),
    _rows("the target's table holds other rows", _other_rows),
    _rows("a column of the target's table holds other numbers", _dearer),
    _rows("nobody has a value of its attribute any more", _unassigned),
    _shown("the formula of a column is another one", _set("s-net", "formula", to="[Price] / 1.07")),
    _shown("a filter has another bound", _set("sf-price", "min", to=300)),
    _shown("a filter excludes what it included", _set("sf-mine", "mode", to="exclude")),
    _shown("a table reads another table of the warehouse", _set("stalls", "source", "path", 2, to="SALES")),
    _shown(
        "the SQL has another condition",
        _set(
            "fees",
            "source",
            "statement",
            to="select stall, fee from TARGET_MARKET.TARGET_OFFICE.FEES where fee >= {{Floor}}",
        ),
    ),
    _shown("a join compares other columns", _set("joined", *JOIN, "columns", 0, "right", to="[Stall Id]")),
    _shown("a chart adds up otherwise", _set("bars-y", "formula", to="Avg([Sales Today/Price])")),
    _shown("a control has another value", _set("street-con", "values", to=["Side"])),
    _shown("a control of a query has another value", _set("floor-con", "value", to=4)),
    _behind("a filter of its model has another bound", _set("sf-price", "min", to=300)),
    _behind("a metric of its model is another one", _set("sm-takings", "formula", to="Avg([Price])")),
)
"""Damages whose rows are looked at: of the workbook, with the level ``data`` alone."""

DAMAGES = (*MODEL, *WORKBOOK, *REPORT, *AROUND)
