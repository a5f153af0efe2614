"""The command line as a user meets it: a real process, real loopback ports, an environment of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from kit.confined import Commands
from migrate.report.outcome import outcome_schema
from migrate.run.outputs import OUTPUTS, output_schema
from migrate.sandbox.server import Running, environment, serve
from migrate.sandbox.world import load

WORLD = Path(__file__).parents[1] / "check" / "cases" / "world.yaml"
CLEAN = {name: value for name, value in os.environ.items() if not name.startswith("SIGMA_")}


@dataclass
class Drafting:
    """A folder to work in, and the organizations that are served."""

    folder: Path
    running: Running
    commands: Commands
    environ: dict[str, str] = field(default_factory=dict)

    def plan(self, name="plan.yaml", **changes):
        """A plan file from north to group; its path."""
        orgs = {
            alias: {"base_url": f"${{env.SIGMA_{alias.upper()}_BASE_URL}}", "credentials": f"env:SIGMA_{alias.upper()}"}
            for alias in ("north", "group")
        }
        orgs["group"] |= {"access": "write", "expect": {"organization_id": self.running.sandbox.world.orgs["group"].id}}
        tree = {
            "version": 1,
            "name": "test",
            "orgs": orgs,
            "source": "north",
            "targets": ["group"],
            "select": {"include": [{}]},
            "map": {
                "connections": [
                    {"from": "Warehouse", "to": "Group Warehouse", "paths": [{"from": "DW.SALES.*", "to": "GW.AU.*"}]}
                ]
            },
            "run": {"requests_per_second": 1000, "concurrency": 8, "write_concurrency": 4},
            "report": {"formats": ["json"]},
            **changes,
        }
        path = self.folder / name
        path.write_text(yaml.safe_dump(tree), encoding="utf-8")
        return path

    def call(self, *arguments, environ=None, given="", **more):
        """A finished process, with a text on its standard input; neither of its streams may hold a secret.

        It is forked from one that has imported everything, but for what only a new interpreter looks at: its own
        variables, and streams of another kind.
        """
        environ = {**self.environ, **(environ or {})}
        if more or any(name.startswith("PYTHON") for name in environ):
            done = self._new(arguments, environ, **more)
        else:
            ended = self.commands.run(self.folder, *arguments, environ=environ, given=given)
            done = subprocess.CompletedProcess(arguments, ended.code, ended.out, ended.err)
        for secret in self.secrets:
            assert secret not in done.stdout + done.stderr
        return done

    def _new(self, arguments, environ, **more):
        return subprocess.run(
            [sys.executable, "-m", "migrate", *map(str, arguments)],
            cwd=self.folder,
            env={**CLEAN, **environ},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
            **more,
        )

    def data(self, *arguments, code=0):
        """The JSON that a command gave, and nothing else, on standard output."""
        done = self.call(*arguments, "--output", "json")
        assert done.returncode == code, done.stderr
        tree = json.loads(done.stdout)
        if "error" not in tree:
            keeps_its_schema(str(arguments[0]), tree)
        return tree

    @property
    def secrets(self):
        return [value for name, value in self.environ.items() if name.endswith("_SECRET")]

    @property
    def group(self):
        return self.running.sandbox.world.orgs["group"]


def keeps_its_schema(command, tree):
    """Whether what a command printed is what ``schema`` says it prints."""
    if command in ("apply", "verify", "rehearse"):
        Draft202012Validator(outcome_schema()).validate(tree)
    name = {"report": "report-files", "plan": "plan-output"}.get(command, command)
    if name in OUTPUTS:
        Draft202012Validator(output_schema(name)).validate(tree)


@pytest.fixture(scope="session")
def commands():
    found = Commands()
    yield found
    found.close()


@pytest.fixture
def desk(tmp_path, commands):
    with serve(load(WORLD)) as running:
        yield Drafting(folder=tmp_path, running=running, commands=commands, environ=environment(running))
