"""What changed between two texts is marked, and nothing of either is lost."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from migrate.report.pieces import pieces

TEXTS = st.text(st.sampled_from("ab [/]\n"), max_size=300)


def shape(before, after):
    return [(piece.kind, piece.text) for piece in pieces(before, after)]


@given(TEXTS, TEXTS)
def test_both_texts_can_be_told_from_the_pieces(before, after):
    found = pieces(before, after)
    if not any(piece.kind == "folded" for piece in found):
        assert "".join(piece.text for piece in found if piece.kind != "new") == before
        assert "".join(piece.text for piece in found if piece.kind != "gone") == after
    assert any(piece.kind in ("gone", "new") for piece in found) == (before != after)


@settings(deadline=None)
@given(st.integers(0, 5000), st.integers(0, 5000))
def test_a_change_is_never_in_what_is_folded(head, tail):
    found = shape("a " * head + "Amount" + " b" * tail, "a " * head + "Other" + " b" * tail)
    assert [text for kind, text in found if kind == "gone"] == ["Amount"]
    assert [text for kind, text in found if kind == "new"] == ["Other"]
    assert sum(len(text) for _, text in found) < 400


def test_long_texts_without_a_word_in_common_are_shown_as_they_are():
    assert [kind for kind, _ in shape("a b " * 500, "c d " * 500)] == ["gone", "new", "same"]


def test_a_change_inside_a_word_is_marked_inside_it():
    assert shape("Sum([Net Amount])", "Sum([Net Amt])") == [
        ("same", "Sum([Net "),
        ("same", "Am"),
        ("gone", "oun"),
        ("same", "t"),
        ("same", "])"),
    ]
    assert ("gone", "Amount") in shape("[Amount]", "[Net]")
