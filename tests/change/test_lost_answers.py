"""Answers that get lost: nothing twice, nothing missing, whatever the fault and wherever it strikes."""

from dataclasses import replace

import pytest

from migrate.events import Answered, Recorded, Sending

pytestmark = pytest.mark.anyio

CREATES = {
    "folder": ("POST", "^/v2/files$"),
    "data model": ("POST", "^/v2/dataModels/spec$"),
    "workbook": ("POST", "^/v2/workbooks$"),
}
FAULTS = {
    "answer lost": {"action": "lose_answer"},
    "answer cut off": {"action": "truncate"},
    "reset before": {"action": "reset"},
    "500 before": {"action": "status", "status": 500},
    "502 after": {"action": "status", "status": 502, "effect": True},
    "503 page before": {"action": "status", "status": 503, "as_html": True},
    "504 after": {"action": "status", "status": 504, "effect": True, "as_html": True},
    "429 before": {"action": "status", "status": 429},
    "token expired": {"action": "expire"},
}


UNDISTURBED = []
"""The picture after an undisturbed run, once made."""


@pytest.fixture
async def expected(make_target, make):
    if not UNDISTURBED:
        target = make_target()
        await target.run(make.small_world())
        UNDISTURBED.append(target.picture())
    return UNDISTURBED[0]


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
@pytest.mark.parametrize("where", CREATES.values(), ids=CREATES)
async def test_a_create_without_answer_is_settled(target, make, expected, where, fault):
    method, path = where
    target.fault(method=method, path=path, nth=2 if "files" not in path else 1, **fault)
    outcomes = await target.run(make.small_world())
    assert target.struck == [1]
    assert [o.outcome for o in outcomes] == ["created"] * 6
    assert target.picture() == expected


@pytest.mark.parametrize("fault", ["lose_answer", "reset"])
async def test_a_patch_without_answer_is_settled(target, make, expected, fault):
    target.fault(fault, method="PUT")
    outcomes = await target.run(make.small_world())
    assert target.struck == [1]
    assert [o.outcome for o in outcomes] == ["created"] * 6
    assert target.picture() == expected


@pytest.mark.parametrize("fault", ["lose_answer", "reset", "status"])
async def test_every_create_loses_its_answer_once(target, make, expected, fault):
    for path in ("^/v2/files$", "^/v2/dataModels/spec$", "^/v2/workbooks$"):
        target.fault(fault, method="POST", path=path, count=0, probability=0.5, seed=3)
    for _ in range(6):
        outcomes = await target.run(make.small_world())
        if {o.outcome for o in outcomes} <= {"created", "unchanged"}:
            break
    assert all(target.struck)
    target.sandbox.faults.clear()
    await target.run(make.small_world())
    assert target.picture() == expected


async def test_an_answer_lost_for_good_is_sent_twice_and_no_more(target, make):
    target.fault("status", method="POST", path="^/v2/workbooks$", status=500, count=0)
    (outcome,) = await target.run(make.waves([make.create(make.workbook(1))]))
    assert (outcome.outcome, outcome.reason_code, outcome.attempts) == ("failed", "outcome_unknown", 2)
    sent = [e for e in target.sandbox.evidence.entries if e.method == "POST" and e.path == "/v2/workbooks"]
    assert len(sent) == 2
    async with target.process() as (_, book):
        assert book.snapshot(make.home).open == ()
    target.sandbox.faults.clear()
    (outcome,) = await target.run(make.waves([make.create(make.workbook(1))]))
    assert outcome.outcome == "created"
    assert len(target.living("workbook")) == 1


async def test_a_reading_back_that_fails_is_made_up_for(target, make, expected):
    target.fault("status", method="GET", path="/v2/dataModels/.*/spec", status=500, count=4)
    target.fault("status", method="GET", path="/v2/workbooks/.+", status=503, count=12)
    outcomes = await target.run(make.small_world())
    outcomes = await target.run(make.small_world()) if {o.outcome for o in outcomes} != {"created"} else outcomes
    assert {o.outcome for o in outcomes} <= {"created", "unchanged"}
    assert target.picture() == expected


async def test_a_namesake_of_somebody_else_is_not_taken_for_ours(target, make):
    draft = make.workbook(1, "Report")
    await target.run(make.waves([make.create(draft)]))
    theirs = target.named("Report")
    theirs.created_by = make.somebody
    async with target.process() as (_, book):
        book.forget(make.home)
    target.fault("reset", method="POST", path="^/v2/workbooks$")
    (outcome,) = await target.run(make.waves([make.create(draft)]))
    assert outcome.outcome == "created"
    assert outcome.target_id != theirs.id
    assert len(target.living("workbook")) == 2


async def test_a_namesake_that_another_plan_made_is_not_taken_for_ours(target, make):
    draft = make.workbook(1, "Report")
    await target.run(make.waves([make.create(draft)]))
    other = make.workbook(2, "Report")
    target.fault("reset", method="POST", path="^/v2/workbooks$")
    (outcome,) = await target.run(make.waves([make.create(other)]))
    assert outcome.outcome == "created"
    assert len({inode.id for inode in target.living("workbook")}) == 2


