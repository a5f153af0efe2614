"""Columns of warehouse tables whose connections differ in friendly names: named anew in formulas, kept before people.

Formulas over the table itself are written as the target names its columns. What Sigma would name by itself after such
a column gets the name it has in the source, so that nobody who reads the element notices. What cannot be named with
certainty refuses the document, at its place.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from migrate.bundle.document import Document, objects
from migrate.rewrite.drafting import Drafting
from migrate.rewrite.model import Change
from migrate.rewrite.names.explanation import Explained, explain
from migrate.rewrite.names.map import FRIENDLY, Unfriendly
from migrate.rewrite.names.scope import Naming, columns, given_name, plain
from migrate.rewrite.names.warehouse import TableKey, raw_name
from migrate.rewrite.text.formula import brackets
from migrate.tree import Json, Path

_OF_TABLE = frozenset({"table", "leg_table", "leg_name", "source_column"})
_FIX = "set friendly names alike on both connections in Sigma, or name the column in the source by another formula"


def column_names(drafting: Drafting, document: Document) -> Unfriendly:
    """What of a document loses its friendly names in the target; names that would change are kept by edits."""
    differing = {identity for identity, to in drafting.context.connections.items() if to.columns != "alike"}
    if not differing:
        return FRIENDLY
    work = _Work(
        drafting=drafting,
        naming=Naming(drafting.body, drafting.context.sources.bodies, document=document),
        differing=frozenset(differing),
    )
    for found in explain(drafting.body, drafting.context.sources.bodies):
        work.reference(found)
    for element in work.naming.elements:
        work.element(element)
    losing = (name for name in differing if drafting.context.connections[name].columns == "to_raw")
    return Unfriendly(connections=frozenset(losing), columns=work.names)


@dataclass(slots=True, kw_only=True)
class _Work:
    """One document: ``names`` are what its formulas call columns of each table, old -> new, where that changes."""

    drafting: Drafting
    naming: Naming
    differing: frozenset[str]
    names: dict[TableKey, dict[str, str]] = field(default_factory=dict)
    asked: dict[tuple[TableKey, str], str] = field(default_factory=dict)

    def reference(self, found: Explained) -> None:
        """A reference of a formula, where it names a column of such a table."""
        points_to, segments = found.points_to, found.bracket.segments
        if _transposed(self.naming.elements.get(found.element)):
            return  # its columns are made of the table's, and told as a whole
        if found.meaning in _OF_TABLE and points_to and points_to[0] in self.differing:
            if len(segments) == (1 if found.meaning == "source_column" else 2):
                self.settle((points_to[0], points_to[1:]), segments[-1], found.path)
        elif found.meaning == "unresolved" and not found.qualified:
            self.bare(found)

    def bare(self, found: Explained) -> None:
        """A name without prefix that is nothing of the element's own: a column of its one table, or a made-up name."""
        key, name = self.table(found.element), found.bracket.segments[0]
        if key is None:
            return
        raw, _ = raw_name(name, self.known(key))
        if raw is not None:
            self.settle(key, name, found.path)
            return
        for column in columns(self.naming.elements[found.element]):
            made_of = [one.segments[-1] for one in brackets(str(column.get("formula", "")))]
            if not given_name(column) and any(name.endswith(f" of {part}") for part in made_of):
                self.unsure(found.path, name, "Sigma makes that name of a column's, which is called otherwise there")
                return

    def settle(self, key: TableKey, name: str, path: Path) -> str:
        """What a formula must call a column in the target; the document is refused where that is not certain."""
        if self.drafting.context.connections[key[0]].columns == "to_friendly":
            return name  # raw names are taken, and exchanged by Sigma itself
        if (key, name) not in self.asked:
            known = self.known(key)
            unread = "the columns of its table could not be read in either catalog"
            raw, why = raw_name(name, known) if known else (None, unread)
            if raw is None:
                self.unsure(path, name, f"{'.'.join(key[1])}: {why}")
            elif raw != name:
                self.names.setdefault(key, {})[name] = raw
            self.asked[key, name] = raw or name
        return self.asked[key, name]

    def known(self, key: TableKey) -> tuple[str, ...]:
        """The raw names of a table's columns: from a catalog, else as far as ids of columns hold them."""
        found = self.drafting.context.columns.get(key)
        return found or tuple(dict.fromkeys(self._in_ids(key)))

    def _in_ids(self, key: TableKey) -> Iterator[str]:
        for element, node in self.naming.elements.items():
            if self.table(element) == key:
                for column in columns(node):
                    before, _, raw = str(column.get("id", "")).partition("/")
                    if raw and before.startswith("inode-"):
                        yield raw

    def table(self, element: str) -> TableKey | None:
        """The one table that an element reads, where its connections differ."""
        parts = self.naming.parts(element) if element in self.naming.elements else ()
        points_to = parts[0].points_to if len(parts) == 1 and parts[0].kind == "table" else ("",)
        return (points_to[0], points_to[1:]) if points_to[0] in self.differing else None

    def element(self, element: str) -> None:
        """One element: its automatic column names are kept, columns named outside of formulas are named anew."""
        node, path = self.naming.elements[element], self.naming.paths[element]
        tables = {
            part.name
            for part in self.naming.parts(element)
            if part.kind == "table" and part.points_to[0] in self.differing
        }
        if tables and not _transposed(node):
            self._keep(node, path, tables)
        self._outside(node.get("source"), (*path, "source"))

    def _keep(self, node: Json, path: Path, tables: set[str | None]) -> None:
        """Give columns the names that Sigma gives them in the source."""
        listed = [(at, column, self._automatic(column, tables)) for at, column in objects(node, "columns")]
        shared = Counter(name for _at, _column, name in listed if name)
        if kept := sum(count == 1 for count in shared.values()):
            after = f"{kept} names are kept as people see them"
            self.drafting.changes.append(Change(code="column_names", path=path, before="", after=after))
        for at, _column, name in listed:
            if name and shared[name] == 1:
                self.drafting.edits.add((*path, "columns", at, "name"), name)
            elif name:
                why = f"{shared[name]} columns of the element are named so by Sigma itself"
                self.unsure((*path, "columns", at), name, why)

    def _automatic(self, column: Json, tables: set[str | None]) -> str:
        """The name that Sigma gives a column after one of these tables' columns; empty where it has another."""
        segments = plain(column.get("formula"))
        if given_name(column) or not segments or len(segments) > 2:
            return ""
        return segments[-1] if len(segments) == 1 or segments[0] in tables else ""

    def _outside(self, source: Json, path: Path) -> None:
        """Columns that a union or a transposition names."""
        kind = source.get("kind") if isinstance(source, dict) else None
        if kind == "transpose" and self._key(source.get("source")) is not None:
            self.unsure(path, "a transposition", "it makes names and values of the names of columns")
        if kind != "union":
            return
        for place, leg in objects(source, "sources"):
            key = self._key(leg)
            if key is None:
                continue
            for at, match in objects(source, "matches"):
                self._matched(key, match, place, (*path, "matches", at, "sourceColumns", place))

    def _matched(self, key: TableKey, match: Mapping[str, Json], place: int, path: Path) -> None:
        named = match.get("sourceColumns")
        name = named[place] if isinstance(named, list) and place < len(named) else None
        if isinstance(name, str) and not name.startswith("inode-"):
            new = self.settle(key, name, path)
            if new != name:
                self.drafting.edits.set(path, new)

    def _key(self, source: Json) -> TableKey | None:
        parts = tuple(self.naming.source_parts(source))
        found = parts[0].points_to if len(parts) == 1 and parts[0].kind == "table" else ("",)
        return (found[0], found[1:]) if found[0] in self.differing else None

    def unsure(self, path: Path, name: str, why: str) -> None:
        """A name that nobody knows for certain in the target."""
        message = f"how formulas name {name!r} in the target is not certain: {why}"
        self.drafting.unsupported_at(path, "column_name_unsure", message, _FIX, name)


def _transposed(element: Json) -> bool:
    source = element.get("source") if isinstance(element, dict) else None
    return isinstance(source, dict) and source.get("kind") == "transpose"
