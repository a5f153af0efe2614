from __future__ import annotations

from pathlib import Path

import orjson
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from migrate.sigma.yamltree import MAX_DEPTH, UnreadableYaml, read_yaml, write_yaml

CASES = Path(__file__).parent / "cases"

TREES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
    | st.sampled_from(["on", "yes", "NO", "null", "~", "1e3", "0o14", "012", "2026-08-02", "<<", "=", "- x", "a: b"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=12), inner, max_size=4)
    ),
    max_leaves=20,
)


def test_traps_of_yaml_1_1_stay_text():
    text = (CASES / "traps.yaml").read_text()
    assert read_yaml(text) == orjson.loads((CASES / "traps.json").read_bytes())


@given(TREES)
def test_what_is_written_reads_back_the_same(tree):
    assert read_yaml(write_yaml(tree)) == tree


@given(TREES)
def test_what_is_written_means_the_same_to_a_yaml_1_1_reader(tree):
    assert yaml.load(write_yaml(tree), Loader=yaml.CSafeLoader) == tree


def test_shared_anchors_are_read_as_js_yaml_writes_them():
    assert read_yaml("a: &ref_0 {x: 1}\nb: *ref_0\n") == {"a": {"x": 1}, "b": {"x": 1}}


@pytest.mark.parametrize(
    "text",
    [
        "a: &a [*a]",
        "a: 1\na: 2",
        "? [1, 2]\n: 3",
        "--- 1\n--- 2",
        "",
        "a: !!python/object:os.system x",
        "a: !!timestamp 2026-01-01",
        "a: [1, 2",
        "[" * (MAX_DEPTH + 5) + "]" * (MAX_DEPTH + 5),
        "[" * 100_000,
        "a: *nowhere",
        "a:\tb: c: d",
        "\x00",
    ],
)
def test_what_stands_for_no_json_value_is_refused(text):
    with pytest.raises(UnreadableYaml):
        read_yaml(text)


def test_alias_bomb_is_refused_before_it_unfolds():
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    with pytest.raises(UnreadableYaml, match="unfold"):
        read_yaml("\n".join(lines))
