"""One failed document never stops independent ones; what depends on it names the root cause."""

from dataclasses import replace

import pytest

from migrate.events import Acted
from migrate.plan.policies import Policy

pytestmark = pytest.mark.anyio


def bad_model(make, number, **more):
    """A model that reads an element no model has, which Sigma refuses."""
    draft = make.model(number, **more)
    element = {**draft.body["pages"][0]["elements"][0], "source": {"kind": "table", "elementId": "nowhere"}}
    body = {**draft.body, "pages": [{**draft.body["pages"][0], "elements": [element]}]}
    return type(draft)(**{name: getattr(draft, name) for name in draft.__slots__} | {"body": body})


async def test_dependants_are_blocked_by_the_root_cause(target, make):
    bad, reads_it = bad_model(make, 1), make.model(2, reads=1, elements=())
    report, free = make.workbook(1, reads=2), make.workbook(2)
    outcomes = await target.run(
        make.waves(
            [make.create(bad), make.create(free)],
            [make.create(reads_it, "create:data-model-1")],
            [make.create(report, "create:data-model-2")],
        )
    )
    by_id = {outcome.key.id: outcome for outcome in outcomes}
    assert by_id["data-model-1"].outcome == "failed"
    assert by_id["workbook-2"].outcome == "created"
    for blocked in (by_id["data-model-2"], by_id["workbook-1"]):
        assert (blocked.outcome, blocked.reason_code) == ("blocked", "blocked_by")
        assert blocked.blocked_by == bad.key
        assert "Model 1" in blocked.reason
    acted = {event.source_id: event.outcome for event in target.told if isinstance(event, Acted)}
    assert acted == {outcome.key.id: outcome.outcome for outcome in outcomes}


async def test_a_folder_that_cannot_be_made_blocks_what_belongs_in_it(target, make):
    target.fault("status", method="POST", path="^/v2/files$", status=403, count=0)
    folder = make.folder("Shared", "Closed")
    inside, outside = make.workbook(1, folder=folder.folder), make.workbook(2)
    outcomes = await target.run(make.waves([folder], [make.create(inside, folder.id), make.create(outside)]))
    assert [(o.outcome, o.reason_code) for o in outcomes] == [("blocked", "folder_missing"), ("created", "")]


async def test_stop_at_the_first_error(target, make):
    target.policy = Policy(on_error="stop")
    todo = [make.create(bad_model(make, 1)), *(make.create(make.workbook(n)) for n in range(2, 5))]
    outcomes = await target.run(make.waves(todo))
    assert [o.outcome for o in outcomes] == ["failed", *["not_attempted"] * 3]
    assert {o.reason_code for o in outcomes[1:]} == {"stopped_on_error"}


async def test_the_breaker_stops_a_run_that_mostly_fails(target, make):
    target.policy = Policy(breaker_percent=50.0)
    todo = [make.create(bad_model(make, n)) for n in range(30)]
    outcomes = await target.run(make.waves(todo))
    assert [o.outcome for o in outcomes] == ["failed"] * 10 + ["not_attempted"] * 20
    assert {o.reason_code for o in outcomes[10:]} == {"breaker"}


async def test_half_failing_stays_below_the_breaker(target, make):
    target.policy = Policy(breaker_percent=60.0)
    todo = [make.create(make.workbook(n) if n % 2 else bad_model(make, n)) for n in range(20)]
    outcomes = await target.run(make.waves(todo))
    assert [o.outcome for o in outcomes] == ["failed", "created"] * 10


async def test_asked_to_stop_it_ends_what_is_in_flight_and_goes_on_later(target, make):
    todo = make.waves([make.create(make.workbook(n)) for n in range(6)])
    outcomes = await target.run(todo, stop=lambda: len(target.living("workbook")) >= 2)
    assert [o.outcome for o in outcomes] == ["created"] * 2 + ["not_attempted"] * 4
    assert {o.reason_code for o in outcomes[2:]} == {"interrupted"}
    again = await target.run(todo)
    assert [o.outcome for o in again] == ["unchanged"] * 2 + ["created"] * 4
    assert len(target.living("workbook")) == 6


