"""How the elements of a document are called, and what the first segment of a reference means in each of them.

An element has the name its author gave it, or an automatic one that follows its source: the last segment of a table
path, ``Custom SQL``, the name of the element or model element it reads, ``Union of N Sources``. In its formulas the
columns of a source are qualified with that same name, in a join with the name of the leg (sigma-specs sections 2.3
and 4). What a data model calls its element is known from the model's body, or from the formulas that use it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from migrate.bundle.document import Document, elements_of, objects
from migrate.rewrite.text.formula import brackets
from migrate.tree import Json, Path

PartKind = Literal["table", "sql", "file", "element", "model_element", "join", "union", "transpose", "code_output"]
"""What a source, or a leg of one, is."""

_NONE: Mapping[str, Json] = MappingProxyType({})

NOT_SOURCES = frozenset({"Metrics", "Selection", "Missing node"})
"""First segments that never name a source."""


@dataclass(frozen=True, slots=True)
class Part:
    """One thing an element's formulas can name: what it is called, what it is, what it points to.

    ``points_to`` is (connection, *path) of a table, (element,) or (data model, element). ``given`` says that the
    author named it, so that its name does not follow what it points to. ``leg`` marks the parts of a join.
    ``name`` is None where nothing tells it.
    """

    name: str | None
    kind: PartKind
    points_to: tuple[str, ...]
    given: bool = False
    leg: bool = False


@dataclass(frozen=True, slots=True)
class Relationship:
    """One relationship of an element: its name (given or that of its target), its id and its target's id."""

    name: str | None
    id: str
    target: str
    given: bool


class Naming:
    """The names of one document. ``models`` are the bodies of data models by id, as far as they are known.

    A model is only looked into when something of this document reads it. ``document`` is the body taken apart, where
    that was done already.
    """

    def __init__(
        self,
        body: Json,
        models: Mapping[str, Json] = _NONE,
        *,
        opened: dict[str, Naming] | None = None,
        document: Document | None = None,
    ) -> None:
        self._bodies = models
        self._opened: dict[str, Naming] = {} if opened is None else opened
        self.paths: dict[str, Path] = {}
        self.elements: dict[str, Json] = {}
        for element in document.elements if document is not None else elements_of(body):
            if element.id and element.id not in self.elements:
                self.elements[element.id] = element.node
                self.paths[element.id] = element.path
        self._names: dict[str, str | None] = {}
        self._parts: dict[str, tuple[Part, ...]] = {}
        self._called: dict[str, list[str]] | None = None
        self._inferred: dict[tuple[str, str], str] | None = None

    def model(self, identity: str) -> Naming | None:
        """The names of a data model, or None where its body is not known."""
        if identity not in self._opened and identity in self._bodies:
            self._opened[identity] = Naming(self._bodies[identity], self._bodies, opened=self._opened)
        return self._opened.get(identity)

    def name(self, element: str) -> str | None:
        """The name of an element, given or automatic; None where there is no such element or nothing tells it."""
        if element not in self._names:
            raw = self.elements.get(element)
            self._names[element] = None
            self._names[element] = None if raw is None else given_name(raw) or self._automatic(element)
        return self._names[element]

    def _automatic(self, element: str) -> str | None:
        parts = self.parts(element)
        return parts[0].name if parts else None

    def called(self, name: str) -> list[str]:
        """The ids of all elements of that name, in document order."""
        if self._called is None:
            self._called = {}
            for element in self.elements:
                own = self.name(element)
                if own is not None:
                    self._called.setdefault(own, []).append(element)
        return self._called.get(name, [])

    def parts(self, element: str) -> tuple[Part, ...]:
        """What the formulas of an element can name, its main source first."""
        if element not in self._parts:
            self._parts[element] = ()
            self._parts[element] = tuple(self.source_parts(self.elements[element].get("source")))
        return self._parts[element]

    def source_parts(self, source: Json) -> Iterator[Part]:
        """What the formulas over one source, or one leg of it, can name."""
        if not isinstance(source, dict):
            return
        kind = source.get("kind")
        if kind == "join" or "joins" in source:
            yield from self._legs(source)
        elif kind == "union":
            listed = source.get("sources")
            yield Part(f"Union of {len(listed) if isinstance(listed, list) else 0} Sources", "union", ())
        elif kind == "sql" or "statement" in source:
            yield Part("Custom SQL", "sql", (str(source.get("connectionId", "")),))
        elif kind == "transpose":
            yield Part(None, "transpose", ())
            yield from self.source_parts(source.get("source"))
        else:
            yield from self._single(source)

    def _single(self, source: dict[str, Json]) -> Iterator[Part]:
        path, model, element = source.get("path"), source.get("dataModelId"), source.get("elementId")
        if isinstance(path, list) and path:
            names = [str(segment) for segment in path]
            yield Part(names[-1], "table", (str(source.get("connectionId", "")), *names))
        elif isinstance(model, str):
            yield Part(self.model_element(model, str(element)), "model_element", (model, str(element)))
        elif source.get("kind") == "code-output":
            yield Part(str(source.get("output")), "code_output", (str(element), str(source.get("output"))))
        elif isinstance(element, str) or isinstance(source.get("from"), str):
            target = element if isinstance(element, str) else source["from"]
            yield Part(self.name(target), "element", (target,))
        elif "inodeId" in source:
            yield Part(None, "file", (str(source["inodeId"]),))
        else:
            # Older and unknown forms keep their sources one level deeper.
            for value in source.values():
                for inner in value if isinstance(value, list) else (value,):
                    yield from self.source_parts(inner)

    def table_behind(self, part: Part) -> str | None:
        """The connection of the table that a source is named after, through elements without a name of their own."""
        seen: set[tuple[str, ...]] = set()
        naming: Naming | None = self
        while naming is not None and part.points_to not in seen and not part.given:
            if part.kind == "table":
                return part.points_to[0]
            seen.add(part.points_to)
            if part.kind == "model_element":
                naming = naming.model(part.points_to[0])
            elif part.kind != "element":
                return None
            node = naming.elements.get(part.points_to[-1]) if naming is not None else None
            if naming is None or node is None or given_name(node):
                return None
            parts = naming.parts(part.points_to[-1])
            if not parts:
                return None
            part = parts[0]
        return None

    def join_side(self, element: str, path: Path) -> Part | None:
        """What the side of a join names whose condition stands at this path of the document; None where unknown."""
        if len(path) < 4 or element not in self.elements:
            return None
        leg: Json = self.elements[element].get("source")
        for step in path[len(self.paths[element]) + 1 : -3]:
            leg = leg[step]
        return next(self.source_parts(leg.get(path[-1])), None) if isinstance(leg, dict) else None

    def _legs(self, source: dict[str, Json]) -> Iterator[Part]:
        """The legs of a join: the main one is called as the join, every right side as its own join says.

        The main leg is the primary source where one is named; else, as Sigma infers it, the only source that is a left
        side of some join and the right side of none, so the root of the tree that the joins make.
        """
        joins = [join for _at, join in objects(source, "joins")] or [source]
        rights = [join.get("right") for join in joins]
        lefts = [join.get("left") for join in joins]
        main = source.get("primarySource") or next((left for left in lefts if left not in rights), None)
        names = [source.get("name"), *(join.get("name") if join is not source else None for join in joins)]
        legs = [
            (name, part) for name, leg in zip(names, [main, *rights], strict=True) for part in self.source_parts(leg)
        ]
        for name, part in legs:
            if isinstance(name, str) and name:
                yield Part(name, part.kind, part.points_to, given=True, leg=True)
        for part in (*(part for _, part in legs), *(part for left in lefts for part in self.source_parts(left))):
            yield Part(part.name, part.kind, part.points_to, leg=True)
        if isinstance(source.get("name"), str) and not legs:
            yield Part(source["name"], "join", (), given=True)

    def own_names(self, element: str) -> frozenset[str]:
        """What a name without prefix means before it means a column of the source: columns, metrics, controls.

        A column that is nothing but such a name is the source's column itself.
        """
        node = self.elements.get(element, {})
        named = {given_name(column) or _qualified_name(column) for column in columns(node)}
        named |= {metric.get("name") for _at, metric in objects(node, "metrics")}
        named |= {one.get("controlId") for one in self.elements.values()}
        return frozenset(name for name in named if isinstance(name, str))

    def model_element(self, model: str, element: str) -> str | None:
        """What a data model calls its element: from the model's body, else from the formulas that use it."""
        known = self.model(model)
        if known is not None:
            return known.name(element)
        if self._inferred is None:
            self._inferred = self._infer()
        return self._inferred.get((model, element))

    def _infer(self) -> dict[tuple[str, str], str]:
        """For each model element without a known body: the prefix most of its readers' plain columns have."""
        votes: dict[tuple[str, str], Counter[str]] = {}
        for element in self.elements.values():
            source = element.get("source")
            if isinstance(source, dict) and isinstance(source.get("dataModelId"), str):
                counter = votes.setdefault((source["dataModelId"], str(source.get("elementId"))), Counter())
                counter.update(_plain_prefixes(element))
        return {key: counter.most_common(1)[0][0] for key, counter in votes.items() if counter}

    def relationships(self, element: str) -> tuple[Relationship, ...]:
        """The relationships of an element; one without a name is called as the element it leads to."""
        return tuple(
            Relationship(
                name=raw.get("name") or self.name(str(raw.get("targetElementId"))),
                id=str(raw.get("id")),
                target=str(raw.get("targetElementId")),
                given=bool(raw.get("name")),
            )
            for _at, raw in objects(self.elements[element], "relationships")
        )


