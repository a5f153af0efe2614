"""The first plan file: it reads back, says what was seen, and decides nothing for anybody."""

from __future__ import annotations

from dataclasses import replace

import pytest
from staging import FAST

from migrate.errors import InvalidInput
from migrate.plan.load import load
from migrate.run.init_plan import looking, outline

pytestmark = pytest.mark.anyio


async def written(setting, source="acme_au", target="group"):
    plan = replace(looking(source, target, setting.environ), run=FAST)
    async with setting.migration(plan) as migration:
        text = outline(plan, await migration.look(), "2026-11-23T00:00:00Z", setting.folder)
    assert not setting.sandbox.evidence.writes()
    path = setting.folder / "first.yaml"
    path.write_text(text, encoding="utf-8")
    return path, text


async def test_it_reads_back_and_can_be_planned_with(stage, builtin_world):
    setting = stage(builtin_world())
    path, text = await written(setting)
    plan = replace(load(path, environ=setting.environ), run=FAST)
    group = setting.world.orgs["group"]
    assert (plan.name, plan.targets) == ("acme_au-to-group", ("group",))
    assert plan.orgs["group"].access == "write"
    assert plan.orgs["acme_au"].access == "read"
    assert plan.orgs["group"].expect.organization_id == group.id
    assert [rule.folder for rule in plan.select.include] == ["Data Models", "Operations", "Shared"]
    assert plan.map.connections == (), "no connection has the same name, and none is guessed"
    assert "#   - {from: AU Snowflake, to: Group Snowflake}  # the only snowflake connection there" in text
    assert '#   - {from: region_au, to: "?"}  # there: cost_centre, region' in text
    async with setting.migration(plan) as migration:
        changes = (await migration.plan()).changes
    codes = {action.reason_code for wave in changes.targets[0].waves for action in wave}
    assert codes == {"unresolved_connection", "security_unmapped", "blocked_by"}


async def test_the_same_names_are_mapped(stage, builtin_world):
    setting = stage(builtin_world())
    for connection in setting.world.orgs["group"].connections.values():
        connection.name = connection.name.replace("Group", "AU")
    path, _text = await written(setting)
    pairs = [(one.source, one.target) for one in load(path, environ=setting.environ).map.connections]
    assert pairs == [("AU Operations", "AU Operations"), ("AU Snowflake", "AU Snowflake")]


@pytest.mark.parametrize("name", ["a: b", "#", "- x", "on", "a\nb: c", "[x]", "=cmd()", "a/b", "\u202e", "'", "1"])
async def test_hostile_names_read_back_as_they_are(stage, builtin_world, name):
    setting = stage(builtin_world())
    source, group = setting.world.orgs["acme_au"], setting.world.orgs["group"]
    next(one for one in source.connections.values() if one.name == "AU Snowflake").name = name
    next(one for one in group.connections.values() if one.name == "Group Snowflake").name = name
    next(one for one in source.inodes.values() if one.name == "Shared").name = name
    path, _text = await written(setting)
    plan = load(path, environ=setting.environ)
    assert [(one.source, one.target) for one in plan.map.connections] == [(name, name)]
    assert {rule.folder for rule in plan.select.include} == {"Data Models", "Operations", name.replace("/", "\\/")}


async def test_an_empty_organization_gives_a_plan_too(stage, builtin_world):
    setting = stage(builtin_world())
    source = setting.world.orgs["acme_au"]
    for identity in [one.id for one in source.inodes.values() if one.versions]:
        del source.inodes[identity]
    source.connections.clear()
    path, text = await written(setting)
    assert "folders: []" in text
    assert load(path, environ=setting.environ).map.folders == ()


def test_one_organization_is_no_source_and_target():
    variables = {f"SIGMA_HERE_{name}": "https://x.sigmacomputing.com" for name in ("BASE_URL", "CLIENT_ID")}
    with pytest.raises(InvalidInput) as refused:
        looking("here", "here", variables | {"SIGMA_HERE_CLIENT_SECRET": "x"})
    assert "here is the source and the target" in str(refused.value)


def test_every_variable_that_is_missing_is_named():
    with pytest.raises(InvalidInput) as refused:
        looking("here", "there", {"SIGMA_HERE_BASE_URL": "https://api.sigmacomputing.com"})
    told = str(refused.value)
    assert "SIGMA_HERE_CLIENT_ID, SIGMA_HERE_CLIENT_SECRET" in told
    assert "SIGMA_THERE_BASE_URL, SIGMA_THERE_CLIENT_ID, SIGMA_THERE_CLIENT_SECRET" in told
