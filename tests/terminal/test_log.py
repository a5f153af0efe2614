"""``--log``: every command writes it, from its beginning to its exit code."""

from __future__ import annotations

import json
import sys

import click
import pytest

from kit.confined import Confined
from kit.places import REPOSITORY
from migrate.cli import cli, run

GOOD = REPOSITORY / "tests" / "plan" / "cases" / "good" / "words.yaml"


def events(path):
    """What a log holds."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


@pytest.fixture(scope="module")
def confined():
    found = Confined({})
    yield found
    found.close()


@pytest.mark.parametrize("name", sorted(cli.commands))
def test_every_command_writes_its_log(confined, tmp_path, name):
    given = {"schema": ["plan"], "explain": ["internal"], "sandbox": [sys.executable, "-c", ""]}.get(name)
    needed = [each for each in cli.commands[name].params if each.required]
    given = given or [
        word for each in needed for word in (*each.opts[:1], "absent")[isinstance(each, click.Argument) :]
    ]
    done = confined.run(tmp_path, name, "--log", "log.jsonl", *given)
    told = events(tmp_path / "log.jsonl")
    assert (told[0]["event"], told[0]["command"]) == ("Began", name)
    assert (told[-1]["event"], told[-1]["exit_code"]) == ("Ended", done.code)
    assert [each["event"] for each in told].count("Failed") == (1 if done.code else 0)


def test_a_plan_that_is_wrong_is_told_with_the_number_of_its_problems(tmp_path, capsys):
    plan = tmp_path / "plan.yaml"
    plan.write_text("version: 1\nnmae: x\n", encoding="utf-8")
    assert run(["validate", str(plan), "--log", str(tmp_path / "log.jsonl")]) == 3
    problems = len(capsys.readouterr().err.splitlines())
    failed = events(tmp_path / "log.jsonl")[1]
    assert (failed["event"], failed["code"], failed["problems"]) == ("Failed", "invalid_input", problems)


def test_a_log_before_the_command_and_one_after_it_are_one(tmp_path):
    first, later = tmp_path / "first.jsonl", tmp_path / "later.jsonl"
    assert run(["--log", str(first), "validate", str(GOOD)]) == 0
    assert run(["--log", str(first), "validate", str(GOOD), "--log", str(later)]) == 0
    assert [each["event"] for each in events(first)] == ["Began", "Ended"]
    assert [each["event"] for each in events(later)] == ["Began", "Ended"]
