"""A ledger's engine from its URL: checked, owner-only, durable, of the schema this version knows."""

from __future__ import annotations

import errno
import os
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.pool import ConnectionPoolEntry

from migrate.errors import FileError, InvalidInput, Problem, ServiceError, file_error
from migrate.hosts import is_loopback
from migrate.ledger.connecting import Connecting
from migrate.ledger.tables import (
    EIGHTH_COLUMNS,
    FOURTH_COLUMNS,
    SECOND_COLUMNS,
    THIRD_COLUMNS,
    fleet_runs,
    looks,
    metadata,
    pauses,
    selections,
    tickets,
    versions,
)
from migrate.secret import OUT, RING, environment_secrets

PATIENCE_MS = 30_000
"""How long a statement waits for another process that is writing to the same SQLite file."""

CONNECTIONS = 4
"""So many connections to a server one process has at most, however many targets it works on at once.

Twenty workers stay below the hundred that PostgreSQL takes by default.
"""

_CONNECTING = {
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,  # milliseconds
}
"""How libpq finds out that a server is gone that said nothing ("Parameter Key Words"), where the URL does not say."""

_STATEMENTS = ("SET lock_timeout = '60s'", "SET statement_timeout = '300s'")


def _first_tables(connection: sa.Connection) -> None:
    metadata.create_all(connection)


def _fences_and_attempts(connection: sa.Connection) -> None:
    """The columns by which locks are fenced and attempts of a run are counted."""
    _add_columns(connection, SECOND_COLUMNS)


def _authors_and_reversals(connection: sa.Connection) -> None:
    """Who wrote, so that a lost create is known after the credentials changed, and what a reversal takes back."""
    _add_columns(connection, THIRD_COLUMNS)


def _descriptions(connection: sa.Connection) -> None:
    """The description that was last written; of copies that are there already nobody knows it."""
    _add_columns(connection, FOURTH_COLUMNS)


def _selections(connection: sa.Connection) -> None:
    """What the last run had in scope; of runs before this schema nobody knows it."""
    selections.create(connection, checkfirst=True)


def _looks(connection: sa.Connection) -> None:
    """What copies were made from when they were last looked at; of those that are there already nobody knows it."""
    looks.create(connection, checkfirst=True)


def _fleets(connection: sa.Connection) -> None:
    """Runs that several processes work on together, a ticket for each target."""
    for table in (fleet_runs, tickets):
        table.create(connection, checkfirst=True)


def _hosts_and_rosters(connection: sa.Connection) -> None:
    """The pauses of hosts that several processes share, and the tenants that a run was opened with."""
    _add_columns(connection, EIGHTH_COLUMNS)
    pauses.create(connection, checkfirst=True)


def _add_columns(connection: sa.Connection, columns: Iterable[sa.Column[Any]]) -> None:
    """Adds columns where they are missing; a new ledger was made with all of them."""
    for column in columns:
        if column.name not in {known["name"] for known in sa.inspect(connection).get_columns(column.table.name)}:
            ddl = sa.schema.CreateColumn(column).compile(dialect=connection.dialect)
            connection.exec_driver_sql(f"ALTER TABLE {column.table.name} ADD COLUMN {ddl}")


STEPS: tuple[Callable[[sa.Connection], None], ...] = (
    _first_tables,
    _fences_and_attempts,
    _authors_and_reversals,
    _descriptions,
    _selections,
    _looks,
    _fleets,
    _hosts_and_rosters,
)
"""What brings a ledger from version n to n + 1. Append only: ledgers out there stand at any of them."""


def open_engine(url: str) -> sa.Engine:
    """A connected engine whose tables are of the newest schema.

    Raises InvalidInput for a URL that cannot be a ledger, FileError for a file that cannot be used, and ServiceError
    for a database that cannot be reached, or a ledger that was written by a newer version.
    No message holds the URL's password.
    """
    parsed = _trusted(url)
    if parsed.get_backend_name() == "sqlite":
        _make_place(parsed)
    engine = _engine(parsed)
    if engine.dialect.name == "sqlite":
        sa.event.listen(engine, "connect", _prepare_sqlite)
        sa.event.listen(engine, "begin", _begin_sqlite)
    try:
        with Connecting(engine).connected(first=True) as connection, connection.begin():
            _bring_up_to_date(connection)
    except sa.exc.DBAPIError as error:
        engine.dispose()
        raise unreachable(parsed, error) from None
    except BaseException:
        engine.dispose()
        raise
    return engine


_SHARED: dict[tuple[str, int], sa.Engine] = {}
_SHARING = threading.Lock()


def shared_engine(url: str) -> sa.Engine:
    """The one engine that all works of this process have for a ledger on a server; it is never closed.

    Raises as ``open_engine``.
    """
    with _SHARING:
        key = (url, os.getpid())
        if key not in _SHARED:
            _SHARED[key] = open_engine(url)
        return _SHARED[key]


