"""Formulas cut into tokens and references; the names Sigma makes up."""

from __future__ import annotations

import pytest

from migrate.sandbox.specs.formulas import calls, references, templates, tokens, written
from migrate.sandbox.specs.names import automatic_column_name, friendly


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("ORDER_ID", "Order Id"),
        ("DAYS_TO_SHIP", "Days to Ship"),
        ("DAY_OF_WEEK", "Day of Week"),
        ("CREATED_AT", "Created At"),
        ("UPDATED_BY", "Updated By"),
        ("A/B-C", "A B C"),
        ("Net-Sales", "Net Sales"),
        ("Order Id", "Order Id"),
        ("", ""),
    ],
)
def test_friendly_names(raw: str, expected: str) -> None:
    assert friendly(raw) == expected


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("[T/A b]", [("T", "A b")]),
        ('If([A] = "[no/t]", [B\\/C/D])', [("A",), ("B/C", "D")]),
        ('"open [A]', []),
        ("[open", []),
        ('{{[A]}} & "x\\"[B]"', [("A",)]),
    ],
)
def test_references_in_formulas(formula: str, expected: list[tuple[str, ...]]) -> None:
    assert [found.parts for found in references(formula)] == expected


def test_pieces_of_formulas() -> None:
    assert written(("A/B", "C]")) == "[A\\/B/C\\]]"
    assert references(written(("A/B", "C]")))[0].parts == ("A/B", "C]")
    assert calls('Sum(If([A], "f(x)", Len([B])))') == ["Sum", "If", "Len"]
    assert templates("a {{[A]}} b {{ Sum([B]) }}") == ["[A]", " Sum([B]) "]
    assert [token.sort for token in tokens('a <= 1.5e3 "s" [r]')] == ["word", "sign", "number", "string", "reference"]
    assert automatic_column_name('DateTrunc("week", [T/Date])') == "Week of Date"
    assert automatic_column_name("[T/Date]") == "Date"
