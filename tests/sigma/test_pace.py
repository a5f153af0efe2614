from __future__ import annotations

import itertools
import math

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.events import Paused
from migrate.plan.running import Limits
from migrate.sigma.model import Answer
from migrate.sigma.pace import PARK_LIMIT, PARK_MOST, Lane, Pace, Turns, eased, full, park_seconds, slowed, turn

pytestmark = pytest.mark.anyio

RATES = st.floats(0.1, 1000)


@given(RATES, st.integers(1, 64), st.lists(st.booleans(), max_size=60))
def test_a_pace_stays_between_its_floor_and_its_ceiling(rate, slots, steps):
    ceiling = Pace(rate=rate, slots=slots)
    pace = ceiling
    for slower in steps:
        after = slowed(pace, ceiling) if slower else eased(pace, ceiling)
        assert (after.rate <= pace.rate) if slower else (after.rate >= pace.rate)
        pace = after
        assert ceiling.rate / 32 <= pace.rate <= ceiling.rate
        assert 1 <= pace.slots <= ceiling.slots


def test_half_is_regained_in_eight_successes():
    ceiling = Pace(rate=4.0, slots=4)
    pace = slowed(ceiling, ceiling)
    assert pace == Pace(rate=2.0, slots=2.0)
    for _ in range(8):
        assert pace != ceiling
        pace = eased(pace, ceiling)
    assert pace == ceiling


def test_scattered_refusals_cost_little():
    """One answer in a hundred is a 429 whose wait is over at once: requests then take a few percent longer in all."""
    ceiling, spent = Pace(rate=100.0, slots=8), 0.0
    pace = ceiling
    for number in range(10_000):
        spent += 1 / pace.rate
        pace = slowed(pace, ceiling) if number % 100 == 0 else eased(pace, ceiling)
    assert spent <= 1.05 * 10_000 / ceiling.rate


@given(st.lists(st.tuples(st.floats(0, 3), st.floats(0, 0.3)), min_size=2, max_size=120), RATES)
def test_no_window_holds_more_than_the_rate_however_late_requests_wake(steps, rate):
    turns, now, left = Turns(), 0.0, []
    for pause, late in steps:
        now += pause if pause > 2 else 0.0
        while (wait := turns.wait(now, rate)) > 0:
            now += wait + late
        turns.take(now, rate)
        left.append(now)
    most = max(1, math.floor(rate))
    assert all(after - before >= most / rate - 1e-6 for before, after in zip(left, left[most:], strict=False))


def test_one_that_wakes_a_little_late_holds_nobody_up():
    turns, now = Turns(), 0.0
    for _ in range(400):
        while (wait := turns.wait(now, 100.0)) > 0:
            now += wait + 0.001
        turns.take(now, 100.0)
    assert now <= 1.05 * 4.0


def test_after_a_silence_nothing_is_caught_up():
    turns = Turns()
    turns.take(0.0, 10.0)
    assert turns.wait(50.0, 10.0) == 0
    turns.take(50.0, 10.0)
    assert turns.wait(50.0, 10.0) == pytest.approx(0.1)


@given(st.integers(1, 10_000), st.floats(0, 1, exclude_max=True))
def test_a_park_grows_and_is_bounded(strikes, luck):
    assert 1.5 <= park_seconds(strikes, luck) <= PARK_MOST
    assert park_seconds(strikes, luck) <= park_seconds(strikes + 1, luck)


@given(st.lists(st.floats(0, 5), min_size=2, max_size=40), RATES)
def test_turns_are_never_closer_than_the_gap(pauses, rate):
    free_at, now, starts = -1e9, 0.0, []
    for pause in pauses:
        now += pause
        wait, free_at = turn(free_at, now, 1 / rate)
        starts.append(now + wait)
    assert all(b - a >= 1 / rate - 1e-6 for a, b in itertools.pairwise(starts))


@pytest.mark.parametrize(
    "limits", [Limits(concurrency=0), Limits(requests_per_second=0.0), Limits(write_concurrency=0)]
)
def test_limits_of_nothing_are_no_limits(limits):
    with pytest.raises(ValueError, match="above 0"):
        full(limits)


def slow_down(retry_after: str | None = None) -> Answer:
    return Answer(status=429, shape="html", headers={} if retry_after is None else {"retry-after": retry_after})


@pytest.fixture
def lane(time, hosts, events):
    host = hosts.host("h")
    lane = Lane(org="acme", limits=Limits(), host=host, clock=time.clock, listener=events.append)
    host.join(lane.told)
    return lane, host


async def test_a_burst_of_refusals_is_one_strike_and_paused_once(lane, time, events):
    lane, host = lane
    for _ in range(4):  # four requests left at 1000, all are turned away
        lane.learn(1000.0, slow_down())
        time.time += 0.1
    assert lane.pace == Pace(rate=2.0, slots=2.0)
    assert [event.seconds for event in events] == [pytest.approx(1.75)]
    await host.opened()
    assert host.paused == pytest.approx(1.75)
    lane.learn(time.now(), slow_down())
    assert isinstance(events[-1], Paused)
    assert events[-1].seconds == pytest.approx(3.5)
    assert lane.pace == Pace(rate=1.0, slots=1.0)


async def test_overlapping_pauses_count_as_their_union(lane, time):
    lane, host = lane
    lane.learn(time.now(), slow_down("10"))
    time.time += 4
    lane.learn(1000.0, slow_down("10"))
    await host.opened()
    assert time.now() == pytest.approx(1014)
    assert host.paused == pytest.approx(14)


async def test_retry_after_is_bounded(lane):
    lane, host = lane
    lane.learn(1000.0, slow_down("86400"))
    assert host.remaining == pytest.approx(PARK_LIMIT)


async def test_orgs_of_one_host_are_parked_together(lane, time, hosts, events):
    lane, host = lane
    other = Lane(org="other", limits=Limits(), host=hosts.host("h"), clock=time.clock, listener=events.append)
    host.join(other.told)
    lane.learn(time.now(), slow_down("30"))
    async with other.passage(writes=False) as sent_at:
        assert sent_at == pytest.approx(1030)
    assert {event.org for event in events} == {"acme", "other"}
    assert hosts.host("elsewhere").remaining == 0


async def test_requests_a_second_and_in_flight_are_held(time, hosts):
    limits = Limits(concurrency=3, requests_per_second=5.0, write_concurrency=1)
    lane = Lane(org="a", limits=limits, host=hosts.host("h"), clock=time.clock, listener=lambda _: None)
    starts, flying, writing, most, most_writes = [], 0, 0, 0, 0

    async def one(writes: bool) -> None:
        nonlocal flying, writing, most, most_writes
        async with lane.passage(writes=writes) as sent_at:
            starts.append(sent_at)
            flying, writing = flying + 1, writing + writes
            most, most_writes = max(most, flying), max(most_writes, writing)
            await time.sleep(1.0)
            flying, writing = flying - 1, writing - writes

    async with anyio.create_task_group() as group:
        for number in range(20):
            group.start_soon(one, number % 2 == 0)
    assert most == 3
    assert most_writes == 1
    assert all(b - a >= 0.2 - 1e-9 for a, b in itertools.pairwise(starts))
