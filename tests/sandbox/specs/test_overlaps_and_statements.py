"""What a write takes and loses without a word, and what fails only when a query is run."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from migrate.sandbox.specs import Accepted, accept, element_query, elements, lineage, present

ON_TOP = ('elementId="floor-con" gridColumn="17 / 25"', 'elementId="floor-con" gridColumn="16 / 25"')
DECEMBER_2 = datetime(2026, 12, 2, tzinfo=UTC).timestamp()


def write(bench: Any, org: Any, envelope: Any) -> Any:
    return accept(org, "workbook", envelope, mode="create", generation="contents", member_id=bench.member)


def overlapping(bench: Any, how: str) -> tuple[Any, Any]:
    org, envelope = bench.example("contents", overlaps=how)
    layout = envelope["contents"]["layout"]
    assert ON_TOP[0] in layout
    envelope["contents"]["layout"] = layout.replace(*ON_TOP)
    return org, envelope


def names(body: Any) -> set[str]:
    return {element["id"] for element in body["elements"]}


def test_overlaps_are_refused(bench: Any) -> None:
    answer = write(bench, *overlapping(bench, "refuse"))
    assert (answer.status, answer.message) == (400, "Element collisions found: 'floor-con'")


def test_an_overlapping_element_can_be_swallowed(bench: Any) -> None:
    org, envelope = overlapping(bench, "swallow")
    answer = write(bench, org, envelope)
    assert isinstance(answer, Accepted)
    assert names(envelope["contents"]) - names(answer.body) == {"floor-con"}
    assert "floor-con" not in answer.body["layout"]
    assert 'elementId="shares"' in answer.body["layout"]
    again = write(bench, org, {**envelope, "contents": answer.body})
    assert again.body == answer.body


def test_an_overlapping_element_can_stay_unrendered(bench: Any) -> None:
    org, envelope = overlapping(bench, "unrender")
    answer = write(bench, org, envelope)
    assert isinstance(answer, Accepted)
    assert names(answer.body) == names(envelope["contents"])
    inode = bench.store(org, "workbook", "w", answer.body)
    assert names(answer.body) - {item["elementId"] for item in elements(org, inode)} == {"floor-con"}


def test_overlaps_are_refused_only_sometimes(bench: Any) -> None:
    outcomes = set()
    for tail in range(20):
        org, envelope = overlapping(bench, "sometimes")
        envelope["contents"]["layout"] += "\n" * tail
        outcome = isinstance(write(bench, org, envelope), Accepted)
        assert isinstance(write(bench, org, copy.deepcopy(envelope)), Accepted) is outcome
        outcomes.add(outcome)
    assert outcomes == {True, False}


@pytest.mark.parametrize(("switch", "taken"), [("refuse", False), ("accept", True)])
def test_several_controls_of_one_id(bench: Any, switch: str, taken: bool) -> None:
    org, envelope = bench.example("contents", shared_control_ids=switch)
    second = next(item for item in envelope["contents"]["elements"] if item["id"] == "region-two")
    second.update(controlType="text")
    answer = write(bench, org, envelope)
    assert isinstance(answer, Accepted) is taken
    if not taken:
        assert answer.message == "Duplicate id: 'Region'"
    second["controlId"] = "base"  # the id of an element stays taken
    assert write(bench, org, envelope).message == "Duplicate id: 'base'"


def test_a_linked_input_table_needs_no_connection(bench: Any) -> None:
    org, envelope = bench.example("contents")
    plan = next(item for item in envelope["contents"]["elements"] if item["id"] == "plan")
    del plan["source"]["connectionId"]
    assert isinstance(write(bench, org, envelope), Accepted)
    plan["source"]["connectionId"] = "nowhere"
    assert write(bench, org, envelope).message == "Dependency not found: 'nowhere'"
    plan["source"] = {"kind": "linked"}
    assert write(bench, org, envelope).message == 'Invalid kind: "input-table"'


@pytest.mark.parametrize(("name", "found"), [("Amount", True), (None, False), (..., True)])
def test_only_a_linked_column_whose_name_is_null_is_lost(bench: Any, name: Any, found: bool) -> None:
    org, envelope = bench.example("contents")
    by_id = {item["id"]: item for item in envelope["contents"]["elements"]}
    by_id["raw"]["columns"].append({"id": "plan-sum", "name": "P", "formula": "Sum([Plan/Amount])"})
    by_id["plan"]["columns"][0]["name"] = name
    if name is ...:
        del by_id["plan"]["columns"][0]["name"]
    answer = write(bench, org, envelope)
    assert isinstance(answer, Accepted) is found
    assert found or answer.message.endswith("formula reference 'Plan/Amount'")


def query(bench: Any, statement: str, *, now: float = 0.0, **switches: Any) -> tuple[Any, Any, Any]:
    org, envelope = bench.example("contents", **switches)
    table = next(item for item in envelope["contents"]["elements"] if item["id"] == "query")
    table["source"]["statement"] = statement
    answer = write(bench, org, envelope)
    assert isinstance(answer, Accepted)  # nobody looks at SQL when it is written
    inode = bench.store(org, "workbook", "w", answer.body)
    return org, inode, element_query(org, inode, "query", now=now, request_id="r-1", email="a@north.example")


@pytest.mark.parametrize(
    ("switch", "now", "fails"),
    [
        ("work", DECEMBER_2 + 1, False),
        ("fail", 0.0, True),
        ("dated", DECEMBER_2 - 1, False),
        ("dated", DECEMBER_2, True),
    ],
)
@pytest.mark.parametrize("raw", ["{{#raw Floor}}", "{{ #raw Floor }}"])
def test_the_raw_directive_fails_from_december_on(bench: Any, switch: str, now: float, fails: bool, raw: str) -> None:
    _, _, found = query(bench, f"select N from T where {raw}", now=now, raw_directive=switch)
    assert ("error" in found) is fails
    assert not fails or "#raw" in found["error"]


def test_other_directives_never_fail(bench: Any) -> None:
    _, _, found = query(bench, "select N from {{#identifier Floor}} where '#raw'", now=DECEMBER_2, raw_directive="fail")
    assert "error" not in found


@pytest.mark.parametrize(("name", "known"), [("Orders", True), ("Nothing", False), ("It''s", False)])
def test_a_statement_may_read_an_element_of_its_own_document(bench: Any, name: str, known: bool) -> None:
    org, inode, found = query(bench, f"select N from sigma_element('{name}')")
    assert ("error" in found) is not known
    row = next(item for item in lineage(org, inode) if item.get("elementId") == "query")
    assert ("base" in row["sourceIds"]) is known


def test_the_sql_of_a_query_ends_in_a_comment_that_names_an_address(bench: Any) -> None:
    _, _, found = query(bench, "select N from T")
    head, tail = found["sql"].rsplit("\n", 1)
    assert "Sigma" not in head
    assert tail.startswith("-- Sigma Σ ")
    assert json.loads(tail.removeprefix("-- Sigma Σ ")) == {"request-id": "r-1", "email": "a@north.example"}


def test_a_page_that_an_export_leaves_out_stays_empty_in_the_layout(bench: Any) -> None:
    org, envelope = bench.example("contents")
    answer = write(bench, org, envelope)
    inode = bench.store(org, "workbook", "w", answer.body)
    inode.facts["emits"] = [{"hazard": "omitted-pages", "pages": ["page-data"]}]
    shown = present(org, inode, inode.versions[-1], "contents")["contents"]
    assert names(answer.body) - names(shown) == {"base", "raw", "query", "log"}
    assert [page["id"] for page in shown["pages"]] == ["page-main"]
    assert shown["layout"].count('id="page-data"/>') == 1
    control = next(item for item in shown["elements"] if item["id"] == "region-con")
    assert control["filters"][0]["source"]["elementId"] == "base"
    refused = write(bench, org, {**envelope, "contents": shown})
    assert refused.message == "Dependency not found: 'base'"
