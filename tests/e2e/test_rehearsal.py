"""A rehearsal tells what ``apply`` then does, asks the organizations nothing but reads, and leaves nothing behind."""

from __future__ import annotations

import hashlib
import json
import os
import random
import re
from dataclasses import replace

import httpx
import pytest
from samples import opened
from staging import Stage
from test_journeys import loaded

from kit.places import CORPUS, document_files
from migrate.errors import InvalidInput, MigrateError, ServiceError
from migrate.plan.running import Gate, Limits, OnFinish
from migrate.plan.selection import Select, Selector
from migrate.rehearse.rehearsal import Rehearsal
from migrate.sandbox import person
from migrate.sandbox.faults import Fault
from migrate.sandbox.generate import generate
from migrate.sandbox.mishaps import Knobs
from migrate.sandbox.service import Sandbox

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(600)]

REQUEST = re.compile(r"\[request [0-9a-f-]{36}\]")
SHARES = (0.0, 0.0, 0.1, 0.3)
KNOBS = ("missing_tables", "unsynced_tables", "missing_columns", "retyped_columns", "duplicate_names")
KNOBS += ("broken_formulas", "personal", "unreadable", "hostile_names")
POLICIES = {
    "existing": ("fail", "rename", "update", "skip"),
    "unsupported": ("fail", "report", "skip"),
    "dangling": ("fail", "drop", "report"),
    "drift": ("fail", "keep", "overwrite"),
}
SEEDS = (1, 7, *range(200, 260)) if os.environ.get("SCALE") == "full" else (1, 7)


def rehearsal(setting, plan, **more):
    """A rehearsal of a plan whose organizations are those of a stage; the local copies are on real ports."""

    def transport(url):
        app = setting.apps.get(url.rstrip("/"))
        return httpx.ASGITransport(app=app) if app else None

    return Rehearsal(plan, environ=setting.environ, transport=transport, **more)


async def rehearsed(setting, plan, **more):
    async with rehearsal(setting, plan, **more) as one:
        return await one.run(await one.take())


def only_reads(entries):
    """Whether none of these requests changed anything, or could have."""
    posts = {re.sub(r"/connection/[^/]+/", "/connection/ID/", one.path) for one in entries if one.method == "POST"}
    looks = {"/v2/auth/token", "/v2/connection/ID/lookup", "/v2/workbooks/spec/verify", "/v2/reports/spec/verify"}
    return {one.method for one in entries} <= {"GET", "POST"} and posts <= looks and not any(e.wrote for e in entries)


def told(result):
    """What a report says of every document, without what a server made up."""
    return {
        (row.target, row.type, row.source_id): (
            row.outcome,
            row.verdict,
            row.reason_code,
            row.target_name,
            row.target_path,
            REQUEST.sub("", row.reason or ""),
        )
        for row in result.reconciliation.rows
    }


def drawn(seed, folder):
    """A small random world and a plan for it."""
    chance = random.Random(seed)
    files = [path for path in document_files(CORPUS) if "stays-home" not in path.name]
    documents = [(path.parent.name.removesuffix("s"), opened(path), path.name) for path in files]
    knobs = Knobs(**{name: chance.choice(SHARES) for name in KNOBS})
    form = chance.choice(("contents", "contents", "contents", "document"))
    chosen = chance.sample(documents, min(len(documents), chance.randint(6, 14)))
    made = generate(chosen, generation=form, seed=seed, knobs=knobs)
    target = made.world.orgs["target"]
    target.switches.reports = chance.choice(("on", "on", "older", "off", "absent"))
    target.switches.spec_date = chance.choice(("2026-09-08", "2026-09-08", "2026-08-26", "2026-08-04"))
    target.switches.yaml = chance.choice(("never", "unless_json", "always"))
    for connection in target.connections.values():
        connection.friendly_name = chance.random() > 0.2
    setting = Stage(sandbox=Sandbox(made.world, seed=seed), folder=folder)
    policy = {name: chance.choice(values) for name, values in POLICIES.items()} | {"breaker_percent": 100}
    carry = {name: chance.choice(("none", "none", "mapped")) for name in ("grants", "owners")}
    plan = setting.plan(
        "source",
        "target",
        map=made.mapping,
        policy=policy,
        carry=carry,
        report={"dir": str(folder / "reports"), "formats": ["json"]},
    )
    return setting, plan, chance


