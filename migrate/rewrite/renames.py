"""Which references must change when tables, or the parts of a mapped data model, are called otherwise.

A renamed table takes names with it that nobody wrote: the prefix of its columns, the automatic names of elements and
of unnamed join legs, automatic relationship names, and automatic column names such as ``Price (D_PRODUCT)``. Each is
followed from element to element, and only references that mean the renamed thing are touched. All names are read
from the original document, so two tables can exchange their names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from migrate.rewrite.clashes import Report, report_clashes
from migrate.rewrite.formula import Bracket, Span, brackets, escape_segment, splice
from migrate.rewrite.naming import Naming, Part, columns, given_name, plain
from migrate.rewrite.sites import Site, elements, formulas, sites
from migrate.tree import Json, Path

Rename = Callable[[str, tuple[str, ...]], tuple[str, ...] | None]
"""(connection id, table path) -> the table's new path, or None where it stays."""

_EMPTY: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Renames:
    """How the names of one element change, old -> new; what keeps its name is left out.

    ``element`` is (old, new). ``columns`` are column names as readers of the element see them.
    """

    element: tuple[str, str] | None = None
    columns: Mapping[str, str] = field(default_factory=lambda: _EMPTY)
    metrics: Mapping[str, str] = field(default_factory=lambda: _EMPTY)
    relationships: Mapping[str, str] = field(default_factory=lambda: _EMPTY)

    def __bool__(self) -> bool:
        return bool(self.element or self.columns or self.metrics or self.relationships)


_KEPT = Renames()
Names = Mapping[tuple[str, str], Renames]
"""(data model id, element id) -> how that element's names change."""


def prefix_edits(
    body: Json,
    rename: Rename,
    names: Names = MappingProxyType({}),
    *,
    models: Mapping[str, Json] = MappingProxyType({}),
    report: Report | None = None,
) -> dict[Path, str]:
    """The new strings for every formula-bearing string of the document that must change, by path.

    ``names`` says how the elements of data models that this document reads are called in the target
    (``renames_of`` for a copied model); ``models`` are source bodies of those models as far as they are known.
    ``report`` is called where a name cannot be followed: several things share it and only some of them move, or
    two things come to share it.
    """
    if not _moving(body, rename, names):
        return {}
    follow = _Follow(body, rename, names, models)
    if report is not None:
        report_clashes(follow, report)
    edits: dict[Path, str] = {}
    for site in sites(body, follow.touches):
        new = follow.text(site)
        if new != site.text:
            edits[site.path] = new
    return edits


def renames_of(
    body: Json,
    rename: Rename,
    names: Names = MappingProxyType({}),
    *,
    models: Mapping[str, Json] = MappingProxyType({}),
) -> dict[str, Renames]:
    """How the names of a data model's elements change with its tables, by element id; unchanged ones are left out.

    Feed the result to ``prefix_edits`` of the documents that read the model.
    """
    if not _moving(body, rename, names):
        return {}
    follow = _Follow(body, rename, names, models)
    found = ((element, follow.of(element)) for element in follow.naming.elements)
    return {element: renames for element, renames in found if renames}


def _moving(body: Json, rename: Rename, names: Names) -> bool:
    """Whether any source of a document is called otherwise at all; mostly none is."""
    open_sources = [element.get("source") for _, element in elements(body)]
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


