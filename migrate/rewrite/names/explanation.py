"""What every bracket reference of a document means, and the references that must change when names do.

``explain`` accounts for references, ``prefix_edits`` (from ``migrate.rewrite.names.propagation``) rewrites them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from migrate.bundle.document import objects
from migrate.rewrite.names.formulas import FormulaSite, formulas, sites
from migrate.rewrite.names.map import NameChanges
from migrate.rewrite.names.propagation import prefix_edits, prefix_spans, renames_of
from migrate.rewrite.names.scope import (
    Naming,
    Part,
    automatic_name,
    columns,
    given_name,
)
from migrate.rewrite.text.formula import Bracket, Span, brackets
from migrate.tree import Json, Path

__all__ = ["Explained", "Meaning", "NameChanges", "explain", "prefix_edits", "prefix_spans", "renames_of"]

Meaning = Literal[
    "table",
    "sql",
    "file",
    "element",
    "model_element",
    "join",
    "union",
    "transpose",
    "code_output",
    "leg_table",
    "leg_element",
    "leg_model",
    "leg_name",
    "self",
    "relationship",
    "metric",
    "other_element",
    "selection",
    "column",
    "control",
    "source_column",
    "broken_in_source",
    "unresolved",
]
"""What a reference is. The first nine: the element's one source, by the last segment of its table path, as SQL, as an
uploaded file, by the element's or model element's name …. ``leg_…``: a leg of its join, by its table, element, model
element, or the name the join gives it. ``other_element``: any other element of the document (as in ``Lookup``).
``source_column``: a column of a join's leg in a join condition, pointing to that leg.
``unresolved`` is proof of nothing for a reference of one segment (automatic names of function columns are not known),
but is an error for a qualified one."""

_LEGS: Mapping[str, Meaning] = {"table": "leg_table", "element": "leg_element", "model_element": "leg_model"}
_NONE: Mapping[str, Json] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """One bracket reference and what it means.

    ``span`` is where it stands in the string at ``path``; ``element`` the id of the element around it, or empty.
    ``points_to`` is (connection, *table path), (element,), (data model, element), (element, relationship),
    (element, column) or (element of the control,), as the meaning has it.
    """

    path: Path
    span: Span
    bracket: Bracket
    element: str
    meaning: Meaning
    points_to: tuple[str, ...] = ()

    @property
    def qualified(self) -> bool:
        """Whether it has more than one segment."""
        return len(self.bracket.segments) > 1


def explain(body: Json, models: Mapping[str, Json] = _NONE) -> tuple[Explained, ...]:
    """Every bracket reference of every formula-bearing string, in document order, with its meaning.

    ``models`` are the bodies of data models by id, as far as they are known; a reference to a model element
    is explained by the source of its reader even where the model's body is not known.
    """
    naming = Naming(body, models)
    scopes: dict[str, _Scope] = {}
    controls = {
        str(element["controlId"]): identity
        for identity, element in naming.elements.items()
        if isinstance(element.get("controlId"), str)
    }
    found: list[Explained] = []
    for site in sites(body):
        scope = scopes.get(site.element) or scopes.setdefault(site.element, _Scope(naming, site.element, controls))
        found += _of_site(site, scope)
    return tuple(found)


def _of_site(site: FormulaSite, scope: _Scope) -> Iterator[Explained]:
    for offset, formula in formulas(site):
        for bracket in brackets(formula):
            meaning, points_to = scope.meaning(bracket.segments, site)
            yield Explained(
                path=site.path,
                span=(bracket.span[0] + offset, bracket.span[1] + offset),
                bracket=bracket,
                element=site.element,
                meaning=meaning,
                points_to=points_to,
            )


Sense = tuple[Meaning, tuple[str, ...]]


class _Scope:
    """What names mean inside one element (or outside of all, for the empty id)."""

    def __init__(self, naming: Naming, element: str, controls: Mapping[str, str]) -> None:
        self.naming = naming
        self.element = element
        self.controls = controls
        known = element in naming.elements
        self.parts = naming.parts(element) if known else ()
        self.relationships = naming.relationships(element) if known else ()
        self.sources: dict[str, Part] = {}
        for part in self.parts:
            if part.name is not None:
                self.sources.setdefault(part.name, part)
        self.own = self._own_columns() if known else {}
        self.answers: dict[str, Sense] = {}

    def _own_columns(self) -> dict[str, str]:
        """Column names -> ids: given names before automatic ones, of those the first."""
        listed = columns(self.naming.elements[self.element])
        own: dict[str, str] = {}
        for name_of in (given_name, automatic_name):
            for column in listed:
                name = name_of(column) if name_of is given_name or not given_name(column) else None
                if name:
                    own.setdefault(name, str(column.get("id")))
        return own

    def meaning(self, segments: tuple[str, ...], site: FormulaSite) -> Sense:
        """What a reference of these segments means here."""
        if len(segments) == 1:
            return self._bare(segments[0], site)
        first = segments[0]
        if first not in self.answers:
            self.answers[first] = self._first(first)
        meaning, points_to = self.answers[first]
        if first == "Metrics":
            return meaning, (*points_to, segments[1])
        if len(segments) > 2:
            return self._through(segments, meaning, points_to)
        return meaning, points_to

    def _first(self, name: str) -> Sense:
        """What the first of several segments means."""
        if name == "Missing node":
            return "broken_in_source", ()
        part = self.sources.get(name)
        if part is not None:
            return _of_part(part)
        if name == "Metrics":
            return "metric", self.parts[0].points_to if self.parts else ()
        if name == "Selection":
            return "selection", (self.element,)
        if self.element and name == self.naming.name(self.element):
            return "self", (self.element,)
        for relationship in self.relationships:
            if relationship.given and relationship.name == name:
                return "relationship", (self.element, relationship.id)
        return self._elsewhere(name)

    def _elsewhere(self, name: str) -> Sense:
        """A name that is none of the element's own: another element, else a source whose own name is not known."""
        others = self.naming.called(name) or [name] * (name in self.naming.elements)
        if others:
            own = any(part.points_to == (others[0],) for part in self.parts)
            return ("element" if own else "other_element"), (others[0],)
        named = {part.points_to for part in self.parts if part.given}
        nameless = next((p for p in self.parts if p.name is None and p.points_to not in named), None)
        if nameless is None:
            # A model whose body is not known may be read through its relationships, too.
            unknown = (p for p in self.parts if p.kind == "model_element" and not p.leg and not self._known(p))
            nameless = next(unknown, None)
        return _of_part(nameless) if nameless else ("unresolved", ())

    def _known(self, part: Part) -> bool:
        model = self.naming.model(part.points_to[0])
        return model is not None and part.points_to[1] in model.elements

    def _through(self, segments: tuple[str, ...], meaning: Meaning, points_to: tuple[str, ...]) -> Sense:
        """A column behind a relationship of the element that the first segment names."""
        naming, target = self.naming, points_to[-1] if points_to else ""
        if meaning in ("model_element", "leg_model"):
            model = naming.model(points_to[0])
            if model is None:
                return meaning, points_to
            naming = model
        if target in naming.elements:
            for relationship in naming.relationships(target):
                if relationship.name == segments[1]:
                    return "relationship", (target, relationship.id)
        return "unresolved", ()

    def _bare(self, name: str, site: FormulaSite) -> Sense:
        if site.role == "join-key":
            side = self.naming.join_side(self.element, site.path)
            return "source_column", side.points_to if side is not None else ()
        if name in self.own:
            return "column", (self.element, self.own[name])
        if name in self.controls:
            return "control", (self.controls[name],)
        base, _, rest = name.rpartition(" (")
        if base and rest.endswith(")"):
            for relationship in self.relationships:
                if relationship.name == rest[:-1]:
                    return "relationship", (self.element, relationship.id)
            if rest[:-1] in self.sources or rest[:-1].isdigit():
                return ("column", (self.element, self.own[base])) if base in self.own else ("unresolved", ())
        for _at, metric in objects(self.naming.elements.get(self.element), "metrics"):
            if metric.get("name") == name:
                return "metric", (self.element, name)
        return "unresolved", ()


def _of_part(part: Part) -> Sense:
    if part.leg:
        return ("leg_name" if part.given else _LEGS.get(part.kind, part.kind)), part.points_to
    return part.kind, part.points_to