def disturbed(setting, result, chance):
    """People work on both sides before the next night."""
    source, target = setting.world.orgs["source"], setting.world.orgs["target"]
    now = setting.sandbox.clock()
    for row in result.reconciliation.rows:
        if row.target_id and chance.random() < 0.3:
            deed = chance.choice(("edit", "rename", "delete"))
            person.act(target, deed, row.target_id, now=now, name=f"Renamed {chance.randint(0, 99)}")
    for inode in [one for one in source.inodes.values() if one.versions]:
        if chance.random() < 0.3:
            person.act(source, chance.choice(("edit", "rename")), inode.id, now=now, name="Of another name")


async def outcome(coming):
    """What came of a run: its result, or the error that ended it."""
    try:
        return await coming
    except MigrateError as error:
        return error


async def told_alike(seed, folder):
    """Two nights with people between them: what the rehearsal of each tells, and what ``apply`` then does."""
    setting, plan, chance = drawn(seed, folder)
    rows = 0
    for _night in range(2):
        setting.sandbox.evidence.clear()
        before = await outcome(rehearsed(setting, plan))
        assert only_reads(setting.sandbox.evidence.entries)
        after = await outcome(setting.run(plan))
        if isinstance(after, MigrateError):
            assert isinstance(before, type(after))
            assert before.code == after.code
            return rows
        assert told(before.result) == told(after)
        assert before.exit_code == after.exit_code
        rows += len(after.reconciliation.rows)
        disturbed(setting, after, chance)
    return rows


@pytest.mark.scale
@pytest.mark.parametrize("seed", SEEDS)
async def test_what_a_rehearsal_tells_is_what_apply_does(tmp_path, seed):
    assert await told_alike(seed, tmp_path) > 0


def state_of(setting):
    """The bytes of the ledger, where there is one."""
    return [hashlib.sha256(path.read_bytes()).hexdigest() for path in setting.folder.glob("state.db")]


SHELF = Select(include=(Selector(folder="Operations/Stock"),))


def small(setting, **changes):
    """The demo's plan for one folder: three workbooks and the models that they read."""
    return loaded(setting, "demo.yaml", **{"select": SHELF, **changes})


async def test_the_demo_is_rehearsed_beside_its_ledger(stage, builtin_world):
    setting = stage(builtin_world())
    plan = loaded(setting, "demo.yaml")
    first = await rehearsed(setting, plan)
    assert first.exit_code == 0
    assert first.result.reconciliation.totals["group"]["created"] == 39
    assert state_of(setting) == [], "no ledger is made"
    result = await setting.run(plan)
    assert told(first.result) == told(result)
    known = state_of(setting)
    again = await rehearsed(setting, plan)
    assert again.result.reconciliation.totals["group"]["unchanged"] == 39, "it goes by the copies that the ledger knows"
    assert state_of(setting) == known


async def test_the_report_says_that_it_is_a_rehearsal(stage, builtin_world):
    setting = stage(builtin_world())
    plan = small(setting)
    formats = ("html", "xlsx", "csv", "json", "md")
    report = replace(plan.report, dir=setting.folder / "reports", formats=formats)
    done = await rehearsed(setting, replace(plan, report=report), faults=("lost-answers",))
    tree = json.loads(done.result.files["json"].read_bytes())
    assert tree["run"]["kind"] == "rehearsal"
    assert "local copies of acme_au and group" in tree["warnings"][0]
    assert "cannot know" in tree["warnings"][1]
    assert tree["warnings"][2] == "Made to go wrong on the way: lost-answers."
    assert {row["target_url"] for row in tree["rows"]} == {None}
    for name in ("html", "md"):
        page = done.result.files[name].read_text("utf-8")
        assert page.count("Rehearsal on local copies") == 1
        assert "cannot know" in page
    assert set(done.result.files) == set(formats)


