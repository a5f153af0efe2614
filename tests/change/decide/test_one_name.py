"""Documents of one plan that would stand under one name in one folder."""

from __future__ import annotations

from dataclasses import replace

import pytest

from migrate.change.actions import main_actions
from migrate.change.collide import alike
from migrate.change.decide import decide
from migrate.inventory.model import Item


def planned(view):
    return {action.key: action for action in main_actions(decide(view).waves)}


def listed(key, *path):
    return Item(key=key, name=path[-1], folder_id="", path=path[:-1], version=1)


@pytest.fixture
def two(make):
    return make.draft(make.wb(1), name="Weekly"), make.draft(make.wb(2), name="Weekly")


@pytest.mark.parametrize("existing", ["fail", "skip", "update"])
def test_both_are_blocked_and_both_sources_and_the_place_are_named(make, two, existing):
    source = {make.wb(1): listed(make.wb(1), "Fin", "Weekly"), make.wb(2): listed(make.wb(2), "Ops", "Weekly")}
    found = planned(make.sight(*two, existing=existing, source=source))
    assert {action.verb for action in found.values()} == {"block"}
    for action in found.values():
        assert action.reason_code == "name_collision"
        assert action.why == (
            "workbook 'Fin/Weekly' and workbook 'Ops/Weekly' would both be 'Shared/Sales/Weekly' in the target"
        )


def test_renaming_gives_each_a_name_that_nothing_has(make, two):
    third = make.draft(make.wb(3), name="Weekly (2)")
    found = planned(make.sight(*two, third, existing="rename"))
    assert {key.id: action.draft.name for key, action in found.items()} == {
        "w1": "Weekly",
        "w2": "Weekly (3)",
        "w3": "Weekly (2)",
    }
    assert {action.verb for action in found.values()} == {"create"}


def test_kinds_and_folders_are_told_apart(make):
    model = make.draft(make.dm(1), name="Weekly")
    elsewhere = make.draft(make.wb(2), name="Weekly", folder=("Shared",))
    found = planned(make.sight(make.draft(make.wb(1), name="Weekly"), model, elsewhere))
    assert {action.verb for action in found.values()} == {"create"}


def test_one_folder_by_its_id_and_by_its_path_is_one_folder(make):
    by_id = replace(make.draft(make.wb(2), name="Weekly"), folder_id=f"id of {make.SALES}")
    found = planned(make.sight(make.draft(make.wb(1), name="Weekly"), by_id))
    assert {action.reason_code for action in found.values()} == {"name_collision"}


def test_a_copy_that_stands_there_keeps_its_name_and_what_is_renamed_to_it_gives_way(make):
    first, second = make.draft(make.wb(1), name="Weekly"), make.draft(make.wb(2), name="Weekly")
    items = [make.there(make.wb(1), "t1", name="Weekly"), make.there(make.wb(2), "t2", name="Daily")]
    copies = [make.copy(make.wb(1), "t1", first.body, name="Weekly"), make.copy(make.wb(2), "t2", second.body)]
    copies[1] = replace(copies[1], name="Daily")
    found = planned(make.sight(first, second, items=items, copies=copies))
    assert [found[make.wb(n)].verb for n in (1, 2)] == ["keep", "block"]
    found = planned(make.sight(first, second, items=items, copies=copies, existing="rename"))
    assert [found[make.wb(n)].verb for n in (1, 2)] == ["keep", "move"]
    assert found[make.wb(2)].rename_to == found[make.wb(2)].draft.name == "Weekly (2)"


def test_two_that_would_update_one_document_are_blocked(make, two):
    found = planned(make.sight(*two, items=[make.there(make.wb(9), "foreign", name="Weekly")], existing="update"))
    assert {action.reason_code for action in found.values()} == {"name_collision"}
    assert {action.target_id for action in found.values()} == {""}, "it is nobody's copy"


def test_what_needs_a_collided_model_is_blocked_by_it(make):
    models = make.draft(make.dm(1), name="Ledger"), make.draft(make.dm(2), name="Ledger")
    found = planned(make.sight(*models, make.draft(make.wb(1), make.dm(1))))
    assert (found[make.wb(1)].reason_code, found[make.wb(1)].blocked_by) == ("blocked_by", make.dm(1))


@pytest.mark.parametrize(("one", "other"), [("Weekly", "WEEKLY"), ("Café", "Cafe\u0301"), ("Straße", "STRASSE")])
def test_names_that_a_reader_cannot_tell_apart_are_told_and_stay(make, one, other):
    view = make.sight(make.draft(make.wb(1), name=one), make.draft(make.wb(2), name=other))
    found = planned(view)
    assert {action.verb for action in found.values()} == {"create"}
    assert len(alike(found.values(), view)) == 1
    assert "w1" in alike(found.values(), view)[0]


def test_other_names_are_not_told(make):
    view = make.sight(make.draft(make.wb(1), name="Weekly"), make.draft(make.wb(2), name="Daily"))
    assert alike(planned(view).values(), view) == []


def test_a_replacement_that_would_drop_something_is_blocked_with_its_names(make):
    made, foreign = make.draft(make.wb(1)), make.there(make.wb(1), "foreign")
    drops = {make.wb(1): ("page 'Mine'", "element 'Chart'")}
    action = make.only(made, items=[foreign], existing="update", drops=drops)
    assert (action.verb, action.reason_code, action.target_id) == ("block", "would_drop", "foreign")
    assert "page 'Mine', element 'Chart'" in action.why
    assert make.only(made, items=[foreign], existing="update", drops=drops, removals="allow").verb == "update"


def test_what_cannot_be_read_is_named_as_the_source_names_it(make):
    key = make.wb(1)
    action = make.only(unreadable={key: ("archived", "it is archived")}, source={key: listed(key, "Fin", "Close")})
    assert action.name == "Fin/Close"
    assert "archive" in action.next_action.lower() or "restore" in action.next_action.lower()
