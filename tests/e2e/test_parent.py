"""The tenants of a parent organization as targets: listed when a run begins, reached with the parent's secret alone."""

from __future__ import annotations

from dataclasses import replace

import anyio
import pytest
from staging import FAST, Stage

from kit.small_tenants import DOCUMENTS, small_plan, small_world
from migrate import Plan
from migrate.errors import AccessError, InvalidInput, Refused
from migrate.sandbox.service import Sandbox

pytestmark = pytest.mark.anyio

TENANTS = ("acme-one", "acme-two", "other")
ALL = {"tenants_of": "north"}


@pytest.fixture
def setting(tmp_path):
    """A parent that documents come from, and its tenants; no credentials but the parent's."""
    setting = Stage(sandbox=Sandbox(small_world(tmp_path, TENANTS)), folder=tmp_path)
    parent = setting.world.orgs["north"]
    for url, alias in zip(setting.apps, setting.world.orgs, strict=True):
        setting.sandbox.base_urls[alias] = url
    for name in TENANTS:
        tenant = setting.world.orgs[name]
        parent.tenants[tenant.id], tenant.parent = name, "north"
        tenant.region = "eu-west" if name == "acme-two" else "us-east"
    setting.environ = {name: value for name, value in setting.environ.items() if name.startswith("SIGMA_NORTH_")}
    return setting


def planned(setting, targets=ALL, rows=(), header="tenant", **blocks):
    plan = Plan.load(
        small_plan(setting.folder, rows, header=header, targets=targets, **blocks), environ=setting.environ
    )
    return replace(plan, run=FAST)


def told(result):
    return " | ".join(result.reconciliation.warnings)


async def test_all_of_them_get_their_copies_by_one_secret_and_changes_of_the_list_are_told(setting):
    first = await setting.run(planned(setting, {**ALL, "where": {"slug": "acme-*"}}))
    assert {name: total["created"] for name, total in first.reconciliation.totals.items()} == dict.fromkeys(
        TENANTS[:2], DOCUMENTS
    )
    assert first.exit_code == 0
    assert "1 of the 3 tenants of north are no targets by targets.where" in told(first)
    assert "other" in told(first)
    assert "is new" not in told(first)
    assert not setting.sandbox.evidence.writes("other")
    gone = setting.world.orgs["acme-one"].id
    del setting.world.orgs["north"].tenants[gone]
    second = await setting.run(planned(setting))
    assert set(second.reconciliation.totals) == {"acme-two", "other"}
    assert second.reconciliation.totals["other"]["created"] == DOCUMENTS
    assert f"other ({setting.world.orgs['other'].id}) is new among the targets" in told(second)
    assert f"acme-one ({gone}) is no target of the plan any more: 3 copies" in told(second)
    third = await setting.run(planned(setting))
    assert "is new" not in told(third)
    assert f"acme-one ({gone}) is no target" in told(third)


async def test_a_table_says_what_single_tenants_have_of_their_own(setting):
    one = setting.world.orgs["acme-one"].id
    rows = [f"canary,{one},,1,,Canary", ",,,,,", "two,,acme-two,2,no,", "other,,,2,,Third", "ghost,,ghost,2,,"]
    plan = planned(
        setting,
        {**ALL, "csv": "tenants.csv"},
        [row for row in rows if row.strip(",")],
        "tenant,tenant_id,slug,wave,enabled,var_title",
        map={"folders": [{"from": "Shared", "to": "${target.var_title} (${target.slug})"}]},
        select={"include": [{"name": "Notes"}]},
    )
    result = await setting.run(plan)
    paths = {row.target: row.target_path for row in result.reconciliation.rows}
    assert paths == {"canary": "Canary (acme-one)", "other": "Third (other)"}
    assert "two is disabled in the table of tenants" in told(result)
    assert "ghost stands in the table of tenants and is none of the tenants of north" in told(result)
    first = {entry.org: entry.number for entry in reversed(setting.sandbox.evidence.writes())}
    assert first["acme-one"] < first["other"], "its wave is the first"
    assert {entry.org for entry in setting.sandbox.evidence.entries} == {"north", "acme-one", "other"}


async def test_a_tenant_without_a_cell_that_the_plan_needs_is_one_row_each(setting):
    rules = [{"name": "brand", "replace": {"text": "Hello", "with": "${target.var_brand}"}}]
    targets = {**ALL, "csv": "tenants.csv", "where": {"region": "us-*"}}
    result = await setting.run(planned(setting, targets, ["acme-one,One"], "tenant,var_brand", rules=rules))
    totals = result.reconciliation.totals
    assert totals["acme-one"]["created"] == DOCUMENTS
    assert {name: total["not_attempted"] for name, total in totals.items()} == {
        "acme-one": 0,
        "other": DOCUMENTS,
    }
    assert {row.reason_code for row in result.reconciliation.rows if row.target == "other"} == {"invalid_input"}
    assert "the row of other gives no var_brand" in told(result)


