"""Uses of the ``#raw`` directive, which Sigma takes away: queries that use it fail after 1 December 2026.

Its replacement ``{{#identifier [control]}}`` always gives a quoted name (help page on replacing ``#raw``), so it fits
only where one name stands, and letter case counts in warehouses that fold names without quotes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from migrate.rewrite.text.formula import Span
from migrate.rewrite.text.sql.controls import Control, system
from migrate.rewrite.text.sql.dialects import PLAIN, Dialect
from migrate.rewrite.text.sql.reading import Reading
from migrate.rewrite.text.sql.statement import read
from migrate.rewrite.text.sql.tokens import line_and_column

Role = Literal["name", "quoted", "slot", "part", "text", "comment", "unknown"]
"""What a ``#raw`` stands for: one name; all of a quoted name; anything where a name could stand alone; a part of a
name; a part of a literal; something in a comment; unknown where the statement could not be read."""


@dataclass(frozen=True, slots=True)
class RawUse:
    """One ``{{#raw …}}`` of a statement: the control, its role, its place for people, and what to exchange for it.

    ``span`` and ``identifier`` are the exchange by ``#identifier``; ``identifier`` is empty where there is none.
    """

    control: Control
    role: Role
    place: str
    span: Span
    identifier: str = ""


def raw_uses(statement: str, dialect: Dialect | None) -> tuple[RawUse, ...]:
    """Every use of ``#raw`` in a statement, in order. Never raises."""
    if "{{" not in statement:
        return ()
    reading = read(statement, dialect or PLAIN)
    return tuple(_use(statement, reading, control) for control in reading.controls if control.directive == "raw")


def _use(statement: str, reading: Reading, control: Control) -> RawUse:
    role, span = _role(statement, reading, control)
    exchanged = role in ("name", "quoted", "slot") and system(control) is None and bool(control.name)
    identifier = f"{{{{#identifier [{control.name}]}}}}" if exchanged else ""
    return RawUse(control, role, line_and_column(statement, control.span[0]), span, identifier)


def _role(statement: str, reading: Reading, control: Control) -> tuple[Role, Span]:
    start, end = control.span
    if control.where == "text":
        return "text", control.span
    if control.where == "comment":
        return "comment", control.span
    if reading.problem:
        return "unknown", control.span
    if control.where == "name":
        whole = statement[start - 1 : start] + statement[end : end + 1] in ('""', "``", "[]")
        return ("quoted", (start - 1, end + 1)) if whole else ("part", control.span)
    if start in reading.slots:
        return "slot", control.span
    alone = not (_is_name(statement[start - 1 : start]) or _is_name(statement[end : end + 1]))
    return ("name" if alone and start in reading.names else "part"), control.span


def _is_name(character: str) -> bool:
    return character in ("{", "}", "$") or character.isalnum() or character == "_" if character else False
