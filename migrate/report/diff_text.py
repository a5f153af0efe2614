"""A difference as lines that begin with ``-`` and ``+``, and a whole plan as Markdown for a pull request. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from difflib import unified_diff

from migrate.check.causes import place_of
from migrate.check.model import Difference
from migrate.report.note import MOST_CHARACTERS, code, text
from migrate.report.pieces import pieces
from migrate.report.wording import counted
from migrate.text import one_line

MARK = "<!-- sigma-migrate plan -->"
"""The first line of the comment, by which the next one finds and replaces it."""

_MOST_LINES = 60
_WIDEST = 400


def diff_lines(one: Difference) -> list[str]:
    """What became of a value: gone lines and new ones, those that are alike around them, long ones folded.

    A text of one line is shown as far as it changed, with what is alike around it.
    """
    if "\n" in one.expected or "\n" in one.found:
        lines = list(unified_diff(one.expected.splitlines(), one.found.splitlines(), lineterm="", n=1))[2:]
        kept = [line for line in lines if not line.startswith("@@")]
        more = [f" … {len(kept) - _MOST_LINES} more lines"] if len(kept) > _MOST_LINES else []
        return [one_line(line, _WIDEST) for line in kept[:_MOST_LINES]] + more
    found = pieces(one.expected, one.found)
    before = "".join(piece.text for piece in found if piece.kind != "new")
    after = "".join(piece.text for piece in found if piece.kind != "gone")
    return [
        *([f"-{one_line(before, _WIDEST)}"] if one.expected else []),
        *([f"+{one_line(after, _WIDEST)}"] if one.found else []),
    ]


def where(one: Difference) -> str:
    """Where a difference is: in words, else its path in the document."""
    return place_of(one) or one.path


def to_markdown(title: str, counts: Sequence[tuple[str, str]], documents: Iterable[tuple[str, Sequence[str]]]) -> str:
    """A plan as one comment: a table of (target, what would happen), then (document, its Markdown lines) each.

    What does not fit is counted. Begins with ``MARK``.
    """
    lines = [MARK, f"## {text(title, 200)}", "", "| target | would |", "|---|---|"]
    lines += [f"| {text(target, 60)} | {text(what, 300)} |" for target, what in counts]
    room = MOST_CHARACTERS - sum(len(line) + 1 for line in lines)
    left = 0
    for name, body in documents:
        block = ["", f"<details><summary>{text(name, 200)}</summary>", "", *body, "", "</details>"]
        size = sum(len(line) + 1 for line in block)
        if left or size > room:
            left += 1
            continue
        lines += block
        room -= size
    if left:
        lines += ["", f"… and {counted(left, 'more document')}: `sigma-migrate plan --diff` shows all"]
    return "\n".join(lines) + "\n"


def as_markdown(differences: Iterable[Difference]) -> Iterator[str]:
    """Each difference: its place, and a block that a forge colours."""
    for one in differences:
        lines = diff_lines(one)
        fence = "`" * max(3, max((len(run) + 1 for line in lines for run in re.findall(r"`+", line)), default=0))
        yield from (code(where(one), 200), f"{fence}diff", *lines, fence)
