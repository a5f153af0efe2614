"""Reading a SQL statement: which tables it names, where, and which qualifiers hang on them.

The statement is parsed with sqlglot in the warehouse's dialect, but only positions in the original text are
taken from the tree. Controls (``{{control}}``) are masked with names of the same length while parsing.
A table behind a common table expression, an alias or an array of another table is no table of the warehouse.
Importing this file costs a tenth of a second; ``sql.py`` does it when the first statement arrives.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, TypeAlias

from sqlglot import exp, parse
from sqlglot.errors import SqlglotError

from migrate.rewrite.text.sql_names import SELF_REFERENCE, Name, Qualifier, Reading, TableName, fold, same

Tree: TypeAlias = Any
"""A node of sqlglot's; the base class has another name from release to release."""

_MASK = re.compile(r"\{\{.*?\}\}", re.DOTALL)
_QUERY = re.compile(r"(?:\s++|--[^\n]*+|/\*.*?\*/|[;(])*+(?:select|with|from|values)\b", re.DOTALL | re.IGNORECASE)
_PART = re.compile(r"\"(?:[^\"]|\"\")*\"|`[^`]*`|\[(?:[^\]]|\]\])*\]|[^\s.\"`\[\]]*")
_DOT = re.compile(r"(?:\s|--[^\n]*\n|/\*.*?\*/)*\.(?:\s|--[^\n]*\n|/\*.*?\*/)*", re.DOTALL)


@lru_cache(maxsize=2048)
def read_sql(statement: str, dialect: str) -> Reading:
    """The tables of a statement in the order of their places. ``dialect`` is one of sqlglot's.

    Nothing is raised: where the statement is no query or cannot be parsed, ``unparsed`` says why.
    """
    masked = mask(statement)
    if not _QUERY.match(masked):
        return Reading(unparsed="the statement is no query")
    try:
        trees = [tree for tree in parse(masked, dialect=dialect) if tree is not None]
        if any(tree.find(exp.Command) for tree in trees):
            return Reading(unparsed="the statement is no query")
        return _Reader(statement, dialect).read(trees)
    except SqlglotError as error:
        return Reading(unparsed=_reason(error))
    except RecursionError:
        return Reading(unparsed="the statement is nested too deeply")


def mask(statement: str) -> str:
    """The statement with each ``{{control}}`` exchanged for a name of the same length."""
    if "{{" not in statement:
        return statement
    return _MASK.sub(lambda match: "z" + "_" * (len(match[0]) - 1), statement)


def _reason(error: Exception) -> str:
    """The first line of a parser's message without terminal colours or the statement's own text."""
    details: list[dict[str, Any]] = getattr(error, "errors", None) or []
    if details:
        first = details[0]
        return f"line {first.get('line')}, column {first.get('col')}: the parser does not understand this place"
    return "the statement cannot be split into tokens"


def _start(table: exp.Table) -> int:
    """Where a table's first name stands, or -1 for what is no name."""
    place = table.parts[0].meta.get("start", -1)
    return place if isinstance(place, int) else -1


def _shown(node: Any) -> str:
    """A part of a statement for people, shortened."""
    return " ".join(str(node).split())[:80]


