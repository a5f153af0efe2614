"""A statement as tokens with places; a control is a token like a word or a literal.

Literals, comments and quoted names are read by the rules of the dialect, so braces in a literal are no control unless
they begin and end inside it, and quotes inside a control do not begin a literal. One pass, linear in the length.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal, NamedTuple

from migrate.rewrite.text.sql.controls import Control, Where, control_at, controls_in, is_open_formula
from migrate.rewrite.text.sql.dialects import Dialect

TokenKind = Literal["space", "comment", "control", "text", "quoted", "word", "number", "mark"]

_INSIDE: dict[str, Where] = {"comment": "comment", "text": "text", "quoted": "name"}
_COMMENT_EDGE = re.compile(r"/\*|\*/")
_CLOSED_BY = {"[": "]", "{": "}", "(": ")", "<": ">"}


class Token(NamedTuple):
    """One token: its kind and where it stands."""

    kind: TokenKind
    start: int
    end: int


class Split(NamedTuple):
    """A statement split up: its tokens, every control in it in order, and why the rest could not be split."""

    tokens: tuple[Token, ...]
    controls: tuple[Control, ...]
    problem: str = ""


def split(statement: str, dialect: Dialect) -> Split:
    """The tokens of a statement; their texts joined are the statement, up to the problem if there is one."""
    pattern = _pattern(dialect)
    tokens: list[Token] = []
    controls: list[Control] = []
    place, formulas = 0, True
    while place < len(statement):
        match = pattern.match(statement, place)
        if match is None:  # pragma: no cover - the last alternative takes any character
            break
        kind, end = match.lastgroup, match.end()
        if kind == "braces":
            open_formula = is_open_formula(statement, place)
            control = control_at(statement, place, len(statement)) if formulas or not open_formula else None
            formulas = formulas and not (open_formula and control is None)
            kind, end = ("control", control.span[1]) if control else ("mark", place + 1)
            controls += [control] if control else []
        elif kind in ("block", "opened"):
            end = _end(statement, match[0], end, dialect)
            kind = "comment" if kind == "block" else "text"
        if end < 0 or kind == "unclosed":
            return Split(tuple(tokens), tuple(controls), f"{line_and_column(statement, place)}: {_what(match[0])}")
        if kind in _INSIDE and statement.find("{{", place, end) >= 0:
            controls += controls_in(statement, place, end, _INSIDE[kind])
        tokens.append(Token(kind, place, end))  # type: ignore[arg-type]
        place = end
    return Split(tuple(tokens), tuple(controls))


@lru_cache(maxsize=32)
def _pattern(dialect: Dialect) -> re.Pattern[str]:
    opened = f"|(?P<opened>{dialect.opens})" if dialect.opens else ""
    brackets = r"\[" if dialect.quote == "[" else ""
    ticks = "`" if "`" in dialect.names else ""
    return re.compile(
        rf"(?P<space>\s++)|(?P<comment>{dialect.comments})|(?P<block>/\*)|(?P<braces>\{{\{{){opened}"
        rf"|(?P<text>{dialect.texts})|(?P<quoted>{dialect.names})|(?P<word>{dialect.words})|(?P<number>\d\w*+)"
        rf"|(?P<unclosed>['\"{ticks}{brackets}])|(?P<mark>::|=>|\|>|\|\||.)",
        re.DOTALL,
    )


def _end(statement: str, opening: str, place: int, dialect: Dialect) -> int:
    """Where a block comment or a literal in its own marks ends, or -1."""
    if opening != "/*":
        mark = opening if "'" not in opening else _CLOSED_BY.get(opening[-1], opening[-1]) + "'"
        found = statement.find(mark, place)
        return found + len(mark) if found >= 0 else -1
    if not dialect.nested_comments:
        found = statement.find("*/", place)
        return found + 2 if found >= 0 else -1
    depth = 1
    for edge in _COMMENT_EDGE.finditer(statement, place):
        depth += 1 if edge[0] == "/*" else -1
        if depth == 0:
            return edge.end()
    return -1


def _what(mark: str) -> str:
    if mark == "/*":
        return "a comment is not closed"
    return "a quoted name is not closed" if mark in ("`", "[") else "a text or quoted name is not closed"


def line_and_column(statement: str, place: int) -> str:
    """A place for people, both counted from 1."""
    line = statement.count("\n", 0, place) + 1
    return f"line {line}, column {place - statement.rfind(chr(10), 0, place)}"


def controls_of(statement: str, dialect: Dialect) -> tuple[Control, ...]:
    """Every control of a statement; what could not be split is looked through for braces alone."""
    if "{{" not in statement:
        return ()
    found = split(statement, dialect)
    if not found.problem:
        return found.controls
    place = found.tokens[-1].end if found.tokens else 0
    return (*found.controls, *controls_in(statement, place, len(statement), "code"))