@pytest.mark.parametrize("names", [("lost-answers", "throttling"), ("server-errors", "expired-tokens", "resets")])
async def test_a_run_survives_what_is_made_to_go_wrong(stage, builtin_world, names):
    setting = stage(builtin_world())
    done = await rehearsed(setting, small(setting), faults=names)
    found = done.result.reconciliation
    assert found.totals["group"]["created"] == found.totals["group"]["in_scope"] > 3
    assert done.exit_code == 0
    assert found.warnings[2] == f"Made to go wrong on the way: {', '.join(names)}."
    assert [org["throttled"] > 0 for org in found.orgs] == [True, True] if "throttling" in names else True


async def test_nobody_is_told_and_nothing_is_paced(stage, builtin_world):
    setting = stage(builtin_world())
    plan = small(setting)
    plan = replace(plan, run=Limits(requests_per_second=900, on_finish=OnFinish(webhook="NOWHERE"), gate=Gate()))
    async with rehearsal(setting, plan) as one:
        with one.served(await one.take()) as (local, _environ):
            pass
        assert local.run.on_finish is None
        assert local.run.requests_per_second > 1e6
        assert {org.base_url.split(":")[1] for org in local.orgs.values()} == {"//127.0.0.1"}
        assert local.state != plan.state


async def test_a_target_that_is_down_is_left_out_by_name(stage, builtin_world):
    setting = stage(builtin_world())
    plan = small(setting)
    emea = replace(plan.orgs["group"], alias="emea", base_url=setting.environ["SIGMA_EMEA_BASE_URL"])
    two = replace(plan, orgs={**plan.orgs, "emea": emea}, targets=("group", "emea"))
    setting.sandbox.faults.add(Fault(action="status", org="emea", status=403, count=0))
    done = await rehearsed(setting, two)
    assert done.result.reconciliation.totals.keys() == {"group"}
    assert done.exit_code == done.lost["emea"].exit_code == 5
    assert any(text.startswith("emea is left out of this rehearsal") for text in done.result.reconciliation.warnings)
    setting.sandbox.faults.add(Fault(action="status", org="group", path="/v2/files", status=500, count=0))
    with pytest.raises(ServiceError):
        await rehearsed(setting, plan)


async def _plan(setting, plan):
    """The documents in scope of a plan."""
    async with setting.migration(plan) as migration:
        return (await migration.plan()).ready["group"].scope.keys


async def test_refusals_and_odd_documents_are_refused_alike(stage, builtin_world):
    setting = stage(builtin_world())
    plan = loaded(setting, "demo.yaml", select=Select(include=(Selector(folder="Shared/Sales"),)))
    workbooks = [key.id for key in (await _plan(setting, plan)) if key.kind == "workbook"]
    odd = [{"contents": "none"}, {"contents": {"pages": [float("inf")]}}, {"name": "nothing else"}, [1]]
    for document_id, tree in zip(workbooks, odd, strict=False):
        path = f"/v2/workbooks/{document_id}"
        setting.sandbox.faults.add(Fault(action="mutate", path=path, count=0, into="value", value=tree))
    refused = f"/v2/workbooks/{workbooks[len(odd)]}"
    setting.sandbox.faults.add(Fault(action="status", path=refused, status=409, code="inode_archived", count=0))
    setting.sandbox.faults.add(Fault(action="status", org="group", path="/lookup$", status=403, count=0))
    done = await rehearsed(setting, plan)
    result = await setting.run(plan)
    mine, theirs = told(done.result), told(result)
    assert {key: row[:3] for key, row in mine.items()} == {key: row[:3] for key, row in theirs.items()}
    blocked = {row[2] for row in theirs.values() if row[0] == "blocked"}
    assert len(blocked) > 1
    assert any("could not be checked" in text for text in done.result.reconciliation.warnings)


