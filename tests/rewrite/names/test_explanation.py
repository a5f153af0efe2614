"""What references mean, and that no qualified one is left unexplained."""

from __future__ import annotations

from collections import Counter

import pytest

from kit.places import at_least
from migrate.rewrite.names.explanation import explain

CONNECTION = "c0ffee00-0000-4000-8000-000000000001"


def table(path, identity="t", **more):
    source = {"kind": "warehouse-table", "connectionId": CONNECTION, "path": path}
    return {"id": identity, "kind": "table", "source": source, "columns": [], **more}


def columns(*formulas):
    return [{"id": f"c{index}", "formula": formula} for index, formula in enumerate(formulas)]


def document(*elements):
    return {"schemaVersion": 1, "pages": [{"id": "p", "name": "P", "elements": list(elements)}]}


JOIN = {
    "kind": "join",
    "primarySource": {"kind": "warehouse-table", "connectionId": CONNECTION, "path": ["D", "S", "FACT"]},
    "joins": [
        {
            "left": {"kind": "warehouse-table", "connectionId": CONNECTION, "path": ["D", "S", "FACT"]},
            "right": {"kind": "table", "elementId": "shops"},
            "columns": [{"left": "[Shop Key]", "right": "[Key]"}],
        },
        {
            "name": "People",
            "left": {"kind": "table", "elementId": "shops"},
            "right": {"kind": "data-model", "dataModelId": "m", "elementId": "staff"},
            "columns": [{"left": "[Key]", "right": "[Key]"}],
        },
    ],
}


def meanings(body, models=None):
    return {"/".join(found.bracket.segments): (found.meaning, found.points_to) for found in explain(body, models or {})}


def test_a_join_of_everything():
    body = document(
        table(["D", "S", "SHOPS"], "shops", name="Shops"),
        table(["D", "S", "AREA"], "area"),
        {
            "id": "j",
            "kind": "table",
            "name": "Joined",
            "source": JOIN,
            "columns": columns(
                "[FACT/Amount]",
                "[Shops/Name]",
                "[People/Age]",
                "Lookup([AREA/Area], [Amount], [AREA/Key])",
                "[Joined/Amount]",
                "[Missing node/abc]",
                "Sum([Nobody/Knows])",
                "[Amount] + [ctl] + [Ghost]",
                '"[FACT/x]"',
            ),
        },
        {"id": "k", "kind": "control", "controlId": "ctl", "controlType": "text"},
    )
    assert meanings(body) == {
        "FACT/Amount": ("leg_table", (CONNECTION, "D", "S", "FACT")),
        "Shops/Name": ("leg_element", ("shops",)),
        "People/Age": ("leg_name", ("m", "staff")),
        "AREA/Area": ("other_element", ("area",)),
        "AREA/Key": ("other_element", ("area",)),
        "Joined/Amount": ("self", ("j",)),
        "Missing node/abc": ("broken_in_source", ()),
        "Nobody/Knows": ("unresolved", ()),
        "Shop Key": ("source_column", (CONNECTION, "D", "S", "FACT")),
        "Key": ("source_column", ("m", "staff")),
        "Amount": ("column", ("j", "c0")),
        "ctl": ("control", ("k",)),
        "Ghost": ("unresolved", ()),
    }


def test_a_workbook_over_a_model():
    model = document(
        table(["D", "S", "SALES"], "sales", relationships=[{"id": "r", "targetElementId": "shops", "keys": []}]),
        table(["D", "S", "SHOPS"], "shops", name="Shops"),
    )
    reader = {
        "id": "e",
        "kind": "bar-chart",
        "source": {"kind": "data-model", "dataModelId": "m", "elementId": "sales"},
        "columns": columns("[SALES/Amount]", "[SALES/Shops/City]", "[Metrics/Margin]", "[Other/X]", "[SALES/Gone/Y]"),
    }
    body = {"schemaVersion": 1, "kind": "workbook", "elements": [reader], "pages": []}
    assert meanings(body, {"m": model}) == {
        "SALES/Amount": ("model_element", ("m", "sales")),
        "SALES/Shops/City": ("relationship", ("sales", "r")),
        "Metrics/Margin": ("metric", ("m", "sales", "Margin")),
        "Other/X": ("unresolved", ()),
        "SALES/Gone/Y": ("unresolved", ()),
    }
    unknown = meanings(body)
    assert unknown["SALES/Shops/City"] == ("model_element", ("m", "sales"))
    assert unknown["Other/X"] == ("model_element", ("m", "sales"))


@pytest.mark.parametrize(
    ("source", "formula", "meaning"),
    [
        ({"kind": "sql", "connectionId": CONNECTION, "statement": "select 1 A"}, "[Custom SQL/A]", "sql"),
        ({"kind": "union", "sources": [{}, {}, {}], "matches": []}, "[Union of 3 Sources/A]", "union"),
        ({"kind": "csv-table", "connectionId": CONNECTION, "inodeId": "i"}, "[report.csv/A]", "file"),
        ({"kind": "metric-view", "connectionId": CONNECTION, "path": ["D", "V"]}, "[V/A]", "table"),
        ({"kind": "code-output", "elementId": "py", "output": "frame"}, "[frame/A]", "code_output"),
        ({"kind": "linked", "from": "t", "connectionId": CONNECTION}, "[T/A]", "element"),
        ({"kind": "transpose", "source": {"kind": "table", "elementId": "t"}}, "[Whatever/A]", "transpose"),
    ],
)
def test_sources(source, formula, meaning):
    body = document(table(["D", "S", "T"]), {"id": "e", "kind": "table", "source": source, "columns": columns(formula)})
    (found,) = [each for each in explain(body) if each.element == "e"]
    assert found.meaning == meaning


