"""The report as Markdown that fits a comment on a pull request: ``note.md.jinja``, filled with the facts.

Foreign text is written as code or with every character escaped that Markdown, HTML or a forge gives a meaning
(mentions and issue numbers too), so that no name can draw, link or call anybody.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import cache
from typing import TYPE_CHECKING

from migrate.check.causes import KINDS_OF_DIFFERENCE, place_of
from migrate.check.model import Difference, Reconciliation
from migrate.report import facts, wording
from migrate.report.display import when
from migrate.report.pieces import pieces
from migrate.report.template import environment
from migrate.text import visible
from migrate.tree import Json

if TYPE_CHECKING:
    from jinja2 import Template

MOST_CHARACTERS = 60_000
"""A comment on GitHub holds 65,536 characters; the rest is left for what somebody writes above it."""

_SIGN = {"good": "✅", "warn": "⚠️", "bad": "❌", "plain": "ℹ️"}
_SHOWN = 10
_SPECIAL = re.compile(r"[\\`*_{}\[\]()<>&|~!#@$]|:(?=[^\s\d])|^[-+=:]")


def to_md(found: Reconciliation) -> bytes:
    """``report.md``: under 60,000 characters however large the run was."""
    text = _template().render(_context(found))
    return (re.sub(r"\n{3,}", "\n\n", text).strip() + "\n").encode("utf-8", "replace")


@cache
def _template() -> Template:
    filters: dict[str, Callable[..., str]] = {"code": code, "text": text, "prose": prose, "when": when}
    filters |= {"fitted": fitted, "marked": marked, "label": wording.label, "counted": wording.counted}
    return environment(filters).get_template("note.md.jinja")


def _context(found: Reconciliation) -> dict[str, Json]:
    tone, says = facts.headline(found)
    totals = facts.standings(found)
    return {
        "found": found,
        "run": {"plan": "", "id": "", "started_at": "", "finished_at": "", "plan_sha256": "", "change_set": ""}
        | dict(found.run),
        "sign": _SIGN[tone],
        "says": says,
        "from_names": [org["alias"] for org in facts.sources(found)],
        "to_names": [org["alias"] for org in facts.targets(found)],
        "totals": totals,
        "bad_totals": [one for one in totals if one.bad],
        "good_totals": [one for one in totals if not one.bad],
        "all_sums": facts.sums(facts.grand_total(found)),
        "attention": facts.attention(found),
        "left": [one for one in found.scope_changes if one.change == "left_scope"],
        "bad": sum(not row.good for row in found.rows),
        "residuals": facts.residual_groups(found),
        "changes": facts.change_groups(found),
        "coverage": facts.coverage_table(found),
        "levels": facts.level_table(found),
        "unproven": sum(row.state in ("not_verifiable", "not_run") for row in found.rows if row.landed),
        "shown": _SHOWN,
        "is_check": facts.is_check(found),
        "compared": facts.compared_words(found),
        "title": facts.title,
        "kind": facts.kind,
        "kinds": KINDS_OF_DIFFERENCE,
        "place_of": place_of,
        "meaning": wording.change_meaning,
        "points_to": wording.points_to,
        "level_words": wording.LEVELS,
        "results": [*wording.RESULTS, "not_asked"],
        "resolutions": list(wording.RESOLUTIONS),
        "left_out_words": wording.LEFT_OUT,
        "not_carried": facts.not_carried(found),
        "rows_compared": facts.rows_compared(found),
    }


def code(value: object, width: int = 120) -> str:
    """A foreign text as a code span that it cannot leave."""
    shown = visible(value, width) or " "
    fence = "`" * (max((len(run) for run in re.findall(r"`+", shown)), default=0) + 1)
    pad = " " if shown.startswith("`") or shown.endswith("`") or not shown.strip() else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def text(value: object, width: int = 300) -> str:
    """A text in which no character means anything to Markdown, HTML or a forge."""
    escaped = _SPECIAL.sub(lambda match: f"&#{ord(match[0])};", visible(value, width))
    # A forge looks for @name and #12 after the entities were read; an empty comment parts them.
    escaped = escaped.replace("&#64;", "&#64;<!-- -->").replace("&#35;", "&#35;<!-- -->")
    return re.sub(r"(?i)(?<=http)(s?)(?=&#58;)|(?<=www)(?=\.)", r"\1<!-- -->", escaped)


def prose(value: object, width: int = 300) -> str:
    """A text with what stands in backticks as code spans."""
    pieces = visible(value, width).split("`")
    if len(pieces) % 2 == 0:
        return text(value, width)
    return "".join(code(piece, width) if at % 2 else text(piece, width) for at, piece in enumerate(pieces) if piece)


def marked(difference: Difference) -> str:
    """What changed, as code: ``Sum([Net Am-ount-+t+])``, with what is gone and what is new between signs."""
    signs = {"same": "{}", "folded": "{}", "gone": "[-{}-]", "new": "{{+{}+}}"}
    made = (signs[piece.kind].format(piece.text) for piece in pieces(difference.expected, difference.found))
    return code("".join(made), 400)


def fitted(items: Iterable[Json], macro: Callable[[Json], str], room: int, noun: str) -> str:
    """What the macro makes of each item, as far as it fits into so many characters, and how many did not."""
    kept: list[str] = []
    left = 0
    for item in items:
        made = macro(item).strip("\n")
        room -= len(made) + 1
        if room >= 0 and not left:
            kept.append(made)
        else:
            left += 1
    return "\n".join([*kept, *([f"\n… and {left:,} more {noun} in report.html and report.xlsx"] if left else [])])
