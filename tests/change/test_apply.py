"""A change set is executed: in order, once, with every id on record."""

import pytest

pytestmark = pytest.mark.anyio


async def test_everything_lands_once(target, make):
    outcomes = await target.run(make.small_world())
    print([(o.key.id, o.outcome, o.reason) for o in outcomes])
    assert {outcome.outcome for outcome in outcomes} == {"created"}
