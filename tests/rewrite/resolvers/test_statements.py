"""Custom SQL inside documents: rights in controls, names that stay, elements read by name, and what is told."""

from __future__ import annotations

import pytest

from migrate.plan.maps import ConnectionMap, Maps, Pair, PathMap
from migrate.plan.policies import Policy
from migrate.plan.rules import RawToIdentifier, Replace, ReplaceAt, ReplaceText, SetPath
from migrate.rewrite.catalogue.walk import find
from migrate.rewrite.resolvers.statements import raw_in, shown
from migrate.rewrite.resolvers.tables import origins_in_sql, tables_in_sql
from migrate.rewrite.text.sql.dialects import PLAIN

MOVED = "select * from GDW.AU_FIN.GL"


def body(kit, statement, *more, **keys):
    source = {"kind": "sql", "connectionId": kit.WARE, "statement": statement}
    return {"elements": [{"id": "q", "kind": "table", "name": "Query", "source": source, **keys}, *more]}


def text(draft):
    return draft.body["elements"][0]["source"]["statement"]


def codes(draft):
    return sorted(each.code for each in draft.residuals)


def maps(kit, **keys):
    """The usual map of the warehouse, with teams and attributes that are called otherwise."""
    paths = (PathMap(source=("DW", "FIN", "*"), target=("GDW", "AU_FIN", "*")),)
    connection = ConnectionMap(source="Ware", target="Group Ware", paths=keys.pop("paths", paths), **keys)
    return Maps(
        connections=(connection, ConnectionMap(source="Lake", target="Group Lake")),
        user_attributes=(Pair(source="desk", target="office"),),
        teams=(Pair(source="Sales", target="Group Sales"),),
    )


RIGHTS = [
    ("where D = {{system::CurrentUserAttributeText::NAME}}", "desk", "office"),
    ("where D = '{{#raw system::CurrentUserAttributeText::NAME}}'", "desk", "office"),
    ("where D = {{ #raw  system :: CurrentUserAttributeText :: NAME }}", "desk", "office"),
    ("where D = {{SYSTEM::currentuserattributenumber::NAME}}", "desk", "office"),
    ("where D = {{system::CurrentUserAttributeText::'NAME'}}", "desk", "office"),
    ('where D = {{#formula CurrentUserAttributeText("NAME")}}', "desk", "office"),
    ('where D = {{#formula If(CurrentUserAttributeText("NAME") = "}}", {a: 1}, 2)}}', "desk", "office"),
    ("where {{system::CurrentUserInTeam::NAME}}", "Sales", "Group Sales"),
    ('where {{#formula CurrentUserInTeam("NAME")}}', "Sales", "Group Sales"),
    ("where 1 = 1 -- {{system::CurrentUserAttributeText::NAME}}", "desk", "office"),
    ("where 1 = 1 /* {{system::CurrentUserInTeam::NAME}} */", "Sales", "Group Sales"),
    ('where "{{system::CurrentUserAttributeText::NAME}}" = 1', "desk", "office"),
    ("where D = $${{system::CurrentUserAttributeText::NAME}}$$", "desk", "office"),
    ("join DW.FIN.{{#raw system::CurrentUserAttributeText::NAME}} t", "desk", "office"),
    ("join DW.FIN.X_{{system::CurrentUserAttributeText::NAME}} t", "desk", "office"),
]


@pytest.mark.parametrize(("clause", "name", "new"), RIGHTS)
def test_rights_in_controls_are_mapped(kit, clause, name, new):
    world = kit.World(plan=kit.plan(maps(kit)))
    before = "select * from DW.FIN.GL " + clause.replace("NAME", name)
    draft = world.draft(body(kit, before))
    assert not draft.refusals
    wanted = f"{MOVED} " + clause.replace("NAME", new).replace("DW.FIN.", "GDW.AU_FIN.")
    assert text(draft) == wanted
    row = "team-name" if name == "Sales" else "attribute-name"
    (reference,) = [each for each in draft.references if each.row == row]
    assert (reference.before, reference.after, reference.resolution) == (name, new, "mapped")


