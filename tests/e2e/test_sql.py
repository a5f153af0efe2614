"""Custom SQL on the whole road: what lands in the target, what is blocked, what is told."""

from __future__ import annotations

import pytest
from worlds_sql import world

from migrate.assess.tree import to_tree as assessment_tree
from migrate.change.actions import main_actions, name_of
from migrate.run.decisions import open_in
from migrate.terminal.assess import assessed

pytestmark = pytest.mark.anyio

TABLES = (["DW.FIN.GL", "DW.FIN.B"], ["PROD.AU.GL", "PROD.AU.B", "X.Y.Z"])
PATHS = [{"from": "DW.FIN.*", "to": "PROD.AU.*"}]


def blocks(paths=PATHS, **maps):
    connection = {"from": "Ware", "to": "Group Ware", "paths": paths}
    return {"select": {"include": [{"folder": "Shared"}]}, "map": {"connections": [connection], **maps}}


def landed(setting):
    """The statement of every workbook of the target."""
    return {
        each.name: each.versions[-1].body["elements"][0]["source"]["statement"]
        for each in setting.world.orgs["south"].inodes.values()
        if each.type == "workbook" and each.versions
    }


async def run(setting, **more):
    result = await setting.run(setting.plan("north", "south", **blocks(**more)))
    return result, {row.source_name: row for row in result.reconciliation.rows}


async def test_statements_with_controls_arrive(stage, tmp_path):
    statements = {
        "Plain": "select * from DW.FIN.GL where NAME = {{name}}",
        "Fragment": "select * from DW.FIN.GL order by {{#raw col}} {{#raw dir}}",
        "Braces": "select '{{' from DW.FIN.GL union all select '}}' from DW.FIN.B",
        "Made": "select * from DW.FIN.{{table}}",
    }
    setting = stage(world(tmp_path, statements, tables=TABLES))
    result, rows = await run(setting)
    assert result.exit_code == 0
    assert landed(setting) == {name: text.replace("DW.FIN", "PROD.AU") for name, text in statements.items()}
    verdicts = {name: row.verdict for name, row in rows.items()}
    assert verdicts == {"Plain": "match", "Braces": "match", "Fragment": "match_declared", "Made": "match_declared"}
    codes = {name: {each["code"] for each in row.residuals} for name, row in rows.items()}
    assert codes["Fragment"] == {"sql_raw_deprecated", "sql_dynamic"}
    assert codes["Made"] == {"sql_dynamic"}


async def test_a_right_that_leads_nowhere_blocks_and_one_that_is_mapped_arrives(stage, tmp_path):
    statements = {
        "Attribute": "select * from DW.FIN.GL where NAME = {{system::CurrentUserAttributeText::region}}",
        "Team": "select * from DW.FIN.GL where {{#raw system::CurrentUserInTeam::Ops}}",
    }
    people = {"attributes": [("region", "area")], "teams": [("Ops", "Group Ops")]}
    setting = stage(world(tmp_path, statements, tables=TABLES, **people))
    result, rows = await run(setting)
    assert result.exit_code != 0
    assert {row.reason_code for row in rows.values()} == {"security_unmapped"}
    assert landed(setting) == {}
    maps = {"user_attributes": [{"from": "region", "to": "area"}], "teams": [{"from": "Ops", "to": "Group Ops"}]}
    result, rows = await run(setting, **maps)
    assert result.exit_code == 0
    assert landed(setting) == {
        "Attribute": "select * from PROD.AU.GL where NAME = {{system::CurrentUserAttributeText::area}}",
        "Team": "select * from PROD.AU.GL where {{#raw system::CurrentUserInTeam::Group Ops}}",
    }


async def test_tables_of_statements_are_looked_up_before_the_first_write(stage, tmp_path):
    statements = {
        "There": "select * from DW.FIN.GL",
        "Missing": "select * from DW.FIN.GL join DW.FIN.MISSING on 1 = 1",
        "Elsewhere": "select * from X.Y.Z",
        "Nowhere": "select * from X.Y.NOWHERE",
    }
    setting = stage(world(tmp_path, statements, tables=TABLES))
    _result, rows = await run(setting)
    assert {name: row.reason_code for name, row in rows.items() if row.outcome == "blocked"} == {
        "Missing": "table_not_found",
        "Nowhere": "table_not_found",
    }
    assert "PROD.AU.MISSING" in rows["Missing"].reason
    assert set(landed(setting)) == {"There", "Elsewhere"}
    assert rows["There"].verdict == "match"
    assert [each["code"] for each in rows["Elsewhere"].residuals] == ["sql_name_kept"]
    assert rows["Elsewhere"].verdict == "match_declared"


async def test_an_unreadable_statement_is_the_reason_of_one_document(stage, tmp_path):
    statements = {
        "Deep": "select " + "(select " * 2000 + "1" + ")" * 2000 + " from DW.FIN.GL",
        "Open": "select 'open from DW.FIN.GL",
        "Good": "select " + "(" * 5000 + "1" + ")" * 5000 + " from DW.FIN.GL",
    }
    setting = stage(world(tmp_path, statements, tables=TABLES))
    _result, rows = await run(setting)
    assert {name: row.reason_code for name, row in rows.items() if row.outcome == "blocked"} == {
        "Deep": "sql_unparsed",
        "Open": "sql_unparsed",
    }
    assert landed(setting)["Good"].endswith("from PROD.AU.GL")


