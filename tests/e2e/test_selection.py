"""A selection that takes nothing, or whose rule takes nothing, is refused before the target is asked for anything."""

from __future__ import annotations

import pytest

from migrate.errors import Refused
from migrate.sandbox.world import builtin

pytestmark = pytest.mark.anyio


async def planned(setting, **select):
    plan = setting.plan("acme_au", "group", select=select)
    async with setting.migration(plan) as migration:
        return await migration.plan()


@pytest.mark.parametrize(
    ("select", "code", "places"),
    [
        (
            {"include": [{}, {"folder": "Shared/Fiance"}], "exclude": [{"name": "nothing of this name"}]},
            "rule_matches_nothing",
            ["select.include.1", "select.exclude.0"],
        ),
        ({"include": [{"folder": "Shared"}], "exclude": [{"folder": "Shared"}]}, "empty_scope", []),
    ],
)
async def test_what_takes_nothing_is_refused_before_any_write(stage, select, code, places):
    setting = stage(builtin())
    with pytest.raises(Refused) as caught:
        await planned(setting, **select)
    assert (caught.value.code, caught.value.exit_code) == (code, 4)
    assert [problem.path for problem in caught.value.problems] == places
    assert all(problem.line for problem in caught.value.problems)
    assert setting.sandbox.evidence.writes() == []


async def test_a_rule_that_may_be_empty_is_no_mistake(stage):
    setting = stage(builtin())
    found = await planned(setting, include=[{"folder": "Nowhere", "allow_empty": True}])
    assert [list(target.waves) for target in found.changes.targets] == [[]]
