"""A target that another run works on: nothing is read first, nothing is left behind, a person may break the lock."""

from __future__ import annotations

import pytest
from test_journeys import loaded

from migrate.change.run_context import Patience
from migrate.errors import LockHeld, Usage
from migrate.ledger.book import open_book
from migrate.ledger.owner import Owner

pytestmark = pytest.mark.anyio

ELSEWHERE = Owner(run="r2", host="another-machine", pid=7, token="t", boot="another boot")


async def test_a_refused_run_reads_nothing_first(stage, builtin_world):
    setting = stage(builtin_world())
    plan = loaded(setting, "demo.yaml")
    with open_book(plan.state) as theirs:
        theirs.lock(setting.world.orgs["group"].id, ELSEWHERE, ttl=600)
        async with setting.migration(plan) as migration:
            with pytest.raises(LockHeld, match="another-machine"):
                await migration.until_free()
        asked = {entry.path for entry in setting.sandbox.evidence.entries}
        assert asked <= {"/v2/auth/token", "/v2/whoami", "/v2/workbooks", "/v2/dataModels"}
        assert len(setting.sandbox.evidence.entries) <= 4, "no more than who it is"
        assert theirs.runs() == ()
    assert not plan.report.dir.exists()


async def test_a_run_that_is_refused_after_planning_leaves_nothing_behind(stage, builtin_world):
    setting = stage(builtin_world())
    plan = loaded(setting, "demo.yaml")
    with open_book(plan.state) as theirs:
        async with setting.migration(plan) as migration:
            planned = await migration.plan()
            theirs.lock(setting.world.orgs["group"].id, ELSEWHERE, ttl=600)
            with pytest.raises(LockHeld):
                await migration.apply(planned)
        assert theirs.runs() == ()
    assert list(plan.report.dir.glob("*")) == []
    assert not setting.sandbox.evidence.writes()


async def test_a_run_waits_for_the_other_to_end(stage, builtin_world):
    setting = stage(builtin_world())
    plan = loaded(setting, "demo.yaml")
    with open_book(plan.state) as theirs:
        held = theirs.lock(setting.world.orgs["group"].id, ELSEWHERE, ttl=600)
        async with setting.migration(plan, patience=Patience(lock=0.2)) as migration:
            with pytest.raises(LockHeld):
                await migration.until_free()
            planned = await migration.plan()
            theirs.renew(held, ttl=0.05)
            await migration.until_free()
            assert (await migration.apply(planned)).exit_code == 0


async def test_a_lock_is_broken_by_a_persons_word(stage, builtin_world):
    setting = stage(builtin_world())
    plan = loaded(setting, "demo.yaml")
    organization = setting.world.orgs["group"].id
    await setting.run(plan)
    asked = len(setting.sandbox.evidence.entries)
    with open_book(plan.state) as theirs:
        migration = setting.migration(plan)
        assert migration.unlock("group") is None
        for name in ("group", organization):
            theirs.lock(organization, ELSEWHERE, ttl=600)
            with pytest.raises(LockHeld, match="may be at work"):
                migration.unlock(name)
            assert migration.unlock(name, sure=True).owner == ELSEWHERE
            assert theirs.holder(organization) is None
        theirs.lock(organization, ELSEWHERE, ttl=-1)
        assert migration.unlock("group").owner == ELSEWHERE, "it had expired"
        with pytest.raises(Usage, match="nothing tells which organization"):
            migration.unlock("nobody")
        migration.book.close()
    assert len(setting.sandbox.evidence.entries) == asked, "no organization is asked"
