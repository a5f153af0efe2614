"""The tables that documents read, and what one is called where SQL or a formula names it without case or in part."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from migrate.plan.match import TableMaps, map_table
from migrate.plan.model import PathMap
from migrate.rewrite.catalogue.walk import find
from migrate.tree import Json, Path

Names = tuple[str, ...]


class Table(NamedTuple):
    """A warehouse table: the id of its connection, and its names."""

    connection: str
    path: Names


def tables_in(body: Json) -> Iterator[tuple[Path, Table]]:
    """Every table and metric view that a document reads, with the path of the object that names it.

    Without such a table Sigma refuses the document (sigma-specs 5.1 row 3); procedures and what agents use are looked
    up otherwise and left out.
    """
    for site in find(body):
        connection = site.node.get("connectionId")
        if site.row.code == "path" and site.node.get("kind") in ("warehouse-table", "metric-view"):
            names = site.value.split(".") if isinstance(site.value, str) else site.value
            if isinstance(connection, str):
                yield site.path[:-1], Table(connection, tuple(names))


def renamed_in_sql(name: Sequence[str], maps: TableMaps) -> tuple[Names | None, tuple[PathMap, ...]]:
    """The new name of a table as SQL writes it, and the maps that say so; None where none does.

    A statement may leave out the database or the schema: then the ends of the maps are compared, and only what
    all of the most specific fitting maps agree on is taken.
    """
    found, by = _mapped(name, maps)
    if by is not None:
        return found, (by,)
    ends = {map_: end for map_ in maps.maps if (end := _end(map_, len(name))) is not None}
    fitting: dict[PathMap, Names] = {}
    for map_, end in ends.items():
        new, used = _mapped(name, TableMaps([end]))
        if used is not None:
            fitting[map_] = new
    if not fitting:
        return None, ()
    most = max(_literals(ends[map_]) for map_ in fitting)
    best = {map_: new for map_, new in fitting.items() if _literals(ends[map_]) == most}
    answers = set(best.values())
    return (answers.pop() if len(answers) == 1 else None), tuple(best)


def _mapped(name: Sequence[str], maps: TableMaps) -> tuple[Names, PathMap | None]:
    """As ``TableMaps.find``: exactly, else without regard to case, with passed-on segments spelled as they were."""
    new, by = maps.find(name)
    if by is not None:
        return new, by
    loose = maps.folded()
    new, used = loose.find(tuple(segment.casefold() for segment in name))
    if used is None:
        return tuple(name), None
    original = maps.maps[next(index for index, map_ in enumerate(loose.maps) if map_ is used)]
    return map_table([PathMap(source=_stars(original, name), target=original.target)], name)[0], original


def _stars(map_: PathMap, name: Sequence[str]) -> Names:
    """The map's source in the spelling of a name that it fits."""
    return tuple("*" if wanted == "*" else found for wanted, found in zip(map_.source, name, strict=True))


def _end(map_: PathMap, size: int) -> PathMap | None:
    """The last segments of a map, where both sides are equally long and say something about these segments."""
    if size >= len(map_.source) or len(map_.target) != len(map_.source):
        return None
    source, target = map_.source[-size:], map_.target[-size:]
    if all(segment == "*" for segment in source):
        return None
    # A star passed on across the cut would have nothing to repeat.
    if any((s == "*") != (t == "*") for s, t in zip(map_.source, map_.target, strict=True)):
        return None
    return PathMap(source=source, target=target)


def _literals(map_: PathMap) -> int:
    return sum(segment != "*" for segment in map_.source)
