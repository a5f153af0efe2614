"""A source model laid over an existing one, by name."""

from __future__ import annotations

from migrate.rewrite.models.match import match_model
from migrate.rewrite.names.explanation import NameChanges


def element(identity, name, *columns, tail="T", **more):
    source = {"kind": "warehouse-table", "connectionId": "c", "path": ["D", "S", tail]}
    listed = [{"id": f"{identity}-{index}", **column} for index, column in enumerate(columns)]
    named = {"name": name} if name else {}
    return {"id": identity, "kind": "table", "source": source, "columns": listed, **named, **more}


def document(*elements):
    return {"schemaVersion": 1, "pages": [{"id": "p", "name": "P", "elements": list(elements)}]}


SOURCE = document(
    element(
        "s",
        "Sales",
        {"formula": "[T/ORDER_ID]"},
        {"name": "Total", "formula": "Sum([Amount])"},
        {"formula": "Month([Date])"},
        metrics=[{"id": "m", "name": "Margin", "formula": "1"}],
        groupings=[{"id": "g", "groupBy": ["s-0"], "calculations": []}],
        relationships=[{"id": "r", "name": "Shop", "targetElementId": "d", "keys": []}],
    ),
    element("d", None, tail="SHOPS"),
    {"id": "k", "kind": "control", "controlId": "region", "controlType": "list"},
)


def test_a_model_and_its_twin():
    target = document(
        element("D9", "SHOPS"),
        element(
            "S9",
            "Sales",
            {"formula": "Month( [Date] )"},
            {"name": "Total", "formula": "Sum([Value])"},
            {"name": "Order Id", "formula": "[FACT/ORDER_ID]"},
            metrics=[{"id": "M9", "name": "Margin", "formula": "2"}],
            groupings=[{"id": "G9", "groupBy": ["S9-2"], "calculations": []}],
            relationships=[{"id": "R9", "name": "Shop", "targetElementId": "D9", "keys": []}],
        ),
        {"id": "K9", "kind": "control", "controlId": "region", "controlType": "list"},
    )
    matched = match_model(SOURCE, target)
    assert matched.gaps == ()
    assert matched.elements["d"].id == "D9"
    sales = matched.elements["s"]
    assert dict(sales.columns) == {"s-0": "S9-2", "s-1": "S9-1", "s-2": "S9-0"}
    assert (dict(sales.metrics), dict(sales.groupings)) == ({"m": "M9"}, {"g": "G9"})
    assert dict(matched.controls) == {"region": "region"}
    # A raw name and its friendly form are one column, but readers must write what the target shows.
    assert dict(matched.renames) == {"s": NameChanges(columns={"ORDER_ID": "Order Id"}, metrics={}, relationships={})}


def test_renamed_parts():
    called = {"Sales": "Orders", "Total": "Sum", "Margin": "Profit", "region": "area", "Shop": "Store"}
    target = document(
        element(
            "S9",
            "Orders",
            {"formula": "[T/ORDER_ID]"},
            {"name": "Sum", "formula": "1"},
            {"formula": "Month([Date])"},
            metrics=[{"id": "M9", "name": "Profit", "formula": "1"}],
            groupings=[{"id": "G9", "groupBy": ["S9-0"], "calculations": []}],
            relationships=[{"id": "R9", "name": "Store", "targetElementId": "D9", "keys": []}],
        ),
        element("D9", None, tail="SHOPS"),
        {"id": "K9", "kind": "control", "controlId": "area", "controlType": "list"},
    )
    matched = match_model(SOURCE, target, lambda _kind, name, _element: called.get(name, name))
    assert matched.gaps == ()
    assert dict(matched.controls) == {"region": "area"}
    assert matched.renames == {
        "s": NameChanges(
            element=("Sales", "Orders"),
            columns={"Total": "Sum"},
            metrics={"Margin": "Profit"},
            relationships={"Shop": "Store"},
        )
    }


def test_gaps_are_listed_and_nothing_is_guessed():
    target = document(
        element("S9", "Sales", {"name": "Totals", "formula": "1"}),
        element("S8", "SHOPS"),
        element("S7", "SHOPS"),
        {"id": "K9", "kind": "control", "controlId": "region", "controlType": "text"},
    )
    matched = match_model(SOURCE, target)
    assert matched.elements.keys() == {"s"}
    assert dict(matched.elements["s"].columns) == {}
    assert dict(matched.controls) == {}
    assert len(matched.gaps) == 8
    for told in ("'d'", "'s-0'", "'s-1'", "'s-2'", "'m'", "'g'", "'r'", "'k'"):
        assert [gap for gap in matched.gaps if f"({told})" in gap or f" {told}" in gap], told


def test_columns_of_one_name_are_told_apart_by_what_they_read():
    twice = ({"formula": "[FACT/Key]"}, {"formula": "[SHOPS/Key]"})
    matched = match_model(document(element("a", "J", *twice)), document(element("b", "J", *reversed(twice))))
    assert matched.gaps == ()
    assert dict(matched.elements["a"].columns) == {"a-0": "b-1", "a-1": "b-0"}
    same = match_model(document(element("a", "J", twice[0], twice[0])), document(element("b", "J", *twice)))
    assert len(same.gaps) == 2
    assert dict(same.elements["a"].columns) == {}


def test_a_sample_matches_itself(sample_models):
    for name, body in sample_models.items():
        matched = match_model(body, body)
        assert matched.gaps == (), name
        assert dict(matched.renames) == {}
        assert all(ids.id == old for old, ids in matched.elements.items())


def test_a_control_that_is_not_there_or_of_another_kind_is_a_gap():
    def controls(*pairs):
        return document(
            *({"id": name, "kind": "control", "controlId": name, "controlType": kind} for name, kind in pairs)
        )

    matched = match_model(controls(("a", "list"), ("b", "list"), ("c", "text")), controls(("b", "date"), ("c", "text")))
    assert dict(matched.controls) == {"c": "c"}
    assert [gap for gap in matched.gaps if gap.startswith("control")] == [
        "control 'a' ('a'): the target has none called 'a'",
        "control 'b' ('b') is a list, there a date",
    ]
