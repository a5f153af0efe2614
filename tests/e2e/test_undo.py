"""An undo ends well: killed and begun again, begun twice, and without a word about which run."""

from __future__ import annotations

import pytest
from test_journeys import loaded, picture

from migrate.change.run_context import Patience
from migrate.errors import InvalidInput, LockHeld
from migrate.events import Recorded, Stage
from migrate.ledger.owner import Owner
from migrate.run.status import runs_in
from migrate.run.undo import homes_of, last_that_wrote, taken_rows

pytestmark = pytest.mark.anyio


class Killed(BaseException):
    """The process ends here."""


def dying(commits):
    """A listener that dies at the n-th commit of the ledger."""
    left = [commits]

    def hear(event):
        if isinstance(event, Recorded):
            left[0] -= 1
            if left[0] == 0:
                raise Killed

    return hear


@pytest.mark.parametrize("commits", [3, 10, 33, 60])
async def test_killed_and_begun_again_it_takes_back_the_rest(stage, builtin_world, commits):
    setting = stage(builtin_world())
    before = picture(setting.world.orgs["group"])
    plan = loaded(setting, "demo.yaml")
    result = await setting.run(plan)
    with pytest.raises((Killed, BaseExceptionGroup)):
        async with setting.migration(plan, listener=dying(commits)) as migration:
            await migration.undo(result.run_id)
    # What was on record and had not left is looked for until patience ends; here nothing can arrive late.
    heard = []
    async with setting.migration(plan, patience=Patience(waits=(0.01, 0.02)), listener=heard.append) as migration:
        left_open = [migration.book.open(home) for home in homes_of(migration.book, result.run_id)]
        rows = taken_rows(await migration.undo(result.run_id))
        assert {row["result"] for row in rows} <= {"deleted", "removed"}
        told = [(event.done, event.total) for event in heard if isinstance(event, Stage) and event.name == "settle"]
        counts = [len(entries) for entries in left_open if entries]
        assert [total for done, total in told if done == 0] == counts, "a long look is never silent"
        assert {total for done, total in told if done == total} == {*counts}, "and no bar stays where it began"
        assert picture(setting.world.orgs["group"]) == before
        assert taken_rows(await migration.undo(result.run_id)) == [], "nothing to take back"
        assert taken_rows(await migration.undo(result.run_id, dry_run=True)) == []
    assert [run.kind for run in runs_in(plan.report.dir, plan.name)].count("undo") >= 2


async def test_the_last_run_is_the_last_that_wrote(stage, builtin_world):
    setting = stage(builtin_world())
    plan = loaded(setting, "demo.yaml")
    with pytest.raises(InvalidInput, match="wrote anything"):
        last_that_wrote(plan.report.dir, lambda _path: plan)
    first = await setting.run(plan)
    await setting.run(plan)
    async with setting.migration(plan) as migration:
        await migration.verify()
        assert last_that_wrote(plan.report.dir, lambda _path: plan).name == first.run_id
        await migration.undo(first.run_id)
        assert last_that_wrote(plan.report.dir, lambda _path: plan).name == first.run_id
    newest = runs_in(plan.report.dir, plan.name)[0]
    assert (newest.kind, newest.status) == ("undo", "complete")
    assert [run.undoes for run in migration_runs(plan)] == ["", "", first.run_id]


def migration_runs(plan):
    from migrate.ledger.book import open_book

    with open_book(plan.state) as book:
        return book.runs(plan.name)


async def test_an_undo_that_is_refused_leaves_no_run(stage, builtin_world):
    setting = stage(builtin_world())
    plan = loaded(setting, "demo.yaml")
    result = await setting.run(plan)
    async with setting.migration(plan) as migration:
        elsewhere = Owner(run="r2", host="another", pid=7, token="t", boot="another")
        held = migration.book.lock(setting.world.orgs["group"].id, elsewhere, ttl=600)
        with pytest.raises(LockHeld):
            await migration.undo(result.run_id)
        migration.book.release(held)
    assert [run.kind for run in migration_runs(plan)] == ["apply"]
    assert [run.kind for run in runs_in(plan.report.dir)] == ["apply"]
