"""``--log``: every command writes it, from its beginning to its exit code."""

from __future__ import annotations

import json
import sys

import click
import pytest

from kit.confined import Confined
from kit.places import REPOSITORY
from migrate.cli import cli, run
from migrate.events import Acted, Answered, Paused, Recorded, RunBegan, RunEnded
from migrate.terminal.watch import Log

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
    given = {
        "schema": ["plan"],
        "explain": ["internal"],
        "completion": ["bash"],
        "sandbox": [sys.executable, "-c", ""],
    }.get(name)
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


def test_lines_say_of_which_run_they_are_and_requests_are_there_only_where_asked_for(tmp_path):
    usual, all_of_it = tmp_path / "usual.jsonl", tmp_path / "all.jsonl"
    told = (
        Answered(org="a", method="GET", path="/v2/files", status=200, seconds=0.1, attempt=1),
        RunBegan(run="run-1", plan="night", kind="apply"),
        Recorded(what="done", target="org-b", document="w"),
        Acted(target="b", kind="workbook", source_id="w", name="W", outcome="failed", reason_code="api_refused"),
        Acted(target="b", kind="workbook", source_id="v", name="V", outcome="created"),
        Paused(org="b", seconds=3.0, why="429"),
        RunEnded(run="run-1", status="complete", exit_code=1),
    )
    for path, debug in ((usual, False), (all_of_it, True)):
        log = Log(path, debug=debug)
        for event in told:
            log(event)
        log.close()
    lines = events(usual)
    assert [line["level"] for line in lines] == ["info", "error", "info", "warning", "error"]
    assert {(line["run"], line["plan"]) for line in lines} == {("run-1", "night")}
    assert [line["target"] for line in lines] == ["", "b", "b", "b", ""]
    assert (lines[-1]["event"], lines[-1]["exit_code"], lines[-1]["status"]) == ("RunEnded", 1, "complete")
    whole = events(all_of_it)
    assert [line["event"] for line in whole if line["level"] == "debug"] == ["Answered", "Recorded"]
    assert (whole[0]["run"], whole[0]["target"]) == ("", "a")
