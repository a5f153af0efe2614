"""What is in deploy/ can be read by what reads it, and calls the command line as it is."""

from __future__ import annotations

import ast
import configparser
import re
import shlex
import shutil
import subprocess

import click
import pytest
import yaml
from lxml import etree

from kit.places import REPOSITORY
from migrate.cli import cli

FOLDER = REPOSITORY / "deploy"
FILES = sorted(path for path in FOLDER.iterdir() if path.is_file())


def lines(path):
    """Every call of the command line in a file, as its arguments."""
    text = path.read_text("utf-8")
    if path.suffix == ".py":
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.List) and node.elts and getattr(node.elts[0], "value", "") == "sigma-migrate":
                yield [each.value for each in node.elts[1:]]
        return
    if path.suffix == ".xml":
        yield shlex.split(re.search(r"<Arguments>(.*?)</Arguments>", text)[1])
        return
    if path.suffix == ".yaml":
        for node in strings(yaml.safe_load(text)):
            if isinstance(node, list) and node[0] == "sh":
                yield from (called(f"sigma-migrate {part}") for part in node[-1].split("sigma-migrate ")[1:])
            elif isinstance(node, list):
                if node[0] != "dask" and not node[0].startswith("-"):  # the command of another program, or its flags
                    yield node
            elif "sigma-migrate " in node and "pip install" not in node:
                yield called(node)
        return
    for line in text.splitlines():
        if "sigma-migrate apply" in line and not line.startswith("#"):
            yield called(line)


def called(line):
    """The arguments of the call in a shell line."""
    return shlex.split(re.split(r"\bsigma-migrate (?=[a-z])", line)[-1].split(" > ")[0].split(" || ")[0].split(";")[0])


def strings(tree):
    """Every text of a tree, and each list of arguments."""
    if isinstance(tree, dict):
        for key, value in tree.items():
            if key in ("args", "command") and isinstance(value, list):
                yield value
            else:
                yield from strings(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from strings(value)
    elif isinstance(tree, str):
        yield tree


CALLS = [(path.name, call) for path in FILES if path.name not in ("README.md", "Dockerfile") for call in lines(path)]


def test_every_way_calls_it():
    quiet = {"README.md", "Dockerfile", "sigma-migrate.timer", "zipapp_start.py", "dask-cluster.yaml"}
    assert {name for name, _ in CALLS} == {path.name for path in FILES} - quiet


@pytest.mark.parametrize(("name", "call"), CALLS, ids=[f"{name}-{n}" for n, (name, _) in enumerate(CALLS)])
def test_the_command_line_reads_every_call(name, call):
    command = cli.get_command(click.Context(cli), call[0])
    assert command is not None, call
    command.make_context(call[0], call[1:])
    assert "--yes" in call or call[0] == "plan" or "--gather" in call


@pytest.mark.parametrize("path", [p for p in FILES if p.suffix == ".yaml"], ids=lambda p: p.name)
def test_yaml_can_be_read(path):
    assert isinstance(yaml.safe_load(path.read_text("utf-8")), dict)


@pytest.mark.parametrize("path", [p for p in FILES if p.suffix == ".py"], ids=lambda p: p.name)
def test_python_compiles(path):
    compile(path.read_text("utf-8"), path.name, "exec")


@pytest.mark.parametrize("path", [p for p in FILES if p.suffix in (".service", ".timer")], ids=lambda p: p.name)
def test_units_can_be_read(path):
    parser = configparser.ConfigParser(strict=True, interpolation=None)
    parser.optionxform = str
    parser.read_string(path.read_text("utf-8"))
    assert "Unit" in parser
    if shutil.which("systemd-analyze"):
        done = subprocess.run(["systemd-analyze", "verify", str(path)], capture_output=True, text=True, check=False)
        assert "Unknown" not in done.stderr


def test_the_task_is_xml_and_the_job_is_a_cronjob_that_never_runs_twice_at_once():
    etree.fromstring((FOLDER / "task-scheduler.xml").read_bytes())
    job = yaml.safe_load((FOLDER / "cronjob.yaml").read_text("utf-8"))
    assert job["spec"]["concurrencyPolicy"] == "Forbid"
    container = job["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"][0]
    assert container["securityContext"]["readOnlyRootFilesystem"] is True


def test_all_workers_of_a_night_name_one_run_and_one_of_them_gathers():
    workers, gathering = ([*call] for name, call in CALLS if name == "fleet.yaml")
    assert workers[workers.index("--worker") + 1] == gathering[gathering.index("--run") + 1] == "$RUN"
    assert workers[1] == gathering[1]
    assert workers[-2:] == gathering[-2:] == ["--set", "report.dir=/reports"], "a run is of one plan and the same flags"
    assert "--gather" in gathering


def test_the_image_runs_as_somebody_else_and_is_installed_by_hashes():
    text = (FOLDER / "Dockerfile").read_text("utf-8")
    stages = [line for line in text.splitlines() if line.startswith("FROM ")]
    assert len(stages) == 2
    last = text[text.rindex("FROM ") :]
    assert re.search(r"^USER \d+$", last, re.MULTILINE)
    assert "--require-hashes --requirement ${LOCK}" in text
    lock = re.search(r"^ARG LOCK=(.+)$", text, re.MULTILINE)[1]
    for name in re.findall(r"^COPY (?!--from)(.+)$", text, re.MULTILINE):
        for source in name.split()[:-1]:
            assert (REPOSITORY / source.replace("${LOCK}", lock)).exists(), source


def test_a_cluster_of_dask_is_reached_by_tls_alone_and_shows_no_dashboard():
    for name in ("compose-dask.yaml", "dask-cluster.yaml"):
        text = (FOLDER / name).read_text("utf-8")
        begun = [line for line in text.splitlines() if '"dask", "' in line]
        assert len(begun) == 2
        assert "tcp://" not in text
        assert text.count("--no-dashboard") == 2
        assert all("tls" in line for line in begun)
        assert "REQUIRE_ENCRYPTION" in text
    compose = yaml.safe_load((FOLDER / "compose-dask.yaml").read_text("utf-8"))
    lock = compose["services"]["worker"]["build"]["args"]["LOCK"]
    assert (REPOSITORY / lock).is_file()


def test_no_file_holds_a_credential():
    for path in FILES:
        text = path.read_text("utf-8")
        assert not re.search(
            r"(?i)(client_secret|password|token)\s*[:=]\s*['\"]?[A-Za-z0-9_\-]{8,}['\"]?\s*$", text, re.MULTILINE
        ), path
