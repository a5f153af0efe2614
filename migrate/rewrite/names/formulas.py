"""Where formulas stand in a document, of any generation and either kind.

Formulas are found by key and neighbours, not by element kind: values of ``formula`` keys anywhere, join conditions,
the three formulas of gauges and progress bars, conditions of actions, and ``{{formula}}`` inside texts. SQL
statements are texts of their own (``{{control}}`` in them is no formula) and are left out, as are layouts.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Set as AbstractSet
from typing import Literal, NamedTuple

import orjson

from migrate.rewrite.text.formula import embedded
from migrate.tree import Json, Path

Role = Literal["formula", "join-key", "text"]

_SKIPPED = frozenset({"format", "layout", "statement", "path"})
_JOIN_KEYS = frozenset({"left", "right", "leftColumn", "rightColumn"})
_MEASURES = frozenset({"value", "min", "max"})
_MEASURED = frozenset({"gauge", "gauge-chart", "progress"})
_WORTH = (b"ormula", b"{{", b'"join', b'condition"', b"gauge", b"progress")
"""What the bytes of a subtree hold where any formula can stand in it: serializing is faster than walking."""


class FormulaSite(NamedTuple):
    """One string that holds formulas: its path, the string, what it is, and the id of the element around it.

    ``element`` is empty outside of elements (overlays, agents, pages). A tuple, because there are thousands.
    """

    path: Path
    text: str
    role: Role
    element: str


Accept = Callable[[str, str], bool]
"""(text, element id) -> whether that text is wanted."""


def formulas(site: FormulaSite) -> tuple[tuple[int, str], ...]:
    """The formulas of a site, each with its offset in the site's text."""
    if site.role == "text":
        return tuple((part.span[0], part.text) for part in embedded(site.text))
    return ((0, site.text),)


def sites(body: Json, accept: Accept | None = None, passed: AbstractSet[str] = frozenset()) -> tuple[FormulaSite, ...]:
    """Every formula-bearing string of a document, in document order.

    With ``accept`` only those it takes; the elements of ``passed`` are not looked into.
    """
    walk = _Walk(accept, passed)
    walk.node(body)
    return tuple(walk.found)


class _Walk:
    """One pass over a document: the way down to here, the element around it, and what was found."""

    __slots__ = ("accept", "element", "found", "passed", "trail")

    def __init__(self, accept: Accept | None, passed: AbstractSet[str]) -> None:
        self.passed = passed
        self.trail: list[str | int] = []
        self.element = ""
        self.found: list[FormulaSite] = []
        self.accept = accept

    def take(self, step: str | int, text: str, role: Role) -> None:
        if self.accept is None or self.accept(text, self.element):
            self.found.append(FormulaSite((*self.trail, step), text, role, self.element))

    def node(self, node: Json) -> None:
        if node.__class__ is dict:
            self.object(node)
        elif node.__class__ is list:
            self.array(node)

    def object(self, node: dict[str, Json]) -> None:
        trail = self.trail
        for key, value in node.items():
            kind = value.__class__
            if kind is str:
                if key == "formula":
                    self.take(key, value, "formula")
                elif "{{" in value or "[" in value:
                    self.string(node, key, value)
            elif (kind is dict or kind is list) and key not in _SKIPPED:
                trail.append(key)
                if key == "elements":
                    self.elements(value)
                else:
                    self.node(value)
                trail.pop()

    def array(self, node: list[Json]) -> None:
        trail = self.trail
        for index, value in enumerate(node):
            kind = value.__class__
            if kind is dict or kind is list:
                trail.append(index)
                self.node(value)
                trail.pop()
            elif kind is str and "{{" in value:
                self.take(index, value, "text")

    def elements(self, listed: Json) -> None:
        outer = self.element
        for index, element in enumerate(listed if isinstance(listed, list) else ()):
            if element.__class__ is dict:
                own = element.get("id")
                self.element = own if isinstance(own, str) else outer
                if not (isinstance(own, str) and own in self.passed):
                    self.trail.append(index)
                    self.one_element(element)
                    self.trail.pop()
        self.element = outer

    def one_element(self, element: dict[str, Json]) -> None:
        """An element: its columns straight away, everything else only where a formula can stand in it."""
        rest = {key: value for key, value in element.items() if key not in ("columns", "layout", "statement")}
        raw = orjson.dumps(rest)
        columns = element.get("columns")
        if any(word in raw for word in _WORTH):
            self.object(element)
        elif columns.__class__ is list:
            self.trail.append("columns")
            self.columns(columns)
            self.trail.pop()

    def columns(self, columns: list[Json]) -> None:
        trail, element, found, accept = tuple(self.trail), self.element, self.found, self.accept
        for index, column in enumerate(columns):
            if column.__class__ is not dict:
                continue
            formula = column.get("formula")
            if formula.__class__ is str and (accept is None or accept(formula, element)):
                found.append(FormulaSite((*trail, index, "formula"), formula, "formula", element))
            for key, value in column.items():
                kind = value.__class__
                if (kind is dict or kind is list) and key not in _SKIPPED:
                    self.trail += (index, key)
                    self.node(value)
                    del self.trail[-2:]
                elif kind is str and key != "formula" and "{{" in value:
                    self.trail.append(index)
                    self.string(column, key, value)
                    self.trail.pop()

    def string(self, node: dict[str, Json], key: str, value: str) -> None:
        role = _role(self.trail, node, key)
        if role is None and "{{" in value and key not in _SKIPPED:
            role = "text"
        if role is not None:
            self.take(key, value, role)


def _role(trail: list[str | int], node: dict[str, Json], key: str) -> Role | None:
    if key in _JOIN_KEYS and ("joins" in trail or "joinConditions" in trail):
        return "join-key"
    if key in _MEASURES and node.get("kind") in _MEASURED:
        return "formula"
    if key == "condition" or key.endswith("Formula") or (node.get("type") == "formula-range" and key != "type"):
        return "formula"
    return None
