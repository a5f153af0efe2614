"""The tables that documents will read, looked up in both organizations before anything is written.

Sigma refuses a document one of whose tables is not in the connection's catalog, whether it is missing in the
warehouse or was never synced (sigma-api section 5.7), and one whose formulas name a column that its table does not have
(section 4.3). A column of another type is accepted and shows when somebody looks.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import NamedTuple

import anyio

from migrate.bundle.spec import Spec
from migrate.errors import ApiRefusal, MigrateError, Problem, ServiceError
from migrate.events import Listener, Stage
from migrate.inventory.model import Inventory, Key
from migrate.kinds import counted
from migrate.rewrite.catalogue.walk import find
from migrate.rewrite.model import Draft, Residual
from migrate.rewrite.names.warehouse import loosely
from migrate.rewrite.resolvers.columns_read import columns_read
from migrate.rewrite.resolvers.tables import Table, origins_in_sql, tables_among, tables_in
from migrate.sigma import api
from migrate.sigma.client import Client
from migrate.sigma.workers import each
from migrate.survey.candidates import Likely, likely
from migrate.tree import Json, Path, at, json_path

Columns = Mapping[str, str]
"""The type of each column of a table, by its name in the warehouse."""

_LISTED = 10  # columns a warning names


@dataclass(slots=True, kw_only=True)
class Looked:
    """What the catalogs say: why documents cannot be written, and what a person should know.

    ``apart`` are the tables that lack columns of their origin, or have them of another type. ``silent`` are the tables
    of which an organization did not tell whether they are there or what columns they have, by document. ``meant`` says
    what may be meant by a missing table, by the message of its problem.
    """

    problems: dict[Key, tuple[Problem, ...]] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    apart: dict[Table, Apart] = field(default_factory=dict)
    silent: dict[Key, tuple[Table, ...]] = field(default_factory=dict)
    meant: dict[str, Likely] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Apart:
    """How a table differs from the one of the source that it stands for.

    ``missing`` are columns that it lacks, ``retyped`` those of another type, with the type before and now.
    """

    origin: Table
    missing: tuple[str, ...] = ()
    retyped: Mapping[str, tuple[str, str]] = field(default_factory=dict)


Side = tuple[Client, Inventory]
"""An organization that can be asked, and what is known of it."""


class TableNamed(NamedTuple):
    """Where a document names a table of the target first, which one, and the table of the source that stood there.

    ``compared`` is False where SQL alone names it: what columns a statement needs is not known.
    """

    path: Path
    table: Table
    origin: Table | None
    compared: bool


Places = tuple[TableNamed, ...]


async def look_up(there: Catalog, here: Catalog, places: Mapping[Key, Places], listener: Listener) -> Looked:
    """Look up every table of these documents in the target, and compare its columns with those of the source's table.

    ``there`` is the target's catalog, ``here`` the source's, which all targets share. Without a source that can be
    asked (a bundle) columns are not compared. What an organization refuses to tell is a warning; it stops nothing.
    Raises ValueError for a target that cannot be asked.
    """
    if there.org is None:
        raise ValueError("a target is an organization that can be asked")
    dest = there.org
    places = {key: _in_connections(found, dest) for key, found in places.items()}
    everything = [named for found in places.values() for named in found]
    origins = {named.table: named.origin if named.compared else None for named in sorted(everything, key=_compared)}
    stands_for = {named.table: named.origin for named in reversed(everything) if named.origin is not None}
    done = 0

    async def one(table: Table) -> None:
        nonlocal done
        if await there.inode(table) == "":
            await there.inode(above(table))
        elif here.client is not None and (origin := origins[table]) is not None:
            await there.columns(table)
            await here.columns(origin)
        done += 1
        listener(Stage(name="catalog", org=dest.org, done=done, total=len(origins)))

    await each(sorted(origins), one, workers=there.width)
    absent = {table: origin for table, origin in stands_for.items() if there.inodes[table] == ""}
    like = await likely(there, here, absent)
    problems = {
        key: _missing(there, dest, {named.table: named.path for named in found}, like) for key, found in places.items()
    }
    apart = {
        table: found
        for table, origin in sorted(origins.items())
        if origin is not None and (found := _apart(here, origin, there, table)) is not None
    }
    asked = {origin for origin in origins.values() if origin is not None}
    differences = [_difference(table, one) for table, one in apart.items()]
    return Looked(
        problems={key: found for key, found in problems.items() if found},
        warnings=(*differences, *there.silences(), *here.silences(asked)),
        apart=apart,
        silent=_silent(there, places),
        meant={_not_found(there, dest, table): one for table, one in like.items()},
    )


def _silent(there: Catalog, places: Mapping[Key, Places]) -> dict[Key, tuple[Table, ...]]:
    """The tables of each document of which the target did not tell whether they are there, or what columns they have.

    Of a table of the source that SQL names no columns are asked for.
    """
    found = {
        key: tuple(dict.fromkeys(one.table for one in each if one.table in there.silent[one.table.connection]))
        for key, each in places.items()
    }
    return {key: tables for key, tables in found.items() if tables}


def above(table: Table) -> Table:
    """The schema or database that a table stands in."""
    return Table(table.connection, table.path[:-1])


def places(draft: Draft, spec: Spec, types: Mapping[str, str], here: Mapping[str, str]) -> Places:
    """Every table that a document names, in SQL too; ``spec`` is what the draft was made of.

    ``types`` are the warehouse types of the target's connections by id, ``here`` those of the source's. A hundred
    elements may read one table, and what is found here is held for every document until all are decided on: so each
    table is told once.
    """
    sites = find(draft.body)
    first: dict[Table, TableNamed] = {}
    for path, table in tables_among(sites):
        known = first.get(table)
        if known is None or known.origin is None:
            at_first = known.path if known else path
            first[table] = TableNamed(at_first, table, _table_at(spec.body, path), compared=True)
    for path, table, origin in origins_in_sql(draft, spec.body, types, here, sites):
        known = first.setdefault(table, TableNamed(path, table, origin, compared=False))
        if known.origin is None and origin is not None:
            first[table] = known._replace(origin=origin, compared=False)
    return tuple(first.values())


def _table_at(body: Json, path: Path) -> Table | None:
    """The table that the object at a path of a document names."""
    try:
        return dict(tables_in(at(body, path))).get(())
    except (KeyError, IndexError, TypeError):  # what stood elsewhere in the source, or nowhere
        return None


def one_of_each(named: Places, tables: dict[Table, Table]) -> Places:
    """The same places with the tables that are in ``tables`` already, which gets the others: documents share them."""
    return tuple(
        one._replace(
            table=tables.setdefault(one.table, one.table),
            origin=None if one.origin is None else tables.setdefault(one.origin, one.origin),
        )
        for one in named
    )


def _compared(named: TableNamed) -> bool:
    return named.compared and named.origin is not None


def _in_connections(places: Places, dest: Inventory) -> Places:
    """The places that name a table of the target; an unmapped connection is still the source's in a draft."""
    return tuple(one for one in places if one.table.connection in dest.connections)


