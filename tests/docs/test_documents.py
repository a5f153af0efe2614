"""The documentation: every link leads somewhere, and every command of the tutorial does what it says."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys

import pytest

from kit.places import REPOSITORY
from migrate.cli import cli
from migrate.reasons import REASONS
from migrate.sandbox.server import environment, serve
from migrate.sandbox.world import builtin

PAGES = sorted([*REPOSITORY.glob("docs/**/*.md"), REPOSITORY / "README.md", REPOSITORY / "deploy" / "README.md"])
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
TUTORIAL = REPOSITORY / "docs" / "tutorial.md"


def anchors(text):
    """The names of a page's headings, as a forge makes them."""
    titles = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(REPOSITORY).as_posix())
def test_every_link_leads_somewhere(page):
    for link in LINK.findall(re.sub(r"```.*?```", "", page.read_text("utf-8"), flags=re.DOTALL)):
        if "://" in link:
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        assert target.exists(), f"{page.name}: {link}"
        if anchor:
            assert anchor in anchors(target.read_text("utf-8")), f"{page.name}: {link}"


def test_every_page_is_in_the_index():
    index = REPOSITORY / "docs" / "README.md"
    listed = {(index.parent / link.partition("#")[0]).resolve() for link in LINK.findall(index.read_text("utf-8"))}
    assert {page for page in PAGES if page.is_relative_to(index.parent)} - {index} <= listed


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(REPOSITORY).as_posix())
def test_every_command_and_reason_that_is_named_exists(page):
    text = page.read_text("utf-8")
    for name in re.findall(r"`?sigma-migrate ([a-z]+)\b(?! and)", text):
        assert name in cli.commands, f"{page.name}: sigma-migrate {name}"
    for code in re.findall(r"reason `([a-z_]+)`", text):
        assert code in REASONS, code


def steps():
    """(command, the lines that it is to print) of the tutorial, in order."""
    for block in re.findall(r"```console\n(.*?)```", TUTORIAL.read_text("utf-8"), re.DOTALL):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, output = part.partition("\n")
            yield command, output.splitlines()


def fits(expected, lines):
    """Whether lines are as expected; ``...`` alone stands for any number of lines, inside a line for any text."""
    pattern = "".join(
        r"(?:.*\n)*?" if line == "..." else re.escape(line).replace(r"\.\.\.", ".*") + r"\n" for line in expected
    )
    return re.fullmatch(pattern, "".join(f"{line}\n" for line in lines)) is not None


def test_the_tutorial_does_what_it_says(tmp_path):
    shutil.copytree(REPOSITORY / "plans", tmp_path / "plans")
    done = []
    with serve(builtin()) as running:
        environ = {name: value for name, value in os.environ.items() if not name.startswith("SIGMA_")}
        environ |= environment(running) | {"PYTHONPATH": str(REPOSITORY)}
        for command, expected in steps():
            words = shlex.split(command)
            program = [sys.executable, "-m", "migrate"] if words[0] == "sigma-migrate" else [words[0]]
            quick = ["--set", "run.requests_per_second=1000"] if words[1] in ("apply", "plan", "drift") else []
            ran = subprocess.run(
                [*program, *words[1:], *quick],
                cwd=tmp_path,
                env=environ,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                check=False,
                timeout=90,
            )
            assert fits(expected, ran.stdout.splitlines()), f"$ {command}\n{ran.stdout}{ran.stderr}"
            done.append(words[1])
    assert done.count("apply") == 2
    assert done[-1] == "undo"
