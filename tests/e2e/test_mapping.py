"""Existing models in the place of copies, names that are taken, several targets at once."""

from __future__ import annotations

from dataclasses import replace

import pytest
from samples import stored
from test_journeys import loaded

from migrate.errors import Refused
from migrate.plan.maps import Pair
from migrate.plan.selection import Select, Selector

pytestmark = pytest.mark.anyio


def only(plan, name, *selectors, **maps):
    """The demo plan under another name, with another selection and more mappings."""
    return replace(plan, name=name, select=Select(include=selectors), map=replace(plan.map, **maps))


async def test_a_mapped_model_is_used_instead_of_a_copy(stage, builtin_world):
    setting = stage(builtin_world())
    plan = loaded(setting, "demo.yaml")
    group = setting.world.orgs["group"]
    first = await setting.run(only(plan, "models", Selector(type="data-model", name="Calendar")))
    (model,) = [row for row in first.reconciliation.rows if row.source_name == "Calendar"]
    reader = only(
        plan,
        "readers",
        Selector(name="Fiscal Calendar"),
        data_models=(Pair(source="Calendar", target=model.target_id),),
    )
    second = await setting.run(reader)
    rows = {row.source_name: row for row in second.reconciliation.rows}
    assert (rows["Calendar"].outcome, rows["Calendar"].target_id) == ("mapped", model.target_id)
    assert rows["Fiscal Calendar"].outcome == "created"
    assert rows["Fiscal Calendar"].verdict in ("match", "match_declared")
    copy = str(stored(group.inodes[rows["Fiscal Calendar"].target_id]))
    assert model.target_id in copy
    assert [i.name for i in group.inodes.values() if i.type == "data-model"].count("Calendar") == 1


async def test_a_model_that_lacks_something_blocks_what_reads_it(stage, builtin_world):
    setting = stage(builtin_world())
    plan = loaded(setting, "demo.yaml")
    wrong = only(
        plan, "wrong", Selector(name="Fiscal Calendar"), data_models=(Pair(source="Calendar", target="Group Results"),)
    )
    result = await setting.run(wrong)
    rows = {row.source_name: row for row in result.reconciliation.rows}
    assert rows["Fiscal Calendar"].outcome == "blocked"
    assert rows["Fiscal Calendar"].reason
    assert not setting.sandbox.evidence.writes("group")


async def test_a_model_that_is_not_there_stops_the_plan_with_candidates(stage, builtin_world):
    setting = stage(builtin_world())
    plan = loaded(setting, "demo.yaml")
    missing = only(
        plan,
        "missing",
        Selector(name="Fiscal Calendar"),
        data_models=(Pair(source="Calendar", target="Grupo Results"),),
    )
    with pytest.raises(Refused) as refused:
        await setting.run(missing)
    assert "Group Results" in str(refused.value.problems[0]), "a suggestion, never applied"


@pytest.mark.parametrize(
    ("policy", "outcomes"), [("fail", "blocked"), ("skip", "skipped"), ("rename", "created"), ("update", "updated")]
)
async def test_a_taken_name_is_treated_as_the_plan_says(stage, builtin_world, policy, outcomes):
    setting = stage(builtin_world())
    plan = loaded(setting, "demo.yaml")
    await setting.run(only(plan, "first", Selector(name="Cost Centres")))
    group = setting.world.orgs["group"]
    before = {i.id for i in group.inodes.values() if i.name == "Cost Centres"}
    again = only(plan, "second", Selector(name="Cost Centres"))
    result = await setting.run(replace(again, policy=replace(again.policy, existing=policy)))
    (row,) = [row for row in result.reconciliation.rows if row.source_name == "Cost Centres"]
    assert row.outcome == outcomes, row.reason
    names = sorted(i.name for i in group.inodes.values() if i.name.startswith("Cost Centres"))
    assert names == (["Cost Centres", "Cost Centres (2)"] if policy == "rename" else ["Cost Centres"])
    assert {i.id for i in group.inodes.values() if i.name == "Cost Centres"} == before


async def test_two_targets_at_once_are_each_right(stage, builtin_world):
    setting = stage(builtin_world())
    plan = loaded(setting, "demo.yaml")
    text = (setting.folder / "two.yaml").resolve()
    emea = {
        "base_url": "${env.SIGMA_EMEA_BASE_URL}",
        "credentials": "env:SIGMA_EMEA",
        "access": "write",
        "expect": {"slug": setting.world.orgs["emea"].slug},
    }
    import yaml

    from migrate import Plan

    tree = yaml.safe_load(plan.origin.read_text("utf-8"))
    tree["orgs"]["emea"] = emea
    tree["targets"] = ["group", "emea"]
    tree["select"] = {"include": [{"name": "Cost Centres"}, {"name": "Shipments"}]}
    both = {"Group Snowflake": "EMEA Snowflake", "Group Operations": "EMEA Operations"}
    text.write_text(yaml.safe_dump(tree, allow_unicode=True), "utf-8")
    result = await setting.run(replace(plan, **fields(Plan.load(text, environ=setting.environ))))
    named = " ".join(text for text in result.reconciliation.warnings if text.startswith("emea"))
    assert all(name in named for name in both), "every mapping that emea lacks is told at once"
    stood = [(row.target, row.outcome) for row in result.reconciliation.rows]
    assert stood == [("group", "created")] * 2 + [("emea", "not_attempted")] * 2
    assert {one.org for one in setting.sandbox.evidence.writes()} == {"group"}, "nothing is written where it lacks any"


def fields(found):
    """What differs between the demo plan and the one with two targets."""
    return {"orgs": found.orgs, "targets": found.targets, "select": found.select, "map": found.map}
