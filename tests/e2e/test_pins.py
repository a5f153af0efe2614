"""Targets that are pinned: copied as of a version tag or a list, whatever was published since."""

from __future__ import annotations

from dataclasses import replace

import httpx
import pytest
from staging import FAST, Stage

from kit.small_tenants import small_plan, small_world
from migrate import Plan
from migrate.errors import InvalidInput, Refused
from migrate.sandbox.org import Thing
from migrate.sandbox.person import act
from migrate.sandbox.service import Sandbox

pytestmark = pytest.mark.anyio

HEADER = "tenant,slug,pin"


@pytest.fixture
def setting(tmp_path):
    """A source and two tenants; the version tag Ready stands on the workbooks, not on the data model."""
    setting = Stage(sandbox=Sandbox(small_world(tmp_path, ["kept", "free"])), folder=tmp_path)
    north = setting.world.orgs["north"]
    north.tags["t"] = Thing(id="t", name="Ready", extra={})
    return setting


async def tagged(setting, name):
    """The id of a workbook on whose newest version the tag was put, as a person does it."""
    north = setting.world.orgs["north"]
    inode = named(setting, name)
    transport = httpx.ASGITransport(app=setting.apps[setting.environ["SIGMA_NORTH_BASE_URL"]])
    async with httpx.AsyncClient(transport=transport, base_url="http://north") as http:
        form = {"grant_type": "client_credentials", "client_id": north.clients[0].client_id}
        form["client_secret"] = north.clients[0].client_secret
        token = (await http.post("/v2/auth/token", data=form)).json()["access_token"]
        body = {"workbookId": inode.id, "tag": "Ready"}
        answer = await http.post("/v2/workbooks/tag", json=body, headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 200, answer.text
    return inode.id


def named(setting, name, org="north"):
    found = (
        one for one in setting.world.orgs[org].inodes.values() if one.name == name and "tagged_from" not in one.facts
    )
    return next(found)


def published(setting, name):
    """Something else stands in a document of the source from now on."""
    inode = named(setting, name)
    act(setting.world.orgs["north"], "edit", inode.id, now=1.8e9)
    return inode.versions[-1].number


def planned(setting, pin, **blocks):
    path = small_plan(setting.folder, [f"kept,kept,{pin}", "free,free,"], header=HEADER, **blocks)
    return replace(Plan.load(path, environ=setting.environ), run=FAST)


def rows(result, target):
    found = [row for row in result.reconciliation.rows if row.target == target]
    return {row.source_name: (row.outcome, row.reason_code, row.verdict) for row in found}


def body(setting, org, name):
    return named(setting, name, org).versions[-1].body


async def test_what_is_tagged_is_copied_as_of_the_tag_and_the_rest_is_left_and_told(setting):
    await tagged(setting, "Notes")
    before = body(setting, "north", "Notes")
    published(setting, "Notes")
    assert body(setting, "north", "Notes") != before
    plan = planned(setting, "tag:Ready", verify=["exists", "hash", "compile", "wiring"])
    first = await setting.run(plan)
    assert rows(first, "kept") == {
        "Notes": ("created", None, "match_declared"),
        "Orders": ("skipped", "pin_absent", None),
        "Sales": ("skipped", "pin_absent", None),
    }
    assert body(setting, "kept", "Notes") == before
    assert body(setting, "free", "Notes") == body(setting, "north", "Notes")
    assert {outcome for outcome, _, _ in rows(first, "free").values()} == {"created"}
    assert first.exit_code == 0
    setting.sandbox.evidence.clear()
    published(setting, "Notes")
    second = await setting.run(plan)
    assert rows(second, "kept")["Notes"] == ("unchanged", "unchanged_by_version", "unchanged_by_version")
    assert rows(second, "free")["Notes"][0] == "updated"
    assert not setting.sandbox.evidence.writes("kept")
    async with setting.migration(plan) as migration:
        live = await migration.freshness()
    assert (live["kept"].behind, live["kept"].not_copied) == (0, 2)
    await tagged(setting, "Notes")
    third = await setting.run(plan)
    assert rows(third, "kept")["Notes"][0] == "updated", "the tag was put on a newer version"
    assert body(setting, "kept", "Notes") == body(setting, "north", "Notes")


async def test_a_list_holds_a_tenant_at_versions(setting):
    model, sales, notes = (named(setting, name) for name in ("Orders", "Sales", "Notes"))
    lines = [
        f"{model.id} {model.versions[-1].number} # a model",
        f"{sales.id}",
        f"{notes.id} {notes.versions[-1].number}",
    ]
    (setting.folder / "october.txt").write_text("\n".join(lines), "utf-8")
    plan = planned(setting, "list:october.txt")
    first = await setting.run(plan)
    assert {outcome for outcome, _, _ in rows(first, "kept").values()} == {"created"}
    for name in ("Sales", "Notes"):
        published(setting, name)
    second = await setting.run(plan)
    assert rows(second, "kept")["Sales"][0] == "updated", "no version was said of it"
    assert rows(second, "kept")["Notes"][:2] == ("skipped", "pin_unreadable")
    assert "Sigma hands out no other" in next(
        row.reason for row in second.reconciliation.rows if row.outcome == "skipped"
    )
    assert second.exit_code == 0


async def test_a_pin_that_means_nothing_refuses_its_own_tenant(setting):
    await tagged(setting, "Notes")
    result = await setting.run(planned(setting, "tag:Redy"))
    assert {code for _, code, _ in rows(result, "kept").values()} == {"pin_absent"}
    assert {outcome for outcome, _, _ in rows(result, "kept").values()} == {"not_attempted"}
    assert {outcome for outcome, _, _ in rows(result, "free").values()} == {"created"}
    assert any("Ready" in told for told in result.reconciliation.warnings), "the tag that is meant is named"
    assert result.exit_code == 4
    with pytest.raises(Refused):
        await setting.run(planned(setting, "", source={"org": "north", "version": "tag:Redy"}))


async def test_the_source_pins_every_target_and_a_row_goes_over_it(setting):
    await tagged(setting, "Notes")
    listed = "\n".join(named(setting, name).id for name in ("Orders", "Sales", "Notes"))
    (setting.folder / "all.txt").write_text(listed, "utf-8")
    async with setting.migration(
        planned(setting, "list:all.txt", source={"org": "north", "version": "tag:Ready"})
    ) as made:
        planned_now = await made.plan()
    writes = {
        one.target: sum(action.writes for wave in one.waves for action in wave) for one in planned_now.changes.targets
    }
    assert writes["free"] < writes["kept"]


@pytest.mark.parametrize(
    ("pin", "listed", "said"),
    [
        ("Ready", "", "this is neither a version tag nor a list"),
        ("list:gone.txt", "", "this file cannot be read"),
        ("list:some.txt", "a one", "'one' is no version"),
        ("list:some.txt", "a 1\na 2", "a is listed twice"),
        ("list:some.txt", "# nothing", "no document is listed"),
    ],
)
def test_a_pin_that_cannot_be_read_is_told_at_its_line(setting, pin, listed, said):
    (setting.folder / "some.txt").write_text(listed, "utf-8")
    with pytest.raises(InvalidInput) as refused:
        planned(setting, pin)
    assert said in str(refused.value)
    assert [problem.file for problem in refused.value.problems if problem.file.endswith((".txt", ".csv"))]


def test_a_bundle_holds_one_version_and_a_pin_of_it_is_told(setting):
    (setting.folder / "bundle").mkdir()
    with pytest.raises(InvalidInput, match="a bundle holds one version"):
        planned(setting, "", source={"bundle": "bundle", "version": "tag:Ready"})
    with pytest.raises(InvalidInput, match="a bundle holds one version"):
        planned(setting, "tag:Ready", source={"bundle": "bundle"})
