"""Many targets, few descriptors: connections of a target are open only while it is worked on."""

from __future__ import annotations

import math
import resource
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import httpx
import pytest
import yaml

from migrate import Migration, Plan
from migrate.events import Sending
from migrate.plan.orgs import Org, Source
from migrate.plan.running import Limits
from migrate.run.planning import at_once, fitting
from migrate.sandbox.server import app, serve
from migrate.sandbox.service import Sandbox
from migrate.sandbox.world import load

WORLD = Path(__file__).parents[1] / "check" / "cases" / "world.yaml"
MANY = 12


@pytest.fixture
def anyio_backend():
    return "asyncio"


class Wires:
    """The in-process organizations; counts those that were asked something and not closed since."""

    def __init__(self, apps):
        self.apps, self.open, self.most = apps, set(), 0

    def __call__(self, url):
        return Wire(self, url.rstrip("/"))


class Wire(httpx.ASGITransport):
    def __init__(self, wires, url):
        super().__init__(app=wires.apps[url])
        self.wires, self.url = wires, url

    async def handle_async_request(self, request):
        self.wires.open.add(self.url)
        self.wires.most = max(self.wires.most, len(self.wires.open))
        return await super().handle_async_request(request)

    async def aclose(self):
        self.wires.open.discard(self.url)
        await super().aclose()


def world_of_many(folder):
    """The small world with many targets."""
    tree = yaml.safe_load(WORLD.read_text("utf-8"))
    group = yaml.safe_dump(tree["orgs"].pop("group"))
    names = [f"t{number}" for number in range(MANY)]
    tree["orgs"] |= {name: yaml.safe_load(group.replace("group", name)) for name in names}
    (folder / "world.yaml").write_text(yaml.safe_dump(tree), "utf-8")
    return Sandbox(load(folder / "world.yaml")), names


def staged(sandbox, names, folder, targets, urls=MappingProxyType({}), **limits):
    """A plan for all targets of a world, in process or served at ``urls``."""
    environ, apps, orgs = {}, {}, {}
    for number, (alias, org) in enumerate(sandbox.world.orgs.items()):
        url = urls.get(alias) or f"http://127.0.0.1:{30000 + number}"
        apps[url] = app(sandbox, alias)
        environ[f"SIGMA_{alias.upper()}_CLIENT_ID"] = org.clients[0].client_id
        environ[f"SIGMA_{alias.upper()}_CLIENT_SECRET"] = org.clients[0].client_secret
        orgs[alias] = {"base_url": url, "credentials": f"env:SIGMA_{alias.upper()}", "access": "write"}
        orgs[alias]["expect"] = {"organization_id": org.id}
    orgs["north"]["access"] = "read"
    plan = {
        "version": 1,
        "name": "many",
        "orgs": orgs,
        "source": "north",
        "targets": names,
        "map": {
            "connections": [
                {"from": "Warehouse", "to": f"{names[0].title()} Warehouse"},
            ]
        },
        "select": {"include": [{"name": "Notes"}]},
        "run": {"targets": targets},
        "state": f"sqlite:///{folder}/state.db",
        "report": {"dir": str(folder / "reports"), "formats": ["json"]},
    }
    del plan["map"]
    (folder / "plan.yaml").write_text(yaml.safe_dump(plan), "utf-8")
    loaded = Plan.load(folder / "plan.yaml", environ=environ)
    return replace(loaded, run=replace(loaded.run, requests_per_second=1e9, **limits)), environ, Wires(apps)


@pytest.mark.anyio
@pytest.mark.parametrize("targets", [1, 3])
async def test_no_more_targets_are_connected_than_are_worked_on(tmp_path, targets):
    plan, environ, wires = staged(*world_of_many(tmp_path), tmp_path, targets)
    async with Migration(plan, environ=environ, transport=wires) as migration:
        planned = await migration.plan()
        assert len(wires.open) <= 1, "after planning only the source may be connected"
        result = await migration.apply(planned)
        assert len(wires.open) <= 1
    assert wires.most <= targets + 1
    totals = result.reconciliation.totals
    assert [total["created"] for total in totals.values()] == [1] * MANY
    assert result.exit_code == 0
    assert wires.open == set()


@pytest.mark.anyio
@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="this system does not list descriptors so")
async def test_descriptors_are_bounded_by_the_width_of_the_targets_at_once(tmp_path):
    sandbox, names = world_of_many(tmp_path)
    width, targets, counts = 4, 3, []
    with serve(sandbox) as running:
        plan, environ, _ = staged(sandbox, names, tmp_path, targets, running.base_urls, concurrency=width)

        def hear(event):
            if isinstance(event, Sending):
                counts.append(sum(1 for _ in Path("/proc/self/fd").iterdir()))

        async with Migration(plan, environ=environ, listener=hear) as migration:
            result = await migration.apply(await migration.plan())
    assert result.exit_code == 0
    both_ends = max(counts) - min(counts)  # the organizations are served by this process too
    assert 2 * targets <= both_ends <= 2 * width * (targets + 1) + 12


@pytest.mark.parametrize(
    ("descriptors", "expected"), [(10_000, 16), (256, 10), (100, 2), (70, 1), (10, 1), (math.inf, 16)]
)
def test_few_descriptors_mean_few_targets_at_once(descriptors, expected):
    assert fitting(Limits(targets=16, concurrency=16), descriptors) == expected


def test_what_this_machine_lends_is_what_counts():
    org = Org(alias="a", base_url="http://127.0.0.1:9", credentials=None)
    limits = Limits(targets=16, concurrency=16)
    plan = Plan(name="p", orgs={"a": org}, source=Source(org="a"), targets=(), run=limits)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
    try:
        assert at_once(plan) == fitting(limits, 256) < 16
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
