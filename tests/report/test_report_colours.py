"""The colours of the page, computed from its tokens: readable everywhere, and told apart without red and green.

Contrast is that of WCAG 2.2; how a deuteranope sees a colour is the matrix of Machado, Oliveira and Fernandes (2009).
"""

from __future__ import annotations

import re
from itertools import combinations

import pytest

from migrate.report.template import template_text

BLOCKS = re.findall(r":root \{(.*?)\}", template_text("page.css"), re.DOTALL)
LIGHT = dict(re.findall(r"--([a-z0-9-]+): (#[0-9a-f]{3,6});", BLOCKS[0]))
THEMES = {
    "light": LIGHT,
    **{
        name: LIGHT | dict(re.findall(r"--([a-z0-9-]+): (#[0-9a-f]{3,6});", block))
        for name, block in zip(("dark", "print"), BLOCKS[1:], strict=True)
    },
}
TEXTS = ("ink", "soft", "link", "good", "inherited", "bad", "warn", "sent")
GROUNDS = ("ground", "card", "plain-ground", "good-ground", "bad-ground", "warn-ground")
FILLS = ("good", "good-2", "inherited", "bad", "warn-fill", "mute", "sent", "sent-2", "sent-3", "sent-4", "sent-5")
DEUTERANOPE = ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881))
XYZ = ((0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505))
WHITE = (0.9505, 1.0, 1.089)


def linear(colour):
    digits = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    return [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]


def times(matrix, vector):
    return [sum(a * b for a, b in zip(row, vector, strict=True)) for row in matrix]


def contrast(one, other):
    light, dark = sorted((times(XYZ, linear(one))[1], times(XYZ, linear(other))[1]), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def seen(colour):
    """CIE L*a*b* of a colour as a deuteranope sees it."""
    shown = [min(1.0, max(0.0, part)) for part in times(DEUTERANOPE, linear(colour))]
    x, y, z = (
        part ** (1 / 3) if part > 0.008856 else 7.787 * part + 16 / 116
        for part in (a / b for a, b in zip(times(XYZ, shown), WHITE, strict=True))
    )
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def apart(one, other):
    return sum((a - b) ** 2 for a, b in zip(seen(one), seen(other), strict=True)) ** 0.5


def test_contrast_is_computed_as_the_standard_says():
    assert contrast("#000", "#ffffff") == pytest.approx(21, abs=0.01)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", THEMES)
def test_every_text_can_be_read_on_every_ground(theme):
    colours = THEMES[theme]
    poor = {(text, ground): contrast(colours[text], colours[ground]) for text in TEXTS for ground in GROUNDS}
    assert {pair: ratio for pair, ratio in poor.items() if ratio < 4.5} == {}


@pytest.mark.parametrize("theme", THEMES)
def test_bars_and_borders_of_fields_are_seen(theme):
    colours = THEMES[theme]
    poor = {name: contrast(colours[name], colours["card"]) for name in (*FILLS, "field")}
    assert {name: ratio for name, ratio in poor.items() if ratio < 3} == {}


@pytest.mark.parametrize("theme", THEMES)
def test_what_is_right_and_what_is_not_are_told_apart_without_red_and_green(theme):
    colours = THEMES[theme]
    for one, other in combinations(("good", "bad", "warn-fill"), 2):
        assert apart(colours[one], colours[other]) > 25, (one, other)
    assert apart("#1a7f4b", "#c0262d") < apart(colours["good"], colours["bad"])


def test_parts_of_a_bar_do_not_touch():
    from migrate.report.bars import strip

    drawn = strip([("match", 5), ("mismatch", 5)], 10)
    places = [(float(x), float(width)) for x, width in re.findall(r'x="([\d.]+)" y="0" width="([\d.]+)"', drawn)]
    assert places[0][0] + places[0][1] < places[1][0]
