"""What a SQL statement names, as values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from migrate.rewrite.text.formula import Span
from migrate.rewrite.text.sql.chains import Chain
from migrate.rewrite.text.sql.controls import Control

NamedKind = Literal["table", "function", "sequence", "stage", "file format"]


@dataclass(frozen=True, slots=True)
class Named:
    """One thing of the warehouse that a statement names.

    For tables ``scope`` numbers the query it stands in; ``bare`` says that it has no alias, so that its own
    name is what columns are qualified with.
    """

    chain: Chain
    kind: NamedKind
    scope: int = -1
    bare: bool = False


@dataclass(frozen=True, slots=True)
class Qualifier:
    """What stands before a column: the last names of an unaliased table (``table`` is its position)."""

    table: int
    chain: Chain


@dataclass(frozen=True, slots=True)
class Row:
    """A name that may be the whole row of an unaliased table; ``follows`` where the function around it reads rows."""

    table: int
    chain: Chain
    follows: bool
    sure: bool


@dataclass(frozen=True, slots=True)
class Remark:
    """A sentence about something that no rewriting can follow, and the span it speaks of."""

    sentence: str
    span: Span


@dataclass(frozen=True, slots=True)
class ElementName:
    """An element of the same document that a statement reads: ``sigma_element('<name>')``."""

    name: str
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a statement names.

    ``tables`` are those of the warehouse in the order they stand in, ``others`` functions, sequences and stages.
    ``taken`` holds the aliases of each scope, ``expressions`` the names of common table expressions. ``strays`` are
    names before a dot that belong to nothing the statement reads. ``names`` are the places of controls that stand
    for one name, ``slots`` of those that stand alone where a name may. ``problem`` is why nothing could be read.
    """

    tables: tuple[Named, ...] = ()
    others: tuple[Named, ...] = ()
    qualifiers: tuple[Qualifier, ...] = ()
    rows: tuple[Row, ...] = ()
    taken: tuple[frozenset[str], ...] = ()
    expressions: frozenset[str] = frozenset()
    strays: tuple[Chain, ...] = ()
    remarks: tuple[Remark, ...] = ()
    elements: tuple[ElementName, ...] = ()
    controls: tuple[Control, ...] = ()
    names: frozenset[int] = frozenset()
    slots: frozenset[int] = frozenset()
    problem: str = ""
