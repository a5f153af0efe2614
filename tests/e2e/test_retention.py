"""What is on record of every write, and what of old runs may go."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

import orjson
import pytest
import sqlalchemy as sa
from tenants import ROWS, pack

from migrate.ledger.book import open_book
from migrate.ledger.opening import open_engine
from migrate.report.render import render
from migrate.run.audit import audit_lines
from migrate.run.prune import prunable, prune
from migrate.sandbox.person import act

pytestmark = pytest.mark.anyio


async def test_every_write_is_on_record_with_who_what_when_before_and_after(stage, builtin_world):
    setting = stage(builtin_world())
    plan = pack(setting, ROWS)
    first = await setting.run(plan)
    source, group = (setting.world.orgs[name] for name in ("acme_au", "group"))
    workbook = next(row for row in first.reconciliation.rows if row.target == "group" and row.type == "workbook")
    act(source, "edit", workbook.source_id, now=0.0)
    second = await setting.run(plan)
    lines = [orjson.loads(line) for line in (second.folder / "audit.jsonl").read_bytes().splitlines()]
    assert {(line["run"], line["plan_sha256"], line["kind"]) for line in lines} == {
        (second.run_id, plan.sha256, "apply")
    }
    (update,) = (line for line in lines if line["organization"] == group.id)
    assert (update["what"], update["target_id"], update["state"]) == ("update", workbook.target_id, "done")
    assert update["who"] == group.clients[0].member_id
    assert update["at"].endswith("Z")
    with open_book(plan.state) as book:
        entry = book.entry(update["sequence"])
        book.drop_spare([first.run_id])
        assert book.body(update["before"]) is not None, "what undo needs is never spare"
        assert (update["before"], update["after"]) == (entry.pre_image, entry.digest_sent)
        assert update["before"] != update["after"]
        whole = [orjson.loads(line) for line in audit_lines(book, plan.name)]
        assert [line for line in whole if line["run"] == second.run_id] == lines
        assert {line["run"] for line in whole} == {first.run_id, second.run_id}
    created = [line for line in whole if line["what"] == "create" and line["type"] == "workbook"]
    assert {line["before"] for line in created} == {""}
    sums = dict(line.split("  ")[::-1] for line in (second.folder / "SHA256SUMS").read_text().splitlines())
    for name, digest in sums.items():
        assert hashlib.sha256((second.folder / name).read_bytes()).hexdigest() == digest
    assert "audit.jsonl" in sums
    async with setting.migration(plan) as migration:
        await migration.undo(second.run_id)
    newest = max(plan.report.dir.glob("*/undo.json"), key=lambda path: path.stat().st_mtime_ns).parent
    (back,) = (orjson.loads(x) for x in (newest / "audit.jsonl").read_bytes().splitlines() if group.id.encode() in x)
    assert (back["kind"], back["what"], back["undoes"]) == ("undo", "restore", update["sequence"])


async def test_old_runs_go_but_for_what_undo_needs(stage, builtin_world):
    setting = stage(builtin_world())
    plan = pack(setting, ROWS)
    plan = replace(plan, report=replace(plan.report, formats=("json", "csv")))
    results = [await setting.run(plan) for _ in range(4)]
    wrote, quiet, *kept = results
    render(quiet.reconciliation, quiet.folder, ("json",), also={"acme": json.dumps})
    for own in ("notes.txt", "report.notes", "report.acme.notes"):
        (quiet.folder / own).write_text("a person's own")
    engine = open_engine(plan.state)
    with engine.begin() as connection:
        connection.execute(sa.text("INSERT INTO bodies (digest, body) VALUES ('nobody', x'00')"))
    engine.dispose()
    with open_book(plan.state) as book:
        found = prunable(book, plan.name, plan.report.dir, 2)
        assert {(one.id, one.undoable) for one in found.runs} == {(wrote.run_id, True), (quiet.run_id, False)}
        assert (found.kept, found.ledger.bodies, found.ledger.body_bytes) == (2, 1, 1)
        assert (quiet.folder / "report.json").exists(), "listing removes nothing"
        bodies = {
            copy.digest_sent: book.body(copy.digest_sent)
            for home in book.homes(plan.name)
            for copy in book.copies(home)
        }
        prune(book, found)
        assert {name: book.body(name) for name in bodies} == bodies
        assert prunable(book, plan.name, plan.report.dir, 2).runs == ()
    assert sorted(path.name for path in wrote.folder.iterdir()) == ["audit.jsonl", "run.json"]
    assert sorted(path.name for path in quiet.folder.iterdir()) == ["notes.txt", "report.acme.notes", "report.notes"]
    assert all((one.folder / "report.json").exists() for one in kept)
    async with setting.migration(plan) as migration:
        taken = await migration.undo(wrote.run_id)
    assert taken
    assert all(row.result in ("deleted", "removed") for one in taken for row in one.undone)


async def test_tickets_go_with_their_run(stage, builtin_world):
    setting = stage(builtin_world())
    plan = pack(setting, ROWS)
    async with setting.migration(plan) as migration:
        await migration.work("night")
        gathered = await migration.gather("night")
    assert not list(gathered.folder.glob("source*"))
    names = [line.split("  ")[1] for line in (gathered.folder / "SHA256SUMS").read_text().splitlines()]
    assert all((gathered.folder / name).exists() for name in names)
    await setting.run(plan)
    with open_book(plan.state) as book:
        assert len(book.fleets.tickets(gathered.run_id)) == 2
        found = prunable(book, plan.name, plan.report.dir, 1)
        assert found.ledger.tickets == 2
        prune(book, found)
        assert book.fleets.tickets(gathered.run_id) == ()
        assert book.fleets.named(plan.name, "night") is None
