"""What should stand against what does: each named normalisation, each real loss, and nothing in between."""

from __future__ import annotations

import copy
import json
import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from samples import documents

from kit.places import at_least
from migrate.check.compare import aligned, compare, equal, friendly_formula
from migrate.tree import Path, json_path, replaced, walk


def kinds(sent, read, kind="workbook"):
    return {(d.path, d.kind) for d in compare(sent, read, kind)}


def table(**more):
    return {
        "id": "t",
        "kind": "table",
        "columns": [{"id": "a"}, {"id": "b"}, {"id": "c"}],
        "folders": [{"id": "f"}],
        **more,
    }


NORMALISED = [
    ("visible as a source is the default", table(visibleAsSource=True), table()),
    (
        "an automatic name is left out",
        table(source={"path": ["DB", "T"]}, name="T"),
        table(source={"path": ["DB", "T"]}),
    ),
    ("an order is added", table(), table(order=["c", "a", "b"])),
    ("an order with folders is added", table(), table(order=["f", "a"])),
    ("an order is completed", table(order=["b", "a"]), table(order=["b", "a", "c", "f"])),
    ("a raw column name comes back friendly", {"formula": "[ORDERS/ORDER_ID]"}, {"formula": "[ORDERS/Order Id]"}),
    ("in a join too", {"left": "[CUST_KEY]"}, {"left": "[Cust Key]"}),
    ("one is one", {"a": 1}, {"a": 1.0}),
]

DIFFERENT = [
    ("a text", {"a": "x"}, {"a": "y"}, "changed"),
    ("a number", {"a": 1}, {"a": 2}, "changed"),
    ("a truth is no number", {"a": True}, {"a": 1}, "changed"),
    ("a number is no text", {"a": 1}, {"a": "1"}, "changed"),
    ("nothing is not empty", {"a": None}, {"a": ""}, "changed"),
    ("an object became a list", {"a": {}}, {"a": []}, "changed"),
    ("a key is gone", {"a": 1, "b": 2}, {"a": 1}, "lost"),
    ("a key whose value is nothing is gone", {"a": None}, {}, "lost"),
    ("a key was added", {"a": 1}, {"a": 1, "b": 2}, "added"),
    ("an entry is gone", {"a": [1, 2]}, {"a": [1]}, "lost"),
    ("one of two equal entries is gone", {"a": ["x", "x"]}, {"a": ["x"]}, "lost"),
    ("one of two entries with one id is gone", {"a": [{"id": "x"}, {"id": "x"}]}, {"a": [{"id": "x"}]}, "lost"),
    ("an entry was added", {"a": ["x"]}, {"a": ["x", "y"]}, "added"),
    ("the order of texts", {"a": ["x", "y"]}, {"a": ["y", "x"]}, "changed"),
    ("hidden as a source", table(visibleAsSource=False), table(), "lost"),
    (
        "a name of its own",
        table(source={"path": ["DB", "T"]}, name="Orders"),
        table(source={"path": ["DB", "T"]}),
        "lost",
    ),
    ("an order of other columns", table(), table(order=["a", "zzz"]), "added"),
    ("an order that names a column twice", table(), table(order=["a", "a", "b", "c"]), "added"),
    ("an order of an object without columns", {"a": {}}, {"a": {"order": ["x"]}}, "added"),
    ("an order that lost a column", table(order=["a", "b"]), table(order=["a"]), "lost"),
    ("an order that was turned round", table(order=["a", "b"]), table(order=["b", "a"]), "changed"),
    ("another column", {"formula": "[ORDERS/Order Id]"}, {"formula": "[ORDERS/Order Key]"}, "changed"),
    ("another table", {"formula": "[ORDERS/Order Id]"}, {"formula": "[SALES/Order Id]"}, "changed"),
    ("a text inside a formula", {"formula": 'If([A], "[x_y]")'}, {"formula": 'If([A], "[x y]")'}, "changed"),
    ("a friendly name where no formula stands", {"name": "[ORDER_ID]"}, {"name": "[Order Id]"}, "changed"),
    ("a kind inside", {"a": {"kind": "workbook"}}, {"a": {}}, "lost"),
    ("some other kind", {"kind": "report"}, {}, "lost"),
    ("a number for a truth", {"x": [{"y": True}]}, {"x": [{"y": 1}]}, "changed"),
]


@pytest.mark.parametrize(("sent", "read"), [row[1:] for row in NORMALISED], ids=[row[0] for row in NORMALISED])
def test_each_normalisation_has_its_name(sent, read):
    found = compare({"elements": [sent]}, {"elements": [read]}, "workbook")
    assert {difference.kind for difference in found} <= {"normalised"}
    assert equal({"elements": [sent]}, {"elements": [read]}, "workbook")
    assert len(found) == (0 if sent == read else 1)


