"""What a ledger holds of each target of a plan, counted by the database.

A ledger that is a file of this version is asked through Python's own ``sqlite3``: to import SQLAlchemy takes longer
than all else that ``status`` does. Any other, and one that cannot be read, goes the usual way, with its usual words.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from operator import itemgetter
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import quote

from migrate.ledger.held import FREE, Held, held_of
from migrate.ledger.texts import given
from migrate.words import AROUND, OPEN_STATES

Row: TypeAlias = dict[str, Any]
Ask: TypeAlias = Callable[[str, Mapping[str, str]], list[Row]]
"""The rows of a query in SQL, as the database keeps them; the query's values stand as ``:name``."""

SCHEMA = 8
"""The newest schema of a ledger: how many steps ``opening.STEPS`` has."""
NOW = {
    "sqlite": "((julianday('now') - 2440587.5) * 86400.0)",
    "postgresql": "extract(epoch from clock_timestamp())::double precision",
}
"""A database's own time in epoch seconds: the one clock that all who write to it share."""

_HOMES = """
SELECT source_org, target_org FROM copies WHERE plan = :plan UNION
SELECT source_org, target_org FROM entries WHERE plan = :plan
"""
_COPIES = f"""
SELECT source_org, target_org, kind, count(*) AS count, max(updated_at) AS written_at FROM copies
WHERE plan = :plan AND kind NOT IN ({", ".join(f"'{kind}'" for kind in sorted(AROUND))})
GROUP BY source_org, target_org, kind
"""  # noqa: S608 - words of our own
_OPEN = f"""
SELECT source_org, target_org, count(*) AS count FROM entries
WHERE plan = :plan AND state IN ({", ".join(f"'{state}'" for state in OPEN_STATES)}) GROUP BY source_org, target_org
"""  # noqa: S608 - words of our own
_LOCKS = "SELECT locks.*, expires <= {now} AS expired FROM locks WHERE token <> :free"


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """One source and target of a plan: copies by kind, when the newest was written, and writes still open."""

    target_org: str
    copies: Mapping[str, int] = field(default_factory=dict)
    written_at: str = ""
    open: int = 0
    held: Held | None = None


def counts_in(url: str, plan: str) -> tuple[Counted, ...]:
    """What the ledger holds of a plan, by target; empty where there is none. Raises as ``book.open_book``."""
    file = _file_of(url)
    if file is not None and not file.is_file():
        return ()
    found = _asked_directly(file, plan) if file is not None else None
    if found is None:
        from migrate.ledger.book import open_book

        with open_book(url) as book:
            return book.counts(plan)
    return found


def counted(ask: Ask, plan: str, now: str) -> tuple[Counted, ...]:
    """The same of a database that answers; ``now`` is its time in its SQL."""
    of_plan = {"plan": plan}
    copies, still_open = _by_home(ask(_COPIES, of_plan)), _by_home(ask(_OPEN, of_plan))
    held = [held_of(_as_given(row)) for row in ask(_LOCKS.format(now=now), {"free": FREE})]
    locks = {one.target_org: one for one in held}
    found = []
    for home in sorted(_by_home(ask(_HOMES, of_plan)), key=itemgetter(1, 0)):
        rows = copies.get(home, ())
        found.append(
            Counted(
                target_org=home[1],
                copies=dict(sorted((row["kind"], row["count"]) for row in rows)),
                written_at=max((row["written_at"] for row in rows), default=""),
                open=sum(row["count"] for row in still_open.get(home, ())),
                held=locks.get(home[1]),
            )
        )
    return tuple(found)


def _by_home(rows: list[Row]) -> dict[tuple[str, str], list[Row]]:
    found: dict[tuple[str, str], list[Row]] = {}
    for row in map(_as_given, rows):
        found.setdefault((row["source_org"], row["target_org"]), []).append(row)
    return found


def _as_given(row: Row) -> Row:
    return {name: given(value) if isinstance(value, str) else value for name, value in row.items()}


def _file_of(url: str) -> Path | None:
    """The file of a ledger that is one, as a plain URL of SQLAlchemy names it; None for any other."""
    head, mark, path = url.partition(":///")
    plain = mark and head in ("sqlite", "sqlite+pysqlite") and path not in ("", ":memory:") and "?" not in path
    return Path(path) if plain else None


def _asked_directly(file: Path, plan: str) -> tuple[Counted, ...] | None:
    """What SQLite says of a ledger of this version; None where it is of another, or cannot be read."""
    import sqlite3

    def ask(query: str, values: Mapping[str, str]) -> list[Row]:
        return [dict(row) for row in connection.execute(query, values)]

    try:
        with closing(sqlite3.connect(f"file:{quote(str(file))}?mode=rw", uri=True)) as connection:
            connection.row_factory = sqlite3.Row
            connection.execute("BEGIN")
            if ask("SELECT version FROM ledger_version", {}) != [{"version": SCHEMA}]:
                return None
            return counted(ask, plan, NOW["sqlite"])
    except sqlite3.Error:
        return None