async def test_several_that_may_be_it_stop_that_document_alone(target, make):
    draft, other = make.workbook(1, "Report"), make.workbook(2)
    await target.run(make.waves([make.create(draft)]))
    async with target.process() as (_, book):
        book.forget(make.home)
    first = target.named("Report").id
    target.fault("lose_answer", method="POST", path="^/v2/workbooks$")
    outcomes = await target.run(make.waves([make.create(draft), make.create(other)]))
    assert [o.outcome for o in outcomes] == ["failed", "created"]
    assert outcomes[0].reason_code == "ambiguous_outcome"
    candidates = {inode.id for inode in target.living("workbook") if inode.name == "Report"}
    assert all(candidate in outcomes[0].reason for candidate in candidates)
    again = await target.run(make.waves([make.create(draft), make.create(other)]))
    assert (again[0].outcome, again[0].reason_code) == ("failed", "ambiguous_outcome")
    target.org.inodes[first].archived = True
    final = await target.run(make.waves([make.create(draft), make.create(other)]))
    assert [o.outcome for o in final] == ["created", "unchanged"]
    assert len(target.living("workbook")) == 2


def twins_of(make):
    """Two documents of the same name, folder and content."""
    first, second = (make.workbook(number, "Same", text="x") for number in (1, 2))
    return first, replace(second, body=first.body)


async def test_twins_in_one_folder_are_told_apart_or_interchangeable(target, make):
    target.fault("lose_answer", method="POST", path="^/v2/workbooks$", count=2)
    outcomes = await target.run(make.waves([make.create(twin) for twin in twins_of(make)]))
    assert [o.outcome for o in outcomes] == ["created", "created"]
    assert len({o.target_id for o in outcomes}) == 2
    assert len(target.living("workbook")) == 2


async def test_a_twin_that_was_answered_is_not_taken_for_the_one_that_was_not(target, make):
    """The id that one was answered with is looked at before names are, though it cannot be read back at once."""
    target.fault("lose_answer", method="POST", path="^/v2/workbooks$")
    target.fault("status", method="GET", path="^/v2/workbooks/[^/]+$", status=404, count=2)
    outcomes = await target.run(make.waves([make.create(twin) for twin in twins_of(make)]))
    assert [o.outcome for o in outcomes] == ["created", "created"]
    assert {o.target_id for o in outcomes} == {one.id for one in target.living("workbook")}
    assert len(target.living("workbook")) == 2


async def test_what_a_namesake_was_answered_with_is_no_doubt_about_what_never_arrived(target, make):
    """Looked for by its name first, the one that was never made would find the other, and nothing would be sent."""
    target.fault("reset", method="POST", path="^/v2/workbooks$")
    target.fault("status", method="GET", path="^/v2/workbooks/[^/]+$", status=404)
    namesakes = [make.workbook(number, "Same", text=f"contents of {number}") for number in (1, 2)]
    outcomes = await target.run(make.waves([make.create(one) for one in namesakes]))
    assert target.struck == [1, 1]
    assert [o.outcome for o in outcomes] == ["created", "created"]
    assert len(target.living("workbook")) == 2


async def test_a_copy_of_ours_is_not_taken_for_its_twin(target, make):
    first, second = twins_of(make)
    await target.run(make.waves([make.create(first)]))
    ours = target.named("Same").id
    target.fault("mutate", method="POST", path="^/v2/workbooks$", at="workbookId", into="value", value=ours, count=0)
    outcomes = await target.run(make.waves([make.create(first), make.create(second)]))
    assert [o.outcome for o in outcomes] == ["unchanged", "created"]
    assert outcomes[0].target_id == ours
    assert {o.target_id for o in outcomes} == {one.id for one in target.living("workbook")}
    assert len(target.living("workbook")) == 2


@pytest.mark.parametrize("answered", ["no folder's", "another folder's of ours"])
async def test_a_folder_that_was_answered_with_an_odd_id_is_made_once(make_target, make, answered):
    """Killed before its record, it is looked for by its name, though the listing does not show it at once."""
    todo = make.waves([make.folder("Shared", "New")])
    undisturbed, target = make_target(), make_target(lag_seconds=45.0)
    for one in (undisturbed, target):
        await one.run(make.waves([make.folder("Shared", "Older")]))
        one.told.clear()
    await undisturbed.run(todo)
    older = next(one.id for one in target.living("folder") if one.name == "Older")
    value = older if answered == "another folder's of ours" else "none"
    target.fault("mutate", method="POST", path="^/v2/files$", at="id", into="value", value=value)
    steps = [one for one in undisturbed.told if isinstance(one, Recorded | Sending | Answered)]
    assert await target.die_once(todo, 1 + [getattr(one, "what", "") for one in steps].index("sent"))
    await target.run(todo)
    assert [one.name for one in target.living("folder") if one.name == "New"] == ["New"]
    async with target.process() as (_, book):
        copies = book.snapshot(make.home).copies.values()
    assert {one.target_id for one in copies if one.name in ("Older", "New")} == {
        one.id for one in target.living("folder") if one.name in ("Older", "New")
    }


