"""A process that stands still for longer than its lock lasts, and wakes up when another has done its work."""

import os
import signal
import threading

import pytest

from migrate.ledger.book import open_book

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(3600)]

FULL = os.environ.get("CHAOS") == "full"
NOTHING = {"duplicates": 0, "orphans": 0, "lost": 0, "open": 0}
LEASE = 2.0
"""Seconds that a lock lasts here."""


def holds_the_lock(scene):
    with open_book(scene.state) as book:
        held = book.holder(scene.org.id)
    return held is not None


def writes(scene):
    return [entry for entry in scene.running.sandbox.evidence.writes("group") if entry.path != "/v2/auth/token"]


WHERE = {"sqlite": (24, 1), "postgresql": (12, 1), "sqlite, before a write leaves": (12, 2)}
"""Points in the full length, points by default."""


@pytest.mark.parametrize("name", WHERE)
def test_what_wakes_up_after_its_lock_ran_out_writes_nothing_more(scene, another, figures, request, tmp_path, name):
    more = {"folders": ("Shared/Sales",) if FULL else ("Shared/Sales/Stores",)}
    state = request.getfixturevalue("fresh_database") if name == "postgresql" else str
    how = {"writes": True} if "write" in name else {}
    with scene(state=state(), **more) as undisturbed:
        told = undisturbed.run(**how)
        assert (told["exit_code"], told["bad"]) == (0, [])
        expected = undisturbed.picture()
    steps, count, held = told["steps"], WHERE[name][0 if FULL else 1], 0
    for number in range(count):
        at = 1 + (0 if how else steps // 3) + (steps if how else steps * 2 // 3) * (2 * number + 1) // (2 * count)
        with scene(state=state(), **more) as frozen:
            file, told = tmp_path / f"{number}.pid", {}
            first = threading.Thread(
                target=lambda at=at, file=file, told=told, frozen=frozen: told.update(
                    frozen.run(at, frozen=str(file), lease=LEASE, **how)
                )
            )
            os.mkfifo(file)
            first.start()
            pid = int(file.read_text("ascii"))  # a pipe: it stops itself once it has said who it is
            had_lock = holds_the_lock(frozen)
            held += had_lock
            _, second = frozen.finish(nursery=another, lease=LEASE)
            before = len(writes(frozen))
            os.kill(pid, signal.SIGCONT)
            first.join()
            assert (second["exit_code"], second["bad"]) == (0, []), (at, second)
            if had_lock:
                assert told["exit_code"] == 7, (at, told)
                assert len(writes(frozen)) == before, (at, told)
            else:
                assert told["exit_code"] in (0, 1, 4, 7, 9), (at, told)
            assert frozen.picture() == expected, (at, told)
            assert frozen.losses() == NOTHING, (at, told)
        figures["processes frozen"] += 1
    assert held, "none of them held the lock"
