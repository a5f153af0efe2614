"""What makes an element of a data model recognizable when its ids are not: normal forms for comparing two readings.

The server rewrites what it stores (sigma-specs sections 2.4 and 6.4): raw warehouse names come back friendly
(``[T/ORDER_ID]`` as ``[T/Order Id]``), automatic names are dropped, ``order`` is completed, ``visibleAsSource: true``
vanishes, white space moves. Normal forms are equal on both sides of such a change.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache

from migrate.rewrite.names.scope import Naming, automatic_name, columns, given_name
from migrate.rewrite.names.warehouse import loosely
from migrate.rewrite.text.formula import brackets, tokens
from migrate.tree import Json, canonical

_ORG_IDS = frozenset({"connectionId", "dataModelId", "controlId", "teamId", "userId", "userAttributeId", "inodeId"})
_LOCAL = frozenset(
    {
        "id",
        "order",
        "summary",
        "items",
        "groupBy",
        "calculations",
        "metricOrder",
        "visibleAsSource",
        "restrictedColumns",
        "uniqueKeys",
        "columnIds",
        "columnToTranspose",
        "valueColumn",
        "columnsToMerge",
        "outputColumns",
        "sourceColumns",
    }
)
"""Keys that hold ids of the document itself, or that the server completes."""

_TOLD_APART = frozenset({"id", "kind", "name", "source", "columns", "controlId", "controlType"})


def normal_formula(formula: Json) -> str:
    """A form that is the same for a formula as sent and as read back."""
    if not isinstance(formula, str):
        return ""
    return _known(formula) if len(formula) <= _SHORT else _normal(formula)


_SHORT = 2_000
"""Characters of a formula whose form is kept for a while: each is asked for several times, as sent and as read back."""


@lru_cache(maxsize=2048)
def _known(formula: str) -> str:
    return _normal(formula)


def _normal(formula: str) -> str:
    by_start = {bracket.span[0]: bracket for bracket in brackets(formula)}
    pieces = []
    for token in tokens(formula):
        if token.kind == "bracket":
            pieces.append("[" + "\x1f".join(loosely(segment) for segment in by_start[token.span[0]].segments) + "]")
        elif token.kind not in ("space", "comment"):
            text = formula[slice(*token.span)]
            pieces.append(text if token.kind == "string" else text.casefold())
    return "\x1e".join(pieces)


def column_name(column: Json) -> str:
    """The name of a column in normal form, given or automatic; empty for an unnamed column of a function."""
    return loosely(given_name(column) or automatic_name(column) or "")


def column_key(column: Json) -> tuple[str, str]:
    """What a column is recognized by: its name and its formula."""
    return column_name(column), normal_formula(column.get("formula"))


def item_key(item: Json) -> tuple[str, str]:
    """What a metric is recognized by."""
    return str(item.get("name") or ""), normal_formula(item.get("formula"))


def fingerprint(naming: Naming, element: str) -> bytes:
    """What an element is recognized by: kind, name, source, columns in order, control."""
    raw = naming.elements[element]
    name = "" if raw.get("kind") == "control" else naming.name(element)
    return canonical(
        [
            raw.get("kind"),
            raw.get("controlId"),
            raw.get("controlType"),
            name,
            _masked(raw.get("source")),
            sorted(column_key(column) for column in columns(raw)),
        ]
    )


def outline(naming: Naming, element: str) -> bytes | None:
    """The little that must do where a formula came back in another form: kind and name or control, if it has one."""
    return _outlined(naming, element, str)


def loose_outline(naming: Naming, element: str) -> bytes | None:
    """The same with names in normal form: a name that says no more than the table's own may come back as none."""
    return _outlined(naming, element, loosely)


def _outlined(naming: Naming, element: str, form: Callable[[str], str]) -> bytes | None:
    raw = naming.elements[element]
    name = raw.get("controlId") if raw.get("kind") == "control" else naming.name(element)
    return canonical([raw.get("kind"), form(name)]) if name else None


def details(raw: Json, *, in_order: bool = True) -> bytes:
    """Everything else about an element, without ids; tells twins apart where the server left it as it was."""
    listed = [canonical(_masked(column, "formula")).decode() for column in columns(raw)]
    return canonical([listed if in_order else sorted(listed), _masked(raw, *_TOLD_APART)])


def _masked(node: Json, *without: str) -> Json:
    """A tree without the document's own ids, its formulas in normal form."""
    if isinstance(node, list):
        return [_masked(item) for item in node]
    if not isinstance(node, dict):
        return node
    outside = "dataModelId" in node
    return {
        key: normal_formula(value) if key in ("formula", "left", "right") and isinstance(value, str) else _masked(value)
        for key, value in node.items()
        if key not in without
        and key not in _LOCAL
        and (outside or key == "from" or not key.endswith("Id") or key in _ORG_IDS)
        and not (key == "from" and isinstance(value, str))
    }


def edges(node: Json, role: str = "") -> Iterator[tuple[str, str]]:
    """The elements that an element refers to inside its document: (in which role, element id)."""
    if isinstance(node, list):
        for item in node:
            yield from edges(item, role)
    elif isinstance(node, dict):
        for key, value in node.items():
            if isinstance(value, (dict, list)):
                yield from edges(value, f"{role}.{key}")
            elif isinstance(value, str) and (
                (key == "elementId" and "dataModelId" not in node) or key in ("targetElementId", "from")
            ):
                yield f"{role}.{key}", value


def uses(raw: Json) -> dict[str, tuple[str, ...]]:
    """Column id -> where its element refers to it: tells apart columns that are the same in everything else."""
    found: dict[str, list[str]] = {column["id"]: [] for column in columns(raw)}
    rest = {key: value for key, value in raw.items() if key not in ("id", "columns", "source", "order")}
    for role, text in _strings(rest, ""):
        if text in found:
            found[text].append(role)
    return {identity: tuple(sorted(roles)) for identity, roles in found.items()}


def _strings(node: Json, role: str) -> Iterator[tuple[str, str]]:
    if isinstance(node, str):
        yield role, node
    elif isinstance(node, list):
        for item in node:
            yield from _strings(item, role)
    elif isinstance(node, dict):
        for key, value in node.items():
            yield from _strings(value, f"{role}.{key}")


def grouped_by(grouping: Json) -> tuple[str, ...]:
    """The columns a grouping groups by, which is what it is recognized by."""
    columns_of = grouping.get("groupBy")
    return tuple(map(str, columns_of)) if isinstance(columns_of, list) else ()
