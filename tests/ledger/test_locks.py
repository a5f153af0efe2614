"""One work a target at a time."""

import os
import subprocess
import sys
import time
from dataclasses import replace

import pytest

from migrate.errors import LockHeld
from migrate.ledger.book import open_book
from migrate.ledger.model import Copy, Entry, Home, Run
from migrate.ledger.owner import Owner, is_gone, owner_here

MINE = owner_here("run-1")
ELSEWHERE = Owner(run="run-2", host="another-machine.example", pid=7, token="t", boot="another boot")
HOME = Home(plan="acme", source_org="a", target_org="org-b")
ENTRY = Entry(run="run-1", home=HOME, kind="workbook", source_id="w", verb="create", state="planned", name="W")
COPY = Copy(
    home=HOME,
    kind="workbook",
    source_id="w",
    target_id="t",
    name="W",
    folder_id="f",
    digest_sent="s",
    digest_read="r",
    version_read=1,
)
linux = pytest.mark.skipif(not MINE.boot, reason="this system tells no boot id")


def test_the_second_one_is_told_who_since_when_and_until_when(book):
    held = book.lock("org-b", ELSEWHERE, ttl=60)
    with pytest.raises(LockHeld) as refused:
        book.lock("org-b", MINE, ttl=60)
    assert refused.value.exit_code == 7
    moments = [time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at)) for at in (held.since, held.expires)]
    for part in ("run-2", "another-machine.example", *moments):
        assert part in str(refused.value)
    assert held.expires - held.since == pytest.approx(60, abs=1)
    book.lock("org-c", MINE, ttl=60)


def test_renewing_keeps_it_and_releasing_frees_it(book):
    first = book.lock("org-b", ELSEWHERE, ttl=60)
    renewed = book.renew(first, ttl=90)
    assert renewed.since == first.since
    assert renewed.expires > first.expires
    with pytest.raises(LockHeld):
        book.lock("org-b", MINE, ttl=60)
    book.release(first)
    assert book.holder("org-b") is None
    second = book.lock("org-b", MINE, ttl=60)
    assert second.fence > first.fence
    book.release(first)
    assert book.holder("org-b").owner == MINE, "nobody releases another's lock"


def test_a_stale_one_is_taken_over_and_its_holder_can_record_nothing_more(url):
    with open_book(url) as theirs, open_book(url) as ours:
        lost = theirs.lock("org-b", ELSEWHERE, ttl=-1)
        intended = theirs.intend(ENTRY)
        answered = theirs.intend(replace(ENTRY, source_id="answered"))
        assert ours.lock("org-b", MINE, ttl=60).owner == MINE
        for late in (
            lambda: theirs.intend(replace(ENTRY, source_id="other")),
            lambda: theirs.sent(intended, "t"),
            lambda: theirs.done(answered, replace(COPY, source_id="answered")),
            lambda: theirs.failed(intended, "x", "y"),
            lambda: theirs.adopt(COPY),
            lambda: theirs.renew(lost, ttl=60),
        ):
            with pytest.raises(LockHeld, match="lost its lock"):
                late()
        assert ours.snapshot(HOME).open == (intended, answered), "nothing of it was recorded"
        assert ours.snapshot(HOME).copies == {}
        ours.done(ours.sent(intended, "t"), COPY)


def test_what_is_released_records_nothing_more(book):
    held = book.lock("org-b", MINE, ttl=60)
    intended = book.intend(ENTRY)
    book.release(held)
    with pytest.raises(LockHeld, match="was released"):
        book.sent(intended, "t")


def test_the_lock_of_a_process_that_is_gone_is_free_at_once(book):
    finished = subprocess.Popen([sys.executable, "-c", ""])
    finished.wait()
    book.lock("org-b", replace(MINE, run="run-0", pid=finished.pid, token="t"), ttl=3600)
    assert book.lock("org-b", MINE, ttl=60).owner == MINE


@linux
def test_a_process_that_ended_and_that_nobody_waited_for_is_gone():
    zombie = subprocess.Popen([sys.executable, "-c", ""])
    os.waitid(os.P_PID, zombie.pid, os.WEXITED | os.WNOWAIT)
    assert is_gone(replace(MINE, pid=zombie.pid, started=""))
    zombie.wait()


@pytest.mark.parametrize(
    "more",
    [
        {"pid": os.getppid(), "started": ""},
        {"pid": 1, "started": ""},
        pytest.param({"pid": 2**22 + 1, "pid_namespace": "pid:[1]"}, marks=linux),
        pytest.param({"pid": 2**22 + 1, "boot": "of the same host name"}, marks=linux),
        {"pid": 2**22 + 1, "boot": "", "pid_namespace": "", "host": "another"},
    ],
    ids=["alive", "somebody else's", "another container", "another machine", "a machine that tells no boot id"],
)
def test_what_cannot_be_known_to_be_gone_is_waited_for(book, more):
    book.lock("org-b", replace(MINE, run="run-0", token="t", **more), ttl=3600)
    with pytest.raises(LockHeld):
        book.lock("org-b", MINE, ttl=60)


@linux
def test_a_process_of_the_same_number_that_began_later_is_another(book):
    book.lock("org-b", replace(MINE, run="run-0", token="t", started="1"), ttl=3600)
    assert book.lock("org-b", MINE, ttl=60).owner == MINE


def test_another_work_of_this_very_process_holds_its_lock(book):
    book.lock("org-b", owner_here("run-0"), ttl=3600)
    for other in (MINE, owner_here("run-0")):
        with pytest.raises(LockHeld):
            book.lock("org-b", other, ttl=60)


def test_a_later_attempt_of_the_same_run_takes_over_at_once(url):
    run = Run(id="run-2", plan="acme", plan_sha256="00", started_at="")
    with open_book(url) as first, open_book(url) as second:
        attempts = [first.start_run(run).attempt, second.start_run(run).attempt]
        assert attempts == [1, 2] == [first.attempt("run-2"), second.attempt("run-2")]
        first.lock("org-b", replace(ELSEWHERE, attempt=1), ttl=3600)
        intended = first.intend(ENTRY)
        with pytest.raises(LockHeld):
            second.lock("org-b", replace(MINE, attempt=2), ttl=60)
        again = replace(owner_here("run-2", second.attempt("run-2")), host="a third machine")
        assert second.lock("org-b", again, ttl=60).owner == again
        with pytest.raises(LockHeld, match="lost its lock"):
            first.sent(intended, "t")
        with pytest.raises(LockHeld):
            first.lock("org-b", replace(ELSEWHERE, attempt=1, token="u"), ttl=60)


def test_a_person_may_break_a_lock_and_its_holder_finds_out(url):
    with open_book(url) as theirs, open_book(url) as ours:
        assert ours.unlock("org-b") is None
        held = theirs.lock("org-b", ELSEWHERE, ttl=3600)
        assert ours.unlock("org-b") == held
        assert ours.holder("org-b") is None
        with pytest.raises(LockHeld):
            theirs.intend(ENTRY)
        assert ours.lock("org-b", MINE, ttl=60).fence > held.fence


def test_a_run_that_was_refused_leaves_nothing_and_one_that_wrote_stays(book):
    for run_id in ("refused", "run-1"):
        book.start_run(Run(id=run_id, plan="acme", plan_sha256="00", started_at=""))
    book.intend(ENTRY)
    for run_id in ("refused", "run-1"):
        book.drop_run(run_id)
    assert [run.id for run in book.runs()] == ["run-1"]
