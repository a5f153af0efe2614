"""No JSON makes the checks or the reads raise."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from migrate.sandbox.specs import (
    Accepted,
    Refusal,
    accept,
    columns,
    controls,
    element_columns,
    element_query,
    elements,
    lineage,
    pages,
    present,
    sources,
)

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.floats(allow_nan=False)
    | st.text(max_size=8)
    | st.sampled_from(["base", "kind", "table", "[", "[A/B]", "[A", "<Page>", "data-model", "hidden", "{{", '"']),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["id", "kind", "source", "elementId", "type", "columnId", "name", "filters", "effect", "joins"]
            )
            | st.text(max_size=4),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)
QUICK = settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def places(tree: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path]
    items = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, value in items:
        found += places(value, (*path, key))
    return found


def with_at(tree: Any, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    tree = copy.copy(tree)
    tree[path[0]] = with_at(tree[path[0]], path[1:], value)
    return tree


def judged(bench: Any, org: Any, kind: str, envelope: Any, generation: str) -> None:
    for mode in ("create", "verify", "replace", "dry-run"):
        current = org.inodes.get("w") if mode == "replace" else None
        answer = accept(org, kind, envelope, mode=mode, generation=generation, member_id=bench.member, current=current)
        assert isinstance(answer, (Accepted, Refusal))
        if isinstance(answer, Refusal):
            assert answer.status in {200, 400, 403, 404, 409, 500}
            assert answer.message


def read_all(org: Any, inode: Any) -> None:
    for read in (columns, elements, sources, lineage, pages, controls):
        assert isinstance(read(org, inode), list)
    for item in elements(org, inode):
        element_query(org, inode, item["elementId"])
        element_columns(org, inode, item["elementId"])
    for generation in ("flat", "document", "contents"):
        assert isinstance(present(org, inode, inode.versions[-1], generation), dict)


@QUICK
@given(
    envelope=JSON,
    kind=st.sampled_from(["workbook", "data-model"]),
    form=st.sampled_from(["flat", "document", "contents"]),
)
def test_any_json_is_judged(bench: Any, envelope: Any, kind: str, form: str) -> None:
    judged(bench, bench.org(generation=form), kind, envelope, form)


@QUICK
@given(data=st.data(), value=JSON, form=st.sampled_from(["flat", "document", "contents", "data-model"]))
def test_a_document_with_anything_anywhere_is_judged_and_read(bench: Any, data: Any, value: Any, form: str) -> None:
    org, envelope = bench.example(form)
    path = data.draw(st.sampled_from(places(envelope)))
    changed = with_at(envelope, path, value)
    kind, generation = ("data-model", "flat") if form == "data-model" else ("workbook", form)
    judged(bench, org, kind, changed, generation)
    if isinstance(changed, dict):
        read_all(org, bench.store(org, kind, "x", changed if generation == "flat" else changed.get(generation)))


def test_a_very_deep_body_is_refused(bench: Any) -> None:
    deep: Any = []
    for _ in range(5000):
        deep = [deep]
    org, envelope = bench.example("contents")
    envelope["contents"]["elements"][0]["source"]["deep"] = deep
    answer = accept(org, "workbook", envelope, mode="create", generation="contents", member_id=bench.member)
    assert isinstance(answer, Refusal)
    assert answer.status == 400


def test_models_that_are_made_from_each_other_are_read(bench: Any) -> None:
    org = bench.org()
    for here, there in (("a", "b"), ("b", "a")):
        source = {"kind": "data-model", "dataModelId": there, "elementId": "e"}
        column = {"id": "c", "name": "C", "formula": "[X/C]"}
        page = {
            "id": "p",
            "name": "P",
            "elements": [{"id": "e", "kind": "table", "source": source, "columns": [column]}],
        }
        bench.store(org, "data-model", here, {"schemaVersion": 1, "pages": [page]})
    read_all(org, org.inodes["a"])
    assert columns(org, org.inodes["a"])[0]["type"] == {"type": "error"}


def test_text_that_is_no_unicode_is_judged(bench: Any) -> None:
    org, envelope = bench.example("contents")
    envelope["contents"]["layout"] += "\ud800\x00"
    envelope["name"] = "\ud800"
    answer = accept(org, "workbook", envelope, mode="create", generation="contents", member_id=bench.member)
    assert isinstance(answer, Refusal)
    assert answer.status == 500
