"""Which parts of a string are formulas: all of it, or what stands between double braces in text for people."""

from __future__ import annotations

from collections.abc import Iterator

from migrate.rewrite.text.formula import embedded
from migrate.tree import Path

TEXT_KEYS = frozenset(
    {
        "body",
        "text",
        "title",
        "subtitle",
        "description",
        "label",
        "placeholder",
        "tooltip",
        "instructions",
        "greeting",
        "prompt",
        "message",
        "alt",
        "caption",
        "clearLabel",
        "html",
    }
)
"""Keys whose strings people read and nothing refers to."""

PROSE = TEXT_KEYS | {"url", "name", "header", "content", "statement"}
"""Keys whose strings people read; a formula stands in them between double braces only."""


def formulas_of(path: Path, text: str) -> Iterator[tuple[int, str]]:
    """The formulas of a string with the position where each begins."""
    key = next((step for step in reversed(path) if isinstance(step, str)), "")
    if key not in PROSE:
        yield 0, text
        return
    for part in embedded(text):
        yield part.span[0], part.text
