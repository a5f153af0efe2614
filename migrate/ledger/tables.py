"""The ledger's tables, and how its values become rows and come back.

Texts keep every character (``texts``). Times are the ISO texts and epoch seconds the caller gave.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from dataclasses import fields
from functools import lru_cache
from sys import intern
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from migrate.ledger import texts
from migrate.ledger.counts import NOW
from migrate.ledger.elements import text_of
from migrate.ledger.model import Copy, Entry, Home, Look, Run, Selected
from migrate.rewrite.model import ElementIds
from migrate.words import OPEN_STATES


class FullText(sa.types.TypeDecorator[str]):
    """Text of any length and any characters, the same on every database."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: str | None, _dialect: sa.Dialect) -> str | None:
        """The text with NUL (and the escape itself) written as two harmless characters."""
        return value if value is None else texts.kept(value)

    def process_result_value(self, value: str | None, _dialect: sa.Dialect) -> str | None:
        """The text as it was given."""
        return value if value is None else texts.given(value)


metadata = sa.MetaData()


def _texts(*names: str, **options: Any) -> list[sa.Column[Any]]:
    return [sa.Column(name, FullText, nullable=False, **options) for name in names]


versions = sa.Table("ledger_version", metadata, sa.Column("version", sa.Integer, nullable=False))

runs = sa.Table(
    "runs",
    metadata,
    sa.Column("id", FullText, primary_key=True),
    *_texts("plan", "plan_sha256", "started_at", "finished_at", "status", "change_set"),
    sa.Column("attempt", sa.Integer, nullable=False, server_default="1"),
    *_texts("kind", server_default="apply"),
    *_texts("undoes", server_default=""),
)

entries = sa.Table(
    "entries",
    metadata,
    sa.Column("sequence", sa.Integer, primary_key=True, autoincrement=True),
    *_texts("run", "plan", "source_org", "target_org", "kind", "source_id", "verb", "state", "name", "folder_id"),
    *_texts("target_id", "digest_sent", "digest_read"),
    sa.Column("version_read", sa.Integer, nullable=False),
    *_texts("elements", "pre_image"),
    sa.Column("attempts", sa.Integer, nullable=False),
    *_texts("request_id", "reason_code", "reason", "intended_at", "finished_at"),
    *_texts("author", server_default=""),
    sa.Column("undoes", sa.Integer, nullable=False, server_default="0"),
    sa.Column("description", FullText),
    sqlite_autoincrement=True,
)
sa.Index("entries_of_run", entries.c.run)
sa.Index("entries_by_body", entries.c.digest_sent)
sa.Index("entries_by_pre_image", entries.c.pre_image)
sa.Index(
    "one_open_write",
    *(entries.c[name] for name in ("plan", "source_org", "target_org", "kind", "source_id")),
    unique=True,
    sqlite_where=entries.c.state.in_(OPEN_STATES),
    postgresql_where=entries.c.state.in_(OPEN_STATES),
)

copies = sa.Table(
    "copies",
    metadata,
    *_texts("plan", "source_org", "target_org", "kind", "source_id", primary_key=True),
    *_texts("target_id", "name", "folder_id", "digest_sent", "digest_read"),
    sa.Column("version_read", sa.Integer, nullable=False),
    *_texts("elements", "run", "updated_at"),
    sa.Column("description", FullText),
)
sa.Index("copies_in_target", copies.c.target_org, copies.c.target_id)
sa.Index("copies_by_body", copies.c.digest_sent)

selections = sa.Table(
    "selections",
    metadata,
    *_texts("plan", "source_org", "target_org", "kind", "source_id", primary_key=True),
    *_texts("name", "path", "folder_id", "left_at"),
)

looks = sa.Table(
    "looks",
    metadata,
    *_texts("plan", "source_org", "target_org", "kind", "source_id", primary_key=True),
    *_texts("target_id", "digest_sent", "source"),
    sa.Column("source_version", sa.Integer, nullable=False),
    *_texts("ways", "needs", "verdict", "looked_at"),
    sa.Column("rest", sa.LargeBinary, nullable=False),
)

bodies = sa.Table(
    "bodies",
    metadata,
    sa.Column("digest", FullText, primary_key=True),
    sa.Column("body", sa.LargeBinary, nullable=False),
)

locks = sa.Table(
    "locks",
    metadata,
    sa.Column("target_org", FullText, primary_key=True),
    *_texts("run", "host", "token"),
    sa.Column("pid", sa.Integer, nullable=False),
    sa.Column("since", sa.Float(53), nullable=False),
    sa.Column("expires", sa.Float(53), nullable=False),
    *_texts("boot", "pid_namespace", "started", server_default=""),
    sa.Column("attempt", sa.Integer, nullable=False, server_default="0"),
    sa.Column("fence", sa.Integer, nullable=False, server_default="0"),
)

fleet_runs = sa.Table(
    "fleet_runs",
    metadata,
    *_texts("plan", "name", primary_key=True),
    *_texts("run", "plan_sha256", "version", "source", "opened_at", "orgs"),
    *_texts("roster", server_default="[]"),
)

