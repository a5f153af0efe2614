"""What a SQL statement names, as values, and how each warehouse reads a name. No parser is imported here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from migrate.rewrite.text.formula import Span

DIALECTS: Mapping[str, str] = MappingProxyType(
    {
        "snowflake": "snowflake",
        "bigquery": "bigquery",
        "databricks": "databricks",
        "redshift": "redshift",
        "postgres": "postgres",
        "postgresql": "postgres",
        "alloydb": "postgres",
        "mysql": "mysql",
        "mariadb": "mysql",
        "sqlserver": "tsql",
        "mssql": "tsql",
        "tsql": "tsql",
        "azuresql": "tsql",
        "azuresqldatabase": "tsql",
        "azuresqldatawarehouse": "tsql",
        "synapse": "tsql",
        "azuresynapse": "tsql",
        "fabric": "fabric",
        "microsoftfabric": "fabric",
        "starburst": "trino",
        "trino": "trino",
        "athena": "athena",
        "duckdb": "duckdb",
        "clickhouse": "clickhouse",
        "oracle": "oracle",
    }
)
"""Connection types of Sigma, in lower case without punctuation, and the dialect each speaks."""

_FOLDS = {"snowflake": str.upper, "oracle": str.upper, "postgres": str.lower, "redshift": str.lower}
"""How a warehouse reads a name without quotes, where that is not as written or without regard to case."""

_EXACT = frozenset({"snowflake", "oracle", "postgres", "redshift", "bigquery"})
"""Dialects in which two table names that differ in case are two tables (once folded)."""

SELF_REFERENCE = frozenset({"snowflake", "tsql", "fabric", "oracle"})
"""Dialects in which a common table expression may read itself without the word RECURSIVE."""


@dataclass(frozen=True, slots=True)
class Name:
    """One part of a qualified name: how the warehouse reads it, where it is written, and its quote (or none)."""

    text: str
    span: Span
    quote: str


@dataclass(frozen=True, slots=True)
class TableName:
    """One table of the warehouse in a statement.

    ``scope`` numbers the query it stands in; ``bare`` says that it has no alias, so that its own
    name is what columns are qualified with.
    """

    names: tuple[Name, ...]
    span: Span
    scope: int
    bare: bool

    @property
    def path(self) -> tuple[str, ...]:
        """The names as the warehouse reads them."""
        return tuple(name.text for name in self.names)


@dataclass(frozen=True, slots=True)
class Qualifier:
    """What stands before a column: the last names of an unaliased table (``table`` is its position)."""

    table: int
    names: tuple[Name, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """What a statement names. ``taken`` holds the aliases of each scope; ``unparsed`` is why nothing was read."""

    tables: tuple[TableName, ...] = ()
    qualifiers: tuple[Qualifier, ...] = ()
    taken: tuple[frozenset[str], ...] = ()
    expressions: frozenset[str] = frozenset()
    unparsed: str | None = None
    notes: tuple[str, ...] = ()


def dialect_of(connection_type: str) -> str | None:
    """The SQL dialect of a Sigma connection type such as ``bigQuery``; None where it is not known."""
    return DIALECTS.get(re.sub(r"[^a-z]", "", connection_type.lower()))


def fold(name: str, dialect: str) -> str:
    """An unquoted name as the warehouse reads it."""
    change = _FOLDS.get(dialect)
    return change(name) if change else name


def same(name: str, dialect: str) -> str:
    """A form in which two names are equal exactly when the warehouse takes them for one."""
    return name if dialect in _EXACT else name.lower()
