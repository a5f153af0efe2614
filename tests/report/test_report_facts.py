"""Sums, groups and the headline say what the rows say, and never call unproven work good."""

from __future__ import annotations

import shlex
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migrate.report import facts, wording
from migrate.report.bars import HATCHED, bar, widths
from migrate.rewrite.model import Resolution
from migrate.words import LANDED, LEVELS, OUTCOMES, VERDICTS, LevelResult


def rows_of(make, states):
    """Rows of these (target, outcome, verdict); a verdict counts only where the outcome landed."""
    return [
        make.row(n, target=target, outcome=outcome, verdict=verdict if outcome in LANDED else None)
        for n, (target, outcome, verdict) in enumerate(states)
    ]


STATES = st.lists(
    st.tuples(st.sampled_from(["group", "emea", "apac"]), st.sampled_from(OUTCOMES), st.sampled_from(VERDICTS)),
    max_size=40,
)


def test_every_word_of_the_data_has_a_meaning():
    assert set(wording.OUTCOMES) == set(OUTCOMES)
    assert set(wording.VERDICTS) == set(VERDICTS)
    assert tuple(wording.LEVELS) == LEVELS
    assert set(wording.RESULTS) == set(get_args(LevelResult))
    assert set(wording.RESOLUTIONS) == set(get_args(Resolution))


@settings(max_examples=80, deadline=None)
@given(STATES)
def test_the_sums_are_those_of_the_rows(make, states):
    found = make.reconciliation(rows_of(make, states))
    for target, total in found.totals.items():
        outcome, verdict = facts.sums(total)
        mine = [row for row in found.rows if row.target == target]
        assert outcome.adds_up
        assert verdict.adds_up
        assert outcome.whole == len(mine)
        assert dict(outcome.parts) == {name: sum(row.outcome == name for row in mine) for name in OUTCOMES}
        assert dict(verdict.parts) == {name: sum(row.verdict == name for row in mine) for name in VERDICTS}
    assert facts.grand_total(found)["in_scope"] == len(found.rows)


@settings(max_examples=80, deadline=None)
@given(STATES)
def test_attention_has_every_bad_row_once_and_no_good_one(make, states):
    found = make.reconciliation(rows_of(make, states))
    shown = [row.source_id for one in facts.attention(found) for row in (*one.roots, *one.behind)]
    assert sorted(shown) == sorted(row.source_id for row in found.rows if not row.good)


@settings(max_examples=80, deadline=None)
@given(STATES)
def test_good_is_said_only_where_everything_is_proven(make, states):
    found = make.reconciliation(rows_of(make, states))
    tone, says = facts.headline(found)
    passed_by = any(row.verdict == "unchanged_by_version" for row in found.rows)
    assert tone != "good" or passed_by == ("nobody looked at" in says), "what nobody looked at is said"
    if tone == "good":
        assert found.rows
        proven = ("match", "match_declared", "broken_in_source_too")
        assert all(row.verdict in (None, *proven, "unchanged_by_version") for row in found.rows)
        assert all(row.outcome in LANDED or row.outcome == "skipped" for row in found.rows)
    else:
        assert not found.rows or any(not row.good for row in found.rows)


@pytest.mark.parametrize(
    ("changes", "tone", "words"),
    [
        ({}, "good", "The document stands in the target and passed every check that was asked for."),
        ({"consistent": False}, "bad", "do not add up"),
        ({"exit_code": 5}, "warn", "credentials, permission or identity"),
        ({"exit_code": 70}, "bad", "do not add up"),
        ({"run": {"status": "interrupted"}}, "warn", "did not finish (interrupted)"),
        ({"rows": []}, "plain", "Nothing was in scope."),
    ],
)
def test_the_headline(make, changes, tone, words):
    rows = changes.pop("rows", None)
    found_tone, says = facts.headline(make.reconciliation(rows, **changes))
    assert found_tone == tone
    assert words in says


def test_what_is_broken_in_the_source_too_is_named_in_the_headline(make):
    _, says = facts.headline(make.reconciliation([make.row(1), make.row(2, verdict="broken_in_source_too")]))
    assert "1 broken in the source too" in says


def test_the_urgent_comes_first(make):
    codes = [one.cause.code for one in facts.attention(make.mixed())]
    assert codes == [
        "dependency_not_found",
        "verification_mismatch",
        "not_verifiable",
        "not_run",
        "interrupted",
    ]


