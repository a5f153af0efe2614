"""The first plan file: it reads back, says what was seen, and decides nothing for anybody."""

from __future__ import annotations

import re
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
        needs = (await migration.assess()).needs
        text = outline(plan, await migration.look(), "2026-11-23T00:00:00Z", setting.folder, needs=needs)
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
    assert "#   - from: AU Snowflake\n  #     to: Group Snowflake  # the only snowflake connection there" in text
    assert '#   - {from: region_au, to: "?"}  # 2 documents; there: cost_centre, region' in text
    async with setting.migration(plan) as migration:
        changes = (await migration.plan()).changes
    codes = {action.reason_code for wave in changes.targets[0].waves for action in wave}
    assert codes == {"unresolved_connection", "security_unmapped", "blocked_by"}


async def test_every_table_in_use_and_the_domains_of_people_are_there_to_be_uncommented(stage, builtin_world):
    setting = stage(builtin_world())
    path, text = await written(setting)
    assert "- {from: ACME_AU_DW.SALES.ORDERS, to: ACME_AU_DW.SALES.ORDERS}  # 3 documents, 4 places, 1 in SQL" in text
    path.write_text(re.sub(r"(?m)^  # ", "  ", text), encoding="utf-8")
    plan = load(path, environ=setting.environ)
    [operations, warehouse] = plan.map.connections
    assert (operations.source, operations.target) == ("AU Operations", "Group Operations")
    assert [pair.source for pair in operations.paths][:2] == [("OPS", "*"), ("OPS", "SHIPMENTS")]
    assert all(pair.source == pair.target for pair in warehouse.paths), "as it stands, nothing moves"
    assert len(warehouse.paths) == 16
    assert [(one.source, one.target) for one in plan.map.members] == [("*@au.acme.example", "*@group.acme.example")]


async def test_a_bundle_says_what_its_documents_use(stage, builtin_world):
    setting = stage(builtin_world())
    plan = replace(looking("acme_au", None, setting.environ), run=FAST)
    async with setting.migration(plan) as migration:
        await migration.export(setting.folder / "exports")
    plan = looking(setting.folder / "exports", None, {})
    async with setting.migration(plan) as migration:
        found = await migration.assess()
    seen = {"bundle": found.inventory}
    text = outline(plan, seen, "2026-11-23T00:00:00Z", setting.folder, needs=found.needs)
    assert '#     to: "?"  # snowflake; its name in the target' in text
    assert "- {from: OPS.STOCK_LEVELS, to: OPS.STOCK_LEVELS}  # 1 document, 1 place\n" in text
    assert '#   - {from: "*@au.acme.example", to: "*@?"}  # 4 members, 1 named in documents' in text
    assert "#   - {from: Acme Gantt, to: Acme Gantt}  # 1 document" in text


async def test_personal_folders_are_named_and_left_out(stage, builtin_world):
    setting = stage(builtin_world())
    source = setting.world.orgs["acme_au"]
    home = next(one for one in source.inodes.values() if one.name == "My Documents")
    book = next(one for one in source.inodes.values() if one.name == "Cost Centres")
    book.parent_id = home.id
    path, text = await written(setting)
    assert "    # - {folder: My Documents}  # 1 workbook\n" in text
    assert "My Documents" not in {rule.folder for rule in load(path, environ=setting.environ).select.include}
    path.write_text(text.replace("    # - ", "    - "), encoding="utf-8")
    assert "My Documents" in {rule.folder for rule in load(path, environ=setting.environ).select.include}


async def test_connections_of_one_name_are_named_by_their_ids(stage, builtin_world):
    setting = stage(builtin_world())
    source = setting.world.orgs["acme_au"]
    for connection in source.connections.values():
        connection.name = "Group Snowflake"
    path, text = await written(setting)
    assert load(path, environ=setting.environ).map.connections == ()
    for identity in source.connections:
        assert f'- from: "{identity}"  # Group Snowflake' in text or f"- from: {identity}  # Group Snowflake" in text


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
    assert "--orgs" not in told, "which init does not have"
    assert "SIGMA_HERE_CLIENT_ID, SIGMA_HERE_CLIENT_SECRET" in told
    assert "SIGMA_THERE_BASE_URL, SIGMA_THERE_CLIENT_ID, SIGMA_THERE_CLIENT_SECRET" in told
