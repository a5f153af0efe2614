"""The calendar of spellings: every row both ways, what cannot be carried is told, and nothing else is touched."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from migrate.bundle.fold import CannotFold, fold
from migrate.bundle.spec import Spec
from migrate.inventory.model import Key
from migrate.sigma.contract import DATES, NEWEST, OLDEST, dates_of, respell, settled_digest, shown, without_defaults
from migrate.tree import canonical

CASES = yaml.safe_load((Path(__file__).parent / "cases" / "contract.yaml").read_text("utf-8"))
rows = pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])


def at_each_date(case, date):
    """How a case is spelled at a date."""
    return case["since"] if date >= case["date"] else case["before"]


@rows
@pytest.mark.parametrize("to", DATES)
@pytest.mark.parametrize("written", ["before", "since"])
def test_a_row_is_spelled_as_of_the_date_that_is_asked(case, to, written):
    body = case[written]
    untouched = canonical(body)
    done = respell(body, to)
    assert done.body == at_each_date(case, to)
    assert done.unsure == ()
    assert bool(done.counts) == (done.body != body)
    assert canonical(body) == untouched


@rows
def test_what_a_body_shows_of_its_date(case):
    before = DATES[DATES.index(case["date"]) - 1]
    assert shown(case["since"]) == (case["date"], NEWEST)
    assert shown(case["before"]) == (OLDEST, before)


@rows
def test_two_spellings_of_one_document_have_one_digest(case):
    assert settled_digest(case["before"]) == settled_digest(case["since"])
    assert settled_digest({**case["since"], "layout": "another"}) != settled_digest(case["since"])


def test_dates_of_several_documents_narrow_each_other():
    by_name = {case["name"]: case for case in CASES}
    actions, pivot = by_name["an action that writes"], by_name["rows and columns of a pivot"]
    assert dates_of([actions["since"], pivot["before"]]) == ("2026-08-26", "2026-08-26")
    assert dates_of([]) == (OLDEST, NEWEST)
    assert dates_of([pivot["since"], pivot["before"]]) == (NEWEST, NEWEST)


@pytest.mark.parametrize(
    ("body", "to", "place"),
    [
        (
            {"elements": [{"id": "n", "kind": "navigation", "pageLabels": {"p": "P"}}]},
            NEWEST,
            "$.elements[0].pageLabels",
        ),
        (
            {"elements": [{"id": "n", "kind": "navigation", "pageLabels": [{"x": "P"}]}]},
            OLDEST,
            "$.elements[0].pageLabels",
        ),
        ({"elements": [{"id": "d", "kind": "divider", "align": "start"}]}, NEWEST, "$.elements[0].align"),
        (
            {"pages": [{"id": "p", "backgroundImage": {"source": {"kind": "upload", "key": "k"}}}]},
            OLDEST,
            "$.pages[0].backgroundImage",
        ),
        (
            {"settings": {"theme": {"overrides": {"colorOverrides": [{"name": "a", "color": "b", "more": 1}]}}}},
            OLDEST,
            "$.settings.theme.overrides.colorOverrides",
        ),
    ],
)  # a case each
def test_what_was_never_recorded_is_told_with_its_place(body, to, place):
    done = respell(body, to)
    assert [note.split(":")[0] for note in done.unsure] == [place]
    assert done.body == body
    spec = Spec(key=Key(org="o", kind="workbook", id="w"), generation="contents", name="W", folder_id="f", body=body)
    with pytest.raises(CannotFold, match="cannot be spelled"):
        fold(spec, "contents", to)


def test_the_default_of_a_kpi_is_the_same_as_none():
    with_default = {
        "elements": [{"id": "k", "kind": "kpi-chart", "layout": {"anchor": "left", "verticalAnchor": "center"}}]
    }
    without = {"elements": [{"id": "k", "kind": "kpi-chart", "layout": {"anchor": "left"}}]}
    assert without_defaults(with_default) == without
    assert settled_digest(with_default) == settled_digest(without)
    only = {"elements": [{"id": "k", "kind": "kpi-chart", "layout": {"verticalAnchor": "middle"}}]}
    assert settled_digest(only) == settled_digest({"elements": [{"id": "k", "kind": "kpi-chart"}]})


def test_what_a_kpi_is_compared_with_had_both_spellings_before():
    old, new = (
        {"elements": [{"id": "k", "kind": "kpi-chart", "comparisonColumn": {key: "c"}}]} for key in ("id", "columnId")
    )
    assert respell(old, NEWEST).body == new
    assert respell(new, OLDEST).body == new
    assert shown(new) == (OLDEST, NEWEST)
    assert settled_digest(old) == settled_digest(new)


def test_branches_without_end_are_told():
    effects = [{"effect": "reset-form", "form": "f"}]
    for _ in range(300):
        effects = [{"effect": "if-else", "else": effects}]
    done = respell({"elements": [{"id": "b", "kind": "button", "actions": [{"effects": effects}]}]}, NEWEST)
    assert len(done.unsure) == 1
    assert "nested too deep" in done.unsure[0]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.sampled_from(["start", "middle", "column", "id", "x"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["id", "kind", "columnId", "value", "elements", "pages", "actions", "effects", "layout", "size"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(body=st.dictionaries(st.sampled_from(["elements", "pages", "overlays", "panels", "settings"]), JSON, max_size=4))
def test_any_tree_is_taken_and_spelling_twice_changes_nothing(body):
    for date in DATES:
        once = respell(body, date)
        assert respell(once.body, date).body == once.body
    shown(body)
    settled_digest(body)
