"""Canonical YAML: the same tree, the same bytes, and every reader takes back what was written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from migrate.text import INVISIBLE
from migrate.tree import canonical
from migrate.yaml.read import read_yaml
from migrate.yaml.write import to_flow, to_yaml

NASTY = [
    *json.loads((Path(__file__).parent / "cases" / "texts.json").read_text("utf-8")),
    *["x" * 10_000, "word " * 400, "line\n" * 400],
]

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=30)
    | st.sampled_from(NASTY)
)
TREES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)


def read_back(tree):
    text = to_yaml(tree)
    assert canonical(read_yaml(text)) == canonical(tree)
    # PyYAML follows YAML 1.1 and has no JSON float such as 1e16, but for those written with a point and a sign
    assert canonical(yaml.load(text, yaml.CSafeLoader)) == canonical(tree)
    return text


@pytest.mark.parametrize("text", NASTY, ids=lambda text: repr(text)[:30])
def test_nasty_texts_stay_what_they_are_in_every_place(text):
    for tree in (text, [text], {"a": text}, {text: 1}, [[text]], [{"a": text}], {"a": {"b": [text, text]}}):
        read_back(tree)


@pytest.mark.parametrize(
    "char", ["\u202e", "\u2066", "\u200b", "\xad", "\u3164", "\U000e0041", "\x85", "\ufeff", "\x1b"]
)
def test_what_cannot_be_seen_is_written_as_an_escape(char):
    tree = {f"k{char}": [f"a{char}b", f"select 1\n  {char} from t\n"]}
    for text in (read_back(tree), to_flow(tree)):
        assert not INVISIBLE.search(text.replace("\n", ""))
        assert canonical(read_yaml(text)) == canonical(tree)


@given(TREES)
@example({"k" * 2000: {"é" * 600: [1]}})
@example([{"x" * 5000: "a\nb"}])
def test_any_tree_comes_back(tree):
    read_back(tree)


@given(TREES)
def test_the_order_of_keys_does_not_matter(tree):
    shuffled = json.loads(json.dumps(tree), object_pairs_hook=lambda pairs: dict(reversed(pairs)))
    assert to_yaml(shuffled) == to_yaml(tree)


@pytest.mark.parametrize("number", [0, -0.0, 1e16, 1.5e300, 1e-7, 5e-324, 123456789012345678, -(2**63), 0.1, 1.0])
def test_numbers(number):
    text = read_back({"n": number})
    assert type(read_yaml(text)["n"]) is type(number)


@pytest.mark.parametrize("empty", [{}, [], {"a": {}}, {"a": []}, [[]], [{}], None])
def test_empty_values(empty):
    read_back(empty)


def test_sql_and_layout_are_written_for_people():
    text = to_yaml(
        {"layout": "<Page>\n  <Element/>\n</Page>\n", "statement": "select 1\n\nfrom t", "name": "Sales 2026 (AU)"}
    )
    assert text == (
        "layout: |\n  <Page>\n    <Element/>\n  </Page>\nname: Sales 2026 (AU)\nstatement: |-\n  select 1\n\n  from t\n"
    )


def test_lists_of_objects_are_compact():
    assert to_yaml({"a": [{"b": 1, "c": [2]}, [3]]}) == "a:\n  - b: 1\n    c:\n      - 2\n  - - 3\n"