def test_a_target_that_waits_for_others_comes_after_those_it_waits_for(make):
    held = {"outcome": "not_attempted", "verdict": None, "reason_code": "held_back"}
    rows = [make.row(n, target=target, **held) for n, target in enumerate(["a", "a", "a", "b"])]
    rows += [make.row(9, target="canary", outcome="failed", verdict=None, reason_code="api_refused")]
    rows += [make.row(10, target="well", outcome="created", verdict="match")]
    assert [one.name for one in facts.standings(make.reconciliation(rows))] == ["canary", "a", "b", "well"]


def test_a_sum_that_fails_says_so(make):
    found = make.reconciliation([make.row()])
    outcome, verdict = facts.sums(found.totals["group"] | {"in_scope": 2})
    assert outcome.text == "2 in scope is not 1 created"
    assert verdict.text == "1 in the target = 1 match"


def test_the_command_can_be_pasted(make):
    odd = make.row(target="the group's", outcome="failed", source_id="a b; rm -rf $HOME")
    words = shlex.split(facts.retry(make.reconciliation([odd]), odd))
    assert words == [
        "sigma-migrate",
        "apply",
        "plans/acme.yaml",
        "--target",
        "the group's",
        "--only",
        "a b; rm -rf $HOME",
    ]
    landed = make.row(verdict="mismatch")
    assert facts.retry(make.reconciliation([landed]), landed).startswith("sigma-migrate verify plans/acme.yaml")
    assert facts.retry(make.reconciliation([odd], run={"status": "complete"}), odd) == ""


def test_levels_count_what_was_not_asked_for(make):
    rows = [make.row(1), make.row(2, levels={"exists": "fail"}), make.row(3, outcome="failed")]
    table = dict(facts.level_table(make.reconciliation(rows)))
    assert table["exists"]["pass"] == table["exists"]["fail"] == 1
    assert table["exists"]["not_asked"] == 0
    assert table["hash"]["not_asked"] == 1
    assert table["compile"]["not_asked"] == 2


@given(st.lists(st.integers(1, 10**6), max_size=9))
def test_a_bar_shows_every_part_and_fills_its_width(counts):
    drawn = widths(counts)
    assert len(drawn) == len(counts)
    assert all(width >= 7.99 for width in drawn)
    assert not counts or abs(sum(drawn) - 1000) < 0.01


def test_what_is_not_proven_is_drawn_with_stripes(make):
    text = bar(facts.sums(make.mixed().totals["group"])[1])
    assert {"not_verifiable", "not_run", "not_attempted"} == set(HATCHED)
    assert text.count('class="hatched"') == 2
    assert "<title>1 not verifiable</title>" in text


def test_changes_are_explained():
    assert wording.change_meaning("rule:brand") == "the rule 'brand' of the plan"
    assert "grouping called base" in wording.change_meaning("fix:base-grouping@1")
    assert "generation" in wording.change_meaning("fold:overlays")
    assert wording.change_meaning("other")


def test_the_matrix_shows_whether_it_is_the_document_or_the_target(make):
    rows = [make.row(n, target=target) for target in ("a", "b", "c", "d") for n in range(4)]
    wrong = {("a", 1), ("b", 1), ("c", 0), ("c", 1), ("c", 2), ("c", 3)}
    for at, one in enumerate(rows):
        if (one.target, at % 4) in wrong:
            rows[at] = make.row(at % 4, target=one.target, outcome="blocked", reason_code="forbidden")
    rows = [one for one in rows if (one.target, one.source_name) != ("b", "Margin 3")]
    found = facts.matrix(make.reconciliation(rows))
    assert found.documents == ("Margin 1", "Margin 0", "Margin 2", "Margin 3")
    assert found.lines == (
        ("c", ("blocked", "blocked", "blocked", "blocked")),
        ("a", ("blocked", "", "", "")),
        ("b", ("blocked", "", "", None)),
    )
    small = facts.matrix(make.reconciliation(rows), targets=1, documents=2)
    assert (len(small.lines), len(small.documents), small.more_targets, small.more_documents) == (1, 2, 2, 2)
    assert facts.matrix(make.mixed()) is None, "one target is no matrix"
