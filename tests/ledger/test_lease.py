"""The lock is held for as long as a block takes, and lost only to somebody who may take it."""

import anyio
import anyio.lowlevel
import pytest

from migrate.errors import LockHeld, ServiceError
from migrate.ledger.book import open_book
from migrate.ledger.lease import leased
from migrate.ledger.owner import Owner

pytestmark = pytest.mark.anyio

OTHER = Owner(run="run-2", host="another-machine.example", pid=7, token="t", boot="b")


@pytest.fixture
def anyio_backend():
    return "asyncio"


async def test_it_is_given_back_and_errors_come_out_as_they_are(book):
    async def work():
        async with leased(book, "org-b", "run-1"):
            assert book.holder("org-b").owner.run == "run-1"
            raise ServiceError("as it is")

    with pytest.raises(ServiceError, match="as it is"):
        await work()
    assert book.holder("org-b") is None


async def test_it_is_renewed_while_the_block_works(book):
    async with leased(book, "org-b", "run-1", seconds=0.15):
        first = book.holder("org-b")
        for _ in range(1000):
            await anyio.sleep(0.01)
            if book.holder("org-b").expires > first.expires:
                break
        else:
            pytest.fail("it was not renewed")
        assert book.holder("org-b").since == first.since


async def test_a_second_holder_is_refused_with_the_name_of_the_first(book):
    book.lock("org-b", OTHER, ttl=60)
    with pytest.raises(LockHeld, match="run-2"):
        async with leased(book, "org-b", "run-1"):
            raise AssertionError("never reached")


async def test_a_block_whose_lock_was_taken_over_is_cut_off(url):
    async def work(book, thief):
        async with leased(book, "org-b", "run-1", seconds=0.15):
            thief.unlock("org-b")
            thief.lock("org-b", OTHER, ttl=600)
            await anyio.sleep_forever()

    with open_book(url) as book, open_book(url) as thief:
        with pytest.raises(LockHeld, match="lost its lock"):
            await work(book, thief)
        assert thief.holder("org-b").owner == OTHER


async def test_a_lock_is_waited_for_as_long_as_was_said(url):
    slept = []

    async def sleep(seconds):
        slept.append(seconds)
        if len(slept) == 3:
            theirs.release(held)
        await anyio.lowlevel.checkpoint()

    with open_book(url) as theirs, open_book(url) as ours:
        held = theirs.lock("org-b", OTHER, ttl=600)
        with pytest.raises(LockHeld):
            async with leased(ours, "org-b", "run-1", wait=3.0, sleep=sleep):
                raise AssertionError("never reached")
        assert slept == [2.0, 1.0]
        async with leased(ours, "org-b", "run-1", wait=600.0, sleep=sleep):
            assert ours.holder("org-b").owner.run == "run-1"
        assert slept == [2.0, 1.0, 2.0]


async def test_two_works_of_one_process_never_hold_one_lock(book):
    async with leased(book, "org-b", "run-1"):
        with pytest.raises(LockHeld):
            async with leased(book, "org-b", "run-1"):
                raise AssertionError("never reached")


async def test_a_lease_covers_nothing_that_leaves_after_its_time(book):
    """Counted here and from before the ledger was asked: a process that was stopped knows before it sends."""
    now = [100.0]
    async with leased(book, "org-b", "run-1", seconds=60.0, clock=lambda: now[0]) as lease:
        assert lease.covers_now()
        now[0] = 159.0
        assert lease.covers_now()
        lease.asked()
        now[0] = 161.0
        assert not lease.covers_now(), "what was only asked for is not granted"
        lease.granted()
        assert lease.covers_now()
        now[0] = 218.9
        assert lease.covers_now()
        now[0] = 219.0
        assert not lease.covers_now()
