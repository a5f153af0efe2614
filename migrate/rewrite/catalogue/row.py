"""One row of the catalogue of references, and the conditions rows are made of.

A row says where (keys of an object, and what must stand beside them), what stands there, what it points to, how it
is resolved in the target and what happens to a copy in which it dangles. Rows work by key and neighbourhood, never
by element kind, so element kinds nobody has seen yet are covered. Facts: sigma-specs sections 5.1 and 5.2, whose
row numbers are in ``number``.

``examples`` are fragments of documents with ``REF`` where the reference stands; the tests build whole documents
from them, so a row that nothing finds cannot exist.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from migrate.tree import Json

REF: Final = "\N{LEFT-POINTING DOUBLE ANGLE QUOTATION MARK}ref\N{RIGHT-POINTING DOUBLE ANGLE QUOTATION MARK}"
"""Where the reference stands in an example."""

Shape = Literal["id", "name", "names", "ids", "keys", "text", "object", "named", "none"]
"""``ids`` is a list of ids; ``names`` a list that is one name, such as a table path; ``keys`` are object keys;
``named`` is an object whose ``name`` is the reference;
``text`` holds references somewhere inside; ``none`` has no place in the document at all."""

Step = str | int | None
"""The key or position under which an object stands; None for the document itself."""

When = Callable[[Mapping[str, Json], Step], bool]
"""Whether a key of this object, standing under this step, is the reference meant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One kind of reference: ``keys`` under which it stands, ``when`` they mean it.

    ``needs`` is a key without which ``when`` is never true, and which is rarer than ``keys``; ``source`` stands for
    an object under that key that names a connection or data model itself.
    """

    code: str
    number: str
    points_to: str
    shape: Shape
    resolve: str
    dangling: str
    keys: tuple[str, ...] = ()
    when: When | None = None
    needs: str = ""
    examples: tuple[Json, ...] = ()


def beside(*keys: str) -> When:
    """Whether all of these keys stand in the same object."""
    return lambda node, _step: all(key in node for key in keys)


def model_beside(node: Mapping[str, Json], _step: Step) -> bool:
    """Whether a data model is named in the same object."""
    return "dataModelId" in node


def no_model_beside(node: Mapping[str, Json], _step: Step) -> bool:
    """The opposite of ``model_beside``."""
    return "dataModelId" not in node


def model_source(node: Mapping[str, Json], _step: Step) -> bool:
    """Whether the object's ``source`` is an element of another model, so that its columns are that element's.

    An element that reads a model has columns of its own, so objects with ``columns`` are not meant.
    """
    source = node.get("source")
    return isinstance(source, dict) and "dataModelId" in source and "elementId" in source and "columns" not in node


def warehouse_source(node: Mapping[str, Json], _step: Step) -> bool:
    """Whether the object's ``source`` is a warehouse table, so that its columns are raw column names."""
    source = node.get("source")
    return isinstance(source, dict) and "connectionId" in source and "path" in source and "columns" not in node


def own_column(node: Mapping[str, Json], step: Step) -> bool:
    """Whether a column named here is one of this document."""
    return not model_source(node, step) and not warehouse_source(node, step)


def valued_by_model(node: Mapping[str, Json], _step: Step) -> bool:
    """Whether the object is a control whose value list comes from an element of another model."""
    source = node.get("source")
    return isinstance(source, dict) and isinstance(source.get("source"), dict) and "dataModelId" in source["source"]


def upload(node: Mapping[str, Json], _step: Step) -> bool:
    """Whether the object is an uploaded file."""
    return node.get("kind") == "upload"


def opens(node: Mapping[str, Json], _step: Step) -> bool:
    """Whether the object is an effect that names another document."""
    return node.get("effect") in ("open-document", "export")


def export(node: Mapping[str, Json], _step: Step) -> bool:
    """Whether the object is an export effect."""
    return node.get("effect") == "export"


def assigned(_node: Mapping[str, Json], step: Step) -> bool:
    """Whether the object is the ``assignments`` of a rule."""
    return step == "assignments"


def sorts(_node: Mapping[str, Json], step: Step) -> bool:
    """Whether the object is a sort order."""
    return step == "sort"


def pivots(node: Mapping[str, Json], _step: Step) -> bool:
    """Whether the object is laid out as a pivot, so that ``values`` are columns."""
    return "rowsBy" in node or "columnsBy" in node


def acts(node: Mapping[str, Json], step: Step) -> bool:
    """Whether the object is an effect of an action, or the rows such an effect chooses."""
    return "effect" in node or step == "whichRows"
