"""Several processes on one run: together they come to what one of them would, and each target is done once."""

from __future__ import annotations

from dataclasses import replace

import anyio
import pytest
from staging import Stage
from tenants import ROWS, comparable, pack

from migrate.errors import FileError, Interrupted, InvalidInput, LockHeld, Usage
from migrate.events import Stage as StageOf
from migrate.ledger.book import open_book
from migrate.ledger.owner import owner_here
from migrate.sandbox.faults import Fault
from migrate.sandbox.service import Sandbox

pytestmark = pytest.mark.anyio


async def by(setting, plan, *parts):
    """The result of a run that several migrations took part in at once, then gathered; what each of them did."""
    did = {}

    async def take_part(number, target):
        async with setting.migration(plan) as migration:
            did[number] = await migration.work("night", target)

    async with anyio.create_task_group() as group:
        for number, target in enumerate(parts):
            group.start_soon(take_part, number, target)
    async with setting.migration(plan) as migration:
        return await migration.gather("night"), did


async def test_workers_come_to_what_one_process_would(stage, builtin_world, tmp_path):
    alone = Stage(sandbox=Sandbox(builtin_world()), folder=tmp_path / "alone")
    alone.folder.mkdir()
    expected = await alone.run(pack(alone, ROWS))
    setting = stage(builtin_world())
    result, did = await by(setting, pack(setting, ROWS), "", "")
    assert comparable(result) == comparable(expected)
    assert sorted(ticket.target for tickets in did.values() for ticket in tickets) == ["emea", "group"]
    assert result.reconciliation.totals["group"]["created"] > 3
    assert (result.exit_code, result.reconciliation.run["status"]) == (0, "complete")
    seen, one = setting.sandbox.evidence.entries, alone.sandbox.evidence.entries
    specs = [sum(entry.org == "acme_au" and entry.path.endswith("/spec") for entry in found) for found in (seen, one)]
    assert specs[0] == specs[1] > 1, "the documents of the source are read once, by whoever comes first"
    orgs = {org["alias"]: org["requests"] for org in result.reconciliation.orgs}
    for alias in ("emea", "group"):
        assert orgs[alias] == sum(entry.org == alias for entry in seen)
    assert not list(result.folder.glob("source*")), "what was shared of the source is gone with the run"


async def test_a_target_is_done_once_however_often_it_is_started(stage, builtin_world):
    setting = stage(builtin_world())
    plan = pack(setting, ROWS)
    writes = []
    for target in ("emea", "group", "group", "emea"):
        async with setting.migration(plan) as migration:
            tickets = await migration.work("night", target)
            assert [(one.target, one.done, one.attempt, one.exit_code) for one in tickets] == [(target, True, 1, 0)]
        writes.append(len(setting.sandbox.evidence.writes()))
    assert writes[0] < writes[1] == writes[2] == writes[3]
    async with setting.migration(plan) as migration:
        assert await migration.work("night") == ()
        first = await migration.gather("night")
        again = await migration.gather("night")
    assert comparable(first) == comparable(again)
    assert len(setting.sandbox.evidence.writes()) == writes[-1]
    assert first.reconciliation.totals["emea"]["created"] == first.reconciliation.totals["emea"]["in_scope"]


async def test_a_later_wave_waits_and_is_held_back_by_its_gate(stage, builtin_world):
    setting = stage(builtin_world())
    plan = pack(setting, ROWS)
    setting.sandbox.faults.add(Fault(action="status", org="emea", method="POST", path="/spec$", count=1, status=400))
    async with setting.migration(plan) as migration:
        with pytest.raises(LockHeld) as early:
            await migration.work("night", "group")
        assert early.value.code == "wave_open"
        (emea,) = await migration.work("night", "emea")
        (group,) = await migration.work("night", "group")
        assert (emea.exit_code, group.exit_code) == (1, 9)
        result = await migration.gather("night")
    assert not setting.sandbox.evidence.writes("group")
    rows = [row for row in result.reconciliation.rows if row.target == "group"]
    assert {(row.outcome, row.reason_code) for row in rows} == {("not_attempted", "held_back")}
    assert "wave 1 did not pass its gate" in rows[0].reason
    assert result.exit_code == 9
    assert result.reconciliation.consistent


async def test_a_tenant_whose_credentials_are_missing_here_costs_the_others_nothing(stage, builtin_world):
    setting = stage(builtin_world())
    plan = pack(setting, {name: row.replace(",1,", ",2,") for name, row in ROWS.items()})
    del setting.environ["SIGMA_EMEA_CLIENT_SECRET"]
    result, _ = await by(setting, plan, "")
    emea = result.reconciliation.totals["emea"]
    assert emea["not_attempted"] == emea["in_scope"] > 3
    assert result.reconciliation.totals["group"]["created"] > 3
    assert result.exit_code == 5
    assert "emea" in result.troubles
    assert not setting.sandbox.evidence.writes("emea")


async def test_two_targets_that_are_one_organization_are_found_by_whoever_comes_second(stage, builtin_world):
    setting = stage(builtin_world())
    name = "SIGMA_TWIN"
    for part in ("BASE_URL", "CLIENT_ID", "CLIENT_SECRET"):
        setting.environ[f"{name}_{part}"] = setting.environ[f"SIGMA_GROUP_{part}"]
    slug = setting.world.orgs["group"].slug
    plan = pack(setting, {"group": ROWS["group"], "twin": ROWS["group"]})
    assert {plan.orgs[target].expect.slug for target in plan.targets} == {slug, "twin"}
    orgs = {**plan.orgs, "twin": replace(plan.orgs["twin"], expect=plan.orgs["group"].expect)}
    result, _ = await by(setting, replace(plan, orgs=orgs), "group", "twin")
    assert result.exit_code == 4
    codes = {row.reason_code for row in result.reconciliation.rows if row.outcome == "not_attempted"}
    assert codes == {"same_organization"}
    done = [total["created"] for total in result.reconciliation.totals.values()]
    assert min(done) == 0 < max(done)


