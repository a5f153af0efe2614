"""An entry is put into a plan, and nothing else in its text moves."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import assume, given
from hypothesis import strategies as st

from migrate.yaml.edit import CannotEdit, Entry, with_entry, with_value
from migrate.yaml.write import to_yaml

PAIR = {"from": "A", "to": "B: c"}
PATH = ("map", "connections")

TEXTS = {
    "a block list": (
        "map:  # what becomes what\n  connections:\n    - {from: X, to: Y}  # ours\n\n# the end\nrules: []\n",
        (
            'map:  # what becomes what\n  connections:\n    - {from: X, to: Y}  # ours\n    - {from: A, to: "B: c"}\n\n'
            "# the end\nrules: []\n"
        ),
    ),
    "a block list of blocks": (
        "map:\n  connections:\n  - from: X\n    to: Y\n    paths:\n      - {from: D.*, to: E.*}\npolicy: {}\n",
        (
            "map:\n  connections:\n  - from: X\n    to: Y\n    paths:\n      - {from: D.*, to: E.*}\n"
            '  - {from: A, to: "B: c"}\npolicy: {}\n'
        ),
    ),
    "a flow list": (
        "map: {connections: [{from: X, to: Y}]} # all\n",
        'map: {connections: [{from: X, to: Y}, {from: A, to: "B: c"}]} # all\n',
    ),
    "an empty flow list": (
        "map:\n  connections: []  # none\n",
        'map:\n  connections: [{from: A, to: "B: c"}]  # none\n',
    ),
    "no list": (
        "map:\n  folders: []\nrules: []\n",
        'map:\n  folders: []\n  connections:\n    - {from: A, to: "B: c"}\nrules: []\n',
    ),
    "no block": ("version: 1\n", 'version: 1\nmap:\n  connections:\n    - {from: A, to: "B: c"}\n'),
    "a key without value": (
        "map:\n  connections:\nrules: []\n",
        'map:\n  connections:\n    - {from: A, to: "B: c"}\nrules: []\n',
    ),
    "a block without value": ("map:  # later\n", 'map:  # later\n  connections:\n    - {from: A, to: "B: c"}\n'),
    "an empty block": ("map: {}\n", 'map: {connections: [{from: A, to: "B: c"}]}\n'),
    "no newline at the end": (
        "map:\n  connections:\n    - {from: X, to: Y}",
        'map:\n  connections:\n    - {from: X, to: Y}\n    - {from: A, to: "B: c"}\n',
    ),
    "nothing": ("", 'map:\n  connections:\n    - {from: A, to: "B: c"}\n'),
}


@pytest.mark.parametrize("case", TEXTS, ids=str)
def test_an_entry_is_added_and_the_rest_stays(case):
    before, after = TEXTS[case]
    assert with_entry(before, PATH, PAIR) == after
    assert yaml.safe_load(after)["map"]["connections"][-1] == PAIR


VALUES = {
    "policy: {existing: fail}  # hm\n": "policy: {existing: update}  # hm\n",
    "policy:\n  existing: fail # hm\n  drift: keep\n": "policy:\n  existing: update # hm\n  drift: keep\n",
    "policy:\n  drift: keep\n": "policy:\n  drift: keep\n  existing: update\n",
    "policy:\n": "policy:\n  existing: update\n",
    "name: x\n": "name: x\npolicy:\n  existing: update\n",
}


@pytest.mark.parametrize("before", VALUES, ids=range(len(VALUES)))
def test_a_value_is_set_where_it_stands_or_anew(before):
    assert with_value(before, ("policy", "existing"), "update") == VALUES[before]


PATHS = ("map", "connections", Entry("from", "X"), "paths")
BELOW = {
    "a block entry": (
        "map:\n  connections:\n    - from: X  # ours\n      to: Y\n    - from: Z\n      to: Q\n",
        (
            "map:\n  connections:\n    - from: X  # ours\n      to: Y\n      paths:\n"
            '        - {from: A, to: "B: c"}\n    - from: Z\n      to: Q\n'
        ),
    ),
    "a flow entry": (
        "map:\n  connections:\n    - {from: Z, to: Q}\n    - {from: X, to: Y}  # ours\n",
        (
            "map:\n  connections:\n    - {from: Z, to: Q}\n"
            '    - {from: X, to: Y, paths: [{from: A, to: "B: c"}]}  # ours\n'
        ),
    ),
    "an entry with paths": (
        "map:\n  connections:\n    - from: X\n      paths:\n        - {from: D.*, to: E.*}  # all\n      to: Y\n",
        (
            "map:\n  connections:\n    - from: X\n      paths:\n        - {from: D.*, to: E.*}  # all\n"
            '        - {from: A, to: "B: c"}\n      to: Y\n'
        ),
    ),
}


@pytest.mark.parametrize("case", BELOW, ids=str)
def test_an_entry_is_added_below_an_entry_of_a_list(case):
    before, after = BELOW[case]
    assert with_entry(before, PATHS, PAIR) == after


def test_a_value_is_set_in_an_entry_that_is_found_by_what_it_holds_whether_dotted_or_a_list():
    text = "map:\n  paths:\n    - {from: [D, S, T], to: E}  # hm\n    - {from: D.S.T2, to: F}\n"
    place = ("map", "paths", Entry("from", "D.S.T"), "to")
    assert with_value(text, place, "E.S.T") == text.replace("to: E}", "to: E.S.T}")
    assert with_value(text, ("map", "paths", Entry("from", "D.S.T2"), "to"), "G") == text.replace("to: F", "to: G")


@pytest.mark.parametrize(
    "text",
    [
        "map:\n  connections: []\n",
        "map:\n  connections: {from: X}\n",
        "map:\n  connections:\n    - {from: X}\n    - {from: X}\n",
        "map: {}\n",
    ],
)
def test_an_entry_that_is_not_there_or_twice_is_no_place(text):
    with pytest.raises(CannotEdit, match=r"entries hold from: X|no list that holds an entry with from X"):
        with_entry(text, PATHS, PAIR)


@pytest.mark.parametrize("text", ["- a list\n", "map: text\n", "map: &a {connections: []}\nother: *a\n", "map: [1\n"])
def test_what_cannot_be_changed_alone_is_refused(text):
    with pytest.raises(CannotEdit):
        with_entry(text, PATH, PAIR)


KEYS = st.sampled_from(["map", "policy", "connections", "folders", "a b", "name"])
TREES = st.recursive(
    st.text(st.characters(categories=["L", "N", "P"]), max_size=8) | st.integers(-9, 9) | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=12,
)


@given(st.dictionaries(KEYS, TREES, min_size=1, max_size=4), st.lists(KEYS, min_size=1, max_size=3))
def test_it_means_what_was_asked_for_or_nothing_is_done(tree, path):
    text = to_yaml(tree, ordered=False)
    assume(yaml.safe_load(text) == tree)
    try:
        made = with_entry(text, path, PAIR)
    except CannotEdit:
        return
    inner = yaml.safe_load(made)
    for key in path:
        inner = inner[key]
    assert inner[-1] == PAIR
    kept = [line for line in text.splitlines() if line in made.splitlines()]
    assert len(kept) >= len(text.splitlines()) - 1, "at most the line that holds the list changes"
