"""Types and the cascade of errors, queries with their literals, sources, lineage, pages, controls, hazards, folding."""

from __future__ import annotations

import re
from typing import Any

import pytest

from migrate.sandbox.ids import url_id
from migrate.sandbox.org import Column
from migrate.sandbox.specs import (
    Accepted,
    Refusal,
    accept,
    columns,
    controls,
    element_columns,
    element_query,
    elements,
    lineage,
    pages,
    present,
    sources,
)


def types(org: Any, inode: Any) -> dict[str, str]:
    return {item["columnId"]: item["type"]["type"] for item in columns(org, inode)}


def inside(inode: Any, name: str) -> Any:
    return next(item for item in inode.versions[-1].body["elements"] if item["id"] == name)


@pytest.fixture
def stored(bench: Any) -> Any:
    org, envelope = bench.example("contents")
    generation, member = "contents", bench.member
    answer = accept(org, "workbook", envelope, mode="create", generation=generation, member_id=member)
    return org, bench.store(org, "workbook", "w", answer.body, name="Sales: Überblick", generation="contents")


def test_columns_have_types_from_the_warehouse_and_from_formulas(stored: Any) -> None:
    found = types(*stored)
    assert (found["b-id"], found["b-amount"], found["b-placed"], found["b-region"]) == (
        *("integer", "number", "datetime"),
        "text",
    )
    assert (found["x"], found["y"], found["k-metric"], found["r-label"], found["t-gap"]) == (
        *("datetime", "number", "number", "text", "number"),
    )


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("[Amount] > 3", "boolean"),
        ("Not IsNull([Amount])", "boolean"),
        ('If([Amount] > 3, "a", "b")', "text"),
        ("Coalesce([Placed], Today())", "datetime"),
        ("([Amount] + 1) * 2", "number"),
        ("[Placed] + 1", "datetime"),
        ('CurrentUserInTeam("x")', "boolean"),
        ("True", "boolean"),
        ("3.5", "number"),
        ('"text"', "text"),
        ("[Region]", "text"),
    ],
)
def test_the_type_of_a_formula(stored: Any, formula: str, expected: str) -> None:
    org, inode = stored
    inside(inode, "base")["columns"].append({"id": "new", "name": "New", "formula": formula})
    assert types(org, inode)["new"] == expected


def test_an_unresolved_name_is_an_error_and_takes_its_dependants_down(stored: Any) -> None:
    org, inode = stored
    inside(inode, "base")["columns"][1]["formula"] = "[Elsewhere/Amount]"
    found = types(org, inode)
    assert {name for name, kind in found.items() if kind == "error"} == {
        *("b-amount", "k-sum", "y", "d-value", "p-sum"),
    }
    broken = {item["elementId"] for item in elements(org, inode) if "error" in item}
    assert broken == {"base", "revenue", "by-month", "shares", "cross"}
    query = element_query(org, inode, "revenue")
    assert 'Unknown column "[Elsewhere/Amount]"' in query["sql"]
    assert query["error"] == 'Unknown column "[Elsewhere/Amount]"'


def test_columns_that_need_each_other_are_circular(stored: Any) -> None:
    org, inode = stored
    inside(inode, "base")["columns"] += [
        {"id": "one", "name": "One", "formula": "[Two] + 1"},
        {"id": "two", "name": "Two", "formula": "[One] + 1"},
        {"id": "self", "name": "Self", "formula": "[Self] + 1"},
    ]
    found = types(org, inode)
    assert (found["one"], found["two"], found["self"]) == ("error", "error", "error")
    assert "Circular column reference" in element_query(org, inode, "base")["sql"]


def test_a_model_that_changes_under_a_workbook_breaks_it(stored: Any, bench: Any) -> None:
    org, inode = stored
    org.inodes[bench.model].versions[-1].body["pages"][0]["elements"][0]["id"] = "other"
    assert types(org, inode)["b-amount"] == "error"
    assert elements(org, inode)[0]["error"] == 'Unknown column "[Order Fact/Order Id]"'


def test_a_column_that_left_the_warehouse_is_an_error_and_a_retyped_one_has_its_type(stored: Any, bench: Any) -> None:
    org, inode = stored
    table = org.connections[bench.lake].tables["LAKE", "SALES", "ORDER_FACT"]
    table.columns = [Column(name="ORDER_ID", type="text"), Column(name="AMOUNT", type="text")]
    found = types(org, inode)
    assert (found["r-id"], found["r-amount"], found["b-placed"]) == ("text", "text", "error")


def test_a_bare_name_is_a_column_of_the_source_where_the_element_has_none(stored: Any) -> None:
    org, inode = stored
    inside(inode, "raw")["columns"].append({"id": "bare", "formula": "[Placed At]"})
    assert types(org, inode)["bare"] == "datetime"