@pytest.mark.parametrize(("clause", "name", "new"), RIGHTS)
@pytest.mark.parametrize("sql", ["rewrite", "keep", "fail"])
def test_rights_without_counterpart_refuse_whatever_is_done_with_the_sql(kit, clause, name, new, sql):
    world = kit.World(plan=kit.plan(maps(kit, sql=sql)))
    draft = world.draft(body(kit, "select * from DW.FIN.GL " + clause.replace("NAME", f"{name} of nobody")))
    assert "security_unmapped" in {each.code for each in draft.refusals}
    assert new not in text(draft)


@pytest.mark.parametrize(("clause", "name", "new"), RIGHTS)
def test_rights_are_mapped_in_statements_that_are_kept(kit, clause, name, new):
    world = kit.World(plan=kit.plan(maps(kit, sql="keep")))
    draft = world.draft(body(kit, "select * from DW.FIN.GL " + clause.replace("NAME", name)))
    assert text(draft) == "select * from DW.FIN.GL " + clause.replace("NAME", new)


@pytest.mark.parametrize(
    "statement",
    [
        "call DW.FIN.P({{system::CurrentUserAttributeText::nobody}})",
        "select 'open {{system::CurrentUserAttributeText::nobody}}",
        "select ( {{system::CurrentUserInTeam::nobody}}",
    ],
)
def test_rights_are_checked_in_statements_that_cannot_be_read(kit, statement):
    for unsupported in ("fail", "report"):
        world = kit.World(plan=kit.plan(maps(kit), policy=Policy(unsupported=unsupported)))
        draft = world.draft(body(kit, statement))
        assert "security_unmapped" in {each.code for each in draft.refusals}
        assert text(draft) == statement


def test_a_system_control_nobody_knows_may_be_a_right(kit):
    world = kit.World(plan=kit.plan(maps(kit)))
    draft = world.draft(body(kit, "select {{system::CurrentUserGroup::Ops}}, {{system::CurrentUserEmail}}"))
    (refusal,) = draft.refusals
    assert refusal.code == "security_unmapped"
    assert "system::CurrentUserGroup::Ops" in refusal.message


def test_braces_in_literals_name_nobody(kit):
    world = kit.World(plan=kit.plan(maps(kit)))
    statement = "select '{{' from DW.FIN.GL where CurrentUserInTeam(\"x\") = '}}'"
    draft = world.draft(body(kit, statement))
    assert not draft.refusals
    assert text(draft) == statement.replace("DW.FIN.GL", "GDW.AU_FIN.GL")


def test_what_stays_is_told_with_both_texts(kit):
    world = kit.World(plan=kit.plan(maps(kit)))
    draft = world.draft(body(kit, "select X.Y.F(a) from DW.FIN.GL join X.Y.Z on 1 = 1 -- by ann@here.example\n"))
    assert text(draft).startswith("select X.Y.F(a) from GDW.AU_FIN.GL join X.Y.Z on 1 = 1")
    assert codes(draft) == ["sql_name_kept", "sql_rewritten_in_part"]
    kept, part = sorted(draft.residuals, key=lambda each: each.code)
    assert "speaks of function X.Y.F, table X.Y.Z" in kept.message
    assert "from DW.FIN.GL join" in part.message
    assert "from GDW.AU_FIN.GL join" in part.message
    assert "ann@" not in part.message
    assert part.path == ("elements", 0, "source", "statement")


def test_names_mapped_to_themselves_and_connections_without_maps_are_declared(kit):
    paths = (
        PathMap(source=("DW", "FIN", "*"), target=("GDW", "AU_FIN", "*")),
        PathMap(source=("X", "Y", "*"), target=("X", "Y", "*")),
    )
    for given in (paths, ()):
        world = kit.World(plan=kit.plan(maps(kit, paths=given)))
        draft = world.draft(body(kit, "select * from DW.FIN.GL join X.Y.Z on 1 = 1"))
        assert codes(draft) == []


