"""One bar of counts as inline SVG: no script, no style of its own, readable without colour. Pure."""

from __future__ import annotations

from html import escape

from migrate.report.facts import Sum

HATCHED = ("not_verifiable", "not_run", "not_attempted")
"""What is drawn with stripes: nothing of it is proven."""

_WIDTH = 1000.0
_LEAST = 8.0
"""How wide a part is drawn at least, so that one failure among ten thousand documents is seen."""


def bar(total: Sum) -> str:
    """The parts of a sum as an SVG element; the widths are shares, the title of each part has its number."""
    parts = [(name, count) for name, count in total.parts if count]
    drawn = []
    at = 0.0
    for (name, count), width in zip(parts, widths([count for _, count in parts]), strict=True):
        title = f"<title>{count:,} {escape(name.replace('_', ' '))}</title>"
        place = f'x="{at:.1f}" y="0" width="{width:.1f}" height="16"'
        drawn.append(f'<rect class="part {escape(name)}" {place}>{title}</rect>')
        if name in HATCHED:
            drawn.append(f'<rect class="hatched" {place}>{title}</rect>')
        at += width
    if not parts:
        drawn.append(f'<rect class="part none" x="0" y="0" width="{_WIDTH:.0f}" height="16"/>')
    said = escape(total.text, quote=True)
    shape = f'viewBox="0 0 {_WIDTH:.0f} 16" preserveAspectRatio="none"'
    return f'<svg class="bar" role="img" aria-label="{said}" {shape}>{"".join(drawn)}</svg>'


def widths(counts: list[int]) -> list[float]:
    """The widths of the parts: the least for each, and a share of the rest by its count; together the whole width."""
    whole = sum(counts)
    room = _WIDTH - _LEAST * len(counts)
    return [_LEAST + count / whole * room for count in counts]
