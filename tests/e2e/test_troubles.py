"""Whatever ends a run early, what stands is reported, and the exit code says what it was."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import count

import pytest
from staging import FAST
from test_calls import TARGETS, staged

from kit.attacks import copying
from migrate import Plan
from migrate.events import Acted, Recorded, Stage
from migrate.sandbox.faults import Fault

pytestmark = pytest.mark.anyio


def one_target(plan):
    return replace(plan, targets=("group",))


def rows(result):
    """Source name -> how it ended, of the group."""
    return {
        row.source_name: (row.outcome, row.reason_code) for row in result.reconciliation.rows if row.target == "group"
    }


def standing(setting, org="group"):
    return sorted(inode.name for inode in setting.world.orgs[org].inodes.values() if inode.versions)


def once(matches, act):
    """A listener that acts on the first event that matches."""
    todo = [act]

    def hear(event):
        if todo and matches(event):
            todo.pop()()

    return hear


def is_done(event):
    return isinstance(event, Recorded) and event.what == "done"


async def test_credentials_revoked_in_mid_run_end_it_at_once(tmp_path):
    setting, plan = staged(tmp_path)
    group, north = setting.world.orgs["group"], setting.world.orgs["north"]
    at = []

    def revoke():
        for client in list(group.clients):
            setting.sandbox.revoke_client(group, client.client_id)
        at.append(len(setting.sandbox.evidence.of("group")))

    plan = replace(one_target(plan), run=replace(plan.run, write_concurrency=1))
    result = await setting.run(plan, listener=once(is_done, revoke))
    assert result.exit_code == 5
    assert result.troubles or "unauthorized" in str(rows(result)) or "bad_credentials" in str(rows(result))
    assert standing(setting) == ["Orders"]
    ended = rows(result)
    assert ended.pop("Orders")[0] == "created"
    assert {outcome for outcome, _code in ended.values()} <= {"failed", "not_attempted"}
    assert {code for _outcome, code in ended.values()} <= {"unauthorized", "bad_credentials"}
    after = [entry for entry in setting.sandbox.evidence.of("group")[at[0] :] if entry.path != "/v2/auth/token"]
    assert len(after) <= 3, "nothing is asked again and again"
    assert result.reconciliation.consistent
    assert json.loads((result.folder / "report.json").read_text("utf-8"))["rows"]
    assert north.clients


async def test_credentials_revoked_while_checking(tmp_path):
    setting, plan = staged(tmp_path)
    group = setting.world.orgs["group"]

    def revoke():
        for client in list(group.clients):
            setting.sandbox.revoke_client(group, client.client_id)

    made = count(1)
    last = once(lambda event: isinstance(event, Acted) and next(made) == 3, revoke)
    result = await setting.run(one_target(plan), listener=last)
    assert result.exit_code == 5
    assert result.troubles["group"].exit_code == 5
    assert {outcome for outcome, _code in rows(result).values()} == {"created"}
    assert 1 <= result.reconciliation.totals["group"]["not_run"] <= 3, "the last one, and what was under way"
    assert standing(setting) == ["Notes", "Orders", "Sales"]


@pytest.mark.parametrize("when", ["writing", "checking"])
async def test_what_nobody_foresaw_in_one_target_leaves_the_other_and_the_report(tmp_path, when):
    setting, plan = staged(tmp_path)

    def crash():
        raise RuntimeError("nobody foresaw this")

    def matches(event):
        if when == "checking":
            return isinstance(event, Stage) and event.name == "verify" and event.org == "group"
        return is_done(event) and event.target == setting.world.orgs["group"].id and bool(event.document)

    result = await setting.run(plan, listener=once(matches, crash))
    assert result.exit_code == 70
    assert set(result.troubles) == {"group"}
    assert "RuntimeError" in result.troubles["group"].message
    assert result.reconciliation.consistent
    assert (
        result.reconciliation.totals["emea"]["created"]
        == result.reconciliation.totals["emea"]["match_declared"] + (result.reconciliation.totals["emea"]["match"])
    )
    landed = [name for name, (outcome, _code) in rows(result).items() if outcome == "created"]
    assert set(landed) <= set(standing(setting)), "what is told as created stands there"
    if when == "checking":
        assert sorted(landed) == standing(setting) == ["Notes", "Orders", "Sales"]
    assert json.loads((result.folder / "run.json").read_text("utf-8"))["reconciliation"]["exit_code"] == 70
    again = await setting.run(plan)
    assert again.exit_code == 0
    assert standing(setting) == ["Notes", "Orders", "Sales"], "and no second one of any"


async def test_a_report_that_has_no_place_goes_to_another(tmp_path):
    setting, plan = staged(tmp_path)
    reports = tmp_path / "reports"

    def block():
        reports.rename(tmp_path / "gone")
        reports.write_text("mine")

    result = await setting.run(one_target(plan), listener=once(is_done, block))
    assert result.exit_code == 74
    assert result.troubles["report"].code == "file_in_the_way"
    assert str(result.folder) in result.troubles["report"].message
    assert result.folder.is_dir()
    assert tmp_path not in result.folder.parents
    assert result.folder.stat().st_mode & 0o077 == 0
    report = json.loads((result.folder / "report.json").read_text("utf-8"))
    assert {row["outcome"] for row in report["rows"]} == {"created"}
    assert json.loads((result.folder / "run.json").read_text("utf-8"))["reconciliation"]["exit_code"] == 74
    assert reports.read_text() == "mine"


async def test_a_target_that_cannot_be_proven_leaves_the_others(tmp_path):
    setting, plan = staged(tmp_path)
    expect = replace(plan.orgs["emea"].expect, organization_id=None, slug="emea")
    plan = replace(plan, orgs={**plan.orgs, "emea": replace(plan.orgs["emea"], expect=expect)})
    setting.sandbox.faults.add(Fault(action="status", org="emea", path="/v2/connections$", count=0, status=403))
    result = await setting.run(plan)
    assert result.exit_code == 5
    assert result.troubles["emea"].code == "identity_unproven"
    assert any("emea is left out" in warning for warning in result.reconciliation.warnings)
    assert standing(setting) == ["Notes", "Orders", "Sales"]
    setting.sandbox.faults.clear()
    again = await setting.run(plan)
    assert again.exit_code == 0
    assert standing(setting, "emea") == ["Notes", "Orders", "Sales"]
    assert set(again.reconciliation.totals) == set(TARGETS)


async def test_a_document_of_a_shape_that_nobody_foresaw_is_one_row(tmp_path):
    stage = copying(tmp_path / "stage")
    plan = stage.small_plan()
    async with stage.migration(plan) as migration:
        await migration.export(tmp_path / "exported")
    (path,) = (tmp_path / "exported").rglob("Notes--*.json")
    spec = json.loads(path.read_bytes())
    path.write_text(json.dumps({**spec, "contents": {**spec["contents"], "pages": 7}}), encoding="utf-8")
    text = plan.origin.read_text("utf-8").replace("source: north", f"source: {{bundle: {tmp_path / 'exported'}}}")
    plan.origin.write_text(text, encoding="utf-8")
    result = await stage.run(replace(Plan.load(plan.origin, environ=stage.environ), run=FAST))
    assert rows(result) == {
        "Notes": ("blocked", "unknown_shape"),
        "Orders": ("created", None),
        "Sales": ("created", None),
    }
    assert result.exit_code == 1