def test_a_rule_that_speaks_of_the_same_place_wins_as_a_whole(kit):
    rule = Replace(name="mine", replace=ReplaceAt(at="$.elements[0].source.statement", old="FIN.GL", new="OTHER.T"))
    world = kit.World(plan=kit.plan(maps(kit), rules=(rule,)))
    draft = world.draft(body(kit, "select GL.A from DW.FIN.GL join DW.FIN.B on 1 = 1"))
    assert text(draft) == "select GL.A from DW.OTHER.T join GDW.AU_FIN.B on 1 = 1"
    (part,) = draft.residuals
    assert part.code == "sql_rewritten_in_part"
    assert "a rule of the plan overrules 1 of its names" in part.message
    assert "DW.OTHER.T join GDW.AU_FIN.B" in part.message


def test_every_use_of_raw_is_named_with_its_place(kit):
    world = kit.World(plan=kit.plan(maps(kit)))
    statement = "select {{#raw a}}\nfrom DW.FIN.GL order by {{#raw b}}"
    for sql in ("rewrite", "keep"):
        world = kit.World(plan=kit.plan(maps(kit, sql=sql)))
        draft = world.draft(body(kit, statement))
        (told,) = [each for each in draft.residuals if each.code == "sql_raw_deprecated"]
        assert "{{#raw a}} (line 1, column 8), {{#raw b}} (line 2, column 25)" in told.message
        assert told.path == ("elements", 0, "source", "statement")


def test_an_element_read_by_name_follows_its_name(kit):
    table = {"kind": "warehouse-table", "connectionId": kit.WARE, "path": ["DW", "FIN", "ORDERS"]}
    unnamed = {"id": "o", "kind": "table", "source": table}
    statement = "select * from sigma_element('ORDERS') o join sigma_element('Query') q on true"
    draft = kit.World().draft(body(kit, statement, unnamed))
    assert text(draft) == statement.replace("ORDERS", "FCT_ORDERS")
    rule = Replace(name="brand", replace=ReplaceText(text="Query", new="Anfrage"))
    draft = kit.World(plan=kit.plan(rules=(rule,))).draft(body(kit, statement, unnamed))
    assert draft.body["elements"][0]["name"] == "Anfrage"
    assert "sigma_element('Anfrage')" in text(draft)


@pytest.mark.parametrize("name", ["Nobody", "Twice"])
def test_an_element_that_is_not_there_once_is_told(kit, name):
    twice = [{"id": identity, "kind": "table", "name": "Twice"} for identity in "ab"]
    draft = kit.World().draft(body(kit, f"select * from sigma_element('{name}')", *twice))
    assert "broken_in_source" in codes(draft)


def test_the_tables_a_statement_reads_in_the_target(kit):
    world = kit.World(plan=kit.plan(maps(kit)))
    statement = (
        "with c as (select 1) select DW.FIN.F(1) from DW.FIN.GL, c, SHORT, FIN.B, DW.FIN.{{t}}, "
        "DW.INFORMATION_SCHEMA.TABLES, x.y.z"
    )
    types = {kit.GROUP_WARE: "snowflake", kit.GROUP_LAKE: "databricks"}
    found = [table for _path, table in tables_in_sql(world.draft(body(kit, statement)), types)]
    assert [table.path for table in found] == [("GDW", "AU_FIN", "GL"), ("X", "Y", "Z")]
    assert {table.connection for table in found} == {kit.GROUP_WARE}
    kept = kit.World(plan=kit.plan(maps(kit, sql="keep"))).draft(body(kit, statement))
    assert list(tables_in_sql(kept, types)) == []
    assert list(tables_in_sql(world.draft(body(kit, statement)), {})) == []
    lower = [table.path for _, table in tables_in_sql(kept, {kit.GROUP_WARE: "databricks"})]
    assert lower == []


