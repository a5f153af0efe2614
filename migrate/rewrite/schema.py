"""What a data model may hold, by its published schema: anything else is refused when it is written.

The schema is closed (sigma-specs sections 2.2 and 2.3): two kinds of elements, seven of sources. Workbooks have no
such list that would not be out of date.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from migrate.bundle.document import Document
from migrate.tree import Json, Path

ELEMENTS: Final = ("table", "control")

SOURCES: Final[Mapping[str, tuple[str, ...]]] = {
    "warehouse-table": ("connectionId", "path"),
    "sql": ("connectionId", "statement"),
    "table": ("elementId",),
    "data-model": ("dataModelId", "elementId"),
    "join": ("joins",),
    "union": ("sources", "matches"),
    "transpose": ("source",),
}
"""What the source of a table may be, and what each needs at least."""


def strange(document: Document) -> Iterator[tuple[Path, str]]:
    """Each element or source of a data model that its schema does not know: where, and what is wrong, as a sentence."""
    for element in document.elements:
        if element.kind not in ELEMENTS:
            yield element.path, f"element {element.id!r} is of kind {element.kind!r}, which no data model holds"
        elif element.kind == "table":
            lacking = _lacking(element.node.get("source"))
            if lacking:
                yield (*element.path, "source"), f"the source of element {element.id!r} {lacking}"


def _lacking(source: Json) -> str:
    if not isinstance(source, dict):
        return "is missing"
    kind = str(source.get("kind"))
    if kind not in SOURCES:
        return f"is of kind {kind!r}, which no data model reads"
    missing = [key for key in SOURCES[kind] if key not in source]
    return f"({kind}) lacks {', '.join(missing)}" if missing else ""
