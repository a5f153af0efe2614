"""A folder of specs as somebody may have saved it, and what an assessment makes of it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from migrate.assess.assess import assess
from migrate.bundle.read import load
from migrate.inventory.scope import scope
from migrate.plan.selection import Select, Selector

CONNECTION = "6f0c0a5e-0000-4000-8000-000000000001"


def table(identity, path=("DW", "SALES", "ORDERS"), **more):
    """A table element on the warehouse."""
    source = {"kind": "warehouse-table", "connectionId": CONNECTION, "path": list(path)}
    columns = [{"id": f"{identity}-a", "formula": f"[{path[-1]}/Amount]", "name": "Amount"}]
    return {"id": identity, "kind": "table", "name": identity, "source": source, "columns": columns, **more}


@dataclass
class Shelf:
    """The folder; documents are put in by kind and name."""

    folder: Path

    def model(self, identity, *elements):
        """A data model of these elements."""
        page = {"id": f"{identity}-p", "name": "Page", "elements": list(elements)}
        body = {"dataModelId": identity, "name": identity, "schemaVersion": 1, "kind": "data-model", "pages": [page]}
        return self._put("data-models", identity, body)

    def workbook(self, identity, *elements, name=None):
        """A workbook of these elements, as the newest form has it."""
        document = {"schemaVersion": 1, "kind": "workbook", "elements": list(elements), "pages": []}
        return self._put(
            "workbooks", identity, {"workbookId": identity, "name": name or identity, "document": document}
        )

    def _put(self, kind, identity, tree):
        path = self.folder / kind / f"{identity}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(tree), encoding="utf-8")
        return path

    def assess(self):
        """What an assessment makes of all of it."""
        inventory, bundle = load(self.folder)
        wanted = scope(Select(include=(Selector(),)), inventory)
        return assess(inventory, wanted, bundle.specs, bundle.unreadable)


@pytest.fixture
def shelf(tmp_path):
    return Shelf(tmp_path / "exports")


def states(found):
    """How ready each document is, by name."""
    return {one.name: one.readiness for one in found.judged}