def test_queries_read_what_the_element_is_made_from(stored: Any) -> None:
    org, inode = stored
    assert 'from "LAKE"."SALES"."ORDER_FACT"' in element_query(org, inode, "raw")["sql"]
    assert "select N from NUMBERS" in element_query(org, inode, "query")["sql"]
    assert element_query(org, inode, "note") is None
    assert element_query(org, inode, "gone") is None


def test_element_columns_have_labels_and_columns_both(stored: Any) -> None:
    org, inode = stored
    one = element_columns(org, inode, "raw")[1]
    formula = "[ORDER_FACT/Amount]"
    assert one == {"columnId": "r-amount", "label": "Amount", "formula": formula, "type": {"type": "number"}}
    assert columns(org, inode)[5] == {"elementId": "raw", "name": "Amount", **one}
    assert element_columns(org, inode, "gone") == []


def test_elements_have_the_misspelt_key(stored: Any) -> None:
    found = {item["elementId"]: item for item in elements(*stored)}
    assert found["by-month"]["vizualizationType"] == "bar"
    assert found["by-month"]["columns"] == ["Month of Placed", "Sum of Amount"]
    assert found["base"]["type"] == "table"


def test_sources_of_a_workbook(stored: Any, bench: Any) -> None:
    org, inode = stored
    statement = inside(inode, "query")["source"]["statement"]
    plain = [
        {"type": "data-model", "dataModelId": bench.model, "elementIds": ["orders"]},
        {"type": "table", "inodeId": "t-ORDER_FACT"},
        {"type": "custom-sql", "connectionId": bench.lake, "definition": statement, "customSqlId": "query"},
    ]
    assert sources(org, inode) == plain
    inode.hidden_sources += [
        {"type": "data-model", "dataModelId": bench.model, "versionTagId": "tag"},
        {"type": "dataset", "inodeId": "d5", "url": "https://x"},
    ]
    assert sources(org, inode) == [
        {**plain[0], "versionTagId": "tag"},
        *plain[1:],
        {"type": "dataset", "inodeId": "d5", "url": "https://x"},
    ]


def test_sources_of_a_model_say_table_id_and_dataset_id(bench: Any) -> None:
    org, _ = bench.example("data-model")
    inode = org.inodes[bench.workbook]
    inode.hidden_sources.append({"type": "dataset", "inodeId": "d5"})
    assert sources(org, inode) == [
        {"type": "table", "tableId": "t-ORDER_FACT"},
        {"type": "table", "tableId": "t-CUSTOMER_DIM"},
        {"type": "dataset", "datasetId": "d5"},
    ]


def test_lineage_follows_elements_to_their_roots(stored: Any, bench: Any) -> None:
    found = lineage(*stored)
    nodes = {item["elementId"]: item for item in found if item["type"] == "element"}
    assert nodes["plan"] == {
        "type": "element",
        "elementId": "plan",
        "sourceIds": ["base"],
        "dataSourceIds": [f"{url_id(bench.model)}/orders"],
    }
    assert nodes["note"]["sourceIds"] is None
    assert nodes["query"]["sourceIds"] == ["Query"]
    assert nodes["raw"]["sourceIds"] == [f"inode-{url_id('t-ORDER_FACT')}"]
    others = [item for item in found if item["type"] != "element"]
    assert [(item["type"], item["name"]) for item in others] == [
        ("data-model", "Order Fact"),
        ("table", "ORDER_FACT"),
        ("customSQL", "Query"),
    ]


def test_lineage_has_a_row_for_each_element_of_a_model_that_is_read(stored: Any, bench: Any) -> None:
    org, inode = stored
    inside(inode, "raw")["source"] = {"kind": "data-model", "dataModelId": bench.model, "elementId": "customers"}
    rows = [item for item in lineage(org, inode) if item["type"] == "data-model"]
    assert [(row["dataModelId"], row["name"]) for row in rows] == [
        (bench.model, "Order Fact"),
        (bench.model, "Customers"),
    ]


def test_pages_and_controls(stored: Any) -> None:
    assert pages(*stored) == [
        {"pageId": "page-main", "name": "Main"},
        {"pageId": "page-data", "name": "Data", "hidden": True},
    ]
    assert controls(*stored) == [
        {"name": "Region", "valueType": "text-list"},
        {"name": "Floor", "valueType": "number"},
    ]


def shown(stored: Any, generation: str = "contents") -> Any:
    org, inode = stored
    return present(org, inode, inode.versions[-1], generation)


def test_metadata_stands_before_the_document(stored: Any, bench: Any) -> None:
    found = shown(stored)
    assert list(found) == [
        *("workbookId", "name", "url", "documentVersion", "latestDocumentVersion", "ownerId", "folderId"),
        *("createdBy", "updatedBy", "createdAt", "updatedAt", "contents"),
    ]
    assert found["folderId"] == bench.folder
    assert re.fullmatch(r"https://app\.sigmacomputing\.com/north/workbook/Sales-berblick-\w+", found["url"])


