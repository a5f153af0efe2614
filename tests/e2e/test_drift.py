"""Copies seen three ways: what people did in the source, in the target, in both, and that nothing is written."""

from __future__ import annotations

import json

import pytest
from test_journeys import loaded

from migrate.sandbox.org import Version

pytestmark = pytest.mark.anyio


def edit(inode):
    last = inode.versions[-1]
    body = json.loads(json.dumps(last.body))
    body["elements" if "elements" in body else "pages"][0]["name"] = "Edited"
    inode.versions.append(Version(number=last.number + 1, body=body, published_at="", published_by=last.published_by))


async def drifted(setting, plan, **more):
    setting.sandbox.evidence.clear()
    async with setting.migration(plan) as migration:
        found, lost = await migration.drift(**more)
    assert not setting.sandbox.evidence.writes()
    assert not lost
    return {one.name: one for one in found}


async def test_each_side_is_told_apart(stage, builtin_world):
    setting = stage(builtin_world())
    plan = loaded(setting, "demo.yaml")
    rows = {row.source_name: row for row in (await setting.run(plan)).reconciliation.rows}
    source, group = setting.world.orgs["acme_au"].inodes, setting.world.orgs["group"].inodes

    def here(name):
        return source[rows[name].source_id]

    def there(name):
        return group[rows[name].target_id]

    quiet = await drifted(setting, plan)
    assert quiet.keys() == rows.keys()
    assert {(one.source, one.standing, one.outcome) for one in quiet.values()} == {("same", "same", "same")}

    edit(here("Stock Watch"))
    edit(there("Budget Review"))
    edit(here("Customer List"))
    edit(there("Customer List"))
    there("Headcount").name = "Mine"
    there("Month-End Close").archived = True
    here("Approvals").archived = True
    found = await drifted(setting, plan)
    assert (found["Stock Watch"].outcome, found["Stock Watch"].told) == ("source_changed", "")
    assert found["Budget Review"].outcome == "target_changed"
    assert found["Budget Review"].told.startswith("edited in the target since (version ")
    assert found["Customer List"].outcome == "both_changed"
    assert (found["Headcount"].outcome, found["Headcount"].told) == (
        "target_changed",
        "renamed to 'Mine' in the target since",
    )
    assert (found["Month-End Close"].standing, found["Month-End Close"].outcome) == ("gone", "target_changed")
    assert found["Approvals"].source in ("gone", "not_selected")
    moved = {name for name, one in found.items() if one.outcome != "same"}
    assert moved <= {"Stock Watch", "Budget Review", "Customer List", "Headcount", "Month-End Close", "Approvals"}

    few = await drifted(setting, plan, only="Customer*")
    assert set(few) == {"Customers", "Customer List"}


async def test_without_a_copy_there_is_nothing_to_compare(stage, builtin_world):
    setting = stage(builtin_world())
    assert await drifted(setting, loaded(setting, "demo.yaml")) == {}
