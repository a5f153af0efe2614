"""What an assessment writes: a page, a note, JSON by its schema, and worksheets that read back."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import subprocess

import jsonschema
import openpyxl
import pytest

from assess.conftest import CONNECTION, table
from kit.places import CORPUS
from migrate.assess.page import to_html, to_md
from migrate.assess.store import write
from migrate.assess.tree import assessment_schema, to_tree
from migrate.assess.worksheets import worksheets
from migrate.bundle.read import load as load_bundle
from migrate.inventory.model import Connection, Identity, Inventory
from migrate.inventory.scope import scope
from migrate.plan.load import load
from migrate.plan.maps import ConnectionMap, Pair, PathMap
from migrate.plan.selection import Select, Selector

HOSTILE = [
    "<script>alert(1)</script>",
    "=cmd|' /C calc'!A0",
    "\u202eevil",
    "a\x1b[31mb",
    "{{7*7}}",
    "x" * 5000,
    "`](x)",
]
PLAN = """
version: 1
orgs:
  group: {base_url: https://aws-api.sigmacomputing.com, credentials: env:G, expect: {slug: g}, access: write}
source: {bundle: exports}
targets: [group]
map:
  worksheets: WHERE
"""


def plan(tmp_path, where="client/mapping.xlsx", more=""):
    path = tmp_path / "plan.yaml"
    path.write_text(PLAN.replace("WHERE", where) + more, encoding="utf-8")
    return load(path, environ={})


def fill(path, cells):
    """Fills cells of a spreadsheet in, each (sheet, what its first column says, the column, the text)."""
    book = openpyxl.load_workbook(path)
    for name, key, column, text in cells:
        sheet = book[name]
        columns = [cell.value for cell in sheet[1]]
        rows = [row for row in sheet.iter_rows(min_row=2) if key in [cell.value for cell in row]]
        assert rows, (name, key)
        cell = rows[0][columns.index(column)]
        cell.value, cell.data_type = text, "s"
    book.save(path)


def test_json_is_as_its_schema_says_and_ids_lead_to_documents(shelf):
    shelf.model("m", table("t"))
    shelf.workbook("w", table("t"), {"id": "x", "kind": "text", "body": "https://wiki.example/"})
    tree = json.loads(json.dumps(to_tree(shelf.assess())))
    jsonschema.validate(tree, assessment_schema())
    known = {one["id"] for one in tree["documents"]}
    assert known == {"m", "w"}
    assert {each for need in tree["needs"] for each in need["documents"]} <= known


def test_a_page_says_things_as_people_do(shelf):
    shelf.model("m", table("t"))
    links = "https://wiki.example/a https://news.example/b"
    shelf.workbook("w", table("t"), {"id": "x", "kind": "text", "body": links})
    page = to_html(shelf.assess()).decode()
    assert "<summary>2 links</summary>" in page
    assert "<small>data model · " in page


def test_our_own_documents_are_all_judged():
    inventory, bundle = load_bundle(CORPUS)
    wanted = scope(Select(include=(Selector(),)), inventory)
    from migrate.assess.assess import assess

    found = assess(inventory, wanted, bundle.specs, bundle.unreadable)
    assert len(found.judged) == len(inventory.items) >= 9
    jsonschema.validate(json.loads(json.dumps(to_tree(found))), assessment_schema())


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_no_name_becomes_more_than_a_name(shelf, name):
    shelf.workbook("w", table("t", path=(name, "S", "T")), name=name)
    found = shelf.assess()
    page = to_html(found).decode()
    assert "<script" not in page
    assert "\u202e" not in page
    assert "\x1b" not in page
    assert "script-src" not in page
    assert re.search(r"default-src 'none'; style-src 'sha256-[^']+'", page)
    note = to_md(found).decode()
    assert "<script" not in note
    assert "`](x)" not in note.replace("&#", "")


def test_what_is_filled_in_is_what_the_plan_says(shelf, tmp_path):
    shelf.workbook("w", table("t"))
    shelf.workbook("old", table("t"))
    written = write(tmp_path / "client", shelf.assess())
    assert {path.name for path in written} >= {"assessment.html", "assessment.md", "assessment.json", "mapping.xlsx"}
    fill(
        tmp_path / "client" / "mapping.xlsx",
        [
            ("connections", CONNECTION, "to", "Group"),
            ("paths", "DW.SALES.*", "to", "NEW.SALES.*"),
            ("decisions", "policy.existing", "answer", "update"),
            ("documents", "old", "travels", "no"),
        ],
    )
    found = plan(tmp_path)
    paths = (PathMap(source=("DW", "SALES", "*"), target=("NEW", "SALES", "*")),)
    assert found.map.connections == (ConnectionMap(source=CONNECTION, target="Group", paths=paths),)
    assert found.policy.existing == "update"
    assert [rule.id for rule in found.select.exclude] == ["old"]
    assert found.select.include == (Selector(),)


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not on this machine")
def test_libreoffice_keeps_what_was_filled_in_and_the_drop_downs(shelf, tmp_path):
    """Through its own format and back, as somebody does who opens the sheets there and saves them."""
    shelf.workbook("w", table("t"))
    shelf.workbook("=1+1", table("t", path=("DW", "SALES", "0123")))
    write(tmp_path / "client", shelf.assess())
    book = tmp_path / "client" / "mapping.xlsx"
    cells = [("connections", CONNECTION, "to", "Group"), ("paths", "DW.SALES.0123", "to", "NEW.SALES.0123")]
    fill(book, [*cells, ("documents", "=1+1", "travels", "no"), ("decisions", "policy.existing", "answer", "update")])
    expected = plan(tmp_path)
    for form in ("ods", "xlsx"):
        told = ["soffice", "--headless", f"-env:UserInstallation=file://{tmp_path}/profile", "--convert-to", form]
        subprocess.run([*told, "--outdir", tmp_path / form, book], check=True, capture_output=True, timeout=100)
        book = tmp_path / form / f"mapping.{form}"
    found = plan(tmp_path, "xlsx/mapping.xlsx")
    assert (found.map, found.policy, found.select) == (expected.map, expected.policy, expected.select)
    assert found.map.connections[0].paths == (PathMap(source=("DW", "SALES", "0123"), target=("NEW", "SALES", "0123")),)
    [listed] = openpyxl.load_workbook(book)["documents"].data_validations.dataValidation
    assert listed.formula1 == '"yes,no"'


def test_csv_files_say_the_same(shelf, tmp_path):
    shelf.workbook("w", table("t"))
    write(tmp_path / "client", shelf.assess())
    path = tmp_path / "client" / "mapping" / "connections.csv"
    rows = list(csv.reader(io.StringIO(path.read_text("utf-8"))))
    rows[1][1] = "Group"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=";").writerows(rows)
    found = plan(tmp_path, "client/mapping")
    assert found.map.connections == (ConnectionMap(source=CONNECTION, target="Group"),)
    assert found.map.folders == ()


def test_nothing_filled_in_says_nothing(shelf, tmp_path):
    shelf.workbook("w", table("t"))
    write(tmp_path / "client", shelf.assess())
    found = plan(tmp_path)
    assert found.map.connections == ()
    assert found.select == Select(include=(Selector(),))


def test_a_target_that_is_known_fills_in_the_same_names_and_offers_the_others(shelf, tmp_path):
    shelf.workbook("w", table("t"))
    there = Inventory(
        org="group",
        identity=Identity(user_id="", organization_id="g"),
        connections={
            "a": Connection(id="a", name=CONNECTION, type="snowflake"),
            **{str(n): Connection(id=str(n), name=f"Warehouse number {n}", type="snowflake") for n in range(40)},
        },
    )
    found = shelf.assess()
    sheets = {sheet.name: sheet for sheet in worksheets(found, there)}
    assert sheets["connections"].table["to"].tolist() == [CONNECTION]
    write(tmp_path / "client", found, there)
    book = openpyxl.load_workbook(tmp_path / "client" / "mapping.xlsx")
    assert book["Lists"].sheet_state == "hidden"
    rules = [rule.formula1 for rule in book["connections"].data_validations.dataValidation]
    assert rules == ["'Lists'!$A$1:$A$41"]
    assert plan(tmp_path).map.connections == (ConnectionMap(source=CONNECTION, target=CONNECTION),)


def test_a_name_that_looks_like_a_formula_reads_back_as_it_is(shelf, tmp_path):
    name = "=1+1"
    shelf.workbook("w", {"id": "x", "kind": "text", "body": "x"}, table("t", path=("'=a", "S", "T")))
    found = shelf.assess()
    write(tmp_path / "client", found)
    fill(
        tmp_path / "client" / "mapping.xlsx",
        [("connections", CONNECTION, "to", "G"), ("paths", "'=a.S.*", "to", f"{name}.S.*")],
    )
    [one] = plan(tmp_path).map.connections
    assert one.paths == (PathMap(source=("'=a", "S", "*"), target=("=1+1", "S", "*")),)


def test_pairs_of_the_plan_file_come_first(shelf, tmp_path):
    shelf.workbook("w", table("t"))
    write(tmp_path / "client", shelf.assess())
    found = plan(tmp_path, more="  teams: [{from: A, to: B}]\n")
    assert found.map.teams == (Pair(source="A", target="B"),)
