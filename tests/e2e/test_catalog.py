"""The tables that documents read, looked up before the first write."""

from __future__ import annotations

import pytest
import yaml
from test_journeys import loaded

from kit.places import REPOSITORY
from migrate.change.actions import Block, draft_of, main_actions
from migrate.change.obstacles import obstacles
from migrate.rewrite.resolvers.tables import tables_in, tables_in_sql
from migrate.rewrite.stowed import whole
from migrate.run.decisions import open_in
from migrate.sandbox.faults import Fault

pytestmark = pytest.mark.anyio
ORDERS = ("GROUP_DW", "AU_SALES", "FCT_ORDERS")


def catalog(setting, connection="Group Snowflake", org="group"):
    (found,) = [each for each in setting.world.orgs[org].connections.values() if each.name == connection]
    return found.tables


def lookups(setting, org="group"):
    return [entry for entry in setting.sandbox.evidence.of(org) if entry.path.endswith("/lookup")]


async def planned(setting):
    async with setting.migration(loaded(setting, "demo.yaml")) as migration:
        changes = (await migration.plan()).changes
    return changes, {
        draft.name: action
        for action in main_actions(changes.targets[0].waves)
        if (draft := draft_of(action)) is not None
    }


def not_found(action):
    return isinstance(action, Block) and action.reason_code == "table_not_found"


async def test_what_is_not_mapped_hides_no_table_and_no_column_that_is_missing(stage, builtin_world):
    """All problems of one document at once: the teams it names, the table and the column it reads."""
    setting = stage(builtin_world())
    del catalog(setting)["GROUP_DW", "AU_SALES", "CUSTOMERS"]
    columns = catalog(setting)["GROUP_DW", "AU_FIN", "GL_ENTRIES"].columns
    columns.remove(next(one for one in columns if one.name == "AMOUNT"))
    maps = yaml.safe_load((REPOSITORY / "plans" / "demo.yaml").read_text("utf-8"))["map"]
    plan = setting.plan("acme_au", "group", map={**maps, "teams": [], "user_attributes": []})
    async with setting.migration(plan) as migration:
        made = await migration.plan()
    found = obstacles(made.changes.targets[0], made.ready["group"].view.missing)
    stopped = {}
    for one in found:
        for key in one.direct:
            stopped.setdefault(made.source.items[key].name, set()).add(one.code)
    assert stopped["Customers"] == {"security_unmapped", "table_not_found"}
    assert stopped["General Ledger"] == {"security_unmapped", "column_not_found"}


@pytest.mark.parametrize("how", ["not synced", "not there"])
async def test_a_table_the_target_does_not_hold_blocks_what_reads_it(stage, builtin_world, how):
    setting = stage(builtin_world())
    if how == "not synced":
        catalog(setting)[ORDERS].synced = False
    else:
        del catalog(setting)[ORDERS]
    _changes, actions = await planned(setting)
    blocked = {
        name: action
        for name, action in actions.items()
        if isinstance(action, Block) and action.reason_code == "table_not_found"
    }
    assert blocked
    for action in blocked.values():
        assert "table GROUP_DW.AU_SALES.FCT_ORDERS is not in the catalog of connection 'Group Snowflake'" in action.why
        assert action.why.endswith("though GROUP_DW.AU_SALES is")
        assert action.next_action.startswith("create it, or sync GROUP_DW.AU_SALES of connection 'Group Snowflake'")
        assert action.draft.refusals[0].path.startswith("$")
    assert {action.verb for name, action in actions.items() if name not in blocked} >= {"create"}
    assert not setting.sandbox.evidence.writes("group")


async def test_a_schema_that_is_not_there_is_said(stage, builtin_world):
    setting = stage(builtin_world())
    tables = catalog(setting)
    for path in [path for path in tables if path[:2] == ORDERS[:2]]:
        del tables[path]
    _changes, actions = await planned(setting)
    assert any("nor is GROUP_DW.AU_SALES" in action.why for action in actions.values())


async def test_every_table_is_asked_for_once_and_only_for_what_is_written(stage, builtin_world):
    setting = stage(builtin_world())
    types = {each.id: each.type for each in setting.world.orgs["group"].connections.values()}
    async with setting.migration(loaded(setting, "demo.yaml")) as migration:
        found = await migration.plan()
        known = [draft_of(action) for action in main_actions(found.changes.targets[0].waves)]
        drafts = [whole(draft, found.spool.get(draft.digest)) for draft in known if draft is not None]
    tables = {table for draft in drafts for _path, table in (*tables_in(draft.body), *tables_in_sql(draft, types))}
    assert len(lookups(setting)) == len(tables) > 10
    first = await setting.run(loaded(setting, "demo.yaml"))
    assert first.exit_code == 0
    setting.sandbox.evidence.clear()
    second = await setting.run(loaded(setting, "demo.yaml"))
    assert second.exit_code == 0
    assert not lookups(setting)