@pytest.mark.parametrize(("sent", "read", "kind"), [row[1:] for row in DIFFERENT], ids=[row[0] for row in DIFFERENT])
def test_each_real_difference_is_told(sent, read, kind):
    found = compare({"elements": [sent]}, {"elements": [read]}, "workbook")
    assert kind in {difference.kind for difference in found}
    assert not equal({"elements": [sent]}, {"elements": [read]}, "workbook")


@pytest.mark.parametrize("kind", ["workbook", "data-model"])
def test_the_kind_at_the_root_may_come_and_go(kind):
    assert kinds({"kind": kind, "pages": []}, {"pages": []}, kind) == {("$.kind", "normalised")}
    assert kinds({"pages": []}, {"kind": kind, "pages": []}, kind) == {("$.kind", "normalised")}


def test_a_layout_that_was_there_must_stay():
    assert kinds({"layout": "<Page/>"}, {"layout": "<Page />"}) == {("$.layout", "changed")}
    assert kinds({"layout": "<Page/>"}, {}) == {("$.layout", "lost")}


def test_a_difference_of_a_statement_names_nobody():
    sent = {"source": {"statement": "select 1 # ada@acme.example"}, "name": "ada@acme.example"}
    read = {"source": {"statement": "select 2 // bob@acme.example"}, "name": "x"}
    name, statement = sorted(compare(sent, read, "workbook"), key=lambda each: each.path)
    assert statement.expected == "select 1 # [an e-mail address]"
    assert statement.found == "select 2 // [an e-mail address]"
    assert name.expected == "ada@acme.example"


def test_a_difference_says_where_and_what():
    (found,) = compare({"pages": [{"odd key": "a" * 500}]}, {"pages": [{"odd key": "b"}]}, "workbook", level="hash")
    assert found.path == "$.pages[0]['odd key']"
    assert found.expected == "a" * 500
    assert found.found == "b"


@given(st.text(max_size=6000), st.integers(0, 6000), st.text(min_size=1, max_size=10))
def test_of_a_long_text_what_differs_is_always_shown(text, at, new):
    changed = text[:at] + new + text[at:]
    (found,) = compare({"title": text}, {"title": changed}, "workbook")
    first = next((n for n, (a, b) in enumerate(zip(text, changed, strict=False)) if a != b), len(text))
    before, after = found.expected, found.found
    head = re.match(r"\(([\d,]+) characters alike\) …", after) if len(changed) > 2000 else None
    skipped = int(head[1].replace(",", "")) if head else 0
    start = head.end() if head else 0
    assert after[start : start + first - skipped + 1] == changed[skipped : first + 1]
    assert max(len(before), len(after)) < 2600


def model(*elements):
    return {"schemaVersion": 1, "pages": [{"id": "p", "name": "P", "elements": list(elements)}]}


SENT = model(
    {"id": "one", "kind": "table", "columns": [{"id": "a", "formula": "[A]"}], "order": ["a"]},
    {
        "id": "two",
        "kind": "table",
        "source": {"kind": "table", "elementId": "one"},
        "columns": [{"id": "a", "formula": "[B]"}, {"id": "b", "formula": "[C]"}],
        "order": ["a", "b"],
        "wide": {"a": 1, "b": 2},
        "links": [{"id": "r", "targetElementId": "one", "keys": [{"sourceColumnId": "b", "targetColumnId": "a"}]}],
    },
)
NEW_IDS = {"one": "N1", "two": "N2", "r": "NR"}


def remapped():
    """The model as a server that gives new ids returns it; the column ``a`` has another id in each element."""
    read = json.loads(json.dumps(SENT))
    one, two = read["pages"][0]["elements"]
    one |= {"id": "N1", "columns": [{"id": "Na1", "formula": "[A]"}], "order": ["Na1"]}
    two |= {
        "id": "N2",
        "source": {"kind": "table", "elementId": "N1"},
        "wide": {"Na2": 1, "Nb": 2},
        "order": ["Na2", "Nb"],
        "columns": [{"id": "Na2", "formula": "[B]"}, {"id": "Nb", "formula": "[C]"}],
        "links": [{"id": "NR", "targetElementId": "N1", "keys": [{"sourceColumnId": "Nb", "targetColumnId": "Na1"}]}],
    }
    return read


def test_ids_that_the_server_replaced_are_followed():
    assert compare(SENT, remapped(), "data-model") == ()


def test_a_workbook_keeps_its_ids():
    assert not equal({"elements": [{"id": "a"}]}, {"elements": [{"id": "b"}]}, "workbook")


def test_a_reference_to_the_wrong_new_id_is_told():
    read = remapped()
    read["pages"][0]["elements"][1]["source"]["elementId"] = "N2"
    assert kinds(SENT, read, "data-model") == {("$.pages[0].elements[1].source.elementId", "changed")}


