"""The one Document: every consumer of "all elements" sees those on overlays and panels, in tabs and containers."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.bundle.document import Element, document_of, element_at, elements_of
from migrate.change.contents import added_by_people
from migrate.check.compare import aligned
from migrate.check.levels import census
from migrate.rewrite.catalogue.walk import look
from migrate.rewrite.fixups import mended
from migrate.rewrite.losses import losses
from migrate.rewrite.models.mapped_model import outline
from migrate.rewrite.names.scope import Naming


def wrapped(where, *elements):
    """A body that holds these elements at one of the places elements may stand."""
    listed = list(elements)
    return {
        "own list": {"elements": listed, "pages": [{"id": "p"}]},
        "page": {"pages": [{"id": "p", "elements": listed}]},
        "overlay": {"pages": [{"id": "p"}], "overlays": [{"id": "o", "triggerElementId": "x", "elements": listed}]},
        "panel": {"pages": [{"id": "p"}], "panels": [{"id": "h", "type": "header", "elements": listed}]},
        "tab": {
            "pages": [{"id": "p"}],
            "elements": [{"id": "t", "kind": "tabbed-container", "tabs": [{"id": "t1", "elements": listed}]}],
        },
        "container in a container": {
            "pages": [
                {
                    "id": "p",
                    "elements": [
                        {
                            "id": "c",
                            "kind": "container",
                            "elements": [{"id": "d", "kind": "container", "elements": listed}],
                        }
                    ],
                }
            ]
        },
    }[where]


PLACES = ("own list", "page", "overlay", "panel", "tab", "container in a container")
everywhere = pytest.mark.parametrize("where", PLACES)


def table(identity="e", name="E", **more):
    return {"id": identity, "kind": "table", "name": name, "columns": [{"id": "c", "formula": "[T/A]"}], **more}


@everywhere
def test_elements_are_found_with_their_path(where):
    body = wrapped(where, table("a"), "no element", table("b"))
    document = document_of(body)
    found = [each for each in document.elements if each.id in ("a", "b")]
    assert [each.id for each in found] == ["a", "b"]
    for each in found:
        node = body
        for step in each.path:
            node = node[step]
        assert node is each.node
    assert [(e.id, path[-2:], c["id"]) for e, path, c in document.columns() if e.id == "a"] == [
        ("a", ("columns", 0), "c")
    ]
    around = {each.path: each for each in document.elements}
    inside = element_at(around, (*found[1].path, "columns", 0, "id"))
    assert inside is not None
    assert inside.id == "b"
    assert element_at(around, ("pages", 0, "id")) is None


def test_pages_overlays_panels_and_controls():
    body = {
        "pages": [{"id": "p"}, "odd", {"id": 7}],
        "overlays": [{"id": "o"}],
        "panels": [{"id": "h"}],
        "elements": [
            {"id": "k1", "kind": "control", "controlId": "Region"},
            {"id": "k2", "kind": "control", "controlId": "Region"},
            {"id": "x", "kind": "button", "controlId": "Region"},
        ],
    }
    document = document_of(body)
    assert [(s.kind, s.id, s.path) for s in document.surfaces] == [
        ("page", "p", ("pages", 0)),
        ("page", "", ("pages", 2)),
        ("overlay", "o", ("overlays", 0)),
        ("panel", "h", ("panels", 0)),
    ]
    assert [surface.id for surface in document.of_kind("panel")] == ["h"]
    assert {name: [e.id for e in each] for name, each in document.controls.items()} == {"Region": ["k1", "k2"]}


@pytest.mark.parametrize("body", [None, [], "text", 3, {}, {"elements": {}, "pages": 3}, {"pages": [None, 1]}])
def test_what_is_no_body_has_no_parts(body):
    assert document_of(body).elements == ()
    assert document_of(body).surfaces == ()


def test_a_word_in_a_text_is_no_list():
    body = wrapped("page", table("a", body='"elements": [{"id": "x"}]'))
    assert [each.id for each in elements_of(body)] == ["a"]


def test_a_body_too_deep_to_serialize_has_elements_too():
    deep = {"id": "a", "kind": "table", "config": {}}
    node = deep["config"]
    for _ in range(400):
        node["in"] = node = {}
    node["elements"] = [{"id": "b"}]
    assert [each.id for each in elements_of({"pages": [{"elements": [deep]}]})] == ["a", "b"]


TREES = st.recursive(
    st.none() | st.integers() | st.sampled_from(["elements", '"elements":', "x"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["elements", "pages", "tabs", "id", "overlays", "panels"]), inner, max_size=4)
    ),
    max_leaves=25,
)


def expected(node, path=()):
    """The elements of a tree by the plainest walk there is, in no order."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield from expected(value, (*path, key))
    elif isinstance(node, list):
        for index, value in enumerate(node):
            if path and path[-1] == "elements" and isinstance(value, dict):
                yield (*path, index)
            yield from expected(value, (*path, index))


