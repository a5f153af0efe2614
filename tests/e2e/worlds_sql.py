"""Two organizations of which the first reads its warehouse by statements."""

from __future__ import annotations

import yaml

from migrate.sandbox.world import load

COLUMNS = {"ID": "integer", "NAME": "text"}
SOURCE = {"id": "11111111-2222-4333-8444-555555555555", "slug": "north", "name": "North"}
TARGET = {"id": "66666666-7777-4888-8999-aaaaaaaaaaaa", "slug": "south", "name": "South"}


def workbook(name, statement):
    """A workbook with one table over a statement."""
    source = {"kind": "sql", "connectionId": "${connection:Ware}", "statement": statement}
    column = {"id": "q-c1", "formula": "[Custom SQL/ID]", "name": "Key"}
    layout = (
        '<?xml version="1.0" encoding="utf-8"?>\n<Page type="grid" gridTemplateColumns="repeat(24, 1fr)" '
        'gridTemplateRows="auto" id="p"><Element elementId="q" gridColumn="1 / 25" gridRow="1 / 6"/></Page>\n'
    )
    element = {"id": "q", "kind": "table", "name": "Query", "source": source, "columns": [column], "order": ["q-c1"]}
    spec = {
        "schemaVersion": 1,
        "kind": "workbook",
        "elements": [element],
        "pages": [{"id": "p", "name": "Page"}],
        "layout": layout,
    }
    return {"workbook": name, "spec": spec}


def world(folder, statements, *, tables, attributes=(), teams=(), warehouse="snowflake"):
    """A world in which ``statements`` by workbook name stand in the source, and these tables in each warehouse."""

    def org(of, connection, side, items):
        return of | {
            "members": [{"key": "ada", "email": f"ada@{of['slug']}.example"}],
            "clients": [{"member": "ada"}],
            "user_attributes": [{"name": each[side]} for each in attributes],
            "teams": [{"name": each[side]} for each in teams],
            "connections": [{"name": connection, "type": warehouse, "tables": dict.fromkeys(tables[side], COLUMNS)}],
            "tree": [
                {"workspace": "Shared", "items": items},
                {"folder": "My Documents", "owner": "ada", "home_of": "ada"},
            ],
        }

    text = {
        "version": 1,
        "orgs": {
            "north": org(SOURCE, "Ware", 0, [workbook(*each) for each in statements.items()]),
            "south": org(TARGET, "Group Ware", 1, []),
        },
    }
    path = folder / "world.yaml"
    path.write_text(yaml.safe_dump(text), encoding="utf-8")
    return load(path)
