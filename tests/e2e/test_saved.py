"""A saved change set: it carries what lay over its plan, and a document that moved refuses its own row alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from staging import FAST, Stage

from migrate import Plan
from migrate.change.seal import read, save, seal_of
from migrate.errors import SafetyStop
from migrate.sandbox.faults import Fault
from migrate.sandbox.person import act
from migrate.sandbox.service import Sandbox
from migrate.sandbox.world import load

pytestmark = pytest.mark.anyio
WORLD = Path(__file__).parents[1] / "check" / "cases" / "world.yaml"
MAP = {
    "connections": [
        {"from": "Warehouse", "to": "Group Warehouse", "paths": [{"from": "DW.SALES.*", "to": "GW.AU.*"}]},
    ]
}


@pytest.fixture
def setting(tmp_path):
    return Stage(sandbox=Sandbox(load(WORLD)), folder=tmp_path)


def plan_of(setting, **blocks):
    return setting.plan("north", "group", map=MAP, **blocks)


async def saved(setting, plan, only=""):
    """A change set, saved and read again."""
    async with setting.migration(plan) as migration:
        planned = await migration.plan(only=only)
    save(setting.folder / "saved.json", planned.changes)
    return read(setting.folder / "saved.json")


async def applied(setting, plan, changes, **more):
    async with setting.migration(plan) as migration:
        result = await migration.apply(changes, **more)
    return {row.source_name: row for row in result.reconciliation.rows}, result


def edit(setting, org, name):
    inode = next(i for i in setting.world.orgs[org].inodes.values() if i.name == name and i.versions)
    act(setting.world.orgs[org], "edit", inode.id, now=1_764_000_000.0)
    return inode


async def test_a_document_that_moved_refuses_its_own_row_and_the_rest_goes_on(setting):
    plan = plan_of(setting)
    changes = await saved(setting, plan)
    edit(setting, "north", "Notes")
    rows, result = await applied(setting, plan, changes)
    assert {name: row.outcome for name, row in rows.items()} == {
        "Notes": "blocked",
        "Orders": "created",
        "Sales": "created",
    }
    assert rows["Notes"].reason_code == "stale_change_set"
    assert rows["Notes"].reason.startswith("'Notes' moved since the change set was saved: it was to be still created")
    assert any("group: 'Notes' moved" in warning for warning in result.reconciliation.warnings)
    assert result.exit_code == 1
    assert result.reconciliation.consistent


async def test_what_needs_a_document_that_moved_waits_for_it(setting):
    plan = plan_of(setting)
    changes = await saved(setting, plan)
    edit(setting, "north", "Orders")
    rows, _ = await applied(setting, plan, changes)
    assert (rows["Orders"].outcome, rows["Orders"].reason_code) == ("blocked", "stale_change_set")
    assert (rows["Sales"].outcome, rows["Sales"].reason_code) == ("blocked", "blocked_by")
    assert rows["Notes"].outcome == "created"


async def test_moved_ones_are_planned_again_where_that_is_asked_for(setting):
    plan = plan_of(setting)
    changes = await saved(setting, plan)
    edit(setting, "north", "Orders")
    rows, result = await applied(setting, plan, changes, replan_moved=True)
    assert {row.outcome for row in rows.values()} == {"created"}
    assert any("'Orders' moved" in warning for warning in result.reconciliation.warnings)


async def test_nothing_that_was_not_saved_is_written(setting):
    plan = plan_of(setting)
    changes = await saved(setting, plan, only="Notes")
    wider = replace(changes, only="")
    rows, _ = await applied(setting, plan, replace(wider, seal=seal_of(wider)))
    assert {name: row.outcome for name, row in rows.items()} == {"Notes": "created"}


async def test_where_nothing_is_left_it_stops(setting):
    plan = plan_of(setting)
    changes = await saved(setting, plan, only="Notes")
    edit(setting, "north", "Notes")
    with pytest.raises(SafetyStop, match="nothing is left of the change set: source changed"):
        await applied(setting, plan, changes)
    assert not setting.sandbox.evidence.writes("group")


async def test_what_an_answer_makes_up_anew_moves_nothing(setting):
    inode = next(i for i in setting.world.orgs["north"].inodes.values() if i.name == "Notes" and i.versions)
    fault = Fault(action="status", org="north", path=f"{inode.id}", count=0, status=500, message="incident-id={new}")
    setting.sandbox.faults.add(fault)
    async with setting.migration(plan_of(setting)) as migration:
        nights = [(await migration.plan()).changes for _ in range(2)]
    told = [next(a.why for wave in one.targets[0].waves for a in wave if a.verb == "block") for one in nights]
    assert told[0] != told[1], "each answer has an id of its own"
    assert nights[0].seal == nights[1].seal


async def test_it_carries_what_lay_over_the_plan(setting):
    plan_of(setting)
    path = setting.folder / "plan.yaml"
    over = {"policy.existing": "skip", "verify": "exists"}
    plan = replace(Plan.load(path, environ=setting.environ, overrides=over), run=FAST)
    changes = await saved(setting, plan)
    assert changes.settings == over
    again = replace(Plan.load(path, environ=setting.environ, overrides=changes.settings), run=FAST)
    rows, _ = await applied(setting, again, changes)
    assert {row.outcome for row in rows.values()} == {"created"}
    bare = replace(Plan.load(path, environ=setting.environ), run=FAST)
    with pytest.raises(SafetyStop, match="plan file was changed"):
        await applied(setting, bare, changes)