async def test_what_nobody_was_through_with_is_told_as_the_ledger_knows_it(stage, builtin_world):
    setting = stage(builtin_world())
    plan = pack(setting, ROWS)

    def stop():
        return any(entry.path.endswith("dataModels/spec") for entry in setting.sandbox.evidence.writes("emea"))

    async with setting.migration(plan, stop=stop) as migration:
        with pytest.raises(Interrupted, match="Stopped"):
            await migration.work("night", "emea")
    async with setting.migration(plan) as migration:
        result = await migration.gather("night")
    emea, group = (result.reconciliation.totals[name] for name in ("emea", "group"))
    assert 0 < emea["created"] < emea["in_scope"]
    assert emea["created"] == emea["not_run"]
    assert emea["created"] + emea["not_attempted"] == emea["in_scope"]
    assert group["not_attempted"] == group["in_scope"]
    assert result.reconciliation.consistent
    assert {"worker_lost"} == {row.reason_code for row in result.reconciliation.rows if row.outcome == "not_attempted"}
    assert result.exit_code == 1


async def test_a_target_that_three_workers_died_of_is_left_alone(stage, builtin_world):
    setting = stage(builtin_world())
    plan = pack(setting, ROWS)
    async with setting.migration(plan) as migration:
        await migration.work("night", "emea")
        with open_book(plan.state) as book:
            run = book.fleets.named(plan.name, "night").run
            group = next(ticket for ticket in book.fleets.tickets(run) if ticket.target == "group")
            for number in range(3):
                held = book.lock(group.place, owner_here(run), ttl=60)
                assert book.fleets.take(group, "dead").attempt == number + 1
                book.release(held)
        (ticket,) = await migration.work("night", "group")
        assert ticket.attempt == 4
        result = await migration.gather("night")
    assert {row.reason_code for row in result.reconciliation.rows if row.target == "group"} == {"worker_lost"}
    assert not setting.sandbox.evidence.writes("group")


async def test_who_has_a_ticket_keeps_it_and_a_run_is_not_gathered_meanwhile(stage, builtin_world):
    setting = stage(builtin_world())
    plan = pack(setting, ROWS)
    async with setting.migration(plan) as migration:
        await migration.work("night", "emea")
        with open_book(plan.state) as book:
            run = book.fleets.named(plan.name, "night").run
            group = next(ticket for ticket in book.fleets.tickets(run) if ticket.target == "group")
            held = book.lock(group.place, owner_here(run), ttl=60)
            for asked in (migration.work("night", "group"), migration.gather("night")):
                with pytest.raises(LockHeld):
                    await asked
            book.release(held)
        (ticket,) = await migration.work("night", "group")
    assert (ticket.attempt, ticket.exit_code) == (1, 0)


async def test_another_plan_or_another_source_is_no_part_of_the_run(stage, builtin_world):
    setting = stage(builtin_world())
    plan = pack(setting, ROWS)
    async with setting.migration(plan) as migration:
        with pytest.raises(Usage, match="no run night"):
            await migration.gather("night")
        await migration.work("night", "emea")
    async with setting.migration(replace(plan, sha256="0" * 64)) as other:
        for asked in (other.work("night", "group"), other.gather("night")):
            with pytest.raises(InvalidInput) as refused:
                await asked
            assert refused.value.problems[0].code == "fleet_unlike"
    (source,) = plan.report.dir.glob("*/source.gz")
    assert source.stat().st_mode & 0o077 == 0
    source.write_bytes(source.read_bytes()[:-1])
    async with setting.migration(plan) as migration:
        with pytest.raises(InvalidInput, match="not what the run was opened with"):
            await migration.work("night", "group")
    assert not setting.sandbox.evidence.writes("group")


async def test_the_next_attempt_takes_over_what_its_predecessor_elsewhere_still_has_locked(stage, builtin_world):
    setting = stage(builtin_world())
    plan = pack(setting, ROWS)
    async with setting.migration(plan) as migration:
        await migration.work("night", "emea")
    with open_book(plan.state) as book:
        run = book.fleets.named(plan.name, "night").run
        group = next(ticket for ticket in book.fleets.tickets(run) if ticket.target == "group")
        held = book.lock(group.place, owner_here(run), ttl=60)
        assert book.fleets.take(group, "elsewhere").attempt == 1
        book.release(held)
        elsewhere = replace(owner_here(run, 1), boot="another machine's", pid_namespace="another")
        book.lock(setting.world.orgs["group"].id, elsewhere, ttl=600)
    async with setting.migration(plan) as migration:
        (ticket,) = await migration.work("night", "group")
    assert (ticket.attempt, ticket.exit_code) == (2, 0)


async def test_what_is_wrong_with_one_machine_is_no_word_about_the_target(stage, builtin_world):
    setting = stage(builtin_world())
    plan = pack(setting, ROWS)

    def full(event):
        if isinstance(event, StageOf) and (event.name, event.org) == ("draft", "emea"):
            raise FileError("the disk is full.", code="disk_full")

    async with setting.migration(plan, listener=full) as migration:
        with pytest.raises(FileError, match="disk is full"):
            await migration.work("night", "emea")
    async with setting.migration(plan) as migration:
        (ticket,) = await migration.work("night", "emea")
    assert (ticket.attempt, ticket.exit_code) == (2, 0)
