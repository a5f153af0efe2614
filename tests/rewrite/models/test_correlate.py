"""Which part of a read-back model is which of the sent one: right, or refused, never wrong."""

from __future__ import annotations

import random
from collections import Counter

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kit.places import at_least
from migrate.rewrite.models.correlate import Ambiguous, Incomplete, Uncorrelated, correlate

CONNECTION = "c0ffee00-0000-4000-8000-000000000001"


def copy_of(tree):
    return orjson.loads(orjson.dumps(tree))


def element(identity, tail, *columns, **more):
    source = {"kind": "warehouse-table", "connectionId": CONNECTION, "path": ["D", "S", tail]}
    listed = [{"id": f"{identity}-{index}", **column} for index, column in enumerate(columns)]
    return {"id": identity, "kind": "table", "source": source, "columns": listed, **more}


def document(*elements):
    return {"schemaVersion": 1, "pages": [{"id": "p", "name": "P", "elements": list(elements)}]}


def served(body, rng, *, remap, shuffle, normalise):
    """The body as a server might read it back, and the truth: old id -> (element, columns, metrics, groupings)."""
    body = copy_of(body)
    listed = [element for page in body["pages"] for element in page["elements"]]
    fresh = iter(rng.sample(range(10**6, 10**7), 10**4))
    new = {one["id"]: f"E{next(fresh)}" if remap else one["id"] for one in listed}
    truth = {}
    for page in body["pages"]:
        for one in page["elements"]:
            inner = {}
            for key in ("columns", "metrics", "groupings"):
                items = one.get(key) or []
                inner[key] = {item["id"]: f"i{next(fresh)}" if remap else item["id"] for item in items}
                for item in items:
                    item["id"] = inner[key][item["id"]]
            for grouping in one.get("groupings") or []:
                grouping["groupBy"] = [inner["columns"].get(column, column) for column in grouping["groupBy"]]
            truth[one["id"]] = (new[one["id"]], inner["columns"], inner["metrics"], inner["groupings"])
            _point_to(one, new)
            one["id"] = new[one["id"]]
            if normalise:
                _normalise(one)
            if shuffle:
                rng.shuffle(one.get("columns") or [])
        if shuffle:
            rng.shuffle(page["elements"])
    return body, truth


def _point_to(node, new):
    for key, value in node.items() if isinstance(node, dict) else enumerate(node):
        if isinstance(value, (dict, list)):
            _point_to(value, new)
        elif key in ("elementId", "targetElementId", "from") and "dataModelId" not in node:
            node[key] = new.get(value, value)


def _normalise(one):
    one["order"] = [column["id"] for column in one.get("columns") or []]
    for column in one.get("columns") or []:
        formula = column.get("formula", "")
        if formula.startswith("[") and formula.count("]") == 1 and formula.endswith("]") and "_" in formula:
            prefix, _, name = formula[1:-1].partition("/")
            if name.isupper() and "/" not in name:
                column["formula"] = f"[{prefix}/{name.replace('_', ' ').title()}]"


def found(body, read):
    return {
        old: (ids.id, dict(ids.columns), dict(ids.metrics), dict(ids.groupings))
        for old, ids in correlate(body, read).items()
    }


@pytest.mark.parametrize("remap", [False, True])
@pytest.mark.parametrize("shuffle", [False, True])
def test_every_sample_model(sample_models, remap, shuffle):
    tally = Counter()
    for name, body in sample_models.items():
        read, truth = served(body, random.Random(7), remap=remap, shuffle=shuffle, normalise=True)
        try:
            assert found(body, read) == truth, name
        except Uncorrelated:
            tally["refused"] += 1
        else:
            tally["right"] += 1
    assert tally["right"] >= at_least(2, 32)
    assert tally["refused"] <= 2


NAMES = st.one_of(st.none(), st.sampled_from(["Sales", "Shops"]))
COLUMNS = st.lists(
    st.builds(
        lambda name, formula: {"formula": formula, **({"name": name} if name else {})},
        NAMES,
        st.sampled_from(["[T/ORDER_ID]", "[T/A]", "Sum([A])", "[Sales/A]"]),
    ),
    max_size=4,
)


@st.composite
def models(draw):
    listed = []
    for number in range(draw(st.integers(1, 5))):
        name = draw(NAMES)
        one = element(
            f"e{number}", draw(st.sampled_from(["T", "U"])), *draw(COLUMNS), **({"name": name} if name else {})
        )
        if listed and draw(st.booleans()):
            one["source"] = {"kind": "table", "elementId": draw(st.sampled_from(listed))["id"]}
        if draw(st.booleans()):
            one["description"] = draw(st.sampled_from(["x", "y"]))
        if draw(st.booleans()):
            one["metrics"] = [{"id": f"m{number}", "name": "M", "formula": "Sum([A])"}]
        if one["columns"] and draw(st.booleans()):
            one["groupings"] = [{"id": f"g{number}", "groupBy": [one["columns"][0]["id"]], "calculations": []}]
        listed.append(one)
    return document(*listed)


