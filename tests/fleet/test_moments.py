"""Workers that die, stand still or have another clock, at every moment that matters to the ledger."""

from __future__ import annotations

import itertools
import os
import signal
from pathlib import Path

import pytest

from kit.pictures import differing, picture
from kit.waiting import until
from migrate.ledger.book import open_book
from migrate.sandbox.faults import Fault

pytestmark = [pytest.mark.fleet, pytest.mark.timeout(900)]
FULL = os.environ.get("FLEET") == "full"
full = pytest.mark.skipif(not FULL, reason="make fleet")
NOTHING = {"duplicates": 0, "orphans": 0, "lost": 0, "open": 0}

MOMENTS = {
    "before its target is locked": {"at": ["Sending GET"]},
    "before a write leaves": {"at": ["Sending POST /spec"]},
    "when the answer is there and not recorded": {"at": ["Answered POST /spec"]},
    "when the last write is recorded": {"at": ["Recorded done"] * 3},
    "when all is recorded": {"at": ["Recorded ticket"]},
}
"""Moment -> the events at which a worker kills itself; of several the last one, which nothing else stands in for."""


def whole(fleet, expected, code=0):
    """The run is gathered, and is what one undisturbed process would have come to."""
    assert fleet.gather() == code, (fleet.folder / "gather").read_text()
    assert differing(picture(fleet), expected) == []
    assert fleet.losses() == {**NOTHING, "made": 3 * fleet.count}


@full
def test_a_worker_is_killed_at_every_moment(tenants, ledger, undisturbed):
    expected = undisturbed(len(MOMENTS))
    with tenants(len(MOMENTS), state=ledger, canaries=len(MOMENTS)) as fleet:
        killed = {
            target: fleet.work(target, strikes=signal.SIGKILL, **more)
            for target, more in zip(fleet.names, MOMENTS.values(), strict=True)
        }
        assert [fleet.end(pid) for pid in killed.values()] == [-9] * len(MOMENTS)
        with open_book(fleet.state) as book:
            (run,) = book.runs("small")
            done = [ticket.target for ticket in book.fleets.tickets(run.id) if ticket.done]
        assert done == [fleet.names[-1]], "only the one whose work was recorded as a whole"
        assert [fleet.end(pid) for pid in [fleet.work(target) for target in fleet.names]] == [0] * len(MOMENTS)
        whole(fleet, expected)


@full
@pytest.mark.parametrize("wakes", ["while the next one writes", "when the next one is through"])
def test_a_worker_that_stood_still_longer_than_its_lock_lasts(tenants, ledger, undisturbed, wakes):
    expected = undisturbed(1)
    with tenants(1, state=ledger, pace=4.0 if "writes" in wakes else 1000.0) as fleet:
        first = fleet.work("t000", lease=2.0, at=["Sending POST /spec"], strikes=signal.SIGSTOP)
        until(lambda: stands_still(first))
        assert fleet.documents_sent() == 0
        second = fleet.work(lease=2.0)
        if "writes" in wakes:
            until(fleet.documents_sent)
            assert fleet.documents_sent() < 3
            os.kill(first, signal.SIGCONT)
            codes = [fleet.end(second), fleet.end(first)]
        else:
            codes = [fleet.end(second)]
            os.kill(first, signal.SIGCONT)
            codes.append(fleet.end(first))
        assert codes == [0, 7]
        assert fleet.documents_sent() == 3, "the first one wrote nothing more"
        whole(fleet, expected)


def stands_still(pid):
    """Whether a process was stopped by a signal."""
    return Path(f"/proc/{pid}/stat").read_text("ascii", errors="replace").rpartition(")")[2].split()[0] == "T"


@full
def test_a_worker_whose_clock_is_ten_minutes_off(tenants, ledger, undisturbed):
    expected = undisturbed(6)
    with tenants(6, state=ledger) as fleet:
        slow = fleet.work(skew=-600, lease=3.0, at=["Recorded intended"], strikes=signal.SIGKILL)
        fast = fleet.work(skew=600, lease=3.0)
        assert [fleet.end(slow), fleet.end(fast)] == [-9, 0]
        whole(fleet, expected)


@full
def test_a_tenant_that_kills_whoever_works_on_it(tenants, ledger):
    with tenants(4, state=ledger, canaries=4) as fleet:
        for _ in range(3):
            assert fleet.end(fleet.work("t002", at=["Recorded intended"], strikes=signal.SIGKILL)) == -9
        sent = len(fleet.running.sandbox.evidence.writes("t002"))
        assert fleet.end(fleet.work()) == 0
        assert len(fleet.running.sandbox.evidence.writes("t002")) == sent, "a fourth one does not touch it"
        assert fleet.gather() == 1
        rows, _, _ = picture(fleet)
        found = {(row["target"], row["outcome"], row["reason_code"]) for row in rows if row["target"] == "t002"}
        assert {("t002", "not_attempted", "worker_lost")} <= found
        assert {row["outcome"] for row in rows if row["target"] != "t002"} == {"created"}


@full
def test_a_tenant_that_kills_a_worker_of_many_takes_no_other_along(tenants, ledger):
    with tenants(4, state=ledger, canaries=4) as fleet:
        for _ in range(3):
            assert fleet.end(fleet.work(at=["Sending t002 POST /spec"], strikes=signal.SIGKILL)) == -9
        assert fleet.end(fleet.work()) == 0
        assert fleet.gather() == 1
        rows, _, _ = picture(fleet)
        assert {row["outcome"] for row in rows if row["target"] != "t002"} == {"created"}
        assert ("not_attempted", "worker_lost") in {
            (row["outcome"], row["reason_code"]) for row in rows if row["target"] == "t002"
        }


@full
def test_what_the_source_asks_of_one_worker_all_of_them_do(tenants, ledger, undisturbed):
    expected = undisturbed(8)
    with tenants(8, state=ledger, canaries=8) as fleet:
        busy = Fault(action="status", org="north", path="/token$", nth=2, status=429, retry_after="4")
        fleet.running.sandbox.faults.add(busy)
        waiting = [fleet.work() for _ in range(4)]
        assert [fleet.end(pid) for pid in waiting] == [0] * 4
        asked = [one for one in fleet.running.sandbox.evidence.of("north") if one.path.endswith("/token")]
        assert [one.status for one in asked].count(429) == 1
        turns = [after.started - before.started for before, after in itertools.pairwise(asked)]
        assert len(asked) == 5
        assert min(turns) > 0.9, "a second apart, but for what a request may be late on its way"
        refused = next(one.started for one in asked if one.status == 429)
        later = [one.started - refused for one in asked if one.started > refused]
        # Who had looked at the board a moment before may be a second behind; nobody else asks.
        assert [seconds for seconds in later if 2.1 < seconds < 3.9] == []
        whole(fleet, expected)


@full
def test_a_canary_that_fails_lets_nobody_begin_the_next_wave(tenants, ledger):
    with tenants(6, state=ledger) as fleet:
        fleet.running.sandbox.faults.add(
            Fault(action="status", org="t000", method="POST", path="/spec$", count=1, status=400)
        )
        waiting = [fleet.work() for _ in range(3)]
        assert [fleet.end(pid) for pid in waiting] == [0] * 3
        assert fleet.gather() == 9
        rows, _, _ = picture(fleet)
        later = {(row["outcome"], row["reason_code"]) for row in rows if row["target"] not in ("t000", "t001")}
        assert later == {("not_attempted", "held_back")}
        asked = {entry.org for entry in fleet.running.sandbox.evidence.entries}
        assert asked == {"north", "t000", "t001"}, "not even looked at"
