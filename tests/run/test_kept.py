"""What version 0.1.0 wrote is read today: its plan, ledger, change sets, bundle, and the record of its run.

``kept/0.1.0.tar.xz`` is a folder in which 0.1.0 copied a workbook and the two models that it reads between the built-in
organizations, with those organizations as they stood afterwards.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
from pathlib import Path

import orjson
import pytest

from kit.places import REPOSITORY
from migrate.bundle.read import load as load_bundle
from migrate.change.seal import read
from migrate.plan.load import load as load_plan
from migrate.sandbox.server import environment, serve
from migrate.sandbox.world import load as load_world

KEPT = Path(__file__).parent / "kept" / "0.1.0.tar.xz"
RUN = "20261128T124401Z-fd50a3"
NAMES = {"General Ledger", "Ledger Months", "Monthly Ledger"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("kept")
    with tarfile.open(KEPT) as archive:
        for member in archive:
            if member.isfile():
                path = place / member.name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(archive.extractfile(member).read())
    return place


@pytest.fixture(scope="module")
def desk(folder):
    """Runs commands of today in the folder, with its organizations; (exit code, what was printed)."""
    with serve(load_world(folder / "world.yaml")) as running:
        environ = {name: value for name, value in os.environ.items() if not name.startswith("SIGMA_")}
        environ |= environment(running) | {"PYTHONPATH": str(REPOSITORY)}

        def call(*arguments):
            words = [sys.executable, "-m", "migrate", *arguments, "--quiet"]
            done = subprocess.run(words, cwd=folder, env=environ, capture_output=True, text=True, check=False)
            return done.returncode, done.stdout + done.stderr

        yield call


def test_a_plan(folder):
    plan = load_plan(
        folder / "plan.yaml",
        environ=dict.fromkeys(("SIGMA_ACME_AU_BASE_URL", "SIGMA_GROUP_BASE_URL"), "http://127.0.0.1:1"),
    )
    assert plan.targets == ("group",)


@pytest.mark.parametrize(
    ("name", "verbs"), [("first.json", ["CreateFolder"] * 6 + ["Create"] * 3), ("changes.json", ["Keep"] * 3)]
)
def test_a_saved_change_set(folder, name, verbs):
    (target,) = read(folder / name).targets
    assert [type(action).__name__ for wave in target.waves for action in wave] == verbs


def test_a_bundle(folder):
    _, bundle = load_bundle(folder / "bundle")
    assert {spec.name for spec in bundle.specs.values()} == NAMES


def test_the_record_of_a_run_is_reported_anew(desk, folder):
    code, told = desk("report", RUN)
    assert (code, "3 created = 3" in told, "3 match = 3" in told) == (0, True, True), told
    report = orjson.loads((folder / "reports" / RUN / "report.json").read_bytes())
    assert {row["source_name"] for row in report["rows"]} == NAMES


def test_its_copies_are_known_and_are_what_undo_takes_back(desk):
    code, told = desk("apply", "plan.yaml", "--yes", "--set", "run.requests_per_second=1000")
    assert (code, "3 unchanged = 3" in told, "3 match = 3" in told) == (0, True, True), told
    code, told = desk("undo", RUN, "--yes")
    assert (code, "3 deleted" in told) == (0, True), told
