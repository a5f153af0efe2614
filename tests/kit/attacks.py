"""What attacks on the tool are made of: a small migration, one thing changed by a stranger, and a judgement."""

from __future__ import annotations

import os
import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import anyio
import httpx
from staging import Stage

from kit.places import REPOSITORY
from migrate.change.run_context import Patience
from migrate.errors import MigrateError
from migrate.plan.model import Plan
from migrate.sandbox.evidence import duplicates
from migrate.sandbox.faults import Fault
from migrate.sandbox.org import Thing, World
from migrate.sandbox.server import Running
from migrate.sandbox.service import Sandbox
from migrate.sandbox.world import load

FULL = os.environ.get("ATTACK") == "full"
TOKEN = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9A-Za-z]{18,40}")
T = TypeVar("T")

Record = Callable[[str, object], None]


def tell(record_property: Record, name: str, tried: int, through: Sequence[str]) -> None:
    """Puts a class into the table that ends the run, and fails where anything got through."""
    record_property("attack", [name, tried, len(through)])
    assert tried > 0
    assert not through, f"{len(through)} of {tried} got through:\n" + "\n".join(through[:40])


def share(cases: Sequence[T], size: int) -> list[T]:
    """All cases where ``ATTACK=full``, else a spread that is the same every time."""
    return list(cases) if FULL or len(cases) <= size else random.Random(17).sample(list(cases), size)


def small_world() -> World:
    """A model and two workbooks, and somebody or something in every listing."""
    world = load(REPOSITORY / "tests" / "check" / "cases" / "world.yaml")
    for alias, org in world.orgs.items():
        for number, things in enumerate((org.teams, org.user_attributes, org.plugins, org.connectors)):
            thing = Thing(id=f"{number}1111111-0000-4000-8000-0000000000{len(alias):02d}", name=f"Thing {number}")
            things[thing.id] = thing
    return world


def plan_tree(running: Running, **blocks: Any) -> dict[str, Any]:
    """A plan from north to group of a world that is served."""
    orgs: dict[str, Any] = {
        alias: {"base_url": f"${{env.SIGMA_{alias.upper()}_BASE_URL}}", "credentials": f"env:SIGMA_{alias.upper()}"}
        for alias in ("north", "group")
    }
    orgs["group"] |= {"access": "write", "expect": {"organization_id": running.sandbox.world.orgs["group"].id}}
    paths = [{"from": "DW.SALES.*", "to": "GW.AU.*"}]
    return {
        "version": 1,
        "name": "test",
        "orgs": orgs,
        "source": "north",
        "targets": ["group"],
        "select": {"include": [{}]},
        "map": {"connections": [{"from": "Warehouse", "to": "Group Warehouse", "paths": paths}]},
        "run": {"requests_per_second": 1000},
        **blocks,
    }


class Copying(Stage):
    """A stage whose plan copies the small world from north to group."""

    def small_plan(self, **blocks: Any) -> Plan:
        """The plan; every level of verification."""
        paths = [{"from": "DW.SALES.*", "to": "GW.AU.*"}]
        connections = [{"from": "Warehouse", "to": "Group Warehouse", "paths": paths}]
        return self.plan("north", "group", **{"map": {"connections": connections}, **blocks})


def copying(folder: Path) -> Copying:
    """A fresh small world in a folder of its own."""
    folder.mkdir(parents=True)
    return Copying(sandbox=Sandbox(small_world(), seed=5), folder=folder)


@dataclass(frozen=True)
class Ending:
    """How a run ended: its exit code, and what was thrown where that was no error of ours."""

    code: int
    bug: str = ""


def run(stage: Copying, **more: Any) -> Ending:
    """Plans and applies as the command line does, without a process; ``more`` is for the migration."""

    async def go() -> int:
        result = await stage.run(stage.small_plan(), **{"patience": Patience(waits=(0.01, 0.02)), **more})
        return result.exit_code

    try:
        return Ending(anyio.run(go))
    except MigrateError as error:
        return Ending(error.exit_code, str(error) if error.exit_code >= 70 and error.exit_code != 130 else "")
    except Exception as error:  # noqa: BLE001 - what nobody foresaw is what is looked for here
        return Ending(70, f"{type(error).__name__}: {str(error)[:200]}")


def judged(stage: Copying, ending: Ending) -> str:
    """What got through: a crash, writing without a report, a second copy, or a state that a next run cannot heal."""
    if ending.bug:
        return f"exit {ending.code}: {ending.bug}"
    wrote = stage.sandbox.evidence.writes("group")
    if wrote and not list(stage.folder.glob("reports/**/report.json")):
        return f"exit {ending.code} after {len(wrote)} writes, and no report"
    if found := duplicates(stage.world.orgs["group"]):
        return f"exit {ending.code}, and twice: {found}"
    return _healed(stage) if wrote and ending.code else ""


def _healed(stage: Copying) -> str:
    """The same plan once more, while nobody disturbs."""
    stage.sandbox.faults.clear()
    again = [run(stage) for _ in range(2)]
    if again[-1].code:
        return f"the runs after it end {[one.code for one in again]} {again[-1].bug}"
    if found := duplicates(stage.world.orgs["group"]):
        return f"after the next run, twice: {found}"
    return ""


@dataclass(frozen=True, order=True)
class Asked:
    """A kind of request: to whom, and the pattern of its path."""

    org: str
    method: str
    path: str


def kinds(stage: Copying) -> list[Asked]:
    """Every kind of request that was made so far, ids left open."""
    seen = {
        Asked(entry.org, entry.method, "^" + TOKEN.sub("[^/]+", re.escape(entry.path).replace(r"\-", "-")) + "$")
        for entry in stage.sandbox.evidence.entries
    }
    return sorted(seen)


def places(tree: Any, depth: int, at: str = "") -> Iterator[str]:
    """The places of an answer as faults name them, down to a depth; of a list its first and last."""
    yield at
    if depth and isinstance(tree, dict):
        for key, value in tree.items():
            if "/" not in key:
                yield from places(value, depth - 1, f"{at}/{key}".strip("/"))
    elif depth and isinstance(tree, list) and tree:
        yield from places(tree[0], depth - 1, f"{at}/0".strip("/"))
        yield f"{at}/-1".strip("/")


class Listening(httpx.AsyncBaseTransport):
    """Passes requests on to one app, and keeps the first answer of each kind and the hosts that were asked."""

    def __init__(self, inner: httpx.AsyncBaseTransport, told: Callable[[httpx.Request, httpx.Response], None]) -> None:
        self._inner = inner
        self._told = told

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await self._inner.handle_async_request(request)
        await response.aread()
        self._told(request, response)
        return response


def fault_on(asked: Asked, **more: Any) -> Fault:
    """A fault that strikes every request of a kind."""
    return Fault(org=asked.org, method=asked.method, path=asked.path, count=0, **more)