@given(TREES)
def test_the_short_way_and_the_walk_find_the_same(tree):
    found = [each.path for each in elements_of(tree)]
    assert sorted(found, key=str) == sorted(expected(tree), key=str)
    assert len(found) == len(set(found))
    for index, path in enumerate(found):
        assert not any(path[: len(later)] == later for later in found[index + 1 :])


# Everybody who asks for all elements.


@everywhere
def test_fix_ups_reach_it(where):
    stale = table(
        "a", sort=[{"columnId": "gone", "direction": "ascending"}, {"columnId": "c", "direction": "ascending"}]
    )
    body = wrapped(where, stale)
    done, changes = mended(body, look(body))
    assert [change.code for change in changes] == ["fix:dangling-sort@1"]
    (element,) = (each for each in elements_of(done) if each.id == "a")
    assert [order["columnId"] for order in element.node["sort"]] == ["c"]


@everywhere
def test_losses_are_told_of_it(where):
    body = wrapped(where, {"id": "b", "kind": "button", "text": "Go"})
    (told,) = losses(document_of(body), look(body))
    assert told.code == "button_without_action"
    assert [each.path for each in elements_of(body) if each.id == "b"] == [told.path]


@everywhere
def test_names_know_it(where):
    naming = Naming(wrapped(where, table("a", "Sales")))
    assert naming.called("Sales") == ["a"]
    assert naming.paths["a"][-1] == 0


@everywhere
def test_the_outline_of_a_model_has_it(where):
    assert outline(wrapped(where, table("a")))["a"] == {"c"}


@everywhere
def test_the_count_has_it(where):
    counted = census(wrapped(where, table("a"), table("b")))
    assert counted["element table"] == 2
    assert counted["columns"] == 2
    assert counted["pages"] == 1
    one_less = census(wrapped(where, table("a")))
    assert {what for what in counted if counted[what] != one_less[what]} == {"element table", "columns"}


@everywhere
def test_what_a_person_added_there_is_not_dropped(where):
    mine = wrapped(where, table("a"))
    theirs = wrapped(where, table("a"), table("added", "By hand"))
    assert added_by_people(theirs, mine, mine, {}) == ("element 'By hand'",)
    assert added_by_people(mine, mine, mine, {}) == ()


def test_an_overlay_and_a_panel_of_a_person_are_not_dropped():
    mine = {"pages": [{"id": "p", "name": "P"}]}
    theirs = {
        "pages": [{"id": "other", "name": "P"}],
        "overlays": [{"id": "o", "name": "Help"}],
        "panels": [{"id": "h", "title": "Top"}],
    }
    assert added_by_people(theirs, mine, mine, {}) == ("overlay 'Help'", "panel 'Top'")


@everywhere
def test_order_is_brought_back_there(where):
    sent = wrapped(where, table("a"), table("b"), table("c"))
    read = wrapped(where, table("3"), table("1"), table("2"))
    back = aligned(sent, read, {"a": "1", "b": "2", "c": "3"})
    assert [each.id for each in elements_of(back) if each.kind == "table"] == ["1", "2", "3"]
    assert orjson.dumps(read) == orjson.dumps(wrapped(where, table("3"), table("1"), table("2")))


def test_an_element_is_a_value():
    (element,) = elements_of({"elements": [{"kind": "table"}]})
    assert element == Element(("elements", 0), "", "table", {"kind": "table"})
