"""Where the optional real documents are, and how they are opened."""

import pytest

from kit.places import document_files
from migrate.sandbox.yamltext import read_yaml

WRAPPERS = ("sigmaDataModel", "workbook", "model")


def unwrapped(answer):
    """The document inside a converter's output, or the answer itself."""
    inner = [answer[key] for key in WRAPPERS if isinstance(answer.get(key), dict) and "pages" in answer[key]]
    return inner[0] if inner else answer


@pytest.fixture(scope="session")
def shared_documents():
    """All shared documents as (kind, answer, label)."""
    return [
        (path.parent.name.removesuffix("s"), unwrapped(read_yaml(path.read_bytes())), path.name)
        for path in sorted(document_files(), key=lambda path: path.parent.name)
    ]


@pytest.fixture(scope="session")
def authored():
    """A small set of documents written for the tests: a model, and two workbooks that read it and another one."""
    table = {"kind": "warehouse-table", "connectionId": "<CONNECTION>", "path": ["DB", "SCH", "EVENTS"]}
    model = {
        "dataModelId": "5f0c8e0a-1b9d-4c1e-8d3f-6a7b8c9d0e1f",
        "name": "Events",
        "folderId": "0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d",
        "schemaVersion": 1,
        "pages": [
            {
                "id": "p",
                "name": "P",
                "elements": [
                    {
                        "id": "ev",
                        "kind": "table",
                        "name": "Event Table",
                        "source": table,
                        "columns": [
                            {"id": "a", "formula": "[EVENTS/Event Id]"},
                            {"id": "b", "formula": "[EVENTS/Happened Date]"},
                        ],
                        "order": ["a", "b"],
                    }
                ],
            }
        ],
    }
    layout = (
        '<?xml version="1.0" encoding="utf-8"?>\n<Page type="grid" gridTemplateColumns="repeat(24, 1fr)" '
        'gridTemplateRows="auto" id="p"><Element elementId="t" gridColumn="1 / 25" gridRow="1 / 9"/></Page>'
    )

    def workbook(name, source, formulas, **more):
        columns = [{"id": f"c{i}", "formula": formula, "name": f"C{i}"} for i, formula in enumerate(formulas)]
        element = {"id": "t", "kind": "table", "name": "T", "source": source, "columns": columns, **more}
        element["order"] = [column["id"] for column in columns]
        body = {"schemaVersion": 1, "kind": "workbook", "elements": [element], "pages": [{"id": "p", "name": "P"}]}
        return {"name": name, "folderId": "<FOLDER>", "contents": {**body, "layout": layout}}

    reads = {"kind": "data-model", "dataModelId": model["dataModelId"], "elementId": "ev"}
    stranger = {"kind": "data-model", "dataModelId": "<OTHER-MODEL>", "elementId": "el", "groupingId": "gr"}
    join = {
        "kind": "join",
        "primarySource": table,
        "joins": [
            {
                "left": table,
                "right": {**table, "path": ["DB", "SCH", "PLACES"]},
                "columns": [{"left": "[Place Key]", "right": "[Place Key]"}],
            }
        ],
    }
    return [
        ("data-model", model, "events"),
        ("workbook", workbook("Reads", reads, ["[Event Table/Event Id]"]), "reads"),
        ("workbook", workbook("Stranger", stranger, ["[Away/Cost Amount]", "[Metrics/Spend]"]), "stranger"),
        ("workbook", workbook("Joined", join, ["[EVENTS/Event Id]", "[PLACES/Place Name]"]), "joined"),
    ]
