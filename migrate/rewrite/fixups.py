"""Fix-ups: what Sigma gives out but refuses to take back, mended by name (sigma-specs section 7).

Each fix-up has a name and a version, and what it did stands in the draft's changes under that name. A fix-up takes
out or rewrites only what the server would refuse; it never adds meaning. Losses of the read API that nothing can
mend are in ``migrate.rewrite.losses``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from migrate.bundle.document import Document, document_of, objects
from migrate.rewrite.catalogue.walk import Seen, Sign
from migrate.rewrite.edits import Edits, applied
from migrate.rewrite.model import Change, brief
from migrate.rewrite.names.scope import ids_in, name_of
from migrate.rewrite.text.formula import brackets, escape_segment
from migrate.tree import Json, Path, at

Fix = tuple[Path, Json]
"""A path and its new value; ``DROP`` leaves the value out."""


class _Drop:
    """The one value that means: leave it out."""


DROP = _Drop()

SYSTEM_COLUMNS = frozenset({"ID", "CREATED_AT", "CREATED_BY", "UPDATED_AT", "UPDATED_BY"})

_REPEATED = " repeated container"
_RGB = re.compile(r"rgba?\(\s*(\d{1,3})\s*,\s*(\d{1,3})\s*,\s*(\d{1,3})\s*(?:,\s*(0|1|0?\.\d+|1\.0+)\s*)?\)")


@dataclass(frozen=True, slots=True, kw_only=True)
class FixUp:
    """One named fix-up: ``mend`` yields what to change, from the document and what a walk over it saw.

    There is nothing to mend unless the document has an element of this ``kind``, this ``key``, and texts of this
    ``sign`` (empty: no matter).
    """

    name: str
    version: int
    why: str
    key: str = ""
    kind: str = ""
    sign: Sign | None = None
    mend: Callable[[Document, Seen], Iterator[Fix]]

    @property
    def code(self) -> str:
        """How the fix-up is called in changes and reports."""
        return f"fix:{self.name}@{self.version}"


def mended(body: Json, seen: Seen) -> tuple[Json, tuple[Change, ...]]:
    """The body with every fix-up done, and one change for each place. ``seen`` is what ``look`` saw of the body."""
    worth = [fix_up for fix_up in FIX_UPS if _worth(fix_up, seen)]
    if not worth:
        return body, ()
    document = document_of(body)
    edits = Edits()
    changes: list[Change] = []
    for fix_up in worth:
        _mend(fix_up, document, seen, edits, changes)
    return (applied(body, edits)[0], tuple(changes)) if changes else (body, ())


def _worth(fix_up: FixUp, seen: Seen) -> bool:
    """Whether a document has what the fix-up needs at least."""
    if (fix_up.key and fix_up.key not in seen.keys) or (fix_up.kind and fix_up.kind not in seen.kinds):
        return False
    return fix_up.sign is None or fix_up.sign in seen.texts


def _mend(fix_up: FixUp, document: Document, seen: Seen, edits: Edits, changes: list[Change]) -> None:
    """Collect what one fix-up does."""
    for path, value in fix_up.mend(document, seen):
        changes.append(Change(code=fix_up.code, path=path, before=brief(at(document.body, path)), after=_text(value)))
        if isinstance(value, _Drop):
            edits.drop(path)
        else:
            edits.set(path, value)


def _text(value: Json) -> str:
    return "" if isinstance(value, _Drop) else brief(value)


def _columns(document: Document) -> dict[str, frozenset[str]]:
    return {each.id: ids_in(each.node, "columns") for each in document.named if "columns" in each.node}


def _base_grouping(_document: Document, seen: Seen) -> Iterator[Fix]:
    for path, node in seen.objects["groupingId"]:
        if node["groupingId"] == "base":
            yield (*path, "groupingId"), DROP


def _dangling_sort(document: Document, _seen: Seen) -> Iterator[Fix]:
    for path, _id, _kind, node in document.elements:
        if not isinstance(node.get("columns"), list) or not isinstance(node.get("sort"), list):
            continue
        own = ids_in(node, "columns")
        for index, order in enumerate(node["sort"]):
            if isinstance(order, dict) and isinstance(order.get("columnId"), str) and order["columnId"] not in own:
                yield (*path, "sort", index), DROP


def _dangling_value(document: Document, seen: Seen) -> Iterator[Fix]:
    columns = _columns(document)
    for path, node in seen.objects["effect"]:
        table = node.get("tableElementId", node.get("table"))
        if not isinstance(table, str) or table not in columns:
            continue
        rows = node.get("whichRows")
        keyed = [((*path, "values"), node.get("values"))]
        if isinstance(rows, dict):
            keyed.append(((*path, "whichRows", "primaryKeys"), rows.get("primaryKeys")))
        for where, values in keyed:
            for column in values if isinstance(values, dict) else ():
                if column not in columns[table]:
                    yield (*where, column), DROP


def _hidden_call_to_action(document: Document, _seen: Seen) -> Iterator[Fix]:
    for path, _kind, _id, node in document.surfaces:
        inner = next((node[kind] for kind in ("modal", "drawer", "popover") if isinstance(node.get(kind), dict)), None)
        footer = inner.get("footer") if inner is not None else None
        if not isinstance(footer, dict) or not isinstance(node.get("actions"), list):
            continue
        hidden = {
            f"on-{word}-cta-click"
            for word, key in (("primary", "primaryCta"), ("secondary", "secondaryCta"))
            if isinstance(footer.get(key), dict) and footer[key].get("visible") == "hidden"
        }
        for index, action in enumerate(node["actions"]):
            if _trigger(action) in hidden:
                yield (*path, "actions", index), DROP


def _trigger(action: Json) -> str:
    trigger = action.get("trigger") if isinstance(action, dict) else None
    found = trigger.get("on") if isinstance(trigger, dict) else trigger
    return found if isinstance(found, str) else ""


def _bare_comparison(document: Document, _seen: Seen) -> Iterator[Fix]:
    for path, _id, _kind, node in document.elements:
        compared = "comparisonColumn" in node or "periodComparison" in node
        if node.get("kind") == "kpi-chart" and "comparison" in node and not compared:
            yield (*path, "comparison"), DROP


def _system_columns(document: Document, _seen: Seen) -> Iterator[Fix]:
    for path, _id, _kind, node in document.elements:
        if node.get("kind") != "input-table" or not isinstance(node.get("columns"), list):
            continue
        for index, column in enumerate(node["columns"]):
            if isinstance(column, dict) and str(column.get("id")) in SYSTEM_COLUMNS:
                for key in ("type", "formula"):
                    if key in column:
                        yield (*path, "columns", index, key), DROP


def _nameless_linked(document: Document, _seen: Seen) -> Iterator[Fix]:
    by_id = document.by_id
    for path, _id, _kind, node in document.elements:
        source = node.get("source")
        origin = by_id.get(str(source.get("from"))) if isinstance(source, dict) else None
        if node.get("kind") != "input-table" or origin is None or not isinstance(node.get("columns"), list):
            continue
        names = {str(column.get("id")): column.get("name") for _at, column in objects(origin.node, "columns")}
        for index, column in enumerate(node["columns"]):
            if isinstance(column, dict) and "name" in column and column["name"] is None:
                name = names.get(str(column.get("key")))
                if isinstance(name, str):
                    yield (*path, "columns", index, "name"), name


def _rgb(_document: Document, seen: Seen) -> Iterator[Fix]:
    for path, value in seen.texts["rgb"]:
        match = _RGB.fullmatch(value)
        if match and all(int(part) < 256 for part in match.groups()[:3]):
            parts = [int(part) for part in match.groups()[:3]]
            if match[4] is not None:
                parts.append(round(float(match[4]) * 255))
            yield path, "#" + "".join(f"{part:02x}" for part in parts)


def _repeated_prefix(document: Document, seen: Seen) -> Iterator[Fix]:
    names = {name_of(element.node) for element in document.named}
    for path, value in seen.texts["repeated"]:
        text = value
        for bracket in reversed(brackets(value)):
            name = bracket.segments[0].removesuffix(_REPEATED)
            if bracket.segments[0] not in names and name != bracket.segments[0] and name in names:
                start, end = bracket.segment_spans[0]
                text = text[:start] + escape_segment(name) + text[end:]
        if text != value:
            yield path, text


FIX_UPS: tuple[FixUp, ...] = (
    FixUp(
        name="base-grouping",
        version=1,
        why="a grouping called base is given out but not found on write",
        key="groupingId",
        mend=_base_grouping,
    ),
    FixUp(
        name="dangling-sort",
        version=1,
        why="a sort by a column that is gone is refused, or a permanent failure",
        key="sort",
        mend=_dangling_sort,
    ),
    FixUp(
        name="dangling-action-value",
        version=1,
        why="an action that writes a column that is gone is refused (bad column)",
        key="effect",
        mend=_dangling_value,
    ),
    FixUp(
        name="hidden-call-to-action",
        version=1,
        why="an action on a hidden button of an overlay is refused; nobody could click it",
        key="footer",
        mend=_hidden_call_to_action,
    ),
    FixUp(
        name="bare-comparison",
        version=1,
        why="a comparison without a column or period to compare with is refused",
        key="comparison",
        mend=_bare_comparison,
    ),
    FixUp(
        name="system-columns",
        version=1,
        why="system columns of input tables may not carry a type or formula",
        kind="input-table",
        mend=_system_columns,
    ),
    FixUp(
        name="nameless-linked-column",
        version=1,
        why="a linked column with the name null is not found; it takes its source's name",
        kind="input-table",
        mend=_nameless_linked,
    ),
    FixUp(
        name="rgb-colour",
        version=1,
        why="rgb() colours are stopped by the service's firewall; written as #rrggbb they pass",
        sign="rgb",
        mend=_rgb,
    ),
    FixUp(
        name="repeated-container-prefix",
        version=1,
        why="formulas are given out with '… repeated container' as prefix, which is not found on write",
        sign="repeated",
        mend=_repeated_prefix,
    ),
)
