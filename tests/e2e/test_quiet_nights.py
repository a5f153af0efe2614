"""A run that finds nothing changed asks for lists alone, says so, and looks again at whatever moved."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from samples import opened
from staging import Stage

from kit.places import CORPUS, document_files
from migrate.rewrite.python_rules import Transform
from migrate.sandbox.generate import generate
from migrate.sandbox.org import Version
from migrate.sandbox.service import Sandbox
from migrate.sandbox.world import load

pytestmark = pytest.mark.anyio

WORLD = Path(__file__).parents[1] / "check" / "cases" / "world.yaml"
MAP = {
    "connections": [
        {"from": "Warehouse", "to": "Group Warehouse", "paths": [{"from": "DW.SALES.*", "to": "GW.AU.*"}]},
    ]
}
IDENTITY = ("/v2/auth/token", "/v2/whoami")
LISTS = (
    *("/v2/members", "/v2/teams", "/v2/user-attributes", "/v2/plugins", "/v2/api-connectors", "/v2/files"),
    *("/v2/workbooks", "/v2/dataModels", "/v2/reports", "/v2/connections"),
)


@pytest.fixture
def setting(tmp_path):
    return Stage(sandbox=Sandbox(load(WORLD)), folder=tmp_path)


def asked(setting):
    """The requests since the last time, but for lists and who they are; those are forgotten."""
    found = [f"{one.org} {one.method} {one.path}" for one in setting.sandbox.evidence.entries if not plain(one)]
    setting.sandbox.evidence.clear()
    return found


def plain(one):
    return one.path in IDENTITY or (one.method == "GET" and one.path in LISTS)


async def night(setting, **blocks):
    """The rows of a run by name, and what it asked besides lists."""
    result = await setting.run(setting.plan("north", "group", map=MAP, **blocks))
    assert result.reconciliation.consistent
    return {row.source_name: row for row in result.reconciliation.rows}, asked(setting)


def named(setting, org, name):
    return next(i for i in setting.world.orgs[org].inodes.values() if i.name == name and i.versions)


def edit(setting, org, name, old, new):
    """Publishes a document anew with its text changed, as somebody in the application would."""
    inode = named(setting, org, name)
    last = inode.versions[-1]
    body = json.loads(json.dumps(last.body).replace(old, new))
    assert body != last.body
    inode.versions.append(Version(number=last.number + 1, body=body, published_at=last.published_at, published_by="x"))


def passed_by(rows):
    return {name for name, row in rows.items() if row.verdict == "unchanged_by_version"}


ALL = {"Notes", "Orders", "Sales"}


async def test_a_quiet_night_reads_lists_alone_and_says_so(setting):
    first, _ = await night(setting)
    second, more = await night(setting)
    assert more == []
    assert passed_by(second) == ALL
    for name, row in second.items():
        assert (row.outcome, row.levels, row.reason_code) == ("unchanged", {}, "unchanged_by_version")
        assert f": {first[name].verdict}" in row.reason
        for told in ("references", "changes", "residuals", "depends_on", "target_id", "target_path"):
            assert getattr(row, told) == getattr(first[name], told), told
    assert setting.sandbox.evidence.writes() == []


@pytest.mark.timeout(600)
async def test_what_a_quiet_night_costs_is_the_pages_of_the_lists(tmp_path):
    files = [path for path in document_files(CORPUS) if "stays-home" not in path.name]
    documents = [(path.parent.name.removesuffix("s"), opened(path), path.name) for path in files]
    made = generate(documents, generation="contents", size=60)
    setting = Stage(sandbox=Sandbox(made.world), folder=tmp_path)
    plan = setting.plan("source", "target", map=made.mapping, policy={"existing": "rename", "unsupported": "report"})
    first = await setting.run(plan)
    stand = first.reconciliation.totals["target"]["created"]
    assert stand >= 40
    lists = [one for one in setting.sandbox.evidence.entries if plain(one) and one.path in LISTS]
    setting.sandbox.evidence.clear()
    second = await setting.run(plan)
    log = setting.sandbox.evidence.entries
    copies = {row.source_id for row in second.reconciliation.rows if row.verdict == "unchanged_by_version"}
    copies |= {row.target_id for row in second.reconciliation.rows if row.verdict == "unchanged_by_version"}
    assert len(copies) == 2 * stand
    assert [one.path for one in log if any(identity in one.path for identity in copies)] == []
    assert len([one for one in log if plain(one) and one.path in LISTS]) <= len(lists)
    assert len([one for one in log if one.path in IDENTITY]) <= 4
    assert [one.path for one in log if one.wrote and one.path not in IDENTITY] == []


async def test_what_changed_in_the_source_is_looked_at_and_what_reads_it(setting):
    await night(setting)
    edit(setting, "north", "Notes", "Hello", "Good morning")
    rows, _ = await night(setting)
    assert (rows["Notes"].outcome, passed_by(rows)) == ("updated", ALL - {"Notes"})
    edit(setting, "north", "Orders", '"Page"', '"First page"')
    rows, _ = await night(setting)
    assert passed_by(rows) == {"Notes"}
    assert (rows["Orders"].outcome, rows["Orders"].verdict) == ("updated", "match_declared")
    assert rows["Sales"].levels, "a reader of a model that is replaced is looked at"
    rows, more = await night(setting)
    assert (passed_by(rows), more) == (ALL, [])


@pytest.mark.parametrize("what", ["edited", "renamed", "moved", "archived", "gone", "described"])
async def test_what_people_did_to_a_copy_is_seen_as_before(setting, what):
    await night(setting)
    org, copy = setting.world.orgs["group"], named(setting, "group", "Notes")
    if what == "edited":
        edit(setting, "group", "Notes", "Hello", "Goodbye")
    elif what == "renamed":
        copy.name = "Other Notes"
    elif what == "moved":
        copy.parent_id = next(one.home_folder_id for one in org.members.values())
    elif what == "archived":
        copy.archived = True
    elif what == "gone":
        del org.inodes[copy.id]
    else:
        copy.description = "in other words"
    rows, _ = await night(setting)
    row = rows["Notes"]
    expected = ("created", None) if what in ("archived", "gone") else ("blocked", "drifted")
    assert (row.outcome, row.reason_code) == expected
    assert passed_by(rows) == ALL - {"Notes"}


@pytest.mark.parametrize(
    "blocks",
    [
        {"rules": [{"name": "brand", "rename": "{name} (AU)"}]},
        {"policy": {"unsupported": "report"}},
        {"verify": ["exists", "hash"]},
    ],
    ids=["rules", "policy", "levels"],
)
async def test_another_plan_looks_at_everything_once(setting, blocks):
    await night(setting)
    rows, _ = await night(setting, **blocks)
    assert passed_by(rows) == set()
    rows, more = await night(setting, **blocks)
    assert (passed_by(rows), more) == ({row.source_name for row in rows.values()}, [])


async def test_a_stranger_who_joins_disturbs_nobody(setting):
    await night(setting)
    for org in setting.world.orgs.values():
        member = replace(next(iter(org.members.values())), id="Nq3vT9xWb2LrYp7dHs5nZc8mJf4g", email="new@acme.example")
        org.members[member.id] = member
    rows, more = await night(setting)
    assert (passed_by(rows), more) == (ALL, [])


async def test_a_share_is_looked_at_each_night_until_all_were(setting):
    await night(setting)
    seen = []
    for _ in range(3):
        rows, _ = await night(setting, verify={"unchanged": "sample 30%"})
        assert len(rows) - len(passed_by(rows)) <= 2, "a workbook, and the model that it reads"
        seen.append(frozenset(name for name, row in rows.items() if row.levels))
    assert set().union(*seen) == ALL
    assert len(set(seen)) > 1


async def test_always_looks_at_all(setting):
    await night(setting)
    for _ in range(2):
        rows, more = await night(setting, verify={"unchanged": "always"})
        assert passed_by(rows) == set()
        assert all(row.levels for row in rows.values())
        assert more


async def test_by_hand_all_is_looked_at_and_what_is_found_is_not_passed_by_afterwards(setting):
    await night(setting)
    named(setting, "group", "Notes").versions[-1].body["elements"][0]["body"] = "damaged, at the same version"
    rows, _ = await night(setting)
    assert passed_by(rows) == ALL
    async with setting.migration(setting.plan("north", "group", map=MAP)) as migration:
        found = {row.source_name: row for row in (await migration.verify()).reconciliation.rows}
    assert {name: row.verdict for name, row in found.items() if row.verdict == "mismatch"} == {"Notes": "mismatch"}
    assert all(row.levels for row in found.values())
    asked(setting)
    for _ in range(2):
        rows, more = await night(setting)
        assert (rows["Notes"].verdict, passed_by(rows)) == ("mismatch", ALL - {"Notes"})
        assert more


def as_it_is(document, _context):
    return document


async def test_rules_written_in_python_are_never_taken_for_unchanged(setting):
    plan = setting.plan("north", "group", map=MAP)
    for _ in range(2):
        result = await setting.run(plan, transforms=[Transform(name="as it is", function=as_it_is)])
        assert {row.verdict for row in result.reconciliation.rows} <= {"match", "match_declared"}


async def test_no_check_asked_for_stays_unchecked_and_still_costs_nothing(setting):
    await night(setting, verify=[])
    rows, more = await night(setting, verify=[])
    assert {row.verdict for row in rows.values()} == {"not_run"}
    assert more == []
    rows, _ = await night(setting)
    assert passed_by(rows) == set()


async def test_a_version_that_is_not_shown_proves_nothing(setting):
    await night(setting)
    for org in setting.world.orgs.values():
        for inode in org.inodes.values():
            if inode.versions:
                inode.versions[-1] = replace(inode.versions[-1], number=0)
    rows, _ = await night(setting)
    assert passed_by(rows) == set()


async def test_a_plan_says_how_many_were_not_read(setting):
    await night(setting)
    async with setting.migration(setting.plan("north", "group", map=MAP)) as migration:
        changes = (await migration.plan()).changes
    assert changes.unread == {"group": 3}
