"""One plan for many tenants: every row its own names, in waves, and one that cannot be reached left out."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tenants import ROWS, pack

from migrate import Plan
from migrate.errors import Refused
from migrate.plan.running import Gate
from migrate.sandbox.faults import Fault

pytestmark = pytest.mark.anyio


async def test_every_tenant_gets_its_own_names(stage, builtin_world):
    setting = stage(builtin_world())
    result = await setting.run(pack(setting, ROWS))
    totals = result.reconciliation.totals
    assert set(totals) == {"group", "emea"}
    for target, total in totals.items():
        rows = [row for row in result.reconciliation.rows if row.target == target]
        assert total["created"] == total["in_scope"] > 3, [(r.source_name, r.outcome, r.reason) for r in rows]
        assert total["match"] + total["match_declared"] == total["created"]
    first = {entry.org: entry.number for entry in reversed(setting.sandbox.evidence.writes())}
    assert first["emea"] < first["group"], "the first wave is done before the second begins"


async def test_a_tenant_that_cannot_be_reached_leaves_the_others_alone(stage, builtin_world):
    setting = stage(builtin_world())
    plan = pack(setting, ROWS | {"emea": ROWS["emea"].replace(",1,", ",2,")})
    setting.environ["SIGMA_EMEA_CLIENT_SECRET"] = "f" * 64
    result = await setting.run(plan)
    assert result.reconciliation.totals["group"]["created"] > 3
    emea = result.reconciliation.totals["emea"]
    assert emea["not_attempted"] == emea["in_scope"] > 3
    assert result.reconciliation.consistent
    assert any("emea is left out" in warning for warning in result.reconciliation.warnings)
    assert result.exit_code == 5
    assert not setting.sandbox.evidence.writes("emea")


async def test_a_mapping_that_names_nothing_in_one_tenant_refuses_that_tenant_alone(stage, builtin_world):
    setting = stage(builtin_world())
    plan = pack(setting, ROWS | {"emea": ROWS["emea"].replace(",1,", ",2,").replace("EMEA Snowflake", "No Such")})
    async with setting.migration(plan) as migration:
        planned = await migration.plan()
        assert [(name, error.code) for name, error in planned.lost.items()] == [("emea", "unresolved_mapping")]
        assert any("emea: " in told and "No Such" in told for told in planned.changes.warnings)
        result = await migration.apply(planned)
    rows = {row.target: (row.outcome, row.reason_code) for row in result.reconciliation.rows}
    assert rows == {"group": ("created", None), "emea": ("not_attempted", "unresolved_mapping")}
    assert any("No Such" in told for told in result.reconciliation.warnings)
    assert (result.exit_code, result.reconciliation.consistent) == (4, True)
    assert not setting.sandbox.evidence.writes("emea")
    both = pack(setting, {name: row.replace("Snowflake", "Nowhere") for name, row in ROWS.items()})
    async with setting.migration(both) as migration:
        with pytest.raises(Refused) as refused:
            await migration.plan()
    assert {problem.value for problem in refused.value.problems} >= {"Group Nowhere", "EMEA Nowhere"}


async def test_a_canary_that_fails_holds_back_the_next_wave_and_the_next_run_goes_on(stage, builtin_world):
    setting = stage(builtin_world())
    plan = pack(setting, ROWS)
    setting.sandbox.faults.add(Fault(action="status", org="emea", method="POST", path="/spec$", count=1, status=400))
    result = await setting.run(plan)
    totals = result.reconciliation.totals
    assert totals["emea"]["failed"] == 1
    made = totals["emea"]["created"]
    assert totals["group"]["not_attempted"] == totals["group"]["in_scope"] > 3
    rows = [row for row in result.reconciliation.rows if row.target == "group"]
    assert {row.reason_code for row in rows} == {"held_back"}
    assert "wave 1 did not pass its gate" in rows[0].reason
    assert "emea" in rows[0].reason
    assert result.exit_code == 9
    assert not setting.sandbox.evidence.writes("group")
    again = await setting.run(plan)
    totals = again.reconciliation.totals
    assert again.exit_code == 0
    assert totals["group"]["created"] == totals["group"]["in_scope"]
    assert totals["emea"]["created"] == totals["emea"]["in_scope"] - made > 0


async def test_a_gate_that_allows_it_lets_the_next_wave_begin(stage, builtin_world):
    setting = stage(builtin_world())
    plan = pack(setting, ROWS)
    plan = replace(plan, run=replace(plan.run, gate=Gate(documents_percent=50, targets_percent=100)))
    setting.sandbox.faults.add(Fault(action="status", org="emea", method="POST", path="/spec$", count=1, status=400))
    result = await setting.run(plan)
    totals = result.reconciliation.totals
    assert totals["group"]["created"] == totals["group"]["in_scope"]
    assert result.exit_code == 1


async def test_stop_means_that_no_other_target_is_begun(stage, builtin_world):
    setting = stage(builtin_world())
    plan = pack(setting, ROWS)
    gate = Gate(documents_percent=100, targets_percent=100)
    plan = replace(plan, run=replace(plan.run, gate=gate), policy=replace(plan.policy, on_error="stop"))
    setting.sandbox.faults.add(Fault(action="status", org="emea", method="POST", path="/spec$", count=1, status=400))
    result = await setting.run(plan)
    rows = [row for row in result.reconciliation.rows if row.target == "group"]
    assert {row.reason_code for row in rows} == {"held_back"}
    assert "policy.on_error is stop" in rows[0].reason
    assert not setting.sandbox.evidence.writes("group")


async def test_a_row_that_is_disabled_or_gone_is_told_with_what_stands_there(stage, builtin_world):
    setting = stage(builtin_world())
    first = await setting.run(pack(setting, ROWS))
    assert first.reconciliation.warnings == ()
    emea = setting.world.orgs["emea"].id
    before = len(setting.sandbox.evidence.entries)
    gone = await setting.run(pack(setting, {"group": ROWS["group"]}))
    (told,) = gone.reconciliation.warnings
    assert told.startswith(f"emea ({emea}) is no target of the plan any more: ")
    off = pack(setting, ROWS)
    table = setting.folder / "tenants.csv"
    lines = [f"{line},{cell}" for line, cell in zip(table.read_text().splitlines(), ("enabled", "", "no"), strict=True)]
    table.write_text("\n".join(lines))
    off = replace(off, **{name: getattr(again(setting), name) for name in ("tenants", "targets", "orgs")})
    result = await setting.run(off)
    assert any("emea is disabled in the table of tenants" in told for told in result.reconciliation.warnings)
    assert list(result.reconciliation.totals) == ["group"]
    seen = setting.sandbox.evidence.entries[before:]
    assert not [entry for entry in seen if entry.org == "emea"], "nobody asked it anything"


def again(setting):
    """The plan of the folder, loaded anew."""
    return Plan.load(setting.folder / "pack.yaml", environ=setting.environ)
