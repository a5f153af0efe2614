"""Connections that differ in friendly names: formulas are written in the target's way, people read the same names."""

from __future__ import annotations

import pytest
import yaml
from test_journeys import loaded
from worlds_sql import SOURCE, TARGET

from migrate.sandbox.faults import Fault
from migrate.sandbox.specs.document import document_of
from migrate.sandbox.specs.names import column_name
from migrate.sandbox.world import load

pytestmark = pytest.mark.anyio

TABLES = {
    "DW.FIN.ORDERS": {"ORDER_ID": "integer", "CUST_KEY": "integer", "Net-Price": "number"},
    "DW.FIN.CUSTOMERS": {"CUST_KEY": "integer", "FULL_NAME": "text", "FULL-NAME": "text"},
}
WAREHOUSE = "${connection:Ware}"


def table(identity, path, *columns, **more):
    source = {"kind": "warehouse-table", "connectionId": WAREHOUSE, "path": path.split(".")}
    return element(identity, source, *columns, **more)


def element(identity, source, *columns, **more):
    listed = [
        {"id": f"{identity}-{at}", "formula": one} if isinstance(one, str) else {"id": f"{identity}-{at}"} | one
        for at, one in enumerate(columns)
    ]
    order = [one["id"] for one in listed]
    return {"id": identity, "kind": "table", "source": source, "columns": listed, "order": order, **more}


def model(name, *elements):
    return {
        "data-model": name,
        "spec": {"schemaVersion": 1, "pages": [{"id": "p", "name": "P", "elements": [*elements]}]},
    }


def two_sides(folder, models, *, here, there):
    """Two organizations with the same tables, whose connections make friendly names or do not."""

    def org(of, connection, items, friendly):
        warehouse = {"name": connection, "type": "snowflake", "friendly_name": friendly, "tables": TABLES}
        return of | {
            "members": [{"key": "ada", "email": f"ada@{of['slug']}.example"}],
            "clients": [{"member": "ada"}],
            "connections": [warehouse],
            "tree": [{"workspace": "Shared", "items": items}],
        }

    orgs = {"north": org(SOURCE, "Ware", models, here), "south": org(TARGET, "Group Ware", [], there)}
    path = folder / "world.yaml"
    path.write_text(yaml.safe_dump({"version": 1, "orgs": orgs}), encoding="utf-8")
    return load(path)


async def run(setting):
    paths = [{"from": "DW.FIN.*", "to": "DW.FIN.*"}]
    connection = {"from": "Ware", "to": "Group Ware", "paths": paths}
    plan = setting.plan("north", "south", select={"include": [{}]}, map={"connections": [connection]})
    result = await setting.run(plan)
    return result, {row.source_name: row for row in result.reconciliation.rows}


def copy_of(setting, name):
    """The elements of a copy by id."""
    (found,) = [one for one in setting.world.orgs["south"].inodes.values() if one.name == name and one.versions]
    return document_of(found.type, found.versions[-1].body).by_id


def formulas(one):
    return [column["formula"] for column in one["columns"]]


def column_names(inode):
    """What people call the columns of every element of a document."""
    document = document_of(inode.type, inode.versions[-1].body)
    return [[column_name(column) for column in one.get("columns", [])] for one in document.elements]


async def test_every_document_of_the_demo_arrives_where_friendly_names_are_off(stage, builtin_world):
    setting = stage(builtin_world())
    for connection in setting.world.orgs["group"].connections.values():
        connection.friendly_name = False
    result = await setting.run(loaded(setting, "demo.yaml"))
    rows = {row.source_name: row for row in result.reconciliation.rows}
    refused = {name: row.reason_code for name, row in rows.items() if row.outcome == "blocked"}
    assert refused == {"Stock": "column_name_unsure", "Stock Watch": "blocked_by", "Delivery Gantt": "blocked_by"}
    source, group = (setting.world.orgs[name].inodes for name in ("acme_au", "group"))
    for name, row in rows.items():
        if name not in refused and row.outcome != "mapped":
            assert row.verdict in ("match", "match_declared"), (name, row.reason)
            assert column_names(source[row.source_id]) == column_names(group[row.target_id]), name
    assert all(len(column) for row in rows.values() for column in row.changes)
    kept = [one for one in rows["General Ledger"].changes if one["code"] == "column_names"]
    assert kept
    assert "names are kept" in kept[0]["after"]
    again = await setting.run(loaded(setting, "demo.yaml"))
    assert {row.outcome for row in again.reconciliation.rows} <= {"unchanged", "mapped", "blocked"}


