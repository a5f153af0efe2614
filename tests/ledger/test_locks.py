"""One run a target at a time."""

import os
import socket
import subprocess
import sys
from dataclasses import replace

import pytest

from migrate.errors import LockHeld
from migrate.ledger.book import open_book
from migrate.ledger.locks import Owner, owner_here
from migrate.ledger.model import Entry, Home

MINE = owner_here("run-1")
ELSEWHERE = Owner(run="run-2", host="another-machine.example", pid=7, token="t")
HOME = Home(plan="acme", source_org="a", target_org="org-b")
ENTRY = Entry(run="run-1", home=HOME, kind="workbook", source_id="w", verb="create", state="planned", name="W")


def test_the_second_one_is_told_who_since_when_and_until_when(book):
    book.lock("org-b", ELSEWHERE, ttl=60, now=1_000_000_000.0)
    with pytest.raises(LockHeld) as held:
        book.lock("org-b", MINE, ttl=60, now=1_000_000_030.0)
    assert held.value.exit_code == 7
    for part in ("run-2", "another-machine.example", "2001-09-09T01:46:40Z", "2001-09-09T01:47:40Z"):
        assert part in str(held.value)
    book.lock("org-c", MINE, ttl=60, now=1_000_000_030.0)


def test_renewing_keeps_it_and_releasing_frees_it(book):
    first = book.lock("org-b", ELSEWHERE, ttl=60, now=100.0)
    renewed = book.renew("org-b", ELSEWHERE, ttl=60, now=150.0)
    assert (renewed.since, renewed.expires) == (first.since, 210.0)
    with pytest.raises(LockHeld):
        book.lock("org-b", MINE, ttl=60, now=205.0)
    book.release("org-b", MINE)
    assert book.holder("org-b").owner == ELSEWHERE, "nobody releases another's lock"
    book.release("org-b", ELSEWHERE)
    assert book.holder("org-b") is None
    assert book.lock("org-b", MINE, ttl=60, now=206.0).since == 206.0


def test_a_stale_one_is_taken_over_and_its_holder_finds_out_before_it_writes(url):
    with open_book(url) as theirs, open_book(url) as ours:
        theirs.lock("org-b", ELSEWHERE, ttl=60, now=100.0)
        theirs.intend(ENTRY)
        assert ours.lock("org-b", MINE, ttl=60, now=161.0).owner == MINE
        with pytest.raises(LockHeld, match="lost its lock"):
            theirs.intend(replace(ENTRY, source_id="other"))
        with pytest.raises(LockHeld):
            theirs.renew("org-b", ELSEWHERE, ttl=60, now=162.0)
        assert [entry.source_id for entry in ours.snapshot(HOME).open] == ["w"], "the fenced intent left nothing"
        ours.intend(replace(ENTRY, source_id="mine"))


def test_the_lock_of_a_process_that_is_gone_is_free_at_once(book):
    finished = subprocess.Popen([sys.executable, "-c", ""])
    finished.wait()
    gone = Owner(run="run-0", host=socket.gethostname(), pid=finished.pid, token="t")
    book.lock("org-b", gone, ttl=3600, now=100.0)
    assert book.lock("org-b", MINE, ttl=60, now=101.0).owner == MINE


def test_the_lock_of_a_living_process_is_not(book):
    alive = Owner(run="run-0", host=socket.gethostname(), pid=os.getppid(), token="t")
    book.lock("org-b", alive, ttl=3600, now=100.0)
    with pytest.raises(LockHeld):
        book.lock("org-b", MINE, ttl=60, now=101.0)


def test_another_run_of_this_very_process_holds_its_lock(book):
    book.lock("org-b", owner_here("run-0"), ttl=3600, now=100.0)
    with pytest.raises(LockHeld):
        book.lock("org-b", MINE, ttl=60, now=101.0)
    earlier_process = replace(owner_here("run-0"), token="of an earlier process that had this number")
    book.release("org-b", owner_here("run-0"))
    book.lock("org-b", earlier_process, ttl=3600, now=100.0)
    book.lock("org-b", MINE, ttl=60, now=101.0)