@pytest.mark.parametrize(
    ("reference", "place"),
    [
        ({"source": {"kind": "table", "elementId": "e1"}}, "source.elementId"),
        ({"relationships": [{"id": "r", "targetElementId": "e1"}]}, "relationships[0].targetElementId"),
        ({"groupings": [{"id": "g", "groupBy": ["c1"]}]}, "groupings[0].groupBy[0]"),
    ],
)
def test_a_reference_left_on_a_replaced_id_is_told(reference, place):
    def body(element, column, more):
        first = {"id": element, "kind": "table", "columns": [{"id": column, "formula": "[T/A]"}]}
        return {"pages": [{"id": "p", "elements": [first, {"id": "e2", "kind": "table", **more}]}]}

    sent = body("e1", "c1", reference)
    assert compare(sent, sent, "data-model") == ()
    (found,) = compare(sent, body("N1", "N2", reference), "data-model")
    assert (found.kind, found.path) == ("changed", f"$.pages[0].elements[1].{place}")
    assert (found.expected, found.found) in (("N1", "e1"), ("N2", "c1"))


def test_replaced_ids_hide_no_changed_formula():
    read = remapped()
    read["pages"][0]["elements"][1]["columns"][0]["formula"] = "[Z]"
    assert kinds(SENT, read, "data-model") == {("$.pages[0].elements[1].columns[0].formula", "changed")}


def test_elements_in_another_order_are_brought_into_the_sent_one():
    read = remapped()
    read["pages"][0]["elements"].reverse()
    assert not equal(SENT, read, "data-model")
    assert equal(SENT, aligned(SENT, read, NEW_IDS), "data-model")


def test_an_element_that_was_added_or_lost_is_told():
    read = remapped()
    read["pages"][0]["elements"].append({"id": "N3", "kind": "control"})
    assert not equal(SENT, aligned(SENT, read, NEW_IDS), "data-model")
    read["pages"][0]["elements"] = read["pages"][0]["elements"][:1]
    assert not equal(SENT, aligned(SENT, read, NEW_IDS), "data-model")


@pytest.mark.parametrize(
    "read",
    [
        {"pages": [3]},
        {"pages": ["x"]},
        {"pages": [{"elements": 3}]},
        {"pages": [{"elements": [3, {"id": "N1"}]}]},
        {},
        {"pages": [{}, {}, {}]},
        {"pages": [{"elements": [{"id": ["odd"]}, {}]}]},
    ],
)
def test_odd_shapes_are_differences_not_crashes(read):
    assert not equal(SENT, aligned(SENT, read, NEW_IDS), "data-model")
    assert not equal(read, aligned(read, SENT, NEW_IDS), "data-model")


@pytest.mark.parametrize(
    ("raw", "friendly"),
    [("[T/ORDER_ID]", "[T/Order Id]"), ("Sum([T/A_B]) + [C_D]", "Sum([T/A B]) + [C D]"), ("[A/B/C_D]", "[A/B/C D]")],
)
def test_formulas_are_compared_in_one_spelling(raw, friendly):
    assert friendly_formula(raw) == friendly_formula(friendly)


TREES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text("abAB/[] ", max_size=4),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["id", "kind", "name", "order", "columns", "formula", "a", "b"]), inner, max_size=5
        )
    ),
    max_leaves=25,
)
OBJECTS = st.dictionaries(st.sampled_from(["elements", "pages", "layout", "x"]), TREES, max_size=4)


@given(OBJECTS, st.sampled_from(["workbook", "data-model"]))
def test_equal_trees_have_no_difference(tree, kind):
    assert compare(tree, copy.deepcopy(tree), kind) == ()


@given(OBJECTS, st.data())
def test_a_changed_leaf_is_always_told_at_its_place(tree, data):
    places: list[Path] = [path for path, value in walk(tree) if path and not isinstance(value, (dict, list))]
    assume(places)
    path = data.draw(st.sampled_from(places))
    read = replaced(tree, {path: "something else entirely"})
    assert json_path(path) in {
        difference.path for difference in compare(tree, read, "workbook") if difference.kind == "changed"
    }


@given(OBJECTS, st.data())
def test_a_dropped_key_or_entry_is_never_passed_over(tree, data):
    places = [path for path, _ in walk(tree) if path]
    assume(places)
    path = data.draw(st.sampled_from(places))
    read = copy.deepcopy(tree)
    owner = read
    for step in path[:-1]:
        owner = owner[step]
    del owner[path[-1]]
    found = compare(tree, read, "workbook")
    assert found
    harmless = path[-1] in ("visibleAsSource", "name", "kind", "order") or "order" in path
    assert harmless or not equal(tree, read, "workbook")


def test_every_sample_equals_itself_and_misses_each_of_its_parts():
    looked = 0
    for kind, tree, name in documents():
        assert compare(tree, tree, kind) == (), name
        for path, value in list(walk(tree))[:: max(1, sum(1 for _ in walk(tree)) // 8)]:
            replaceable = kind == "data-model" and path[-1:] == ("id",)
            if path and isinstance(value, str) and not replaceable:
                looked += 1
                assert not equal(tree, replaced(tree, {path: f"{value}!"}), kind), (name, path)
    assert looked >= at_least(30, 80)
