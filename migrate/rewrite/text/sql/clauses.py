"""The words that divide a statement into its parts, and the functions that are given names as text."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from migrate.rewrite.text.sql.reading import NamedKind


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


BEGIN = _words("SELECT WITH FROM VALUES TABLE")
"""What a query begins with."""

WRITES = _words("INSERT UPDATE DELETE MERGE CREATE DROP TRUNCATE CACHE")
"""What a statement begins with that is no query."""

END_OF_FROM = _words(
    """
    WHERE GROUP HAVING ORDER QUALIFY LIMIT WINDOW OFFSET FETCH CONNECT START CLUSTER DISTRIBUTE SORT PREWHERE RETURNING
    OPTION SETTINGS
    """
)
"""What ends the list of tables."""

NO_ALIAS = END_OF_FROM | _words(
    """
    ON USING JOIN LEFT RIGHT FULL INNER OUTER CROSS NATURAL UNION INTERSECT EXCEPT MINUS PIVOT UNPIVOT TABLESAMPLE
    SAMPLE LATERAL FOR WITH AS SET ASOF ANTI SEMI GLOBAL MATCH_RECOGNIZE MATCH_CONDITION STRAIGHT_JOIN INTO SELECT FROM
    POSITIONAL APPLY FINAL
    """
)
"""What behind a table is not its alias."""

ALIAS_UNLESS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        **dict.fromkeys(("AT", "BEFORE", "CHANGES", "PARTITION"), _words("(")),
        **dict.fromkeys(("TIMESTAMP", "VERSION", "SYSTEM_TIME"), _words("AS")),
        **dict.fromkeys(("USE", "FORCE", "IGNORE"), _words("INDEX KEY")),
        "ARRAY": _words("JOIN"),
        **dict.fromkeys(("ANY", "ALL"), _words("JOIN LEFT INNER")),
    }
)
"""What behind a table is an alias, unless one of these words follows."""

HINTS = _words(
    """
    NOLOCK READUNCOMMITTED READCOMMITTED READPAST HOLDLOCK UPDLOCK ROWLOCK TABLOCK TABLOCKX SERIALIZABLE NOWAIT INDEX
    FORCESEEK SNAPSHOT
    """
)
"""What stands in parentheses behind a table of SQL Server and makes it no function."""

NAMED_BY_TEXT: Mapping[str, NamedKind] = MappingProxyType(
    {
        **dict.fromkeys(("IDENTIFIER", "TABLE", "TO_REGCLASS", "OBJECT_ID", "TABLE_CHANGES"), "table"),
        **dict.fromkeys(("NEXTVAL", "CURRVAL", "SETVAL"), "sequence"),
    }
)
"""Functions whose first argument may be a name as text, and what it names."""

AROUND_TABLES = _words("STREAM SEMANTIC_VIEW")
"""What is written like a function around the table, or view, that is read."""

ARGUMENTS_BY_TEXT: Mapping[str, NamedKind] = MappingProxyType({"FILE_FORMAT": "file format", "INDEX": "table"})
"""Named arguments (``file_format => 'DB.SCHEMA.NAME'``) whose text is a name, and what it names."""

QUERIES_IN_TEXT = _words("OPENQUERY EXTERNAL_QUERY DBLINK REMOTE_QUERY OPENROWSET")
"""Functions that are given a whole query as text."""

NAMES_IN_TEXT = _words("GET_DDL SYSTEM$CLUSTERING_INFORMATION SYSTEM$STREAM_HAS_DATA SYSTEM$LAST_CHANGE_COMMIT_TIME")
"""Functions that are given names as text, among other things."""

ROWS = _words("ROW_TO_JSON")
"""Functions whose argument is the row of a table."""

ROWS_OR_VALUES = ROWS | _words("TO_JSON TO_JSONB JSON_AGG JSONB_AGG TO_JSON_STRING ARRAY_AGG ANY_VALUE COUNT HSTORE")
"""Functions whose argument is the row of a table where it is no column."""
