"""Worker processes that are killed in the middle of a run: nothing twice, nothing lost, and the same in the end."""

from __future__ import annotations

import os

import pytest

from kit.pictures import differing, picture
from migrate.fleet.work import Lanes
from migrate.ledger.model import Ticket
from migrate.sandbox.faults import Fault

pytestmark = [pytest.mark.fleet, pytest.mark.timeout(900)]

FULL = os.environ.get("FLEET") == "full"


def killed(tenants, workers, kills):
    """The exit code of a run of so many workers of which each is killed at a write, and the others that came after."""
    waiting = [tenants.start("--worker", "night", "--yes", out=f"worker-{number}") for number in range(workers)]
    for number, (pid, (nth, effect)) in enumerate(zip(waiting, kills, strict=False)):
        org = tenants.names[number % tenants.count]
        fault = Fault(action="kill", pid=pid, org=org, method="POST", path="/spec$", nth=nth, effect=effect)
        tenants.running.sandbox.faults.add(fault)
    codes = [tenants.end(pid) for pid in waiting]
    codes.append(tenants.run("--worker", "night", "--yes", out="last"))
    return codes, tenants.run("--run", "night", "--gather", out="gather")


def test_a_killed_worker_costs_nothing(tenants):
    with tenants(4) as alone:
        assert alone.run("--yes") == 0
        expected = picture(alone)
    with tenants(4) as fleet:
        codes, code = killed(fleet, 2, [(1, True)])
        assert (codes.count(-9), codes.count(0)) == (1, 2)
        assert code == 0
        assert differing(picture(fleet), expected) == []
        losses = fleet.losses()
        assert losses.pop("made") == 4 * 3
        assert set(losses.values()) == {0}


def test_what_a_worker_died_of_is_begun_beside_no_other():
    well, given_back = Ticket(run="r", target="a", wave=1), Ticket(run="r", target="b", wave=1, attempt=1, returned=1)
    killer = Ticket(run="r", target="c", wave=1, attempt=1)
    lanes = Lanes()
    with lanes.taken(well):
        assert [lanes.free_for(one) for one in (well, given_back, killer)] == [True, True, False]
    with lanes.taken(killer):
        assert [lanes.free_for(one) for one in (well, given_back, killer)] == [False, False, False]
    assert lanes.free_for(killer)
    assert lanes.free_for(well)


@pytest.mark.skipif(not FULL, reason="make fleet")
@pytest.mark.parametrize("ledger", ["sqlite", "postgresql"])
def test_fifty_tenants_and_four_workers_of_which_three_are_killed(tenants, ledger, request):
    state = request.getfixturevalue("database") if ledger == "postgresql" else ""
    with tenants(50) as alone:
        assert alone.run("--yes") == 0
        expected = picture(alone)
    with tenants(50, state=state) as fleet:
        codes, code = killed(fleet, 4, [(1, False), (1, True), (2, False)])
        assert codes.count(-9) >= 1
        assert codes[-1] == 0
        assert code == 0
        assert differing(picture(fleet), expected) == []
        losses = fleet.losses()
        assert losses.pop("made") == 50 * 3
        assert set(losses.values()) == {0}
