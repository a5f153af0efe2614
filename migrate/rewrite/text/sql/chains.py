"""Qualified names: tokens joined by dots, each part with the place that is exchanged when it is called otherwise.

A part may be written in pieces (``GL_{{suffix}}``): then only the pieces between the controls are known.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from migrate.rewrite.text.formula import Span
from migrate.rewrite.text.sql.controls import Control, controls_in
from migrate.rewrite.text.sql.dialects import Dialect, fold
from migrate.rewrite.text.sql.tokens import Token

SHARED = "`…`"
"""The quote of a part that stands with others inside one pair of back-quotes."""

LONGEST = 5
"""Names that a table has at most; what goes on after them are fields of a column."""

Segment = tuple[str, ...]
"""A name as far as it is known: the pieces between what is put in when the query runs; mostly one piece."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a qualified name.

    ``pieces`` are as the warehouse reads them, ``shown`` is the part as people read it (with its controls), ``span``
    what is exchanged (with the quotes, unless they are shared), ``quote`` its quote or none.
    """

    pieces: Segment
    shown: str
    span: Span
    quote: str = ""
    controls: tuple[Control, ...] = ()

    @property
    def known(self) -> bool:
        """Whether the whole name is known before the query runs."""
        return len(self.pieces) == 1


@dataclass(frozen=True, slots=True)
class Chain:
    """A qualified name: its parts, and its span in the statement.

    ``path`` is the names as the warehouse reads them, those made by controls as written.
    """

    parts: tuple[Part, ...]
    span: Span
    path: tuple[str, ...]

    @property
    def known(self) -> bool:
        """Whether every part is known before the query runs."""
        return all(len(part.pieces) == 1 for part in self.parts)

    def first(self, count: int) -> Chain:
        """The first parts of it."""
        return joined(self.parts[:count], self.span[0], self.parts[count - 1].span[1])


def joined(parts: Sequence[Part], start: int, end: int) -> Chain:
    """The chain of these parts, which stands between these places."""
    return Chain(tuple(parts), (start, end), tuple([part.shown for part in parts]))


class Chains:
    """Reads chains out of the tokens of one statement. ``tokens`` are those that mean something, ``controls`` all."""

    def __init__(self, statement: str, dialect: Dialect, tokens: Sequence[Token], controls: Sequence[Control]) -> None:
        self.statement = statement
        self.dialect = dialect
        self.tokens = tokens
        self.texts = [statement[token.start : token.end] for token in tokens]
        self.controls = {control.span[0]: control for control in controls if control.where == "code"}

    def text(self, index: int) -> str:
        """The text of a token; empty where there is none."""
        return self.texts[index] if 0 <= index < len(self.texts) else ""

    def has(self, index: int) -> bool:
        """Whether there is such a token."""
        return 0 <= index < len(self.tokens)

    def begins(self, index: int) -> bool:
        """Whether a name may begin with this token."""
        return self.has(index) and self.tokens[index].kind in ("word", "quoted", "control")

    def read(self, index: int, *, table: bool = False) -> tuple[Chain, int]:
        """The chain that begins here and the token after it; in a ``table`` dashes and a ``*`` may belong to it."""
        start = self.tokens[index].start
        parts, index = self._part(index, dashes=table and self.dialect.dashes)
        while self.text(index) == "." and (self.begins(index + 1) or self._odd(index + 1, parts)):
            if self.text(index + 1) == ".":
                parts += [Part(("", ""), "", (self.tokens[index].end, self.tokens[index].end))]
                index += 1
                continue
            more, index = self._part(index + 1, dashes=False)
            parts += more
        if table and self.dialect.shared_ticks and self.text(index) == "*" and self._touches(index - 1):
            last = parts[-1]
            span = (last.span[0], self.tokens[index].end)
            parts[-1] = Part(
                (*last.pieces[:-1], last.pieces[-1], ""), last.shown + "*", span, last.quote, last.controls
            )
            index += 1
        return joined(parts, start, self.tokens[index - 1].end), index

    def _odd(self, index: int, parts: Sequence[Part]) -> bool:
        """Whether a part may begin here that could not begin a name: ``ds.2020_x``, and ``db..t``."""
        if not self.has(index):
            return False
        if self.tokens[index].kind == "number":
            return not self.text(index).isdigit() or self.dialect.shared_ticks
        return self.text(index) == "." and self.begins(index + 1) and bool(parts[-1].shown)

    def _dashed(self, index: int) -> bool:
        """Whether this token may follow a dash inside a name."""
        return self.has(index) and self.tokens[index].kind in ("word", "number", "control")

    def _touches(self, index: int) -> bool:
        """Whether the next token follows this one without a space."""
        return self.has(index + 1) and self.tokens[index].end == self.tokens[index + 1].start

    def _part(self, index: int, *, dashes: bool) -> tuple[list[Part], int]:
        """The part or parts (inside shared back-quotes) that begin at a token, and the token after."""
        token = self.tokens[index]
        if token.kind == "quoted":
            return list(self.quoted(token.start, token.end)), index + 1
        last = index
        while self._touches(last) and (
            self.tokens[last + 1].kind in ("word", "control", "number")
            or (dashes and self.text(last + 1) == "-" and self._touches(last + 1) and self._dashed(last + 2))
            or (dashes and self.text(last) == "-")
        ):
            last += 1
        return [self._bare(index, last)], last + 1

    def _bare(self, first: int, last: int) -> Part:
        span = (self.tokens[first].start, self.tokens[last].end)
        inside = tuple(self.controls[token.start] for token in self.tokens[first : last + 1] if token.kind == "control")
        pieces, shown = self._pieces(span, inside)
        return Part(tuple(fold(piece, self.dialect) for piece in pieces), shown, span, "", inside)

    def _pieces(self, span: Span, inside: Sequence[Control]) -> tuple[Segment, str]:
        """What stands between the controls of a part, and the whole part for people."""
        pieces, done = [], span[0]
        for control in inside:
            pieces.append(self.statement[done : control.span[0]])
            done = control.span[1]
        pieces.append(self.statement[done : span[1]])
        shown = self.statement[slice(*span)] if inside else fold(pieces[0], self.dialect)
        return tuple(pieces), shown

    def quoted(self, start: int, end: int) -> tuple[Part, ...]:
        """The parts of a quoted name: one, or all that stand inside shared back-quotes."""
        quote = self.statement[start]
        inside = tuple(controls_in(self.statement, start, end, "name"))
        if quote == "`" and self.dialect.shared_ticks and self.statement.find(".", start, end) >= 0:
            return tuple(self._shared(start + 1, end - 1, inside))
        close = "]" if quote == "[" else quote
        pieces, shown = self._pieces((start + 1, end - 1), inside)
        plain = tuple(piece.replace(close * 2, close) for piece in pieces)
        return (Part(plain, shown if inside else plain[0], (start, end), quote, inside),)

    def _shared(self, start: int, end: int, inside: Sequence[Control]) -> list[Part]:
        """The parts between shared back-quotes; a dot inside a control divides nothing."""
        parts: list[Part] = []
        own: list[Control] = []
        begin, place = start, start
        for control in (*inside, None):
            limit = control.span[0] if control else end
            while (dot := self.statement.find(".", place, limit)) >= 0:
                parts.append(self._inner(begin, dot, own))
                begin, place, own = dot + 1, dot + 1, []
            if control:
                own.append(control)
                place = control.span[1]
        return [*parts, self._inner(begin, end, own)]

    def _inner(self, start: int, end: int, own: Sequence[Control]) -> Part:
        pieces, _ = self._pieces((start, end), own)
        if pieces[-1].endswith("*"):
            pieces = (*pieces[:-1], pieces[-1][:-1], "")
        return Part(pieces, self.statement[start:end], (start, end), SHARED, tuple(own))


def reads_as(statement: str, part: Part, dialect: Dialect) -> bool:
    """Whether the part's name stands in the text at the place it claims: what is exchanged was read back before."""
    written = statement[slice(*part.span)]
    if not part.known:
        return written == part.shown or written.strip('"`[]') == part.shown
    if part.quote == SHARED:
        return written == part.shown
    if part.quote:
        close = "]" if part.quote == "[" else part.quote
        return written == part.quote + part.shown.replace(close, close * 2) + close
    return fold(written, dialect) == part.shown