@pytest.mark.parametrize("effect", [False, True])
async def test_what_does_not_end_in_time_is_cut_off_and_settled_by_the_next_run(target, make, effect):
    todo = make.waves([make.create(make.workbook(n)) for n in range(3)])
    hang = {"action": "slow"} if effect else {"action": "delay"}
    target.fault(**hang, method="POST", path="^/v2/workbooks$", nth=2, seconds=600)
    outcomes = await target.run(todo, stop=lambda: target.struck == [1], grace=0.05)
    assert [(o.outcome, o.reason_code) for o in outcomes] == [
        ("created", ""),
        ("failed", "outcome_unknown"),
        ("not_attempted", "interrupted"),
    ]
    target.sandbox.faults.clear()
    again = await target.run(todo)
    assert [o.outcome for o in again] == ["unchanged", "created", "created"]
    assert len(target.living("workbook")) == 3


async def test_trouble_with_access_stops_the_run_and_says_so(target, make):
    target.fault("expire", method="POST", path="^/v2/workbooks$", count=0)
    outcomes = await target.run(make.waves([make.create(make.workbook(n)) for n in range(4)]))
    assert [o.outcome for o in outcomes] == ["failed", *["not_attempted"] * 3]
    assert len({o.reason_code for o in outcomes}) == 1


async def test_every_document_has_one_outcome_whatever_its_actions(target, make):
    one, other = make.workbook(1, links=2), make.workbook(2, links=1)
    target.fault("status", method="PUT", status=400, count=1)
    outcomes = await target.run(
        make.waves(
            [make.create(one), make.create(other)],
            [make.patch(one, "create:workbook-2"), make.patch(other, "create:workbook-1")],
        )
    )
    assert [o.outcome for o in outcomes] == ["failed", "created"]
    again = await target.run(make.waves([make.patch(one)]))
    assert [o.outcome for o in again] == ["updated"]
    assert f"'documentId': '{target.named('Workbook 2').id}'" in str(target.named("Workbook 1").versions[-1].body)


@pytest.mark.parametrize("answers", [(), (True,)], ids=["at once", "while it waited to be sent again"])
async def test_no_write_leaves_under_a_lock_that_ran_out(target, make, answers):
    """A process that was stopped for longer than its lease finds out at the last moment, not from the ledger."""
    left = list(answers)
    target.covered = lambda: left.pop(0) if left else False
    target.fault("status", method="POST", path="^/v2/workbooks$", status=429)
    outcomes = await target.run(make.waves([make.create(make.workbook(1)), make.create(make.workbook(2))]))
    assert [(o.outcome, o.reason_code) for o in outcomes] == [("failed", "lock_held"), ("not_attempted", "lock_held")]
    assert target.living("workbook") == []
    assert target.struck == [len(answers)]
    target.covered = lambda: True
    target.sandbox.faults.clear()
    await target.run(make.waves([make.create(make.workbook(1)), make.create(make.workbook(2))]))
    assert len(target.living("workbook")) == 2


async def test_folders_are_looked_for_once_where_somebody_may_have_made_them(target, make):
    new, there = make.folder("Shared", "New"), make.folder("Shared", "There")
    inside = [make.folder("Shared", "New", name, after=(new.id,)) for name in ("A", "B")]
    by_hand = replace(
        target.org.inodes[make.shared],
        id="5e0c2f6e-58a1-4c0e-9d55-0a4f1f6f2a10",
        type="folder",
        name="There",
        parent_id=make.shared,
    )
    target.org.inodes[by_hand.id] = by_hand
    draft = make.workbook(1, folder=there.folder)
    await target.run(make.waves([new, there], inside, [make.create(draft, there.id)]))
    looks = [one for one in target.sandbox.evidence.entries if (one.method, one.path) == ("GET", "/v2/files")]
    assert len(looks) == 1, "what stands in a folder of our own is known"
    assert sorted(inode.name for inode in target.living("folder")) == ["A", "B", "New", "There"]
    assert target.named("Workbook 1").parent_id == by_hand.id


async def test_a_folder_whose_answer_was_lost_is_looked_for_anew(make_target, make):
    target = make_target(lag_listings=7)
    folders = [make.folder("Shared", name) for name in ("A", "B", "C")]
    target.fault("lose_answer", method="POST", path="^/v2/files$", nth=2)
    await target.run(make.waves(folders))
    assert target.struck == [1]
    assert sorted(inode.name for inode in target.living("folder")) == ["A", "B", "C"]
