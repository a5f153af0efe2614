"""What the doctor finds out about the organizations of a plan, and that it writes nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest
from test_journeys import loaded

from migrate.plan.maps import ConnectionMap, Pair
from migrate.plan.orgs import Expect
from migrate.sandbox.faults import Fault

pytestmark = pytest.mark.anyio


async def found(setting, plan=None):
    async with setting.migration(plan or loaded(setting, "demo.yaml")) as migration:
        checks = await migration.doctor()
    assert not setting.sandbox.evidence.writes()
    return checks


def wrong(checks):
    return {(check.org, check.what, check.code, check.exit_code) for check in checks if check.verdict == "fail"}


async def test_all_is_well(stage, builtin_world):
    checks = await found(stage(builtin_world()))
    assert not wrong(checks)
    seen = {(check.org, check.what): check for check in checks}
    assert "as user" in seen["acme_au", "identity"].detail
    assert seen["group", "workbook API"].detail == (
        "generation contents; what was read does not show its date of the spec contract"
    )
    assert seen["group", "connection Group Operations"].detail == "read SUCCESS, write DISABLED"
    assert seen["group", "folder Certified/Acme AU"].detail == "permission edit on Certified"
    assert seen["group", "apart"].verdict == "ok"
    assert seen["group", "folder Acme AU"].verdict == "not_verifiable"
    assert seen["group", "writing"].verdict == "ok"
    assert seen["group", "writing"].detail.startswith("the account type may write data models, workbooks")
    assert all(check.exit_code == 0 for check in checks)


async def test_one_organization_in_trouble_hides_no_other(stage, builtin_world):
    setting = stage(builtin_world())
    setting.environ["SIGMA_ACME_AU_CLIENT_SECRET"] = "not-this-one"
    checks = await found(setting)
    assert wrong(checks) == {("acme_au", "identity", "bad_credentials", 5)}
    assert {check.what for check in checks if check.org == "group"} > {"identity", "reading", "writing"}
    assert "not-this-one" not in str(checks)


async def test_the_wrong_organization_is_said_and_left_alone(stage, builtin_world):
    setting = stage(builtin_world())
    plan = loaded(setting, "demo.yaml")
    org = replace(plan.orgs["group"], expect=Expect(slug="another"))
    checks = await found(setting, replace(plan, orgs={**plan.orgs, "group": org}))
    assert wrong(checks) == {("group", "identity", "wrong_org", 9)}
    assert [check.what for check in checks if check.org == "group"] == ["identity"]


async def test_a_target_that_is_the_source_is_told(stage, builtin_world):
    setting = stage(builtin_world())
    for name in ("BASE_URL", "SLUG", "CLIENT_ID", "CLIENT_SECRET"):
        setting.environ[f"SIGMA_GROUP_{name}"] = setting.environ[f"SIGMA_ACME_AU_{name}"]
    plan = loaded(setting, "demo.yaml")
    org = replace(plan.orgs["group"], expect=Expect(slug=setting.world.orgs["acme_au"].slug))
    checks = await found(setting, replace(plan, orgs={**plan.orgs, "group": org}))
    assert ("group", "apart", "same_organization", 4) in wrong(checks)


async def test_connections_that_are_missing_or_broken_are_told(stage, builtin_world):
    setting = stage(builtin_world())
    group = setting.world.orgs["group"]
    next(one for one in group.connections.values() if one.name == "Group Operations").broken = True
    plan = loaded(setting, "demo.yaml")
    maps = replace(
        plan.map, connections=(*plan.map.connections, ConnectionMap(source="AU Snowflake", target="No Such"))
    )
    checks = await found(setting, replace(plan, map=maps))
    assert wrong(checks) == {
        ("group", "connection Group Operations", "permanent_error", 6),
        ("group", "connection No Such", "unresolved_name", 4),
    }


async def test_rights_that_are_missing_are_told(stage, builtin_world):
    setting = stage(builtin_world())
    faults = setting.sandbox.faults
    faults.add(Fault(action="status", org="group", path="/v2/teams$", count=0, status=403))
    faults.add(Fault(action="status", org="group", path="/test$", count=0, status=403))
    checks = await found(setting)
    (warning,) = [check for check in checks if check.verdict == "warn"]
    assert (warning.org, warning.what, warning.code) == ("group", "reading", "not_listed")
    assert "the teams could not be listed" in warning.detail
    assert {what for org, what, code, exit_code in wrong(checks) if (org, code, exit_code) == ("group", "forbidden", 1)}


async def test_a_credential_that_may_only_read_is_told(stage, builtin_world):
    setting = stage(builtin_world())
    group = setting.world.orgs["group"]
    member = group.members[group.clients[0].member_id]
    member.denied |= {"workbooks.write", "files.write"}
    checks = await found(setting)
    assert wrong(checks) == {("group", "writing", "forbidden", 5)}
    (check,) = [one for one in checks if one.what == "writing"]
    assert "this credential may write no workbooks in group: " in check.detail
    assert "no folders, and move no documents" in check.detail
    assert "data models" not in check.detail.partition("tried: ")[0]
    member.denied.clear()
    group.switches.spec_beta = False
    assert ("group", "writing", "feature_off", 5) in wrong(await found(setting))


async def test_an_organization_that_hides_what_is_not_there_leaves_writing_open(stage, builtin_world):
    setting = stage(builtin_world())
    nowhere = "/00000000-0000-0000-0000-000000000000"
    setting.sandbox.faults.add(Fault(action="status", org="group", path=nowhere, count=0, status=403))
    (check,) = [one for one in await found(setting) if (one.org, one.what) == ("group", "writing")]
    assert (check.verdict, check.exit_code) == ("not_verifiable", 0)
    assert check.detail.startswith("tried: replacing a document of each kind")


async def test_a_folder_one_may_only_view_is_told(stage, builtin_world):
    setting = stage(builtin_world())
    group = setting.world.orgs["group"]
    plan = loaded(setting, "demo.yaml")
    folder = next(inode for inode in group.inodes.values() if inode.name == "Certified")
    folder.read_only_to.add(group.clients[0].member_id)
    maps = replace(plan.map, folders=(Pair(source="Shared", target="Certified/Acme AU"),))
    checks = await found(setting, replace(plan, map=maps))
    assert ("group", "folder Certified/Acme AU", "forbidden", 5) in wrong(checks)


async def test_an_organization_that_does_not_answer(stage, builtin_world):
    setting = stage(builtin_world())
    setting.sandbox.faults.add(Fault(action="status", org="group", path="/v2/files", count=0, status=500))
    checks = await found(setting)
    assert {(org, exit_code) for org, _what, _code, exit_code in wrong(checks)} == {("group", 6)}


@pytest.mark.parametrize(("skew", "verdict"), [(0.0, "ok"), (1200.0, "warn"), (-86_400.0, "warn")])
async def test_clocks_that_disagree_are_told(stage, builtin_world, skew, verdict):
    world = builtin_world()
    world.orgs["group"].switches.clock_skew_seconds = skew
    (check,) = [one for one in await found(stage(world)) if (one.org, one.what) == ("group", "clock")]
    assert check.verdict == verdict
    if skew:
        assert f"{abs(skew) / 60:.0f} minutes {'ahead of' if skew > 0 else 'behind'}" in check.detail


async def test_a_wrong_secret_is_told_from_a_closed_door_and_from_a_wrong_host(stage, builtin_world):
    """Each with what was tried, which sends no credentials."""
    setting = stage(builtin_world())
    setting.environ["SIGMA_ACME_AU_CLIENT_SECRET"] = "not-this-one"
    faults = setting.sandbox.faults

    async def host():
        checks = await found(setting)
        (check,) = [one for one in checks if (one.org, one.what) == ("acme_au", "host")]
        assert check.detail.startswith("tried without credentials: GET /v2/whoami")
        assert check.next_action
        return check.verdict, check.exit_code, check.detail.partition("): ")[2][:30]

    assert await host() == ("ok", 0, "an API of Sigma, which lets th")
    name = faults.add(Fault(action="status", org="acme_au", path="/v2/whoami", status=403, as_html=True, count=0))
    assert await host() == ("fail", 5, "this address is kept out befor")
    faults.remove(name)
    faults.add(Fault(action="status", org="acme_au", path="/v2/whoami", status=404, count=0))
    assert await host() == ("fail", 5, "no API of Sigma answers like t")


def hidden(world, alias, count):
    """Keeps so many workbooks of an organization out of its credential's sight, and gives another to somebody else."""
    org = world.orgs[alias]
    me = org.clients[0].member_id
    books = [one for one in org.inodes.values() if one.type == "workbook" and one.parent_id]
    homes = {member.home_folder_id for member in org.members.values() if member.id != me}
    home = next(one.id for one in org.inodes.values() if one.id in homes)
    for inode in books[:count]:
        inode.denied_to.add(me)
    books[count].parent_id = home
    return org


