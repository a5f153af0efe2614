"""Undo takes back exactly what a run did, and only where nobody touched it since."""

import os
from dataclasses import replace

import pytest

from migrate.change.revert import prepare_undo, undo
from migrate.sandbox import person

pytestmark = pytest.mark.anyio


async def take_back(target, run, by="undo-1"):
    async with target.process() as (client, book):
        work = target.work(client, book, by)
        reversals = await prepare_undo(work, run)
        return await undo(work, reversals)


async def dry_run(target, run):
    async with target.process() as (client, book):
        return await prepare_undo(target.work(client, book), run)


def renamed_page(draft, name):
    return replace(draft, body={**draft.body, "pages": [{**draft.body["pages"][0], "name": name}]})


@pytest.mark.parametrize("ids", ["preserve", "remap"])
async def test_a_whole_run_is_taken_back(make_target, make, ids):
    target = make_target(model_ids=ids)
    await target.run(make.small_world())
    before = len(target.writes())
    planned = await dry_run(target, "run-1")
    assert len(target.writes()) == before, "a dry run writes nothing"
    assert {one.verb for one in planned} == {"delete", "remove-folder"}
    results = await take_back(target, "run-1")
    assert {one.result for one in results} == {"deleted", "removed"}
    assert [(i.type, i.name) for i in target.living()] == [("workspace", "Shared")]
    order = [one.reversal.entry.kind for one in results]
    assert order == ["workbook"] * 4 + ["data-model"] * 2 + ["folder"] * 2
    async with target.process() as (_, book):
        assert book.copies(make.home) == ()
        assert {entry.verb for entry in book.entries("undo-1")} == {"delete"}
    again = await take_back(target, "run-1", by="undo-2")
    assert again == (), "nothing to take back"
    assert [o.outcome for o in await target.run(make.small_world())] == ["created"] * 6


async def test_what_somebody_touched_stays_and_so_does_its_folder(target, make):
    folder = make.folder("Shared", "New")
    drafts = [make.workbook(n, folder=folder.folder) for n in range(4)]
    await target.run(make.waves([folder], [make.create(draft, folder.id) for draft in drafts]))
    person.act(target.org, "edit", target.named("Workbook 0").id, now=target.time(), name="Mine")
    person.act(target.org, "rename", target.named("Workbook 1").id, now=target.time(), name="Mine")
    person.act(target.org, "delete", target.named("Workbook 2").id, now=target.time())
    results = await take_back(target, "run-1")
    by_id = {one.reversal.entry.source_id: (one.result, one.reason_code) for one in results}
    assert by_id == {
        "workbook-0": ("kept", "edited_since"),
        "workbook-1": ("kept", "edited_since"),
        "workbook-2": ("gone", "gone_already"),
        "workbook-3": ("deleted", ""),
        "Shared/New": ("kept", "folder_in_use"),
    }
    assert {inode.name for inode in target.living("workbook")} == {"Workbook 0", "Mine"}


@pytest.mark.parametrize("ids", ["preserve", "remap"])
@pytest.mark.parametrize("kind", ["workbook", "data-model"])
async def test_replacements_and_moves_go_back(make_target, make, kind, ids):
    target = make_target(model_ids=ids)
    draft = make.workbook(1) if kind == "workbook" else make.model(1)
    await target.run(make.waves([make.create(draft)]))
    inode = target.named(draft.name)
    changed = replace(renamed_page(draft, "Changed"), name="New name")
    await target.run(make.waves([make.update(changed, inode, rename_to="New name")]))
    results = await take_back(target, "run-2")
    assert [one.result for one in results] == ["moved_back", "restored"]
    assert (inode.name, inode.versions[-1].body["pages"][0]["name"]) == (draft.name, "Page")
    (outcome,) = await target.run(make.waves([make.create(draft)]))
    assert outcome.outcome == "unchanged", "the ledger knows that the old state stands again"
    assert [one.result for one in await take_back(target, "run-1", by="undo-2")] == ["deleted"]


async def test_an_edit_after_the_replacement_is_not_lost(target, make):
    draft = make.workbook(1)
    await target.run(make.waves([make.create(draft)]))
    inode = target.named(draft.name)
    await target.run(make.waves([make.update(renamed_page(draft, "Changed"), inode)]))
    person.act(target.org, "edit", inode.id, now=target.time(), name="Mine")
    (result,) = await take_back(target, "run-2")
    assert (result.result, result.reason_code) == ("kept", "edited_since")
    assert inode.versions[-1].body["pages"][0]["name"] == "Mine"


