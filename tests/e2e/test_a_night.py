"""A night in which much goes wrong at once: each tenant is told for itself, and the next night goes on."""

from __future__ import annotations

from dataclasses import replace

import pytest
from staging import FAST, Stage

from kit.small_tenants import small_plan, small_world
from migrate import Plan
from migrate.report.outcome import outcome_tree
from migrate.run.folder import run_before
from migrate.run.notice import due
from migrate.sandbox.faults import Fault
from migrate.sandbox.person import act
from migrate.sandbox.service import Sandbox
from migrate.sigma.retry import RetryLimits

pytestmark = pytest.mark.anyio

DOWN = ("d1", "d2", "d3")
WELL = ("well1", "well2")
TENANTS = (*DOWN, "slow", "drifted", "new", "expired", *WELL)
SOON = RetryLimits(throttled=4, blocked=2, passing=2, masked=2, first=0.01, most=0.02)


@pytest.fixture
def setting(tmp_path):
    """A source and nine tenants, in process."""
    return Stage(sandbox=Sandbox(small_world(tmp_path, TENANTS)), folder=tmp_path)


def planned(setting, tenants):
    """The plan of the night, for these tenants."""
    rows = [f"{name},{setting.world.orgs[name].slug}" for name in tenants]
    path = small_plan(setting.folder, rows, policy={"breaker_percent": 100})
    plan = Plan.load(path, environ=setting.environ)
    return replace(plan, run=replace(FAST, targets=4))


async def night(setting, tenants=TENANTS):
    """What a night came to, and what is told of it to whom the plan names."""
    plan = planned(setting, tenants)
    setting.sandbox.evidence.clear()
    result = await setting.run(plan, retries=SOON)
    before = run_before(plan.report.dir, plan.name, result.run_id)
    return result, due("failures", result.reconciliation, before)


def told(result):
    """Tenant -> how often each way a document ended, and the reasons."""
    found = {}
    for row in result.reconciliation.rows:
        found.setdefault(row.target, set()).add((row.outcome, row.reason_code))
    return found


def edited(setting, org, name):
    inode = next(one for one in setting.world.orgs[org].inodes.values() if one.name == name)
    act(setting.world.orgs[org], "edit", inode.id, now=1.8e9)


async def test_every_tenant_is_told_for_itself_and_the_next_night_goes_on(setting):
    first, alert = await night(setting, [name for name in TENANTS if name != "new"])
    assert (first.exit_code, alert) == (0, None)
    edited(setting, "north", "Notes")
    edited(setting, "drifted", "Notes")
    faults = setting.sandbox.faults
    for name in DOWN:
        faults.add(Fault(action="status", org=name, status=503, count=0))
    faults.add(Fault(action="status", org="slow", method="PUT", status=429, count=2, retry_after="0"))
    good = setting.environ["SIGMA_EXPIRED_CLIENT_SECRET"]
    setting.environ["SIGMA_EXPIRED_CLIENT_SECRET"] = "f" * 64

    bad, alert = await night(setting)
    found = told(bad)
    for name in WELL:
        assert found[name] == {("updated", None), ("unchanged", "unchanged_by_version")}, name
    assert found["slow"] == found["well1"], "one that throttles is late, and nothing else"
    throttled = {org["alias"]: org["throttled"] for org in bad.reconciliation.orgs}
    assert (throttled["slow"], throttled["well1"]) == (2, 0)
    assert {outcome for outcome, _ in found["new"]} == {"created"}
    warnings = " | ".join(bad.reconciliation.warnings)
    assert "new (" in warnings
    assert "is new among the targets" in warnings
    for name in DOWN:
        assert {outcome for outcome, _ in found[name]} == {"not_attempted"}
    assert {outcome for outcome, _ in found["expired"]} == {"not_attempted"}
    assert {code for _, code in found["expired"]} == {"bad_credentials"}
    assert ("blocked", "drifted") in found["drifted"]
    assert bad.exit_code == 5
    assert bad.reconciliation.consistent
    assert set(bad.troubles) == {*DOWN, "expired"}
    assert alert.why == "trouble"
    causes = {cause["code"]: cause["targets"] for cause in outcome_tree("r", bad.reconciliation, "")["causes"]}
    assert causes["bad_credentials"] == ["expired"]
    assert causes["drifted"] == ["drifted"]
    assert sorted(target for targets in causes.values() for target in targets) == sorted([*DOWN, "expired", "drifted"])
    assert not any(setting.sandbox.evidence.writes(name) for name in (*DOWN, "expired", "drifted"))

    same, alert = await night(setting)
    assert (same.exit_code, alert) == (5, None), "what stands since the night before is told once"

    faults.clear()
    setting.environ["SIGMA_EXPIRED_CLIENT_SECRET"] = good
    last, alert = await night(setting)
    found = told(last)
    for name in (*DOWN, "expired"):
        assert found[name] == {("updated", None), ("unchanged", "unchanged_by_version")}, name
    assert found["drifted"] == {("blocked", "drifted"), ("unchanged", "unchanged_by_version")}
    assert (last.exit_code, alert) == (1, None), "the drift is there still, and was told"
    writes = {name for name in TENANTS if setting.sandbox.evidence.writes(name)}
    assert writes == {*DOWN, "expired"}
