"""A process killed with SIGKILL at any step, and run again: the target is as if nothing had happened."""

import os

import pytest

from kit.carrying import ROUND

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(3600)]

FULL = os.environ.get("CHAOS") == "full"
NOTHING = {"duplicates": 0, "orphans": 0, "lost": 0, "open": 0}
WORLDS = {
    "sqlite": ({}, 240, 3),
    "remapped ids, lagging listings": ({"model_ids": "remap", "lag_listings": 2}, 60, 1),
    "postgresql": ({}, 60, 1),
    "with what stands round": ({}, 120, 1),
}
"""Switches of the target, points in the full length, points by default."""


@pytest.mark.parametrize("name", WORLDS)
def test_killed_at_any_step_and_run_again(scene, figures, request, name):
    switches, many, few = WORLDS[name]
    more = {"switches": switches, "folders": ("Shared/Sales",) if FULL else ("Shared/Sales/Stores",)}
    if name == "with what stands round":
        more = {"name": "surroundings", "blocks": ROUND}
    state = request.getfixturevalue("fresh_database") if name == "postgresql" else str
    with scene(state=state(), **more) as undisturbed:
        told = undisturbed.run()
        assert (told["exit_code"], told["bad"]) == (0, [])
        assert undisturbed.losses() == NOTHING
        expected = undisturbed.picture()
    wanted = points(told["steps"], many if FULL else few)
    killed = 0
    for at in wanted:
        with scene(state=state(), **more) as disturbed:
            killed += disturbed.run(at)["killed"]  # one that needed fewer steps than the first has ended by itself
            runs, last = disturbed.finish()
            assert (last["exit_code"], last["bad"]) == (0, []), (at, last)
            assert disturbed.picture() == expected, at
            found = disturbed.losses()
            assert found == NOTHING, at
        figures["runs to recover"] += runs
        for what, number in found.items():
            figures[what] += number
    figures["points killed at"] += killed
    assert killed > 0.9 * len(wanted)


def points(steps, count):
    """Steps to be killed at: spread over the whole run, or, where they are few, over its second half."""
    first = 1 if count >= 50 else steps // 2
    return sorted({first + (steps - first) * number // count for number in range(count)})