class Catalog:
    """The catalog of one organization, each question asked once; without an organization it answers nothing.

    A connection that refuses once (403) is not asked again.
    """

    def __init__(self, side: Side | None) -> None:
        self.client: Client | None = side[0] if side else None
        self.org: Inventory | None = side[1] if side else None
        self.inodes: dict[Table, str | None] = {}
        self.types: dict[Table, Columns] = {}
        self.refused: dict[str, MigrateError] = {}
        self.silent: defaultdict[str, set[Table]] = defaultdict(set)
        self._asking: defaultdict[Table, anyio.Lock] = defaultdict(anyio.Lock)

    @property
    def width(self) -> int:
        """How many tables may be asked for at once."""
        return self.client.width if self.client is not None else 1

    async def inode(self, table: Table) -> str | None:
        """The id of a table or schema; empty where the catalog does not hold it, None where nobody says."""
        async with self._asking[table]:
            return await self._inode(table)

    async def _inode(self, table: Table) -> str | None:
        if self.client is not None and table not in self.inodes:
            self.inodes[table] = None
            if self._closed(table):
                return None
            try:
                found = await api.lookup(self.client, table.connection, table.path)
                inode = found.get("inodeId") if isinstance(found, dict) else None
                self.inodes[table] = "" if found is None else inode if isinstance(inode, str) else None
            except (ApiRefusal, ServiceError) as error:
                self._refuse(table, error)
        return self.inodes.get(table)

    async def columns(self, table: Table) -> None:
        """Read the columns of a table, if it is there."""
        async with self._asking[table]:
            inode = await self._inode(table)
            if self.client is not None and inode and table not in self.types and not self._closed(table):
                try:
                    rows = await api.table_columns(self.client, inode)
                    self.types[table] = {str(row.get("name")): _type(row.get("type")) for row in rows}
                except (ApiRefusal, ServiceError) as error:
                    self._refuse(table, error)

    def _closed(self, table: Table) -> bool:
        """Whether the table's connection has refused before; counts the table if so."""
        refusal = self.refused.get(table.connection)
        closed = isinstance(refusal, ApiRefusal) and refusal.status == 403
        if closed:
            self.silent[table.connection].add(table)
        return closed

    def _refuse(self, table: Table, error: ApiRefusal | ServiceError) -> None:
        """Note that a connection does not tell; trouble of the service as a whole is raised again."""
        if isinstance(error, ServiceError) and not error.of_one:
            raise error
        self.refused.setdefault(table.connection, error)
        self.silent[table.connection].add(table)

    def silences(self, asked: AbstractSet[Table] | None = None) -> Iterator[str]:
        """A sentence for each connection of which something (of the tables that were ``asked`` for) was not told."""
        for connection, error in self.refused.items():
            count = len(self.silent[connection] if asked is None else self.silent[connection] & asked)
            if not count:
                continue
            tables = counted("table", count)
            yield f"{tables} of connection {named(self.org, connection)} could not be checked: {error.message}"


