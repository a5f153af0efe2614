"""The queries of a statement as scopes, and which table a column belongs to: looked for from the inside out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from migrate.rewrite.text.sql.chains import LONGEST, Chain
from migrate.rewrite.text.sql.clauses import ROWS, ROWS_OR_VALUES
from migrate.rewrite.text.sql.dialects import Dialect, same
from migrate.rewrite.text.sql.reading import Named, Qualifier, Row


class Scopes:
    """What each query of a statement reads and calls by which name, collected while walking and resolved after."""

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        self.parents: list[int] = []
        self.taken: list[set[str]] = []
        self.ends: list[dict[tuple[str, ...], list[int]]] = []
        self.tables: list[Named] = []
        self.expressions: set[str] = set()
        self.columns: list[tuple[int, Chain, int]] = []
        self.dropped: set[int] = set()
        self.calls: list[tuple[int, Chain]] = []
        self.words: list[tuple[int, Chain, str]] = []

    def add(self, parent: int) -> int:
        """A new query inside another, or inside none."""
        self.parents.append(parent)
        self.taken.append(set())
        self.ends.append({})
        return len(self.parents) - 1

    def table(self, named: Named) -> int:
        """Note a table; gives its number."""
        self.tables.append(named)
        number = len(self.tables) - 1
        for end in self._ends(named) if named.bare else ():
            self.ends[named.scope].setdefault(end, []).append(number)
        return number

    def _ends(self, named: Named) -> Iterator[tuple[str, ...]]:
        """The last names of a table, one or more of them."""
        path = tuple([same(name, self.dialect) for name in named.chain.path])
        return (path[start:] for start in range(max(0, len(path) - LONGEST), len(path)))

    def aliased(self, number: int) -> None:
        """Say that the table noted last goes by another name."""
        named = self.tables[number]
        for end in self._ends(named) if named.bare else ():
            numbers = self.ends[named.scope][end]
            numbers.pop() if numbers[-1] == number else numbers.remove(number)
        self.tables[number] = Named(named.chain, named.kind, named.scope, False)

    def take(self, scope: int, chain: Chain) -> None:
        """Note an alias, or a common table expression read by its name."""
        self.taken[scope].add(same(chain.path[-1], self.dialect))

    def array(self, scope: int, chain: Chain) -> bool:
        """Whether this is a column of another source, read as a table; then it is noted as one."""
        first = same(chain.path[0], self.dialect)
        for each in self.outward(scope):
            if self.ends[each].get((first,)):
                self.columns.append((scope, chain, 1))
                return True
            if first in self.taken[each]:
                return True
        return False

    def column(self, scope: int, chain: Chain, count: int) -> None:
        """Note a column; the first ``count`` parts qualify it."""
        self.columns.append((scope, chain, count))

    def call(self, scope: int, chain: Chain) -> None:
        """Note a function with a qualified name, or a method of a column."""
        self.calls.append((scope, chain))

    def word(self, scope: int, chain: Chain, call: str) -> None:
        """Note a name without qualifier, and the function it is given to."""
        self.words.append((scope, chain, call))

    def outward(self, scope: int) -> Iterator[int]:
        """A query and those it stands in."""
        while scope >= 0:
            yield scope
            scope = self.parents[scope]

    def owner(self, scope: int, chain: Chain, count: int) -> tuple[int, int] | None:
        """The unaliased table that qualifies a column, and by how many parts; -1 for an alias, None for nothing."""
        wanted = [same(part.shown, self.dialect) for part in chain.parts[: min(count, LONGEST)]]
        for each in self.outward(scope):
            for size in range(len(wanted), 0, -1):
                for number in self.ends[each].get(tuple(wanted[:size]), ()):
                    return number, size
            if wanted[0] in self.taken[each]:
                return -1, 0
        return None

    def drop_arrays(self) -> None:
        """Take columns of an outer query that were read as tables for columns; the outer tables came later."""
        for number, named in enumerate(self.tables):
            outer = self.parents[named.scope]
            if len(named.chain.parts) > 1 and outer >= 0 and self.array(outer, named.chain):
                self.aliased(number)
                self.dropped.add(number)

    # What came of it; ``order`` gives the position of each table in the order of their places

    def sorted_tables(self) -> tuple[tuple[Named, ...], Mapping[int, int]]:
        """The tables in the order of their places, and that position by number."""
        if self.dialect.arrays:
            self.drop_arrays()
        kept = (number for number in range(len(self.tables)) if number not in self.dropped)
        numbers = sorted(kept, key=lambda number: self.tables[number].chain.span)
        return tuple(self.tables[number] for number in numbers), {number: at for at, number in enumerate(numbers)}

    def qualifiers(self, order: Mapping[int, int]) -> tuple[tuple[Qualifier, ...], tuple[Chain, ...]]:
        """The qualifiers of columns that are tables' names, and the names that belong to nothing."""
        found, strays = [], []
        for scope, chain, count in self.columns:
            owner = self.owner(scope, chain, count)
            if owner is None:
                strays.append(chain)
            elif owner[0] >= 0:
                found.append(Qualifier(order[owner[0]], chain.first(owner[1])))
        return tuple(found), tuple(strays)

    def functions(self, order: Mapping[int, int]) -> tuple[list[Named], list[Qualifier]]:
        """The functions with a qualified name; what is called on a column is a method, whose table qualifies it."""
        found, methods = [], []
        for scope, chain in self.calls:
            owner = self.owner(scope, chain, len(chain.parts) - 1)
            if owner is None:
                found.append(Named(chain, "function"))
            elif owner[0] >= 0:
                methods.append(Qualifier(order[owner[0]], chain.first(owner[1])))
        return found, methods

    def rows(self, order: Mapping[int, int]) -> tuple[Row, ...]:
        """The names that may stand for the whole row of a table."""
        found = []
        for scope, chain, call in self.words:
            owner = self.owner(scope, chain, 1)
            if owner is not None and owner[0] >= 0:
                follows = call in ROWS_OR_VALUES
                found.append(Row(order[owner[0]], chain, follows, call in ROWS))
        return tuple(found)

    def all_taken(self) -> tuple[frozenset[str], ...]:
        """The aliases of each query."""
        return tuple(frozenset(names) for names in self.taken)
