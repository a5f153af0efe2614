"""Causes before symptoms: one thing is told once, whoever it stops, and ids belong to its rows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.check.causes import caused, thing_of
from migrate.check.model import Difference, ReportRow
from migrate.words import OUTCOMES

RUN = {"plan_file": "p.yaml"}


def row(name, target="group", outcome="blocked", **more):
    return ReportRow(target=target, type="workbook", source_id=name, source_name=f"N{name}", outcome=outcome, **more)


def problem(code, message, fix="do it"):
    return {"code": code, "message": message, "fix": fix, "path": "$"}


def test_one_thing_is_one_cause_for_all_targets_whatever_ids_its_rows_have():
    reasons = [
        f"org t{n}: GET /v2/workbooks/{n}a52b947-2f01-41ff-b3f4-331938ed3823/queries answered 500 [request r-{n}]"
        for n in range(3)
    ]
    rows = [row(str(n), f"t{n}", "failed", reason_code="service", reason=text) for n, text in enumerate(reasons)]
    rows, causes = caused(rows, RUN)
    (cause,) = causes
    assert cause.thing == "GET /v2/workbooks/{id}/queries answered 500"
    assert (cause.root_rows, cause.dependent_rows, cause.targets) == (3, 0, ("t0", "t1", "t2"))
    assert cause.command == "sigma-migrate apply p.yaml --only service"
    assert {one.cause for one in rows} == {1}


def test_what_waits_hangs_under_its_root_at_any_distance():
    rows = [
        row("c", reason_code="blocked_by", depends_on=("b",)),
        row("b", reason_code="blocked_by", depends_on=("a",)),
        row("a", outcome="failed", reason_code="forbidden", reason="no"),
        row("x", "other", reason_code="blocked_by", depends_on=("a",), reason="it needs a"),
    ]
    rows, causes = caused(rows, RUN)
    assert [(cause.code, cause.root_rows, cause.dependent_rows) for cause in causes] == [
        ("forbidden", 1, 2),
        ("blocked_by", 1, 0),
    ]
    assert [one.cause for one in rows] == [1, 1, 1, 2]


def test_a_circle_of_waiting_is_a_cause_of_its_own():
    rows = [row("a", reason_code="blocked_by", blocked_by="b"), row("b", reason_code="blocked_by", blocked_by="a")]
    rows, causes = caused(rows, RUN)
    assert [(cause.root_rows, cause.dependent_rows) for cause in causes] == [(2, 0)]


def test_every_problem_of_a_document_is_told_at_once():
    both = (problem("unresolved_connection", "no mapping for 'AU'"), problem("security_unmapped", "region"))
    rows = [
        row("a", reason_code="unresolved_connection", reason="no mapping for 'AU' (and 1 more)", problems=both),
        row("b", reason_code="unresolved_connection", reason="no mapping for 'AU'", problems=both[:1]),
    ]
    rows, causes = caused(rows, RUN)
    assert [(cause.code, cause.root_rows) for cause in causes] == [
        ("unresolved_connection", 2),
        ("security_unmapped", 1),
    ]
    assert [(one.cause, one.also) for one in rows] == [(1, (2,)), (1, ())]


def test_a_mismatch_is_told_by_its_place_and_checked_again():
    harmless = Difference(level="hash", path="$.a", expected="1", found="1.0", kind="normalised")
    lost = Difference(level="hash", path="$.b", expected="x", found="", kind="lost", page="Board", element="table 'T'")
    rows, (cause,) = caused([row("a", outcome="created", verdict="mismatch", detail=(harmless, lost))], RUN)
    assert cause.thing == "Na: Board › table 'T' is missing in the copy"
    assert cause.place == "Board › table 'T'"
    assert cause.command == "sigma-migrate verify p.yaml --target group --only a"
    assert rows[0].cause == 1


@pytest.mark.parametrize(
    ("text", "thing"),
    [
        ("no mapping for connection 'AU Operations' (and 3 more)", "no mapping for connection 'AU Operations'"),
        ("org group: POST /v2/x was refused (403) [request 9c2e]", "POST /v2/x was refused (403)"),
        ("moved to https://evil.example/a?b=c now", "moved to an address now"),
        (
            "table DW.SALES.ORDERS_2026_ARCHIVE_OF_ALL is not there",
            "table DW.SALES.ORDERS_2026_ARCHIVE_OF_ALL is not there",
        ),
        ("document 6a52b947-2f01-41ff-b3f4-331938ed3823 is gone", "document {id} is gone"),
    ],
)
def test_a_thing_has_no_ids_and_addresses(text, thing):
    assert thing_of("service", text) == thing


@given(st.lists(st.tuples(st.sampled_from(OUTCOMES), st.sampled_from(["a", "b", "c", ""])), max_size=12))
def test_every_row_that_needs_somebody_has_a_cause_and_no_other(states):
    names = "abcdefghijkl"
    rows = [
        row(names[n], outcome=outcome, reason_code="blocked_by" if needs else "forbidden", blocked_by=needs or None)
        for n, (outcome, needs) in enumerate(states)
    ]
    rows, causes = caused(rows, RUN)
    assert [one.cause is None for one in rows] == [one.good for one in rows]
    assert sum(cause.root_rows + cause.dependent_rows for cause in causes) == sum(not one.good for one in rows)
    assert {one.cause for one in rows} - {None} == {cause.n for cause in causes}