async def test_a_document_that_was_taken_over_is_given_back(target, make):
    draft = make.workbook(1)
    await target.run(make.waves([make.create(draft)]))
    inode = target.named(draft.name)
    async with target.process() as (_, book):
        book.forget(make.home)
    await target.run(make.waves([make.update(renamed_page(draft, "Changed"), inode)]))
    (result,) = await take_back(target, "run-2")
    assert result.result == "restored"
    assert inode.versions[-1].body["pages"][0]["name"] == "Page"
    async with target.process() as (_, book):
        assert book.copies(make.home) == (), "it was never ours"


@pytest.mark.parametrize("fault", ["lose_answer", "reset", "truncate"])
@pytest.mark.parametrize("method", ["DELETE", "PUT", "PATCH"])
async def test_lost_answers_of_an_undo_are_settled(target, make, fault, method):
    kept, fresh = make.workbook(1), make.workbook(2)
    await target.run(make.waves([make.create(kept)]))
    inode = target.named(kept.name)
    changed = replace(renamed_page(kept, "Changed"), name="New name")
    await target.run(make.waves([make.update(changed, inode, rename_to="New name"), make.create(fresh)]))
    target.fault(fault, method=method)
    results = await take_back(target, "run-2")
    assert sorted(one.result for one in results) == ["deleted", "moved_back", "restored"]
    assert target.struck == [1]
    assert [(i.name, i.versions[-1].body["pages"][0]["name"]) for i in target.living("workbook")] == [
        ("Workbook 1", "Page")
    ]


async def test_an_undo_that_was_killed_is_finished_by_the_next(make_target, make):
    for at in range(1, 200, 1 if os.environ.get("CHAOS") == "full" else 17):
        target = make_target()
        await target.run(make.small_world())
        target.die_at = at
        try:
            await take_back(target, "run-1")
        except BaseException as error:
            if "Killed" not in repr(error):
                raise
        else:
            break
        finally:
            target.die_at = 0
        rest = await take_back(target, "run-1", by="undo-2")
        assert {one.result for one in rest} <= {"deleted", "removed"}, at
        assert await take_back(target, "run-1", by="undo-3") == ()
        assert [(i.type, i.name) for i in target.living()] == [("workspace", "Shared")], at
        async with target.process() as (_, book):
            assert book.snapshot(make.home).open == ()
    assert at > 30


async def test_an_undo_of_changes_that_was_killed_is_finished_by_the_next(make_target, make):
    for at in range(1, 200, 1 if os.environ.get("CHAOS") == "full" else 5):
        target = make_target()
        kept, folder = make.workbook(1), make.folder("Shared", "New")
        await target.run(make.waves([make.create(kept)]))
        inode = target.named(kept.name)
        changed = replace(renamed_page(kept, "Changed"), name="New name", folder=folder.folder)
        new = make.model(2)
        update = make.update(changed, inode, rename_to="New name", moved=True, after=(folder.id,))
        await target.run(make.waves([folder], [make.create(new), update]))
        assert (inode.name, len(target.living())) == ("New name", 4)
        target.die_at = at
        try:
            await take_back(target, "run-2")
        except BaseException as error:
            if "Killed" not in repr(error):
                raise
        else:
            break
        finally:
            target.die_at = 0
        rest = await take_back(target, "run-2", by="undo-2")
        assert {one.result for one in rest} <= {"deleted", "removed", "moved_back", "restored"}, at
        assert await take_back(target, "run-2", by="undo-3") == ()
        assert [(i.name, i.versions[-1].body["pages"][0]["name"]) for i in target.living("workbook")] == [
            ("Workbook 1", "Page")
        ], at
        assert [i.name for i in target.living("folder")] == []
    assert at > 20


async def test_an_edit_between_two_halves_of_an_undo_stays(target, make):
    kept = make.workbook(1)
    await target.run(make.waves([make.create(kept)]))
    inode = target.named(kept.name)
    changed = replace(renamed_page(kept, "Changed"), name="New name")
    await target.run(make.waves([make.update(changed, inode, rename_to="New name")]))
    target.fault("status", method="PUT", status=400)
    results = await take_back(target, "run-2")
    assert [one.result for one in results] == ["moved_back", "failed"]
    person.act(target.org, "edit", inode.id, now=target.time(), name="Mine")
    (rest,) = await take_back(target, "run-2", by="undo-2")
    assert (rest.result, rest.reason_code) == ("kept", "edited_since")
    assert inode.versions[-1].body["pages"][0]["name"] == "Mine"


async def test_a_write_of_uncertain_outcome_is_named_and_left(target, make):
    draft = make.workbook(1, "Report")
    await target.run(make.waves([make.create(draft)]))
    async with target.process() as (_, book):
        book.forget(make.home)
    target.fault("lose_answer", method="POST", path="^/v2/workbooks$")
    await target.run(make.waves([make.create(draft)]))
    (result,) = await take_back(target, "run-2")
    assert (result.result, result.reason_code) == ("kept", "write_still_open")
    assert len(target.living("workbook")) == 2
