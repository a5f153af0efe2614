"""Engines to try runs with: threads of this process, and a Dask cluster on loopback."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager

import orjson
import pytest

from kit.places import REPOSITORY
from migrate.fleet.spread import work_order


class Threads:
    """An engine of this process. ``orders`` are what got to it, the first of ``lost`` targets get nowhere."""

    def __init__(self, lost=(), workers=2):
        self.orders, self.keys, self.lost = [], [], list(lost)
        self.pool = ThreadPoolExecutor(workers)

    @asynccontextmanager
    async def __call__(self, address, width):
        with self.pool:
            yield self.submit, width

    def submit(self, order, key):
        self.orders.append(order)
        self.keys.append(key)
        if order["target"] not in self.lost:
            return self.pool.submit(work_order, orjson.loads(orjson.dumps(order)))
        self.lost.remove(order["target"])
        gone = Future()
        gone.set_exception(ConnectionError("the worker is gone"))
        return gone


class Cluster:
    """A scheduler and its workers as processes. ``environs`` are what single workers have in another way."""

    def __init__(self, folder, environ, protocol="tcp"):
        self.folder, self.host = folder, f"{protocol}://127.0.0.1"
        self.environ = {**os.environ, **environ, "PYTHONPATH": str(REPOSITORY)}
        self.told = folder / "scheduler.json"
        self.processes, self.workers, self.address = [], [], ""

    def begin(self, module, *arguments, environ=()):
        """A process of the cluster that was started just now."""
        words = [sys.executable, "-m", f"distributed.cli.{module}", *arguments]
        with (self.folder / f"dask-{len(self.processes)}.log").open("w") as log:
            process = subprocess.Popen(words, env=self.environ | dict(environ), stdout=log, stderr=log)
        self.processes.append(process)
        return process

    def schedule(self, port=0):
        """A scheduler, started; its address is known once this returns."""
        self.told.unlink(missing_ok=True)
        file = ("--scheduler-file", str(self.told))
        self.scheduler = self.begin(
            "dask_scheduler", *file, "--host", "127.0.0.1", "--port", str(port), "--no-dashboard"
        )
        while not self.told.is_file() or not self.told.read_text().strip().endswith("}"):
            assert self.scheduler.poll() is None, "the scheduler ended"
            os.sched_yield()
        self.address = orjson.loads(self.told.read_bytes())["address"]

    def work(self, *, slots=4, nanny=False, environ=()):
        """One more worker, for so many targets at once."""
        options = ("--nthreads", str(slots), "--resources", f"target={slots}", "--no-dashboard", "--host", self.host)
        words = (self.address, *options, *(() if nanny else ("--no-nanny",)))
        self.workers.append(self.begin("dask_worker", *words, environ=environ))
        return self.workers[-1]


@contextmanager
def dask(folder, environ, workers, protocol="tcp"):
    """A scheduler and so many worker processes on loopback, gone when the block ends."""
    pytest.importorskip("distributed", reason="pip install 'sigma-migrate[dask]'")
    cluster = Cluster(folder, environ, protocol)
    try:
        cluster.schedule()
        for _ in range(workers):
            cluster.work()
        yield cluster
    finally:
        for process in cluster.processes:
            process.kill()
        for process in cluster.processes:
            process.wait(30)
