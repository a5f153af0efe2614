"""A migration keeps nothing of a call: whatever was called before, a call gives what it gives on a fresh object."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import anyio
import pytest
import yaml
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from staging import FAST, Stage

from migrate import Plan
from migrate.errors import AccessError, MigrateError, Refused
from migrate.sandbox.org import Version
from migrate.sandbox.service import Sandbox
from migrate.sandbox.world import load

pytestmark = pytest.mark.anyio
WORLD = Path(__file__).parents[1] / "check" / "cases" / "world.yaml"
TARGETS = ("group", "emea")


def staged(folder: Path) -> tuple[Stage, Plan]:
    """The small world with a second target, and a plan for both."""
    folder.mkdir(parents=True, exist_ok=True)
    tree = yaml.safe_load(WORLD.read_text("utf-8"))
    text = yaml.safe_dump(tree["orgs"]["group"]).replace("group", "emea")
    tree["orgs"]["emea"] = yaml.safe_load(text)
    (folder / "world.yaml").write_text(yaml.safe_dump(tree), "utf-8")
    setting = Stage(sandbox=Sandbox(load(folder / "world.yaml")), folder=folder)
    orgs = {
        alias: {
            "base_url": setting.environ[f"SIGMA_{alias.upper()}_BASE_URL"],
            "credentials": f"env:SIGMA_{alias.upper()}",
            "expect": {"organization_id": setting.world.orgs[alias].id},
            "access": "read" if alias == "north" else "write",
        }
        for alias in ("north", *TARGETS)
    }
    tree = {
        "version": 1,
        "name": "calls",
        "orgs": orgs,
        "source": "north",
        "targets": list(TARGETS),
        "select": {"include": [{"name": "Notes"}, {"name": "Sales"}]},
        "map": {
            "connections": [
                {"from": "Warehouse", "to": "Group Warehouse", "paths": [{"from": "DW.SALES.*", "to": "GW.AU.*"}]}
            ]
        },
        "state": f"sqlite:///{folder}/state.db",
        "report": {"dir": str(folder / "reports"), "formats": ["json"]},
    }
    (folder / "plan.yaml").write_text(yaml.safe_dump(tree), "utf-8")
    return setting, replace(Plan.load(folder / "plan.yaml", environ=setting.environ), run=FAST)


def planned(found):
    """What a plan says, but for when it was made."""
    verbs = {
        target.target: sorted((action.id, action.verb) for wave in target.waves for action in wave)
        for target in found.changes.targets
    }
    return verbs, sorted(found.changes.made_from), found.changes.warnings, sorted(found.lost), sorted(found.ready)


async def _plan(migration, targets):
    return planned(await migration.plan(targets))


async def _only(migration, targets):
    return planned(await migration.plan(targets, "Notes"))


async def _adopt(migration, targets):
    found, lost = await migration.adopt(targets, dry_run=True)
    return sorted(found), sorted(lost)


async def _drift(migration, targets):
    found, lost = await migration.drift(targets)
    return [(one.target, one.source_id, one.outcome) for one in found], sorted(lost)


async def _verify(migration, targets):
    found = (await migration.verify(targets)).reconciliation
    return found.totals, found.exit_code, [(org["alias"], org["slug"]) for org in found.orgs]


CALLS = {"plan": _plan, "only": _only, "adopt": _adopt, "drift": _drift, "verify": _verify}


async def told(migration, name, targets):
    """What a call gave, or the error it ended with."""
    try:
        return await CALLS[name](migration, targets)
    except MigrateError as error:
        return type(error).__name__, error.code, error.message


@settings(max_examples=8, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(
    st.lists(
        st.tuples(st.sampled_from(sorted(CALLS)), st.sampled_from([(), ("group",), ("emea",), ("emea", "group")])),
        min_size=2,
        max_size=4,
    ),
    st.sampled_from([None, "group", "emea"]),
)
def test_any_sequence_of_calls_gives_what_each_gives_alone(tmp_path_factory, calls, broken):
    async def compare():
        setting, plan = staged(tmp_path_factory.mktemp("calls"))
        if broken:
            setting.environ[f"SIGMA_{broken.upper()}_CLIENT_SECRET"] = "f" * 64
        alone = []
        for name, targets in calls:
            async with setting.migration(plan) as migration:
                alone.append(await told(migration, name, targets))
        async with setting.migration(plan) as migration:
            together = [await told(migration, name, targets) for name, targets in calls]
        assert together == alone
        assert not setting.sandbox.evidence.writes()

    anyio.run(compare)


async def test_an_unreachable_target_is_not_remembered(tmp_path):
    setting, plan = staged(tmp_path)
    secret = setting.environ["SIGMA_EMEA_CLIENT_SECRET"]
    setting.environ["SIGMA_EMEA_CLIENT_SECRET"] = "f" * 64
    async with setting.migration(plan) as migration:
        assert set((await migration.plan()).lost) == {"emea"}
        assert set((await migration.plan(["group"])).ready) == {"group"}
        with pytest.raises(AccessError):
            await migration.plan(["emea"])
        setting.environ["SIGMA_EMEA_CLIENT_SECRET"] = secret
        assert not (await migration.plan()).lost


async def test_adopt_writes_the_ledger_of_the_targets_it_was_asked_for(tmp_path):
    setting, plan = staged(tmp_path)
    await setting.run(plan)
    fresh = replace(plan, state=f"sqlite:///{tmp_path}/fresh.db")
    async with setting.migration(fresh) as migration:
        await migration.plan()
        found, lost = await migration.adopt(["group"])
        assert set(found) == {"group"}
        assert not lost
        homes = migration.book.homes("calls")
    assert [home.target_org for home in homes] == [setting.world.orgs["group"].id]


async def test_the_source_is_read_anew(tmp_path):
    setting, plan = staged(tmp_path)
    async with setting.migration(plan) as migration:
        first = await migration.plan(["group"])
        notes = next(one for one in setting.world.orgs["north"].inodes.values() if one.name == "Notes")
        last = notes.versions[-1]
        body = yaml.safe_load(yaml.safe_dump(last.body).replace("Hello", "Hello again"))
        notes.versions.append(Version(number=last.number + 1, body=body, published_at="", published_by="x"))
        second = await migration.plan(["group"])
        assert first.changes.made_from["source"] != second.changes.made_from["source"]
        await migration.apply(second)
    copy = next(one for one in setting.world.orgs["group"].inodes.values() if one.name == "Notes")
    assert "Hello again" in str(copy.versions[-1].body)


async def test_what_was_planned_is_applied_however_it_comes(tmp_path):
    """At once, from another object, and as the change set alone, which is made again and compared."""
    for number, how in enumerate(("same", "other", "saved")):
        setting, plan = staged(tmp_path / str(number))
        async with setting.migration(plan) as migration:
            found = await migration.plan()
            if how == "same":
                result = await migration.apply(found)
        if how != "same":
            async with setting.migration(plan) as another:
                result = await another.apply(found if how == "other" else found.changes)
        assert {name: total["created"] for name, total in result.reconciliation.totals.items()} == {
            "group": 3,
            "emea": 3,
        }
        assert result.exit_code == 0


async def test_requests_are_those_of_the_run(tmp_path):
    setting, plan = staged(tmp_path)
    async with setting.migration(plan) as migration:
        await migration.plan()
        before = {org: len(setting.sandbox.evidence.of(org)) for org in ("north", *TARGETS)}
        result = await migration.apply(await migration.plan(["group"]))
        spent = {org: len(setting.sandbox.evidence.of(org)) - before[org] for org in ("north", *TARGETS)}
    assert {org["alias"]: org["requests"] for org in result.reconciliation.orgs} == {
        alias: count for alias, count in spent.items() if alias != "emea"
    }


async def test_two_targets_that_are_one_organization_are_refused_before_any_write(tmp_path):
    setting, plan = staged(tmp_path)
    for name in ("CLIENT_ID", "CLIENT_SECRET"):
        setting.environ[f"SIGMA_EMEA_{name}"] = setting.environ[f"SIGMA_GROUP_{name}"]
    group = plan.orgs["group"]
    url = group.base_url.replace("127.0.0.1", "localhost")
    setting.apps[url] = setting.apps[group.base_url]
    twin = replace(plan.orgs["emea"], base_url=url, expect=group.expect)
    plan = replace(plan, orgs={**plan.orgs, "emea": twin})
    async with setting.migration(plan) as migration:
        with pytest.raises(Refused) as caught:
            await migration.plan()
        assert (caught.value.code, caught.value.exit_code) == ("same_organization", 4)
        assert "group" in caught.value.message
        assert "emea" in caught.value.message
        assert not setting.sandbox.evidence.of("north")[3:], "before the source is read"
        checks = await migration.doctor()
        assert {c.org for c in checks if c.code == "same_organization"} == set(TARGETS)
        assert set((await migration.plan(["emea"])).ready) == {"emea"}
    assert not setting.sandbox.evidence.writes()
