"""What the rows of an element add up to, taken from a CSV while it comes in; no row is kept. Pure."""

from __future__ import annotations

import csv
import hashlib
import io
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

_LONGEST_ROW = 4 * 2**20
_ROUNDING = 1e-9
"""What two sums of the same numbers in another order may differ by, as a share of what was added up."""

_WRITTEN = re.compile(r"\(?[-+]?[^\w\s.,()-]{0,3}\s?((?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d+)?)\s?[^\w\s.,()]{0,3}\)?")
"""A number as a format may show it: a sign of a currency, thousands, a percent sign, brackets for less than nothing."""


@dataclass(slots=True)
class Column:
    """What the values of one column come to; ``mark`` is the same for the same texts in any order."""

    name: str
    nulls: int = 0
    numeric: bool = True
    total: float = 0.0
    size: float = 0.0
    least: float = math.inf
    most: float = -math.inf
    mark: int = 0

    def add(self, cell: str) -> None:
        """Takes one more value, as it is written."""
        if not cell:
            self.nulls += 1
            return
        self.mark = (self.mark + int.from_bytes(hashlib.blake2b(cell.encode(), digest_size=8).digest())) % 2**64
        value = number(cell) if self.numeric else None
        if value is None:
            self.numeric = False
            return
        self.total += value
        self.size += abs(value)
        self.least, self.most = min(self.least, value), max(self.most, value)


def number(cell: str) -> float | None:
    """The number that a cell shows, None where it shows none."""
    try:
        value = float(cell) if "_" not in cell else math.nan
    except ValueError:
        found = _WRITTEN.fullmatch(cell.strip())
        if found is None or not found[1]:
            return None
        value = float(found[1].replace(",", "")) * (-1 if cell.strip()[0] in "(-" else 1)
    return value if math.isfinite(value) else None


@dataclass(slots=True)
class Figures:
    """The figures of one export: takes its text in parts, until it has seen more than ``most`` rows."""

    most: int
    rows: int = 0
    columns: list[Column] = field(default_factory=list)
    broken: str = ""
    """Why the text is no table, where it is none."""
    _begun: bool = False
    _rest: str = ""

    @property
    def beyond(self) -> bool:
        """Whether there are more rows than are read."""
        return self.rows > self.most

    def take(self, text: str) -> bool:
        """Takes the next part; False where no more is wanted."""
        self._rest += text
        end = self._rest.rfind("\n")
        while end >= 0 and self._rest.count('"', 0, end) % 2:  # a line break inside of quotation marks
            end = self._rest.rfind("\n", 0, end)
        if end >= 0:
            whole, self._rest = self._rest[: end + 1], self._rest[end + 1 :]
            self._lines(whole)
        elif len(self._rest) > _LONGEST_ROW:
            self.broken = f"a row of it is longer than {_LONGEST_ROW // 2**20} MB"
        return not self.broken and not self.beyond

    def end(self) -> None:
        """Is told that nothing more comes."""
        if self._rest and not self.beyond and not self.broken:
            self._lines(self._rest)
        self._rest = ""

    def _lines(self, text: str) -> None:
        try:
            for row in csv.reader(io.StringIO(text, newline="")):
                self._row(row)
        except csv.Error as error:
            self.broken = f"it is no CSV: {error}"

    def _row(self, row: Sequence[str]) -> None:
        if not self._begun:
            self.columns, self._begun = [Column(name) for name in row], True
        elif row:
            self.rows += 1
            if len(row) != len(self.columns):
                self.broken = self.broken or f"row {self.rows} has {len(row)} values under {len(self.columns)} names"
            for column, cell in zip(self.columns, row, strict=False):
                column.add(cell)


class Unlike(NamedTuple):
    """One figure that differs, on both sides in words: of which column (empty for the rows), and if that is allowed."""

    column: str
    here: str
    there: str
    allowed: bool


def unlike(here: Figures, there: Figures, tolerance: float) -> tuple[Unlike, ...]:
    """What differs between the figures of the source and those of the copy.

    ``tolerance`` is a share of the larger one, such as 0.001. Where the rows differ by more, their sums say no more.
    """
    rows = _apart(here.rows, there.rows, 0.0, tolerance)
    if rows:
        told = Unlike("", f"{here.rows} rows", f"{there.rows} rows", rows == "allowed")
        if rows != "allowed":
            return (told,)
    found = [told] if rows else []
    for one, other in _pairs(here.columns, there.columns):
        if one is None or other is None:
            name = (one or other or Column("")).name
            found.append(Unlike(name, name if one else "no such column", name if other else "no such column", False))
        else:
            found += _column(one, other, tolerance, loose=tolerance > 0)
    return tuple(found)


def _pairs(here: Sequence[Column], there: Sequence[Column]) -> Iterator[tuple[Column | None, Column | None]]:
    """The columns of both sides: by name, those that are left by their order."""
    left = list(there)
    alone = []
    for one in here:
        found = next((other for other in left if other.name == one.name), None)
        if found is None:
            alone.append(one)
        else:
            left.remove(found)
            yield one, found
    for place in range(max(len(alone), len(left))):
        yield (alone[place] if place < len(alone) else None), (left[place] if place < len(left) else None)


def _column(one: Column, other: Column, tolerance: float, *, loose: bool) -> Iterator[Unlike]:
    name = other.name
    nulls = _apart(one.nulls, other.nulls, 0.0, tolerance)
    if nulls:
        yield Unlike(name, f"{one.nulls} empty", f"{other.nulls} empty", nulls == "allowed")
    if one.numeric != other.numeric:
        words = ("text", "numbers")
        yield Unlike(name, words[one.numeric], words[other.numeric], False)
    elif not one.numeric:
        if one.mark != other.mark and not loose and not nulls:
            yield Unlike(name, "its texts", "other texts", False)
    elif one.size or other.size:
        rounding = _ROUNDING * max(one.size, other.size)
        for word, a, b in (
            ("sum", one.total, other.total),
            ("least", one.least, other.least),
            ("most", one.most, other.most),
        ):
            apart = _apart(a, b, rounding, tolerance)
            if apart:
                yield Unlike(name, f"{word} {a:.12g}", f"{word} {b:.12g}", apart == "allowed")


def _apart(one: float, other: float, rounding: float, tolerance: float) -> str:
    """How far two figures are apart: not at all (empty), as far as is ``allowed``, or ``further``."""
    if one == other or abs(one - other) <= rounding:
        return ""
    return "allowed" if abs(one - other) <= tolerance * max(abs(one), abs(other)) + rounding else "further"
