"""The night in which Sigma spells every document anew, and nobody edits anything: nothing is written."""

from __future__ import annotations

import pytest
from test_journeys import loaded

from migrate.plan.proving import Verification

pytestmark = pytest.mark.anyio

BEFORE, AFTER = "2026-08-26", "2026-09-08"


@pytest.mark.parametrize("moved", [("source", "target"), ("source",), ("target",)], ids="+".join)
async def test_nothing_is_written_in_the_night_in_which_the_spelling_changes(stage, builtin_world, moved):
    setting = stage(builtin_world())
    plan = loaded(setting, "demo.yaml", verify=Verification(unchanged="always"))
    ends = {"source": setting.world.orgs[plan.source.org], "target": setting.world.orgs[plan.targets[0]]}
    for org in ends.values():
        org.switches.spec_date = BEFORE
    first = await setting.run(plan)
    created = [row for row in first.reconciliation.rows if row.outcome == "created"]
    assert len(created) > 10
    for end in moved:
        ends[end].switches.spec_date = AFTER
    setting.sandbox.evidence.clear()
    again = await setting.run(plan)
    assert len(created) == len(first.reconciliation.rows)
    apart = (
        {"Store Manager Pack": "generation_too_old"} if len(moved) == 1 else {}
    )  # its page labels: other form unknown
    assert {
        row.source_name: row.reason_code for row in again.reconciliation.rows if row.outcome != "unchanged"
    } == apart
    assert not setting.sandbox.evidence.writes()
