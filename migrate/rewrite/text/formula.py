r"""The formula language as tokens: strings, bracket references, calls, and formulas inside text.

A formula is never rewritten as a whole: what is read here has its span, and ``splice`` exchanges spans
of the original text. Reading is lossless, so the token texts joined give the input for any input.

Facts (sigma-specs section 4): text stands in double quotes with backslash escapes; a reference stands in
square brackets, its segments are separated by ``/``, and ``\]``, ``\/``, ``\\`` stand for the characters
themselves; text bodies, titles and addresses hold formulas as ``{{formula}}``; record values put single braces
inside a formula, so braces nest. Comments (``//`` and ``/* */``) are passed over: a reference in one means nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, cast

Span = tuple[int, int]
"""Start and end (exclusive) of a part of a text, in characters."""

TokenKind = Literal["string", "comment", "bracket", "name", "number", "space", "mark"]

_STRING = r'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)'
_COMMENT = r"//[^\n]*+|/\*.*?(?:\*/|\Z)"
_BRACKET = r"\[(?:[^\]\\]++|\\.)*+\]"
_NAME = r"[^\W\d]\w*+"
_NUMBER = r"\d[\w.]*+"

_TOKEN = re.compile(
    f"(?P<string>{_STRING})|(?P<comment>{_COMMENT})|(?P<bracket>{_BRACKET})"
    rf"|(?P<name>{_NAME})|(?P<number>{_NUMBER})|(?P<space>\s+)|(?P<mark>.)",
    re.DOTALL,
)
_SCAN = re.compile(rf"{_STRING}|{_COMMENT}|\[((?:[^\]\\]++|\\.)*+)\]", re.DOTALL)
_BRACES = re.compile(rf"{_STRING}|{_BRACKET}|[{{}}]", re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_SEGMENT = re.compile(r"(?:[^/\\]++|\\.)*+", re.DOTALL)
_TO_ESCAPE = re.compile(r"[\\/\[\]]")
_PAIRS = {"(": ")", "{": "}"}


@dataclass(frozen=True, slots=True)
class Token:
    """One token of a formula: its kind and where it stands."""

    kind: TokenKind
    span: Span


@dataclass(frozen=True, slots=True)
class Bracket:
    """One bracket reference: ``span`` with the brackets, its segments unescaped, and the span of each."""

    span: Span
    segments: tuple[str, ...]
    segment_spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class TextArgument:
    """An argument that is one string literal: its position from 0, the span between the quotes, its value."""

    index: int
    span: Span
    value: str


@dataclass(frozen=True, slots=True)
class Call:
    """One function call: the name, the span of the name, and those arguments that are string literals."""

    name: str
    span: Span
    texts: tuple[TextArgument, ...]


@dataclass(frozen=True, slots=True)
class Embedded:
    """One ``{{formula}}`` of a text: the span of what stands between the braces, and that text."""

    span: Span
    text: str


def tokens(formula: str) -> tuple[Token, ...]:
    """Every token of a formula in order; their texts joined are the formula, whatever it is."""
    return tuple(Token(cast("TokenKind", match.lastgroup), match.span()) for match in _TOKEN.finditer(formula))


def brackets(formula: str) -> tuple[Bracket, ...]:
    """Every bracket reference outside of strings and comments, in order."""
    return _brackets(formula) if "[" in formula else ()


@lru_cache(maxsize=8192)
def _brackets(formula: str) -> tuple[Bracket, ...]:
    found = []
    for match in _SCAN.finditer(formula):
        if match.lastindex:
            segments, spans = _segments(match[1], match.start(1))
            found.append(Bracket(match.span(), segments, spans))
    return tuple(found)


def _segments(inside: str, offset: int) -> tuple[tuple[str, ...], tuple[Span, ...]]:
    """The unescaped segments of a bracket's inside, and their spans in the whole formula."""
    if "\\" not in inside:
        raw = inside.split("/")
    else:
        raw = _split_escaped(inside)
    spans = []
    start = offset
    for part in raw:
        spans.append((start, start + len(part)))
        start += len(part) + 1
    return tuple(unescape(part) for part in raw), tuple(spans)


