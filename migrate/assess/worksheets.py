"""The worksheets that a person fills in, as tables: what is found here is what ``map.worksheets`` of a plan reads.

A row is one thing of the source; ``from`` is written as a plan writes it. An empty ``to`` means what the first sheet
says: the same name, the same path, or not decided yet.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType

from migrate.assess.model import Assessment, Need, NeedKind
from migrate.assess.needs import by_schema
from migrate.assess.words import READINESS_WORDS
from migrate.change.obstacles import Obstacle
from migrate.inventory.model import Inventory
from migrate.plan.csv_plan import written_path
from migrate.plan.suggest import nearest
from migrate.plan.worksheet_names import CHOICES, SHEETS
from migrate.report.sheets import Sheet
from migrate.survey.candidates import alike
from migrate.text import join_path
from migrate.tree import Json

_KINDS: Mapping[str, NeedKind] = {
    "folders": "folder",
    "connections": "connection",
    "paths": "path",
    "data_models": "data_model",
    "members": "member",
    "teams": "team",
    "user_attributes": "user_attribute",
    "plugins": "plugin",
    "urls": "url",
}

_MEANS: Mapping[str, str] = {
    "folders": "folders that documents stand in; an empty cell keeps the path. What is below goes along.",
    "connections": "warehouse connections; each needs a counterpart, or what reads it is blocked.",
    "paths": "schemas (DB.SCHEMA.*) and tables; an empty cell keeps the names. The most specific row counts.",
    "data_models": "data models; an empty cell copies them, a name uses that existing model of the target.",
    "members": "people; an empty cell means the same address. A row such as *@old.com, *@new.com maps a domain.",
    "teams": "teams; an empty cell means the same name.",
    "user_attributes": "user attributes; an empty cell means the same name.",
    "plugins": "plugins; an empty cell means the same name.",
    "urls": "addresses that documents lead to; an empty cell keeps them.",
    "decisions": "what to do where the easy road ends; an empty answer is the default.",
    "documents": "every document; write no in travels to leave one out.",
}

_QUESTIONS: Mapping[str, str] = {
    "policy.existing": "a document of that name is there and is not ours",
    "policy.unsupported": "something in a document cannot travel",
    "policy.security": "a row or column rule cannot be mapped (waive needs policy.waived_by)",
    "policy.waived_by": "who answers for waiving security rules",
    "policy.dangling": "a reference leads nowhere in the source already",
}


TablePaths = Mapping[str, Sequence[tuple[str, ...]]]
"""What the catalogs of a target hold, by the id of the connection: databases, schemas and tables."""

NO_TABLES: TablePaths = MappingProxyType({})


def worksheets(found: Assessment, there: Inventory | None = None, tables: TablePaths = NO_TABLES) -> tuple[Sheet, ...]:
    """The sheets, those without a row left out; ``there`` is the target where it could be looked at, ``tables`` what
    its catalogs hold: they feed lists to choose from and candidates by name."""
    made = [_sheet(name, _rows(name, found, there), _names_there(name, there)) for name in _KINDS if name != "paths"]
    paths = _sheet("paths", _paths(found, there, tables), _written(path for each in tables.values() for path in each))
    made.insert(2, paths)
    made += [
        _sheet("decisions", _decisions(found.obstacles, len(found.judged)), ()),
        _sheet("documents", _documents(found), ()),
    ]
    filled = [sheet for sheet in made if len(sheet.table)]
    return (_read_me(filled), *filled)


def _sheet(name: str, rows: Iterable[Sequence[Json]], choosing: Iterable[str]) -> Sheet:
    from pandas import DataFrame

    columns = SHEETS[name]
    choices = dict(CHOICES.get(name, {}))
    names = sorted(set(choosing))
    if names:
        choices["to"] = tuple(names)
    return Sheet(
        name=name,
        table=DataFrame(list(rows), columns=list(columns), dtype=object),
        frozen=2 if name == "paths" else 1,
        choices={columns.index(column): listed for column, listed in choices.items()},
    )


def _names_there(name: str, there: Inventory | None) -> Iterator[str]:
    """What the target has of one kind, as a plan would write it."""
    if there is None:
        return
    match name:
        case "folders":
            yield from (join_path(folder.path) for folder in there.folders.values() if not folder.personal)
        case "data_models":
            items = (item for key, item in there.items.items() if key.about.feeds and not item.archived)
            yield from (join_path((*item.path, item.name)) for item in items)
        case "connections" | "members" | "teams" | "user_attributes" | "plugins":
            yield from (each.name for each in getattr(there, name).values())


def _rows(name: str, found: Assessment, there: Inventory | None) -> Iterator[tuple[Json, ...]]:
    known = sorted(_names_there(name, there))
    for need in (need for need in found.needs if need.kind == _KINDS[name]):
        same = need.name in known
        candidate = (
            "" if same else _connection_like(need, there) if name == "connections" else nearest(need.name, known)
        )
        yield need.name, need.name if same else "", len(need.documents), need.uses, need.note, candidate


def _connection_like(need: Need, there: Inventory | None) -> str:
    """The target's connection to the same kind of warehouse that is called alike, or is the only one."""
    names = sorted(one.name for one in there.connections.values() if one.type == need.note) if there else []
    return names[0] if len(names) == 1 else nearest(need.name, names)


