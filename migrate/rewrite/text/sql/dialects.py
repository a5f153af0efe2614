"""What differs between the warehouses Sigma reads: how literals, comments and names are written and compared."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

_PLAIN = r"'(?:[^']++|'')*+'"
_ESCAPED = r"'(?:[^'\\]++|\\.|'')*+'"
_DOUBLE = r'"(?:[^"\\]++|\\.|"")*+"'
# Not possessive: Python 3.11.2 takes the closing marks into such a repetition that holds a look ahead.
_THREE = r"'''(?:[^'\\]|\\.|'(?!''))*'''" + r'|"""(?:[^"\\]|\\.|"(?!""))*"""'
_E_TEXT = r"[eE]" + _ESCAPED + "|" + _PLAIN
_RAW = r"[rR]'[^']*+'|" + r'[rR]"[^"]*+"'

_IN_DOUBLE = r'"(?:[^"]++|"")*+"'
_IN_TICKS = r"`(?:[^`]++|``)*+`"
_IN_BRACKETS = r"\[(?:[^\]]++|\]\])*+\]"

_DASHES = r"--[^\n]*+"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How one warehouse writes SQL.

    ``texts``, ``names`` and ``comments`` are patterns of literals, of quoted names and of comments up to the end of a
    line; ``opens`` of literals that end as they begin (``$$``). ``folds`` says how a name without quotes is read,
    ``exact`` whether two names that differ in case (once folded) are two tables. ``quote`` is what a name is put in
    where it must be. ``parts`` is how many names the full path of a table has in the connection's catalog.
    """

    name: str
    texts: str = _PLAIN
    names: str = _IN_DOUBLE
    comments: str = _DASHES
    opens: str = ""
    words: str = r"[^\W\d][\w$]*+"
    folds: Literal["upper", "lower", ""] = ""
    exact: bool = False
    quote: str = '"'
    parts: int = 3
    lower_catalog: bool = False  # the catalog holds all names in lower case, however a statement writes them
    nested_comments: bool = False
    sees_itself: bool = False  # a common table expression may read itself without the word RECURSIVE
    arrays: bool = False  # FROM t, t.items reads a column of t
    whole_rows: bool = False  # the name of a table is also the name of its row
    dashes: bool = False  # the first name of a table may hold dashes
    shared_ticks: bool = False  # back-quotes may stand around a whole path
    stages: bool = False  # @stage
    packages: frozenset[str] = frozenset()  # what stands before a dot and a built-in function


_BIGQUERY_PACKAGES = """
    SAFE NET HLL_COUNT KLL_QUANTILES AEAD KEYS DETERMINISTIC ML AI VECTOR_SEARCH D3A OBJ ST S2 BQ
"""

_ALL = (
    Dialect(
        name="snowflake",
        texts=_ESCAPED,
        comments=_DASHES + r"|//[^\n]*+",
        opens=r"\$\$",
        folds="upper",
        exact=True,
        sees_itself=True,
        stages=True,
    ),
    Dialect(
        name="bigquery",
        texts=f"[rRbB]{{0,2}}(?:{_THREE}|{_ESCAPED}|{_DOUBLE})",
        names=r"`(?:[^`\\]++|\\.)*+`",
        comments=_DASHES + r"|\#[^\n]*+",
        exact=True,
        quote="`",
        arrays=True,
        whole_rows=True,
        dashes=True,
        shared_ticks=True,
        packages=frozenset(_BIGQUERY_PACKAGES.split()),
    ),
    Dialect(
        name="databricks",
        lower_catalog=True,
        texts=f"{_RAW}|{_ESCAPED}|{_DOUBLE}",
        names=_IN_TICKS,
        opens=r"\$\$",
        quote="`",
        nested_comments=True,
    ),
    Dialect(
        name="redshift",
        texts=_ESCAPED,
        opens=r"\$(?:[^\W\d]\w*+)?\$",
        folds="lower",
        exact=True,
        parts=2,
        nested_comments=True,
        arrays=True,
    ),
    Dialect(
        name="postgres",
        texts=_E_TEXT,
        opens=r"\$(?:[^\W\d]\w*+)?\$",
        folds="lower",
        exact=True,
        parts=2,
        nested_comments=True,
        whole_rows=True,
    ),
    Dialect(
        name="mysql",
        texts=f"{_ESCAPED}|{_DOUBLE}",
        names=_IN_TICKS,
        comments=r"--(?=\s|\Z)[^\n]*+|\#[^\n]*+",
        quote="`",
        parts=2,
    ),
    Dialect(
        name="tsql",
        names=f"{_IN_BRACKETS}|{_IN_DOUBLE}",
        words=r"(?:[^\W\d]|[#@])[\w$#@]*+",
        quote="[",
        nested_comments=True,
        sees_itself=True,
    ),
    Dialect(
        name="fabric",
        names=f"{_IN_BRACKETS}|{_IN_DOUBLE}",
        words=r"(?:[^\W\d]|[#@])[\w$#@]*+",
        quote="[",
        nested_comments=True,
        sees_itself=True,
    ),
    Dialect(name="trino", lower_catalog=True),
    Dialect(name="athena", lower_catalog=True, names=f"{_IN_DOUBLE}|{_IN_TICKS}"),
    Dialect(name="duckdb", texts=_E_TEXT, opens=r"\$(?:[^\W\d]\w*+)?\$", nested_comments=True, whole_rows=True),
    Dialect(name="clickhouse", texts=_ESCAPED, names=f"{_IN_TICKS}|{_IN_DOUBLE}", exact=True, parts=2),
    Dialect(
        name="oracle",
        opens=r"[nN]?[qQ]'[^\s]",
        words=r"[^\W\d][\w$#]*+",
        folds="upper",
        exact=True,
        parts=2,
        sees_itself=True,
    ),
)

_BY_NAME: Mapping[str, Dialect] = MappingProxyType({each.name: each for each in _ALL})

PLAIN = Dialect(name="")
"""What is common to all: the reading of a statement whose warehouse nobody knows."""

_SPOKEN: Mapping[str, str] = MappingProxyType(
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


def dialect_of(connection_type: str) -> Dialect | None:
    """The SQL dialect of a Sigma connection type such as ``bigQuery``; None where it is not known."""
    spoken = _SPOKEN.get(re.sub(r"[^a-z]", "", connection_type.lower()))
    return _BY_NAME[spoken] if spoken else None


def fold(name: str, dialect: Dialect) -> str:
    """An unquoted name as the warehouse reads it."""
    return name.upper() if dialect.folds == "upper" else name.lower() if dialect.folds == "lower" else name


def same(name: str, dialect: Dialect) -> str:
    """A form in which two names are equal exactly when the warehouse takes them for one."""
    return name if dialect.exact else name.lower()