def refused_again(stored: Any, bench: Any) -> str:
    org, inode = stored
    body = shown(stored)["contents"]
    answer = accept(
        org,
        "workbook",
        {"contents": body},
        mode="replace",
        generation="contents",
        member_id=bench.member,
        current=inode,
    )
    return answer.message if isinstance(answer, Refusal) else ""


@pytest.mark.parametrize(
    ("fact", "message"),
    [
        ({"hazard": "base-grouping", "elements": ["base"]}, "Grouping not found: 'base'"),
        ({"hazard": "hidden-title", "elements": ["base"]}, "dependency not found: formula reference 'Orders/Amount'"),
        ({"hazard": "unplaced", "elements": ["note"]}, "element 'note' is not placed in layout"),
        ({"hazard": "stale-sort", "elements": ["base"], "column": "gone"}, "references column 'gone'"),
        ({"hazard": "stale-values", "elements": ["send"], "column": "gone"}, "sheet: log(internal), bad column: gone"),
        ({"hazard": "nameless", "elements": ["plan"]}, "dependency not found: formula reference 'Plan/Amount'"),
        (
            {"hazard": "repeated-prefix", "elements": ["revenue"]},
            "formula reference 'Orders repeated container/Amount'",
        ),
        ({"hazard": "no-actions"}, ""),
    ],
)
def test_what_reading_emits_writing_refuses(stored: Any, bench: Any, fact: Any, message: str) -> None:
    _, inode = stored
    inside(inode, "floor-con")["name"] = "Floor"
    inside(inode, "raw")["columns"].append({"id": "plan-sum", "name": "P", "formula": "Sum([Plan/Amount])"})
    before = shown(stored)["contents"]
    inode.facts["emits"] = [fact]
    assert shown(stored)["contents"] != before
    found = refused_again(stored, bench)
    assert message in found if message else found == ""
    inode.facts.clear()
    assert shown(stored)["contents"] == before


def test_elements_the_form_cannot_show_are_silently_missing(bench: Any) -> None:
    org, _ = bench.example("data-model")
    inode = org.inodes[bench.workbook]
    inode.facts["emits"] = [{"hazard": "omitted", "elements": ["by-region"]}]
    found = present(org, inode, inode.versions[-1], "flat")
    assert [item["id"] for item in found["pages"][0]["elements"]] == ["orders", "customers", "pick-region"]
    assert "by-region" in [item["elementId"] for item in elements(org, inode)]


def test_a_flat_document_is_shown_folded(bench: Any) -> None:
    org, _ = bench.example("flat")
    inode = org.inodes[bench.workbook]
    button = next(item for item in bench.elements(inode.versions[-1].body) if item["id"] == "send")
    button["actions"][0]["effects"][:2] = [
        {"effect": "insert-rows", "table": "log", "values": {"l-note": {"type": "column", "column": "k-sum"}}},
        {"effect": "clear-control", "scope": {"type": "page", "page": "page-main"}},
    ]
    kpi = next(item for item in bench.elements(inode.versions[-1].body) if item["id"] == "revenue")
    kpi.update(value={"id": "k-sum"}, layout={"anchor": "middle"})
    found = present(org, inode, inode.versions[-1], "document")["document"]
    by_id = {item["id"]: item for item in found["elements"]}
    assert [page["id"] for page in found["pages"]] == ["page-main", "page-data"]
    assert [overlay["id"] for overlay in found["overlays"]] == ["ask"]
    assert found["settings"] == {"theme": {"name": "Light"}}
    assert "LayoutElement" not in found["layout"]
    assert by_id["revenue"]["value"] == {"columnId": "k-sum"}
    assert by_id["revenue"]["layout"] == {"anchor": "center"}
    assert by_id["send"]["actions"][0]["effects"][:2] == [
        {
            "effect": "insert-rows",
            "tableElementId": "log",
            "values": {"l-note": {"type": "column", "columnId": "k-sum"}},
        },
        {"effect": "clear-control", "scope": {"type": "page", "pageId": "page-main"}},
    ]


def test_a_newer_document_is_shown_flat_with_its_elements_on_their_pages(bench: Any) -> None:
    org, _ = bench.example("contents")
    inode = org.inodes[bench.workbook]
    found = present(org, inode, inode.versions[-1], "flat")
    homes = {page["id"]: {item["id"] for item in page["elements"]} for page in found["pages"]}
    assert homes["page-data"] == {"base", "raw", "query", "log"}
    assert homes["ask"] == {"plan"}
    assert found["themeName"] == "Light"
    org.switches.generation = "flat"
    envelope = {key: value for key, value in found.items() if key not in bench.read_only}
    answer = accept(org, "workbook", envelope, mode="create", generation="flat", member_id=bench.member)
    assert isinstance(answer, Accepted)
