"""The scope against last time: what falls out of a selection is told, and too much of it stops a run."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from test_journeys import loaded

from migrate.errors import Refused
from migrate.plan.policies import Policy, ScopeShrink
from migrate.plan.proving import Verification
from migrate.plan.selection import Select, Selector
from migrate.run.folder import read_run
from migrate.sandbox.world import builtin
from migrate.terminal.plan import change_set

pytestmark = pytest.mark.anyio


def inode(setting, name, alias="acme_au"):
    return next(one for one in setting.world.orgs[alias].inodes.values() if one.name == name and not one.archived)


def plan_of(setting, *folders, **policy):
    """The packaged demo with another selection."""
    select = Select(include=tuple(Selector(folder=folder) for folder in folders))
    return loaded(setting, "demo.yaml", select=select, policy=Policy(**policy), verify=Verification(levels=("exists",)))


def left(result):
    return {one.name: one for one in result.reconciliation.scope_changes if one.change == "left_scope"}


async def test_a_renamed_folder_stops_the_next_run_with_a_sentence_that_names_it(stage):
    setting = stage(builtin())
    plan = plan_of(setting, "Shared", "Operations")
    first = await setting.run(plan)
    assert first.reconciliation.scope_changes == ()
    shared = inode(setting, "Finance")
    shared.parent_id = inode(setting, "Data Models").id
    setting.sandbox.evidence.clear()
    stopped = await setting.run(plan)
    assert stopped.exit_code == 9
    assert setting.sandbox.evidence.writes() == []
    gone = left(stopped)
    assert {"Budget Review", "Month-End Close"} <= gone.keys()
    assert {one.why for one in gone.values()} == {"renamed_folder", "not_selected"}
    assert "Shared/Finance/Monthly Close is now Data Models/Finance/Monthly Close" in gone["Month-End Close"].reason
    assert {row.reason_code for row in stopped.reconciliation.rows if row.outcome == "not_attempted"} == {
        "scope_shrunk"
    }
    assert stopped.reconciliation.totals["group"]["left_scope"] == len(gone)
    told = json.loads((stopped.folder / "report.json").read_text())
    assert len(told["scope_changes"]) == len(gone)

    again = await setting.run(plan)
    assert again.exit_code == 9
    meant = await setting.run(plan_of(setting, "Shared", "Operations", scope_shrink=ScopeShrink(max_percent=100)))
    assert meant.exit_code != 9
    assert left(meant).keys() == gone.keys()
    quiet = await setting.run(plan)
    assert quiet.exit_code == meant.exit_code
    assert all(one.since for one in left(quiet).values())


async def test_a_rule_that_takes_nothing_any_more_says_where_its_documents_went(stage):
    setting = stage(builtin())
    plan = plan_of(setting, "Shared/Finance", "Shared/Sales")
    await setting.run(plan)
    inode(setting, "Finance").name = "Controlling"
    with pytest.raises(Refused) as caught:
        await setting.run(plan)
    assert caught.value.code == "rule_matches_nothing"
    (problem,) = caught.value.problems
    assert problem.path == "select.include.0"
    assert "now in Shared/Controlling" in problem.fix


async def test_what_is_new_in_scope_is_counted_and_a_document_that_comes_back_is_not_left(stage):
    setting = stage(builtin())
    await setting.run(plan_of(setting, "Shared/Finance"))
    wider = await setting.run(plan_of(setting, "Shared/Finance", "Operations/Stock"))
    new = [one.name for one in wider.reconciliation.scope_changes if one.change == "new"]
    assert {"Stock Watch", "Shipments"} <= set(new)
    assert wider.reconciliation.totals["group"]["new"] == len(new)
    shrunk = plan_of(setting, "Shared/Finance", scope_shrink=ScopeShrink(max_percent=100))
    assert left(await setting.run(shrunk)).keys() >= {"Stock Watch", "Shipments"}
    back = await setting.run(plan_of(setting, "Shared/Finance", "Operations/Stock"))
    assert back.reconciliation.scope_changes == ()


async def test_what_stands_beside_documents_in_a_selected_folder_is_told_as_not_copied(stage):
    setting = stage(builtin())
    org = setting.world.orgs["acme_au"]
    finance = inode(setting, "Finance")
    for number, (kind, name) in enumerate([("dataset", "Old numbers"), ("template", "Letter")]):
        inode_id = f"0000000{number}-0000-4000-8000-000000000000"
        org.inodes[inode_id] = replace(finance, id=inode_id, type=kind, name=name, parent_id=finance.id)
    plan = plan_of(setting, "Shared/Finance")
    async with setting.migration(plan) as migration:
        changes = (await migration.plan()).changes
    assert [(one.kind, one.name, one.source_path, one.reason_code) for one in changes.not_copied] == [
        ("template", "Letter", "Shared/Finance", "template_not_copied"),
        ("dataset", "Old numbers", "Shared/Finance", "dataset_not_copied"),
    ]
    text = change_set(changes)
    assert "not copied: dataset Old numbers in Shared/Finance" in text
    result = await setting.run(plan)
    assert result.reconciliation.not_copied == changes.not_copied
    _, again = read_run(result.folder)
    assert again == replace(result.reconciliation, run=again.run)


async def test_copies_of_what_is_gone_are_archived_where_nobody_edited_them_and_undo_brings_them_back(stage):
    setting = stage(builtin())
    policy = {"deletes": "archive", "max_percent": 50, "scope_shrink": ScopeShrink(max_percent=100)}
    first = await setting.run(plan_of(setting, "Shared/Finance", **policy))
    for name in ("Budget Review", "Fiscal Calendar"):
        inode(setting, name).archived = True
    edited = inode(setting, "Fiscal Calendar", "group")
    edited.name = "Ours now"
    async with setting.migration(plan_of(setting, "Shared/Finance", **policy)) as migration:
        changes = (await migration.plan()).changes
    assert "- archive workbook Budget Review: its source document is gone" in change_set(changes)
    assert changes.targets[0].waves[0][0].verb == "archive"
    second = await setting.run(plan_of(setting, "Shared/Finance", **policy))
    assert second.exit_code == first.exit_code
    found = left(second)
    assert (found["Budget Review"].result, found["Fiscal Calendar"].result) == ("archived", "")
    copy = next(one for one in setting.world.orgs["group"].inodes.values() if one.name == "Budget Review")
    assert copy.archived
    assert not edited.archived
    quiet = await setting.run(plan_of(setting, "Shared/Finance", **policy))
    assert "Budget Review" not in left(quiet)
    async with setting.migration(plan_of(setting, "Shared/Finance", **policy)) as migration:
        (taken,) = await migration.undo(second.run_id)
        assert [one.result for one in taken.undone] == ["unarchived"]
        (again,) = await migration.undo(second.run_id)
        assert again.undone == ()
    assert not copy.archived
    inode(setting, "Budget Review", "group")
    next(one for one in setting.world.orgs["acme_au"].inodes.values() if one.name == "Budget Review").archived = False
    back = await setting.run(plan_of(setting, "Shared/Finance", **policy))
    assert {row.source_name: row.outcome for row in back.reconciliation.rows}["Budget Review"] == "unchanged"


async def test_too_many_archives_stop_before_the_first_write(stage):
    setting = stage(builtin())
    policy = {"deletes": "archive", "scope_shrink": ScopeShrink(max_percent=100)}
    await setting.run(plan_of(setting, "Shared/Finance", **policy))
    for name in ("Budget Review", "Fiscal Calendar", "Month-End Close"):
        inode(setting, name).archived = True
    setting.sandbox.evidence.clear()
    stopped = await setting.run(plan_of(setting, "Shared/Finance", **policy))
    assert stopped.exit_code == 9
    assert setting.sandbox.evidence.writes() == []
    assert {row.reason_code for row in stopped.reconciliation.rows if row.outcome == "not_attempted"} == {
        "delete_limit"
    }
    assert {one.result for one in left(stopped).values() if one.why == "gone"} == {"not_archived"}
