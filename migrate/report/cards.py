"""Tables that a phone shows as cards: each cell carries the heading of its column, which the style puts before it."""

from __future__ import annotations

import re
from collections.abc import Iterator

_TABLE = re.compile(r'(<div class="wide"[^>]*>)<table>(.*?)</table>', re.DOTALL)
_HEAD = re.compile(r"<thead>.*?</thead>", re.DOTALL)
_HEADING = re.compile(r"<th\b[^>]*>(.*?)</th>", re.DOTALL)
_ROW = re.compile(r"<tr\b[^>]*>.*?</tr>", re.DOTALL)
_CELL = re.compile(r"<(td|th)\b")
_MANY = 3  # columns that a phone has no room for
_TAG = re.compile(r"<[^>]*>")


def with_cards(page: str) -> str:
    """The page with every wide table that says nothing else made one of rows, its cells named by their columns."""
    return _TABLE.sub(lambda found: found[1] + _named(found[2]), page)


def _named(table: str) -> str:
    """A table, the first cell of each row left as it is: it says what the row is about. One of two columns fits."""
    head = _HEAD.search(table)
    names = _HEADING.findall(head[0]) if head else []
    if head is None or len(names) < _MANY:
        return f'<table class="pairs">{table}</table>'
    names = [_TAG.sub("", name).strip().replace('"', "&quot;") for name in names]
    rows = _ROW.sub(lambda row: _row(row[0], names), table[head.end() :])
    return f'<table class="rows">{table[: head.end()]}{rows}</table>'


def _row(row: str, names: list[str]) -> str:
    labels: Iterator[str] = iter([f' data-is="{name}"' if name and at else "" for at, name in enumerate(names)])
    return _CELL.sub(lambda cell: f"<{cell[1]}{next(labels, '')}", row)
