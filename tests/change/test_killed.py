"""Killed at any request, answer or commit and run again, the target is as after one undisturbed run."""

import os
import random
from contextlib import suppress

import pytest

from migrate.errors import AccessError, ServiceError

pytestmark = pytest.mark.anyio

EVERY = 1 if os.environ.get("CHAOS") == "full" else 11
SWITCHES = [
    {},
    {"model_ids": "remap", "lag_seconds": 20.0, "write": 3},
    {"lag_listings": 3, "model_ids": "remap"},
]


async def undisturbed(make_target, make, switches):
    target = make_target(**switches)
    await target.run(make.small_world())
    return target.picture(), len(target.told)


@pytest.mark.parametrize("switches", SWITCHES, ids=["plain", "remap-lag", "remap-listings"])
async def test_killed_at_every_step_and_run_again(make_target, make, switches):
    switches = dict(switches)
    workers = switches.pop("write", 1)
    expected, steps = await undisturbed(make_target, make, switches)
    tried = 0
    for at in range(1 + len(switches), steps + 1, EVERY):
        target = make_target(**switches)
        target.limits = type(target.limits)(concurrency=4, requests_per_second=10_000.0, write_concurrency=workers)
        if not await target.die_once(make.small_world(), at):
            break
        outcomes = await target.run(make.small_world())
        bad = [
            (o.key.id, o.outcome, o.reason) for o in outcomes if o.outcome not in ("created", "updated", "unchanged")
        ]
        assert not bad, (at, bad)
        assert target.picture() == expected, at
        await nothing_is_lost(target, make)
        tried += 1
    assert tried > 3


async def nothing_is_lost(target, make):
    """Every document and folder is owned by exactly one copy of the ledger, and nothing is open."""
    async with target.process() as (_, book):
        snapshot = book.snapshot(make.home)
    assert snapshot.open == ()
    made = {inode.id for inode in target.living() if inode.type != "workspace"}
    owned = [copy.target_id for copy in snapshot.copies.values()]
    assert sorted(owned) == sorted(made)


@pytest.mark.parametrize("seed", range(200 if os.environ.get("CHAOS") == "full" else 4))
async def test_disturbed_again_and_again(make_target, make, seed):
    """Kills and faults in any order, over several runs, and a last run in peace."""
    chance = random.Random(seed)
    switches = chance.choice(
        [{}, {"model_ids": "remap"}, {"model_ids": "remap", "lag_listings": 2}, {"lag_seconds": 9}]
    )
    expected, steps = await undisturbed(make_target, make, switches)
    target = make_target(**switches)
    for _ in range(chance.randint(2, 6)):
        for _ in range(chance.randint(0, 3)):
            target.fault(
                chance.choice(["lose_answer", "reset", "truncate", "status"]),
                method=chance.choice(["POST", "PUT", "GET"]),
                nth=chance.randint(1, 20),
                count=chance.randint(1, 3),
                seed=seed,
                effect=chance.random() < 0.5,
                status=chance.choice([500, 502, 503, 504]),
            )
        with suppress(ServiceError, AccessError):  # the target does not answer at all; the next run goes on
            await target.die_once(make.small_world(), chance.randint(1, steps))
        target.sandbox.faults.clear()
    for _ in range(2):
        outcomes = await target.run(make.small_world())
    assert {o.outcome for o in outcomes} == {"unchanged"}, [(o.key.id, o.reason) for o in outcomes]
    assert target.picture() == expected
    await nothing_is_lost(target, make)


async def test_a_retry_of_a_run_tells_what_the_whole_run_did(make_target, make):
    """Whichever attempt wrote it, a document was created by this run; only another run finds it unchanged."""
    target = make_target()
    assert await target.die_when(make.small_world(), "POST", "/v2/workbooks")
    outcomes = await target.run(make.small_world(), run="run-1")
    assert {o.outcome for o in outcomes} == {"created"}
    kept = [make.keep(make.model(1), target.named("Model 1"))]
    (again,) = await target.run(make.waves(kept), run="run-1")
    assert again.outcome == "created"
    (other,) = await target.run(make.waves(kept), run="another")
    assert other.outcome == "unchanged"
