"""Tables of the target that a missing one may be called there, found by columns and by name; told, never taken."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from migrate.errors import ApiRefusal, ServiceError
from migrate.rewrite.names.warehouse import loosely
from migrate.rewrite.resolvers.tables import Table
from migrate.sigma import api
from migrate.tree import Json
from migrate.yaml.write import to_flow

if TYPE_CHECKING:
    from migrate.inventory.model import Inventory
    from migrate.sigma.client import Client
    from migrate.survey.tables import Catalog

_TABLES = 20  # missing tables that candidates are looked for
_LOOKED_AT = 5  # tables of the target whose columns are read for each of them
_TOLD = 3
_ALIKE = 0.6


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A table of the target, and what speaks for it; ``share`` is that of the columns, below 0 for a name alone."""

    path: tuple[str, ...]
    says: str
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Likely:
    """What a table of the source (``origin``) may be called in the target, the likeliest first.

    ``untold`` is why none is known, where nobody looked or could.
    """

    origin: Table
    candidates: tuple[Candidate, ...] = ()
    untold: str = ""

    @property
    def told(self) -> str:
        """The same as a part of a sentence; empty where nothing is alike."""
        if not self.candidates:
            return self.untold
        names = ", ".join(f"{'.'.join(one.path)} ({one.says})" for one in self.candidates)
        pair = to_flow({"from": spelled(self.origin.path), "to": spelled(self.candidates[0].path)})
        return f"like it there: {names}; to take the first, add {pair} to paths"


def spelled(path: tuple[str, ...]) -> Json:
    """A path as a plan writes it: with dots, or as a list where a name holds one."""
    return list(path) if any("." in name or not name.strip() for name in path) else ".".join(path)


async def likely(there: Catalog, here: Catalog, missing: Mapping[Table, Table]) -> Mapping[Table, Likely]:
    """What may be meant by each table that the target lacks, by it; ``missing`` says for which of the source it stands.

    The catalog of a connection is listed once. Where it cannot be, that is said; where nothing is alike, nothing is.
    """
    listed: dict[str, Sequence[tuple[str, ...]] | None] = {}
    found: dict[Table, Likely] = {}
    for number, (table, origin) in enumerate(sorted(missing.items())):
        if number >= _TABLES:
            found[table] = Likely(
                origin=origin, untold=f"candidates were looked for for {_TABLES} missing tables alone"
            )
            continue
        if table.connection not in listed:
            listed[table.connection] = await _paths(there, table.connection)
        paths = listed[table.connection]
        if paths is None:
            untold = "its catalog could not be listed, so that no candidates are known"
            found[table] = Likely(origin=origin, untold=untold)
            continue
        await here.columns(origin)
        told = [await _told(there, here, origin, one) for one in _near(table, paths)]
        best = sorted((one for one in told if one is not None), key=lambda one: -one.share)[:_TOLD]
        found[table] = Likely(origin=origin, candidates=tuple(best))
    return found


async def listed(client: Client, org: Inventory) -> Mapping[str, Sequence[tuple[str, ...]]]:
    """Everything that the catalogs of an organization hold, by connection; one that cannot be listed is left out."""
    from migrate.survey.tables import Catalog

    there = Catalog((client, org))
    found = {connection: await _paths(there, connection) for connection in org.connections}
    return {connection: paths for connection, paths in found.items() if paths is not None}


async def _paths(there: Catalog, connection: str) -> Sequence[tuple[str, ...]] | None:
    """Everything that the catalog of a connection holds; None where it cannot be listed."""
    if there.client is None:
        return None
    try:
        entries = await api.list_paths(there.client, connection)
    except (ApiRefusal, ServiceError) as error:
        if isinstance(error, ServiceError) and not error.of_one:
            raise
        return None
    paths = (entry.get("path") for entry in entries)
    return [tuple(map(str, path)) for path in paths if isinstance(path, list) and path]


def _near(table: Table, paths: Iterable[tuple[str, ...]]) -> list[Table]:
    """The tables whose columns are worth a look: those of the same schema first, by likeness of name."""
    fitting = [path for path in dict.fromkeys(paths) if len(path) == len(table.path) and path != table.path]
    fitting.sort(key=lambda path: (path[:-1] != table.path[:-1], -alike(path[-1], table.path[-1]), path))
    return [Table(table.connection, path) for path in fitting[:_LOOKED_AT]]


async def _told(there: Catalog, here: Catalog, origin: Table, one: Table) -> Candidate | None:
    """A table as a candidate, by how much of the origin it holds; None where it is not alike."""
    await there.columns(one)
    mine, theirs = here.types.get(origin), there.types.get(one)
    if mine and theirs:
        known = {loosely(column) for column in theirs}
        shared = sum(loosely(column) in known for column in mine)
        share = shared / len(mine)
        says = f"{shared} of {len(mine)} columns"
        return Candidate(path=one.path, says=says, share=share) if share >= _ALIKE else None
    share = alike(one.path[-1], origin.path[-1])
    says = "by name; its columns are not known"
    return Candidate(path=one.path, says=says, share=share - 1) if share >= _ALIKE else None


def alike(one: str, other: str) -> float:
    """How much two names have in common, from 0 to 1."""
    return SequenceMatcher(None, one.casefold()[:100], other.casefold()[:100]).ratio()
