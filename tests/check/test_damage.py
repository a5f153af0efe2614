"""A finished copy is damaged in every way we can think of, one at a time; checking it again finds each."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from kit.damages import DAMAGES, ROWS
from migrate.sandbox.faults import Fault

PAGE = Path(__file__).parents[2] / "docs" / "damage.md"
DOCUMENTS = {"Stalls": "data-model", "Market Day": "workbook", "Market Week": "report"}
NAMES = [f"{damage.document}: {damage.name}" for damage in DAMAGES]


@pytest.fixture
def whole(copied):
    yield copied
    copied.mend()


def failed(row):
    return {level for level, result in row.levels.items() if result == "fail"}


def test_what_nobody_damaged_is_a_match(whole):
    rows = whole.again()
    assert rows.keys() == DOCUMENTS.keys()
    assert {row.verdict for row in rows.values()} <= {"match", "match_declared"}
    assert not any(row.reason_code or failed(row) for row in rows.values())


@pytest.mark.parametrize("damage", DAMAGES, ids=NAMES)
def test_every_damage_is_found_where_it_is_and_nowhere_else(whole, damage):
    whole.damage(damage)
    rows = whole.again()
    row = rows[damage.document]
    assert row.state == damage.state
    assert failed(row) == damage.levels
    assert row.reason
    if damage.levels:
        real = [one for one in row.detail if one.kind != "normalised"]
        assert any(one.page or one.element or one.column or one.what for one in real), "no place in words"
    others = [row for name, row in rows.items() if name != damage.document]
    assert all(row.good for row in others) != damage.spreads


ONE_EACH = {(damage.document, damage.levels): damage for damage in DAMAGES}.values()


@pytest.mark.parametrize("damage", ONE_EACH, ids=[f"{one.document}: {one.name}" for one in ONE_EACH])
def test_what_was_damaged_and_mended_is_a_match_again(whole, damage):
    whole.damage(damage)
    assert not whole.again()[damage.document].good
    whole.mend()
    assert all(row.good and not failed(row) for row in whole.again().values())


def called(name):
    return next(damage for damage in DAMAGES if f"{damage.document}: {damage.name}" == name)


def loose_in_both(whole, name):
    """The row of a copy that is as loose as its source, whose newer version has not been copied yet."""
    for alias in ("source", "target"):
        whole.damage(called(f"Market Day: {name}"), alias)
    return whole.again()["Market Day"]


@pytest.mark.parametrize("name", ["two elements overlap", "an action opens nothing", "a control filters nothing"])
def test_what_is_loose_in_the_source_too_is_no_fault_of_the_copy(whole, name):
    row = loose_in_both(whole, name)
    assert row.levels["wiring"] == "inherited"
    assert row.verdict == "broken_in_source_too"
    assert any(one.level == "wiring" and one.found for one in row.detail)


@pytest.mark.parametrize("org", ["source", "target"])
@pytest.mark.parametrize("what", ["users", "teams"])
def test_values_that_cannot_be_read_are_not_taken_for_there(whole, org, what):
    whole.stage.sandbox.faults.add(
        Fault(action="status", org=org, status=403, path=f"/user-attributes/[^/]+/{what}", count=0)
    )
    row = whole.again()["Market Day"]
    assert (row.verdict, row.levels["security"]) == ("not_verifiable", "not_verifiable")
    assert "quarter" in row.reason
    assert "403" in row.reason


def test_a_rule_that_is_wrong_is_told_though_the_values_cannot_be_read(whole):
    whole.stage.sandbox.faults.add(Fault(action="status", status=403, path="/user-attributes/", count=0))
    whole.damage(called("Stalls: a row rule lets everybody in"))
    assert whole.again()["Stalls"].levels["security"] == "fail"


def page():
    """``docs/damage.md``."""
    levels = list(dict.fromkeys(level for damage in DAMAGES for level in sorted(damage.levels)))
    kinds = {"Stalls": "Data models", "Market Day": "Workbooks", "Market Week": "Reports"}
    lines = [
        "# What checking finds",
        "",
        f"{len(DAMAGES) + len(ROWS)} kinds of damage, each done by hand to a finished copy and looked for with",
        "`sigma-migrate verify`: none is a match. The mark says which level fails.",
        "`DOCS=write pytest tests/check/test_damage.py` writes this page from the damages that the tests do.",
        "",
    ]
    for document, title in kinds.items():
        lines += [f"## {title}", "", f"| what somebody did to the copy | {' | '.join(levels)} |"]
        lines += [f"|---|{':-:|' * len(levels)}"]
        for damage in DAMAGES:
            if damage.document == document:
                marks = ["✗" if level in damage.levels else "" for level in levels]
                told = "" if damage.levels else f" (told as *{damage.state.replace('_', ' ')}*, before any check)"
                lines.append(f"| {damage.name}{told} | {' | '.join(marks)} |")
        lines.append("")
    lines += [
        "## Rows",
        "",
        "What the level `data` finds, with nothing else asked for: every element of the workbook is",
    ]
    lines += ["exported on both sides, and what they add up to is compared.", ""]
    lines += ["| what somebody did to what the workbook shows | data |", "|---|:-:|"]
    lines += [f"| {damage.name} | ✗ |" for damage in ROWS]
    lines.append("")
    return "\n".join(lines)


def test_the_page_of_damages_says_what_the_tests_do():
    if os.environ.get("DOCS") == "write":
        PAGE.write_text(page(), encoding="utf-8")
    assert PAGE.read_text("utf-8") == page(), "DOCS=write pytest tests/check/test_damage.py writes it anew"


def test_no_two_damages_are_the_same_and_there_are_many():
    assert len(set(NAMES)) == len(NAMES)
    assert len(DAMAGES) >= 80
