"""Rules in Python, one document at a time: what they get, what is told of them, and what comes of a bad one."""

from __future__ import annotations

import runpy
from dataclasses import replace

import pytest

from kit.places import REPOSITORY
from migrate import RuleContext, RuleDocument
from migrate.bundle.spec import Spec
from migrate.inventory.model import Key
from migrate.plan.selection import Selector
from migrate.rewrite.python_rules import Transform, transformed

CONTEXT = RuleContext(source="here", target="there", folder=("Shared", "Finance"))
BODY = {
    "kind": "workbook",
    "elements": [{"kind": "text", "body": "Acme AU"}, {"kind": "table", "rows": 1}],
    "pages": [],
}


def spec(**more):
    key = Key(org="here", kind="workbook", id="w1")
    return Spec(key=key, generation="contents", name="ACME-Australia plan", folder_id="f", body=BODY, **more)


def asked(*functions, where=None):
    rules = [Transform(name=function.__name__, function=function, where=where) for function in functions]
    return transformed(spec(), CONTEXT, rules)


def grown(document, _context):
    document.body["elements"].append({"kind": "divider"})
    document.body["pages"] = {"a": 1}
    del document.body["kind"]
    document.body["elements"][1]["rows"] = True
    return document


def renamed(document, context):
    return replace(document, name=f"{document.name} {context.target}", description="now")


def test_what_it_changed_is_found_by_comparison_and_told_with_its_place():
    found = asked(grown, renamed)
    assert [(change.code, change.path, change.before, change.after) for change in found.changes] == [
        ("rule:grown", ("kind",), "workbook", ""),
        (
            "rule:grown",
            ("elements",),
            str(BODY["elements"]),
            str([*BODY["elements"][:1], *found.spec.body["elements"][1:]]),
        ),
        ("rule:grown", ("pages",), "[]", "{'a': 1}"),
        ("rule:renamed", ("name",), "ACME-Australia plan", "ACME-Australia plan there"),
        ("rule:renamed", ("description",), "", "now"),
    ]
    assert found.spec.description == "now"
    assert spec().body["kind"] == "workbook", "what it was given is its own"


def test_a_number_that_became_a_flag_is_a_change():
    def flagged(document, _context):
        document.body["elements"][1]["rows"] = True
        return document

    assert [change.path for change in asked(flagged).changes] == [("elements", 1, "rows")]


def test_it_is_asked_only_of_what_where_chooses():
    assert asked(renamed, where=Selector(folder="Shared/Sales")).changes == ()
    assert len(asked(renamed, where=Selector(folder="Shared")).changes) == 2


def raises(document, _context):
    raise KeyError(document.name)


def leaves(_document, _context):
    raise SystemExit(0)


def nothing(_document, _context):
    return None


def other(document, _context):
    return replace(document, id="w2")


def unnamed(document, _context):
    return replace(document, name="")


def no_json(document, _context):
    return replace(document, body={"x": {1, 2}})


def a_list(document, _context):
    return replace(document, body=[])


def too_deep(document, _context):
    for _ in range(100_000):
        document = replace(document, body={"x": document.body})
    return document


@pytest.mark.parametrize("function", [raises, leaves, nothing, other, unnamed, no_json, a_list, too_deep])
def test_a_bad_one_refuses_its_document_and_leaves_it_as_it_was(function):
    found = asked(renamed, function)
    (refusal,) = found.refusals
    assert refusal.code == "rule_failed"
    assert repr(function.__name__) in refusal.message
    assert found.spec == spec()
    assert found.changes == ()


def test_what_it_said_and_where_is_told():
    message = asked(raises).refusals[0].message
    assert "KeyError in test_python_rules.py, line " in message
    assert "ACME-Australia plan" in message


def test_the_example():
    rule = runpy.run_path(str(REPOSITORY / "examples" / "acme-rules" / "acme_rules" / "brand.py"))["house_style"]
    found = asked(rule)
    assert found.spec.name == "Acme Group plan"
    assert [change.path for change in found.changes] == [("name",), ("elements", 0, "body")]
    at_home = transformed(spec(), replace(CONTEXT, folder=("Drafts",)), [Transform(name="x", function=rule)])
    assert "drafts stay at home" in at_home.refusals[0].message


def test_what_is_given_is_plain():
    given = []

    def looks(document, context):
        given.append((document, context))
        return document

    assert asked(looks).changes == ()
    document = RuleDocument(kind="workbook", id="w1", name="ACME-Australia plan", description=None, body=BODY)
    assert given == [(document, CONTEXT)]