async def test_formulas_are_written_raw_and_names_stay(stage, tmp_path):
    """References by table, join leg, join condition, union and without a prefix; what reads the element stays."""
    orders = table(
        "o", "DW.FIN.ORDERS", "[ORDERS/Order Id]", {"formula": "[Order Id] + Sum([ORDERS/Cust Key])", "name": "S"}
    )
    reader = element("r", {"kind": "table", "elementId": "o"}, "[Orders/Order Id]", name="Reader")
    leg = {"kind": "warehouse-table", "connectionId": WAREHOUSE}
    sides = {"left": leg | {"path": ["DW", "FIN", "ORDERS"]}, "right": leg | {"path": ["DW", "FIN", "CUSTOMERS"]}}
    keys = [{"left": "[Cust Key]", "right": "[Cust Key]"}]
    join = {"kind": "join", "joins": [sides | {"columns": keys, "name": "Who"}]}
    joined = element("j", join, "[ORDERS/Order Id]", {"formula": "[Who/Cust Key]", "name": "Key"}, name="Joined")
    matches = [{"outputColumnName": "Key", "sourceColumns": ["Cust Key", "Cust Key"]}]
    union = {"kind": "union", "sources": [sides["left"], sides["right"]], "matches": matches}
    united = element("u", union, "[Union of 2 Sources/Key]", name="United")
    setting = stage(two_sides(tmp_path, [model("M", orders, reader, joined, united)], here=True, there=False))
    result, rows = await run(setting)
    assert (result.exit_code, rows["M"].verdict) == (0, "match_declared"), rows["M"].reason
    copy = copy_of(setting, "M")
    assert formulas(copy["o"]) == ["[ORDERS/ORDER_ID]", "[Order Id] + Sum([ORDERS/CUST_KEY])"]
    assert copy["o"]["columns"][0]["name"] == "Order Id"
    assert formulas(copy["r"]) == ["[ORDERS/Order Id]"], "the element is called as its table, its column as before"
    assert formulas(copy["j"]) == ["[ORDERS/ORDER_ID]", "[Who/CUST_KEY]"]
    assert copy["j"]["source"]["joins"][0]["columns"] == [{"left": "[CUST_KEY]", "right": "[CUST_KEY]"}]
    assert copy["u"]["source"]["matches"][0]["sourceColumns"] == ["CUST_KEY", "CUST_KEY"]
    assert [text for text in result.reconciliation.warnings if "makes friendly names of columns" in text]


@pytest.mark.parametrize(
    ("columns", "why"),
    [
        (["[CUSTOMERS/Full Name]"], "several columns may be meant: FULL-NAME, FULL_NAME"),
        (["[ORDERS/Net Price]"], "which no formula can name where friendly names are off"),
        (["[ORDERS/Gross]"], "no column of the table is called so in the warehouse"),
    ],
)
async def test_what_is_not_certain_is_blocked_at_its_place(stage, tmp_path, columns, why):
    tail = columns[0][1:].split("/")[0]
    other = model("Fine", table("f", "DW.FIN.ORDERS", "[ORDERS/Order Id]"))
    world = two_sides(tmp_path, [other, model("M", table("t", "DW.FIN." + tail, *columns))], here=True, there=False)
    _result, rows = await run(stage(world))
    assert rows["Fine"].outcome == "created"
    assert (rows["M"].outcome, rows["M"].reason_code) == ("blocked", "column_name_unsure")
    assert why in rows["M"].reason
    assert rows["M"].problems[0]["path"] == "$.pages[0].elements[0].columns[0].formula"


