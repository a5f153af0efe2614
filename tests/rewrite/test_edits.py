"""Edits of one document: done all at once, each against the original, the first of two at one place winning."""

from __future__ import annotations

import pytest

from migrate.inventory.model import Key
from migrate.rewrite.edits import PENDING, Edits, applied, reshaped
from migrate.rewrite.model import DocumentId, Hole

BOOK = Key(org="north", kind="workbook", id="w")


def hole(path, span=None):
    return Hole(path=path, key=BOOK, wants=DocumentId(), span=span)


def test_the_first_of_two_edits_of_one_part_wins():
    edits = Edits()
    assert edits.part(("a",), (0, 3), "new")
    assert not edits.part(("a",), (2, 5), "other")
    assert edits.part(("a",), (3, 4), "!")
    assert applied({"a": "one two"}, edits)[0] == {"a": "new!two"}


def test_a_hole_where_a_part_is_exchanged_already_is_not_left():
    edits = Edits()
    edits.part(("a",), (0, 3), "new")
    edits.hole(hole(("a",), (0, 3)))
    assert applied({"a": "one two"}, edits) == ({"a": "new two"}, (), {("a",): "new two"})


def test_holes_stand_where_their_parts_come_to_be():
    edits = Edits()
    edits.part(("list", 1, "a"), (0, 3), "longer")
    edits.hole(hole(("list", 1, "a"), (4, 7)))
    edits.hole(hole(("list", 2)))
    edits.drop(("list", 0))
    body, holes, texts = applied({"list": [0, {"a": "one two"}, "id"]}, edits)
    assert body == {"list": [{"a": f"longer {PENDING}"}, PENDING]}
    assert [(each.path, each.span) for each in holes] == [(("list", 0, "a"), (7, 16)), (("list", 1), None)]
    assert texts == {("list", 1, "a"): f"longer {PENDING}"}


def test_a_value_exchanged_as_a_whole_goes_before_its_parts():
    edits = Edits()
    edits.part(("a",), (0, 1), "x")
    edits.set(("a",), "whole")
    assert applied({"a": "one"}, edits) == ({"a": "whole"}, (), {})


@pytest.mark.parametrize(
    ("keys", "after"),
    [
        ({("a",): "x"}, {"x": 1, "b": 2}),
        ({("a",): "b", ("b",): "a"}, {"b": 1, "a": 2}),
        ({("a",): "b"}, {"a": 1, "b": 2}),
    ],
)
def test_two_keys_never_fall_together(keys, after):
    assert reshaped({"a": 1, "b": 2}, keys, frozenset()) == after