@contextmanager
def reading_engine(url: str) -> Iterator[sa.Engine]:
    """An engine of a ledger that is there, whatever its schema, by which nothing can be written.

    Raises InvalidInput and ServiceError as ``open_engine``, FileError where the file cannot be read.
    """
    parsed = _trusted(url)
    if parsed.get_backend_name() == "sqlite":
        opened = partial(sqlite3.connect, f"{Path(parsed.database or '').absolute().as_uri()}?mode=ro", uri=True)
        engine = sa.create_engine("sqlite://", creator=opened)
    else:
        engine = _engine(parsed).execution_options(postgresql_readonly=True)
    try:
        yield engine
    except sa.exc.DBAPIError as error:
        raise unreachable(parsed, error) from None
    finally:
        engine.dispose()


def _trusted(url: str) -> sa.URL:
    """A URL of a ledger whose server, if it has one, proves itself; its secrets are known as such from then on."""
    parsed = _parsed(url)
    if parsed.get_backend_name() != "sqlite":
        RING.add(*_secrets_of(parsed), *environment_secrets(os.environ))
        must_prove_itself(parsed, os.environ)
    return parsed


def _engine(parsed: sa.URL) -> sa.Engine:
    try:
        if parsed.get_backend_name() == "sqlite":
            return sa.create_engine(parsed)
        args = {name: value for name, value in _CONNECTING.items() if name not in parsed.query}
        engine = sa.create_engine(parsed, pool_pre_ping=True, pool_size=CONNECTIONS, max_overflow=0, connect_args=args)
    except ModuleNotFoundError as missing:
        raise _bad_url(
            parsed, f"needs the Python package {missing.name}", "pip install 'sigma-migrate[postgres]'"
        ) from None
    sa.event.listen(engine, "connect", _prepare_server)
    return engine


def _prepare_server(connection: Any, _record: ConnectionPoolEntry) -> None:
    for setting in _STATEMENTS:
        connection.execute(setting)
    connection.commit()


def must_prove_itself(url: sa.URL, environ: Mapping[str, str]) -> None:
    """Raises InvalidInput for a server elsewhere that need not show a certificate, unless the URL says so by name."""
    if any(_each(url.query.get("sslmode"))) or environ.get("PGSSLMODE") == "verify-full":
        return
    named = any(_each(url.query.get("service"))) or environ.get("PGSERVICE")
    far = [host for host in _hosts(url, environ) if not host.startswith(("/", "@")) and not is_loopback(host)]
    if far or named:
        message = f"{far[0] if far else 'the service'} need not prove that it is the ledger's server"
        fix = "add ?sslmode=verify-full, or name the weaker sslmode that you mean"
        raise _bad_url(url, message, fix, code="ledger_unverified")


def _hosts(url: sa.URL, environ: Mapping[str, str]) -> list[str]:
    """Where libpq would connect to; what the URL leaves out is taken from the environment, each by itself."""
    names = [part for part in (url.host, *_each(url.query.get("host"))) if part]
    addresses = [part for part in _each(url.query.get("hostaddr")) if part]
    asked = [*(names or [environ.get("PGHOST", "")]), *(addresses or [environ.get("PGHOSTADDR", "")])]
    return [host for part in asked for host in part.split(",") if host]


def _each(value: str | tuple[str, ...] | None) -> tuple[str, ...]:
    """The values of an option of a URL, which may stand there more than once."""
    return () if value is None else (value,) if isinstance(value, str) else value


def is_there(url: str) -> bool:
    """Whether there is a ledger to open: False only for a SQLite file that does not exist, which opening would make."""
    parsed = _parsed(url)
    return parsed.get_backend_name() != "sqlite" or Path(parsed.database or "").is_file()


def folder_of(url: str) -> Path | None:
    """The folder of a ledger that is a file, where it is there already; None for any other."""
    try:
        parsed = _parsed(url)
    except InvalidInput:
        return None
    folder = Path(parsed.database or "").parent
    return folder if parsed.get_backend_name() == "sqlite" and folder.is_dir() else None


_SQLITE_TROUBLE = {
    "SQLITE_FULL": errno.ENOSPC,
    "SQLITE_IOERR_WRITE": errno.ENOSPC,  # what a disk, a quota or a limit on the size of files answers
    "SQLITE_IOERR_SHMSIZE": errno.ENOSPC,
    "SQLITE_READONLY": errno.EROFS,
    "SQLITE_PERM": errno.EACCES,
}


def unreachable(url: sa.URL, trouble: sa.exc.DBAPIError | sa.exc.TimeoutError) -> ServiceError | FileError:
    """The sentence for a ledger that cannot be read or written; that of a SQLite ledger is a file's.

    A TimeoutError says that all connections of this process were in use for longer than anybody waits.
    """
    error = (trouble.orig if isinstance(trouble, sa.exc.DBAPIError) else None) or trouble
    name = getattr(error, "sqlite_errorname", "")
    number = next((number for start, number in _SQLITE_TROUBLE.items() if name.startswith(start)), 0)
    if name.startswith("SQLITE_CANTOPEN"):  # which it also answers where a process may open nothing more
        number = _too_few_descriptors()
    if number:
        return file_error(OSError(number, ""), f"The ledger {_shown(url)}")
    why = " ".join(str(error).split()) or type(error).__name__
    for word in _secrets_of(url):
        why = why.replace(word, OUT)
    told = f"The ledger {_shown(url)} cannot be used: {why}."
    action = "check `state:` of the plan and what it names"
    busy = name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED"))
    if url.get_backend_name() == "sqlite" and not busy:
        return FileError(told, code="ledger_unusable", next_action=action)
    return ServiceError(told, code="ledger_unusable", next_action=action)


