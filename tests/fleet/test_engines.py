"""Targets as tasks of an engine: the same rows as one process, whatever becomes of the workers."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from kit.engines import Threads, dask
from kit.environs import known_here
from kit.pictures import differing, picture
from migrate import Migration
from migrate.errors import Interrupted, InvalidInput
from migrate.fleet.order import order_from, order_of, plan_of
from migrate.fleet.spread import work_order
from migrate.sandbox.faults import Fault

pytestmark = [pytest.mark.fleet, pytest.mark.timeout(900)]
FULL = os.environ.get("FLEET") == "full"
COUNT = 30


@pytest.mark.anyio
async def test_tasks_of_an_engine_come_to_what_one_process_would(tenants):
    with tenants(3) as alone:
        assert alone.run("--yes") == 0
        expected = picture(alone)
    with tenants(3) as fleet, known_here(fleet.environ):
        engine = Threads(lost=["t001"])
        async with Migration(fleet.loaded(), environ=fleet.environ) as migration:
            result = await migration.spread(fleet.folder, engine)
        assert result.exit_code == 0
        assert differing(picture(fleet), expected) == []
        losses = fleet.losses()
        assert (losses.pop("made"), set(losses.values())) == (3 * 3, {0})
        assert [order["target"] for order in engine.orders] == ["t000", "t001", "t001", "t002"], "wave after wave"
        assert len(set(engine.keys)) == 4, "no key is used twice"
        text = orjson.dumps(engine.orders).decode()
        assert max(len(orjson.dumps(order)) for order in engine.orders) < 1024
        assert not [name for name, value in fleet.environ.items() if name.endswith("SECRET") and value in text]


@pytest.mark.anyio
async def test_a_run_that_was_stopped_is_gone_on_with_under_its_own_id(tenants):
    with tenants(2) as fleet, known_here(fleet.environ):
        asked = []
        async with Migration(fleet.loaded(), environ=fleet.environ) as migration:
            await migration.work("by hand", "t000")  # one that somebody gave a name is not gone on with by an engine

        def stop():
            return bool(asked)

        class Once(Threads):
            def submit(self, order, key):
                asked.append(order)
                return super().submit(order, key)

        async with Migration(fleet.loaded(), environ=fleet.environ, stop=stop) as migration:
            with pytest.raises(Interrupted):
                await migration.spread(fleet.folder, Once())
        async with Migration(fleet.loaded(), environ=fleet.environ) as migration:
            result = await migration.spread(fleet.folder, Threads())
            again = await migration.spread(fleet.folder, Threads())
        assert result.exit_code == again.exit_code == 0
        assert asked[0]["run"] == result.run_id != again.run_id
        assert fleet.losses()["made"] == 2 * 3


def test_an_order_of_another_program_or_plan_is_refused_where_it_gets_to(tenants):
    with tenants(1) as fleet, known_here(fleet.environ):
        plan = fleet.loaded()
        order = replace(order_of(plan, "night", fleet.folder), target="t000", attempt=1)
        assert order_from(orjson.loads(orjson.dumps(order.tree()))) == order
        assert plan_of(order, fleet.environ).targets == plan.targets
        for wrong in ({"version": "0.0"}, {"schema": "sigma-migrate.order/0"}, {"sha256": "0" * 64}, {"plan": "/gone"}):
            assert work_order({**order.tree(), **wrong}) == {
                "run": "night",
                "target": "t000",
                "attempt": 1,
                "exit_code": InvalidInput.exit_code,
            }
        assert work_order(["no order"])["exit_code"] == InvalidInput.exit_code
        assert not fleet.running.sandbox.evidence.writes()


@pytest.mark.skipif(not FULL, reason="make fleet")
@pytest.mark.parametrize("ledger", ["sqlite", "postgresql"])
def test_a_cluster_of_dask_of_which_a_worker_is_killed(tenants, ledger, request, tmp_path):
    state = request.getfixturevalue("database") if ledger == "postgresql" else ""
    with tenants(COUNT) as alone:
        assert alone.run("--yes") == 0
        expected = picture(alone)
    with tenants(COUNT, state=state) as fleet, dask(tmp_path, fleet.environ, 3) as cluster:
        fleet.at_once, fleet.engine = 12, {"engine": "dask", "scheduler": cluster.address}
        fleet.write()
        kill = Fault(action="kill", pid=cluster.workers[0].pid, method="POST", path="/spec$", nth=COUNT, effect=True)
        fleet.running.sandbox.faults.add(kill)
        assert fleet.run("--yes", out="engine") == 0, Path(fleet.folder / "engine").read_text()
        assert [worker.poll() for worker in cluster.workers] == [-9, None, None]
        assert differing(picture(fleet), expected) == []
        losses = fleet.losses()
        assert (losses.pop("made"), set(losses.values())) == (COUNT * 3, {0})