@pytest.mark.parametrize(
    "before",
    ["select * from `acme-au.fin.gl`", "select * from acme-au.fin.gl", "select `acme-au.fin.f`(1) from acme-au.fin.gl"],
)
async def test_a_dashed_project_moves_in_every_spelling(stage, tmp_path, before):
    tables = (["acme-au.fin.gl"], ["acme-group.au_fin.gl"])
    setting = stage(world(tmp_path, {"W": before}, tables=tables, warehouse="bigQuery"))
    paths = [{"from": ["acme-au", "fin", "*"], "to": ["acme-group", "au_fin", "*"]}]
    _result, rows = await run(setting, paths=paths)
    assert landed(setting) == {"W": before.replace("acme-au.fin", "acme-group.au_fin")}
    assert rows["W"].verdict == "match"


async def test_addresses_in_comments_reach_no_report(stage, tmp_path):
    statement = 'select X.Y.F(1) from DW.FIN.GL /* ann@people.example */ -- Sigma Σ {"email": "bob@people.example"}\n'
    setting = stage(world(tmp_path, {"W": statement}, tables=TABLES))
    result, rows = await run(setting)
    assert "sql_rewritten_in_part" in {each["code"] for each in rows["W"].residuals}
    # The change set holds the documents as they are sent, with all that stands in them.
    files = [path for path in (tmp_path / "reports").rglob("*") if path.is_file()]
    written = [path for path in files if not path.name.startswith("changes.json")]
    assert any("sql_rewritten_in_part" in path.read_text(errors="replace") for path in written)
    assert not [path for path in written if "people.example" in path.read_text(errors="replace")]
    assert result.exit_code == 0


async def test_assess_and_plan_name_every_use_of_raw(stage, tmp_path):
    statements = {
        "Uses": "select * from DW.FIN.GL\norder by {{#raw col}} -- ann@people.example",
        "Does not": "select '#raw {{col}}' from DW.FIN.GL",
    }
    setting = stage(world(tmp_path, statements, tables=TABLES))
    plan = setting.plan("north", "south", **blocks())
    async with setting.migration(plan) as migration:
        found = await migration.assess()
        changes = (await migration.plan()).changes
    (raw,) = found.raw
    sentence = "uses of #raw fail from 2 December 2026 on: {{#raw col}} (line 2, column 10), in select * from DW.FIN.GL"
    assert raw.raw.startswith(sentence)
    assert raw.path == "$.elements[0].source.statement"
    assert "people.example" not in str(assessment_tree(found))
    assert [each["message"] for each in assessment_tree(found)["raw_directives"]] == [raw.raw]
    assert "workbook 'Uses' $.elements[0].source.statement: uses of #raw" in assessed(found)
    (warning,) = [each for each in changes.warnings if "#raw" in each]
    assert warning.startswith(f"south: workbook 'Uses': {sentence}")


READING = {
    "Plain": "select * from DW.FIN.GL",
    "Joined": "with c as (select ID from DW.FIN.B) select * from c join DW.FIN.GL g on g.ID = c.ID",
    "Quoted": 'select "GL"."NAME" from "DW"."FIN"."GL" where NAME = {{name}}',
    "Small": "select * from dw.fin.gl union all select * from DW.FIN.B",
    "Within": "select * from DW.FIN.B where ID in (select ID from DW.FIN.GL)",
    "Left": "select * from DW.FIN.B b left join lateral (select * from DW.FIN.GL where ID = b.ID) on true",
}


async def test_a_table_that_only_statements_name_has_candidates(stage, tmp_path):
    there = ["PROD.AU.FCT_GL", "PROD.AU.B"]
    setting = stage(world(tmp_path, READING, tables=(TABLES[0], there)))
    async with setting.migration(setting.plan("north", "south", **blocks())) as migration:
        found = await migration.plan()
    stopped = {name_of(one): one for one in main_actions(found.changes.targets[0].waves)}
    assert {one.reason_code for one in stopped.values()} == {"table_not_found"}
    for name, one in stopped.items():
        assert "like it there: PROD.AU.FCT_GL (2 of 2 columns)" in one.next_action, name
    [decision] = open_in(found.ready, found.source)
    pair = {"from": "DW.FIN.GL", "to": "PROD.AU.FCT_GL"}
    assert decision.answers[0].value == pair
    result, _rows = await run(setting, paths=[*PATHS, pair])
    assert result.exit_code == 0
    assert all("FCT_GL" in text and "FIN" not in text.upper() for text in landed(setting).values())


async def test_of_a_table_that_only_a_statement_names_no_columns_are_compared(stage, tmp_path):
    setting = stage(world(tmp_path, {"Plain": READING["Plain"]}, tables=TABLES))
    async with setting.migration(setting.plan("north", "south", **blocks())) as migration:
        await migration.plan()
    assert not [one for one in setting.sandbox.evidence.of("south") if one.path.endswith("/columns")]