async def test_synced_meanwhile_it_is_written(stage, builtin_world):
    setting = stage(builtin_world())
    catalog(setting)[ORDERS].synced = False
    first = await setting.run(loaded(setting, "demo.yaml"))
    assert first.exit_code == 1
    catalog(setting)[ORDERS].synced = True
    second = await setting.run(loaded(setting, "demo.yaml"))
    assert second.exit_code == 0
    assert {row.outcome for row in second.reconciliation.rows} == {"created", "unchanged"}


async def test_columns_that_differ_are_listed_for_a_person(stage, builtin_world):
    setting = stage(builtin_world())
    columns = catalog(setting)[ORDERS].columns
    gone = columns.pop()
    columns[0].type = "variant"
    changes, _actions = await planned(setting)
    (warning,) = [text for text in changes.warnings if "FCT_ORDERS" in text]
    assert "which stands for ACME_AU_DW.SALES.ORDERS, has " in warning
    assert f"no column {gone.name!r}" in warning
    assert f"column {columns[0].name!r} of type variant instead of " in warning


async def test_who_may_not_look_is_told_and_goes_on(stage, builtin_world):
    setting = stage(builtin_world())
    setting.sandbox.faults.add(Fault(action="status", org="group", path="/lookup$", count=0, status=403))
    changes, actions = await planned(setting)
    assert not [
        action for action in actions.values() if isinstance(action, Block) and action.reason_code == "table_not_found"
    ]
    told = [text for text in changes.warnings if "could not be checked" in text]
    assert len(told) == 2
    assert "13 tables of connection 'Group Snowflake' could not be checked" in told[0]
    assert "403 forbidden" in told[0]
    assert len(lookups(setting)) < 2 * setting.plan("acme_au", "group").run.concurrency + 2, "not asked again"


def without_orders(setting):
    """The demo's plan without the one entry that says what ORDERS is called in the target."""
    maps = yaml.safe_load((REPOSITORY / "plans" / "demo.yaml").read_text("utf-8"))["map"]
    paths = maps["connections"][0]["paths"]
    maps["connections"][0]["paths"] = [one for one in paths if not one["from"].endswith(".ORDERS")]
    return setting.plan("acme_au", "group", map=maps, select={"include": [{"folder": "Data Models"}]})


async def refused(setting):
    async with setting.migration(without_orders(setting)) as migration:
        changes = (await migration.plan()).changes
    return [one for one in main_actions(changes.targets[0].waves) if not_found(one)]


async def test_a_table_of_another_name_is_found_by_its_columns_and_never_taken(stage, builtin_world):
    setting = stage(builtin_world())
    stopped = await refused(setting)
    assert stopped
    count = len(catalog(setting, "AU Snowflake", "acme_au")["ACME_AU_DW", "SALES", "ORDERS"].columns)
    for one in stopped:
        assert f"like it there: GROUP_DW.AU_SALES.FCT_ORDERS ({count} of {count} columns)" in one.next_action
        assert "add {from: ACME_AU_DW.SALES.ORDERS, to: GROUP_DW.AU_SALES.FCT_ORDERS} to paths" in one.next_action
    assert len([one for one in setting.sandbox.evidence.of("group") if one.path == "/v2/connections/paths"]) == 1
    assert not setting.sandbox.evidence.writes("group")


async def test_a_schema_that_is_called_otherwise_is_one_answer_for_all_its_tables(stage, builtin_world):
    setting = stage(builtin_world())
    maps = yaml.safe_load((REPOSITORY / "plans" / "demo.yaml").read_text("utf-8"))["map"]
    kept = [one for one in maps["connections"][0]["paths"] if ".SALES." not in one["from"]]
    maps["connections"] = [
        {**maps["connections"][0], "paths": kept},
        {"from": "AU Operations", "to": "Group Operations"},
    ]
    async with setting.migration(setting.plan("acme_au", "group", map=maps)) as migration:
        found = await migration.plan()
    first = {
        one.obstacle.message.split()[1]: one.answers[0] for one in open_in(found.ready, found.source) if one.answers
    }
    whole = {"from": "ACME_AU_DW.SALES.*", "to": "GROUP_DW.AU_SALES.*"}
    sales = {name: answer for name, answer in first.items() if ".SALES." in name}
    assert {name for name, answer in sales.items() if answer.value != whole} == {"ACME_AU_DW.SALES.ORDERS"}
    assert sales["ACME_AU_DW.SALES.ORDERS"].value["to"] == "GROUP_DW.AU_SALES.FCT_ORDERS"
    same = [answer for answer in sales.values() if answer.value == whole]
    assert same == same[:1] * 6, "one question, one answer"
    assert first["OPS.SHIPMENTS"].says == "finds 3 of the 3 missing tables of OPS"


async def test_a_catalog_that_cannot_be_listed_is_said(stage, builtin_world):
    setting = stage(builtin_world())
    setting.sandbox.faults.add(Fault(action="status", org="group", path="/connections/paths$", count=0, status=403))
    stopped = await refused(setting)
    assert stopped
    assert all(one.next_action.endswith("so that no candidates are known") for one in stopped)