async def test_a_list_that_cannot_be_had_or_holds_nobody_begins_nothing(setting):
    with pytest.raises(Refused) as refused:
        await setting.run(planned(setting, {**ALL, "where": {"slug": "nobody"}}))
    assert refused.value.code == "no_tenants"
    setting.world.orgs["north"].members[setting.world.orgs["north"].clients[0].member_id].account_type = "Creator"
    with pytest.raises(AccessError, match="does not list its tenants"):
        await setting.run(planned(setting))
    assert not setting.sandbox.evidence.writes()


async def test_one_of_them_can_be_asked_for_by_name(setting):
    async with setting.migration(planned(setting)) as migration:
        one = await migration.plan(["other"])
        assert [target.target for target in one.changes.targets] == ["other"]
    async with setting.migration(planned(setting)) as migration:
        result = await migration.apply(one.changes)
        with pytest.raises(InvalidInput, match="nobody is not a target"):
            await migration.plan(["nobody"])
        both = await migration.plan(["acme-one", "acme-two"])
    assert result.reconciliation.totals["other"]["created"] == DOCUMENTS
    del setting.world.orgs["north"].tenants[setting.world.orgs["acme-two"].id]
    async with setting.migration(planned(setting)) as migration:
        result = await migration.apply(both.changes)
    assert list(result.reconciliation.totals) == ["acme-one"]
    assert "acme-two was in the change set and is no target any more" in told(result)


async def test_a_tenant_that_refuses_the_exchange_costs_the_others_nothing(setting):
    setting.world.orgs["north"].tenants["not-there"] = "nowhere"
    setting.world.orgs["north"].tenants["not there either"] = "acme-one"
    result = await setting.run(planned(setting))
    assert result.reconciliation.totals["other"]["created"] == DOCUMENTS
    assert result.reconciliation.totals["nowhere"]["not_attempted"] == DOCUMENTS
    assert result.exit_code == 5


async def test_workers_work_on_the_tenants_that_the_run_was_opened_with(setting):
    plan = planned(setting)
    async with setting.migration(plan) as migration:
        (one,) = await migration.work("night", "acme-one")
    gone = setting.world.orgs["acme-two"]
    del setting.world.orgs["north"].tenants[gone.id]
    gone.parent = None
    async with setting.migration(plan) as migration, anyio.create_task_group() as group:
        group.start_soon(migration.work, "night")
    async with setting.migration(plan) as migration:
        result = await migration.gather("night")
    assert one.exit_code == 0
    assert {name: total["created"] for name, total in result.reconciliation.totals.items()} == {
        "acme-one": DOCUMENTS,
        "acme-two": 0,
        "other": DOCUMENTS,
    }


@pytest.mark.parametrize(
    ("targets", "code", "said"),
    [
        ({"tenants_of": "nobody"}, "plan_unknown_org", "no org is called nobody"),
        ({"where": {"slug": "a"}, "csv": "tenants.csv"}, "plan_conflict", "where says which tenants of a parent org"),
        ({}, "plan_missing_key", "one of csv and tenants_of is missing"),
        ({**ALL, "where": {"slug": "re:("}}, "plan_bad_value", "the regular expression is broken"),
    ],
)
def test_what_is_said_without_sense_is_told(setting, targets, code, said):
    with pytest.raises(InvalidInput) as refused:
        planned(setting, targets, ["acme-one"])
    assert (code, True) in [(one.code, said in one.message) for one in refused.value.problems]


def test_cells_and_names_that_have_no_effect_are_told(setting):
    rules = [{"name": "brand", "replace": {"text": "a", "with": "${target.var_no}${target.region}"}}]
    targets = {**ALL, "csv": "tenants.csv"}
    with pytest.raises(InvalidInput) as refused:
        planned(setting, targets, ["acme-one,env:SIGMA_ONE"], "tenant,credentials", rules=rules)
    said = [problem.message for problem in refused.value.problems]
    assert sorted(said) == [
        "targets.tenants_of says how its tenants are reached",
        "the table of tenants has no column var_no",
    ]


async def test_an_assessment_says_when_deployment_policies_of_sigma_would_do(setting):
    async def notes(**blocks):
        async with setting.migration(planned(setting, **blocks)) as migration:
            return " | ".join((await migration.assess()).inventory.notes)

    assert "they do the same without this program" in await notes()
    rules = [{"name": "brand", "replace": {"text": "a", "with": "b"}}]
    assert "they know nothing of rules, folders of each tenant's own" in await notes(
        rules=rules, map={"folders": [{"from": "Shared", "to": "Other"}]}
    )
