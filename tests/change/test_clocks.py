"""Clocks that disagree by a minute or a day: nothing is sent twice, whatever ours says."""

import os
from dataclasses import replace
from datetime import datetime

import pytest

from migrate.change.revert import prepare_undo, undo

pytestmark = pytest.mark.anyio

DAY, TWENTY_MINUTES = 86_400.0, 1_200.0
SKEWS = [-DAY, -TWENTY_MINUTES, 0.0, TWENTY_MINUTES, DAY]
WRITES = {
    "folder": ("POST", "^/v2/files$"),
    "data model": ("POST", "^/v2/dataModels/spec$"),
    "workbook": ("POST", "^/v2/workbooks$"),
    "patch of a link": ("PUT", "^/v2/workbooks/"),
}
LAG = {"lag_seconds": 45.0, "lag_documents": True}


@pytest.fixture(scope="module")
def pictures():
    return {}


async def undisturbed(pictures, make_target, make):
    if not pictures:
        target = make_target()
        await target.run(make.small_world())
        pictures["all"] = target.picture()
    return pictures["all"]


@pytest.mark.parametrize("skew", SKEWS)
@pytest.mark.parametrize("where", WRITES.values(), ids=WRITES)
@pytest.mark.parametrize("fault", ["lose_answer", "reset"])
async def test_a_lost_answer_is_settled(make_target, make, pictures, where, skew, fault):
    target = make_target(**LAG)
    target.skew = skew
    target.fault(fault, method=where[0], path=where[1])
    outcomes = await target.run(make.small_world())
    assert target.struck == [1]
    assert [o.outcome for o in outcomes] == ["created"] * 6
    assert target.picture() == await undisturbed(pictures, make_target, make)


@pytest.mark.parametrize("fault", ["lose_answer", "reset"])
@pytest.mark.parametrize("skew", SKEWS)
async def test_a_lost_workspace_is_settled(make_target, make, skew, fault):
    target = make_target(**LAG)
    target.skew = skew
    target.fault(fault, method="POST", path="^/v2/workspaces$")
    folder = make.folder("Brand new")
    await target.run(make.waves([folder], [make.create(make.workbook(1, folder=("Brand new",)), folder.id)]))
    assert [i.name for i in target.living("workspace")] == ["Shared", "Brand new"]


@pytest.mark.parametrize(("before", "after"), [(0.0, DAY), (0.0, -DAY), (DAY, 0.0), (-DAY, DAY), (0.0, TWENTY_MINUTES)])
async def test_a_run_that_was_killed_is_finished_by_one_with_another_clock(make_target, make, pictures, before, after):
    """What the first one sent shows in no listing for 45 seconds, however long ago our clock says that was."""
    expected = await undisturbed(pictures, make_target, make)
    for at in range(1, 400, 1 if os.environ.get("CHAOS") == "full" else 13):
        target = make_target(**LAG)
        target.skew = before
        if not await target.die_once(make.small_world(), at):
            break
        target.skew = after
        await target.run(make.small_world())
        assert target.picture() == expected, at
        async with target.process() as (_, book):
            assert book.snapshot(make.home).open == ()
    assert at > 60


@pytest.mark.parametrize("skew", SKEWS)
@pytest.mark.parametrize("method", ["PUT", "PATCH"])
async def test_a_lost_change_is_settled(make_target, make, skew, method):
    target = make_target()
    draft = make.workbook(1)
    await target.run(make.waves([make.create(draft)]))
    inode = target.named(draft.name)
    changed = replace(draft, name="New", body={**draft.body, "pages": [{**draft.body["pages"][0], "name": "Changed"}]})
    target.skew = skew
    target.fault("lose_answer", method=method)
    (outcome,) = await target.run(make.waves([make.update(changed, inode, rename_to="New")]))
    assert (outcome.outcome, target.struck) == ("updated", [1])
    assert (inode.name, inode.versions[-1].body["pages"][0]["name"], len(inode.versions)) == ("New", "Changed", 2)


@pytest.mark.parametrize("skew", SKEWS)
@pytest.mark.parametrize("method", ["DELETE", "PUT", "PATCH"])
async def test_a_lost_answer_of_an_undo_is_settled(make_target, make, skew, method):
    target = make_target()
    kept, fresh = make.workbook(1), make.workbook(2)
    await target.run(make.waves([make.create(kept)]))
    inode = target.named(kept.name)
    changed = replace(kept, name="New", body={**kept.body, "pages": [{**kept.body["pages"][0], "name": "Changed"}]})
    await target.run(make.waves([make.update(changed, inode, rename_to="New"), make.create(fresh)]))
    target.skew = skew
    target.fault("lose_answer", method=method)
    async with target.process() as (client, book):
        work = target.work(client, book)
        results = await undo(work, await prepare_undo(work, "run-2"))
    assert sorted(one.result for one in results) == ["deleted", "moved_back", "restored"]
    assert target.struck == [1]
    assert [(i.name, i.versions[-1].body["pages"][0]["name"]) for i in target.living("workbook")] == [
        ("Workbook 1", "Page")
    ]


@pytest.mark.parametrize("ours", [-DAY, DAY])
async def test_an_intent_is_dated_by_the_organizations_clock(target, make, ours):
    target.skew = ours
    target.fault("reset", method="POST", path="^/v2/workbooks$")
    await target.run(make.waves([make.create(make.workbook(1))]))
    async with target.process() as (client, book):
        entries = book.entries("run-1")
        assert client.ahead == pytest.approx(-ours, abs=2)
    assert len(entries) == 2
    for entry in entries:
        assert datetime.fromisoformat(entry.intended_at).timestamp() == pytest.approx(target.time.seconds, abs=120)
        assert entry.author == make.me


async def test_a_create_is_known_after_the_credentials_changed_hands(make_target, make):
    """The member who wrote is on record; whoever goes on looks for that one's documents."""
    target = make_target()
    target.fault("lose_answer", method="POST", path="^/v2/workbooks$")
    todo = make.waves([make.create(make.workbook(1))])
    assert await target.die_when(todo, "POST", "/v2/workbooks")
    target.org.clients[0].member_id = make.somebody
    (outcome,) = await target.run(todo)
    assert outcome.outcome == "created"
    assert len(target.living("workbook")) == 1
