"""What shells and ``man`` are told, and the versions of a bug report."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib

import pytest
from packaging.requirements import Requirement

from kit.places import REPOSITORY
from migrate import __version__
from migrate.cli import cli, run
from migrate.terminal.completion import VARIABLE
from migrate.terminal.versions import LIBRARIES, versions


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_gets_what_it_completes_by(capsys, shell):
    assert run(["completion", shell]) == 0
    told = capsys.readouterr().out
    assert f"{VARIABLE}={shell}_complete" in told
    program = shutil.which(shell)
    if program and shell == "bash":
        subprocess.run([program, "-n"], input=told, text=True, check=True)


def test_what_is_begun_is_completed():
    asked = {VARIABLE: "bash_complete", "COMP_WORDS": "sigma-migrate app", "COMP_CWORD": "1"}
    done = subprocess.run(
        [sys.executable, "-c", "from migrate.cli import main; main()"],
        env={**os.environ, **asked},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["plain,apply"]


def test_the_manual_has_every_command_and_option_and_no_line_that_man_misreads(capsys):
    assert run(["manual"]) == 0
    page = capsys.readouterr().out
    assert re.findall(r"^\.SS (\w+)", page, re.MULTILINE) == sorted(cli.commands)
    assert "\\-\\-detailed\\-exitcode" in page
    assert {line.split()[0] for line in page.splitlines() if line.startswith((".", "'"))} == {
        *(".TH", ".SH", ".SS", ".TP", ".B", ".I", ".PP"),
    }
    man = shutil.which("man")
    if man:
        done = subprocess.run([man, "--warnings", "-l", "-"], input=page, capture_output=True, text=True, check=False)
        assert done.stderr == ""


def test_the_versions_of_a_bug_report(capsys):
    assert run(["--verbose", "--version"]) == 0
    told = dict(line.split(" ", 1) for line in capsys.readouterr().out.splitlines())
    assert told == versions()
    assert told["sigma-migrate"] == __version__
    assert told["click"] != "not installed"


def test_the_versions_are_of_all_that_is_asked_for():
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    asked = [*project["dependencies"], *(text for name in set(extras) - {"dev", "sandbox"} for text in extras[name])]
    assert {Requirement(text).name for text in asked} - {"typing-extensions"} <= set(LIBRARIES)


def test_nothing_at_all_is_wrong_use(capsys):
    assert run(["--quiet"]) == 64
    assert "Missing command" in capsys.readouterr().err
