"""How the names of one element change, as a value, and what that does to the segments of a reference."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from migrate.bundle.document import Document

EMPTY: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class NameChanges:
    """How the names of one element change, old -> new; what keeps its name is left out.

    ``element`` is (old, new). ``columns`` are column names as readers of the element see them.
    """

    element: tuple[str, str] | None = None
    columns: Mapping[str, str] = field(default_factory=lambda: EMPTY)
    metrics: Mapping[str, str] = field(default_factory=lambda: EMPTY)
    relationships: Mapping[str, str] = field(default_factory=lambda: EMPTY)

    def __bool__(self) -> bool:
        return bool(self.element or self.columns or self.metrics or self.relationships)


KEPT = NameChanges()
"""Nothing changes."""


TableRename = Callable[[str, tuple[str, ...]], tuple[str, ...] | None]
"""(connection id, table path) -> the table's new path, or None where it stays."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfriendly:
    """What has friendly names in the source and none in the target.

    ``connections`` are ids; ``columns`` say by (connection id, table path) how formulas must name columns of that table
    in the target, old -> new.
    """

    connections: frozenset[str] = frozenset()
    columns: Mapping[tuple[str, tuple[str, ...]], Mapping[str, str]] = field(
        default_factory=lambda: MappingProxyType({})
    )

    def __bool__(self) -> bool:
        return bool(self.connections)


FRIENDLY = Unfriendly()
"""Nothing loses its friendly names."""


ElementNames = Mapping[tuple[str, str], NameChanges]
"""(data model id, element id) -> how that element's names change."""


def moving(document: Document, rename: TableRename, names: ElementNames) -> bool:
    """Whether any source of a document is called otherwise at all; mostly none is."""
    open_sources = [element.node.get("source") for element in document.elements]
    while open_sources:
        source = open_sources.pop()
        if source.__class__ is list:
            open_sources += source
        elif source.__class__ is dict:
            path = source.get("path")
            if path.__class__ is list and path:
                new = rename(str(source.get("connectionId", "")), tuple(path))
                if new and new[-1] != path[-1]:
                    return True
            elif names and names.get((str(source.get("dataModelId")), str(source.get("elementId")))):
                return True
            open_sources += [value for value in source.values() if value.__class__ is dict or value.__class__ is list]
    return False


def as_called(renames: NameChanges, *, given: bool) -> NameChanges:
    """The renames of a thing under the name it has here; a given name stays."""
    if not given or renames.element is None:
        return renames
    return NameChanges(
        element=None, columns=renames.columns, metrics=renames.metrics, relationships=renames.relationships
    )


def last(name: str, renames: NameChanges) -> str:
    """A column name after renaming: as a column, or as a column behind a relationship, ``Column (Relationship)``."""
    if name in renames.columns:
        return renames.columns[name]
    base, _, rest = name.rpartition(" (")
    if base and rest.endswith(")"):
        if rest[:-1].isdigit() and base in renames.columns:
            return f"{renames.columns[base]} ({rest}"
        new = renames.relationships.get(rest[:-1])
        return f"{base} ({new})" if new is not None else name
    return name


def behind(segments: tuple[str, ...], renames: NameChanges) -> tuple[str, ...]:
    """``Relationship/Column`` after renaming."""
    relationship, *rest = segments
    new = renames.relationships.get(relationship, relationship)
    column = rest[-1]
    longer = last(f"{column} ({relationship})", renames)
    ending = f" ({new})"
    if longer.endswith(ending):
        column = longer.removesuffix(ending)
    return (new, *rest[:-1], column)
