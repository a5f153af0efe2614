"""Which columns of warehouse tables the formulas of a document name. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import NamedTuple

from migrate.bundle.document import document_of, objects
from migrate.rewrite.names.scope import Naming
from migrate.rewrite.names.warehouse import loosely
from migrate.rewrite.resolvers.tables import Table
from migrate.rewrite.text.formula import brackets
from migrate.tree import Json, Path

_HOLDERS = ("columns", "metrics")


class Read(NamedTuple):
    """One column that a formula names: its table, its name as the formula writes it, and where the formula stands."""

    table: Table
    name: str
    path: Path


def columns_read(body: Json, tables: Collection[Table]) -> Iterator[Read]:
    """Every column of these tables that a formula of an element made right from the table names, in document order.

    Formulas name a source by the last part of its path, or as the leg of a join is called (sigma-specs 4).
    """
    document = document_of(body)
    naming = Naming(body, document=document)
    for element in document.elements:
        if element.id not in naming.elements:
            continue
        parts = naming.parts(element.id)
        named = {
            loosely(part.name): table
            for part in reversed(parts)
            if part.kind == "table" and part.name and (table := Table(part.points_to[0], part.points_to[1:])) in tables
        }
        if not named:
            continue
        for key in _HOLDERS:
            for at, holder in objects(element.node, key):
                formula = holder.get("formula")
                for bracket in brackets(formula) if isinstance(formula, str) else ():
                    source = loosely(bracket.segments[0])
                    if len(bracket.segments) > 1 and source in named:
                        name = "/".join(bracket.segments[1:])
                        yield Read(named[source], name, (*element.path, key, at, "formula"))
