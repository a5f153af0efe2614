"""Two texts as pieces that are alike, gone and new, so that a reader sees what changed without comparing. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

_WORD = re.compile(r"\w+|\s+|[^\w\s]")
_MOST_WORDS = 400
"""How many words of a change are compared with each other; a longer one is shown as a whole."""
_KEPT = 60
"""How many characters of what is alike are kept on each side of a change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A stretch of text: in both, only in the first, only in the second, or a note of how much was left out."""

    kind: Literal["same", "gone", "new", "folded"]
    text: str


def pieces(before: str, after: str) -> tuple[Piece, ...]:
    """What becomes ``before`` without the new pieces and ``after`` without the gone ones; long alike ones are folded.

    Compared word by word (Ratcliff and Obershelp), and inside a changed word from both of its ends.
    """
    return tuple(_folded(list(_merged(before, after))))


def _merged(before: str, after: str) -> Iterator[Piece]:
    """The pieces in order; what is alike at both ends is set aside first, since comparing words is quadratic."""
    old, new = _WORD.findall(before), _WORD.findall(after)
    most = min(len(old), len(new))
    head = next((at for at in range(most) if old[at] != new[at]), most)
    tail = next((at for at in range(most - head) if old[-1 - at] != new[-1 - at]), most - head)
    ends = "".join(old[:head]), "".join(old[len(old) - tail :])
    old, new = old[head : len(old) - tail], new[head : len(new) - tail]
    yield from [Piece(kind="same", text=ends[0])] if ends[0] else []
    if len(old) + len(new) > _MOST_WORDS:
        yield from _trimmed("".join(old), "".join(new))
    else:
        for kind, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
            if kind == "equal":
                yield Piece(kind="same", text="".join(old[i:j]))
            else:
                yield from _trimmed("".join(old[i:j]), "".join(new[k:m]))
    yield from [Piece(kind="same", text=ends[1])] if ends[1] else []


def _trimmed(gone: str, new: str) -> Iterator[Piece]:
    """A change without what is alike at both of its ends."""
    most = min(len(gone), len(new))
    head = next((at for at in range(most) if gone[at] != new[at]), most)
    tail = next((at for at in range(most - head) if gone[-1 - at] != new[-1 - at]), most - head)
    if 2 * (head + tail) < most:  # two different words that happen to share a letter are easier to read whole
        head = tail = 0
    found = (
        Piece(kind="same", text=gone[:head]),
        Piece(kind="gone", text=gone[head : len(gone) - tail]),
        Piece(kind="new", text=new[head : len(new) - tail]),
        Piece(kind="same", text=gone[len(gone) - tail :]),
    )
    yield from (piece for piece in found if piece.text)


def _folded(parts: list[Piece]) -> Iterator[Piece]:
    for at, part in enumerate(parts):
        first, last = at == 0, at == len(parts) - 1
        if part.kind != "same" or len(part.text) <= _KEPT * (1 if first or last else 2) + 20:
            yield part
            continue
        head = "" if first else part.text[:_KEPT]
        tail = "" if last else part.text[-_KEPT:]
        if head:
            yield Piece(kind="same", text=head)
        yield Piece(kind="folded", text=f"… {len(part.text) - len(head) - len(tail):,} characters alike …")
        if tail:
            yield Piece(kind="same", text=tail)
