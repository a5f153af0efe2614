"""Statements of every dialect and every form of control, with the exact text that comes out and what is told."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from migrate.plan.match import TableMaps
from migrate.plan.model import PathMap
from migrate.rewrite.resolvers.tables import agreed_in_sql, renamed_in_sql
from migrate.rewrite.text.sql.exchange import Renames, rewrite_sql

FOLDER = Path(__file__).parents[1] / "cases" / "sql"


def read_cases():
    """Every case of the files, with the dialect and the maps of its file where it has none of its own."""
    for file in sorted(FOLDER.glob("*.yaml")):
        listed = yaml.load(file.read_text(), Loader=yaml.CSafeLoader)
        for number, case in enumerate(listed["cases"]):
            yield pytest.param(
                {"dialect": listed["dialect"], "paths": listed["paths"], **case}, id=f"{file.stem}-{number}"
            )


def renames(paths):
    maps = TableMaps(PathMap(source=tuple(old.split(".")), target=tuple(new.split("."))) for old, new in paths.items())
    return Renames(
        whole=lambda name: renamed_in_sql(name, maps)[0], partly=lambda segments: agreed_in_sql(segments, maps)[0]
    )


CASES = list(read_cases())


def test_there_are_enough():
    assert len(CASES) >= 150


@pytest.mark.parametrize("case", CASES)
def test_statement(case):
    result = rewrite_sql(case["before"], dialect=case["dialect"], renames=renames(case["paths"]))
    told = [remark.sentence for remark in (*result.remarks, *result.left)]
    if "problem" in case:
        assert case["problem"] in result.problem
        assert result.statement == case["before"]
        return
    assert result.problem == ""
    assert result.statement == case["after"]
    for wanted in case.get("told", ()):
        assert any(wanted in sentence for sentence in told), told
    if not case.get("told"):
        assert told == []
    kept = {f"{each.kind} {'.'.join(each.before)}" for each in result.names if each.end == "kept"}
    assert kept == set(case.get("kept", ()))


@pytest.mark.parametrize("case", CASES)
def test_nothing_to_rename_changes_nothing(case):
    result = rewrite_sql(case["before"], dialect=case["dialect"])
    assert result.statement == case["before"]
    assert result.groups == ()
