"""Processes that ask the same host: what one is told to wait all wait, and tokens are asked for in turns of all."""

from __future__ import annotations

import itertools
import sys

import anyio
import pytest
import sqlalchemy as sa

from migrate.ledger.book import open_book
from migrate.sigma.model import Clock
from migrate.sigma.pace import PARK_FIRST, TOKEN_GAP, Hosts

STRIKES = """
import sys
from migrate.ledger.book import open_book
from migrate.sigma.pace import Hosts
with open_book(sys.argv[1]) as book:
    hosts = Hosts()
    hosts.share(book.pauses)
    hosts.host("api").strike(hosts.clock.now(), 300.0)
"""


@pytest.fixture
def anyio_backend():
    return "asyncio"


class Frozen:
    """Time that passes only where somebody sleeps; ``slept`` is for how long each time."""

    def __init__(self):
        self.at, self.slept, self.meanwhile = 1000.0, [], print
        self.clock = Clock(now=lambda: self.at, sleep=self.sleep, luck=lambda: 0.5)

    async def sleep(self, seconds):
        self.slept.append(seconds)
        self.at += seconds
        self.meanwhile()
        await anyio.lowlevel.checkpoint()

    def hosts(self, book):
        hosts = Hosts(self.clock)
        hosts.share(book.pauses)
        return hosts.host("api")


@pytest.mark.anyio
async def test_what_one_process_is_told_to_wait_another_one_waits(url):
    time = Frozen()
    with open_book(url) as book:
        host = time.hosts(book)
        await host.opened()
        assert time.slept == []
        await anyio.run_process([sys.executable, "-c", STRIKES, url])
        await host.opened()
        assert time.slept == [], "the board is looked at once a second at most"
        time.at += 1.0
        told = []
        host.join(told.append)

        def it_is_over():  # the database's own time stands almost still meanwhile
            with book._at.writing() as here:
                here.execute(sa.text("UPDATE pauses SET until = 0"))

        time.meanwhile = it_is_over
        await host.opened()
        (seconds, *_) = told
        assert 200 < seconds <= 300
        assert 200 < time.slept[0] <= 300
        assert host.paused > 200


@pytest.mark.anyio
async def test_a_shorter_pause_takes_nothing_from_a_longer_one(book):
    book.pauses.pause("api", 300.0)
    book.pauses.pause("api", 2.0)
    book.pauses.pause("other", 2.0)
    assert 200 < book.pauses.remaining("api") <= 300
    assert 0 <= book.pauses.remaining("other") <= 2
    assert book.pauses.remaining("never") == 0


@pytest.mark.anyio
async def test_no_two_token_turns_of_two_processes_are_closer_than_a_second(url):
    starts, one, other = [], Frozen(), Frozen()
    with open_book(url) as book, open_book(url) as second:
        for host in itertools.islice(itertools.cycle([one.hosts(book), other.hosts(second)]), 8):
            await host.token_turn()
            with book._at.reading() as seen:
                starts.append(seen.execute(sa.text("SELECT token_free_at FROM pauses")).scalar_one() - TOKEN_GAP)
    assert all(after - before >= TOKEN_GAP - 1e-3 for before, after in itertools.pairwise(starts))
    assert sum(one.slept) + sum(other.slept) > 8, "who has a later turn waits for it"


@pytest.mark.anyio
async def test_without_the_database_each_goes_at_its_own_pace(tmp_path):
    time = Frozen()
    with open_book(f"sqlite:///{tmp_path}/state.db") as book:
        host = time.hosts(book)
        with book._at.writing() as here:
            here.execute(sa.text("DROP TABLE pauses"))
        for _ in range(3):
            await host.token_turn()
        assert time.slept == pytest.approx([TOKEN_GAP, TOKEN_GAP])
        host.strike(time.at, None)
        await host.opened()
        assert time.slept[-1] == pytest.approx(PARK_FIRST * 0.875)
