"""Bars of counts as inline SVG: no script, no style of their own, readable without colour. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from migrate.report.facts import Sum

HATCHED = ("not_verifiable", "not_run", "not_attempted")
"""What is drawn with stripes: nothing of it is proven."""

_WIDTH = 1000.0
_LEAST = 8.0
"""How wide a part is drawn at least, so that one failure among ten thousand documents is seen."""


_GAP = 3.0
"""What is left free between two parts, so that they are told apart without their colours."""


def bar(total: Sum) -> str:
    """The parts of a sum over the whole width; the widths are shares, the title of each part has its number."""
    parts = [(name, count) for name, count in total.parts if count]
    return _drawn(parts, _WIDTH, total.text)


def strip(parts: Sequence[tuple[str, int]], of: int) -> str:
    """The same where the whole width stands for ``of`` documents, so that bars of several rows can be compared."""
    counts = [(name, count) for name, count in parts if count]
    said = ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in counts) or "none"
    return _drawn(counts, _WIDTH * sum(count for _, count in counts) / max(of, 1), said)


def _drawn(parts: Sequence[tuple[str, int]], width: float, said: str) -> str:
    drawn = []
    at = 0.0
    shares = widths([count for _, count in parts], max(width, _LEAST * len(parts)))
    for (name, count), share in zip(parts, shares, strict=True):
        title = f"<title>{count:,} {escape(name.replace('_', ' '))}</title>"
        place = f'x="{at:.1f}" y="0" width="{share - _GAP:.1f}" height="16"'
        drawn.append(f'<rect class="part {escape(name)}" {place}>{title}</rect>')
        if name in HATCHED:
            drawn.append(f'<rect class="hatched" {place}>{title}</rect>')
        at += share
    if not parts:
        drawn.append(f'<rect class="part none" x="0" y="0" width="{_WIDTH:.0f}" height="16"/>')
    label = escape(said, quote=True)
    shape = f'viewBox="0 0 {_WIDTH:.0f} 16" preserveAspectRatio="none"'
    return f'<svg class="bar" role="img" aria-label="{label}" {shape}>{"".join(drawn)}</svg>'


def widths(counts: Sequence[int], whole: float = _WIDTH) -> list[float]:
    """The widths of the parts: the least for each, and a share of the rest by its count; together the whole width."""
    total = sum(counts)
    room = whole - _LEAST * len(counts)
    return [_LEAST + count / total * room for count in counts]