def named(org: Inventory | None, connection: str) -> str:
    """How a connection is called, in quotation marks; its id where the organization does not show it."""
    found = org.connections.get(connection) if org else None
    return repr(found.name if found else connection)


def _type(of: Json) -> str:
    return str(of.get("type", "")) if isinstance(of, dict) else str(of)


def _missing(
    there: Catalog, dest: Inventory, tables: Mapping[Table, Path], like: Mapping[Table, Likely]
) -> tuple[Problem, ...]:
    """A problem for each table that is not there, at the first place that names it; ``like`` says what may be meant."""
    return tuple(
        _problem(there, dest, table, path, like[table].told if table in like else "")
        for table, path in tables.items()
        if there.inodes[table] == ""
    )


def _problem(there: Catalog, dest: Inventory, table: Table, path: Path, like: str) -> Problem:
    name = named(dest, table.connection)
    higher = ".".join(above(table).path) or "the whole connection"
    return Problem(
        code="table_not_found",
        message=_not_found(there, dest, table),
        fix=f"create it, or sync {higher} of connection {name} in Sigma, or correct its path in map.connections"
        + (f"; {like}" if like else ""),
        path=json_path(path),
        value=".".join(table.path)[:200],
        thing=".".join(table.path),
    )


def _not_found(there: Catalog, dest: Inventory, table: Table) -> str:
    """That a table is missing, in one sentence, which also tells whether all of its schema is."""
    higher = ".".join(above(table).path) or "the whole connection"
    held = f"though {higher} is" if there.inodes.get(above(table)) else f"nor is {higher}"
    name = named(dest, table.connection)
    return f"table {'.'.join(table.path)} is not in the catalog of connection {name}, {held}"


def _apart(here: Catalog, origin: Table, there: Catalog, table: Table) -> Apart | None:
    """What a table lacks that its origin has; None where it lacks nothing or nobody knows."""
    if origin not in here.types or table not in there.types:
        return None
    mine, theirs = here.types[origin], there.types[table]
    missing = tuple(name for name in mine if name not in theirs)
    retyped = {name: (type_, theirs[name]) for name, type_ in mine.items() if name in theirs and theirs[name] != type_}
    return Apart(origin=origin, missing=missing, retyped=retyped) if missing or retyped else None


def _difference(table: Table, one: Apart) -> str:
    found = [f"no column {name!r}" for name in one.missing]
    found += [f"column {name!r} of type {now} instead of {before}" for name, (before, now) in one.retyped.items()]
    more = f" and {len(found) - _LISTED} more" if len(found) > _LISTED else ""
    names = f"{'.'.join(table.path)}, which stands for {'.'.join(one.origin.path)}"
    return f"table {names}, has {', '.join(found[:_LISTED])}{more}"


def lacking(
    body: Json, apart: Mapping[Table, Apart], dest: Inventory
) -> tuple[tuple[Problem, ...], tuple[Residual, ...]]:
    """What of these differences a document meets: columns it names that are missing, and those of another type.

    Each column once, at the first formula that names it.
    """
    problems: dict[tuple[Table, str], Problem] = {}
    residuals: dict[tuple[Table, str], Residual] = {}
    for read in columns_read(body, apart):
        one, called = apart[read.table], loosely(read.name)
        name = next((raw for raw in (*one.missing, *one.retyped) if loosely(raw) == called), None)
        if name is None:
            continue
        thing = ".".join((*read.table.path, name))
        place = f"{'.'.join(read.table.path)} of connection {named(dest, read.table.connection)}"
        if name in one.missing:
            origin = ".".join(one.origin.path)
            problem = Problem(
                code="column_not_found",
                message=f"column {name} is not in table {place}",
                fix=f"add it there and sync the table in Sigma, or map {origin} to a table that has it",
                path=json_path(read.path),
                value=name[:200],
                thing=thing,
            )
            problems.setdefault((read.table, name), problem)
        else:
            before, now = one.retyped[name]
            message = f"column {name} of table {place} is of type {now}, and {before} in the source"
            action = "check what reads it in the copy, or give it the same type in the warehouse"
            residual = Residual(code="column_retyped", message=message, next_action=action, path=read.path, thing=thing)
            residuals.setdefault((read.table, name), residual)
    return tuple(problems.values()), tuple(residuals.values())
