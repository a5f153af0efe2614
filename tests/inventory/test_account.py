"""Rules that take nothing: each is told with what is close, and what sets two names apart that look the same."""

from __future__ import annotations

from types import MappingProxyType

import pytest

from migrate.inventory.account import apart, idle_rules, near_name
from migrate.inventory.model import Folder, Identity, Inventory, Item, Key
from migrate.plan.selection import Select, Selector

COMPOSED, DECOMPOSED = "\u00dcbersicht", "U\u0308bersicht"


def inventory(*documents, folders=()):
    items = {}
    for number, (kind, name, path) in enumerate(documents):
        key = Key(org="au", kind=kind, id=f"id-{number}")
        items[key] = Item(key=key, name=name, folder_id="f", path=path, version=1, url_id=f"url{number}")
    made = {str(n): Folder(id=str(n), name=path[-1], parent_id=None, path=path) for n, path in enumerate(folders)}
    return Inventory(
        org="au",
        identity=Identity(user_id="u", organization_id="o", slug="au"),
        items=MappingProxyType(items),
        folders=MappingProxyType(made),
    )


THERE = inventory(
    ("workbook", "Close", ("Shared", "Finance")),
    ("workbook", "Pay", ("Shared", "Payroll ")),
    ("workbook", "View", ("Shared", DECOMPOSED)),
    ("workbook", "Deals", ("Shared", "Big\xa0Sales")),
    ("data-model", "Ledger", ("Shared", "Finance")),
    folders=[("Shared",), ("Shared", "Finance"), ("Shared", "Empty")],
)


def told(*include, exclude=()):
    select = Select(
        include=tuple(Selector(**rule) for rule in include), exclude=tuple(Selector(**rule) for rule in exclude)
    )
    return idle_rules(select, THERE, {"select.include.0": ("plan.yaml", 7, 5)})


@pytest.mark.parametrize(
    "rule",
    [
        {},
        {"folder": "Shared"},
        {"folder": "Shared/Finance", "type": "data-model"},
        {"name": "re:^Clo"},
        {"name": "C*"},
        {"id": "id-2"},
        {"id": "url2"},
        {"folder": "Shared/Payroll "},
    ],
)
def test_a_rule_that_takes_a_document_is_not_told(rule):
    assert told(rule) == ()
    assert told({}, exclude=[rule]) == ()


@pytest.mark.parametrize(
    ("rule", "fix"),
    [
        ({"folder": "Shared/Fiance"}, "did you mean 'Shared/Finance'?"),
        ({"folder": "Shared/Payroll"}, "did you mean 'Shared/Payroll ', which begins or ends with a blank?"),
        ({"folder": f"Shared/{COMPOSED}"}, "which is written in decomposed letters?"),
        ({"folder": "Shared/Big Sales"}, "which holds a no-break space?"),
        ({"folder": "shared/finance"}, "did you mean 'Shared/Finance', which differs in upper and lower case?"),
        ({"name": "Clsoe"}, "did you mean 'Close'?"),
        ({"folder": "Shared/Payroll ", "name": "Close"}, "correct or remove it"),
        ({"folder": "Shared/Payroll ", "type": "data-model"}, "there are only documents of kind workbook"),
        ({"id": "id-4", "type": "workbook"}, "id-4 is data-model 'Ledger' in Shared/Finance"),
        ({"id": "id-9"}, "correct or remove it"),
        ({"name": "re:^Nothing"}, "correct or remove it"),
        ({"folder": "Shared/Empty"}, "correct or remove it"),
    ],
)
def test_a_rule_that_takes_none_is_told_with_what_is_close(rule, fix):
    (problem,) = told(rule)
    assert problem.code == "rule_matches_nothing"
    assert (problem.path, problem.file, problem.line) == ("select.include.0", "plan.yaml", 7)
    assert fix in problem.fix
    assert "allow_empty" in problem.fix
    if rule != {"folder": "Shared/Empty"}:
        (problem,) = told({}, exclude=[rule])
        assert problem.path == "select.exclude.0"
        assert "nothing is left out by it" in problem.message


def test_an_exclude_of_a_folder_that_is_there_and_empty_does_what_it_says():
    assert told({}, exclude=[{"folder": "Shared/Empty"}]) == ()
    assert len(told({}, exclude=[{"folder": "Shared/Empty", "name": "x"}])) == 1


def test_a_rule_that_may_be_empty_is_left_out():
    assert told({"folder": "Nowhere", "allow_empty": True}) == ()


def test_every_idle_rule_is_told_at_once():
    assert [one.path for one in told({"id": "a"}, {}, {"id": "b"}, exclude=[{"id": "c"}])] == [
        "select.include.0",
        "select.include.2",
        "select.exclude.0",
    ]


def test_marks_of_direction_in_a_name_are_written_out():
    assert near_name("Sales", ["Sa\u202eles"]) == "did you mean 'Sa\\\\u202eles'?"


def test_letters_that_only_look_the_same():
    assert apart("A\uff21", "AA") == "is written with other characters that look the same"
    assert apart("Pay ", "Pay") == "neither begins nor ends with a blank"
    assert apart("Big\xa0Pay", "Big Pay") == "holds no no-break space"