def test_formulas_are_found_wherever_they_stand():
    body = {
        "elements": [
            table(["D", "S", "T"], name="Sales"),
            {"id": "x", "kind": "text", "body": "Total {{Sum([Sales/Amount])}} [not a reference]"},
            {"id": "g", "kind": "progress", "source": {"kind": "table", "elementId": "t"}, "value": "Sum([Sales/A])"},
            {
                "id": "b",
                "kind": "button",
                "actions": [
                    {
                        "effects": [
                            {"kind": "set-control-value", "value": {"type": "formula", "formula": "[Selection/Q]"}}
                        ]
                    }
                ],
            },
        ],
        "overlays": [{"id": "o", "modal": {"header": {"title": "{{[Sales/B]}}"}}}],
        "pages": [],
    }
    found = {"/".join(each.bracket.segments): (each.path, each.meaning, each.element) for each in explain(body)}
    assert found == {
        "Sales/Amount": (("elements", 1, "body"), "other_element", "x"),
        "Sales/A": (("elements", 2, "value"), "element", "g"),
        "Selection/Q": (("elements", 3, "actions", 0, "effects", 0, "value", "formula"), "selection", "b"),
        "Sales/B": (("overlays", 0, "modal", "header", "title"), "other_element", ""),
    }
    for each in explain(body):
        text = body
        for step in each.path:
            text = text[step]
        assert text[slice(*each.span)] == "[" + "/".join(each.bracket.segments) + "]"


def test_no_qualified_reference_of_the_samples_is_left(samples):
    found = [each for body in samples.values() for each in explain(body)]
    tally = Counter(each.meaning for each in found if each.qualified)
    assert tally["unresolved"] == 0
    assert tally["broken_in_source"] == 0
    assert sum(tally.values()) >= at_least(100, 3000)
    expected = ("element", "table", "model_element", "leg_table", "leg_element", "leg_name", "sql", "metric")
    for meaning in (*expected, "relationship", "other_element"):
        assert tally[meaning] > 0, meaning
    bare = Counter(each.meaning for each in found if not each.qualified)
    assert bare["column"] >= at_least(5, 250)
    assert bare["control"] > 0
    assert bare["unresolved"] < 20


def test_bare_names_with_something_in_parentheses():
    shops = table(["D", "S", "SHOPS"], "shops", name="Shops")
    sales = table(
        ["D", "S", "SALES"],
        "sales",
        relationships=[{"id": "r", "name": "Shop", "targetElementId": "shops", "keys": []}],
        metrics=[{"id": "m", "name": "Margin (net)", "formula": "1"}],
        columns=columns(
            "[SALES/Amount]",
            "Upper([City (Shop)])",
            "[Amount (SALES)] + [Amount (1)]",
            "Upper([Ghost (SALES)])",
            "[Margin (net)] - [Nobody (else)]",
            "[Shop/City]",
        ),
    )
    assert meanings(document(shops, sales)) == {
        "SALES/Amount": ("table", (CONNECTION, "D", "S", "SALES")),
        "City (Shop)": ("relationship", ("sales", "r")),
        "Amount (SALES)": ("column", ("sales", "c0")),
        "Amount (1)": ("column", ("sales", "c0")),
        "Ghost (SALES)": ("unresolved", ()),
        "Margin (net)": ("metric", ("sales", "Margin (net)")),
        "Nobody (else)": ("unresolved", ()),
        "Shop/City": ("relationship", ("sales", "r")),
    }


def test_what_is_read_through_an_element_that_reads_nothing_further_is_unresolved():
    body = document(
        table(["D", "S", "SALES"], "sales", columns=columns("[SALES/Shop/City]", "[Selection/a/b]")),
    )
    assert meanings(body) == {"SALES/Shop/City": ("unresolved", ()), "Selection/a/b": ("unresolved", ())}


def test_a_join_that_names_itself_alone():
    body = document(
        {
            "id": "j",
            "kind": "table",
            "name": "J",
            "source": {"kind": "join", "name": "Both", "joins": [{"left": {}, "right": {}}]},
            "columns": columns("[Both/A]"),
        }
    )
    assert meanings(body) == {"Both/A": ("join", ())}


def test_formulas_in_odd_places_of_a_document():
    body = {
        "elements": [
            "odd",
            {
                "id": "t",
                "kind": "table",
                "source": {"kind": "warehouse-table", "connectionId": CONNECTION, "path": ["D", "S", "T"]},
                "columns": [
                    "odd",
                    {"id": "c", "name": "{{[T/Name]}}", "formula": "[T/A]", "format": {"formula": "[T/No]"}},
                ],
                "conditionalFormats": [{"condition": "[T/B] > 1", "style": {"colorFormula": "[T/C]"}}],
                "lists": [["{{[T/D]}}", "plain"]],
            },
        ],
        "pages": "odd",
    }
    found = {"/".join(each.bracket.segments): each.path[2:] for each in explain(body)}
    assert found == {
        "T/Name": ("columns", 1, "name"),
        "T/A": ("columns", 1, "formula"),
        "T/B": ("conditionalFormats", 0, "condition"),
        "T/C": ("conditionalFormats", 0, "style", "colorFormula"),
        "T/D": ("lists", 0, 0),
    }