tickets = sa.Table(
    "tickets",
    metadata,
    *_texts("run", "target", primary_key=True),
    sa.Column("wave", sa.Integer, nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("returned", sa.Integer, nullable=False),
    *_texts("organization", "worker"),
    sa.Column("done", sa.Boolean, nullable=False),
    sa.Column("exit_code", sa.Integer, nullable=False),
    *_texts("ended"),
    sa.Column("shard", sa.LargeBinary),
)

pauses = sa.Table(
    "pauses",
    metadata,
    sa.Column("host", FullText, primary_key=True),
    sa.Column("until", sa.Float(53), nullable=False),
    sa.Column("token_free_at", sa.Float(53), nullable=False),
)

SECOND_COLUMNS = (
    *(locks.c[name] for name in ("boot", "pid_namespace", "started", "attempt", "fence")),
    *(runs.c[name] for name in ("attempt", "kind", "undoes")),
)
"""What came to tables of the first schema with the second."""

THIRD_COLUMNS = (entries.c.author, entries.c.undoes)

FOURTH_COLUMNS = (entries.c.description, copies.c.description)

EIGHTH_COLUMNS = (fleet_runs.c.roster,)

HOME_COLUMNS = ("plan", "source_org", "target_org")


def insert(dialect: str, table: sa.Table) -> postgresql.Insert | sqlite.Insert:
    """An insert that may say what to do where the row is there already, in the words of that database."""
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)


def seconds_now(dialect: str) -> sa.ColumnElement[float]:
    """The database's own time in epoch seconds: the one clock that all who write to it share."""
    return sa.literal_column(NOW[dialect], sa.Float(53))


def row_of(value: Entry | Copy) -> dict[str, Any]:
    """An entry or copy as column values (an entry's ``sequence`` is the table's own)."""
    row = {field.name: getattr(value, field.name) for field in fields(value)}
    home = row.pop("home")
    row.pop("sequence", None)
    row["elements"] = text_of(value.elements)
    return row | {name: getattr(home, name) for name in HOME_COLUMNS}


ReadElements = Callable[[str], Mapping[str, ElementIds]]
"""What makes the elements out of the text in a row."""


def entry_of(row: Mapping[str, Any], read: ReadElements) -> Entry:
    """The entry that stands in a row."""
    return Entry(**_values_of(row, read))


def copy_of(row: Mapping[str, Any], read: ReadElements) -> Copy:
    """The copy that stands in a row."""
    return Copy(**_values_of(row, read))


def selected_of(row: Mapping[str, Any]) -> Selected:
    """What was in scope, as it stands in a row."""
    return Selected(**_shared({column.name: row[column.name] for column in fields(Selected)}))


_REST = ("levels", "reads", "hidden", "mentions", "account", "held")
"""What of a look nothing is asked by, in one packed column."""


def row_of_look(look: Look) -> dict[str, Any]:
    """A look as column values."""
    row = {field.name: getattr(look, field.name) for field in fields(look) if field.name not in ("home", *_REST)}
    row["rest"] = zlib.compress(orjson.dumps({name: getattr(look, name) for name in _REST}))
    return row | {name: getattr(look.home, name) for name in HOME_COLUMNS}


def look_of(row: Mapping[str, Any]) -> Look:
    """The look that stands in a row."""
    values = dict(row)
    home = _home(*(values.pop(name) for name in HOME_COLUMNS))
    rest = orjson.loads(zlib.decompress(values.pop("rest")))
    lists = {name: tuple(map(intern, rest[name])) for name in ("reads", "hidden", "mentions")}
    return Look(**_shared(values), **rest | lists, home=home)


_MANY_SAY = frozenset({"kind", "source_id", "target_id", "folder_id", "run", "verdict"})
"""Columns whose texts stand in rows of several tables, or in many of one."""


def _shared(values: Mapping[str, Any]) -> dict[str, Any]:
    """The same values, with one text for all that say the same."""
    return {name: intern(value) if name in _MANY_SAY else value for name, value in values.items()}


@lru_cache(maxsize=64)
def _home(*columns: str) -> Home:
    """The home in these columns, one value for all rows that name it."""
    return Home(**dict(zip(HOME_COLUMNS, columns, strict=True)))


def run_of(row: Mapping[str, Any]) -> Run:
    """The run that stands in a row."""
    return Run(**row)


def home_is(table: sa.Table, home: Home) -> sa.ColumnElement[bool]:
    """The condition that a row of this table belongs to a home."""
    return sa.and_(*(table.c[name] == getattr(home, name) for name in HOME_COLUMNS))


def _values_of(row: Mapping[str, Any], read: ReadElements) -> dict[str, Any]:
    values = dict(row)
    home = _home(*(values.pop(name) for name in HOME_COLUMNS))
    values["elements"] = read(values["elements"])
    return _shared(values) | {"home": home}