RAW = RawToIdentifier(name="raw", raw_to_identifier=True)


def listed(control, *values):
    source = {"kind": "manual", "valueType": "text", "values": list(values)}
    return {"id": f"c-{control}", "kind": "control", "controlId": control, "controlType": "list", "source": source}


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("from DW.FIN.{{#raw t}}", "from GDW.AU_FIN.{{#identifier [t]}}", {"sql_dynamic"}),
        ('from DW.FIN."{{#raw t}}"', "from GDW.AU_FIN.{{#identifier [t]}}", {"sql_dynamic"}),
        ("from x order by x.{{#raw upper}}", "from x order by x.{{#identifier [upper]}}", set()),
        ("from x order by {{#raw upper}}", "from x order by {{#identifier [upper]}}", {"sql_dynamic"}),
        ("from x order by {{#raw lower}}", "from x order by {{#identifier [lower]}}", {"sql_dynamic"}),
        ("from x order by {{#raw free}}", "from x order by {{#raw free}}", {"sql_dynamic", "sql_raw_deprecated"}),
        ("from x order by {{#raw mixed}}", "from x order by {{#raw mixed}}", {"sql_dynamic", "sql_raw_deprecated"}),
        ("from DW.FIN.T_{{#raw t}}", "from GDW.AU_FIN.T_{{#raw t}}", {"sql_dynamic", "sql_raw_deprecated"}),
        ("where a = '{{#raw t}}'", "where a = '{{#raw t}}'", {"sql_raw_deprecated"}),
        ("from x -- {{#raw t}}", "from x -- {{#raw t}}", {"sql_raw_deprecated"}),
        ("from x where {{#raw system::CurrentUserEmail}}", None, {"sql_dynamic", "sql_raw_deprecated"}),
    ],
)
@pytest.mark.parametrize("sql", ["rewrite", "keep"])
def test_raw_becomes_identifier_where_it_stands_for_a_name(kit, before, after, expected, sql):
    world = kit.World(plan=kit.plan(maps(kit, sql=sql), rules=(RAW,)))
    controls = [listed("upper", "REGION", "DESK"), listed("lower", "region"), listed("mixed", "A", "b desc")]
    draft = world.draft(body(kit, f"select 1 {before}", *controls))
    wanted = f"select 1 {before if after is None else after}"
    assert text(draft) == (wanted if sql == "rewrite" else wanted.replace("GDW.AU_FIN", "DW.FIN"))
    told = {each.code for each in draft.residuals} - {"sql_name_kept", "sql_rewritten_in_part"}
    assert told == expected if sql == "rewrite" else told <= expected
    assert bool([each for each in draft.changes if each.code == "rule:raw"]) == ("#identifier" in wanted)


def test_a_name_that_is_quoted_now_is_told_with_the_values_that_do_not_fit(kit):
    for values, sentence in ((("GL", "gl"), "'gl' is read as written"), ((), "whatever is chosen is read as written")):
        world = kit.World(plan=kit.plan(maps(kit, sql="keep"), rules=(RAW,)))
        draft = world.draft(body(kit, "select * from DW.FIN.{{#raw t}}", *([listed("t", *values)] if values else [])))
        (told,) = draft.residuals
        assert sentence in told.message
        assert "{{#identifier [t]}} is a quoted name (line 1, column 22)" in told.message
    lake = {"kind": "sql", "connectionId": kit.LAKE, "statement": "select * from d.{{#raw t}}"}
    draft = world.draft({"elements": [{"id": "q", "kind": "table", "source": lake}]})
    assert [each.code for each in draft.residuals] == ["sql_dynamic"]
    assert "gets its name while the query runs" in draft.residuals[0].message


