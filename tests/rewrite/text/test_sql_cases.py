"""Statements of every dialect and every form of control, with the exact text that comes out and what is told."""

from __future__ import annotations

import pytest

from kit.sql_cases import renames, sql_cases
from migrate.rewrite.text.sql.exchange import rewrite_sql

CASES = [pytest.param(case, id=name) for name, case in sql_cases()]


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
