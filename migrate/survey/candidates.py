"""Tables of the target that a missing one may be called there, found by columns and by name; told, never taken."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from migrate.errors import ApiRefusal, ServiceError
from migrate.rewrite.names.warehouse import loosely
from migrate.rewrite.resolvers.tables import Table
from migrate.sigma import api

if TYPE_CHECKING:
    from migrate.survey.tables import Catalog

_TABLES = 20  # missing tables that candidates are looked for
_LOOKED_AT = 5  # tables of the target whose columns are read for each of them
_TOLD = 3
_ALIKE = 0.6


async def likely(there: Catalog, here: Catalog, missing: Mapping[Table, Table]) -> Mapping[Table, str]:
    """For tables that the target lacks (by the source's they stand for) what may be meant there, as a sentence part.

    The catalog of a connection is listed once. Where it cannot be, that is said; where nothing is alike, nothing is.
    """
    listed: dict[str, Sequence[tuple[str, ...]] | None] = {}
    found: dict[Table, str] = {}
    for table, origin in sorted(missing.items())[:_TABLES]:
        if table.connection not in listed:
            listed[table.connection] = await _paths(there, table.connection)
        paths = listed[table.connection]
        if paths is None:
            found[table] = "its catalog could not be listed, so that no candidates are known"
            continue
        await here.columns(origin)
        told = [await _told(there, here, origin, one) for one in _near(table, paths)]
        best = sorted((one for one in told if one is not None), key=lambda one: (-one[0], one[1]))[:_TOLD]
        if best:
            source = ".".join(origin.path)
            names = ", ".join(f"{name} ({words})" for _share, name, words in best)
            found[table] = (
                f"like it there: {names}; to take the first, add {{from: {source}, to: {best[0][1]}}} to paths"
            )
    return found


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
    fitting.sort(key=lambda path: (path[:-1] != table.path[:-1], -_alike(path[-1], table.path[-1]), path))
    return [Table(table.connection, path) for path in fitting[:_LOOKED_AT]]


async def _told(there: Catalog, here: Catalog, origin: Table, one: Table) -> tuple[float, str, str] | None:
    """How much of the origin a table holds, its name, and that in words; None where it is not alike."""
    await there.columns(one)
    mine, theirs = here.types.get(origin), there.types.get(one)
    name = ".".join(one.path)
    if mine and theirs:
        known = {loosely(column) for column in theirs}
        shared = sum(loosely(column) in known for column in mine)
        share = shared / len(mine)
        return (share, name, f"{shared} of {len(mine)} columns") if share >= _ALIKE else None
    alike = _alike(one.path[-1], origin.path[-1])
    return (alike - 1, name, "by name; its columns are not known") if alike >= _ALIKE else None


def _alike(one: str, other: str) -> float:
    return SequenceMatcher(None, one.casefold()[:100], other.casefold()[:100]).ratio()