async def test_two_columns_that_sigma_names_alike_are_not_guessed(stage, tmp_path):
    twice = table("t", "DW.FIN.ORDERS", "[ORDERS/Order Id]", "[ORDERS/Order Id]")
    _result, rows = await run(stage(two_sides(tmp_path, [model("M", twice)], here=True, there=False)))
    assert rows["M"].reason_code == "column_name_unsure"
    assert "2 columns of the element are named so" in rows["M"].reason


async def test_without_a_catalog_ids_of_columns_tell_what_the_warehouse_calls_them(stage, tmp_path):
    told = table("t", "DW.FIN.ORDERS", {"id": "inode-3RbL9kWq/ORDER_ID", "formula": "[ORDERS/Order Id]"})
    blind = table("b", "DW.FIN.ORDERS", "[ORDERS/Order Id]")
    setting = stage(two_sides(tmp_path, [model("Told", told), model("Blind", blind)], here=True, there=False))
    setting.sandbox.faults.add(Fault(action="status", path="/columns$", count=0, status=403))
    _result, rows = await run(setting)
    assert formulas(copy_of(setting, "Told")["t"]) == ["[ORDERS/ORDER_ID]"]
    assert rows["Blind"].reason_code == "column_name_unsure"
    assert "could not be read in either catalog" in rows["Blind"].reason


async def test_names_stay_raw_where_the_target_would_make_friendly_ones(stage, tmp_path):
    """Raw references are taken and exchanged by Sigma itself; the column keeps the name that readers use."""
    orders = table("o", "DW.FIN.ORDERS", "[ORDERS/ORDER_ID]", name="Orders")
    reader = element("r", {"kind": "table", "elementId": "o"}, "[Orders/ORDER_ID]", name="Reader")
    setting = stage(two_sides(tmp_path, [model("M", orders, reader)], here=False, there=True))
    result, rows = await run(setting)
    assert (result.exit_code, rows["M"].verdict) == (0, "match_declared"), rows["M"].reason
    copy = copy_of(setting, "M")
    assert copy["o"]["columns"][0]["name"] == "ORDER_ID"
    assert formulas(copy["o"]) == ["[ORDERS/Order Id]"], "as Sigma stores it"
    assert formulas(copy["r"]) == ["[Orders/ORDER_ID]"]


async def test_alike_on_both_sides_nothing_is_touched_and_no_catalog_is_asked_for_it(stage, tmp_path):
    orders = table("o", "DW.FIN.ORDERS", "[ORDERS/ORDER_ID]", name="Orders")
    setting = stage(two_sides(tmp_path, [model("M", orders)], here=False, there=False))
    result, rows = await run(setting)
    assert (result.exit_code, rows["M"].changes) == (0, ())
    assert "name" not in copy_of(setting, "M")["o"]["columns"][0]
    assert not [text for text in result.reconciliation.warnings if "friendly" in text]


async def test_the_doctor_compares_the_two_sides(stage, tmp_path):
    setting = stage(two_sides(tmp_path, [], here=True, there=False))
    connection = {"from": "Ware", "to": "Group Ware"}
    plan = setting.plan("north", "south", map={"connections": [connection]})
    async with setting.migration(plan) as migration:
        checks = {check.what: check for check in await migration.doctor()}
    found = checks["column names of Group Ware"]
    assert (found.verdict, found.code, found.org) == ("warn", "column_names_differ", "south")
    assert found.detail == "friendly names are off, but on for Ware"
    setting.world.orgs["north"].connections[next(iter(setting.world.orgs["north"].connections))].friendly_name = False
    async with setting.migration(plan) as migration:
        checks = {check.what: check for check in await migration.doctor()}
    assert checks["column names of Group Ware"].verdict == "ok"
