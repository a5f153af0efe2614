"""A reviewer sees what was exchanged for what, where it stands, and which entry of the plan did it."""

from __future__ import annotations

import pytest


@pytest.fixture
def found(copied):
    return copied.first.reconciliation


def row(found, name):
    return next(row for row in found.rows if row.source_name == name)


def held(found, name):
    """(code, source, target, places) of everything that a document holds; names before ids."""
    things = {thing.n: thing for thing in found.things}
    return {
        (things[one.thing].code, things[one.thing].old_name or things[one.thing].old): (
            things[one.thing].new_name or things[one.thing].new,
            one.places,
        )
        for one in row(found, name).replaced
    }


def test_every_reference_has_both_names_and_its_places_in_words(found):
    model = held(found, "Stalls")
    assert model["connection", "Source Warehouse 1"][0] == "Target Warehouse 1"
    assert "Sales › table 'Stalls' › source connection" in model["connection", "Source Warehouse 1"][1]
    assert model["path", "MARKET.ARCHIVE.SALES_OLD"][0] == "TARGET_MARKET.TARGET_ARCHIVE.SALES_OLD_V2"
    assert model["team", "Team 1"] == ("Team 1 target", ("Sales › table 'Stalls' › column rule team",))
    assert model["attribute-name", "quarter"] == (
        "quarter target",
        ("Sales › table 'Sales' › column 'Mine' › formula",),
    )


def test_ids_that_were_known_late_are_told_like_all_others(found):
    copy = row(found, "Stalls")
    things = {thing.code: thing for thing in found.things}
    model, element = things["data-model"], things["model-element"]
    assert (model.old, model.new) == (copy.source_id, copy.target_id)
    assert model.old_name.endswith("/Stalls")
    assert model.new_name == f"{copy.target_path}/Stalls"
    assert (element.old, element.old_name, element.new, element.new_name) == ("md-sales", "Sales", "md-sales", "Sales")
    assert row(found, "Market Day").replaced[0].count == 2


def test_a_thing_is_told_once_whoever_points_at_it(found):
    marks = [(thing.code, thing.old, thing.new) for thing in found.things]
    assert len(set(marks)) == len(marks)
    connection = next(thing for thing in found.things if thing.code == "connection")
    assert (connection.documents, connection.count) == (2, 6)
    assert [thing.n for thing in found.things] == list(range(1, len(marks) + 1))
    assert {one.thing for row in found.rows for one in row.replaced} == {thing.n for thing in found.things}


def test_sql_is_told_before_and_after(found):
    (statement,) = row(found, "Market Day").sql
    assert statement.place == "Detail › table 'Fees Due' › source SQL"
    assert "from MARKET.OFFICE.FEES" in statement.before
    assert "from TARGET_MARKET.TARGET_OFFICE.FEES" in statement.after


def test_every_entry_of_the_map_says_what_it_was_used_for(found, copied):
    used = {one.place: (one.documents, one.example) for one in found.mappings if one.place}
    maps = copied.plan.map
    wanted = {f"map.folders.{at}" for at in range(len(maps.folders))}
    wanted |= {f"map.connections.0.paths.{at}" for at in range(len(maps.connections[0].paths))} | {"map.connections.0"}
    for block in ("members", "teams", "user_attributes"):
        wanted |= {f"map.{block}.{at}" for at in range(len(getattr(maps, block)))}
    assert used.keys() == wanted
    assert used["map.folders.0"] == (3, "Stalls")
    assert used["map.connections.0.paths.1"] == (1, "Stalls")
    assert used["map.members.0"] == (0, "")
    assert [one for one in found.mappings if not one.place] == []


def test_another_run_tells_the_same(found, copied):
    rows = copied.again()
    for before in found.rows:
        assert [(one.count, one.places) for one in rows[before.source_name].replaced] == [
            (one.count, one.places) for one in before.replaced
        ]
        assert rows[before.source_name].sql == before.sql
