"""Names that several things share, before a rename or after it: told, since following them would be a guess."""

from __future__ import annotations

from migrate.rewrite.names.explanation import NameChanges, prefix_edits

HERE = "c0ffee00-0000-4000-8000-000000000001"
THERE = "c0ffee00-0000-4000-8000-000000000002"


def source(*path, connection=HERE):
    return {"kind": "warehouse-table", "connectionId": connection, "path": list(path)}


def joined(left, right, **more):
    return {"kind": "join", "joins": [{"left": left, "right": right, "columns": []}], **more}


def body(*elements):
    listed = [{"id": f"e{number}", "kind": "table", "columns": [], **each} for number, each in enumerate(elements)]
    return {"schemaVersion": 1, "pages": [{"id": "p", "name": "P", "elements": listed}]}


def told(document, rename, names=None):
    found = []
    prefix_edits(document, rename, names or {}, report=lambda path, sentence: found.append((path[-1], sentence)))
    return found


def test_two_legs_of_one_name_of_which_one_is_renamed():
    document = body({"name": "J", "source": joined(source("D", "S", "T"), source("D", "S", "T", connection=THERE))})
    said = "several sources are called 'T', and not all of them are renamed alike"
    assert told(document, lambda connection, path: (*path[:-1], "NEW") if connection == HERE else None) == [(0, said)]
    assert told(document, lambda _connection, path: (*path[:-1], "NEW")) == []


def test_two_legs_that_come_to_share_a_name():
    document = body({"name": "J", "source": joined(source("D", "S", "A"), source("D", "S", "B"))})
    said = "several sources of one element would be called 'B'; name the legs of its join"
    assert told(document, lambda _connection, path: ("D", "S", "B") if path[-1] == "A" else None) == [(0, said)]


def test_a_leg_with_a_name_of_its_own_is_not_called_by_its_table():
    legs = joined(source("D", "S", "A"), source("D", "S", "B"))
    legs["joins"][0]["name"] = "Mine"
    document = body({"name": "J", "source": legs})
    assert told(document, lambda _connection, path: ("D", "S", "A") if path[-1] == "B" else None) == []


def test_a_leg_that_nothing_names_is_no_conflict():
    unknown = {"kind": "data-model", "dataModelId": "m", "elementId": "x"}
    document = body({"name": "J", "source": joined(source("D", "S", "A"), unknown)})
    names = {("m", "y"): NameChanges(element=("Old", "New"))}
    assert told(document, lambda _connection, path: (*path[:-1], "NEW"), names) == []


def test_elements_that_come_to_share_a_name():
    document = body({"source": source("D", "S", "A")}, {"source": source("D", "S", "B")}, {"name": "C"})
    said = "several elements would be called 'B'; give this one a name"
    assert told(document, lambda _connection, path: ("D", "S", "B") if path[-1] == "A" else None) == [(0, said)]
    assert told(document, lambda _connection, path: ("D", "S", "Z") if path[-1] == "A" else None) == []
