"""The file of reasons: every code stands once, under a station that is known, with all its words."""

from __future__ import annotations

import pytest

from migrate import reasons
from migrate.reasons import REASONS

ONE = '[plan.odd]\nsentence = "a."\ncause = "b."\nfix = "c."\n'
TWICE = ONE + ONE.replace("plan", "wire")


def test_a_code_stands_in_one_station():
    with pytest.raises(ValueError, match="odd stands twice"):
        reasons._read(TWICE)


def test_a_word_that_is_missing_or_unknown_is_noticed():
    for text in (ONE.replace("fix", "fixes"), ONE + 'fixes = "d."\n'):
        with pytest.raises(TypeError):
            reasons._read(text)


def test_every_reason_knows_where_it_comes_from():
    assert {reason.station for reason in REASONS.values()} == {"plan", "wire", "rewrite", "change", "check"}
    assert all(code == reason.code for code, reason in REASONS.items())
