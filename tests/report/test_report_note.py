"""``report.md`` fits a comment however large the run was, and no name in it means anything to a forge."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.report.note import MOST_CHARACTERS, code, text, to_md

OURS = re.compile(r"</?(?:details|summary|br)>|<!-- -->")
SPAN = re.compile(r"(`+)(?!`)(.*?)(?<!`)\1(?!`)")


def test_it_says_what_happened(make):
    note = to_md(make.mixed()).decode()
    assert note.startswith("## ❌ acme-au-to-group: 6 of 17 documents need attention: 5 causes.")
    assert "17 in scope = 10 created" in note
    assert "`dependency_not_found`" in note
    assert "`sigma-migrate apply plans/acme.yaml --target group --only dependency_not_found`" in note
    assert "request `req-8f31c0de77`" in note
    assert "<summary>Residuals: 3 things did not travel</summary>" in note
    assert note.count("<details>") == note.count("</details>") == 5


def test_a_good_run_is_short(make):
    note = to_md(make.reconciliation([make.row(n) for n in range(500)])).decode()
    assert note.startswith("## ✅")
    assert "Nothing needs attention." in note
    assert len(note) < 4000


@pytest.mark.parametrize("targets", [1, 400])
def test_it_fits_a_comment(make, targets):
    found = make.mixed(copies=400 // targets, targets=tuple(f"tenant_{n:03d}" for n in range(targets)))
    note = to_md(found).decode()
    assert len(found.rows) == 6800
    assert len(note) < MOST_CHARACTERS
    assert targets > 1 or "more causes in report.html and report.xlsx" in note
    assert targets == 1 or "more targets in report.html and report.xlsx" in note
    assert note.count("<details>") == note.count("</details>")


def test_hostile_names_fit_and_stay_text(make):
    note = to_md(make.hostile()).decode()
    assert len(note) < MOST_CHARACTERS
    for line in note.splitlines():
        bare = OURS.sub("", SPAN.sub("", line))
        assert "<" not in bare, line
        assert "](" not in bare, line
        assert not re.search(r"https?://|@\w|(?<!&)#\d", bare), line
        assert not re.match(r"(#{3,}|---|===)(?! (Needs attention))", bare), line


@given(st.text(min_size=1, max_size=60))
def test_a_name_cannot_leave_its_code_span(name):
    span = code(name)
    fence = re.match(r"`+", span)[0]
    inside = span[len(fence) : len(span) - len(fence)]
    assert span.endswith(fence)
    assert "\n" not in span
    assert fence not in set(re.findall(r"`+", inside))
    assert not inside.startswith("`")
    assert not inside.endswith("`")


@given(st.text(max_size=60))
def test_a_text_means_nothing_to_markdown(raw):
    bare = text(raw).replace("<!-- -->", "")
    assert not re.search(r"[\\`*_{}\[\]()<>|~!@]|^[-+=]|:[^\s\d]", bare)
    assert all(re.match(r"&#\d+;", bare[at.start() :]) for at in re.finditer("&", bare))
