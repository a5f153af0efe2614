"""At which date of the spec contract a target stands: read off what it serves, with as few reads as that takes."""

from __future__ import annotations

from dataclasses import replace

import pytest
from samples import stored
from test_journeys import loaded

from migrate.change.actions import Block, main_actions
from migrate.plan.proving import Verification
from migrate.sandbox.world import builtin

pytestmark = pytest.mark.anyio


def stands_at(org, date):
    """Lets an organization stand at a date; both shapes of the newest envelope hold the same document."""
    org.switches.generation = "document" if date < "2026-09" else "contents"
    org.switches.spec_date = date


def contents_read(setting):
    """How many times the contents of a workbook were read in the target."""
    return sum(
        "includeContents" in entry.query or entry.path.endswith("/spec")
        for entry in setting.sandbox.evidence.of("group")
        if entry.method == "GET" and "/workbooks/" in entry.path
    )


@pytest.mark.parametrize("date", ["2026-08-26", "2026-09-08"])
async def test_a_copy_shows_the_date_and_a_change_of_it_changes_nothing(stage, date):
    setting = stage(builtin())
    plan = loaded(setting, "demo.yaml", verify=Verification(unchanged="always"))
    await setting.run(plan)
    stands_at(setting.world.orgs["group"], date)
    setting.sandbox.evidence.clear()
    async with setting.migration(plan) as migration:
        planned = await migration.plan()
    (target,) = planned.changes.targets
    actions = list(main_actions(target.waves))
    stuck = [action for action in actions if isinstance(action, Block)]
    assert {action.outcome for action in actions if action not in stuck} == {"unchanged"}
    assert len(stuck) == (date == "2026-08-26"), "labels of pages: how they were written before is not recorded"
    assert all("pageLabels" in action.why for action in stuck)
    assert not [note for note in planned.changes.warnings if "spells documents" in note]
    shape = 1 if date == "2026-09-08" else 2  # the newest way is tried first
    witnesses = 1 if date == "2026-09-08" else 2  # one for either end
    assert contents_read(setting) == shape + witnesses


async def test_a_changed_document_is_written_in_the_spelling_of_the_day(stage):
    setting = stage(builtin())
    plan = loaded(setting, "demo.yaml")
    first = await setting.run(plan)
    stands_at(setting.world.orgs["group"], "2026-08-26")
    row = next(one for one in first.reconciliation.rows if one.source_name == "Store Map")
    original = setting.world.orgs["acme_au"].inodes[row.source_id]
    body = stored(original)
    pages = [{**page, "name": f"{page['name']} 2027"} for page in body["pages"]]
    newer = replace(original.versions[-1], number=original.versions[-1].number + 1, body={**body, "pages": pages})
    original.versions.append(newer)
    second = await setting.run(plan)
    changed = next(one for one in second.reconciliation.rows if one.source_id == row.source_id)
    assert (changed.outcome, changed.verdict) == ("updated", "match_declared"), "how it is spelled is declared"
    assert second.reconciliation.totals["group"]["updated"] == 1
