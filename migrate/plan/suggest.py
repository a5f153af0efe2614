"""The nearest known word to a mistyped one. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(word: str, known: Iterable[str]) -> str:
    """The known word a person most likely meant, or an empty string."""
    by_plain = {_plain(each): each for each in known}
    close = get_close_matches(_plain(word)[:100], list(by_plain), n=1, cutoff=0.6)
    return by_plain[close[0]] if close else ""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """What to do about an unknown word: the nearest known one, or else all of them."""
    options = list(known)
    close = nearest(word, options)
    if close:
        return f"did you mean {close}?"
    return f"known here: {', '.join(options)}" if options else ""


def _plain(word: str) -> str:
    return word.strip().lower().replace("-", "_").replace(" ", "_")
