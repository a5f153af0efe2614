"""Causes before symptoms: one thing is told once, whoever it stops, and ids belong to its rows."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from migrate.check.causes import caused
from migrate.check.model import Difference, ReportRow
from migrate.reasons import REASONS
from migrate.words import OUTCOMES

RUN = {"plan_file": "p.yaml"}


def row(name, target="group", outcome="blocked", **more):
    return ReportRow(target=target, type="workbook", source_id=name, source_name=f"N{name}", outcome=outcome, **more)


def problem(code, message, fix="do it", thing=""):
    return {"code": code, "message": message, "fix": fix, "path": "$", "thing": thing}


def test_one_thing_is_one_cause_for_all_targets_whatever_its_rows_say():
    thing = "GET /v2/workbooks/{id}/queries → 500"
    rows = [
        row(str(n), f"t{n}", "failed", reason_code="service", reason=f"org t{n}: 500 [request r-{n}]", thing=thing)
        for n in range(3)
    ]
    rows, (cause,) = caused(rows, RUN)
    assert (cause.thing, cause.told) == (thing, "")
    assert cause.says == f"{REASONS['service'].sentence.rstrip('.')}: {thing}"
    assert (cause.root_rows, cause.dependent_rows, cause.targets) == (3, 0, ("t0", "t1", "t2"))
    assert cause.command == "sigma-migrate apply p.yaml --only service"
    assert {one.cause for one in rows} == {1}


def test_what_was_held_back_is_tried_again_with_what_held_it_back():
    rows = [row("n", target, "not_attempted", reason_code="held_back", reason="it was held back") for target in "ab"]
    for these in (rows, rows[:1]):
        _, (cause,) = caused(these, RUN)
        assert cause.command == "sigma-migrate apply p.yaml", "its gate is asked again"


def test_two_things_are_two_causes_though_their_rows_say_the_same():
    rows = [row(n, reason_code="table_not_found", reason="it is not there", thing=n) for n in ("A", "B")]
    _, causes = caused(rows, RUN)
    assert [(cause.thing, cause.told, cause.place) for cause in causes] == [
        ("A", "it is not there", "map.connections"),
        ("B", "it is not there", "map.connections"),
    ]


def test_without_a_thing_a_code_is_one_cause_and_its_rows_keep_their_words():
    rows = [row(n, reason_code="name_taken", reason=f"a document named {n} is there") for n in "ab"]
    rows, (cause,) = caused(rows, RUN)
    assert (cause.thing, cause.told, cause.says) == ("", "", REASONS["name_taken"].sentence)
    assert [one.reason for one in rows] == ["a document named a is there", "a document named b is there"]


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
    both = (problem("unresolved_connection", "no mapping for 'AU'", thing="AU"), problem("security_unmapped", "region"))
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
    rows, (cause,) = caused(
        [row("a", outcome="created", verdict="mismatch", reason_code="verification_mismatch", detail=(harmless, lost))],
        RUN,
    )
    assert (cause.thing, cause.place) == ("Na", "Board › table 'T'")
    assert cause.told == "Board › table 'T' is missing in the copy"
    assert cause.command == "sigma-migrate verify p.yaml --target group --only a"
    assert rows[0].cause == 1


def test_what_stands_at_two_places_of_one_document_is_two_causes():
    places = [Difference(level="hash", path="$", expected="", found="", kind="lost", page=page) for page in "AB"]
    rows = [
        row("a", target, "created", verdict="mismatch", reason_code="verification_mismatch", detail=(one,))
        for target, one in zip(("group", "emea"), places, strict=True)
    ]
    assert [cause.place for cause in caused(rows, RUN)[1]] == ["A", "B"]


def test_a_row_with_two_problems_of_one_thing_is_counted_once():
    twice = (problem("table_not_found", "at one place", thing="T"), problem("table_not_found", "at another", thing="T"))
    _, (cause,) = caused([row("a", reason_code="table_not_found", problems=twice)], RUN)
    assert (cause.root_rows, cause.told) == (1, "")


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
