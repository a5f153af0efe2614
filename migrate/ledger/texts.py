"""Texts as a ledger keeps them: every character, and NUL, which PostgreSQL refuses, as an escape. Pure."""

from __future__ import annotations

_ESCAPE, _NUL = "\x1b", "\x00"


def kept(text: str) -> str:
    """The text with NUL (and the escape itself) written as two harmless characters."""
    if _NUL not in text and _ESCAPE not in text:
        return text
    return text.replace(_ESCAPE, _ESCAPE + "1").replace(_NUL, _ESCAPE + "0")


def given(text: str) -> str:
    """The text as it was given."""
    return text if _ESCAPE not in text else text.replace(_ESCAPE + "0", _NUL).replace(_ESCAPE + "1", _ESCAPE)
