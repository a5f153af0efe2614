"""Each recorded refusal with its message, first failure first; and what is recorded as never checked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from migrate.sandbox.specs import Accepted, Refusal, accept

Change = Callable[[Any], Any]


def element(envelope: Any, name: str) -> Any:
    body = envelope.get("document") or envelope.get("contents") or envelope
    everything = [*body.get("elements", []), *(e for page in body["pages"] for e in page.get("elements", []))]
    return next(item for item in everything if item["id"] == name)


def body(envelope: Any) -> Any:
    return envelope.get("document") or envelope.get("contents") or envelope


def effect(envelope: Any, name: str) -> Any:
    return next(item for item in element(envelope, "send")["actions"][0]["effects"] if item["effect"] == name)


def put(name: str, /, **values: Any) -> Change:
    return lambda envelope: element(envelope, name).update(values)


def drop(name: str, key: str) -> Change:
    return lambda envelope: element(envelope, name).pop(key)


def top(**values: Any) -> Change:
    return lambda envelope: body(envelope).update(values)


def cut(key: str) -> Change:
    return lambda envelope: body(envelope).pop(key)


def outer(**values: Any) -> Change:
    return lambda envelope: envelope.update(values)


def source(name: str, /, **values: Any) -> Change:
    return lambda envelope: element(envelope, name)["source"].update(values)


def swap(name: str, /, **values: Any) -> Change:
    """Exchange keys of an effect: None takes one away."""

    def change(envelope: Any) -> None:
        found = effect(envelope, name)
        found.update(values)
        for key in [key for key, value in values.items() if value is None]:
            del found[key]

    return change


def layout(old: str, new: str) -> Change:
    def change(envelope: Any) -> None:
        assert old in body(envelope)["layout"]
        body(envelope)["layout"] = body(envelope)["layout"].replace(old, new, 1)

    return change


def column(name: str, index: int, /, **values: Any) -> Change:
    return lambda envelope: element(envelope, name)["columns"][index].update(values)


def add(name: str, key: str, item: Any) -> Change:
    return lambda envelope: element(envelope, name).setdefault(key, []).append(item)


NOWHERE = "00000000-0000-4000-8000-00000000dead"
LAKE = "3f1b6a52-0c7e-4b8e-8f7d-5f6a3f0f8a11"
MODEL = "9a0f5d5e-7d4d-4f41-9c5b-6b2f8a3d4c01"
DM, FLAT, DOC, NEW = "data-model", "flat", "document", "contents"
ORDERS = f"{LAKE}/LAKE/SALES/GONE"

ENVELOPE: list[tuple[str, str, Change, str]] = [
    ("no folder", NEW, lambda e: e.pop("folderId"), "Expecting UUID at 0.folderId but instead got: undefined"),
    ("folder is no UUID", DM, outer(folderId="home"), 'Expecting UUID at 0.folderId but instead got: "home"'),
    ("no such folder", DOC, outer(folderId=NOWHERE), "404 No matching record"),
    ("folder is a workbook", DOC, outer(folderId=MODEL), "document parent must be a folder"),
    ("no name", DM, lambda e: e.pop("name"), "name: Invalid string: undefined"),
    ("model in a wrapper", DM, outer(document={}), "Syntax error in data model spec"),
    ("model in contents", DM, outer(contents={}), "Syntax error in data model spec"),
    ("metadata on create", DOC, outer(workbookId="x"), "Invalid request"),
    ("metadata in a flat body", FLAT, outer(ownerId="x"), "Invalid request"),
    ("document is no object", DOC, outer(document=3), "Expecting { schemaVersion: 1 } at 0.document"),
    ("folder before shape", DOC, lambda e: e.update(folderId=NOWHERE, document={}), "404 No matching record"),
]
SHAPE: list[tuple[str, str, Change, str]] = [
    ("model version", DM, cut("schemaVersion"), "schemaVersion: Invalid 1: undefined"),
    ("flat version", FLAT, cut("schemaVersion"), "schemaVersion: Invalid 1: undefined"),
    ("newer version", DOC, cut("schemaVersion"), "Expecting { schemaVersion: 1 } at 0.document but instead got: undef"),
    ("version two", NEW, top(schemaVersion=2), "Expecting { schemaVersion: 1 } at 0.contents but instead got: 2"),
    ("model pages", DM, cut("pages"), "pages: Invalid array: undefined"),
    ("newer pages", NEW, cut("pages"), "pages: Invalid array: undefined"),
    ("newer elements", NEW, cut("elements"), "elements: Invalid array: undefined"),
    ("kind", NEW, cut("kind"), 'kind: Invalid "workbook": undefined'),
    ("a report", DOC, top(kind="report"), 'kind: Invalid "workbook": "report"'),
    ("model element without kind", DM, drop("orders", "kind"), "Syntax error in data model spec"),
    ("model chart", DM, put("orders", kind="bar-chart"), 'Invalid kind: "bar-chart"'),
    (
        "model column",
        DM,
        lambda e: element(e, "orders")["columns"][0].pop("formula"),
        "columns[0].formula: Invalid string: u",
    ),
    (
        "sql",
        DOC,
        lambda e: element(e, "query")["source"].pop("statement"),
        "source.statement: Invalid string: undefined",
    ),
    ("source kind", DM, source("orders", kind="dataset"), 'Invalid kind: "dataset"'),
    ("csv in a model", DM, source("orders", kind="csv-table"), 'Invalid kind: "csv-table"'),
    ("no heatmap", NEW, put("shares", kind="heatmap"), 'Invalid kind: "heatmap"'),
    ("page type", DOC, lambda e: body(e)["pages"][0].update(type="page"), 'document.pages[0]: Invalid type: "page"'),
    (
        "elements on pages",
        DOC,
        lambda e: body(e)["pages"][0].update(elements=[]),
        "document.pages[].elements is no longer supported. Move elements to document.elements instead.",
    ),
    ("kpi of old", NEW, put("revenue", value={"id": "k-sum"}), "value.columnId: Invalid string: undefined"),
    ("kpi of old on document", DOC, put("revenue", value={"id": "k-sum"}), "value.columnId: Invalid string: undefined"),
    ("axis of old", DOC, put("by-month", xAxis={"id": "x"}), "xAxis.columnId: Invalid string: undefined"),
    ("axis list of old", DOC, put("by-month", yAxis=[{"id": "y"}]), "yAxis.columnIds: Invalid array: undefined"),
    ("donut of old", NEW, put("shares", color={"id": "d-region"}), "color.columnId: Invalid string: undefined"),
    ("anchor of old", NEW, put("revenue", layout={"anchor": "middle"}), 'layout.anchor: Invalid value: "middle"'),
    ("pivot of old", DOC, put("cross", rowsBy=[{"id": "p-region"}]), 'Invalid kind: "pivot-table"'),
    (
        "image of old",
        DOC,
        lambda e: (element(e, "logo").pop("source"), put("logo", url="x")(e)),
        'Invalid kind: "image"',
    ),
    ("control without type", DOC, drop("region-con", "controlType"), 'Invalid kind: "control"'),
    ("control type", DOC, put("region-con", controlType="wheel"), 'Invalid kind: "control"'),
    ("drill in a model", DM, put("pick-region", controlType="drill"), 'Invalid kind: "control"'),
    ("input table source", DOC, source("log", kind="table"), 'Invalid kind: "input-table"'),
    ("background", DOC, put("box", backgroundImage={"url": "x"}), "backgroundImage.source: Invalid value: undefined"),
    (
        "hidden title",
        DOC,
        put("base", name={"visibility": "hidden", "text": "A"}),
        "name: cannot mix visibility: 'hidden'",
    ),
    ("old row table", DOC, swap("insert-rows", tableElementId=None, table="log"), 'Invalid kind: "button"'),
    (
        "old control scope",
        NEW,
        swap("clear-control", scope={"type": "control", "control": "Region"}),
        'Invalid kind: "button"',
    ),
    (
        "new key on refresh",
        NEW,
        swap("refresh-element", target={"type": "element", "elementId": "base"}),
        'Invalid kind: "b',
    ),
    (
        "new key on navigate",
        NEW,
        swap("navigate", target={"type": "page", "pageId": "page-data"}),
        'Invalid kind: "button"',
    ),
    (
        "old column value",
        NEW,
        swap("set-control-value", value={"type": "column", "column": "k-sum"}),
        'Invalid kind: "button"',
    ),
    ("overlay type", NEW, lambda e: body(e)["overlays"][0].update(type="page"), 'overlays[0]: Invalid type: "page"'),
    (
        "hidden button with an action",
        NEW,
        lambda e: (
            body(e)["overlays"][0]["actions"][0].update(trigger="on-primary-cta-click"),
            body(e)["overlays"][0]["modal"].update(footer={"primaryCta": {"visible": "hidden"}}),
        ),
        "an on-primary-cta-click action requires footer.primaryCta.visible to not be 'hidden'",
    ),
    ("colour at the edge", NEW, put("note", style={"color": "rgb(1, 2, 3)"}), "403 Forbidden"),
]
INSIDE: list[tuple[str, str, Change, str]] = [
    ("element twice", NEW, put("raw", id="base"), "Duplicate id: 'base'"),
    ("element and control", NEW, put("raw", id="Region"), "Duplicate id: 'Region'"),
    ("control twice", FLAT, put("floor-con", controlId="Region"), "Duplicate id: 'Region'"),
    ("page twice", NEW, lambda e: body(e)["pages"][1].update(id="page-main"), "Duplicate id: 'page-main'"),
    (
        "grouping and column",
        DM,
        lambda e: element(e, "by-region")["groupings"][0].update(id="key"),
        "Duplicate id: 'key'",
    ),
    (
        "action twice",
        NEW,
        lambda e: body(e)["overlays"][0]["actions"][0].update(id="a-send"),
        "Duplicate action id: 'a-send'",
    ),
    ("source element", NEW, source("revenue", elementId="gone"), "Dependency not found: 'gone'"),
    ("base grouping", NEW, source("base", groupingId="base"), "Grouping not found: 'base'"),
    (
        "base grouping in a control",
        NEW,
        lambda e: element(e, "region-con")["source"]["source"].update(groupingId="base"),
        "Grou",
    ),
    ("own grouping", NEW, source("cross", groupingId="gone"), "Grouping not found: 'gone'"),
    (
        "relationship",
        DM,
        lambda e: element(e, "orders")["relationships"][0].update(targetElementId="x"),
        "Dependency not f",
    ),
    (
        "relationship key",
        DM,
        lambda e: element(e, "orders")["relationships"][0]["keys"][0].update(targetColumnId="amount"),
        "relationships: element 'orders' references column 'amount' which is not declared in columns",
    ),
    (
        "stale sort",
        NEW,
        add("base", "sort", {"columnId": "gone"}),
        "sort: element 'base' references column 'gone' which is",
    ),
    (
        "stale axis",
        NEW,
        put("by-month", xAxis={"columnId": "gone"}),
        "xAxis: element 'by-month' references column 'gone'",
    ),
    (
        "end total",
        NEW,
        put("by-month", kind="waterfall-chart", endTotal={"visibility": "shown"}),
        "endTotal requires more than one series",
    ),
    (
        "control column",
        NEW,
        lambda e: element(e, "region-con")["filters"][0].update(columnId="gone"),
        "filters: element 'region-con' references column 'gone' which is not declared in columns",
    ),
    (
        "comparison",
        NEW,
        put("revenue", comparison={"display": "shown"}),
        "comparison requires a comparison column or peri",
    ),
    (
        "hole",
        NEW,
        put("shares", holeValue={"columnId": "d-value"}),
        "Column 'd-value' is referenced from both 'value' and 'holeVa",
    ),
    ("system column", NEW, column("log", 1, type="text"), "system column 'CREATED_AT' cannot set type or formula"),
    ("row table", NEW, swap("insert-rows", tableElementId="gone"), "actions: references unknown element 'gone'"),
    (
        "row column",
        NEW,
        swap("insert-rows", values={"gone": {"type": "constant"}}),
        "sheet: log(internal), bad column: gone",
    ),
    ("action control", NEW, swap("set-control-value", control="Gone"), "actions: references unknown control 'Gone'"),
    (
        "agent source",
        NEW,
        lambda e: body(e)["agents"][0].update(dataSources=[]),
        "referenced data source base is not config",
    ),
    (
        "agent sequence",
        NEW,
        lambda e: body(e)["agents"][0]["tools"].append({"kind": "sequence", "sequenceId": "s"}),
        "agents[0].sequenceId: references unknown action sequence",
    ),
]
LAYOUT: list[tuple[str, str, Change, str]] = [
    ("no layout", NEW, cut("layout"), "elements[0]: element 'base' is not placed in layout"),
    (
        "left out",
        DOC,
        layout('<Element elementId="note"', '<Nothing other="note"'),
        "element 'note' is not placed in la",
    ),
    ("unknown page", NEW, layout('id="page-data"', 'id="gone"'), "layout references unknown page 'gone'"),
    ("unknown element", NEW, layout('elementId="note"', 'elementId="gone"'), "references unknown element 'gone'"),
    (
        "unknown element, flat",
        FLAT,
        layout('elementId="note"', 'elementId="gone"'),
        "references unknown element 'gone'",
    ),
    ("placed twice", NEW, layout('elementId="note"', 'elementId="base"'), "Duplicate layout element id: 'base'"),
    ("old tag", NEW, layout("<Element elementId", "<LayoutElement elementId"), "layout: Invalid tag: <LayoutElement>"),
    ("page break", NEW, layout('gridRow="28 / 29"', 'gridRow="28 / 31"'), "Invalid element position"),
    ("no XML", NEW, layout("</Page>", "</Pag>"), "500 An error has occurred. Please try again later (incident-id="),
    ("collision", NEW, layout('gridRow="22 / 24"', 'gridRow="21 / 24"'), "Element collisions found"),
    (
        "panel of nothing",
        NEW,
        layout("</Page>", '</Page><Panel id="top"/>'),
        "Layout parent not found in getLayoutParentByL",
    ),
]
OUTSIDE: list[tuple[str, str, Change, str]] = [
    (
        "connection",
        NEW,
        source("raw", connectionId=NOWHERE),
        f"Dependency not found: '{NOWHERE}/LAKE/SALES/ORDER_FACT'",
    ),
    ("table", DM, source("orders", path=["LAKE", "SALES", "GONE"]), f"Dependency not found: '{ORDERS}'"),
    ("sql connection", NEW, source("query", connectionId=NOWHERE), f"Dependency not found: '{NOWHERE}'"),
    ("write connection", NEW, source("log", connectionId=NOWHERE), f"Dependency not found: '{NOWHERE}'"),
    ("model", NEW, source("base", dataModelId=NOWHERE), f"Dependency not found: '{NOWHERE}'"),
    ("model element", NEW, source("base", elementId="gone"), f"Dependency not found: '{MODEL}/gone'"),
    ("model grouping", NEW, source("base", elementId="by-region", groupingId="gone"), "Grouping not found: 'gone'"),
    (
        "column of a model under a control",
        NEW,
        lambda e: element(e, "region-con").update(
            filters=[
                {"source": {"kind": "data-model", "dataModelId": MODEL, "elementId": "orders"}, "columnId": "gone"}
            ]
        ),
        f"Dependency not found: '{MODEL}/orders/gone'",
    ),
    (
        "parameter",
        NEW,
        lambda e: element(e, "region-con")["parameters"][0].update(controlId="region-pick"),
        f"Invalid parameter on control: region-con targeting data model: {MODEL}, controlId: region-pick.",
    ),
    (
        "parameter out of reach",
        NEW,
        lambda e: element(e, "region-con")["source"].update(
            source={"kind": "table", "elementId": "raw"}, columnId="r-id"
        ),
        "Invalid parameter on control: region-con targeting",
    ),
    (
        "parameter without values",
        NEW,
        drop("region-con", "source"),
        "Invalid parameter on control: region-con targeting",
    ),
    (
        "warehouse column",
        NEW,
        column("raw", 1, formula="[ORDER_FACT/Gone]"),
        "Cannot resolve columns on table raw: dependency not found: formula reference 'ORDER_FACT/Gone'",
    ),
    (
        "model column",
        NEW,
        column("base", 1, formula="[Order Fact/Gone]"),
        "Cannot resolve columns on table base: dependency",
    ),
    (
        "element column",
        NEW,
        column("revenue", 0, formula="Sum([Orders/Gone])"),
        "Cannot resolve columns on table revenue",
    ),
    (
        "metric",
        NEW,
        column("revenue", 1, formula="[Metrics/Gone]"),
        "dependency not found: formula reference 'Metrics/Gone'",
    ),
    (
        "hidden name",
        NEW,
        put("base", name={"visibility": "hidden"}),
        "dependency not found: formula reference 'Orders/Amount'",
    ),
    (
        "repeated container",
        NEW,
        column("revenue", 0, formula="[Orders repeated container/Amount]"),
        "dependency not found: formula reference 'Orders repeated container/Amount'",
    ),
    (
        "made-up name",
        NEW,
        column("cross", 1, formula="[By month/Sum of Amount]"),
        "dependency not found: formula reference",
    ),
    (
        "metric view",
        NEW,
        source("query", kind="metric-view", path=["A"]),
        f"metric-view not found: '{LAKE}/A'",
    ),
    (
        "connector",
        NEW,
        lambda e: element(e, "send")["actions"][0]["effects"].append({"effect": "call-api", "connectorId": "gone"}),
        "Dependency not found: connector 'gone'",
    ),
    (
        "procedure",
        NEW,
        lambda e: element(e, "send")["actions"][0]["effects"].append(
            {"effect": "call-stored-procedure", "storedProcedure": {"connectionId": LAKE, "path": ["A", "P"]}}
        ),
        "invocable inodes are not supported by this host: 'A/P'",
    ),
    (
        "agent's warehouse",
        NEW,
        lambda e: body(e)["agents"][0]["tools"].append({"kind": "search-service", "connectionId": LAKE, "path": ["S"]}),
        f"Dependency not found: '{LAKE}/S'",
    ),
    (
        "image of another organization",
        NEW,
        put("logo", source={"kind": "upload", "key": "other/1.png"}),
        "Image upload does not belong to this organization: 'other/1.png'",
    ),
    ("csv", NEW, source("query", kind="csv-table", inodeId=NOWHERE), "CSV table does not belong to this workbook"),
    (
        "panels",
        NEW,
        top(panels=[{"id": "p", "type": "header", "pages": []}]),
        "panels: page headers and page sidebars are not enabled for this workspace",
    ),
    (
        "navigation",
        NEW,
        top(settings={"navigation": {}}),
        "settings.navigation: workbook navigation settings are not enabled for this workspace.",
    ),
    (
        "semantic view",
        NEW,
        source("query", kind="semantic-view", path=["A"]),
        "`semantic-view` sources are not enabled for this workspace",
    ),
]


def judge(bench: Any, form: str, change: Change, **more: Any) -> Any:
    org, envelope = bench.example(form, panels=False)
    change(envelope)
    kind, generation = ("data-model", "flat") if form == DM else ("workbook", form)
    facts = {"mode": "create", "generation": generation, "member_id": bench.member, **more}
    return accept(org, kind, envelope, **facts)


@pytest.mark.parametrize("form", [DM, FLAT, DOC, NEW])
def test_the_example_itself_is_taken(bench: Any, form: str) -> None:
    assert isinstance(judge(bench, form, lambda _: None), Accepted)


@pytest.mark.parametrize(
    ("form", "change", "expected"),
    [pytest.param(*case[1:], id=case[0]) for case in ENVELOPE + SHAPE + INSIDE + LAYOUT + OUTSIDE],
)
def test_a_write_is_refused_with_the_recorded_message(bench: Any, form: str, change: Change, expected: str) -> None:
    answer = judge(bench, form, change)
    assert isinstance(answer, Refusal)
    status, _, rest = expected.partition(" ")
    status, text = (int(status), rest) if status in {"403", "404", "500"} else (400, expected)
    assert answer.status == status
    assert text in answer.message
    assert answer.errors == (answer.message,)


@pytest.mark.parametrize("form", [DOC, NEW])
def test_a_flat_body_is_refused_where_the_flat_form_is_gone(bench: Any, form: str) -> None:
    org, _ = bench.example(form)
    _, envelope = bench.example(FLAT)
    for generation in (FLAT, DOC):
        answer = accept(org, "workbook", envelope, mode="create", generation=generation, member_id=bench.member)
        assert isinstance(answer, Refusal)
        assert "Expecting { schemaVersion: 1 } at 0.document" in answer.message


def test_the_first_failure_is_the_one_of_the_earlier_step(bench: Any) -> None:
    later = source("raw", connectionId=NOWHERE)
    order = [
        (put("revenue", value={}), "value.columnId"),
        (put("raw", id="base"), "Duplicate id"),
        (source("revenue", elementId="gone"), "Dependency not found: 'gone'"),
        (layout('elementId="note"', 'elementId="gone"'), "references unknown element"),
    ]
    for index, (_, expected) in enumerate(order):
        changes = [change for change, _ in order[index:]]

        def change(envelope: Any, changes: list[Change] = changes) -> None:
            for one in [later, *changes]:
                one(envelope)

        assert expected in judge(bench, NEW, change).message


UNCHECKED: list[tuple[str, str, Change]] = [
    ("plugin", NEW, put("gauge", pluginId="nobody")),
    ("url", NEW, swap("open-url", url="nowhere at all")),
    ("no url", NEW, swap("open-url", url=None)),
    ("attribute", DM, column("customers", 1, name="Region", formula='CurrentUserAttributeText("nobody")')),
    ("team", DM, column("customers", 1, name="Region", formula='CurrentUserInTeam("nobody")')),
    ("statement", NEW, source("query", statement="selec from")),
    ("wrong prefix", NEW, column("raw", 1, formula="[Elsewhere/Amount]")),
    ("bare name", NEW, column("raw", 1, formula="[Nothing]")),
    ("foreign column id", NEW, column("raw", 1, id="inode-zzzz/AMOUNT")),
    ("unknown key", NEW, put("raw", sparkle=True)),
    ("unknown kind", NEW, put("box", kind="hologram-chart")),
    ("unknown key of the document", NEW, top(sparkle={})),
    ("unknown team", DM, lambda _: None),
    ("old clear-control page", NEW, swap("clear-control", scope={"type": "page", "page": "page-main"})),
    ("page layout", NEW, lambda e: body(e)["pages"][0].update(layout="<x>")),
    ("theme", NEW, top(settings={"theme": {"name": NOWHERE}})),
    (
        "document to open",
        NEW,
        lambda e: element(e, "send")["actions"][0]["effects"].append(
            {"effect": "open-document", "documentId": NOWHERE}
        ),
    ),
]


@pytest.mark.parametrize(("form", "change"), [pytest.param(*case[1:], id=case[0]) for case in UNCHECKED])
def test_what_nobody_checks_is_taken(bench: Any, form: str, change: Change) -> None:
    assert isinstance(judge(bench, form, change), Accepted)


def test_an_old_clear_control_page_is_taken_and_dropped(bench: Any) -> None:
    answer = judge(bench, NEW, swap("clear-control", scope={"type": "page", "page": "page-main"}))
    kept = next(item for item in answer.body["elements"] if item["id"] == "send")["actions"][0]["effects"]
    assert next(item for item in kept if item["effect"] == "clear-control")["scope"] == {"type": "page"}
