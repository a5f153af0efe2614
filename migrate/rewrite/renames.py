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

from migrate.rewrite.formula import Bracket, Span, brackets, escape_segment, splice
from migrate.rewrite.naming import Naming, Part, columns, given_name, plain
from migrate.rewrite.sites import Site, formulas, sites
from migrate.tree import Json, Path

Rename = Callable[[str, tuple[str, ...]], tuple[str, ...] | None]
"""(connection id, table path) -> the table's new path, or None where it stays."""

Report = Callable[[Path, str], None]
"""(path of the element or formula, sentence): a name that cannot be followed without guessing."""

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
    follow = _Follow(body, rename, names, models)
    if not follow.moving():
        return {}
    if report is not None:
        follow.report_clashes(report)
    edits: dict[Path, str] = {}
    for site in sites(body):
        if "[" in site.text:
            new = splice(site.text, dict(follow.site(site)))
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
    follow = _Follow(body, rename, names, models)
    if not follow.moving():
        return {}
    found = ((element, follow.of(element)) for element in follow.naming.elements)
    return {element: renames for element, renames in found if renames}


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

    def moving(self) -> bool:
        """Whether any source of the document changes its name at all."""
        parts = [part for element in self.naming.elements for part in self.naming.parts(element)]
        return any(
            self._table(part) is not None if part.kind == "table" else bool(self.names.get(_pair(part)))
            for part in parts
        )

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

    def site(self, site: Site) -> Iterator[tuple[Span, str]]:
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

    def report_clashes(self, report: Report) -> None:
        """Tell of names that are shared before or after, and so cannot be followed."""
        for element in self.naming.elements:
            before: dict[str, set[str]] = {}
            after: dict[str, set[tuple[str, ...]]] = {}
            for part in self.naming.parts(element):
                new = self.part(part).element
                called = new[1] if new and not part.given else part.name
                if part.name is not None and called is not None:
                    before.setdefault(part.name, set()).add(called)
                    after.setdefault(called, set()).add(part.points_to)
            path = self.naming.paths[element]
            for name, news in before.items():
                if len(news) > 1:
                    report(path, f"several sources are called {name!r} and not all of them are renamed alike")
            for name, things in after.items():
                if len(things) > 1 and not (name in before and before[name] == {name}):
                    report(path, f"several sources of one element would be called {name!r}")
        self._report_elements(report)

    def _report_elements(self, report: Report) -> None:
        owners: dict[str, list[str]] = {}
        for element in self.naming.elements:
            new = self.of(element).element
            name = new[1] if new else self.naming.name(element)
            if name is not None:
                owners.setdefault(name, []).append(element)
        for name, found in owners.items():
            moved = [element for element in found if self.of(element).element]
            if moved and len(found) > 1 and len({self.naming.name(element) for element in found}) > 1:
                report(self.naming.paths[moved[0]], f"several elements would be called {name!r}")
        for element in self.naming.elements:
            old = self.naming.name(element)
            if old and len(self.naming.called(old)) > 1 and self.of(element).element and not self._alike(old):
                report(self.naming.paths[element], f"several elements are called {old!r} and not all are renamed alike")

    def _alike(self, name: str) -> bool:
        return len({self.of(element).element for element in self.naming.called(name)}) == 1


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
