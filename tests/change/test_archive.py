"""Copies archived: whatever fault strikes and wherever the process dies, they lie in the bin once, and come back."""

from __future__ import annotations

import pytest

from migrate.change.actions import Archive
from migrate.change.revert import prepare_undo, undo

pytestmark = pytest.mark.anyio


async def made(target, make):
    await target.run(make.waves([make.create(make.workbook(1)), make.create(make.model(1))]))
    return target


def archives(target, make):
    names = {"workbook": "Workbook 1", "data-model": "Model 1"}
    return make.waves(
        [
            Archive(
                id=f"archive:{kind}-1",
                target="group",
                kind=kind,
                source_id=f"{kind}-1",
                target_id=target.named(name).id,
                name=name,
            )
            for kind, name in names.items()
        ]
    )


async def snapshot(target, make):
    async with target.process() as (_, book):
        return book.snapshot(make.home)


def documents(target):
    return target.living("workbook") + target.living("data-model")


async def test_killed_at_every_step_and_run_again(make_target, make):
    whole = await made(make_target(), make)
    changes = archives(whole, make)
    whole.told.clear()
    assert await whole.run(changes) == ()
    steps = len(whole.told)
    assert documents(whole) == []
    assert {kind for kind, _ in (await snapshot(whole, make)).copies} <= {"folder"}
    for at in range(1, steps + 1, 2):
        target = await made(make_target(), make)
        planned = archives(target, make)
        await target.die_once(planned, at)
        await target.run(planned)
        assert documents(target) == [], at
        found = await snapshot(target, make)
        assert (found.copies, found.open) == ({}, ()), at


@pytest.mark.parametrize("fault", ["lose_answer", "reset", "truncate"])
async def test_an_answer_that_is_lost_is_settled_and_undo_brings_back(target, make, fault):
    await made(target, make)
    before = (await snapshot(target, make)).copies
    target.fault(fault, method="DELETE", path="^/v2/files/")
    await target.run(archives(target, make))
    assert target.struck == [1]
    assert documents(target) == []
    target.fault(fault, method="PATCH", path="^/v2/files/")
    async with target.process() as (client, book):
        work = target.work(client, book)
        done = await undo(work, await prepare_undo(work, "run-2"))
    assert [one.result for one in done] == ["unarchived", "unarchived"]
    assert len(documents(target)) == 2
    after = (await snapshot(target, make)).copies
    assert {thing: (one.target_id, one.digest_sent, one.elements) for thing, one in after.items()} == {
        thing: (one.target_id, one.digest_sent, one.elements) for thing, one in before.items()
    }
