"""Rules in Python on the command line: a plan runs nothing that nobody allowed by name."""

from __future__ import annotations

import json
import os

import pytest

from kit.places import REPOSITORY

CODE = """
from dataclasses import replace
from pathlib import Path

Path({marker!r}).touch()


def loud(document, context):
    if document.kind == "data-model":
        raise ValueError("models stay")
    for element in document.body.get("elements", ()):
        if element["kind"] == "text":
            element["body"] += "!"
    return replace(document, name=document.name.upper())
"""


@pytest.fixture
def rules(desk):
    """A plan with a rule of a package that tells when it is imported; the plan, the marker, and where packages are."""
    package = desk.folder / "packages" / "loud_rules"
    package.mkdir(parents=True)
    marker = desk.folder / "imported"
    (package / "__init__.py").touch()
    (package / "all.py").write_text(CODE.format(marker=str(marker)), encoding="utf-8")
    plan = desk.plan(rules=[{"name": "loud", "python": "loud_rules.all:loud"}], policy={"unsupported": "report"})
    return plan, marker, {"PYTHONPATH": f"{desk.folder / 'packages'}{os.pathsep}{REPOSITORY}"}


def created(desk):
    return [
        each for each in desk.running.sandbox.evidence.writes("group") if each.path.endswith(("/spec", "/workbooks"))
    ]


@pytest.mark.parametrize(
    ("command", "allowed"),
    [
        (("validate",), ()),
        (("plan",), ()),
        (("apply", "--yes"), ()),
        (("validate",), ("--allow-python", "loud")),
        (("validate",), ("--allow-python", "loud_rules.al")),
    ],
    ids=str,
)
def test_nothing_runs_that_nobody_allowed(desk, rules, command, allowed):
    plan, marker, environ = rules
    done = desk.call(command[0], plan, *command[1:], *allowed, environ=environ)
    assert done.returncode == 3, done.stderr
    assert "loud_rules.all:loud, and nobody allowed that" in done.stderr.replace("\n  ", " ")
    assert f"{plan.name}:" in done.stderr
    assert not marker.exists()
    assert created(desk) == []


def test_what_is_allowed_runs_and_its_changes_and_failures_are_rows(desk, rules):
    plan, marker, environ = rules
    found = desk.call("apply", plan, "--yes", "--allow-python", "loud_rules", environ=environ)
    assert marker.exists()
    assert found.returncode == 1, found.stderr
    (report,) = desk.folder.glob("reports/*/report.json")
    rows = {row["source_name"]: row for row in json.loads(report.read_text("utf-8"))["rows"]}
    failed = [row for row in rows.values() if row["reason_code"] == "rule_failed"]
    assert failed
    assert {row["type"] for row in failed} == {"data-model"}
    assert "models stay" in failed[0]["reason"]
    notes = rows["Notes"]
    assert (notes["outcome"], notes["target_name"]) == ("created", "NOTES")
    assert {change["path"]: change["after"] for change in notes["changes"] if change["code"] == "rule:loud"} == {
        "$.name": "NOTES",
        "$.elements[0].body": "Hello!",
    }
    copies = {inode.name: inode for inode in desk.running.sandbox.world.orgs["group"].inodes.values()}
    assert copies["NOTES"].versions[-1].body["elements"][0]["body"] == "Hello!"


@pytest.mark.parametrize(
    ("named", "told"),
    [("loud_rules.all:quiet", "has no attribute"), ("loud_rules.none:loud", "No module named"), ("loud_rules:all", "")],
)
def test_what_cannot_be_had_is_told_with_its_line(desk, rules, named, told):
    _, _, environ = rules
    plan = desk.plan(rules=[{"name": "loud", "python": named}])
    done = desk.call("validate", plan, environ={**environ, "SIGMA_MIGRATE_ALLOW_PYTHON": "other,loud_rules"})
    assert done.returncode == 3
    assert "cannot be had" in done.stderr
    assert told in done.stderr.replace("\n  ", " ")
