"""Organizations built round a document, so that everything it points at is there."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from kit.places import NEWER, REAL
from migrate.sandbox.org import Column, Connection, Inode, Member, Org, Switches, Table, Version

BRACKET = re.compile(r'"(?:\\.|[^"\\])*"|\[((?:\\.|[^\]])*)\]')
FOLDER = "7b0c2f6e-58a1-4c0e-9d55-0a4f1f6f2a10"
MEMBER = "Kq3vT9xWb2LrYp7dHs5nZc8mJf4g"
STAMP = "2026-09-01T08:00:00.000Z"
READ_ONLY = (
    *(
        "workbookId",
        "reportId",
        "dataModelId",
        "url",
        "documentVersion",
        "latestDocumentVersion",
        "ownerId",
        "createdBy",
    ),
    *("updatedBy", "createdAt", "updatedAt"),
)


def walk(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for item in value.values():
            yield from walk(item)
    elif isinstance(value, list):
        for item in value:
            yield from walk(item)


def names_in(formula: Any) -> list[list[str]]:
    if not isinstance(formula, str):
        return []
    return [found.split("/", 1) for found in BRACKET.findall(formula) if found]


def make_inode(kind: str, name: str, **more: Any) -> Inode:
    facts = {"id": FOLDER, "parent_id": None, **more}
    return Inode(
        type=kind,
        name=name,
        owner_id=MEMBER,
        created_by=MEMBER,
        updated_by=MEMBER,
        created_at=STAMP,
        updated_at=STAMP,
        **facts,
    )


def make_org(**switches: Any) -> Org:
    org = Org(
        alias="north",
        id="0e8e46c4-6b0c-4d0e-8a5f-3a0a3a5d9b01",
        slug="north",
        name="North",
        switches=Switches(**switches),
    )
    org.members[MEMBER] = Member(id=MEMBER, email="a@north.example")
    org.inodes[FOLDER] = make_inode("folder", "Reports")
    return org


def store(org: Org, kind: str, inode_id: str, body: Any, **more: Any) -> Inode:
    versions = [Version(number=1, body=body, published_at=STAMP, published_by=MEMBER)]
    org.inodes[inode_id] = make_inode(
        kind, more.pop("name", "Stored"), id=inode_id, parent_id=FOLDER, versions=versions, **more
    )
    return org.inodes[inode_id]


def elements_in(body: dict[str, Any]) -> list[dict[str, Any]]:
    pages = body.get("pages") or []
    return [*body.get("elements", []), *(item for page in pages for item in page.get("elements") or [])]


def surround(org: Org, body: dict[str, Any]) -> None:
    """Put everything a document points at into the organization: tables, models, controls."""
    for item in walk(body):
        kind = item.get("kind")
        if "connectionId" in item:
            org.connections.setdefault(item["connectionId"], Connection(id=item["connectionId"], name="Lake"))
        if kind in {"warehouse-table", "metric-view"} and isinstance(item.get("path"), list) and "connectionId" in item:
            tables = org.connections[item["connectionId"]].tables
            path = tuple(item["path"])
            tables.setdefault(path, Table(id=f"table-{len(tables)}", path=path))
    legs = _leg_tails(body)
    tables = [table for connection in org.connections.values() for table in connection.tables.values()]
    for parts in (found for item in walk(body) for value in item.values() for found in names_in(value)):
        for table in tables:
            if len(parts) == 1 or (table.path and table.path[-1] in legs.get(parts[0], {parts[0]})):
                table.columns.append(Column(name=parts[-1]))
    for element in elements_in(body):
        _upstream(org, body, element)


def _leg_tails(body: dict[str, Any]) -> dict[str, set[str]]:
    """The tables behind each name given to a join or to a leg of one."""
    found: dict[str, set[str]] = {}
    for item in walk(body):
        for join in item.get("joins") or []:
            for name, leg in ((join.get("name"), join.get("right")), (item.get("name"), item.get("primarySource"))):
                if name and isinstance(leg, dict) and leg.get("path"):
                    found.setdefault(name, set()).add(leg["path"][-1])
    return found


def _upstream(org: Org, body: dict[str, Any], element: dict[str, Any]) -> None:
    found = [parts for item in walk(element) for value in item.values() for parts in names_in(value)]
    for item in walk(element):
        if item.get("kind") != "data-model" or "dataModelId" not in item:
            continue
        model_id = item["dataModelId"]
        if model_id not in org.inodes:
            page = {"id": "p", "name": "Model", "elements": []}
            store(org, "data-model", model_id, {"schemaVersion": 1, "pages": [page]}, name="Upstream")
        elements = org.inodes[model_id].versions[-1].body["pages"][0]["elements"]
        if "elementId" not in item:
            elements.append({"id": item["controlId"], "kind": "control", "controlId": item["controlId"]})
            continue
        mine = {str(other.get("name")) for other in elements_in(body)} | {"Metrics"}
        prefixes = Counter(parts[0] for parts in found if len(parts) == 2 and parts[0] not in mine)
        name = prefixes.most_common(1)[0][0] if prefixes else element.get("name")
        table = next((other for other in elements if other["id"] == item["elementId"]), None)
        if table is None:
            source = {"kind": "sql", "connectionId": "lake", "statement": "select 1"}
            table = {"id": item["elementId"], "kind": "table", "name": name, "source": source, "columns": []}
            elements.append({**table, "metrics": []})
            table = elements[-1]
        for parts in found:
            if parts[0] == name and len(parts) == 2:
                table["columns"].append({"id": f"c{len(table['columns'])}", "formula": f"[Custom SQL/{parts[1]}]"})
        for parts in (parts for other in walk(body) for value in other.values() for parts in names_in(value)):
            if parts[0] == "Metrics":
                table["metrics"].append({"id": f"m{len(table['metrics'])}", "name": parts[1], "formula": "Sum(1)"})


def read_sample(file: Path) -> Any:
    text = file.read_text("utf-8")
    return json.loads(text) if file.suffix == ".json" else yaml.load(text, yaml.CSafeLoader)


LAKE = "3f1b6a52-0c7e-4b8e-8f7d-5f6a3f0f8a11"
MODEL = "9a0f5d5e-7d4d-4f41-9c5b-6b2f8a3d4c01"
WORKBOOK = "w"
CASES = Path(__file__).parent / "cases"
TABLES = {
    "ORDER_FACT": {"ORDER_ID": "integer", "CUSTOMER_KEY": "integer", "AMOUNT": "number", "PLACED_AT": "datetime"},
    "CUSTOMER_DIM": {"CUSTOMER_KEY": "integer", "REGION": "text", "EMAIL": "text"},
}


def make_example(form: str, **switches: Any) -> tuple[Org, dict[str, Any]]:
    """An organization with a lake and, for workbooks, the model; and a request that it takes.

    A stored copy of the document is there as inode ``w``. The flat workbook is the newer one unfolded by hand.
    """
    generation = "flat" if form == "data-model" else form
    org = make_org(**{"generation": generation, **switches})
    org.connections[LAKE] = Connection(id=LAKE, name="Lake")
    for name, columns in TABLES.items():
        path = ("LAKE", "SALES", name)
        listed = [Column(name=key, type=kind) for key, kind in columns.items()]
        org.connections[LAKE].tables[path] = Table(id=f"t-{name}", path=path, columns=listed)
    model = read_sample(CASES / "model.yaml")
    document = read_sample(CASES / "workbook.yaml")
    if form != "data-model":
        columns = model["pages"][0]["elements"][0]["columns"]
        kept = {**columns[0], "formula": "[ORDER_FACT/Order Id]"}  # as it is stored
        first = {**model["pages"][0]["elements"][0], "columns": [kept, *columns[1:]]}
        page = {**model["pages"][0], "elements": [first, *model["pages"][0]["elements"][1:]]}
        store(org, "data-model", MODEL, {**model, "pages": [page]}, name="Sales Model")
    body = model if form == "data-model" else flat(document) if form == "flat" else document
    outer = {"name": "Sales", "folderId": FOLDER}
    envelope = {**outer, **body} if generation == "flat" else {**outer, form: body}
    store(org, "data-model" if form == "data-model" else "workbook", WORKBOOK, body, name="Sales")
    return org, envelope


def flat(document: dict[str, Any]) -> dict[str, Any]:
    """The example in the form of before August 2026: elements on their pages, overlays as pages."""
    names = {"page-data": {"base", "raw", "query", "log"}, "ask": {"plan"}}
    elsewhere = names["page-data"] | names["ask"]
    pages = []
    for page in (*document["pages"], *document["overlays"]):
        mine = [
            element
            for element in document["elements"]
            if element["id"] in names.get(page["id"], ())
            or (page["id"] == "page-main" and element["id"] not in elsewhere)
        ]
        pages.append({**page, "elements": mine})
    layout = document["layout"].replace("<Element", "<LayoutElement")
    layout = layout.replace("<Container", "<GridContainer").replace("</Container", "</GridContainer")
    return {"schemaVersion": 1, "pages": pages, "layout": layout, "themeName": "Light"}


class Bench:
    """What the tests build with."""

    folder = FOLDER
    member = MEMBER
    org = staticmethod(make_org)
    inode = staticmethod(make_inode)
    store = staticmethod(store)
    surround = staticmethod(surround)
    elements = staticmethod(elements_in)
    read = staticmethod(read_sample)
    example = staticmethod(make_example)
    read_only = READ_ONLY
    lake = LAKE
    model = MODEL
    workbook = WORKBOOK


@pytest.fixture(scope="session")
def bench() -> type[Bench]:
    return Bench


@pytest.fixture(scope="session")
def samples() -> Callable[[], Path]:
    def folder() -> Path:
        if not REAL.is_dir():
            pytest.skip(f"no sample documents in {REAL}")
        return REAL

    return folder


@pytest.fixture(scope="session")
def newer_samples() -> Callable[[], list[Path]]:
    def files() -> list[Path]:
        if not NEWER.is_dir():
            pytest.skip(f"no sample documents in {NEWER}")
        return sorted(file for file in NEWER.glob("*.*") if file.suffix != ".md")

    return files
