"""A process that stands still for longer than its lock lasts, and wakes up when another has done its work."""

import contextlib
import json
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


def frozen_in(container, scene, at, pipe, **more):
    """Starts a run in the container that stops itself at that step; its number there, and the thread that waits."""

    def run():
        with contextlib.suppress(json.JSONDecodeError):  # its container ends before it answers
            scene.run(at, frozen=str(pipe), nursery=container, **more)

    os.mkfifo(pipe)
    waits = threading.Thread(target=run)
    waits.start()
    return int(pipe.read_text("ascii")), waits


def test_a_live_lock_in_another_container_is_never_taken_over(scene, container, figures, tmp_path):
    """Its number means nothing here, where it is free or somebody else's: only time or a person frees that lock."""
    with scene(folders=("Shared/Sales/Stores",)) as undisturbed:
        steps = undisturbed.run()["steps"]
        expected = undisturbed.picture()
    with scene(folders=("Shared/Sales/Stores",)) as held:
        pid, waits = frozen_in(container, held, steps * 2 // 3, tmp_path / "pipe", lease=3600)
        assert holds_the_lock(held)
        assert pid < 100, "not numbered anew"
        before = len(writes(held))
        for state in ("alive", "killed with its container"):
            told = held.run(lock=0.5)
            assert told["exit_code"] == 7, (state, told)
            assert f"process {pid} on" in told["error"], (state, told)
            if state == "alive":
                container.process.kill()  # the first process of its namespace: the others go with it
                waits.join()
        assert len(writes(held)) == before
        with open_book(held.state) as book:
            assert book.unlock(held.org.id).owner.pid == pid
        _, told = held.finish()
        assert (told["exit_code"], told["bad"]) == (0, [])
        assert held.picture() == expected
        assert held.losses() == NOTHING
    figures["locks in another container"] += 1
