"""What comparing rows will cost, and what it looked at: numbers first, and sentences made of them."""

from __future__ import annotations

import pytest

from migrate.check.model import Finding
from migrate.check.rows_compared import rows_compared, rows_cost, told
from migrate.inventory.model import Key
from migrate.plan.proving import DataCheck, Verification


def key(number, kind="workbook"):
    return Key(org="acme", kind=kind, id=f"{kind}-{number}")


KEYS = [key(1), key(2), key(3, "data-model"), key(4, "report")]
ASKED = Verification(levels=("exists", "data"), data=DataCheck(sample=5, elements=("Sales*",)))


def test_the_cost_is_counted_before_anything_is_asked():
    cost = rows_cost("group", KEYS, ASKED)
    assert (cost.workbooks, cost.elements, cost.requests, cost.minutes) == (2, 10, 42, 0.05)
    assert "at most 10 elements on both sides" in cost.says
    assert "called Sales*" in cost.says
    assert "up to 42 requests" in cost.says


@pytest.mark.parametrize(("keys", "asked"), [(KEYS, Verification(levels=("exists",))), (KEYS[2:], ASKED), ([], ASKED)])
def test_what_nobody_asks_for_costs_nothing(keys, asked):
    assert rows_cost("group", keys, asked) is None


def test_what_was_looked_at_and_what_was_not_are_numbers():
    levels = ({"data": "pass"}, {"exists": "pass"}, {}, {})
    findings = [
        Finding(target="group", key=one, verdict="match", levels=of) for one, of in zip(KEYS, levels, strict=True)
    ]
    one = rows_compared("group", findings, ASKED.data)
    assert one.looked_at == {"data-model": 0, "workbook": 1, "report": 0}
    assert one.not_exported == {"data-model": 1, "workbook": 0, "report": 1}
    assert one.not_called == {"data-model": 0, "workbook": 1, "report": 0}
    assert [text.partition(":")[0] for text in told(one)] == [
        "the level data looked at rows of 1 workbook, both sides as they stood at that moment",
        "the level data says nothing of 1 data model and 1 report",
        "the level data says nothing of 1 workbook",
    ]


def test_nothing_is_said_of_what_there_is_none_of():
    one = rows_compared(
        "group", [Finding(target="group", key=KEYS[0], verdict="match", levels={"data": "pass"})], ASKED.data
    )
    assert len(list(told(one))) == 1
