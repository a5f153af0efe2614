"""The tables that documents read, and what one is called where SQL or a formula names it without case or in part."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from migrate.plan.maps import PathMap
from migrate.plan.match import TableMaps, map_table
from migrate.rewrite.catalogue.walk import ReferenceSite, find
from migrate.rewrite.model import Draft
from migrate.rewrite.text.sql.chains import Segment
from migrate.rewrite.text.sql.dialects import Dialect, dialect_of
from migrate.rewrite.text.sql.exchange import Moved, Partly, rewrite_sql
from migrate.tree import Json, Path, at

_SHOWN = 3  # changes a sentence lists

SQL_KEPT = "sql: keep"
"""How the statements are noted whose names the plan declares to be right in the target."""

TablePath = tuple[str, ...]


class Table(NamedTuple):
    """A warehouse table: the id of its connection, and its names."""

    connection: str
    path: TablePath


def tables_in(body: Json) -> Iterator[tuple[Path, Table]]:
    """Every table and metric view that a document reads, with the path of the object that names it.

    Without such a table Sigma refuses the document (sigma-specs 5.1 row 3); procedures and what agents use are looked
    up otherwise and left out.
    """
    return tables_among(find(body))


def tables_among(sites: Iterable[ReferenceSite]) -> Iterator[tuple[Path, Table]]:
    """The same of the sites of a document that were found already."""
    for site in sites:
        connection = site.node.get("connectionId")
        if site.row.code == "path" and site.node.get("kind") in ("warehouse-table", "metric-view"):
            names = site.value.split(".") if isinstance(site.value, str) else site.value
            if isinstance(connection, str):
                yield site.path[:-1], Table(connection, tuple(names))


def tables_in_sql(
    draft: Draft, types: Mapping[str, str], sites: Iterable[ReferenceSite] | None = None
) -> Iterator[tuple[Path, Table]]:
    """Every table that the statements of a draft read in the target, with the path of the statement.

    ``types`` are the warehouse types of the target's connections by id, ``sites`` those of the draft's body where they
    were found already. Names that a query makes while it runs, names that leave out the database or the schema, and
    views of the warehouse itself cannot be looked up and are left out; so are statements whose names the plan keeps.
    """
    for path, tables in _statements(draft, types, sites):
        yield from ((path, table) for table in tables if table is not None)


def origins_in_sql(
    draft: Draft, body: Json, types: Mapping[str, str], here: Mapping[str, str], sites: Iterable[ReferenceSite]
) -> Iterator[tuple[Path, Table, Table | None]]:
    """The same tables, each with that of the source which its statement names in that place.

    ``body`` is what the draft was made of, ``here`` are the types of the source's connections. Where the two
    statements do not name equally many things, nobody knows which stands for which.
    """
    for path, tables in _statements(draft, types, sites):
        before = _stood(body, path, here)
        origins = before if len(before) == len(tables) else [None] * len(tables)
        yield from ((path, table, origin) for table, origin in zip(tables, origins, strict=True) if table is not None)


def _statements(
    draft: Draft, types: Mapping[str, str], sites: Iterable[ReferenceSite] | None
) -> Iterator[tuple[Path, list[Table | None]]]:
    """What each statement of a draft names; those whose names the plan keeps are left out."""
    kept = {reference.path for reference in draft.references if reference.note == SQL_KEPT}
    for site in find(draft.body) if sites is None else sites:
        if site.row.code == "statement" and site.path not in kept:
            yield site.path, _named(site.value, site.node.get("connectionId"), types)


def _stood(body: Json, path: Path, types: Mapping[str, str]) -> list[Table | None]:
    """What the statement at a path of a document names; nothing where none stands there."""
    try:
        node = at(body, path[:-1])
        text = node[path[-1]]
    except (KeyError, IndexError, TypeError):  # what stood elsewhere in the source, or nowhere
        return []
    return _named(text, node.get("connectionId"), types) if isinstance(text, str) else []


def _named(statement: str, connection: Json, types: Mapping[str, str]) -> list[Table | None]:
    """The names of a statement in their order; None for one that is no table, or cannot be looked up."""
    dialect = dialect_of(types.get(connection, "")) if isinstance(connection, str) else None
    if dialect is None:
        return []
    return [_table(connection, each, dialect) for each in rewrite_sql(statement, dialect=types[connection]).names]


def _table(connection: str, named: Moved, dialect: Dialect) -> Table | None:
    if named.kind != "table" or named.end != "kept" or len(named.before) != dialect.parts:
        return None
    names = (name.lower() for name in named.before) if dialect.lower_catalog else named.before
    return Table(connection, tuple(names))


def renamed_in_sql(name: Sequence[str], maps: TableMaps) -> tuple[TablePath | None, tuple[PathMap, ...]]:
    """The new name of a table as SQL writes it, and the maps that say so; None where none does.

    A statement may leave out the database or the schema: then the ends of the maps are compared, and only what
    all of the most specific fitting maps agree on is taken.
    """
    found, by = _mapped(name, maps)
    if by is not None:
        return found, (by,)
    ends = {map_: end for map_ in maps.maps if (end := _end(map_, len(name))) is not None}
    fitting: dict[PathMap, TablePath] = {}
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


def ruled_in_sql(
    name: Sequence[str], rules: Iterable[tuple[TableMaps, str]]
) -> tuple[TablePath | None, list[tuple[str, str, str]]]:
    """The same by rules, each on what the one before left, with (rule, before, after) of each that spoke.

    ``rules`` are the map of each rule and its name.
    """
    now, told = tuple(name), []
    for maps, rule in rules:
        new, _by = renamed_in_sql(now, maps)
        if new is not None:
            told.append((rule, ".".join(now), ".".join(new)))
            now = new
    return (now if told else None), told


def agreed_in_sql(name: Sequence[Segment], maps: TableMaps) -> tuple[Partly, tuple[PathMap, ...]]:
    """What is known of the new name of a table that is named in part while a query runs, and the maps that may speak.

    A segment in pieces stands for every name that has them. Known segments get a new name where all maps that
    may apply agree on it; a map that a more specific one hides whatever is put in does not count.
    """
    size = len(name)
    fitting = {map_: map_ for map_ in maps.maps if len(map_.source) == size and _may_fit(map_, name)}
    if not fitting:
        ends = {map_: end for map_ in maps.maps if (end := _end(map_, size)) is not None}
        fitting = {map_: end for map_, end in ends.items() if _may_fit(end, name)}
    fitting, always = _not_hidden(fitting, name)
    if not fitting:
        return Partly(None), ()
    if any(not _in_place(end) for end in fitting.values()):
        return Partly(None, "and a map that may speak of it changes the number or order of names"), ()
    answers = [{_new(end, name, at) for end in fitting.values()} for at in range(size)]
    if any(len(new) > 1 for new, known in zip(answers, name, strict=True) if len(known) == 1):
        return Partly(None, "and the maps that may speak of it do not agree"), ()
    after = tuple(min(new) if len(known) == 1 else None for new, known in zip(answers, name, strict=True))
    return Partly(after, _doubt(fitting.values(), name, always=always)), tuple(fitting)


def _not_hidden(fitting: Mapping[PathMap, PathMap], name: Sequence[Segment]) -> tuple[dict[PathMap, PathMap], bool]:
    """The maps that no more specific one hides whatever is put in, and whether one of them always applies."""
    open_ends = [at for at, known in enumerate(name) if len(known) > 1]
    best: dict[tuple[str, ...], tuple[PathMap, PathMap]] = {}
    for map_, end in fitting.items():
        asked = tuple(end.source[at].casefold() for at in open_ends)
        if asked not in best or _specificity(end) > _specificity(best[asked][1]):
            best[asked] = map_, end
    always = best.get(("*",) * len(open_ends))
    floor = _specificity(always[1]) if always else (0, ())
    return {map_: end for map_, end in best.values() if _specificity(end) >= floor}, always is not None


def _may_fit(map_: PathMap, name: Sequence[Segment]) -> bool:
    """Whether a map speaks of some name that has these pieces."""
    return all(wanted == "*" or _has(wanted.casefold(), known) for wanted, known in zip(map_.source, name, strict=True))


def _has(name: str, pieces: Segment) -> bool:
    """Whether a name has these pieces in this order, the first at its start and the last at its end."""
    first, last = pieces[0].casefold(), pieces[-1].casefold()
    if len(pieces) == 1:
        return name == first
    if len(name) < len(first) + len(last) or not (name.startswith(first) and name.endswith(last)):
        return False
    place, end = len(first), len(name) - len(last)
    for piece in pieces[1:-1]:
        found = name.find(piece.casefold(), place, end)
        if found < 0:
            return False
        place = found + len(piece)
    return True


def _in_place(map_: PathMap) -> bool:
    """Whether each segment of a map's target speaks of the segment in the same place of its source."""
    sides = zip(map_.source, map_.target, strict=True) if len(map_.source) == len(map_.target) else ()
    return len(map_.source) == len(map_.target) and all(of == "*" for of, to in sides if to == "*")


def _new(map_: PathMap, name: Sequence[Segment], at: int) -> str:
    return "".join(name[at]) if map_.target[at] == "*" else map_.target[at]


def _doubt(maps: Iterable[PathMap], name: Sequence[Segment], *, always: bool) -> str:
    """What is put in that does not give the right table, or that may not."""
    changed = [
        f"{of} is {to} in the target"
        for map_ in maps
        for of, to, known in zip(map_.source, map_.target, name, strict=True)
        if len(known) > 1 and to != "*" and of.casefold() != to.casefold()
    ]
    if changed:
        more = " and so on" if len(changed) > _SHOWN else ""
        return f"what is put in must change, {', '.join(changed[:_SHOWN])}{more}"
    return "" if always else "no map speaks of all that may be put in"


def _specificity(map_: PathMap) -> tuple[int, tuple[bool, ...]]:
    literal = tuple(segment != "*" for segment in map_.source)
    return sum(literal), literal


def _mapped(name: Sequence[str], maps: TableMaps) -> tuple[TablePath, PathMap | None]:
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


def _stars(map_: PathMap, name: Sequence[str]) -> TablePath:
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