def test_a_path_set_by_a_rule_goes_before_the_map_in_sql_too(kit):
    rule = SetPath(name="ours", set_path=PathMap(source=("DW", "FIN", "GL"), target=("MINE", "X", "GL")))
    done = kit.World(plan=kit.plan(maps(kit), rules=(rule,))).draft(body(kit, "select * from DW.FIN.GL, DW.FIN.B"))
    assert text(done) == "select * from MINE.X.GL, GDW.AU_FIN.B"
    assert [(each.code, each.before, each.after) for each in done.changes] == [("rule:ours", "DW.FIN.GL", "MINE.X.GL")]


def test_a_statement_nobody_can_read_is_harmless_where_no_name_changes(kit):
    broken = "select * from DW.FIN.GL where ("
    done = kit.World(plan=kit.plan(maps(kit, paths=()))).draft(body(kit, broken))
    assert (done.refusals, text(done)) == ((), broken)
    said = [each.note for each in done.references if each.row == "statement"]
    assert said == [
        "could not be read (line 1, column 31: a parenthesis is not closed), and no name changes on this connection"
    ]
    refused = kit.World(plan=kit.plan(maps(kit))).draft(body(kit, broken))
    assert [each.code for each in refused.refusals] == ["sql_unparsed"]


def test_raw_that_another_rule_took_away_is_left_to_that_rule(kit):
    mine = Replace(name="mine", replace=ReplaceAt(at="$..statement", old="{{#raw t}}", new="GL"))
    done = kit.World(plan=kit.plan(maps(kit), rules=(mine, RAW))).draft(body(kit, "select * from DW.FIN.{{#raw t}}"))
    assert text(done) == "select * from GDW.AU_FIN.GL"
    assert [each.code for each in done.changes] == ["rule:mine"]


def test_an_element_renamed_by_a_rule_is_read_by_its_new_name(kit):
    rule = Replace(name="call", replace=ReplaceAt(at="$.elements[0].name", old=None, new="It's new"))
    draft = kit.World(plan=kit.plan(rules=(rule,))).draft(body(kit, "select * from sigma_element('Query')"))
    assert text(draft) == "select * from sigma_element('It''s new')"


def test_uses_of_raw_in_a_document_with_their_statements(kit):
    document = body(kit, "select {{#raw c}} from x", listed("c", "A"))
    ((path, sentence),) = raw_in(document, {kit.WARE: "snowflake"})
    assert path == ("elements", 0, "source", "statement")
    assert sentence.startswith("uses of #raw fail from 2 December 2026 on: {{#raw c}} (line 1, column 8)")
    assert sentence.endswith("in select {{#raw c}} from x")
    assert list(raw_in(body(kit, "select {{c}} from x"), {})) == []


def test_a_statement_is_shown_without_its_comments_however_it_breaks_off():
    assert shown("select 1 -- ask ada@here.example\n + 2", PLAIN) == "select 1 + 2"
    assert shown("select 1 /* ask ada@here.example", PLAIN) == "select 1 /* ask [an e-mail address]"
    assert shown("select " + "1, " * 200, PLAIN) == ("select " + "1, " * 200)[:299] + "…"


def test_what_stood_in_the_place_of_each_table_of_a_statement(kit):
    world = kit.World(plan=kit.plan(maps(kit)))
    types, here = {kit.GROUP_WARE: "snowflake"}, {kit.WARE: "snowflake"}
    spec = body(kit, "select * from DW.FIN.GL g join SHORT s on true join DW.FIN.B b on true")
    draft = world.draft(spec)
    sites = find(draft.body)
    found = list(origins_in_sql(draft, spec, types, here, sites))
    pairs = {table.path[-1]: origin and (origin.connection, origin.path) for _path, table, origin in found}
    assert pairs == {"GL": (kit.WARE, ("DW", "FIN", "GL")), "B": (kit.WARE, ("DW", "FIN", "B"))}
    fewer = body(kit, "select * from DW.FIN.GL")
    for other in (fewer, {}, [], body(kit, 7)):
        assert [origin for _path, _table, origin in origins_in_sql(draft, other, types, here, sites)] == [None, None]