def given_name(element: Json) -> str | None:
    """The name the author gave an element, written plainly or as a formatted title; None where it is automatic."""
    name = element.get("name")
    if isinstance(name, dict):
        name = name.get("text")
    return name if isinstance(name, str) and name else None


def name_of(element: Json) -> str:
    """The name of an element where it stands by itself: its own, else the last part of its table's path."""
    source = element.get("source")
    path = source.get("path") if isinstance(source, dict) else None
    return given_name(element) or (str(path[-1]) if isinstance(path, list) and path else "")


def ids_in(element: Json, key: str) -> frozenset[str]:
    """The ids of an element's columns, groupings, metrics …"""
    return frozenset(str(item["id"]) for _at, item in objects(element, key) if "id" in item)


def columns(element: Json) -> list[Json]:
    """The column objects of an element."""
    return [column for _at, column in objects(element, "columns")]


def plain(formula: Json) -> tuple[str, ...] | None:
    """The segments of a formula that is nothing but one reference, else None."""
    if not isinstance(formula, str) or not formula.startswith("["):
        return None
    found = brackets(formula)
    return found[0].segments if len(found) == 1 and found[0].span == (0, len(formula)) else None


def automatic_name(column: Json) -> str | None:
    """The name of a column without a given one, where its formula is one reference: the last segment."""
    segments = plain(column.get("formula"))
    return segments[-1] if segments else None


def _qualified_name(column: Json) -> str | None:
    segments = plain(column.get("formula"))
    return segments[-1] if segments and len(segments) > 1 else None


def _plain_prefixes(element: Json) -> Iterator[str]:
    for column in columns(element):
        segments = plain(column.get("formula"))
        if segments and len(segments) > 1 and segments[0] not in NOT_SOURCES:
            yield segments[0]
