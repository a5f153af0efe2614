"""What the names in an element's formulas mean: prefixes, columns, relationships, controls (sigma-specs 4).

A name is *found*, *missing* (its prefix is a source of the element, the column is not there) or *unknown* (nobody
knows the prefix). A missing name makes a write fail; an unknown one only makes its column an error.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from migrate.sandbox.org import Json, Org, Table
from migrate.sandbox.specs.document import Document, columns_of, model, shown_names
from migrate.sandbox.specs.names import column_name, display_name, friendly, path_tail, plain_reference, uses_friendly
from migrate.sandbox.specs.trees import objects, text, texts, thing

Verdict = Literal["found", "missing", "unknown"]
SUFFIX = re.compile(r"(.*) \(([^()]*(?:\([^()]*\))?[^()]*)\)\Z", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """What a name means. A column of a document carries its home; anything else carries its type at once."""

    verdict: Verdict
    type: str = "text"
    document: Document | None = None
    element: Json = None
    column: Json = None


MISSING = Meaning(verdict="missing")
UNKNOWN = Meaning(verdict="unknown")


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A column by its name, and whether others may call it so: made-up names of function columns stay inside."""

    column: Json
    plain: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Space:
    """What stands behind a prefix: a warehouse table, an element in its scope, or something nobody lists."""

    table: Table | None = None
    friendly: bool = True
    scope: Scope | None = None
    element: Json = None


