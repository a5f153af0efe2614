"""Which references must change when tables, or the parts of a mapped data model, are called otherwise.

A renamed table takes names with it that nobody wrote: the prefix of its columns, the automatic names of elements and
of unnamed join legs, automatic relationship names, and automatic column names such as ``Price (D_PRODUCT)``. Each is
followed from element to element, and only references that mean the renamed thing are touched. All names are read
from the original document, so two tables can exchange their names.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType

import orjson

from migrate.bundle.document import Document, document_of
from migrate.rewrite.names.conflicts import Report, report_clashes
from migrate.rewrite.names.formulas import FormulaSite, formulas, sites
from migrate.rewrite.names.map import (
    EMPTY,
    FRIENDLY,
    KEPT,
    ElementNames,
    NameChanges,
    TableRename,
    Unfriendly,
    as_called,
    behind,
    last,
    moving,
)
from migrate.rewrite.names.scope import Naming, Part, columns, given_name, plain
from migrate.rewrite.names.warehouse import friendly
from migrate.rewrite.text.formula import Bracket, Span, brackets, escape_segment, splice
from migrate.tree import Json, Path

__all__ = ["ElementNames", "NameChanges", "TableRename", "prefix_edits", "prefix_spans", "renames_of"]


def prefix_edits(
    body: Json,
    rename: TableRename,
    names: ElementNames = MappingProxyType({}),
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
    found = prefix_spans(body, rename, names, models=models, report=report)
    return {site.path: splice(site.text, edits) for site, edits in found}


def prefix_spans(
    body: Json,
    rename: TableRename,
    names: ElementNames = MappingProxyType({}),
    *,
    models: Mapping[str, Json] = MappingProxyType({}),
    report: Report | None = None,
    document: Document | None = None,
    unfriendly: Unfriendly = FRIENDLY,
) -> list[tuple[FormulaSite, dict[Span, str]]]:
    """The same as ``prefix_edits`` as exchanges: each string with the span of each changed segment -> its new text.

    ``document`` is the body taken apart, where that was done already. ``unfriendly`` is what loses its friendly
    names; those who read an element still see its columns under the same names.
    """
    document = document_of(body) if document is None else document
    if not unfriendly and not moving(document, rename, names):
        return []
    follow = _Follow(document, rename, names, models, raw=orjson.dumps(body), unfriendly=unfriendly)
    if report is not None:
        report_clashes(follow, report)
    found = sites(body, follow.touches, follow.untouched())
    return [(site, edits) for site in found if (edits := follow.edits(site))]


def renames_of(
    body: Json,
    rename: TableRename,
    names: ElementNames = MappingProxyType({}),
    *,
    models: Mapping[str, Json] = MappingProxyType({}),
) -> dict[str, NameChanges]:
    """How the names of a data model's elements change with its tables, by element id; unchanged ones are left out.

    Feed the result to ``prefix_edits`` of the documents that read the model.
    """
    document = document_of(body)
    if not moving(document, rename, names):
        return {}
    follow = _Follow(document, rename, names, models)
    found = ((element, follow.of(element)) for element in follow.naming.elements)
    return {element: renames for element, renames in found if renames}


_READ = ("\\", '"', "//", "/*")
"""What makes a bracket of a formula more, or less, than the next closing one tells: escapes, texts and comments."""


class _Follow:
    """The renames of one document, followed from its sources through its elements.

    With ``raw``, the document's bytes, only column names that the document itself uses are followed.
    """

    def __init__(
        self,
        document: Document,
        rename: TableRename,
        names: ElementNames,
        models: Mapping[str, Json],
        *,
        raw: bytes | None = None,
        unfriendly: Unfriendly = FRIENDLY,
    ) -> None:
        self.raw = raw
        self.unfriendly = unfriendly
        self.naming = Naming(document.body, models, document=document)
        self.rename = rename
        self.names = names
        self._tables: dict[tuple[str, ...], str | None] = {}
        self._of: dict[str, NameChanges] = {}
        self._basic: dict[str, NameChanges] = {}
        self._called: dict[str, tuple[str, str] | None] = {}
        self._sources: dict[str, dict[str, NameChanges]] = {}
        self._moved: dict[str, NameChanges] | None = None
        self._sole: dict[str, tuple[str, str | None] | None] = {}

    def _table(self, part: Part) -> str | None:
        """The new last segment of a table's path, or None where it stays."""
        if part.points_to not in self._tables:
            connection, *path = part.points_to
            new = self.rename(connection, tuple(path))
            self._tables[part.points_to] = new[-1] if new and new[-1] != path[-1] else None
        return self._tables[part.points_to]

    def part(self, part: Part) -> NameChanges:
        """How the names of one source change: what it is called, and what stands in it."""
        if part.kind == "table":
            new, columns = (
                self._table(part),
                self.unfriendly.columns.get((part.points_to[0], part.points_to[1:]), EMPTY),
            )
            called = (part.name, new) if new is not None and part.name is not None else None
            return NameChanges(element=called, columns=columns) if called or columns else KEPT
        if part.kind == "element":
            return self.of(part.points_to[0])
        if part.kind == "model_element":
            return self.names.get(_pair(part), KEPT)
        return KEPT

    def part_name(self, part: Part) -> str | None:
        """What a source is called in the target."""
        new = self.called(part.points_to[0]) if part.kind == "element" else self.part(part).element
        return new[1] if new and not part.given else part.name

    def element_name(self, element: str) -> str | None:
        """What an element is called in the target."""
        new = self.called(element)
        return new[1] if new else self.naming.name(element)

    def sources(self, element: str) -> dict[str, NameChanges]:
        """The renames of each source of an element, by the name its formulas use today."""
        if element not in self._sources:
            found: dict[str, NameChanges] = {}
            for part in self.naming.parts(element) if element in self.naming.elements else ():
                renames = self.part(part)
                name = part.name if part.given or renames.element is None else renames.element[0]
                if name is not None:
                    found.setdefault(name, as_called(renames, given=part.given))
                other = self._friendly(part)
                if other is not None and other != self.naming.name(element):
                    called = renames.element[1] if renames.element else str(part.name)
                    found.setdefault(other, replace(renames, element=(other, called)))
            self._sources[element] = found
        return self._sources[element]

    def of(self, element: str) -> NameChanges:
        """How an element's own names change for those who read it, with columns seen through its relationships."""
        if element not in self._of:
            basic = self.basic(element)
            self._of[element] = basic  # a relationship may lead to an element that reads this one
            longer: dict[str, str] = {}
            for relationship in self.naming.relationships(element) if element in self.naming.elements else ():
                name = relationship.name or ""
                called = basic.relationships.get(name, name)
                for old, new in self.basic(relationship.target).columns.items():
                    longer.setdefault(f"{old} ({name})", f"{new} ({called})")
            if longer:
                self._of[element] = replace(basic, columns={**longer, **basic.columns})
        return self._of[element]

    def basic(self, element: str) -> NameChanges:
        """The same without columns behind relationships."""
        if element not in self._basic:
            self._basic[element] = KEPT  # should sources run in a circle all the same
            if element in self.naming.elements:
                self._basic[element] = self._compute(element)
        return self._basic[element]

    def called(self, element: str) -> tuple[str, str] | None:
        """The old and the new automatic name of an element, or None where its name stays."""
        if element not in self._called:
            self._called[element] = None
            raw = self.naming.elements.get(element)
            parts = self.naming.parts(element) if raw is not None and not given_name(raw) else ()
            if parts and not parts[0].given:
                part = parts[0]
                self._called[element] = (
                    self.called(part.points_to[0]) if part.kind == "element" else self.part(part).element
                )
        return self._called[element]

    def _compute(self, element: str) -> NameChanges:
        parts = self.naming.parts(element)
        moved = self.part(parts[0]) if len(parts) == 1 else KEPT
        relationships: dict[str, str] = {}
        for relationship in self.naming.relationships(element):
            if relationship.name is None or relationship.given:
                continue
            new = self.element_name(relationship.target) or relationship.name
            for name in (relationship.name, *self._aliases(relationship.target)):
                if name != new:
                    relationships[name] = new
        return NameChanges(
            element=self.called(element),
            columns=self._columns(element),
            metrics=moved.metrics,
            relationships={**moved.relationships, **relationships} if relationships else moved.relationships,
        )

    def _columns(self, element: str) -> Mapping[str, str]:
        """Automatic column names that change, with the longer forms they take where two columns share one.

        Columns of a table keep the names that readers see, however formulas must name them there.
        """
        tables = {part.name for part in self.naming.parts(element) if part.kind == "table"}
        sources = {
            name: replace(renames, columns=EMPTY) if name in tables else renames
            for name, renames in self.sources(element).items()
        }
        if not any(self._reaches_columns(renames) for renames in sources.values()):
            return EMPTY
        given: set[str | None] = set()
        taken: dict[str, str] = {}
        for column in columns(self.naming.elements[element]):
            name = given_name(column)
            segments = None if name else plain(column.get("formula"))
            given.add(name)
            if segments is not None and len(segments) > 1 and segments[0] in sources:
                new = self.segments(element, segments, sources)
                taken.setdefault(segments[-1], new[-1])
                taken.setdefault(f"{segments[-1]} ({segments[-2]})", f"{new[-1]} ({new[-2]})")
        return {old: new for old, new in taken.items() if old != new and old not in given}

    def _reaches_columns(self, renames: NameChanges) -> bool:
        """Whether what changes about a source can change an automatic column name that anybody uses."""
        if renames.columns or not renames:
            return bool(renames.columns)
        suffixes = [*renames.relationships, *([renames.element[0]] if renames.element else ())]
        return any(self._mentioned(name) for name in suffixes)

    def _mentioned(self, name: str) -> bool:
        """Whether ``… (Name)`` occurs in the document; True where that is not easily seen."""
        if self.raw is None or escape_segment(name) != name:
            return True
        return orjson.dumps(f"({name})")[1:-1] in self.raw

    def untouched(self) -> frozenset[str]:
        """Elements in which nothing can change: their one source stays, and no element changes its name."""
        if self._moved is None:
            self._moved = self._by_name()
        if self._moved:
            return frozenset()
        return frozenset(
            element
            for element in self.naming.elements
            if (sole := self.sole(element)) is not None and sole[1] is None and not self.of(element)
        )

    def segments(self, element: str, segments: tuple[str, ...], sources: Mapping[str, NameChanges]) -> tuple[str, ...]:
        """The segments of a reference as they must read in the target; ``sources`` are those of the element."""
        if len(segments) == 1:
            return (self._bare(element, segments[0]),)
        first = segments[0]
        if first == "Metrics" and first not in sources:
            moved = next((renames.metrics for renames in sources.values() if renames.metrics), EMPTY)
            return (first, *(moved.get(segment, segment) for segment in segments[1:]))
        renames = sources[first] if first in sources else self._elsewhere(element, first)
        if not renames:
            return segments
        called = renames.element[1] if renames.element else first
        if len(segments) == 2:
            return (called, last(segments[1], renames))
        return (called, *behind(segments[1:], renames))

    def _bare(self, element: str, name: str) -> str:
        """A name without a prefix: the element's own column, or else one of the table that it reads."""
        new = last(name, self.of(element))
        if new != name or not self.unfriendly or name in self.naming.own_names(element):
            return new
        parts = self.naming.parts(element) if element in self.naming.elements else ()
        return self.part(parts[0]).columns.get(name, name) if len(parts) == 1 and parts[0].kind == "table" else name

    def _aliases(self, element: str) -> tuple[str, ...]:
        """The friendly form of an element's automatic name, where it has one in the source and none in the target."""
        if not self.unfriendly or element not in self.naming.elements:
            return ()
        other = self._friendly(Part(self.naming.name(element), "element", (element,)))
        return (other,) if other is not None and not self.naming.called(other) else ()

    def _friendly(self, part: Part) -> str | None:
        """What a source is called after its table with friendly names on, where the target has none."""
        if not self.unfriendly or part.given or part.name is None or part.kind == "table":
            return None  # columns of a table itself are qualified with its raw name on both sides
        table = self.naming.table_behind(part)
        other = friendly(part.name)
        return other if table in self.unfriendly.connections and other != part.name else None

    def _elsewhere(self, element: str, name: str) -> NameChanges:
        """A first segment that is no source: the element itself, its relationship, or another element."""
        if element in self.naming.elements:
            own = self.of(element)
            if name == self.naming.name(element):
                return own
            if name in self._aliases(element):
                return replace(own, element=(name, self.element_name(element) or name))
            for relationship in self.naming.relationships(element):
                if relationship.name == name:
                    target = self.of(relationship.target)
                    return as_called(target, given=relationship.given)
                if not relationship.given and name in self._aliases(relationship.target):
                    called = self.element_name(relationship.target) or name
                    return replace(self.of(relationship.target), element=(name, called))
        if self._moved is None:
            self._moved = self._by_name()
        return self._moved.get(name, KEPT)

    def _by_name(self) -> dict[str, NameChanges]:
        """The renames of all elements by their name; a shared name only where all of its owners move alike."""
        found: dict[str, list[NameChanges]] = {}
        for element in self.naming.elements:
            name = self.naming.name(element)
            if name is not None:
                found.setdefault(name, []).append(self.of(element))
            for other in self._aliases(element):
                called = self.element_name(element) or other
                found.setdefault(other, []).append(replace(self.of(element), element=(other, called)))
        return {name: each[0] for name, each in found.items() if each[0] and all(one == each[0] for one in each)}

    def touches(self, text: str, element: str) -> bool:
        """Whether anything in a formula of this element may have to change; quick, and never wrongly False."""
        if "[" not in text:
            return False
        sole = self.sole(element)
        return sole is None or sole[1] is not None or text.count(sole[0]) != text.count("[")

    def sole(self, element: str) -> tuple[str, str | None] | None:
        """How references of an element's one source begin, and how the source is written in future (None: as it is).

        None where more can change than these beginnings: columns, or names of several sources.
        """
        if element not in self._sole:
            sources = self.sources(element)
            name, renames = next(iter(sources.items()), ("", KEPT))
            simple = len(sources) == 1 and not (renames.columns or renames.metrics or renames.relationships)
            after = escape_segment(renames.element[1]) if renames.element else None
            self._sole[element] = (f"[{escape_segment(name)}/", after) if simple else None
        return self._sole[element]

    def edits(self, site: FormulaSite) -> dict[Span, str]:
        """The exchanges in one formula-bearing string."""
        beginning, new = self.sole(site.element) or ("", None)
        if new is not None and site.role == "formula":
            starts = _starts(site.text, beginning)
            if starts is not None:
                return {(start + 1, start + len(beginning) - 1): new for start in starts}
        return {
            (start + offset, end + offset): escape_segment(after)
            for offset, formula in formulas(site)
            for bracket in brackets(formula)
            for (start, end), old, after in self._changed(site, bracket)
            if after != old
        }

    def _changed(self, site: FormulaSite, bracket: Bracket) -> Iterator[tuple[Span, str, str]]:
        new = self._join_key(site, bracket)
        if new is None:
            new = self.segments(site.element, bracket.segments, self.sources(site.element))
        return zip(bracket.segment_spans, bracket.segments, new, strict=True)

    def _join_key(self, site: FormulaSite, bracket: Bracket) -> tuple[str, ...] | None:
        """A bare name in a join condition: a column of that side, not of the element."""
        if site.role != "join-key" or len(bracket.segments) != 1:
            return None
        side = self.naming.join_side(site.element, site.path)
        return (last(bracket.segments[0], self.part(side)),) if side is not None else None


def _starts(text: str, beginning: str) -> list[int] | None:
    """Where the references of a formula start, if all begin so, as nearly always; None where it has to be read."""
    if any(mark in text for mark in _READ):
        return None
    found, place = [], text.find("[")
    while place >= 0:
        end = text.find("]", place)
        if end < 0 or not text.startswith(beginning, place):
            return None
        found.append(place)
        place = text.find("[", end)
    return found


def _pair(part: Part) -> tuple[str, str]:
    return (part.points_to[0], part.points_to[1]) if part.kind == "model_element" else ("", "")
