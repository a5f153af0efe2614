"""A difference is told in the words of the document, and in none where the document has none."""

from __future__ import annotations

import pytest

from migrate.check.model import Difference
from migrate.check.places import in_words

LAYOUT = '<Page type="grid" id="p1"><Element elementId="t"/></Page>'
FLAT = {
    "pages": [{"id": "p1", "name": "Board"}],
    "elements": [
        {
            "id": "t",
            "kind": "table",
            "name": "Margin",
            "source": {"path": ["DW", "GL"]},
            "columns": [{"id": "c1", "formula": "[GL/Net Amount]"}, {"id": "c2", "name": "Rate", "formula": "1"}],
        }
    ],
    "layout": LAYOUT,
}
PAGED = {"pages": [{"id": "p1", "name": "Board", "elements": FLAT["elements"]}]}


def words(path, sent, read=None, kind="changed"):
    made = Difference(level="hash", path=path, expected="a", found="b", kind=kind)
    (found,) = in_words([made], sent, read)
    return found.page, found.element, found.column, found.what


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("$.elements[0].columns[1].formula", ("Board", "table 'Margin'", "column 'Rate'", "formula")),
        ("$.elements[0].columns[0]", ("Board", "table 'Margin'", "column 'Net Amount'", "")),
        ("$.elements[0].source.path[1]", ("Board", "table 'Margin'", "", "source table path")),
        ("$.elements[0]", ("Board", "table 'Margin'", "", "")),
        ("$.pages[0].name", ("Board", "", "", "name")),
        ("$ columns", ("", "", "", "number of columns")),
        ("t/c2", ("Board", "table 'Margin'", "column 'Rate'", "")),
        ("t", ("Board", "table 'Margin'", "", "")),
        ("gone/c2", ("", "", "", "")),
        ("$['odd key']", ("", "", "", "odd key")),
    ],
)
def test_a_place_in_words(path, told):
    assert words(path, FLAT) == told


def test_elements_on_pages_and_what_stands_only_in_the_copy():
    path = "$.pages[0].elements[0].columns[1].formula"
    assert words(path, PAGED) == ("Board", "table 'Margin'", "column 'Rate'", "formula")
    assert words("$.elements[0].columns[1]", {"elements": []}, FLAT, kind="added")[1:3] == (
        "table 'Margin'",
        "column 'Rate'",
    )


@pytest.mark.parametrize("body", [None, [], {"elements": [None, 3], "pages": "x", "layout": 4}])
def test_an_odd_body_has_no_words_and_is_no_error(body):
    assert words("$.elements[1].columns[0]", body)[:3] == ("", "", "")
