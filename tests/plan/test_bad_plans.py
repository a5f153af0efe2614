"""Broken files under cases/bad: each shows all of its problems, word for word, with exit code 3."""

from __future__ import annotations

from pathlib import Path

import pytest

from migrate.errors import InvalidInput
from migrate.plan.load import load
from migrate.reasons import REASONS

BAD = Path(__file__).parent / "cases" / "bad"
ENVIRON = {
    f"SIGMA_{alias}_{name}": value
    for alias in ("ACME_AU", "GROUP", "ACME_NZ")
    for name, value in {
        "BASE_URL": f"https://api.{alias.lower().replace('_', '-')}.sigmacomputing.com",
        "CLIENT_ID": "an id",
        "CLIENT_SECRET": "never shown",
        "SLUG": alias.lower(),
    }.items()
}
FILES = sorted(path for path in BAD.iterdir() if path.suffix in (".yaml", ".csv") and ".table" not in path.name)


def problems(path: Path) -> InvalidInput:
    with pytest.raises(InvalidInput) as caught:
        load(path, environ=ENVIRON)
    return caught.value


def said(error: InvalidInput) -> str:
    return str(error).replace(f"{BAD}/", "") + "\n"


def test_there_are_many_broken_files():
    assert len(FILES) >= 30


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_broken_file_says_what_a_person_needs(path):
    assert said(problems(path)) == path.with_name(path.name + ".expected").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_problem_has_place_code_and_fix_and_no_secret(path):
    error = problems(path)
    assert error.exit_code == 3
    for problem in error.problems:
        assert problem.file, problem
        assert problem.code in REASONS, problem
        assert problem.fix, problem
        assert "\n" not in str(problem)
        for secret in ("hunter2", "deadbeef", "never shown", "notreallyanid"):
            assert secret not in repr(problem)


def test_a_file_that_is_not_there():
    error = problems(BAD / "nothing.yaml")
    assert [each.code for each in error.problems] == ["plan_unreadable"]


def test_a_folder_is_no_plan():
    assert problems(BAD).problems[0].code == "plan_unreadable"
