"""What is installed is known by its hash, fits what is asked for, and names no machine; a wheel is made twice alike."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
EXTRAS = PROJECT["project"]["optional-dependencies"]
NEEDED = PROJECT["project"]["dependencies"]
BUILDING = PROJECT["build-system"]["requires"]
LOCKS = {
    "requirements.lock": (NEEDED, EXTRAS["dev"], EXTRAS["sandbox"], EXTRAS["postgres"], BUILDING),
    "requirements-run.lock": (NEEDED, EXTRAS["sandbox"], EXTRAS["postgres"], EXTRAS["keyring"]),
    "requirements-fleet.lock": (NEEDED, *(EXTRAS[name] for name in ("postgres", "keyring", "dask", "otel", "s3"))),
    "requirements-docs.lock": (PROJECT["dependency-groups"]["docs"],),
}
ENTRY = re.compile(
    r"(?P<pin>[a-z0-9-]+==[^\s;\\]+(?: ; [^\\\n]+?)?)(?P<hashes>(?: \\\n    --hash=sha256:[0-9a-f]{64})+)\n"
)


def entries(name):
    """The requirements of a lock, which holds nothing but them, their hashes and comments."""
    text = re.sub(r"^#.*\n", "", (ROOT / name).read_text("utf-8"), flags=re.MULTILINE)
    found = list(ENTRY.finditer(text))
    assert "".join(entry[0] for entry in found) == text, "an entry without hashes, an option or an address"
    return [Requirement(entry["pin"]) for entry in found]


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_pins_everything_that_is_asked_for(name):
    pins = entries(name)
    wanted = [Requirement(text) for part in LOCKS[name] for text in part]
    for one in wanted:
        if one.name == PROJECT["project"]["name"]:
            continue
        fitting = [pin for pin in pins if canonicalize_name(pin.name) == canonicalize_name(one.name)]
        assert fitting, f"{one.name} is not in {name}: make lock"
        for pin in fitting:
            (version,) = (each.version for each in pin.specifier)
            assert one.specifier.contains(version), f"{pin} is not {one}: make lock"


@pytest.mark.parametrize("version", ["3.11", "3.12", "3.14"])
@pytest.mark.parametrize("system", ["linux", "darwin", "win32"])
def test_each_python_and_system_has_one_version_of_everything(version, system):
    here = {**default_environment(), "python_version": version, "python_full_version": f"{version}.1"}
    here |= {"sys_platform": system}
    for name in LOCKS:
        meant = [pin.name for pin in entries(name) if pin.marker is None or pin.marker.evaluate(here)]
        assert len(meant) == len(set(meant))
        assert meant


def test_what_a_wheel_needs_is_what_the_tests_ran_with():
    tested = {str(pin).split(";")[0] for pin in entries("requirements.lock")}
    known = {pin.split("==")[0] for pin in tested}
    run = {str(pin).split(";")[0] for pin in entries("requirements-run.lock")}
    assert not {pin for pin in run if pin.split("==")[0] in known} - tested


def test_make_installs_by_hash_alone():
    text = (ROOT / "Makefile").read_text("utf-8")
    installs = [line for line in text.splitlines() if "install" in line and ("$(PIP)" in line or ".docs/" in line)]
    assert len(installs) == 5
    for line in installs:
        assert "--require-hashes" in line or {"--no-deps", "--no-build-isolation"} <= set(line.split()), line


def built(folder, zone, mask):
    arguments = ["-m", "pip", "wheel", "--quiet", "--no-build-isolation", "--no-deps", "--wheel-dir", str(folder), "."]
    environ = {**os.environ, "SOURCE_DATE_EPOCH": "1750000000", "TZ": zone, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    subprocess.run([sys.executable, *arguments], cwd=ROOT, env=environ, check=True, umask=mask)
    (wheel,) = folder.glob("*.whl")
    return wheel


def test_a_wheel_is_pure_and_the_same_every_time(tmp_path):
    one = built(tmp_path / "one", "UTC", 0o022)
    other = built(tmp_path / "other", "Pacific/Auckland", 0o077)
    assert one.name == other.name
    assert one.name.endswith("-py3-none-any.whl")
    assert one.read_bytes() == other.read_bytes()
    with zipfile.ZipFile(one) as parts:
        assert {entry.date_time[:3] for entry in parts.infolist()} == {(2025, 6, 15)}
        assert {name.split("/")[0].split("-")[0] for name in parts.namelist()} == {"migrate", "sigma_migrate"}
