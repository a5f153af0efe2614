"""Trees: what of them can be written again, and every text in them."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.tree import DEEPEST, texts_in, unportable, walk

LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(2**66), 2**66)
    | st.floats()
    | st.text(st.characters() | st.just("\ud800"), max_size=3)
)
TREES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=3),
    max_leaves=12,
)


def is_odd(value):
    """Whether a value by itself cannot be written, or not be read again as it was."""
    if isinstance(value, str):
        return any("\ud800" <= letter <= "\udfff" for letter in value)
    if isinstance(value, float):
        return not math.isfinite(value)
    return isinstance(value, int) and not -(2**63) <= value < 2**64


@given(TREES)
def test_a_tree_is_portable_where_each_of_its_values_is(tree):
    assert (unportable(tree) is not None) == any(is_odd(value) for _, value in walk(tree))


@pytest.mark.parametrize("wrap", [lambda tree: [tree], lambda tree: {"a": tree}])
@pytest.mark.parametrize("leaf", ["x", []])
@pytest.mark.parametrize("levels", [DEEPEST - 1, DEEPEST, DEEPEST + 1])
def test_so_many_levels_are_taken_and_no_more(wrap, leaf, levels):
    tree = leaf
    for _ in range(levels):
        tree = wrap(tree)
    assert (unportable(tree) is not None) == (levels > DEEPEST)


@given(TREES)
def test_every_text_of_a_tree_is_told_and_every_key(tree):
    found = [text for _, value in walk(tree) for text in (value if isinstance(value, dict) else [value])]
    assert sorted(texts_in(tree)) == sorted(text for text in found if isinstance(text, str))
