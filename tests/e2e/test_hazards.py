"""Documents that cannot travel, or travel broken: each is told by name and reason, none is passed over in silence."""

from __future__ import annotations

import pytest
from samples import stored

from migrate.sandbox.world import builtin

pytestmark = pytest.mark.anyio

MAP = {
    "folders": [{"from": "Shared", "to": "Acme AU"}],
    "connections": [
        {
            "from": "AU Snowflake",
            "to": "Group Snowflake",
            "paths": [
                {"from": "ACME_AU_DW.SALES.*", "to": "GROUP_DW.AU_SALES.*"},
                {"from": "ACME_AU_DW.SALES.ORDERS", "to": "GROUP_DW.AU_SALES.FCT_ORDERS"},
            ],
        }
    ],
}

BLOCKED = {
    "Dead Link": "unknown_reference",
    "Dataset Behind": "hidden_source",
    "Organization Theme": "not_portable",
    "CSV Source": "not_portable",
    "Uploaded Image": "not_portable",
    "Never Answers": "permanent_error",
}
REFUSED_BY_SIGMA = {
    "Stored Procedure": "api_refused",
    "Hidden Title": "dependency_not_found",
    "Panels": "feature_off",
}
RESIDUALS = {
    "Lost Actions": "button_without_action",
    "Pinned Version": "hidden_source",
    "Broken Formula": "broken_in_source",
}


async def migrated(stage, unsupported):
    setting = stage(builtin("hazards"))
    plan = setting.plan("acme_au", "group", map=MAP, policy={"unsupported": unsupported})
    result = await setting.run(plan)
    return setting, result, {row.source_name: row for row in result.reconciliation.rows}


async def test_every_hazard_has_a_row_that_tells_why(stage):
    setting, result, rows = await migrated(stage, "fail")
    for name, code in BLOCKED.items():
        assert (rows[name].outcome, rows[name].reason_code) == ("blocked", code), rows[name].reason
    for name, code in REFUSED_BY_SIGMA.items():
        assert (rows[name].outcome, rows[name].reason_code) == ("blocked", code), rows[name].reason
        assert rows[name].reason.startswith("group would refuse it: "), "its dry run said so"
    for name, code in RESIDUALS.items():
        assert rows[name].outcome == "created", rows[name].reason
        assert code in [residual["code"] for residual in rows[name].residuals]
    assert rows["Broken Formula"].verdict == "broken_in_source_too"
    assert [change["code"] for change in rows["Base Grouping"].changes] == ["fix:base-grouping@1"]
    for row in rows.values():
        assert row.reason or row.outcome == "created", "no row without a sentence"
    assert result.exit_code == 1
    assert result.reconciliation.consistent
    assert setting.sandbox.evidence.writes("acme_au") == []


async def test_reported_hazards_travel_with_what_was_lost_listed(stage):
    setting, _, rows = await migrated(stage, "report")
    image = rows["Uploaded Image"]
    assert image.outcome == "created", image.reason
    assert image.residuals, "the reader is told what to do"
    body = str(stored(setting.world.orgs["group"].inodes[image.target_id]))
    assert setting.world.orgs["acme_au"].id not in body
    assert rows["CSV Source"].outcome == "blocked", "a source that does not exist there refuses under every policy"


async def test_hostile_names_travel_as_they_are(stage):
    setting, result, rows = await migrated(stage, "fail")
    names = {inode.name for inode in setting.world.orgs["group"].inodes.values()}
    for hostile in ("<script>alert(1)</script>", "../../etc/hosts", "Two\nlines", '=HYPERLINK("https://acme.example")'):
        assert hostile in names
        assert rows[hostile].verdict == "match"
    text = result.files["csv"].read_text("utf-8-sig")
    assert "\n=HYPERLINK" not in text
    assert ",=HYPERLINK" not in text
