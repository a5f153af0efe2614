"""The main journeys of a user over the packaged world, in process: again, changed, from a bundle, as CSV, stopped."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from samples import stored
from staging import FAST

from migrate import Plan
from migrate.plan.orgs import Source
from migrate.sandbox.org import Version
from migrate.sandbox.world import builtin

pytestmark = pytest.mark.anyio

PLANS = Path(__file__).parents[2] / "plans"


def loaded(setting, name, **changes):
    """A packaged plan on this stage's organizations."""
    found = Plan.load(PLANS / name, environ=setting.environ)
    report = replace(found.report, dir=setting.folder / "reports", formats=("json",))
    return replace(found, run=FAST, state=f"sqlite:///{setting.folder}/state.db", report=report, **changes)


def picture(org):
    """What stands in an organization, without ids and times: (type, path, body without ids of this copy)."""

    def path(inode):
        names = [inode.name]
        while inode.parent_id and inode.parent_id in org.inodes:
            inode = org.inodes[inode.parent_id]
            names.append(inode.name)
        return tuple(reversed(names))

    return sorted((inode.type, path(inode), len(inode.versions)) for inode in org.inodes.values() if not inode.archived)


async def test_the_demo_plan_copies_everything_and_then_nothing(stage):
    setting = stage(builtin())
    plan = loaded(setting, "demo.yaml")
    first = await setting.run(plan)
    total = first.reconciliation.totals["group"]
    assert total["created"] == total["in_scope"] > 25
    assert total["match"] + total["match_declared"] == total["created"]
    assert first.reconciliation.consistent
    assert first.exit_code == 0
    written = len(setting.sandbox.evidence.writes())
    second = await setting.run(plan)
    assert second.reconciliation.totals["group"]["unchanged"] == total["in_scope"]
    assert len(setting.sandbox.evidence.writes()) == written, "the second run wrote nothing"


async def test_the_same_plan_as_csv_gives_the_same_result(stage, tmp_path):
    pictures = []
    for name in ("demo.yaml", "demo.csv"):
        setting = stage(builtin())
        setting.folder = tmp_path / name
        setting.folder.mkdir()
        await setting.run(loaded(setting, name))
        pictures.append(picture(setting.world.orgs["group"]))
    assert pictures[0] == pictures[1]


async def test_only_write_organizations_are_written_to(stage):
    setting = stage(builtin())
    await setting.run(loaded(setting, "demo.yaml"))
    assert setting.sandbox.evidence.writes("group")
    assert setting.sandbox.evidence.writes("acme_au") == []
    assert setting.sandbox.evidence.writes("emea") == []


async def test_a_changed_source_is_replaced_in_place(stage):
    setting = stage(builtin())
    plan = loaded(setting, "demo.yaml")
    first = await setting.run(plan)
    row = next(r for r in first.reconciliation.rows if r.source_name == "Cost Centres")
    original = setting.world.orgs["acme_au"].inodes[row.source_id]
    body = stored(original)
    pages = [{**page, "name": f"{page['name']} 2027"} for page in body["pages"]]
    newer = Version(
        number=original.versions[-1].number + 1,
        body={**body, "pages": pages},
        published_at="2026-11-20T00:00:00.000Z",
        published_by=original.owner_id,
    )
    original.versions.append(newer)
    second = await setting.run(plan)
    changed = next(r for r in second.reconciliation.rows if r.source_id == row.source_id)
    assert (changed.outcome, changed.target_id) == ("updated", row.target_id)
    assert changed.verdict in ("match", "match_declared")
    copy = setting.world.orgs["group"].inodes[row.target_id]
    assert [page["name"] for page in stored(copy)["pages"]] == [page["name"] for page in pages]
    total = second.reconciliation.totals["group"]
    assert (total["updated"], total["unchanged"]) == (1, total["in_scope"] - 1)


async def test_an_edit_in_the_target_is_not_overwritten(stage):
    setting = stage(builtin())
    plan = loaded(setting, "demo.yaml")
    first = await setting.run(plan)
    row = next(r for r in first.reconciliation.rows if r.source_name == "Cost Centres")
    copy = setting.world.orgs["group"].inodes[row.target_id]
    edited = {**stored(copy), "pages": [{**page, "name": "Mine"} for page in stored(copy)["pages"]]}
    copy.versions.append(
        Version(
            number=copy.versions[-1].number + 1, body=edited, published_at="2026-11-21T00:00:00.000Z", published_by="p"
        )
    )
    second = await setting.run(plan)
    held = next(r for r in second.reconciliation.rows if r.source_id == row.source_id)
    assert (held.outcome, held.reason_code) == ("blocked", "drifted")
    assert stored(copy)["pages"][0]["name"] == "Mine"
    third = await setting.run(replace(plan, policy=replace(plan.policy, drift="overwrite")))
    back = next(r for r in third.reconciliation.rows if r.source_id == row.source_id)
    assert back.outcome == "updated"
    assert stored(copy)["pages"][0]["name"] != "Mine"