class _Reader:
    """One walk over the trees of one statement."""

    def __init__(self, statement: str, dialect: str) -> None:
        self.statement = statement
        self.dialect = dialect
        self.scopes: dict[int, int] = {}
        self.taken: list[set[str]] = []
        self.tables: list[TableName] = []
        self.bare: dict[int, list[int]] = {}
        self.found: list[Qualifier] = []
        self.notes: list[str] = []

    def read(self, trees: list[Tree]) -> Reading:
        expressions = frozenset(
            same(self.folded(cte.args["alias"].this), self.dialect) for tree in trees for cte in tree.find_all(exp.CTE)
        )
        for tree in trees:
            self.aliases(tree)
        for table in sorted((t for tree in trees for t in tree.find_all(exp.Table)), key=_start):
            self.table(table)
        for tree in trees:
            self.qualifiers(tree)
            self.unnamed(tree)
        return Reading(
            tables=tuple(self.tables),
            qualifiers=tuple(self.found),
            taken=tuple(frozenset(names) for names in self.taken),
            expressions=expressions,
            notes=tuple(self.notes),
        )

    def folded(self, identifier: Tree) -> str:
        name = identifier.name
        return name if identifier.args.get("quoted") else fold(name, self.dialect)

    def scope(self, node: Tree) -> int:
        """The number of the query a node stands in."""
        select = node.find_ancestor(exp.Select)
        number = self.scopes.setdefault(id(select), len(self.scopes))
        while len(self.taken) <= number:
            self.taken.append(set())
        return number

    def aliases(self, tree: Tree) -> None:
        for alias in tree.find_all(exp.TableAlias):
            if not isinstance(alias.parent, exp.CTE) and alias.parent is not None:
                names = [alias.this] if alias.this is not None else []
                names += alias.args.get("columns") or [] if isinstance(alias.parent, exp.Unnest) else []
                scope = self.scope(alias.parent)
                self.taken[scope] |= {same(self.folded(name), self.dialect) for name in names}

    def table(self, table: exp.Table) -> None:
        parts = table.parts
        if not all(isinstance(part, exp.Identifier) for part in (parts[0], parts[-1])):
            # IDENTIFIER('…'), a stage, a function of tables.
            self.notes.append(f"{_shown(table.this)} is not a plain table name and is not rewritten")
            return
        placed = _start(table) >= 0 and "end" in parts[-1].meta
        names = self.written(_start(table), parts[-1].meta["end"] + 1, [p.name for p in parts]) if placed else None
        if names is None:
            self.notes.append(f"{_shown(table)} could not be placed in the text and is not rewritten")
            return
        scope = self.scope(table)
        first = same(names[0].text, self.dialect)
        if len(names) == 1 and self.hidden(table, first):
            self.taken[scope].add(first)
        elif len(names) == 1 or not self.is_array(names, first, scope):
            # The parser gives some tables an alias of its own making, which has no place in the text.
            bare = not table.alias or "start" not in table.args["alias"].this.meta
            if bare:
                self.bare.setdefault(scope, []).append(len(self.tables))
            self.tables.append(TableName(names, (names[0].span[0], names[-1].span[1]), scope, bare))

    def is_array(self, names: tuple[Name, ...], first: str, scope: int) -> bool:
        """Whether BigQuery reads this as a column of another source of the same query."""
        if self.dialect != "bigquery":
            return False
        for index in self.bare.get(scope, ()):
            if self.tables[index].names[-1].text == first:
                self.found.append(Qualifier(index, names[:1]))
                return True
        return first in self.taken[scope]

    def hidden(self, table: exp.Table, name: str) -> bool:
        """Whether a common table expression stands behind this unqualified name."""
        below: Tree = table
        node = table.parent
        while node is not None:
            clause = node.args.get("with_") or node.args.get("with")
            if isinstance(clause, exp.With) and clause is not below:
                visible = clause.expressions
            elif isinstance(node, exp.With):
                own = next(index for index, cte in enumerate(node.expressions) if cte is below)
                itself = bool(node.args.get("recursive")) or self.dialect in SELF_REFERENCE
                visible = node.expressions[: own + itself]
            else:
                visible = []
            if any(same(self.folded(cte.args["alias"].this), self.dialect) == name for cte in visible):
                return True
            below, node = node, node.parent
        return False

    def written(self, start: int, end: int, names: list[str]) -> tuple[Name, ...] | None:
        """The parts of a name as they stand in the statement, or None where text and tree disagree."""
        first = names[0]
        if "-" in first and not self.statement.startswith(("`", '"', "["), start):
            # The tree places `my-project` at its last piece only.
            start -= first.rfind("-") + 1
        found: list[Name] = []
        place = start
        while start >= 0:
            match = _PART.match(self.statement, place, end)
            if match is None:
                return None
            found += self.parts(match)
            dot = _DOT.match(self.statement, match.end(), end)
            if dot is None:
                break
            place = dot.end()
        plain = [name.text if name.quote else self.statement[slice(*name.span)] for name in found]
        masked = mask(".".join(plain)) if "{{" in self.statement else ".".join(plain)
        if masked.casefold() != ".".join(names).casefold():
            return None
        return tuple(found)

    def parts(self, match: re.Match[str]) -> Iterator[Name]:
        text = match[0]
        quote = text[:1] if text[:1] in ("`", '"', "[") else ""
        if not quote:
            yield Name(fold(text, self.dialect), match.span(), "")
            return
        close = "]" if quote == "[" else quote
        inner = text[1:-1].replace(close * 2, close)
        # BigQuery may quote a whole path at once; its names cannot hold a dot.
        for piece in inner.split(".") if quote == "`" and self.dialect == "bigquery" else [inner]:
            yield Name(piece, match.span(), quote)

    def unnamed(self, tree: Tree) -> None:
        """Note what reads or calls something by a name that is no table of the statement."""
        for rows in tree.find_all(exp.TableFromRows):
            if isinstance(rows.this, exp.Literal):
                self.notes.append(f"table {_shown(rows.this)} is named by a text and is not rewritten")
        for dot in tree.find_all(exp.Dot):
            if isinstance(dot.expression, exp.Func) and isinstance(dot.this, (exp.Identifier, exp.Dot)):
                self.notes.append(f"function {_shown(dot.this)}.{dot.expression.name} is not rewritten")

    def qualifiers(self, tree: Tree) -> None:
        for column in tree.find_all(exp.Column):
            parts = column.parts[:-1]
            if parts and "start" in parts[0].meta and "end" in parts[-1].meta:
                names = self.written(parts[0].meta["start"], parts[-1].meta["end"] + 1, [part.name for part in parts])
                found = self.owner(column, names) if names else None
                if found is not None:
                    self.found.append(found)

    def owner(self, column: exp.Column, names: tuple[Name, ...]) -> Qualifier | None:
        """The unaliased table that qualifies a column, looked for from the inside out."""
        wanted = [same(name.text, self.dialect) for name in names]
        select = column.find_ancestor(exp.Select)
        while select is not None:
            scope = self.scopes.get(id(select), -1)
            for index in self.bare.get(scope, ()):
                have = [same(text, self.dialect) for text in self.tables[index].path]
                for count in range(min(len(wanted), len(have)), 0, -1):
                    if wanted[:count] == have[-count:]:
                        return Qualifier(index, names[:count])
            if scope >= 0 and wanted[0] in self.taken[scope]:
                return None
            select = select.find_ancestor(exp.Select)
        return None