def written(name: str, quote: str, dialect: Dialect, *, dashed: bool = False) -> str:
    """A name as it is written in the dialect: in the given quotes, or bare where that means the same."""
    if quote == SHARED:
        return name
    if not quote and fold(name, dialect) == name and (_plain(name) or (dashed and _DASHED.fullmatch(name))):
        return name
    quote = quote or dialect.quote
    close = "]" if quote == "[" else quote
    return quote + name.replace(close, close * 2) + close


_DASHED = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:-[A-Za-z0-9]+)*")

_RESERVED_WORDS = """
    ALL AND ANY AS ASC BETWEEN BY CASE CAST CHECK COLUMN CONSTRAINT CREATE CROSS CURRENT DEFAULT DELETE DESC DISTINCT
    DROP ELSE END EXCEPT EXISTS FALSE FETCH FOR FOREIGN FROM FULL GRANT GROUP HAVING IN INNER INSERT INTERSECT INTO IS
    JOIN LATERAL LEFT LIKE LIMIT MINUS NATURAL NOT NULL OFFSET ON OR ORDER OUTER PRIMARY QUALIFY REFERENCES RIGHT ROW
    ROWS SAMPLE SELECT SET SOME START TABLE THEN TO TRUE UNION UNIQUE UPDATE USER USING VALUES VIEW WHEN WHERE WINDOW
    WITH
"""
_RESERVED = frozenset(_RESERVED_WORDS.split())


def _plain(name: str) -> bool:
    return name.isascii() and name.isidentifier() and name.upper() not in _RESERVED