async def test_a_clock_behind_ours_does_not_hide_what_we_made(make_target, make):
    target = make_target(clock_skew_seconds=-600.0)
    target.fault("lose_answer", method="POST", path="^/v2/workbooks$")
    (outcome,) = await target.run(make.waves([make.create(make.workbook(1))]))
    assert outcome.outcome == "created"
    assert len(target.living("workbook")) == 1


@pytest.mark.parametrize("fault", [None, "lose_answer", "reset"])
async def test_a_workspace_is_made_once(target, make, fault):
    folder = make.folder("Brand new")
    todo = make.waves([folder], [make.create(make.workbook(1, folder=("Brand new",)), folder.id)])
    if fault:
        target.fault(fault, method="POST", path="^/v2/workspaces$")
    (outcome,) = await target.run(todo)
    assert outcome.outcome == "created"
    assert [i.name for i in target.living("workspace")] == ["Shared", "Brand new"]
    async with target.process() as (_, book):
        book.forget(make.home)
    await target.run(make.waves([folder]))
    assert len(target.living("workspace")) == 2, "one of that name is there already"


ODD_IDS = {
    "no document": lambda ids: "no-document-of-that-id",
    "a stranger's": lambda ids: ids["stranger"],
    "an older copy of ours": lambda ids: ids["ours"],
    "a folder": lambda ids: ids["folder"],
    "a namesake's elsewhere": lambda ids: ids["namesake"],
}


@pytest.mark.parametrize("times", [1, 0], ids=["once", "always"])
@pytest.mark.parametrize("id_for", ODD_IDS.values(), ids=ODD_IDS)
async def test_an_answer_that_names_another_document_is_not_believed(target, make, id_for, times):
    """A create was answered, but not with its id: what was made is looked for, and nothing else is taken for it."""
    ours, theirs = make.workbook(1, "Ours", text="ours"), make.workbook(2, "Theirs", text="theirs")
    away, folder = make.workbook(5, "Workbook 3", folder=("Shared", "Away"), text="away"), make.folder("Shared", "Away")
    await target.run(make.waves([folder], [make.create(each, folder.id) for each in (ours, theirs, away)]))
    stranger = target.named("Theirs")
    stranger.created_by = make.somebody
    async with target.process() as (_, book):
        book.forget(make.home)
    ids = {"stranger": stranger.id, "ours": target.named("Ours").id, "folder": make.shared}
    ids["namesake"] = target.named("Workbook 3").id
    kept = {one.id: len(one.versions) for one in target.living("workbook")}
    target.fault(
        "mutate", method="POST", path="^/v2/workbooks$", at="workbookId", into="value", value=id_for(ids), count=times
    )
    todo = [make.create(make.workbook(number, text=str(number))) for number in (3, 4)]
    outcomes = await target.run(make.waves(todo))
    assert [o.outcome for o in outcomes] == ["created", "created"]
    made = {one.name: one.id for one in target.living("workbook") if one.id not in kept}
    assert {o.target_name: o.target_id for o in outcomes} == made
    assert made.keys() == {"Workbook 3", "Workbook 4"}
    assert len(target.living("workbook")) == len(kept) + 2
    assert {one.id: len(one.versions) for one in target.living("workbook") if one.id in kept} == kept
    async with target.process() as (_, book):
        snapshot = book.snapshot(make.home)
    assert snapshot.open == ()
    assert {copy.target_id for copy in snapshot.copies.values()} == {o.target_id for o in outcomes}


@pytest.mark.parametrize("missing", [1, 3])
async def test_what_was_made_and_does_not_show_yet_is_not_made_again(target, make, missing):
    target.fault("status", method="GET", path="^/v2/workbooks/[^/]+$", status=404, count=missing)
    (outcome,) = await target.run(make.waves([make.create(make.workbook(1))]))
    assert target.struck == [missing]
    assert outcome.outcome == "created"
    assert len(target.living("workbook")) == 1


async def test_what_is_listed_and_can_never_be_read_is_not_made_again(target, make):
    target.fault("status", method="GET", path="^/v2/workbooks/[^/]+$", status=404, count=0)
    (outcome,) = await target.run(make.waves([make.create(make.workbook(1))]))
    assert (outcome.outcome, outcome.reason_code) == ("failed", "ambiguous_outcome")
    (made,) = target.living("workbook")
    assert made.id in outcome.reason
    target.sandbox.faults.clear()
    (outcome,) = await target.run(make.waves([make.create(make.workbook(1))]))
    assert (outcome.outcome, outcome.target_id) == ("created", made.id)
    assert len(target.living("workbook")) == 1
