"""One line is one line, whatever the text holds, and never wider than it was asked to be."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.hosts import is_loopback
from migrate.text import INVISIBLE, one_line, visible


@given(st.text(max_size=300), st.integers(2, 200))
def test_a_line_is_never_wider_and_hides_nothing(raw, width):
    for shown in (one_line(raw, width), visible(raw, width)):
        assert len(shown.splitlines()) <= 1
        assert not INVISIBLE.search(shown)
    assert len(one_line(raw, width)) <= width
    if len(raw) <= width and not INVISIBLE.search(raw):
        assert one_line(raw, width) == visible(raw, width) == raw


def test_a_cut_is_seen():
    assert one_line("abcdef", 4) == "abc…"
    assert visible("abcdef", 4) == "abcd… (6 characters)"
    assert one_line("a\u0301" * 3, 4) == "a\u0301…"
    assert one_line("a\nb\u202e") == "a\\nb\\u202e"


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST", "127.0.0.1", "127.8.9.1", "::1"])
def test_this_machine(host):
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["", "localhost.evil.example", "10.0.0.1", "0.0.0.0", "127.0.0.1.evil.example", "::2"])
def test_another_machine(host):
    assert not is_loopback(host)