def shown(body):
    """What each element is, without ids: twins that show the same may stand for each other."""
    by_id = {one["id"]: one for page in body["pages"] for one in page["elements"]}

    def show(identity, depth=6):
        one = by_id[identity]
        target = one["source"].get("elementId")
        return orjson.dumps(
            [
                one.get("name"),
                one.get("description"),
                one["source"].get("path"),
                show(target, depth - 1).decode() if target and depth else "",
                sorted(repr((c.get("name"), c["formula"].upper().replace("_", " "))) for c in one["columns"]),
            ]
        )

    return {identity: show(identity) for identity in by_id}


@given(models(), st.integers(0, 10**6), st.booleans(), st.booleans(), st.booleans())
@settings(max_examples=300, deadline=None)
def test_right_or_refused(body, seed, remap, shuffle, normalise):
    read, truth = served(body, random.Random(seed), remap=remap, shuffle=shuffle, normalise=normalise)
    try:
        pairs = found(body, read)
    except Ambiguous:
        assert remap
        assert shuffle
        return
    assert pairs.keys() == truth.keys()
    here, there = shown(body), shown(read)
    for old, (new, columns, metrics, groupings) in pairs.items():
        assert there[new] == here[old]
        assert len(columns) == len(truth[old][1])
        if new == truth[old][0]:
            assert (metrics, groupings) == truth[old][2:] or shuffle
            if not shuffle:
                assert columns == truth[old][1]
        else:
            assert shuffle
    if not shuffle:
        assert pairs == truth


def test_twins_out_of_order_are_refused_with_candidates():
    sent = document(element("a", "T", {"formula": "[T/A]"}), element("b", "T", {"formula": "[T/A]"}), element("c", "U"))
    read = document(element("y", "U"), element("x", "T", {"formula": "[T/A]"}), element("z", "T", {"formula": "[T/A]"}))
    with pytest.raises(Ambiguous) as refused:
        correlate(sent, read)
    assert refused.value.candidates == {"a": ("x", "z"), "b": ("x", "z")}
    assert refused.value.exit_code == 1
    in_order = document(*(read["pages"][0]["elements"][index] for index in (1, 2, 0)))
    assert {old: ids.id for old, ids in correlate(sent, in_order).items()} == {"a": "x", "b": "z", "c": "y"}


def test_twins_are_told_apart_by_their_groupings_also_where_columns_moved():
    plain = element("a", "T", {"formula": "[T/A]"}, {"formula": "[T/B]", "description": "x"})
    grouped = element("b", "T", {"formula": "[T/A]"}, {"formula": "[T/B]", "description": "x"})
    grouped["groupings"] = [{"id": "g", "groupBy": ["b-0"], "calculations": []}]
    read = [copy_of(one) | {"id": new} for one, new in ((grouped, "y"), (plain, "x"))]
    for one in read:
        one["columns"].reverse()
    pairs = correlate(document(plain, grouped), document(*read))
    assert {old: ids.id for old, ids in pairs.items()} == {"a": "x", "b": "y"}


def test_twins_are_told_apart_by_who_reads_them():
    def model(a, b, reader):
        reads = {"id": reader, "kind": "table", "name": "R", "source": {"kind": "table", "elementId": a}, "columns": []}
        return [element(a, "T"), element(b, "T"), reads]

    sent, read = model("a", "b", "r"), model("x", "y", "q")
    pairs = correlate(document(*sent), document(read[2], read[1], read[0]))
    assert {old: ids.id for old, ids in pairs.items()} == {"a": "x", "b": "y", "r": "q"}


def test_twin_columns_out_of_order_are_refused():
    twins = [{"formula": "[T/A]"}, {"formula": "[T/A]"}, {"formula": "[T/B]"}]
    sent = document(element("a", "T", *twins))
    read = copy_of(document(element("x", "T", *twins)))
    columns = read["pages"][0]["elements"][0]["columns"]
    columns.insert(0, columns.pop())
    with pytest.raises(Ambiguous, match="columns"):
        correlate(sent, read)


def test_what_is_lost_is_named():
    sent = document(element("a", "T", {"formula": "[T/A]"}), element("b", "U"))
    with pytest.raises(Incomplete) as lost:
        correlate(sent, document(element("x", "T", {"formula": "[T/A]"})))
    assert lost.value.missing == ("b",)
    with pytest.raises(Incomplete, match="columns"):
        correlate(sent, document(element("x", "T"), element("y", "U")))


def test_a_formula_that_came_back_otherwise_is_found_by_name():
    sent = document(element("a", "T", {"name": "Total", "formula": "Sum([A])"}, name="Sales"))
    read = document(element("x", "T", {"name": "Total", "formula": "Sum([A]) + 0"}, name="Sales"))
    (ids,) = correlate(sent, read).values()
    assert ids.id == "x"
    assert dict(ids.columns) == {"a-0": "x-0"}
