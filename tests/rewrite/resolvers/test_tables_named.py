"""The tables that a document names, each once, and which table of the source each was."""

from __future__ import annotations

from migrate.bundle.spec import Spec
from migrate.inventory.model import Key
from migrate.rewrite.model import Draft
from migrate.rewrite.resolvers.tables import Table
from migrate.survey.tables import places

KEY = Key(org="north", kind="workbook", id="w")


def body(*sources):
    return {"elements": [{"id": f"e{at}", "kind": "table", "source": source} for at, source in enumerate(sources)]}


def warehouse(connection, *path):
    return {"kind": "warehouse-table", "connectionId": connection, "path": list(path)}


def named(before, after):
    spec = Spec(key=KEY, generation="document", name="W", folder_id="f", body=before)
    draft = Draft(key=KEY, target="group", generation="document", name="W", folder=(), body=after)
    return places(draft, spec, {"c2": "snowflake"}, {"c1": "snowflake"})


def test_a_table_is_named_once_with_the_first_of_its_places_and_of_its_origins():
    one, other, there = (
        warehouse("c1", "DB", "S", "T"),
        warehouse("c1", "DB", "S", "OLD"),
        warehouse("c2", "DB", "S", "T"),
    )
    (found,) = named(body(one, other), body(there, there))
    assert found.path == ("elements", 0, "source")
    assert (found.table, found.origin) == (Table("c2", ("DB", "S", "T")), Table("c1", ("DB", "S", "T")))


def test_what_stood_elsewhere_or_was_no_table_has_no_origin():
    there = [warehouse("c2", "DB", "S", name) for name in ("A", "B", "C")]
    model = {"kind": "data-model", "dataModelId": "m", "elementId": "e"}
    before = {"elements": [{"id": "e0", "source": model}, {"id": "e1"}]}
    found = named(before, body(*there))
    assert [(one.table.path[-1], one.origin) for one in found] == [("A", None), ("B", None), ("C", None)]
