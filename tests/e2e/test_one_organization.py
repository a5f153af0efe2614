"""From one folder to another of the same organization, such as dev to prod: allowed where the two do not overlap."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from migrate.errors import InvalidInput, Refused
from migrate.sandbox.world import builtin

pytestmark = pytest.mark.anyio


@pytest.fixture
def dev(stage):
    return stage(builtin("surroundings"))


def plan(setting, to, **more):
    return setting.plan(
        "acme_au",
        "acme_au",
        select={"include": [{"folder": "Finance/Month End"}]},
        map={
            "folders": [{"from": "Finance/Month End", "to": to}],
            "connections": [{"from": "AU Snowflake", "to": "AU Snowflake"}],
        },
        policy={"unsupported": "report"},
        **more,
    )


def names(setting, folder):
    org = setting.world.orgs["acme_au"]
    (parent,) = [one.id for one in org.inodes.values() if one.name == folder]
    return {
        one.name: one
        for one in org.inodes.values()
        if one.parent_id == parent and "tagged_from" not in one.facts and not one.archived
    }


async def test_copies_read_each_other_and_a_second_run_writes_nothing(dev):
    there = plan(dev, "Prod/Month End Reports")
    result = await dev.run(there)
    assert result.exit_code == 0, [(row.reason_code, row.reason, row.detail) for row in result.reconciliation.rows]
    copies = names(dev, "Month End Reports")
    assert set(copies) == {"Orders Model", "Orders Overview", "Orders Letter"}
    assert {row.levels["references"] for row in result.reconciliation.rows} <= {"pass", "declared"}
    original = names(dev, "Month End")["Orders Model"].id
    read = str(copies["Orders Overview"].versions[-1].body)
    assert copies["Orders Model"].id in read
    assert original not in read
    dev.sandbox.evidence.clear()
    again = await dev.run(there)
    assert {row.outcome for row in again.reconciliation.rows} == {"unchanged"}
    assert dev.sandbox.evidence.writes() == []


async def test_a_reference_that_was_left_to_the_original_is_found(dev):
    there = plan(dev, "Prod/Month End Reports")
    await dev.run(there)
    copy, model = names(dev, "Month End Reports"), names(dev, "Month End")["Orders Model"].id
    body = copy["Orders Overview"].versions[-1].body
    text = json.dumps(body).replace(copy["Orders Model"].id, model)
    assert text != json.dumps(body)
    copy["Orders Overview"].versions[-1].body = json.loads(text)
    async with dev.migration(there) as migration:
        result = await migration.verify()
    row = next(one for one in result.reconciliation.rows if one.source_name == "Orders Overview")
    assert (row.verdict, row.levels["references"]) == ("mismatch", "fail")


async def test_nothing_is_checked_before_all_stands(dev):
    """Only what has a copy by then is out of place in another copy."""
    there = plan(dev, "Prod/Month End Reports")
    await dev.run(replace(there, run=replace(there.run, write_concurrency=1)))
    asked = [f"{one.method} {one.path}" for one in dev.sandbox.evidence.entries]
    written = [at for at, one in enumerate(asked) if one.startswith("POST") and one.endswith(("s", "/spec"))]
    checked = [
        at for at, one in enumerate(asked) if re.match(r"GET /v2/(dataModels|workbooks|reports)/.+/columns$", one)
    ]
    assert len(checked) == 3
    assert min(checked) > max(written)


@pytest.mark.parametrize("to", ["Finance/Month End", "Finance/Month End/Copies", "Finance"])
async def test_folders_that_overlap_are_refused_before_any_write(dev, to):
    with pytest.raises(Refused) as caught:
        await dev.run(plan(dev, to))
    assert (caught.value.code, caught.value.exit_code) == ("folders_overlap", 4)
    assert "'Finance/Month End'" in caught.value.message
    assert dev.sandbox.evidence.writes() == []


async def test_one_organization_on_both_sides_without_a_mapped_folder_is_no_plan(dev):
    with pytest.raises(InvalidInput) as caught:
        dev.plan("acme_au", "acme_au")
    assert [one.code for one in caught.value.problems] == ["plan_conflict"]
    assert "map.folders" in caught.value.problems[0].fix
