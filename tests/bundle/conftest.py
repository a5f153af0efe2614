"""A small organization with everything a bundle holds, and names nobody should have given."""

from __future__ import annotations

from types import MappingProxyType

import pytest

from migrate.bundle.spec import Bundle, Spec
from migrate.errors import Problem
from migrate.inventory.model import Connection, Folder, Identity, Inventory, Item, Key, Named

MODEL = "0a6f2a4e-1d5b-4a0e-8a52-1f2e3d4c5b6a"
FLAT = "1b7f2a4e-1d5b-4a0e-8a52-1f2e3d4c5b6a"
NEWEST = "2c8f2a4e-1d5b-4a0e-8a52-1f2e3d4c5b6a"
SECRET = "3d9f2a4e-1d5b-4a0e-8a52-1f2e3d4c5b6a"


def bodies():
    """(kind, id, name, folders, generation, body) of the documents."""
    table = {
        "id": "t",
        "kind": "table",
        "source": {"kind": "sql", "connectionId": "c", "statement": "select 1\nfrom t\n"},
    }
    yield (
        "data-model",
        MODEL,
        "Orders",
        ("Shared", "Fin/ance"),
        "flat",
        {
            "schemaVersion": 1,
            "kind": "data-model",
            "pages": [{"id": "p", "name": "P", "elements": [table]}],
        },
    )
    yield (
        "workbook",
        FLAT,
        "../../etc/passwd",
        ("..", "CON", "a\nb"),
        "flat",
        {
            "schemaVersion": 1,
            "kind": "workbook",
            "pages": [],
            "layout": "<Page/>\n",
            "odd": [1, 1.5, None, "on"],
        },
    )
    reading = {"id": "e", "kind": "table", "source": {"kind": "data-model", "dataModelId": MODEL, "elementId": "t"}}
    yield (
        "workbook",
        NEWEST,
        "x" * 10_000,
        (),
        "contents",
        {
            "schemaVersion": 1,
            "kind": "workbook",
            "elements": [reading],
            "pages": [{"id": "p"}],
            "layout": "<Page/>",
        },
    )


def make(org="north"):
    items, specs = {}, {}
    for kind, document_id, name, folders, generation, body in bodies():
        key = Key(org=org, kind=kind, id=document_id)
        items[key] = Item(
            key=key,
            name=name,
            folder_id="f1",
            path=folders,
            version=3,
            url="https://app/x",
            url_id="abc",
            owner_id="o",
            created_by="c",
            created_at="2026-09-01",
            updated_at="2026-09-02",
            description="d",
            personal=True,
            reads=(MODEL,) if document_id == NEWEST else (),
            hidden_sources=("reads the legacy dataset d",),
        )
        server = {"documentVersion": 3, "url": "https://app/x", "ownerId": "o"}
        specs[key] = Spec(
            key=key, generation=generation, name=name, folder_id="f1", body=body, description="=cmd()", server=server
        )
    lost = Key(org=org, kind="workbook", id=SECRET)
    items[lost] = Item(key=lost, name="Secret", folder_id="f1", path=("Shared", "HR"), version=7, archived=True)
    inventory = Inventory(
        org=org,
        identity=Identity(user_id="u", organization_id="org-1", slug="north"),
        items=MappingProxyType(items),
        folders=MappingProxyType({"f1": Folder(id="f1", name="Fin/ance", parent_id="w", path=("Shared", "Fin/ance"))}),
        connections=MappingProxyType({"c": Connection(id="c", name="W", type="snowflake", write_access=True)}),
        members=MappingProxyType({"m": Named(id="m", name="m@north.example")}),
        plugins=MappingProxyType({"p": Named(id="p", name="Gantt", url="https://plugins.example/gantt")}),
        generation="contents",
        unreadable=(Problem(code="not_listed", message="the teams could not be listed"),),
    )
    return inventory, Bundle(specs=specs, unreadable={lost: ("forbidden", "no access")})


@pytest.fixture
def whole():
    """The inventory and bundle of one organization."""
    return make()