async def reach(setting):
    (check,) = [one for one in await found(setting) if (one.org, one.what) == ("acme_au", "reach")]
    return check


async def test_what_is_invisible_is_counted_by_an_admins_list(stage, builtin_world):
    setting = stage(builtin_world())
    assert (
        "1 data model, 1 workbook more are invisible to this credential, 2 of them in" in (await reach(setting)).detail
    )
    hidden(setting.world, "acme_au", 2)
    check = await reach(setting)
    assert check.verdict == "warn"
    assert check.next_action
    assert check.detail.endswith(
        "; 1 data model, 4 workbooks more are invisible to this credential, 3 of them in personal folders,"
        " by an admin's list of everything"
    )


async def test_what_is_invisible_is_counted_by_members_or_said_not_to_be(stage, builtin_world):
    setting = stage(builtin_world())
    org = hidden(setting.world, "acme_au", 2)
    org.members[org.clients[0].member_id].account_type = "Creator"
    check = await reach(setting)
    assert "invisible to this credential" in check.detail
    assert check.detail.endswith("by what each member can see")
    setting.sandbox.faults.add(Fault(action="status", org="acme_au", path="/v2/members/", status=403, count=0))
    check = await reach(setting)
    assert check.verdict == "not_verifiable"
    assert "cannot be counted: " in check.detail


async def test_throttling_is_told_with_the_pace_that_met_it(stage, builtin_world):
    setting = stage(builtin_world())
    setting.sandbox.faults.add(Fault(action="status", org="group", path="/v2/teams$", status=429, retry_after="0.01"))
    limits = {check.org: check for check in await found(setting) if check.what == "limits"}
    assert limits["acme_au"].verdict == "ok"
    assert limits["group"].verdict == "warn"
    assert limits["group"].detail.startswith("1 of ")
