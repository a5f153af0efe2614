"""Connections cut, reset, slowed down and garbled on the way: nothing twice, nothing missing."""

import os
from contextlib import ExitStack

import pytest

from kit.bad_cable import MISHAPS, BadCable
from kit.carrying import ROUND

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(3600)]

FULL = os.environ.get("CHAOS") == "full"
NOTHING = {"duplicates": 0, "orphans": 0, "lost": 0, "open": 0}
SHARES = (0.08, 0.2, 0.35)
"""Shares of the requests that meet a mishap."""


@pytest.mark.parametrize("seed", range(12) if FULL else [9])
@pytest.mark.parametrize("name", ["documents", "with what stands round"] if FULL else ["documents"])
def test_a_bad_cable_to_both_organizations_leaves_no_trace(scene, figures, name, seed):
    more = {"folders": ("Shared/Sales",) if FULL else ("Shared/Sales/Stores",)}
    if name == "with what stands round":
        more = {"name": "surroundings", "blocks": ROUND}
    share = SHARES[seed % len(SHARES)]
    with scene(**more) as undisturbed:
        assert undisturbed.run()["exit_code"] == 0
        expected = undisturbed.picture()
    with scene(**more) as disturbed, ExitStack() as stack:
        cables = [
            stack.enter_context(BadCable(disturbed.running.base_urls[alias], seed + at, share))
            for at, alias in enumerate(disturbed.world.orgs)
        ]
        for alias, cable in zip(disturbed.world.orgs, cables, strict=True):
            disturbed.environ[f"SIGMA_{alias.upper()}_BASE_URL"] = cable.base_url
        runs, last = disturbed.finish()
        struck = sum((cable.struck for cable in cables), start=type(cables[0].struck)())
        assert (last["exit_code"], last["bad"]) == (0, []), (struck, last)
        assert disturbed.picture() == expected, struck
        assert disturbed.losses() == NOTHING, struck
    assert set(struck) <= set(MISHAPS)
    assert sum(struck.values()) > 2, struck
    figures["mishaps of a cable"] += sum(struck.values())
    figures["runs that recovered from a bad cable"] += runs
