"""What waits for what: an action for those it names and for its own document, and for none of its other neighbours."""

import anyio
import pytest

from migrate.change.actions import HandOver, Share
from migrate.change.order import Queue, stretches
from migrate.change.surroundings.rounds import NewOwner
from migrate.plan.running import Limits
from migrate.sandbox.app import OrgApp
from migrate.sigma.workers import flow


def taken(queue):
    """The ids of all that may go on now, in order."""
    found = []
    while actions := queue.take():
        found += [action.id for action in actions]
    return found


def by_id(waves):
    return {action.id: action for wave in waves for action in wave}


def test_an_action_goes_on_while_its_neighbours_wave_is_still_under_way(make):
    first, other = make.create(make.model(1)), make.create(make.model(2))
    reader = make.create(make.workbook(1), first.id)
    queue = Queue([(first, other), (reader,)])
    assert taken(queue) == [first.id, other.id]
    queue.end(first)
    assert taken(queue) == [reader.id], "the other one has not ended"
    queue.end(other)
    queue.end(reader)
    assert taken(queue) == []


def test_an_action_waits_for_all_that_it_names_and_for_its_own_document(make):
    changes = make.small_world()
    actions = by_id(changes.waves)
    queue = Queue(changes.waves)
    seen = taken(queue)
    assert seen == ["folder:Shared/Finance"]
    ended = set()
    while seen:
        action = actions[seen.pop(0)]
        assert ended.issuperset(action.after)
        assert not action.id.startswith("patch") or action.id.replace("patch", "create") in ended
        ended.add(action.id)
        queue.end(action)
        seen += taken(queue)
    assert ended == actions.keys()


def test_what_is_named_and_not_among_earlier_waves_holds_nothing_up(make):
    here = make.create(make.workbook(1), "create:workbook-2", "create:elsewhere")
    beside = make.create(make.workbook(2), here.id)
    assert taken(Queue([(here, beside)])) == [here.id, beside.id]


def test_what_is_put_back_comes_before_what_was_planned_after_it(make):
    actions = [make.create(make.workbook(number)) for number in range(3)]
    queue = Queue([tuple(actions)])
    assert queue.take() == [actions[0]]
    queue.put_back(actions[0])
    assert taken(queue) == [action.id for action in actions]


def test_rights_and_owners_wait_until_everything_stands(make):
    create = make.create(make.workbook(1))
    patch = make.patch(make.workbook(1))
    share = Share(id="share", target="group", key=make.key("workbook", 1), rights=())
    owner = NewOwner(id="o", name="o", before="")
    own = HandOver(id="own", target="group", key=make.key("workbook", 1), owner=owner)
    found = [
        [action.id for wave in stretch for action in wave]
        for stretch in stretches([(create,), (patch,), (share,), (own,)])
    ]
    assert found == [[create.id, patch.id], ["share"], ["own"]]


class Held(OrgApp):
    """An organization that answers the first of one kind of request only once a certain other one has come in."""

    holds, until = ("GET", "/v2/workbooks/"), ("POST", "/v2/workbooks", 2)
    seen, writing, most, came = 0, 0, 0, None

    async def __call__(self, scope, receive, send):
        kind = type(self)
        method, path = scope["method"], scope["path"]
        if (method, path) == self.until[:2]:
            kind.seen += 1
            kind.writing += 1
            kind.most = max(kind.most, kind.writing)
            if kind.seen == self.until[2]:
                kind.came.set()
        elif method == self.holds[0] and path.startswith(self.holds[1]):
            with anyio.fail_after(20):
                await kind.came.wait()
        try:
            await super().__call__(scope, receive, send)
        finally:
            kind.writing -= (method, path) == self.until[:2]


@pytest.mark.anyio
async def test_reading_back_holds_no_place_of_a_write(target, make):
    Held.seen, Held.writing, Held.most, Held.came = 0, 0, 0, anyio.Event()
    target.app = Held
    target.limits = Limits(concurrency=4, requests_per_second=10_000.0, write_concurrency=1)
    outcomes = await target.run(make.waves([make.create(make.workbook(number)) for number in range(3)]))
    assert [outcome.outcome for outcome in outcomes] == ["created"] * 3
    assert (Held.seen, Held.most) == (3, 1), "one write at a time, and the second before the first was read back"


@pytest.mark.anyio
async def test_work_that_ends_may_bring_more_and_no_more_is_under_way_than_is_allowed():
    left, under_way, most, done = [3], 0, 0, []

    async def work(size):
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await anyio.lowlevel.checkpoint()
        under_way -= 1
        done.append(size)
        left.extend([size - 1] * 2 if size else [])

    await flow(lambda: [left.pop()] if left else [], work, workers=2)
    assert sorted(done, reverse=True) == [3, 2, 2, *[1] * 4, *[0] * 8]
    assert most == 2
