"""Where data comes from: connections, tables, procedures and warehouse functions, each by the map or told."""

from __future__ import annotations

from dataclasses import replace

import pytest

from migrate.plan.maps import ConnectionMap, Maps, PathMap
from migrate.plan.rules import SetPath
from migrate.rewrite.resolvers.tables import tables_in


def notes(draft):
    return [(each.row, each.before, each.after, each.note) for each in draft.references]


@pytest.mark.parametrize(
    ("formula", "after"),
    [
        ('CallText("DW.FIN.CLEAN", [Name])', 'CallText("GDW.AU_FIN.CLEAN", [Name])'),
        (
            'If(CallNumber("dw.fin.rate", "DW.FIN.CLEAN") > 1, 2)',
            'If(CallNumber("GDW.AU_FIN.rate", "DW.FIN.CLEAN") > 1, 2)',
        ),
        ('Upper("DW.FIN.CLEAN") & CallText("CLEAN")', 'Upper("DW.FIN.CLEAN") & CallText("CLEAN")'),
        ('CallText("OTHER.X.CLEAN")', 'CallText("OTHER.X.CLEAN")'),
    ],
)
def test_functions_of_the_warehouse_follow_the_map(kit, formula, after):
    done = kit.World().draft({"elements": [{"id": "t", "columns": [{"id": "c", "formula": formula}]}]})
    assert done.body["elements"][0]["columns"][0]["formula"] == after


def test_an_input_table_wants_a_connection_with_write_access(kit):
    there = kit.there()
    closed = {key: replace(each, write_access=False) for key, each in there.connections.items()}
    source = {"kind": "empty", "connectionId": kit.WARE}
    body = {"elements": [{"id": "i", "kind": "input-table", "source": source}]}
    found = kit.World(dest=replace(there, connections=closed)).draft(body)
    said = "connection 'Group Ware' has no write access, which an input table needs"
    assert [(each.code, each.message) for each in found.residuals][:1] == [("no_write_access", said)]
    assert [each.code for each in kit.World().draft(body).residuals if each.code == "no_write_access"] == []


@pytest.mark.parametrize(
    ("named", "after"),
    [
        ({"path": ["DW", "FIN", "LOAD"]}, {"path": ["GDW", "AU_FIN", "LOAD"]}),
        ({"path": ["X", "Y", "LOAD"]}, {"path": ["X", "Y", "LOAD"]}),
        ("DW.FIN.LOAD", "GDW.AU_FIN.LOAD"),
    ],
)
def test_a_procedure_without_a_connection_follows_the_map_that_speaks_of_it(kit, named, after):
    effect = {"effect": "call-stored-procedure", "storedProcedure": named}
    button = {"id": "b", "kind": "button", "actions": [{"effects": [effect]}]}
    done = kit.World().draft({"elements": [button]})
    assert done.body["elements"][0]["actions"][0]["effects"][0]["storedProcedure"] == after


def test_a_table_with_nothing_to_say_of_it_keeps_its_names(kit):
    maps = Maps(connections=(ConnectionMap(source="Ware", target="Group Ware"),))
    source = {"kind": "warehouse-table", "connectionId": kit.WARE, "path": ["DW", "FIN", "T"]}
    done = kit.World(plan=kit.plan(maps)).draft({"elements": [{"id": "t", "source": source}]})
    assert done.body["elements"][0]["source"]["path"] == ["DW", "FIN", "T"]
    assert ("path", "DW.FIN.T", None, "no path map fits; the names stay") in notes(done)


def test_a_rule_goes_before_the_map_and_is_told(kit):
    rule = SetPath(name="ours", set_path=PathMap(source=("DW", "FIN", "T"), target=("MINE", "X", "T")))
    source = {"kind": "warehouse-table", "connectionId": kit.WARE, "path": ["DW", "FIN", "T"]}
    done = kit.World(plan=kit.plan(rules=(rule,))).draft({"elements": [{"id": "t", "source": source}]})
    assert done.body["elements"][0]["source"]["path"] == ["MINE", "X", "T"]
    assert [(each.code, each.before, each.after) for each in done.changes] == [("rule:ours", "DW.FIN.T", "MINE.X.T")]


def test_tables_that_a_document_reads(kit):
    table = {"kind": "warehouse-table", "connectionId": kit.WARE, "path": ["DW", "FIN", "T"]}
    view = {"kind": "metric-view", "connectionId": kit.LAKE, "path": "a.b.c"}
    nowhere = {"kind": "warehouse-table", "path": ["DW", "FIN", "T"]}
    sql = {"kind": "sql", "connectionId": kit.WARE, "statement": "select 1 from DW.FIN.T"}
    body = {"elements": [{"id": str(n), "source": each} for n, each in enumerate((table, view, nowhere, sql))]}
    assert [(path[1], *each) for path, each in tables_in(body)] == [
        (0, kit.WARE, ("DW", "FIN", "T")),
        (1, kit.LAKE, ("a", "b", "c")),
    ]
