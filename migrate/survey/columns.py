"""What columns of tables are called in the warehouse, asked where formulas must name them so in the target."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from migrate.rewrite.context import MappedConnection
from migrate.rewrite.names.warehouse import RawColumns, TableKey
from migrate.rewrite.resolvers.tables import Table, tables_in
from migrate.sigma.workers import each
from migrate.survey.tables import Catalog
from migrate.tree import Json


async def raw_columns(
    bodies: Iterable[Json], connections: Mapping[str, MappedConnection], source: Catalog, target: Catalog
) -> RawColumns:
    """The columns of every table that loses its friendly names, from the source's catalog, else from the target's.

    A table whose columns neither tells is left out. Nothing is asked where both sides name columns alike.
    """
    losing = {identity for identity, to in connections.items() if to.columns == "to_raw"}
    tables = (
        {table for body in bodies for _path, table in tables_in(body) if table.connection in losing} if losing else ()
    )
    found: dict[TableKey, tuple[str, ...]] = {}

    async def one(table: Table) -> None:
        to = connections[table.connection]
        there = Table(to.id, to.tables.find(table.path)[0])
        for catalog, asked in ((source, table), (target, there)):
            await catalog.columns(asked)
            if catalog.types.get(asked):
                found[table.connection, table.path] = tuple(catalog.types[asked])
                return

    await each(sorted(tables), one, workers=target.width)
    return MappingProxyType(found)
