"""Where a plan stands, read from its runs and its ledger alone."""

from __future__ import annotations

from dataclasses import replace

import pytest
from test_journeys import loaded

from migrate.ledger.book import open_book
from migrate.ledger.model import Entry
from migrate.ledger.owner import owner_here
from migrate.run.status import runs_in, targets_in
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