def _too_few_descriptors() -> int:
    """The number of the error where this process cannot open the files of a ledger, wherever they are; 0 where it can.

    A SQLite ledger is the database, its log, the log's index and for a moment their folder.
    """
    taken: list[int] = []
    try:
        while len(taken) < 4:
            taken.append(os.open(os.devnull, os.O_RDONLY))
    except OSError as error:
        return error.errno or 0
    finally:
        for one in taken:
            os.close(one)
    return 0


def _parsed(url: str) -> sa.URL:
    try:
        parsed = sa.make_url(url)
    except sa.exc.ArgumentError:
        raise _bad_url(None, "is not a database URL") from None
    if parsed.drivername not in {"sqlite", "sqlite+pysqlite", "postgresql", "postgresql+psycopg"}:
        raise _bad_url(parsed, f"names {parsed.drivername}, which cannot hold a ledger")
    return parsed.set(drivername="postgresql+psycopg") if parsed.drivername == "postgresql" else parsed


def _bad_url(url: sa.URL | None, message: str, fix: str = "", code: str = "invalid_state") -> InvalidInput:
    example = "write sqlite:///FOLDER/state.db or postgresql+psycopg://HOST/DATABASE"
    return InvalidInput(
        [
            Problem(
                code=code,
                path="state",
                value=_shown(url) if url else "",
                message=message,
                fix=fix or example,
            )
        ]
    )


_SECRET_OPTIONS = ("password", "sslpassword", "oauth_client_secret")
"""What may stand after the question mark and is a secret (libpq, "Parameter Key Words")."""


def _secrets_of(url: sa.URL) -> tuple[str, ...]:
    asked = (url.password, *(part for name in _SECRET_OPTIONS for part in _each(url.query.get(name))))
    return tuple(str(word) for word in asked if word)


def _shown(url: sa.URL) -> str:
    hidden = {name: OUT for name in _SECRET_OPTIONS if name in url.query}
    return url.update_query_dict(hidden).render_as_string(hide_password=True)


def _make_place(url: sa.URL) -> None:
    """Makes the folder and the file of a SQLite ledger, readable by their owner alone."""
    if not url.database or url.database == ":memory:":
        raise _bad_url(url, "keeps nothing: a ledger has to be a file")
    path = Path(url.database)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise file_error(error, f"The ledger {_shown(url)}") from None


def _prepare_sqlite(connection: Any, _record: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # transactions are begun below, not guessed by the driver
    for setting in (f"busy_timeout={PATIENCE_MS}", "journal_mode=WAL"):
        connection.execute(f"PRAGMA {setting}")


def _begin_sqlite(connection: sa.Connection) -> None:
    """Begins a transaction: a reading one, one that is on the disk once it ends, or one that goes there with the next.

    Whatever ends is safe from the death of this process; the disk is waited for so that the machine may die too. Of
    those that do not wait, the last ones may be lost with the machine, never one before another (the log of SQLite
    holds a checksum over all that came before).
    """
    options = connection.get_execution_options()
    todo = ["BEGIN"]
    if not options.get("reading"):
        todo = [f"PRAGMA synchronous={'FULL' if options.get('waits', True) else 'NORMAL'}", "BEGIN IMMEDIATE"]
    cursor = connection.connection.cursor()
    try:
        for text in todo:
            cursor.execute(text)
    except sqlite3.Error as error:
        raise sa.exc.DBAPIError(text, None, error) from None
    finally:
        cursor.close()


def refuse_newer(found: int | None) -> None:
    """Raises ServiceError for a ledger of a schema that this version does not know."""
    if found is not None and found > len(STEPS):
        raise ServiceError(
            f"The ledger is of schema {found}; this version knows schemas up to {len(STEPS)}.",
            code="ledger_newer",
            next_action="use the version of sigma-migrate that wrote it, or a newer one.",
        )


def _bring_up_to_date(connection: sa.Connection) -> None:
    if connection.dialect.name == "postgresql":  # two processes may open a new ledger at once
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(hashtext('sigma-migrate ledger'))"))
    versions.create(connection, checkfirst=True)
    found = connection.execute(sa.select(versions.c.version)).scalar()
    refuse_newer(found)
    for step in STEPS[found or 0 :]:
        step(connection)
    if found is None:
        connection.execute(versions.insert().values(version=len(STEPS)))
    elif found < len(STEPS):
        connection.execute(versions.update().values(version=len(STEPS)))