@dataclass(slots=True, kw_only=True)
class Scope:
    """The names of one document in one organization. Lives as long as one request."""

    org: Org
    document: Document
    by_name: dict[str, list[Json]] = field(default_factory=dict)
    named: dict[int, dict[str, Named]] = field(default_factory=dict)
    models: dict[str, Scope | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for element in self.document.elements:
            for name in shown_names(self.org, element, self.document):
                self.by_name.setdefault(name, []).append(element)

    def spaces(self, element: Json) -> Iterator[tuple[str, Space]]:
        """The prefixes of an element's own source with what stands behind each."""
        source = thing(element, "source")
        if element.get("kind") == "input-table":
            source = {"kind": "table", "elementId": text(source, "from")}
        yield from self._source_spaces(source)

    def _source_spaces(self, source: Json) -> Iterator[tuple[str, Space]]:
        kind = text(source, "kind")
        if kind in {"warehouse-table", "metric-view", "semantic-view"}:
            yield from self._warehouse(source)
        elif kind == "sql":
            yield "Custom SQL", Space()
        elif kind in {"table", "data-model"}:
            yield from self._element_spaces(source)
        elif kind == "join":
            yield from self._join_spaces(source)
        elif kind == "union":
            yield f"Union of {len(list(objects(source.get('sources'))))} Sources", Space()
        elif kind == "transpose":
            for name, _ in self._source_spaces(thing(source, "source")):
                yield name, Space()

    def _warehouse(self, source: Json) -> Iterator[tuple[str, Space]]:
        connection = self.org.connections.get(text(source, "connectionId"))
        path = tuple(texts(source.get("path")))
        table = connection.tables.get(path) if connection else None
        known = table if table is not None and table.columns and table.synced else None
        yield path_tail(source), Space(table=known, friendly=uses_friendly(self.org, text(source, "connectionId")))

    def _element_spaces(self, source: Json) -> Iterator[tuple[str, Space]]:
        home = self._model(text(source, "dataModelId")) if source.get("kind") == "data-model" else self
        target = home.document.by_id.get(text(source, "elementId")) if home else None
        if home is None or target is None:
            return
        for name in shown_names(self.org, target, home.document):
            yield name, Space(scope=home, element=target)

    def _model(self, model_id: str) -> Scope | None:
        """The scope of a data model; all scopes of one request share them."""
        if model_id not in self.models:
            found = model(self.org, model_id)
            self.models[model_id] = Scope(org=self.org, document=found, models=self.models) if found else None
        return self.models[model_id]

    def _join_spaces(self, source: Json) -> Iterator[tuple[str, Space]]:
        legs = [thing(source, "primarySource")]
        for join in objects(source.get("joins")):
            legs += [thing(join, "left"), thing(join, "right")]
            for _, space in self._source_spaces(thing(join, "right")):
                if text(join, "name"):
                    yield text(join, "name"), space
        for leg in legs:
            for name, space in self._source_spaces(leg):
                yield name, space
                if text(source, "name"):
                    yield text(source, "name"), space

    def meaning(self, element: Json, parts: tuple[str, ...], *, inside: Json = None) -> Meaning:
        """What a reference in a formula of this element means; ``inside``: the column whose formula it is."""
        if len(parts) == 1:
            return self._bare(element, parts[0], inside)
        if parts[0] == "Metrics":
            return self._metric(element, "/".join(parts[1:]))
        met = False
        for space in self._behind(element, parts[0]):
            met = True
            found = self._in_space(space, parts[1:])
            if found is not None:
                return found
        related = self.related(element, parts[0], "/".join(parts[1:]))
        if related is not None:
            return related
        return MISSING if met or parts[0].endswith(" repeated container") else UNKNOWN

    def _behind(self, element: Json, prefix: str) -> Iterator[Space]:
        met = False
        for name, space in self.spaces(element):
            if name == prefix:
                met = True
                yield space
        for other in self.by_name.get(prefix, ()):
            if other is not element or not met:  # an unnamed table answers to the name of its own source
                yield Space(scope=self, element=other)

    def _in_space(self, space: Space, rest: tuple[str, ...]) -> Meaning | None:
        name = "/".join(rest)
        if space.scope is not None:
            found = space.scope.column(space.element, name, outside=True)
            if found is None and len(rest) > 1:
                found = space.scope.related(space.element, rest[0], "/".join(rest[1:]))
            return found
        if space.table is None:
            return Meaning(verdict="found")
        for column in space.table.columns:
            if name in {column.name, friendly(column.name) if space.friendly else column.name}:
                return Meaning(verdict="found", type=column.type)
        return None

    def names(self, element: Json) -> dict[str, Named]:
        """The columns of an element by name, the first of each name; made once."""
        key = id(element)
        if key not in self.named:
            found: dict[str, Named] = {}
            for column in columns_of(element):
                own = isinstance(column.get("name"), str)
                plain = own or plain_reference(text(column, "formula")) is not None
                found.setdefault(column_name(column), Named(column=column, plain=plain))
            self.named[key] = found
        return self.named[key]

    def column(self, element: Json, name: str, *, outside: bool) -> Meaning | None:
        """A column of an element by name; from ``outside``, made-up names of function columns do not count."""
        names = self.names(element)
        if name in names and (names[name].plain or not outside):
            return Meaning(verdict="found", document=self.document, element=element, column=names[name].column)
        match = SUFFIX.match(name)
        if match:
            related = self.related(element, match.group(2), match.group(1))
            if related is not None:
                return related
            if match.group(1) in names:
                return Meaning(verdict="found")
        if "columns" not in element or (element.get("kind") == "input-table" and not _nameless(element)):
            return Meaning(verdict="found")
        return None

    def related(self, element: Json, relation: str, name: str) -> Meaning | None:
        for item in objects(element.get("relationships")):
            target = self.document.by_id.get(text(item, "targetElementId"))
            if target is None:
                continue
            if relation in {text(item, "name"), *shown_names(self.org, target, self.document)}:
                return self.column(target, name, outside=True)
        return None

    def _bare(self, element: Json, name: str, inside: Json) -> Meaning:
        """An own column, a control, a metric, or else a column of the source: some exports leave its prefix out."""
        own = self.column(element, name, outside=False)
        if own is not None and (own.column is None or own.column is not inside):
            return own
        if name in self.document.controls:
            return Meaning(verdict="found", type="text")
        for metric in objects(element.get("metrics")):
            if text(metric, "name") == name:
                return Meaning(verdict="found", type="number")
        for _, space in self.spaces(element):
            found = self._in_space(space, (name,))
            if found is not None:
                return found
        return own or UNKNOWN

    def _metric(self, element: Json, name: str) -> Meaning:
        for home, target in self.upstream(element):
            if any(text(metric, "name") == name for metric in objects(target.get("metrics"))):
                return Meaning(verdict="found", type="number", document=home)
        return MISSING

    def upstream(self, element: Json) -> Iterator[tuple[Document, Json]]:
        """The element and every element it is made from, nearest first, across data models."""
        todo: list[tuple[Scope, Json]] = [(self, element)]
        seen: set[int] = set()
        while todo:
            scope, item = todo.pop(0)
            if id(item) not in seen:
                seen.add(id(item))
                yield scope.document, item
                todo += [(space.scope, space.element) for _, space in scope.spaces(item) if space.scope is not None]


def _nameless(element: Json) -> bool:
    """Whether a linked column of an input table came with ``name: null``: then nobody finds it (sigma-specs 7).

    Where the key is absent, as in deployed documents, the column is called as in its source.
    """
    return any("key" in column and "name" in column and not text(column, "name") for column in columns_of(element))


def hidden_prefix(scope: Scope, element: Json) -> bool:
    """Whether an element is made from one whose title is hidden and whose name is therefore gone (sigma-specs 7)."""
    source = thing(element, "source")
    target = scope.document.by_id.get(text(source, "elementId")) if source.get("kind") == "table" else None
    name = target.get("name") if target else None
    return isinstance(name, dict) and name.get("visibility") == "hidden" and not display_name(target)
