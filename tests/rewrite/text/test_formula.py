"""Formulas as tokens: lossless, strings and brackets told apart, formulas inside text, splicing."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from migrate.rewrite.text.formula import (
    brackets,
    calls,
    embedded,
    escape_segment,
    escape_text,
    reference,
    splice,
    tokens,
)

FORMULAISH = st.text(alphabet='ab ["\\]/{}(),*1\n.é', max_size=60)
NAMES = st.text(min_size=1, max_size=20)


@given(st.one_of(FORMULAISH, st.text()))
@example('"never closed \\')
@example("/* never closed")
@example('[a\\]"')
def test_the_tokens_joined_are_the_formula(formula):
    assert "".join(formula[slice(*token.span)] for token in tokens(formula)) == formula


@given(FORMULAISH)
def test_brackets_are_the_bracket_tokens(formula):
    expected = [token.span for token in tokens(formula) if token.kind == "bracket"]
    assert [bracket.span for bracket in brackets(formula)] == expected


@given(FORMULAISH)
def test_calls_stand_where_a_name_is_followed_by_a_parenthesis(formula):
    listed = [token for token in tokens(formula) if token.kind not in ("space", "comment")]
    texts = [formula[slice(*token.span)] for token in listed]
    expected = [
        token.span for index, token in enumerate(listed[:-1]) if token.kind == "name" and texts[index + 1] == "("
    ]
    assert [call.span for call in calls(formula)] == expected


@given(st.lists(NAMES, min_size=1, max_size=4))
def test_a_written_reference_reads_back(segments):
    formula = f'Concat("x", {reference(tuple(segments))})'
    (bracket,) = brackets(formula)
    assert bracket.segments == tuple(segments)
    written = [formula[slice(*span)] for span in bracket.segment_spans]
    assert written == [escape_segment(segment) for segment in segments]


@given(st.text(), NAMES)
def test_a_written_string_reads_back_and_hides_brackets(value, name):
    formula = f'{"Fn"}("{escape_text(value)}", {reference((name,))})'
    (call,) = calls(formula)
    assert [argument.value for argument in call.texts] == [value]
    assert [bracket.segments for bracket in brackets(formula)] == [(name,)]


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("[A/B]", [("A", "B")]),
        ("Sum([Orders/Net Revenue]) / [x]", [("Orders", "Net Revenue"), ("x",)]),
        ('If([a] = "[b]", "\\"[c]", [d])', [("a",), ("d",)]),
        ("[a\\/b/c\\]d]", [("a/b", "c]d")]),
        ("[a] // [b]\n+ [c] /* [d] */", [("a",), ("c",)]),
        ("[a//b]", [("a", "", "b")]),
        ("[http://x/y]", [("http:", "", "x", "y")]),
        ("[never closed", []),
        ("[]", [("",)]),
        ("[El/Rel/Col (Dim)]", [("El", "Rel", "Col (Dim)")]),
    ],
)
def test_brackets_of(formula, expected):
    assert [bracket.segments for bracket in brackets(formula)] == expected


def test_calls_name_their_string_arguments():
    formula = 'If(CurrentUserInTeam("Fin\\"ance", [x]), CallText( "DB.S.FN" , Lower("a")), {k: 1, l: "n"})'
    found = [
        (call.name, [(arg.index, arg.value, formula[slice(*arg.span)]) for arg in call.texts])
        for call in calls(formula)
    ]
    assert found == [
        ("If", []),
        ("CurrentUserInTeam", [(0, 'Fin"ance', 'Fin\\"ance')]),
        ("CallText", [(0, "DB.S.FN", "DB.S.FN")]),
        ("Lower", [(0, "a", "a")]),
    ]


def test_a_string_that_is_only_part_of_an_argument_is_none():
    (call,) = calls('CurrentUserInTeam("a" & [b], "c", {x: "d", y: 1}, ["e"])')
    assert [(arg.index, arg.value) for arg in call.texts] == [(1, "c")]


@pytest.mark.parametrize(
    ("text", "inside"),
    [
        ("Total {{Sum([a])}} of {{[b]}}", ["Sum([a])", "[b]"]),
        ('{{"}}"}} x', ['"}}"']),
        ('{{If([a}}b], "\\"}}", 1)}}', ['If([a}}b], "\\"}}", 1)']),
        ("{{{a: {b: 1}}}}", ["{a: {b: 1}}"]),
        ("{{ never closed", []),
        ("{{}}", [""]),
        ("}} {{x}} }}", ["x"]),
        ("no braces [a]", []),
    ],
)
def test_embedded_formulas(text, inside):
    found = embedded(text)
    assert [part.text for part in found] == inside
    assert [text[slice(*part.span)] for part in found] == inside


@given(st.text(alphabet='{}"\\[]a ', max_size=40))
def test_embedded_parts_never_overlap_and_stand_between_braces(text):
    end = 0
    for part in embedded(text):
        assert part.span[0] - 2 >= end
        assert text[part.span[0] - 2 : part.span[0]] == "{{"
        assert text[part.span[1] : part.span[1] + 2] == "}}"
        end = part.span[1] + 2


@st.composite
def edits_of(draw):
    text = draw(st.text(max_size=40))
    cuts = sorted(draw(st.sets(st.integers(0, len(text)), max_size=8)))
    spans = list(zip(cuts[::2], cuts[1::2], strict=False))
    return text, {span: draw(st.text(max_size=5)) for span in spans}


@given(edits_of())
def test_splicing_exchanges_the_spans_and_nothing_else(case):
    text, edits = case
    expected, done = "", 0
    for start, end in sorted(edits):
        expected += text[done:start] + edits[start, end]
        done = end
    assert splice(text, edits) == expected + text[done:]
    assert splice(text, {span: text[slice(*span)] for span in edits}) == text


@pytest.mark.parametrize("edits", [{(0, 3): "", (2, 4): ""}, {(0, 9): ""}, {(3, 2): ""}, {(-1, 2): ""}])
def test_edits_that_overlap_or_lie_outside_are_refused(edits):
    with pytest.raises(ValueError, match="overlaps another one or lies outside"):
        splice("abcdef", edits)
