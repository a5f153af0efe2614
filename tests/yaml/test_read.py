from __future__ import annotations

from pathlib import Path

import orjson
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from migrate.yaml.read import MAX_DEPTH, UnreadableYaml, read_yaml
from migrate.yaml.write import to_flow, to_yaml

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


@pytest.mark.parametrize("write", [lambda tree: to_yaml(tree, ordered=False), to_flow], ids=["block", "flow"])
@given(tree=TREES)
def test_what_is_written_reads_back_the_same_in_its_order(write, tree):
    text = write(tree)
    assert orjson.dumps(read_yaml(text)) == orjson.dumps(tree)
    assert yaml.load(text, Loader=yaml.CSafeLoader) == tree, "to a reader of YAML 1.1, too"


@given(TREES)
def test_flow_stays_on_its_line(tree):
    assert len(to_flow(tree).splitlines()) == 1


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
