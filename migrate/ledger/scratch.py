"""A ledger's rows of one plan in a file of their own, to try things with; the ledger itself is only read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from migrate.ledger.opening import is_there, open_engine, reading_engine, refuse_newer
from migrate.ledger.tables import bodies, copies, entries, looks, runs, selections, versions

COPIED = (runs, entries, selections, looks, copies, bodies)
_AT_ONCE = 1000  # rows


def copied(url: str, plan: str, to: Path) -> str:
    """The URL of a new ledger at ``to`` that holds what a ledger knows of a plan, and of copies of others.

    Locks are left behind: whoever holds one works on something else. Raises as ``open_engine``, and ServiceError for a
    ledger of a newer version.
    """
    made = f"sqlite:///{to}"
    engine = open_engine(made)
    try:
        if is_there(url):
            _fill(url, plan, engine)
    finally:
        engine.dispose()
    return made


def _fill(url: str, plan: str, made: sa.Engine) -> None:
    with reading_engine(url) as source, source.connect() as there, made.begin() as here:
        known = set(sa.inspect(there).get_table_names())
        if versions.name not in known:
            return
        refuse_newer(there.execute(sa.select(versions.c.version)).scalar())
        for table in COPIED:
            if table.name in known:
                for rows in _rows(there, table, plan):
                    here.execute(table.insert(), rows)


def _rows(there: sa.Connection, table: sa.Table, plan: str) -> Iterator[list[dict[str, Any]]]:
    """The rows of a table that matter to a plan, as far as an older ledger has its columns."""
    columns = {column["name"] for column in sa.inspect(there).get_columns(table.name)}
    query = sa.select(*(column for column in table.c if column.name in columns))
    if "plan" in columns and table is not copies:
        query = query.where(table.c.plan == plan)
    if table is bodies:
        names = (sa.select(column).where(column.table.c.plan == plan) for column in _NAMING)
        query = query.where(table.c.digest.in_(sa.union_all(*names)))
    for part in there.execute(query).mappings().partitions(_AT_ONCE):
        yield [dict(row) for row in part]


_NAMING = (entries.c.digest_sent, entries.c.pre_image, copies.c.digest_sent)
"""The columns that name bodies."""
