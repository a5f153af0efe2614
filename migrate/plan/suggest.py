"""The nearest known word to a mistyped one. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from itertools import islice

MOST = 5000
"""Likeness is measured word by word: beyond so many known words it is not looked for."""

SHOWN = 40


def nearest(word: str, known: Iterable[str]) -> str:
    """The known word a person most likely meant, or an empty string."""
    return _nearest(word, tuple(islice(known, MOST + 1)))


@lru_cache(maxsize=1024)
def _nearest(word: str, known: tuple[str, ...]) -> str:
    from difflib import get_close_matches

    by_plain = {_plain(each): each for each in known}
    if len(known) > MOST:
        return by_plain.get(_plain(word), "")
    close = get_close_matches(_plain(word)[:100], list(by_plain), n=1, cutoff=0.6)
    return by_plain[close[0]] if close else ""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """What to do about an unknown word: the nearest known one, or else all of them."""
    options = list(known)
    close = nearest(word, options)
    if close:
        return f"did you mean {close}?"
    shown = ", ".join(options[:SHOWN]) + (f" and {len(options) - SHOWN} more" if len(options) > SHOWN else "")
    return f"known here: {shown}" if options else ""


def _plain(word: str) -> str:
    return word.strip().lower().replace("-", "_").replace(" ", "_")