def _paths(found: Assessment, there: Inventory | None, tables: TablePaths) -> Iterator[tuple[Json, ...]]:
    """A row for each schema and each table, with what may be meant in the catalogs of the target."""
    of_kind = [need for need in found.needs if need.kind == "path"]
    held = {of: _by_name(note, there, tables) for of, note in {(need.of, need.note) for need in of_kind}}
    left = {of: sorted(names.keys() - {need.path[-1] for need in of_kind}) for of, names in held.items()}
    meant = {(need.of, need.path): _table_like(need.path, held[need.of], left[need.of]) for need in of_kind}
    for need in (*by_schema(of_kind), *of_kind):
        like = meant.get((need.of, need.path)) or _schema_like(need, of_kind, meant)
        same = like == need.path
        to, candidate = written_path(like) if same else "", "" if same else written_path(like)
        yield need.of, written_path(need.path), to, len(need.documents), need.uses, need.in_sql, candidate


def _by_name(of_type: str, there: Inventory | None, tables: TablePaths) -> Mapping[str, Sequence[tuple[str, ...]]]:
    """The tables of the target's connections to one kind of warehouse, by their own names."""
    found: dict[str, list[tuple[str, ...]]] = {}
    for connection, paths in tables.items():
        if there and there.connections[connection].type == of_type:
            for path in paths:
                found.setdefault(path[-1], []).append(path)
    return found


def _table_like(
    path: tuple[str, ...], held: Mapping[str, Sequence[tuple[str, ...]]], left: Sequence[str]
) -> tuple[str, ...]:
    """The table that is likeliest meant, by its name and then by those above it; none where none is alike.

    ``left`` are the names that no other table of the source has.
    """
    name = path[-1] if path[-1] in held else nearest(path[-1], left)
    fitting = [one for one in held.get(name, ()) if len(one) == len(path)]
    return max(fitting, key=lambda one: (one == path, *map(alike, one[-2::-1], path[-2::-1])), default=())


def _schema_like(
    schema: Need, needs: Sequence[Need], meant: Mapping[tuple[str, tuple[str, ...]], tuple[str, ...]]
) -> tuple[str, ...]:
    """The schema, with its ``*``, in which most of the tables of one are; none where none of them is anywhere."""
    inside = [meant[one.of, one.path] for one in needs if (one.of, one.path[:-1]) == (schema.of, schema.path[:-1])]
    counts = Counter(one[:-1] for one in inside if one)
    return (*counts.most_common(1)[0][0], "*") if counts else ()


def _written(paths: Iterable[tuple[str, ...]]) -> Iterator[str]:
    """Tables as a plan writes them, and what stands above them with ``*`` for all of it."""
    found = set(paths)
    above = {path[:at] for path in found for at in range(1, len(path))}
    for path in found - above:
        yield written_path(path)
        if len(path) > 1:
            yield written_path((*path[:-1], "*"))


def _decisions(obstacles: Sequence[Obstacle], documents: int) -> Iterator[tuple[Json, ...]]:
    asked = {"policy.existing": documents}
    for name in ("unsupported", "security", "dangling"):
        stopped = {key for one in obstacles if one.policy == name for key in (*one.direct, *one.behind)}
        if stopped:
            asked[f"policy.{name}"] = len(stopped)
    if "policy.security" in asked:
        asked["policy.waived_by"] = asked["policy.security"]
    yield from ((name, "", count, _QUESTIONS[name]) for name, count in asked.items())


def _documents(found: Assessment) -> Iterator[tuple[Json, ...]]:
    for one in found.judged:
        stops = [found.obstacles[at] for at in one.obstacles]
        why = "; ".join(each.message for each in stops) or "; ".join(work.message for work in one.handwork)
        fix = "; ".join(dict.fromkeys(each.fix for each in stops)) or "; ".join(
            dict.fromkeys(work.fix for work in one.handwork)
        )
        state = READINESS_WORDS[one.readiness]
        yield one.name, "", one.key.kind, join_path(one.folder), one.key.id, state, why, fix


def _read_me(sheets: Iterable[Sheet]) -> Sheet:
    from pandas import DataFrame

    rows: list[tuple[str, Json, str]] = [(sheet.name, len(sheet.table), _MEANS[sheet.name]) for sheet in sheets]
    rows.append(("how", "", "Fill in the columns to, answer and travels; add rows where a mapping is missing."))
    rows.append(("then", "", "Name this file in a plan: map: {worksheets: mapping.xlsx}"))
    return Sheet(name="Read me", table=DataFrame(rows, columns=["sheet", "rows", "what it is for"], dtype=object))
