"""Where a plan stands, read from its runs and its ledger alone."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from tenants import ROWS, pack
from test_journeys import loaded

from migrate.ledger.book import open_book
from migrate.ledger.model import Entry
from migrate.ledger.owner import owner_here
from migrate.run.status import Live, runs_in, targets_in
from migrate.sandbox.faults import Fault
from migrate.sandbox.person import act
from migrate.terminal.status import standing

pytestmark = pytest.mark.anyio


def seen(plan):
    return targets_in(plan.state, plan.name, plan.report.dir)


async def test_runs_and_targets(stage, builtin_world):
    setting = stage(builtin_world())
    plan = loaded(setting, "demo.yaml")
    assert runs_in(plan.report.dir) == seen(plan) == ()
    assert standing((), ()) == "Runs: none"
    first = await setting.run(plan)
    second = await setting.run(plan)
    newest, oldest = runs_in(plan.report.dir, plan.name)
    assert (newest.id, newest.status, newest.outcomes) == (second.run_id, "complete", {"unchanged": 39})
    assert (oldest.id, oldest.kind, oldest.outcomes) == (first.run_id, "apply", {"created": 39})
    assert runs_in(plan.report.dir, "another plan") == ()
    (target,) = seen(plan)
    assert (target.alias, target.organization_id) == ("group", setting.world.orgs["group"].id)
    assert (target.copies["workbook"], target.copies["data-model"]) == (27, 11)
    assert (target.run, target.open, target.locked_by, target.left_locked_by) == (second.run_id, 0, "", "")
    text = standing((newest, oldest), (target,))
    assert text.splitlines()[0].startswith("Target group: 11 data models, ")
    assert "39 created" in " ".join(text.split())


async def test_what_is_open_and_who_holds_the_lock(stage, builtin_world):
    setting = stage(builtin_world())
    plan = loaded(setting, "demo.yaml")
    await setting.run(plan)
    org = setting.world.orgs["group"].id
    with open_book(plan.state) as book:
        (home,) = book.homes(plan.name)
        entry = Entry(run="r", home=home, kind="workbook", source_id="w", verb="create", state="planned", name="W")
        book.intend(entry, sent={"pages": []})
        held = book.lock(org, replace(owner_here("r2"), boot="another machine's"), ttl=60)
        (target,) = seen(plan)
        assert (target.open, target.left_locked_by) == (1, "")
        assert target.locked_by.startswith("run r2 (process ")
        text = standing((), (target,))
        assert "1 write without a known outcome\n" in text
        assert "which is at work" in text
        book.renew(held, ttl=-1)
        (later,) = seen(plan)
        assert (later.locked_by, later.left_locked_by) == ("", target.locked_by)
        assert "the next run takes it over" in standing((), (later,))
        assert "apply settles them first" in standing((), (later,))


async def test_a_run_that_cannot_be_read_is_listed_as_such(stage, builtin_world):
    setting = stage(builtin_world())
    plan = loaded(setting, "demo.yaml")
    result = await setting.run(plan)
    (plan.report.dir / "odd").mkdir()
    odd = '{"schema": "sigma-migrate.run/1", "run": {"id": "../elsewhere", "plan": "demo", "status": "failed"}}'
    (plan.report.dir / "odd" / "run.json").write_text(odd)
    (plan.report.dir / result.run_id / "run.json").write_text("{")
    states = {run.id: run.status for run in runs_in(plan.report.dir, plan.name)}
    assert states == {result.run_id: "unreadable", "odd": "failed"}
    (target,) = seen(plan)
    assert (target.alias, target.run, target.copies["workbook"]) == ("", "", 27)


async def test_how_far_targets_lag_behind_is_asked_by_their_lists(stage, builtin_world):
    setting = stage(builtin_world())
    plan = pack(setting, ROWS)
    await setting.run(plan)
    source, group = (setting.world.orgs[name] for name in ("acme_au", "group"))

    async def asked():
        async with setting.migration(plan) as migration:
            return await migration.freshness()

    assert set((await asked()).values()) == {Live()}
    with open_book(plan.state) as book:
        home = next(home for home in book.homes(plan.name) if home.target_org == group.id)
        copies = [copy for copy in book.copies(home) if copy.kind == "workbook"]
    first, second, third = copies[:3]
    yesterday = time.time() - 24 * 3600
    for name in ("One", "Two"):
        act(source, "edit", first.source_id, now=yesterday, name=name)
    act(group, "edit", second.target_id, now=yesterday)
    act(group, "delete", third.target_id, now=yesterday)
    before = len(setting.sandbox.evidence.entries)
    found = await asked()
    assert (found["group"].behind, found["group"].versions) == (1, 2)
    assert 23.9 < found["group"].hours < 25
    assert (found["group"].edited, found["group"].missing) == (1, 1)
    assert (found["emea"].behind, found["emea"].edited, found["emea"].missing) == (1, 0, 0)
    seen = setting.sandbox.evidence.entries[before:]
    assert not [entry.path for entry in seen if "/spec" in entry.path], "no document is read"


async def test_a_target_that_was_held_back_or_never_reached_is_told(stage, builtin_world):
    setting = stage(builtin_world())
    plan = pack(setting, ROWS)
    setting.sandbox.faults.add(Fault(action="status", org="emea", method="POST", path="/spec$", count=1, status=400))
    await setting.run(plan)
    expected = {"emea": "", "group": setting.world.orgs["group"].id, "later": ""}
    told = {one.name: one for one in targets_in(plan.state, plan.name, plan.report.dir, expected)}
    assert set(told) == {"emea", "group", "later"}
    assert (told["group"].causes, told["group"].good) == (("held_back",), "")
    assert told["group"].wrong > 3
    assert (told["emea"].wrong, told["emea"].causes) == (2, ("api_refused",))
    assert (told["later"].copies, told["later"].run, told["later"].causes) == ({}, "", ())
    text = standing((), tuple(told.values()))
    assert "not right in its last run: held_back" in text
    again = await setting.run(plan)
    told = {one.name: one for one in targets_in(plan.state, plan.name, plan.report.dir, expected)}
    assert list(told) == ["emea", "group", "later"], "by name"
    assert (told["group"].good, told["group"].wrong, told["group"].causes) == (again.run_id, 0, ())