def _split_escaped(inside: str) -> list[str]:
    raw = []
    start = 0
    while True:
        match = _SEGMENT.match(inside, start)
        end = match.end() if match else start
        if end >= len(inside) or inside[end] != "/":
            # A backslash as the last character cannot come out of the bracket pattern; keep it all the same.
            raw.append(inside[start:])
            return raw
        raw.append(inside[start:end])
        start = end + 1


def unescape(text: str) -> str:
    r"""The text with every ``\x`` read as ``x``."""
    return _ESCAPED.sub(r"\1", text) if "\\" in text else text


@lru_cache(maxsize=8192)
def escape_segment(name: str) -> str:
    r"""A name as it is written inside brackets: ``\``, ``/``, ``[`` and ``]`` get a backslash."""
    return _TO_ESCAPE.sub(r"\\\g<0>", name)


def escape_text(value: str) -> str:
    """A value as it is written between the quotes of a string literal."""
    return value.replace("\\", "\\\\").replace('"', '\\"')


def reference(segments: tuple[str, ...]) -> str:
    """A bracket reference written from its segments."""
    return "[" + "/".join(escape_segment(segment) for segment in segments) + "]"


def calls(formula: str) -> tuple[Call, ...]:
    """Every function call in the order of the function names, nested ones included."""
    return _calls(formula) if "(" in formula else ()


@lru_cache(maxsize=8192)
def _calls(formula: str) -> tuple[Call, ...]:
    listed = [token for token in tokens(formula) if token.kind not in ("space", "comment")]
    return tuple(
        Call(formula[slice(*token.span)], token.span, tuple(_text_arguments(formula, listed, index + 2)))
        for index, token in enumerate(listed[:-1])
        if token.kind == "name" and formula[slice(*listed[index + 1].span)] == "("
    )


def _text_arguments(formula: str, listed: list[Token], first: int) -> Iterator[TextArgument]:
    """The string-literal arguments of a call whose first argument begins at token ``first``."""
    index, depth = 0, 0
    argument: list[Token] = []
    for token in listed[first:]:
        text = formula[slice(*token.span)] if token.kind == "mark" else ""
        if text in _PAIRS:
            depth += 1
        elif depth and text in _PAIRS.values():
            depth -= 1
        elif not depth and text in (",", ")"):
            if len(argument) == 1 and argument[0].kind == "string":
                yield _text_argument(formula, index, argument[0].span)
            if text == ")":
                return
            index, argument = index + 1, []
            continue
        argument.append(token)


def _text_argument(formula: str, index: int, span: Span) -> TextArgument:
    start = span[0] + 1
    closed = span[1] - start >= 1 and formula[span[1] - 1] == '"'
    end = span[1] - 1 if closed else span[1]
    return TextArgument(index, (start, end), unescape(formula[start:end]))


def embedded(text: str) -> tuple[Embedded, ...]:
    """Every ``{{formula}}`` of a text. Braces nest, and ``}}`` inside a string or a bracket does not end one."""
    found = []
    start = text.find("{{")
    while start >= 0:
        end = closing(text, start + 2, len(text))
        if end < 0:
            start = text.find("{{", start + 2)
            continue
        found.append(Embedded((start + 2, end), text[start + 2 : end]))
        start = text.find("{{", end + 2)
    return tuple(found)


def closing(text: str, start: int, limit: int) -> int:
    """Where the ``}}`` stands that ends a formula beginning at ``start``, before ``limit``; else -1."""
    depth = 0
    for match in _BRACES.finditer(text, start, limit):
        mark = match[0]
        if mark == "{":
            depth += 1
        elif mark == "}":
            if depth:
                depth -= 1
            elif text.startswith("}}", match.start(), limit):
                return match.start()
    return -1


def splice(text: str, edits: Mapping[Span, str]) -> str:
    """The text with these spans exchanged; every span speaks of the original text.

    Raises ValueError where two spans overlap or one lies outside of the text.
    """
    if not edits:
        return text
    pieces: list[str] = []
    done = 0
    for start, end in sorted(edits):
        if not done <= start <= end <= len(text):
            raise ValueError(f"the edit at {start}:{end} overlaps another one or lies outside of the text")
        pieces += (text[done:start], edits[start, end])
        done = end
    pieces.append(text[done:])
    return "".join(pieces)