async def test_what_was_kept_is_rehearsed_without_anybody(stage, builtin_world, tmp_path):
    setting = stage(builtin_world())
    plan = small(setting)
    kept = tmp_path / "kept" / "demo"
    async with rehearsal(setting, plan) as one:
        await one.take(keep=kept)
    online = await rehearsed(setting, plan)
    asked = len(setting.sandbox.evidence.entries)
    modes = {path.stat().st_mode & 0o777 for path in kept.rglob("*")}, kept.stat().st_mode & 0o777
    assert modes == ({0o600}, 0o700)
    written = b"".join(path.read_bytes() for path in kept.rglob("*"))
    assert not [client for org in setting.world.orgs.values() for client in org.clients if _in(client, written)]
    async with Rehearsal(plan, environ={}, seen=kept) as one:
        offline = await one.run(await one.take())
    assert told(offline.result) == told(online.result)
    assert not [text for text in offline.result.reconciliation.warnings if "taken as not there" in text]
    assert len(setting.sandbox.evidence.entries) == asked


def _in(client, written):
    return client.client_secret.encode() in written


async def test_a_bundle_is_rehearsed_on_the_targets_that_were_written_down(stage, builtin_world, tmp_path):
    setting = stage(builtin_world())
    plan = small(setting)
    async with setting.migration(plan) as migration:
        await migration.export(tmp_path / "bundle")
    plan = replace(plan, source=replace(plan.source, org=None, bundle=tmp_path / "bundle"))
    async with rehearsal(setting, plan) as one:
        taken = await one.take(keep=tmp_path / "seen")
    assert taken.world.orgs.keys() == {"group"}
    async with Rehearsal(plan, environ={}, seen=tmp_path / "seen") as one:
        done = await one.run(await one.take())
    assert told(done.result) == told(await setting.run(plan))
    assert done.result.reconciliation.totals["group"]["created"] > 3


async def test_a_folder_that_others_may_read_is_refused_before_anything_is_asked(stage, builtin_world, tmp_path):
    setting = stage(builtin_world())
    (tmp_path / "open").mkdir(mode=0o755)
    async with rehearsal(setting, small(setting)) as one:
        with pytest.raises(InvalidInput) as caught:
            await one.take(keep=tmp_path / "open")
    assert caught.value.problems[0].code == "folder_open"
    assert setting.sandbox.evidence.entries == []


@pytest.mark.parametrize("content", ["", "[]", '{"schema": "another"}', '{"schema": "sigma-migrate.inventory/1"}'])
async def test_a_folder_that_is_no_inventory_is_one_sentence(stage, builtin_world, tmp_path, content):
    (tmp_path / "inventory.json").write_text(content, encoding="utf-8")
    setting = stage(builtin_world())
    async with rehearsal(setting, small(setting), seen=tmp_path) as one:
        with pytest.raises(InvalidInput) as caught:
            await one.take()
    assert [problem.code for problem in caught.value.problems] == ["inventory_unreadable"]


async def test_what_an_inventory_was_not_asked_is_said(stage, builtin_world, tmp_path):
    setting = stage(builtin_world())
    async with rehearsal(setting, small(setting)) as one:
        await one.take(keep=tmp_path / "seen")
    wider = small(setting, select=Select(include=(Selector(folder="Operations"),)))
    async with Rehearsal(wider, environ={}, seen=tmp_path / "seen") as one:
        done = await one.run(await one.take())
    (said,) = [text for text in done.result.reconciliation.warnings if "taken as not there" in text]
    assert int(said.split()[0]) > 0
    assert {row.outcome for row in done.result.reconciliation.rows} >= {"created"}


async def test_an_inventory_of_other_organizations_is_refused(stage, builtin_world, tmp_path):
    setting = stage(builtin_world())
    plan = small(setting)
    async with rehearsal(setting, plan) as one:
        await one.take(keep=tmp_path / "seen")
    other = replace(plan, orgs={**plan.orgs, "emea": replace(plan.orgs["group"], alias="emea")}, targets=("emea",))
    async with rehearsal(setting, other, seen=tmp_path / "seen") as one:
        with pytest.raises(InvalidInput, match="does not hold emea"):
            await one.take()
