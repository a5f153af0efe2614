"""Checking what landed, in process: right, changed behind our back, broken from the start, and not to be told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from staging import Stage

from migrate.sandbox.faults import Fault
from migrate.sandbox.org import Version
from migrate.sandbox.service import Sandbox
from migrate.sandbox.world import load

pytestmark = pytest.mark.anyio

WORLD = Path(__file__).parent / "cases" / "world.yaml"
MAP = {
    "connections": [
        {"from": "Warehouse", "to": "Group Warehouse", "paths": [{"from": "DW.SALES.*", "to": "GW.AU.*"}]},
    ]
}


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.fixture
def setting(tmp_path):
    return Stage(sandbox=Sandbox(load(WORLD)), folder=tmp_path)


def rows(result):
    return {row.source_name: row for row in result.reconciliation.rows}


async def copied(setting, **blocks):
    """The rows after a copy, and a function that verifies again."""
    plan = setting.plan("north", "group", map=MAP, **blocks)
    first = await setting.run(plan)

    async def again():
        async with setting.migration(plan) as migration:
            result = await migration.verify()
        assert result.reconciliation.consistent
        return result

    return first, again


def rewrite(org, name, change):
    """Publishes a document anew with its text changed, as somebody in the application would."""
    inode = next(inode for inode in org.inodes.values() if inode.name == name and inode.versions)
    last = inode.versions[-1]
    body = json.loads(change(json.dumps(last.body)))
    assert body != last.body
    inode.versions.append(Version(number=last.number + 1, body=body, published_at=last.published_at, published_by="x"))


async def test_what_was_just_copied_matches(setting):
    first, again = await copied(setting)
    levels = {"exists", "counts", "hash", "references", "columns", "compile"}
    for result in (first, await again()):
        assert {row.verdict for row in rows(result).values()} <= {"match", "match_declared"}
        assert all(row.levels.keys() == levels for row in rows(result).values())
        assert result.exit_code == 0
    assert first.reconciliation.totals["group"]["created"] == 3


async def test_a_document_edited_after_the_copy_is_a_mismatch_with_its_place(setting):
    _, again = await copied(setting)
    rewrite(setting.world.orgs["group"], "Notes", lambda text: text.replace("Hello", "Goodbye"))
    result = await again()
    row = rows(result)["Notes"]
    assert (row.verdict, row.levels["hash"], row.levels["counts"]) == ("mismatch", "fail", "pass")
    assert row.reason_code == "verification_mismatch"
    assert "$.elements[0].body" in row.reason
    assert "Goodbye" in row.reason
    assert {d.path for d in row.detail if d.kind == "changed"} == {"$.elements[0].body"}
    assert result.exit_code == 8
    assert rows(result)["Sales"].verdict in ("match", "match_declared"), "the others are judged by themselves"


def without_a_column(text):
    body = json.loads(text)
    body["pages"][0]["elements"][0]["columns"].pop()
    return json.dumps(body)


async def test_a_column_that_was_taken_out_is_counted(setting):
    _, again = await copied(setting)
    rewrite(setting.world.orgs["group"], "Orders", without_a_column)
    row = rows(await again())["Orders"]
    assert (row.verdict, row.levels["counts"], row.levels["hash"]) == ("mismatch", "fail", "fail")
    counted = next(d for d in row.detail if d.level == "counts")
    assert (counted.path, counted.expected, counted.found) == ("$ columns", "2", "1")


@pytest.mark.parametrize("what", ["archived", "gone", "renamed", "moved"])
async def test_where_and_how_the_document_stands_is_looked_at(setting, what):
    _, again = await copied(setting, verify=["exists"])
    org = setting.world.orgs["group"]
    inode = next(inode for inode in org.inodes.values() if inode.name == "Notes")
    if what == "gone":
        del org.inodes[inode.id]
    elif what == "archived":
        inode.archived = True
    elif what == "renamed":
        inode.name = "Other Notes"
    else:
        inode.parent_id = next(one.home_folder_id for one in org.members.values())
    row = rows(await again())["Notes"]
    assert row.verdict != "match"
    if what in ("renamed", "moved"):
        assert (row.verdict, row.levels) == ("mismatch", {"exists": "fail"})


async def test_an_id_of_the_source_that_came_in_later_is_found(setting):
    _, again = await copied(setting, verify=["references"])
    foreign = next(iter(setting.world.orgs["north"].connections))
    rewrite(setting.world.orgs["group"], "Notes", lambda text: text.replace("Hello", f"see {foreign}"))
    row = rows(await again())["Notes"]
    assert (row.verdict, row.levels) == ("mismatch", {"references": "fail"})
    assert foreign in row.reason


def broken(text):
    return text.replace("[Orders/Amount]", "[Orders/No Such Column]")


async def test_a_column_that_broke_in_the_target_is_a_mismatch(setting):
    _, again = await copied(setting, verify=["columns", "compile"])
    rewrite(setting.world.orgs["group"], "Sales", broken)
    row = rows(await again())["Sales"]
    assert row.verdict == "mismatch"
    assert row.levels["columns"] == "fail"
    assert "error" in {d.kind for d in row.detail}


async def test_a_column_that_is_broken_in_the_source_too_is_no_fault_of_the_copy(setting):
    _, again = await copied(setting, verify=["exists", "columns", "compile"])
    for org in ("north", "group"):
        rewrite(setting.world.orgs[org], "Sales", broken)
    result = await again()
    row = rows(result)["Sales"]
    assert (row.verdict, row.levels["columns"]) == ("broken_in_source_too", "inherited")
    assert row.reason_code == "broken_in_source_too"
    assert result.exit_code == 0


@pytest.mark.parametrize(
    ("statement", "queries", "verdict"),
    [
        ("select 1 as a from {{#raw Floor}}", 1, "mismatch"),
        ("select 1 as a from Sigma_Element ('Nothing')", 1, "match"),
        ("select 1 as a from T where b > {{Floor}}", 0, "match"),
    ],
)
async def test_the_query_of_a_statement_is_asked_for_where_it_is_resolved_when_it_runs(
    setting, statement, queries, verdict
):
    _, again = await copied(setting, verify=["compile"])
    group = setting.world.orgs["group"]
    group.switches.raw_directive = "fail"

    def as_statement(text):
        body = json.loads(text)
        element = body["pages"][0]["elements"][0]
        element["source"] = {"kind": "sql", "connectionId": next(iter(group.connections)), "statement": statement}
        element["columns"] = [{"id": "a", "name": "A", "formula": "[Custom SQL/A]"}]
        return json.dumps(body)

    rewrite(group, "Orders", as_statement)
    setting.sandbox.evidence.clear()
    assert rows(await again())["Orders"].verdict == verdict
    assert sum("/query" in one.path for one in setting.sandbox.evidence.of("group")) == queries


@pytest.mark.parametrize(("level", "status"), [("columns", 500), ("compile", 403)])
async def test_a_check_that_cannot_run_is_not_verifiable(setting, level, status):
    path = {"columns": "/columns$", "compile": "/(elements|queries)"}[level]
    _, again = await copied(setting, verify=["exists", "hash", level])
    setting.sandbox.faults.add(Fault(action="status", org="group", status=status, path=path, count=0))
    result = await again()
    for name in ("Sales", "Orders"):
        row = rows(result)[name]
        assert row.verdict == "not_verifiable", name
        assert row.levels[level] == "not_verifiable"
        assert row.levels["hash"] in ("pass", "declared"), "the other levels still ran"
        assert row.reason_code == "not_verifiable"
        assert level in row.reason
    assert result.reconciliation.totals["group"]["match"] == 0


async def test_a_document_that_cannot_be_read_back_is_not_verifiable(setting):
    _, again = await copied(setting)
    inode = next(i for i in setting.world.orgs["group"].inodes.values() if i.name == "Notes")
    inode.facts["unreadable"] = 403
    row = rows(await again())["Notes"]
    assert row.verdict == "not_verifiable"
    assert row.levels["exists"] == "pass"
    assert {row.levels[level] for level in ("counts", "hash", "references")} == {"not_verifiable"}


async def test_what_is_broken_in_the_target_cannot_be_judged_where_the_source_cannot_be_asked(setting):
    _, again = await copied(setting, verify=["columns"])
    rewrite(setting.world.orgs["group"], "Sales", broken)
    setting.sandbox.faults.add(Fault(action="status", org="north", status=403, path="/columns$", count=0))
    row = rows(await again())["Sales"]
    assert (row.verdict, row.levels["columns"]) == ("not_verifiable", "not_verifiable")


async def test_without_levels_nothing_was_checked(setting):
    first, _ = await copied(setting, verify=[])
    assert {row.verdict for row in rows(first).values()} == {"not_run"}
    assert first.reconciliation.totals["group"]["match"] == 0


async def test_checking_writes_nothing(setting):
    _, again = await copied(setting)
    before = len(setting.sandbox.evidence.writes())
    await again()
    assert len(setting.sandbox.evidence.writes()) == before
