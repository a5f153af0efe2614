"""What differs, in words: what would be written, what people did in the target, and that nothing is written."""

from __future__ import annotations

import json

import pytest
from test_drift import edit
from test_journeys import loaded

pytestmark = pytest.mark.anyio


async def test_each_side_is_shown_and_the_rest_is_quiet(stage, builtin_world):
    setting = stage(builtin_world())
    plan = loaded(setting, "demo.yaml")
    rows = {row.source_name: row for row in (await setting.run(plan)).reconciliation.rows}
    source, group = setting.world.orgs["acme_au"].inodes, setting.world.orgs["group"].inodes
    edit(source[rows["Stock Watch"].source_id])
    edit(group[rows["Budget Review"].target_id])
    setting.sandbox.evidence.clear()
    async with setting.migration(plan) as migration:
        planned = await migration.plan()
        changed = {one.name: one for one in await migration.differing(planned)}
        [mine], lost = await migration.diff((), "Budget Review")
        [same], _ = await migration.diff((), "Headcount")
    assert not setting.sandbox.evidence.writes()
    assert not lost
    [difference] = changed["Stock Watch"].ways.to_write
    assert (difference.what, difference.found) == ("name", "Edited")
    assert changed["Stock Watch"].ways.in_target == ()
    [difference] = mine.ways.in_target
    assert (difference.what, difference.found) == ("name", "Edited")
    assert mine.ways.to_write == ()
    assert (same.ways.to_write, same.ways.in_target, same.ways.unknown) == ((), (), "")


async def test_a_first_run_has_nothing_to_compare_with(stage, builtin_world):
    setting = stage(builtin_world())
    async with setting.migration(loaded(setting, "demo.yaml")) as migration:
        assert await migration.differing(await migration.plan()) == ()


async def test_replaced_ids_are_no_differences(stage, builtin_world):
    setting = stage(builtin_world())
    setting.world.orgs["group"].switches.model_ids = "remap"
    plan = loaded(setting, "demo.yaml")
    await setting.run(plan)
    async with setting.migration(plan) as migration:
        found, _ = await migration.diff()
    assert len(found) > 30
    assert {one.name: json.dumps([d.path for d in one.ways.in_target]) for one in found if one.ways.in_target} == {}
    assert [one.name for one in found if one.ways.to_write] == []
