"""The stars of a mapping of warehouse paths: which one of the target repeats which one of the source. Pure."""

from __future__ import annotations

from collections.abc import Sequence


def stars(source: Sequence[str], target: Sequence[str]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The positions of the stars in a target path and, for each, that of the source star it repeats.

    With as many stars on both sides they pair in order; with fewer in the target, each pairs with the
    segment as far from the right end. Raises ValueError where a star of the target has no counterpart.
    """
    to = tuple(position for position, segment in enumerate(target) if segment == "*")
    of = tuple(position for position, segment in enumerate(source) if segment == "*")
    if len(to) < len(of):
        of = tuple(position - len(target) + len(source) for position in to)
    if len(to) > len(of) or any(position < 0 or source[position] != "*" for position in of):
        raise ValueError("a * in the target has no * in the source to repeat")
    return to, of