class _Follow:
    """The renames of one document, followed from its sources through its elements."""

    def __init__(self, body: Json, rename: Rename, names: Names, models: Mapping[str, Json]) -> None:
        self.naming = Naming(body, {identity: Naming(model) for identity, model in models.items()})
        self.rename = rename
        self.names = names
        self._tables: dict[tuple[str, ...], str | None] = {}
        self._of: dict[str, Renames] = {}
        self._sources: dict[str, dict[str, Renames]] = {}
        self._moved: dict[str, Renames] | None = None
        self._sole: dict[str, tuple[str, str | None] | None] = {}

    def _table(self, part: Part) -> str | None:
        """The new last segment of a table's path, or None where it stays."""
        if part.points_to not in self._tables:
            connection, *path = part.points_to
            new = self.rename(connection, tuple(path))
            self._tables[part.points_to] = new[-1] if new and new[-1] != path[-1] else None
        return self._tables[part.points_to]

    def part(self, part: Part) -> Renames:
        """How the names of one source change: what it is called, and what stands in it."""
        if part.kind == "table":
            new = self._table(part)
            return Renames(element=(part.name, new)) if new is not None and part.name is not None else _KEPT
        if part.kind == "element":
            return self.of(part.points_to[0])
        if part.kind == "model_element":
            return self.names.get(_pair(part), _KEPT)
        return _KEPT

    def part_name(self, part: Part) -> str | None:
        """What a source is called in the target."""
        new = self.part(part).element
        return new[1] if new and not part.given else part.name

    def element_name(self, element: str) -> str | None:
        """What an element is called in the target."""
        new = self.of(element).element
        return new[1] if new else self.naming.name(element)

    def sources(self, element: str) -> dict[str, Renames]:
        """The renames of each source of an element, by the name its formulas use today."""
        if element not in self._sources:
            found: dict[str, Renames] = {}
            for part in self.naming.parts(element):
                renames = self.part(part)
                name = part.name if part.given or renames.element is None else renames.element[0]
                if name is not None:
                    found.setdefault(name, _as_called(renames, given=part.given))
            self._sources[element] = found
        return self._sources[element]

    def of(self, element: str) -> Renames:
        """How an element's own names change for those who read it."""
        if element not in self._of:
            self._of[element] = _KEPT  # an element that reads itself changes nothing
            if element in self.naming.elements:
                self._of[element] = self._compute(element)
        return self._of[element]

    def _compute(self, element: str) -> Renames:
        raw, parts = self.naming.elements[element], self.naming.parts(element)
        moved = self.part(parts[0]) if parts and not parts[0].given else _KEPT
        automatic = not given_name(raw) and moved.element is not None
        own = self.naming.relationships(element)
        relationships = {
            relationship.name: target.element[1]
            for relationship in own
            if relationship.name is not None and not relationship.given
            if (target := self.of(relationship.target)).element is not None
        }
        return Renames(
            element=moved.element if automatic else None,
            columns=self._columns(element),
            metrics=moved.metrics if len(parts) == 1 else _EMPTY,
            relationships={**(moved.relationships if len(parts) == 1 else {}), **relationships},
        )

    def _columns(self, element: str) -> dict[str, str]:
        """Automatic column names that change, with the longer forms they take where two columns share one."""
        raw = self.naming.elements[element]
        given = {given_name(column) for column in columns(raw)}
        taken: dict[str, str] = {}
        for column in columns(raw):
            segments = plain(column.get("formula"))
            if segments is None or len(segments) < 2 or given_name(column):
                continue
            new = self.segments(element, segments)
            taken.setdefault(segments[-1], new[-1])
            taken.setdefault(f"{segments[-1]} ({segments[-2]})", f"{new[-1]} ({new[-2]})")
        for relationship in self.naming.relationships(element):
            target = self.of(relationship.target)
            name = relationship.name or ""
            called = target.element[1] if target.element and not relationship.given else name
            for old, new_name in target.columns.items():
                taken.setdefault(f"{old} ({name})", f"{new_name} ({called})")
        return {old: new for old, new in taken.items() if old != new and old not in given}

    def segments(self, element: str, segments: tuple[str, ...]) -> tuple[str, ...]:
        """The segments of a reference as they must read in the target."""
        if len(segments) == 1:
            own = self.of(element) if element in self.naming.elements else _KEPT
            return (_last(segments[0], own),)
        sources = self.sources(element) if element in self.naming.elements else {}
        first = segments[0]
        if first == "Metrics" and first not in sources:
            moved = next((renames.metrics for renames in sources.values() if renames.metrics), _EMPTY)
            return (first, *(moved.get(segment, segment) for segment in segments[1:]))
        renames = sources[first] if first in sources else self._elsewhere(element, first)
        if not renames:
            return segments
        called = renames.element[1] if renames.element else first
        if len(segments) == 2:
            return (called, _last(segments[1], renames))
        return (called, *_behind(segments[1:], renames))

    def _elsewhere(self, element: str, name: str) -> Renames:
        """A first segment that is no source: the element itself, its relationship, or another element."""
        if element in self.naming.elements:
            own = self.of(element)
            if name == self.naming.name(element):
                return own
            for relationship in self.naming.relationships(element):
                if relationship.name == name:
                    target = self.of(relationship.target)
                    return _as_called(target, given=relationship.given)
        if self._moved is None:
            self._moved = self._by_name()
        return self._moved.get(name, _KEPT)

    def _by_name(self) -> dict[str, Renames]:
        """The renames of all elements by their name; a shared name only where all of its owners move alike."""
        found: dict[str, list[Renames]] = {}
        for element in self.naming.elements:
            name = self.naming.name(element)
            if name is not None:
                found.setdefault(name, []).append(self.of(element))
        return {name: each[0] for name, each in found.items() if each[0] and all(one == each[0] for one in each)}

    def touches(self, text: str, element: str) -> bool:
        """Whether anything in a formula of this element may have to change; quick, and never wrongly False."""
        if "[" not in text:
            return False
        sole = self.sole(element)
        return sole is None or sole[1] is not None or text.count(sole[0]) != text.count("[")

    def sole(self, element: str) -> tuple[str, str | None] | None:
        """How references of an element's one source begin today and in future (None where they stay).

        None where more can change than these beginnings: columns, or names of several sources.
        """
        if element not in self._sole:
            sources = self.sources(element) if element in self.naming.elements else {}
            name, renames = next(iter(sources.items()), ("", _KEPT))
            simple = len(sources) == 1 and not (renames.columns or renames.metrics or renames.relationships)
            before, after = f"[{escape_segment(name)}/", renames.element[1] if renames.element else None
            self._sole[element] = (before, after and f"[{escape_segment(after)}/") if simple else None
        return self._sole[element]

    def text(self, site: Site) -> str:
        """A formula-bearing string as it must read in the target."""
        text, sole = site.text, self.sole(site.element)
        if sole is not None and sole[1] is not None and site.role == "formula" and _single(text, sole[0]):
            return sole[1] + text[len(sole[0]) :]
        return splice(text, dict(self.edits(site)))

    def edits(self, site: Site) -> Iterator[tuple[Span, str]]:
        """The exchanges in one formula-bearing string."""
        for offset, formula in formulas(site):
            for bracket in brackets(formula):
                new = self._join_key(site, bracket) or self.segments(site.element, bracket.segments)
                if new != bracket.segments:
                    for (start, end), old, after in zip(bracket.segment_spans, bracket.segments, new, strict=True):
                        if after != old:
                            yield (start + offset, end + offset), escape_segment(after)

    def _join_key(self, site: Site, bracket: Bracket) -> tuple[str, ...] | None:
        """A bare name in a join condition: a column of that side, not of the element."""
        if site.role != "join-key" or len(bracket.segments) != 1 or len(site.path) < 4:
            return None
        leg: Json = self.naming.elements[site.element]["source"]
        side = site.path[-1]
        for step in site.path[len(self.naming.paths[site.element]) + 1 : -3]:
            leg = leg[step]
        parts = tuple(self.naming.source_parts(leg.get(side))) if isinstance(leg, dict) else ()
        return (_last(bracket.segments[0], self.part(parts[0])),) if parts else None


def _single(text: str, beginning: str) -> bool:
    """Whether a formula is one reference of two segments that begins so: by far the most frequent kind."""
    if not text.startswith(beginning) or "\\" in text:
        return False
    return text.find("]") == len(text) - 1 and text.find("/", len(beginning)) < 0


def _pair(part: Part) -> tuple[str, str]:
    return (part.points_to[0], part.points_to[1]) if part.kind == "model_element" else ("", "")


def _as_called(renames: Renames, *, given: bool) -> Renames:
    """The renames of a thing under the name it has here; a given name stays."""
    if not given or renames.element is None:
        return renames
    return Renames(element=None, columns=renames.columns, metrics=renames.metrics, relationships=renames.relationships)


def _last(name: str, renames: Renames) -> str:
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


def _behind(segments: tuple[str, ...], renames: Renames) -> tuple[str, ...]:
    """``Relationship/Column`` after renaming."""
    relationship, *rest = segments
    new = renames.relationships.get(relationship, relationship)
    column = rest[-1]
    longer = _last(f"{column} ({relationship})", renames)
    ending = f" ({new})"
    if longer.endswith(ending):
        column = longer.removesuffix(ending)
    return (new, *rest[:-1], column)
