"""Formulas cut into tokens: strings, bracketed references, numbers, words and signs.

Brackets inside string literals are text, slashes inside a bracket split it unless escaped (sigma-specs 4).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

TOKEN = re.compile(
    r"""(?P<string>"(?:\\.|[^"\\])*(?:"|\Z))
      |(?P<reference>\[(?:\\.|[^\]\\])*\])
      |(?P<number>\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)
      |(?P<word>[A-Za-z_][A-Za-z0-9_]*)
      |(?P<sign><=|>=|!=|<>|[^\s])""",
    re.VERBOSE | re.DOTALL,
)
TEMPLATE = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
SLASH = re.compile(r"(?<!\\)/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """One token and where it stands: ``sort`` is string, reference, number, word or sign."""

    sort: str
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A bracketed name: its parts, unescaped, and where it stands."""

    parts: tuple[str, ...]
    text: str
    start: int
    end: int


@lru_cache(maxsize=20_000)
def tokens(formula: str) -> tuple[Token, ...]:
    """The tokens of a formula in order; white space is dropped."""
    found = []
    for match in TOKEN.finditer(formula):
        found.append(Token(sort=match.lastgroup or "sign", text=match.group(), start=match.start(), end=match.end()))
    return tuple(found)


@lru_cache(maxsize=20_000)
def references(formula: str) -> tuple[Reference, ...]:
    """The bracketed references of a formula in order."""
    if "[" not in formula:
        return ()
    return tuple(_reference(token) for token in tokens(formula) if token.sort == "reference")


def _reference(token: Token) -> Reference:
    parts = tuple(re.sub(r"\\(.)", r"\1", part) for part in SLASH.split(token.text[1:-1]))
    return Reference(parts=parts, text=token.text[1:-1], start=token.start, end=token.end)


def written(parts: tuple[str, ...]) -> str:
    """A reference as formula text, with what must be escaped escaped."""
    return "[" + "/".join(re.sub(r"([\\/\]])", r"\\\1", part) for part in parts) + "]"


def calls(formula: str) -> list[str]:
    """The names of the functions a formula calls."""
    found = tokens(formula)
    return [a.text for a, b in pairwise(found) if a.sort == "word" and b.text == "("]


def templates(body: str) -> list[str]:
    """The formulas inside ``{{ … }}`` of a text."""
    return TEMPLATE.findall(body) if "{{" in body else []
