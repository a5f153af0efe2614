"""Whoever leads a run of an engine, stopped or dead: workers come to a clean stop, and the same command goes on."""

from __future__ import annotations

import os
import signal
import threading
from contextlib import asynccontextmanager
from dataclasses import replace

import anyio
import pytest

from kit.engines import Threads, dask
from kit.environs import known_here
from kit.pictures import differing, picture
from kit.waiting import until
from migrate import Migration
from migrate.errors import Interrupted, LockHeld
from migrate.fleet.spread import work_order
from migrate.ledger.book import open_book
from migrate.ledger.owner import owner_here

pytestmark = [pytest.mark.fleet, pytest.mark.timeout(900)]
FULL = os.environ.get("FLEET") == "full"
COUNT = 12


class Gone(Exception):
    """The leader of a run is no more."""


class Abandoned(Threads):
    """An engine whose threads go on when nobody leads the run any more, and that says what became of its orders."""

    def __init__(self):
        super().__init__()
        self.begun = []

    @asynccontextmanager
    async def __call__(self, address, width):
        yield self.submit, width

    def submit(self, order, key):
        self.begun.append(super().submit(order, key))
        return self.begun[-1]


@pytest.mark.skipif(not FULL, reason="make fleet")
@pytest.mark.anyio
async def test_one_process_at_a_time_leads_a_plan(tenants):
    with tenants(1) as fleet, known_here(fleet.environ):
        refused = []

        class Second(Threads):
            @asynccontextmanager
            async def __call__(self, address, width):
                async with Migration(fleet.loaded(), environ=fleet.environ) as other:
                    with pytest.raises(LockHeld, match="plan is locked by run") as held:
                        await other.spread(fleet.folder, Threads())
                    refused.append(held.value.exit_code)
                async with super().__call__(address, width) as engine:
                    yield engine

        async with Migration(fleet.loaded(), environ=fleet.environ) as migration:
            result = await migration.spread(fleet.folder, Second())
        assert (result.exit_code, refused) == (0, [7])
        assert fleet.losses()["made"] == 3


@pytest.mark.anyio
async def test_nothing_is_begun_for_a_run_that_nobody_leads(tenants):
    with tenants(1) as fleet, known_here(fleet.environ):

        class Dies(Threads):
            def submit(self, order, key):
                self.orders.append(order)
                raise Gone

        engine = Dies()
        async with Migration(fleet.loaded(), environ=fleet.environ) as migration:
            with pytest.raises(Gone):
                await migration.spread(fleet.folder, engine)
        (order,) = engine.orders

        async def code():
            return (await anyio.to_thread.run_sync(work_order, order))["exit_code"]

        run, place = order["run"], "leading small"
        elsewhere = replace(owner_here(run), boot="another machine's", pid_namespace="another")
        with open_book(fleet.state) as book:
            for owner, seconds in ((elsewhere, -1.0), (owner_here("another run"), 60.0)):
                held = book.lock(place, owner, ttl=seconds)
                assert await code() == Interrupted.exit_code, owner
                book.release(held)
            assert await code() == Interrupted.exit_code
            assert [ticket.attempt for ticket in book.fleets.tickets(run)] == [0]
            assert not fleet.running.sandbox.evidence.writes("t000")
            held = book.lock(place, elsewhere, ttl=60)
            assert await code() == 0, "led from another machine, by the ledger's clock"
            book.release(held)
        async with Migration(fleet.loaded(), environ=fleet.environ) as migration:
            result = await migration.spread(fleet.folder, Threads())
        assert (result.exit_code, result.run_id) == (0, run)


@pytest.mark.anyio
async def test_what_is_under_way_when_the_leader_is_gone_ends_cleanly(tenants):
    with tenants(2, pace=5.0) as fleet, known_here(fleet.environ):
        engine = Abandoned()

        def dies():
            if len(fleet.running.sandbox.evidence.of("t000")) > 8:  # some twenty are left, which take seconds
                raise Gone
            return False

        async with Migration(fleet.loaded(), environ=fleet.environ, stop=dies) as migration:
            with pytest.raises(Gone):
                await migration.spread(fleet.folder, engine)
        engine.pool.shutdown()
        assert {one.result()["exit_code"] for one in engine.begun} == {Interrupted.exit_code}
        losses = fleet.losses()
        assert losses.pop("made") < 2 * 3
        assert set(losses.values()) == {0}
        fleet.pace = 1000.0
        with open_book(fleet.state) as book:
            tickets = book.fleets.tickets(engine.orders[0]["run"])
        assert [(one.attempt, one.returned) for one in tickets] == [(1, 1), (1, 1)], "stopping is nothing against them"
        async with Migration(fleet.loaded(), environ=fleet.environ) as migration:
            result = await migration.spread(fleet.folder, Threads())
        assert (result.exit_code, result.run_id) == (0, engine.orders[0]["run"])
        assert result.reconciliation.totals["t000"]["created"] == 3, "by whichever attempt"
        assert fleet.losses() == {"made": 2 * 3, "duplicates": 0, "orphans": 0, "lost": 0, "open": 0}


def ends(fleet, pid, how):
    """The exit code of the process that leads, which is killed, asked to stop, or asked twice."""
    until(lambda: fleet.documents_sent() > len(fleet.names) // 2)
    os.kill(pid, signal.SIGKILL if how == "killed" else signal.SIGINT)
    if how == "asked twice":
        os.kill(pid, signal.SIGTERM)  # as good as a second Ctrl-C; two of one signal may arrive as one
    return fleet.end(pid)


def at_rest(fleet):
    """Nobody works on a ticket of the run any more: its id."""
    with open_book(fleet.state) as book:
        found = book.fleets.cut_off("small", fleet.loaded().sha256)
        places = [ticket.place for ticket in book.fleets.tickets(found.run)]
        until(lambda: all(held is None or not held.working for held in map(book.holder, places)))
    return found.run


@pytest.mark.skipif(not FULL, reason="make fleet")
@pytest.mark.parametrize("ledger", ["sqlite", "postgresql"])
@pytest.mark.parametrize(("how", "code"), [("killed", -9), ("asked", 130), ("asked twice", 130)])
def test_a_leader_of_a_cluster_that_is_gone(tenants, request, tmp_path, ledger, how, code):
    state = request.getfixturevalue("database") if ledger == "postgresql" else ""
    with tenants(COUNT) as alone:
        assert alone.run("--yes") == 0
        expected = picture(alone)
    with tenants(COUNT, state=state, pace=20.0) as fleet, dask(tmp_path, fleet.environ, 2) as cluster:
        fleet.at_once, fleet.engine = 6, {"engine": "dask", "scheduler": cluster.address}
        fleet.write()
        assert ends(fleet, fleet.start("--yes", out="first"), how) == code
        run = at_rest(fleet)
        made = fleet.losses()
        assert 0 < made.pop("made") < COUNT * 3
        assert set(made.values()) == {0}, "stopped cleanly: nothing is open, nothing is twice"
        sent = fleet.documents_sent()
        threading.Event().wait(3.0)
        assert fleet.documents_sent() == sent, "nobody goes on"
        assert [worker.poll() for worker in cluster.workers] == [None, None]
        assert fleet.run("--yes", out="second") == 0, (fleet.folder / "second").read_text()
        assert differing(picture(fleet), expected) == []
        with open_book(fleet.state) as book:
            assert book.run(run).status == "complete"
        assert fleet.losses() == {"made": COUNT * 3, "duplicates": 0, "orphans": 0, "lost": 0, "open": 0}
