"""What a wave must come to before the next one begins, and when no other target is begun."""

from __future__ import annotations

import pytest

from migrate.change.model import Outcome
from migrate.check.model import Finding
from migrate.errors import ServiceError
from migrate.inventory.model import Key
from migrate.plan.model import Plan, Tenant
from migrate.plan.orgs import Source
from migrate.plan.policies import Policy
from migrate.plan.running import Gate, Limits
from migrate.run.gates import Ended, ended, idle, passed, stopped, waves

GREEN = Ended(documents=10, bad=0, failed=0, trouble=False)
RED = Ended(documents=10, bad=1, failed=1, trouble=False)
DEAD = Ended(documents=10, bad=10, failed=0, trouble=True)

WAVES = {
    "all green": (Gate(), 1, [GREEN, GREEN], ""),
    "one document of the canary": (
        Gate(),
        1,
        [RED],
        "1 of its 10 documents are not right, more than 0 percent and 1 of its 1 targets",
    ),
    "a later wave, with the gate at the first alone": (Gate(), 2, [DEAD], ""),
    "a later wave": (Gate(after="every"), 2, [GREEN, RED], "wave 2 did not pass its gate"),
    "what is allowed": (Gate(documents_percent=10, targets_percent=50), 1, [GREEN, RED], ""),
    "a little more documents": (
        Gate(documents_percent=4, targets_percent=50),
        1,
        [GREEN, RED],
        "1 of its 20 documents",
    ),
    "a little more targets": (
        Gate(documents_percent=90, targets_percent=49),
        1,
        [GREEN, DEAD],
        "1 of its 2 targets failed",
    ),
    "a dead tenant without a document": (
        Gate(),
        1,
        [Ended(documents=0, bad=0, failed=0, trouble=True)],
        "1 of its 1 targets",
    ),
}


@pytest.mark.parametrize("name", WAVES, ids=str)
def test_a_gate(name):
    gate, number, wave, expected = WAVES[name]
    held = passed(gate, number, {f"t{n}": one for n, one in enumerate(wave)})
    assert (expected in held.message) if expected else held is None
    if held:
        assert (held.code, held.exit_code) == ("held_back", 9)


STOPS = {
    "nobody failed": (Policy(), [GREEN] * 9, ""),
    "one failed, go on": (Policy(), [GREEN, RED], ""),
    "one failed, stop": (Policy(on_error="stop"), [GREEN, RED], "policy.on_error is stop, and t1 failed"),
    "only blocked, stop": (Policy(on_error="stop"), [Ended(documents=3, bad=1, failed=0, trouble=False)], ""),
    "too many": (Policy(), [DEAD, DEAD, DEAD, GREEN], "3 of 4 targets failed, more than 50 percent"),
    "too few to say": (Policy(), [DEAD, DEAD, DEAD], ""),
    "just half": (Policy(), [DEAD, DEAD, GREEN, GREEN], ""),
}


@pytest.mark.parametrize("name", STOPS, ids=str)
def test_a_breaker_across_targets(name):
    policy, finished, expected = STOPS[name]
    held = stopped(policy, {f"t{n}": one for n, one in enumerate(finished)})
    assert (expected in held.message) if expected else held is None


def test_what_counts_as_not_right():
    keys = [Key(org="o", kind="workbook", id=str(n)) for n in range(5)]
    names = ("created", "blocked", "failed", "unchanged", "created")
    outcomes = [Outcome(target="t", key=key, outcome=name) for key, name in zip(keys, names, strict=True)]
    findings = [Finding(target="t", key=keys[4], verdict="mismatch"), Finding(target="t", key=keys[0], verdict="match")]
    assert ended(outcomes, findings, None) == Ended(documents=5, bad=3, failed=1, trouble=False)
    assert ended((), (), ServiceError("x", code="service")).red


@pytest.mark.parametrize(
    ("gate", "rows", "told"),
    [
        (Gate(after="every"), {"a": "1", "b": "1"}, True),
        (Gate(after="every"), {"a": "1", "b": "2"}, False),
        (Gate(after="every"), {"a": "1", "b": ""}, False),
        (Gate(), {"a": "1", "b": "1"}, False),
    ],
)
def test_a_gate_that_nothing_stands_behind_is_told(gate, rows, told):
    tenants = tuple(Tenant(tenant=name, values={"wave": wave}) for name, wave in rows.items())
    plan = Plan(name="p", orgs={}, source=Source(org="s"), targets=tuple(rows), tenants=tenants, run=Limits(gate=gate))
    assert ("run.gate holds nothing back" in idle(plan, list(rows))) == told


def test_waves_begin_with_the_lowest():
    rows = {"a": "10", "b": "2", "c": "", "d": "2"}
    tenants = tuple(Tenant(tenant=name, values={"wave": wave}) for name, wave in rows.items())
    plan = Plan(name="p", orgs={}, source=Source(org="s"), targets=tuple(rows), tenants=tenants)
    assert waves(plan, list(rows)) == [["c"], ["b", "d"], ["a"]]
