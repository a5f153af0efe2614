"""Names and paths against the words of a plan."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.plan.maps import Pair, PathMap
from migrate.plan.match import (
    TableMaps,
    fits,
    map_email,
    map_folder,
    map_name,
    map_table,
    map_url,
    name_matches,
    selects,
    stars,
)
from migrate.plan.selection import Selector
from migrate.text import join_path, split_path

NAMES = st.lists(st.text(min_size=1, max_size=12), max_size=4)


def pair(source: str, target: str) -> Pair:
    return Pair(source=source, target=target)


def paths(*texts: str) -> list[PathMap]:
    split = [text.split(" ") for text in texts]
    return [PathMap(source=tuple(one.split(".")), target=tuple(other.split("."))) for one, other in split]


SEGMENTS = st.lists(st.sampled_from(["A", "B", "a", "*"]), min_size=1, max_size=3).map(tuple)


@given(st.lists(SEGMENTS, max_size=8), st.lists(st.sampled_from(["A", "B", "a"]), min_size=1, max_size=3))
def test_the_most_specific_map_is_found_whatever_their_order(sources, path):
    maps = [PathMap(source=source, target=("X", str(number))) for number, source in enumerate(sources)]

    def literals(each):
        return [segment != "*" for segment in each.source]

    fitting = [each for each in maps if fits(each.source, path)]
    most = max(((sum(literals(each)), literals(each)) for each in fitting), default=None)
    expected = next((each for each in fitting if (sum(literals(each)), literals(each)) == most), None)
    new, by = TableMaps(maps).find(path)
    assert by == expected
    assert new == (expected.target if expected else tuple(path))


@given(NAMES)
def test_a_folder_path_reads_back(names):
    assert split_path(join_path(names)) == tuple(names)


def test_folder_paths():
    assert split_path("Shared/Budget\\/Forecast/") == ("Shared", "Budget/Forecast")
    assert split_path("a\\b/c") == ("a\\b", "c")
    assert split_path("") == split_path("/") == ()


@pytest.mark.parametrize(
    ("text", "name", "fits"),
    [
        ("FY2?-*", "FY25-Margin", True),
        ("FY2?-*", "Old FY25-Margin", False),
        ("re:(?i)^copy of", "Copy of Sales", True),
        ("re:margin$", "FY25 margin", True),
        ("[draft] Sales", "[draft] Sales", True),
        ("sales", "Sales", False),
        ("a*", "a\nb", True),
    ],
)
def test_name_patterns(text, name, fits):
    assert name_matches(text, name) is fits


def test_the_keys_of_a_rule_are_anded():
    facts = ("workbook", "FY25", "id-1", ("Shared", "Finance", "Close"))
    assert selects(Selector(), *facts)
    assert selects(Selector(type="workbook", folder="Shared/Finance", name="FY*", id="id-1"), *facts)
    for rule in (Selector(type="data-model"), Selector(folder="Shared/Fin"), Selector(name="X"), Selector(id="url")):
        assert not selects(rule, *facts)
    assert selects(Selector(id="url"), *facts, "url")
    assert not selects(Selector(id=""), *facts)


def test_the_longest_folder_prefix_wins_and_the_rest_is_kept():
    pairs = [pair("Shared", "A"), pair("Shared/Finance", "B/C\\/D"), pair("Shared/Finance/Close/Deep", "E")]
    assert map_folder(pairs, ("Shared", "Finance", "Close")) == (("B", "C/D", "Close"), pairs[1])
    assert map_folder(pairs, ("Shared", "Finances")) == (("A", "Finances"), pairs[0])
    assert map_folder(pairs, ("Other",)) == (("Other",), None)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("DB.FIN.T", "X.AU_FIN.T"),
        ("DB.FIN.ORDERS", "X.AU.FCT"),
        ("DB.HR.T", "Y.HR.T"),
        ("OTHER.FIN.T", "Z.FIN.T"),
        ("DB.FIN", "DB.FIN"),
        ("DB.FIN.T.COL", "DB.FIN.T.COL"),
    ],
)
def test_the_most_specific_path_wins(path, expected):
    maps = paths("DB.*.* Y.*.*", "*.FIN.* Z.FIN.*", "DB.FIN.* X.AU_FIN.*", "DB.FIN.ORDERS X.AU.FCT")
    assert map_table(maps, path.split("."))[0] == tuple(expected.split("."))
    assert map_table(maps[::-1], path.split("."))[0] == tuple(expected.split("."))


def test_stars_repeat_what_they_matched():
    assert map_table(paths("A.*.* B.*"), ("A", "s", "t"))[0] == ("B", "t")
    assert map_table(paths("*.X N.*.Y"), ("d", "X"))[0] == ("N", "d", "Y")
    for source, target in ((("A",), ("*",)), (("*", "*", "x"), ("A", "*"))):
        with pytest.raises(ValueError, match="no \\* in the source"):
            stars(source, target)


def test_pairs_by_name_glob_and_address():
    pairs = [
        pair("*", "all-*"),
        pair("*@acme.com.au", "*@acmegroup.com"),
        pair("boss@acme.com.au", "ceo@acmegroup.com"),
    ]
    assert map_name(pairs, "a@acme.com.au") == ("a@acmegroup.com", pairs[1])
    assert map_name(pairs, "boss@acme.com.au") == ("ceo@acmegroup.com", pairs[2])
    assert map_name(pairs[1:], "x") == ("x", None)
    assert map_email(pairs, "Boss@ACME.com.au") == ("ceo@acmegroup.com", pairs[2])
    assert map_email(pairs[1:], "Else@Where.com") == ("Else@Where.com", None)


def test_addresses_by_their_longest_beginning():
    pairs = [pair("https://w/", "https://v/"), pair("https://w/a/", "https://u/")]
    assert map_url(pairs, "https://w/a/b?c") == ("https://u/b?c", pairs[1])
    assert map_url(pairs, "http://w/") == ("http://w/", None)
