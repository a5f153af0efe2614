"""Regular expressions and JSONPaths of a plan: Python's syntax, all alphabets, and time that cannot run away."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.plan.checks import json_path, name_pattern
from migrate.plan.json_path import found
from migrate.plan.match import name_matches
from migrate.plan.regex import compiled

PIECES = st.sampled_from(
    [
        r"a",
        r"Ü",
        r"é",
        r"7",
        r"٣",
        r"_",
        r"-",
        r".",
        r"^",
        r"$",
        r"\w",
        r"\d",
        r"\s",
        r"\W",
        r"\D",
        r"\S",
        r"\.",
        r"\Z",
        r"[a-c]",
        r"[\w-]",
        r"[\d_]",
        r"[^a]",
        r"[]x]",
        r"[^]x]",
        r"[[]",
        r"(?:ab)",
        r"|",
    ]
)
LOOKS = (r"re:(?!x)", r"re:(?=x)", r"re:(?<=x)y", r"re:(?<!x)y", r"re:(a)\1")


@given(st.lists(PIECES, max_size=6).map("".join), st.text("aÜé7٣_-. \u00a0xb", max_size=6))
def test_the_linear_engine_finds_what_python_finds(expression, text):
    assert (compiled(expression).search(text) is None) is (re.search(expression, text) is None)


@pytest.mark.parametrize("text", LOOKS)
def test_what_would_need_backtracking_is_refused_in_words(text):
    assert "look-ahead, look-behind and back-references are not available" in name_pattern(text)


@pytest.mark.parametrize("text", ["re:(copy", "re:a{3000}", "re:a++", "re:*"])
def test_what_cannot_be_compiled_is_refused(text):
    assert name_pattern(text).startswith("the regular expression is broken: ")


@pytest.mark.parametrize("text", ["re:(a+)+$", "re:^(a|aa)*$", "re:(.*a){20}$", "*a" * 40 + "c"])
def test_a_name_made_against_a_pattern_costs_nothing(text):
    """A backtracking engine needs 2^40 steps for these; the suite's time limit would end it."""
    assert not name_matches(text, "a" * 40 + "b")


def test_a_name_that_is_no_unicode_is_a_name():
    assert name_matches("re:^x", "x\ud800")
    assert not name_matches("re:y$", "x\ud800")


def test_a_json_path_may_search_and_costs_nothing():
    body = {"pages": [{"name": "aab"}, {"name": "a" * 40 + "b"}, {"name": 7}]}
    assert list(found("$.pages[?match(@.name, '[ab]+')].name", body)) == [("pages", 0, "name"), ("pages", 1, "name")]
    assert list(found("$.pages[?search(@.name, '^a{2}b')].name", body)) == [("pages", 0, "name")]
    assert list(found("$.pages[?match(@.name, '(a+)+')].name", body)) == []
    assert list(found("$.pages[?search(@.name, '(')].name", body)) == []


@pytest.mark.parametrize("text", ["$..[?@.name =~ /a/]", "pages", "$.pages[", "$..[?match(@.name)]", ""])
def test_a_json_path_outside_the_standard_is_refused(text):
    assert json_path(text)
