"""One row of the catalogue of references, and the conditions rows are made of.

A row says where (keys of an object, and what must stand beside them), what stands there, what it points to, how it
is resolved in the target and what happens to a copy in which it dangles. KeyedRows work by key and neighbourhood, never
by element kind, so element kinds nobody has seen yet are covered. Facts: sigma-specs sections 5.1 and 5.2, whose
row numbers are in ``number``.

``examples`` are fragments of documents with ``REF`` where the reference stands, for every key of the row; the tests
build whole documents from them and take every key away in turn, so a key that nothing finds cannot exist.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, Literal

from migrate.tree import Json

REF: Final = "\N{LEFT-POINTING DOUBLE ANGLE QUOTATION MARK}ref\N{RIGHT-POINTING DOUBLE ANGLE QUOTATION MARK}"
"""Where the reference stands in an example."""

Shape = Literal["id", "name", "names", "ids", "keys", "text", "object", "named", "none"]
"""``ids`` is a list of ids; ``names`` a list that is one name, such as a table path; ``keys`` are object keys;
``named`` is an object whose ``name`` is the reference;
``text`` holds references somewhere inside; ``none`` has no place in the document at all."""

ParentKey = str | None
"""The key under which an object stands, itself or in a list; None for the document itself."""

When = Callable[[Mapping[str, Json], ParentKey], bool]
"""Whether a key of this object, standing under that one, is the reference meant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueRow:
    """One kind of reference: the keys under which it stands, each with its examples; ``when`` they mean it.

    Rows of texts have examples under no key, rows apart none at all. ``needs`` is a key without which ``when`` is never
    true, and which is rarer than the row's own; ``source`` stands for an object under that key that names a connection
    or data model itself.
    """

    code: str
    number: str
    points_to: str
    shape: Shape
    resolve: str
    dangling: str
    examples: Mapping[str, tuple[Json, ...]] = field(default_factory=lambda: MappingProxyType({}))
    when: When | None = None
    needs: str = ""

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys under which the reference stands; none for what is found in texts."""
        return tuple(key for key in self.examples if key)


def beside(*keys: str) -> When:
    """Whether all of these keys stand in the same object."""
    return lambda node, _parent: all(key in node for key in keys)


def model_beside(node: Mapping[str, Json], _parent: ParentKey) -> bool:
    """Whether a data model is named in the same object."""
    return "dataModelId" in node


def no_model_beside(node: Mapping[str, Json], _parent: ParentKey) -> bool:
    """The opposite of ``model_beside``."""
    return "dataModelId" not in node


def model_source(node: Mapping[str, Json], _parent: ParentKey) -> bool:
    """Whether the object's ``source`` is an element of another model, so that its columns are that element's.

    An element that reads a model has columns of its own, so objects with ``columns`` are not meant.
    """
    source = node.get("source")
    return isinstance(source, dict) and "dataModelId" in source and "elementId" in source and "columns" not in node


def warehouse_source(node: Mapping[str, Json], _parent: ParentKey) -> bool:
    """Whether the object's ``source`` is a warehouse table, so that its columns are raw column names."""
    source = node.get("source")
    return isinstance(source, dict) and "connectionId" in source and "path" in source and "columns" not in node


def own_column(node: Mapping[str, Json], parent: ParentKey) -> bool:
    """Whether a column named here is one of this document."""
    return not model_source(node, parent) and not warehouse_source(node, parent)


def valued_by_model(node: Mapping[str, Json], _parent: ParentKey) -> bool:
    """Whether the object is a control whose value list comes from an element of another model."""
    source = node.get("source")
    return isinstance(source, dict) and isinstance(source.get("source"), dict) and "dataModelId" in source["source"]


def upload(node: Mapping[str, Json], _parent: ParentKey) -> bool:
    """Whether the object is an uploaded file."""
    return node.get("kind") == "upload"


def opens(node: Mapping[str, Json], _parent: ParentKey) -> bool:
    """Whether the object is an effect that names another document."""
    return node.get("effect") in ("open-document", "export")


def export(node: Mapping[str, Json], _parent: ParentKey) -> bool:
    """Whether the object is an export effect."""
    return node.get("effect") == "export"


def assigned(_node: Mapping[str, Json], parent: ParentKey) -> bool:
    """Whether the object is the ``assignments`` of a rule."""
    return parent == "assignments"


def sorts(_node: Mapping[str, Json], parent: ParentKey) -> bool:
    """Whether the object is a sort order."""
    return parent == "sort"


def pivots(node: Mapping[str, Json], _parent: ParentKey) -> bool:
    """Whether the object is laid out as a pivot, so that ``values`` are columns."""
    return "rowsBy" in node or "columnsBy" in node


def acts(node: Mapping[str, Json], parent: ParentKey) -> bool:
    """Whether the object is an effect of an action, or the rows such an effect chooses."""
    return "effect" in node or parent == "whichRows"


COLUMN_SLOTS: Final = frozenset(
    {
        "value",
        "holeValue",
        "color",
        "size",
        "splitBy",
        "label",
        "tooltip",
        "latitude",
        "longitude",
        "region",
        "geography",
        "rowsBy",
        "columnsBy",
        "stage",
        "stages",
        "series",
        "category",
        "comparisonColumn",
        "startPoint",
        "xAxis",
        "yAxis",
        "yAxis2",
        "timeline",
    }
)
"""Where older documents write ``{id}`` for what newer ones call ``{columnId}`` (sigma-specs 1, sigma-news 1)."""


def slot(node: Mapping[str, Json], parent: ParentKey) -> bool:
    """Whether the ``id`` of an object names a column: in the slots of charts, where nothing is defined."""
    return parent in COLUMN_SLOTS and "kind" not in node and "formula" not in node


def page_label(_node: Mapping[str, Json], parent: ParentKey) -> bool:
    """Whether the object is an entry of a navigation's list of labels."""
    return parent == "pageLabels"


def linked(node: Mapping[str, Json], parent: ParentKey) -> bool:
    """Whether the object is a column of a linked input table."""
    return parent == "columns" and node.get("kind") != "upload"


def column_range(node: Mapping[str, Json], _parent: ParentKey) -> bool:
    """Whether the object is a range between two columns, as an action writes it."""
    return node.get("type") == "column-range"