async def test_a_bundle_is_a_source_like_the_organization_it_came_from(stage, tmp_path):
    live = stage(builtin())
    await live.run(loaded(live, "demo.yaml"))
    exported = stage(builtin())
    exported.folder = tmp_path / "second"
    exported.folder.mkdir()
    plan = loaded(exported, "demo.yaml")
    async with exported.migration(plan) as migration:
        await migration.export(tmp_path / "bundle")
    result = await exported.run(replace(plan, source=Source(bundle=tmp_path / "bundle")))
    assert result.exit_code in (0, 1), result.reconciliation.rows
    assert picture(exported.world.orgs["group"]) == picture(live.world.orgs["group"])


@pytest.mark.parametrize("after", [1, 7, 20])
async def test_a_stopped_run_is_picked_up(stage, after):
    setting = stage(builtin())
    plan = loaded(setting, "demo.yaml")
    undisturbed = stage(builtin())
    undisturbed.folder = setting.folder / "other"
    undisturbed.folder.mkdir()
    await undisturbed.run(loaded(undisturbed, "demo.yaml"))

    def stop():
        return len(setting.sandbox.evidence.writes("group")) >= after

    first = await setting.run(plan, stop=stop)
    assert first.interrupted
    assert first.reconciliation.consistent
    assert first.reconciliation.totals["group"]["not_attempted"] > 0
    second = await setting.run(plan)
    assert second.reconciliation.totals["group"]["not_attempted"] == 0
    assert second.exit_code == 0
    assert picture(setting.world.orgs["group"]) == picture(undisturbed.world.orgs["group"])


@pytest.mark.parametrize("model_ids", ["preserve", "remap"])
async def test_a_lost_ledger_is_rebuilt_from_the_target(stage, model_ids):
    setting = stage(builtin())
    setting.world.orgs["group"].switches.model_ids = model_ids
    plan = loaded(setting, "demo.yaml")
    await setting.run(plan)
    fresh = replace(plan, state=f"sqlite:///{setting.folder}/fresh.db")
    async with setting.migration(fresh) as migration:
        found, lost = await migration.adopt()
    assert not lost
    assert not found["group"].doubts
    written = len(setting.sandbox.evidence.writes())
    result = await setting.run(fresh)
    total = result.reconciliation.totals["group"]
    assert total["unchanged"] == total["in_scope"], "documents that link to each other included"
    assert len(setting.sandbox.evidence.writes()) == written


async def test_a_run_is_taken_back_exactly(stage):
    setting = stage(builtin())
    before = picture(setting.world.orgs["group"])
    plan = loaded(setting, "demo.yaml")
    result = await setting.run(plan)
    written = len(setting.sandbox.evidence.writes())
    async with setting.migration(plan) as migration:
        (told,) = await migration.undo(result.run_id, dry_run=True)
        assert len(setting.sandbox.evidence.writes()) == written, "a dry run writes nothing"
        (done,) = await migration.undo(result.run_id)
    assert len(done.undone) == len(told.reversals) > 38
    assert picture(setting.world.orgs["group"]) == before


async def test_verify_finds_an_edit_and_writes_nothing(stage):
    setting = stage(builtin())
    plan = loaded(setting, "demo.yaml")
    first = await setting.run(plan)
    row = next(r for r in first.reconciliation.rows if r.source_name == "Cost Centres")
    copy = setting.world.orgs["group"].inodes[row.target_id]
    edited = {**stored(copy), "pages": [{**page, "name": "Mine"} for page in stored(copy)["pages"]]}
    last = copy.versions[-1]
    copy.versions.append(replace(last, number=last.number + 1, body=edited))
    written = len(setting.sandbox.evidence.writes())
    async with setting.migration(plan) as migration:
        found = await migration.verify()
    verdicts = {r.source_id: r.verdict for r in found.reconciliation.rows}
    assert verdicts.pop(row.source_id) == "mismatch"
    assert set(verdicts.values()) <= {"match", "match_declared"}
    assert found.exit_code == 8
    assert len(setting.sandbox.evidence.writes()) == written


async def test_a_changed_description_travels_without_a_new_version(stage):
    setting = stage(builtin())
    plan = loaded(setting, "demo.yaml")
    first = await setting.run(plan)
    row = next(r for r in first.reconciliation.rows if r.source_name == "Budget Review")
    source, group = setting.world.orgs["acme_au"], setting.world.orgs["group"]
    source.inodes[row.source_id].description = "For the monthly meeting of the group"
    versions = len(group.inodes[row.target_id].versions)
    second = await setting.run(plan)
    again = next(r for r in second.reconciliation.rows if r.source_id == row.source_id)
    assert (again.outcome, again.target_id) == ("updated", row.target_id)
    assert group.inodes[row.target_id].description == "For the monthly meeting of the group"
    assert len(group.inodes[row.target_id].versions) == versions
    third = await setting.run(plan)
    assert third.reconciliation.totals["group"]["unchanged"] == third.reconciliation.totals["group"]["in_scope"]
    async with setting.migration(plan) as migration:
        await migration.undo(second.run_id)
    assert group.inodes[row.target_id].description == row_description(builtin(), row.source_id)


def row_description(world, document_id):
    """The description of a source document as the packaged world has it."""
    return world.orgs["acme_au"].inodes[document_id].description
