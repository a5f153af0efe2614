"""The documentation: every link leads somewhere, and what stands as a console session does what it says.

The site itself is built by ``make docs``, with a builder that the tests do without: here its index is held to the
pages, and every link to what stands where it leads.
"""

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

TOP = [REPOSITORY / name for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md")]
FOLDERS = ("docs", "deploy", "examples", "plans")
PAGES = sorted([*TOP, *(path for folder in FOLDERS for path in REPOSITORY.glob(f"{folder}/**/*.md"))])
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
SESSIONS = {"docs/tutorial.md": 8, "docs/how-to/assessment.md": 5, "docs/how-to/git.md": 3, "docs/how-to/reasons.md": 1}
"""Pages with console sessions, and how many commands each has at least. Other pages name commands inside of sentences,
or such as need a network, another machine or a real organization."""


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


def test_the_site_is_built_strictly_before_the_tests_run():
    makefile = (REPOSITORY / "Makefile").read_text("utf-8")
    assert "docs" in re.search(r"^test: ([^#\n]*)", makefile, re.MULTILINE)[1].split()
    assert "mkdocs build --strict" in makefile.partition("\ndocs:")[2].partition("\n\n")[0]
    assert (REPOSITORY / ".ci" / "run").read_text("utf-8").rstrip().endswith("make test")


def test_every_page_is_in_the_index():
    index = REPOSITORY / "docs" / "README.md"
    listed = {(index.parent / link.partition("#")[0]).resolve() for link in LINK.findall(index.read_text("utf-8"))}
    assert {page for page in PAGES if page.is_relative_to(index.parent)} - {index} <= listed


def test_the_site_has_every_page_once():
    site = (REPOSITORY / "mkdocs.yml").read_text("utf-8")
    listed = re.findall(r"^ +- (?:[\w -]+: )?(\S+\.md)$", site.partition("\nnav:\n")[2], re.MULTILINE)
    assert sorted(listed) == [page.relative_to(REPOSITORY).as_posix() for page in PAGES]


def test_everything_of_the_site_is_laid_where_its_links_lead():
    laid = re.search(r"^PAGES := (.+)$", (REPOSITORY / "Makefile").read_text("utf-8"), re.MULTILINE)[1].split()
    for page in PAGES:
        for link in LINK.findall(re.sub(r"```.*?```", "", page.read_text("utf-8"), flags=re.DOTALL)):
            if "://" not in link and not link.startswith("#"):
                target = (page.parent / link.partition("#")[0]).resolve().relative_to(REPOSITORY)
                assert target.parts[0] in laid, f"{page.name}: {link}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(REPOSITORY).as_posix())
def test_a_list_begins_after_an_empty_line(page):
    """A forge takes it either way; the site's builder would make one paragraph of it."""
    text = re.sub(r"```.*?```", "", page.read_text("utf-8"), flags=re.DOTALL)
    assert re.findall(r"^(?![-*#|>]|\d+\.|\s)\S.*\n(?:[-*]|1\.) .*$", text, re.MULTILINE) == []


def test_pictures_are_small():
    assert sum(path.stat().st_size for path in (REPOSITORY / "docs" / "images").iterdir()) <= 300_000


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(REPOSITORY).as_posix())
def test_every_command_and_reason_that_is_named_exists(page):
    text = page.read_text("utf-8")
    for name in re.findall(r"`?sigma-migrate ([a-z]+)\b(?! and)", text):
        assert name in cli.commands, f"{page.name}: sigma-migrate {name}"
    for code in re.findall(r"reason `([a-z_]+)`", text):
        assert code in REASONS, code


def steps(page):
    """(command, the lines that it is to print) of a page, in order."""
    for block in re.findall(r"```console\n(.*?)```", (REPOSITORY / page).read_text("utf-8"), re.DOTALL):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, output = part.partition("\n")
            yield command, output.splitlines()


def fits(expected, lines):
    """Whether lines are as expected; ``...`` alone stands for any number of lines, inside a line for any text."""
    pattern = "".join(
        r"(?:.*\n)*?" if line == "..." else re.escape(line).replace(r"\.\.\.", ".*") + r"\n" for line in expected
    )
    return re.fullmatch(pattern, "".join(f"{line}\n" for line in lines)) is not None


def in_a_hurry(words):
    """A command line that need not keep the pace of a real organization."""
    asks = {"apply", "plan", "drift", "export", "doctor", "inventory"}
    saved = words[2:3] == ["changes.json"]  # which carries the pace that it was planned with
    return [*words, *(["--set", "run.requests_per_second=1000"] if words[1] in asks and not saved else [])]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("page", SESSIONS)
def test_a_session_does_what_it_says(page, tmp_path):
    shutil.copytree(REPOSITORY / "plans", tmp_path / "plans")
    if page != "docs/tutorial.md":  # which makes the plan that the other pages go on with
        shutil.copy(REPOSITORY / "plans" / "demo.yaml", tmp_path / "plan.yaml")
    done = []
    with serve(builtin()) as running:
        environ = {name: value for name, value in os.environ.items() if not name.startswith("SIGMA_")}
        environ |= environment(running) | {"PYTHONPATH": str(REPOSITORY)}
        for command, expected in steps(page):
            words = in_a_hurry(shlex.split(command))
            program = [sys.executable, "-m", "migrate"] if words[0] == "sigma-migrate" else [words[0]]
            ran = subprocess.run(
                [*program, *words[1:]],
                cwd=tmp_path,
                env=environ,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                check=False,
                timeout=200,
            )
            assert fits(expected, ran.stdout.rstrip().splitlines()), f"$ {command}\n{ran.stdout}{ran.stderr}"
            done.append(words[1])
    assert len(done) >= SESSIONS[page]


def test_every_session_is_run():
    written = [
        page.relative_to(REPOSITORY).as_posix() for page in PAGES if "```console\n$ sigma" in page.read_text("utf-8")
    ]
    assert set(written) - {"docs/sandbox.md"} <= set(SESSIONS)
