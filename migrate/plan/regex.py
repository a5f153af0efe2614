"""Regular expressions of a plan, run by RE2: its time grows with the length of the text alone. Pure.

The patterns of a plan meet names that strangers chose, and a backtracking engine can take for ever over a name made
for it. What RE2 lacks for that reason (look-around, back-references) is refused when the plan is read. Letters and
digits are Unicode's, as in Python's ``re``; only ``\\b`` and ``\\W``, ``\\D``, ``\\S`` inside ``[…]`` know ASCII alone.
"""

from __future__ import annotations

import re
import warnings
from functools import lru_cache
from typing import Protocol

REGEX = "re:"
"""What a name pattern of a plan begins with, where the rest of it is a regular expression."""

_CLASSES = {"w": r"\pL\p{Nd}\pM_", "d": r"\p{Nd}", "s": r"\s\v\pZ"}
_PIECE = re.compile(r"\\.|\[\^?\]?|\]|.", re.DOTALL)
_MEMORY = 8 << 20
_ENDS = {r"\Z": r"\z"}


class Regex(Protocol):
    """A compiled expression."""

    def search(self, text: str) -> object | None:
        """Something where the text holds a match, else None."""

    def fullmatch(self, text: str) -> object | None:
        """Something where the whole text is a match, else None."""


@lru_cache(maxsize=1024)
def compiled(expression: str) -> Regex:
    """The compiled expression. Raises ValueError, saying what is wrong, where it is broken or not linear."""
    import re2

    options = re2.Options()
    options.log_errors = False
    options.max_mem = _MEMORY
    try:
        # The syntax is judged by Python's own compiler first: its sentences tell where a mistake stands.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # of set operations that Python may know one day
            re.compile(expression)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(str(error)) from None
    try:
        found: Regex = re2.compile(_unicode(expression), options)
    except (re2.error, UnicodeError) as error:
        said = error.args[0] if error.args else ""
        raise ValueError(_without(said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said))) from None
    return found


def _without(said: str) -> str:
    """What RE2 says of an expression that Python's compiler takes."""
    if any(sign in said for sign in ("(?=", "(?!", "(?<", "(?(")) or "escape sequence" in said:
        return f"look-ahead, look-behind and back-references are not available ({said})"
    return f"it cannot be run in bounded time ({said})"


def _unicode(expression: str) -> str:
    """The expression with ``\\w``, ``\\d``, ``\\s`` and ``\\Z`` written as RE2 knows them for all alphabets."""
    parts = []
    inside = False
    for piece in _PIECE.findall(expression):
        name = piece[1:]
        if piece[0] == "\\" and name.lower() in _CLASSES:
            known = _CLASSES[name.lower()]
            negated = name.isupper()
            piece = piece if inside and negated else known if inside else f"[{'^' if negated else ''}{known}]"
        elif piece[0] == "[" and inside:
            piece = piece.replace("[", r"\[", 1)
        elif piece[0] == "[":
            inside = True
        elif piece == "]":
            inside = False
        parts.append(_ENDS.get(piece, piece))
    return "".join(parts)
