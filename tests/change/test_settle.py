"""Looking for lost writes: patiently, since listings lag behind creates, and only where they were to happen."""

from __future__ import annotations

import pytest

from migrate.change.apply import settle_open
from migrate.change.run_context import Patience, RunContext

pytestmark = pytest.mark.anyio

ALL_WAITS = sum(Patience().waits)


def creates(target, path):
    return [entry for entry in target.writes() if entry.method == "POST" and entry.path == path]


@pytest.mark.parametrize(
    ("kind", "path"),
    [("folder", "/v2/files"), ("data-model", "/v2/dataModels/spec"), ("workbook", "/v2/workbooks")],
)
async def test_a_lost_create_is_waited_for_until_the_listings_show_it(make_target, make, kind, path):
    lag = 20.0
    target = make_target(lag_seconds=lag, lag_documents=True)
    folder = make.folder("Shared", "New")
    made = {
        "folder": [folder],
        "data-model": [make.create(make.model(1))],
        "workbook": [make.create(make.workbook(1))],
    }[kind]
    target.fault("lose_answer", method="POST", path=f"^{path}$")
    outcomes = await target.run(make.waves(made))
    assert target.struck == [1]
    assert [outcome.outcome for outcome in outcomes] == ["created"] * (kind != "folder")
    assert lag <= target.time.slept < ALL_WAITS, "as long as it takes and no longer"
    assert len(creates(target, path)) == 1, "not sent again"
    assert len(target.living(kind)) == 1


async def test_only_after_every_look_is_a_create_taken_for_not_done(target, make):
    target.fault("reset", method="POST", path="^/v2/workbooks$")
    (outcome,) = await target.run(make.waves([make.create(make.workbook(1))]))
    assert (outcome.outcome, outcome.attempts) == ("created", 2)
    assert target.time.slept >= ALL_WAITS


async def test_what_is_seen_at_once_is_not_waited_for(target, make):
    target.fault("lose_answer", method="POST", path="^/v2/workbooks$")
    (outcome,) = await target.run(make.waves([make.create(make.workbook(1))]))
    assert outcome.outcome == "created"
    assert target.time.slept < min(Patience().waits)


async def test_a_stop_while_waiting_leaves_the_create_open_and_the_next_run_finds_it(make_target, make):
    target = make_target(lag_seconds=20.0, lag_documents=True)
    target.fault("lose_answer", method="POST", path="^/v2/workbooks$")
    changes = make.waves([make.create(make.workbook(1))])
    await target.run(changes, stop=lambda: target.time.slept >= 3.0)
    assert 3.0 <= target.time.slept < 20.0
    async with target.process() as (_, book):
        assert [entry.state for entry in book.snapshot(make.home).open] == ["intended"]
    (outcome,) = await target.run(changes)
    assert outcome.outcome in ("created", "unchanged")
    assert len(creates(target, "/v2/workbooks")) == 1
    assert len(target.living("workbook")) == 1


@pytest.mark.parametrize("elsewhere", ["folder", "name", "archived"])
async def test_a_document_elsewhere_is_not_the_lost_one(target, make, elsewhere):
    """What has another name, stands in another folder or lies in the bin is not taken, however alike its contents."""
    draft = make.workbook(1, "Report")
    await target.run(make.waves([make.folder("Shared", "New")], [make.create(draft)]))
    other = target.named("Report")
    async with target.process() as (_, book):
        book.forget(make.home)
    if elsewhere == "folder":
        other.parent_id = target.named("New").id
    elif elsewhere == "name":
        other.name = "Report of old"
    else:
        other.archived = True
    target.fault("reset", method="POST", path="^/v2/workbooks$")
    (outcome,) = await target.run(make.waves([make.create(draft)]))
    assert outcome.outcome == "created"
    assert outcome.target_id != other.id


async def test_a_lost_replacement_is_told_from_an_edit(target, make):
    await target.run(make.waves([make.create(make.workbook(1))]))
    inode = target.named("Workbook 1")
    target.fault("lose_answer", method="PUT")
    (outcome,) = await target.run(make.waves([make.update(make.workbook(1, text="new"), inode)]))
    assert (outcome.outcome, outcome.attempts) == ("updated", 1)
    target.sandbox.faults.clear()
    target.fault("reset", method="PUT")
    (outcome,) = await target.run(make.waves([make.update(make.workbook(1, text="newer"), inode)]))
    assert (outcome.outcome, outcome.attempts) == ("updated", 2)
    assert "newer" in repr(inode.versions[-1].body)


@pytest.mark.parametrize("half", ["name", "folder"])
async def test_a_lost_move_that_only_half_happened_is_not_done(target, make, half):
    """A file that has the new name in the old folder, or the old name in the new one, is not where it was to be."""
    draft = make.workbook(1, "Report")
    await target.run(make.waves([make.folder("Shared", "New")], [make.create(draft)]))
    inode, new = target.named("Report"), target.named("New")
    before = inode.name, inode.parent_id
    moved = make.workbook(1, "Later", folder=("Shared", "New"))
    changes = make.waves([make.move(moved, inode, moved=True, rename_to="Later")])
    folders = {("Shared",): before[1], ("Shared", "New"): new.id}
    assert await target.die_when(changes, "PATCH", f"/v2/files/{inode.id}", folders=folders)
    async with target.process() as (_, book):
        assert [entry.verb for entry in book.snapshot(make.home).open] == ["move"]
    inode.name, inode.parent_id = ("Later", before[1]) if half == "name" else (before[0], new.id)
    async with target.process() as (client, book):
        await settle_open(
            client, book, make.home, RunContext(id="later", now=target.our_clock, sleep=target.time.sleep)
        )
        copy = book.snapshot(make.home).copies[draft.key.kind, draft.key.id]
        assert (copy.name, copy.folder_id) == before, "the ledger does not say that it was done"
        assert not book.snapshot(make.home).open
    (outcome,) = await target.run(changes, folders=folders)
    assert outcome.outcome == "renamed", outcome.reason
    assert (inode.name, inode.parent_id) == ("Later", new.id), "the other half was done"
