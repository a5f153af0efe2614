"""The maps of a plan, resolved against both organizations into an ``TargetContext``: every name exactly one thing.

Whatever cannot be resolved is collected and told at once, with the candidates and a suggestion that is printed and
never applied. A map entry that matched nothing is a warning, since it is mostly a typing mistake.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace

from migrate.bundle.spec import Spec
from migrate.errors import Problem
from migrate.inventory.model import Connection, Inventory, Item, Key, Named
from migrate.plan.maps import Pair, Renamed, RenamedKind
from migrate.plan.match import map_email, map_folder, map_name
from migrate.plan.model import Plan
from migrate.plan.rules import SetPath
from migrate.plan.suggest import nearest
from migrate.rewrite.app_address import app_address
from migrate.rewrite.catalogue.recognition import recognition_of
from migrate.rewrite.context import (
    Addresses,
    Bodies,
    MappedConnection,
    NamedKind,
    Outlines,
    Resolved,
    SourceModels,
    TargetContext,
)
from migrate.rewrite.models.mapped_model import MappedModel, NamesThere, mapped_model
from migrate.rewrite.names.propagation import NameChanges
from migrate.rewrite.names.warehouse import ColumnNaming
from migrate.rewrite.python_rules import Transform
from migrate.rewrite.resolvers.prefixes import names_in_models, renamer, renames_tables
from migrate.rewrite.rules import applies
from migrate.text import join_path

NAMES_KEPT = "formulas are written in the target's way, and columns keep the names that people see"


@dataclass(slots=True)
class _Notes:
    """Problems and warnings so far, with the plan's line for each map entry."""

    plan: Plan
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)

    def problem(self, where: str, code: str, message: str, *, fix: str = "", value: str = "") -> None:
        """Something that stops the plan."""
        self.problems.append(self._make(where, code, message, fix, value))

    def warning(self, where: str, code: str, message: str, *, fix: str = "", value: str = "") -> None:
        """Something that a person should look at."""
        self.warnings.append(self._make(where, code, message, fix, value))

    def _make(self, where: str, code: str, message: str, fix: str, value: str) -> Problem:
        file, line, column = self.plan.lines.get(where, ("", 0, 0))
        return Problem(
            code=code, message=message, fix=fix, file=file, line=line, column=column, path=where, value=value
        )


def resolve(
    plan: Plan,
    target: str,
    source: Inventory,
    dest: Inventory,
    in_scope: frozenset[Key],
    specs: Mapping[Key, Spec],
    existing_models: Mapping[str, Spec],
    transforms: tuple[Transform, ...] = (),
) -> TargetContext:
    """The context of one target.

    ``specs`` are the source's documents in scope, and of the models that ``map.data_models`` names where they could
    be read; ``existing_models`` are the target's specs of those models by their *target* id (see
    ``mapped_models``); ``transforms`` are rules written in Python. Problems stop the plan, warnings do not; both
    carry the plan's line.
    """
    notes = _Notes(plan)
    connections = _connections(plan, source, dest, notes)
    models = _models(plan, source, dest, specs, existing_models, notes)
    _check_folders(plan, source, in_scope, notes)
    return TargetContext(
        target=target,
        source=source,
        dest=dest,
        in_scope=in_scope,
        policy=plan.policy,
        rules=plan.rules,
        transforms=transforms,
        theirs=frozenset(known_ids(dest)),
        folders=tuple(_folder_pair(pair, source) for pair in plan.map.folders),
        folder_ids={pair.target: pair.target for pair in plan.map.folders if pair.target in dest.folders},
        connections=connections,
        models=models,
        named=_named(plan, source, dest, notes),
        members=plan.map.members,
        urls=plan.map.urls,
        foreign=recognition_of(known_ids(source)),
        addresses=_addresses(plan, target, source, dest),
        sources=_source_models(plan, source, specs, connections, models),
        problems=tuple(notes.problems),
        warnings=tuple(notes.warnings),
    )


def _addresses(plan: Plan, target: str, source: Inventory, dest: Inventory) -> Addresses:
    return Addresses(
        here=app_address(source, plan.orgs.get(source.org)),
        there=app_address(dest, plan.orgs.get(target)),
        url_ids={item.url_id: key.id for key, item in source.items.items() if item.url_id},
    )


def _source_models(
    plan: Plan,
    source: Inventory,
    specs: Mapping[Key, Spec],
    connections: Mapping[str, MappedConnection],
    models: Mapping[str, MappedModel],
) -> SourceModels:
    bodies = Bodies(specs)
    names = {(of, element): renames for of, to in models.items() for element, renames in to.renames.items()}
    copied = [key for key in specs if key.about.feeds and key.id not in models]
    return SourceModels(
        bodies=bodies,
        outlines=Outlines(bodies),
        names=names | _copied_names(plan, source, copied, specs, bodies, connections),
        renaming=renames_tables(tuple(map_ for to in connections.values() for map_ in to.paths)),
    )


def _connections(plan: Plan, source: Inventory, dest: Inventory, notes: _Notes) -> dict[str, MappedConnection]:
    found: dict[str, MappedConnection] = {}
    here = {identity: connection.name for identity, connection in source.connections.items()}
    there = {identity: connection.name for identity, connection in dest.connections.items()}
    for index, entry in enumerate(plan.map.connections):
        where = f"map.connections.{index}"
        of = _one(f"{where}.from", "connection", entry.source, here, "source", notes)
        to = _one(f"{where}.to", "connection", entry.target, there, dest.org, notes)
        if of is None or to is None:
            continue
        if of in found:
            message = f"connection {here[of]!r} is mapped twice"
            notes.problem(where, "map_conflict", message, fix="keep one of the entries", value=entry.source)
            continue
        connection = dest.connections[to]
        found[of] = MappedConnection(
            id=to,
            name=connection.name,
            where=where,
            dialect=source.connections[of].type or connection.type,
            sql=entry.sql,
            paths=entry.paths,
            write_access=connection.write_access,
            columns=_column_naming(where, source.connections[of], connection, notes),
        )
    return found


def _column_naming(where: str, of: Connection, to: Connection, notes: _Notes) -> ColumnNaming:
    """How formulas over a connection's tables name columns in the target; a warning where the two sides differ."""
    if of.friendly_name == to.friendly_name:
        return "alike"
    makes, not_ = (of, to) if of.friendly_name else (to, of)
    message = f"connection {makes.name!r} makes friendly names of columns and {not_.name!r} does not; {NAMES_KEPT}"
    fix = "set both alike in Sigma, unless that is meant"
    notes.warning(where, "column_names_differ", message, fix=fix, value=of.name)
    return "to_raw" if of.friendly_name else "to_friendly"


def _one(where: str, what: str, name: str, names: Mapping[str, str], org: str, notes: _Notes) -> str | None:
    """The one id of that id or name; a missing source is a warning, everything else a problem."""
    found = [name] if name in names else [identity for identity, known in names.items() if known == name]
    if len(found) == 1:
        return found[0]
    if found:
        listed = ", ".join(sorted(found))
        message = f"{what} {name!r} is {len(found)} things in {org}: {listed}"
        notes.problem(where, "ambiguous_name", message, fix="write the id instead of the name", value=name)
        return None
    close = nearest(name, names.values())
    fix = f"did you mean {close!r}?" if close else f"{org} has: {', '.join(sorted(set(names.values()))[:20]) or 'none'}"
    if org == "source":
        notes.warning(where, "map_unmatched", f"no {what} {name!r} in the source", fix=fix, value=name)
    else:
        notes.problem(where, "unresolved_name", f"no {what} {name!r} in {org}", fix=fix, value=name)
    return None


def counterparts(plan: Plan, source: Inventory, dest: Inventory) -> Mapping[NamedKind, Mapping[str, str]]:
    """Source id -> target id of every team, member, user attribute and plugin that the plan or its name leads to."""
    return {kind: resolved.ids for kind, resolved in _named(plan, source, dest, _Notes(plan)).items()}


def _named(plan: Plan, source: Inventory, dest: Inventory, notes: _Notes) -> dict[NamedKind, Resolved]:
    kinds: tuple[tuple[NamedKind, str, Mapping[str, Named], Mapping[str, Named], tuple[Pair, ...]], ...] = (
        ("team", "teams", source.teams, dest.teams, plan.map.teams),
        ("user", "members", source.members, dest.members, plan.map.members),
        ("user-attribute", "user_attributes", source.user_attributes, dest.user_attributes, plan.map.user_attributes),
        ("plugin", "plugins", source.plugins, dest.plugins, plan.map.plugins),
        ("connector", "", source.connectors, dest.connectors, ()),
    )
    return {kind: _resolved(kind, f"map.{key}", here, there, pairs, notes) for kind, key, here, there, pairs in kinds}


def _resolved(
    kind: NamedKind,
    where: str,
    here: Mapping[str, Named],
    there: Mapping[str, Named],
    pairs: tuple[Pair, ...],
    notes: _Notes,
) -> Resolved:
    by_name = map_email if kind == "user" else map_name
    ids: dict[str, str] = {}
    names: dict[str, str] = {}
    gaps: dict[str, str] = {}
    used: set[Pair] = set()
    index = _by_name(kind, there)
    for identity, thing in here.items():
        wanted, pair = by_name([p for p in pairs if p.source == identity] or pairs, thing.name)
        if any(p.source == identity for p in pairs):
            pair = next(p for p in pairs if p.source == identity)
            wanted = pair.target
        if pair is not None:
            used.add(pair)
        found = [wanted] if wanted in there else index.get(_folded(kind, wanted), [])
        if not found and kind == "plugin" and thing.url:
            found = [i for i, candidate in there.items() if candidate.url == thing.url]
        if len(found) == 1:
            ids[identity] = found[0]
            names[thing.name] = there[found[0]].name
        else:
            gaps[identity] = gaps[thing.name] = _gap(kind, thing.name, wanted, found, there)
    for number, pair in enumerate(pairs):
        if "*" not in pair.source:
            _explicit(kind, f"{where}.{number}", pair, here, there, notes)
        if pair not in used:
            close = nearest(pair.source, (thing.name for thing in here.values()))
            fix = f"did you mean {close!r}?" if close else "remove the entry or correct the name"
            message = f"no {kind} {pair.source!r} in the source"
            notes.warning(f"{where}.{number}.from", "map_unmatched", message, fix=fix, value=pair.source)
    names_there = frozenset(thing.name for thing in there.values())
    return Resolved(ids=ids, names=names, gaps=gaps, pairs=pairs, there=names_there)


def _explicit(
    kind: NamedKind, where: str, pair: Pair, here: Mapping[str, Named], there: Mapping[str, Named], notes: _Notes
) -> None:
    """Hold an entry that names one thing to its word: it is exactly one on either side, or a problem."""
    mine = [pair.source] if pair.source in here else _by_name(kind, here).get(_folded(kind, pair.source), [])
    if len(mine) > 1:
        message = f"{kind} {pair.source!r} is {len(mine)} things in the source: {', '.join(sorted(mine))}"
        fix = "write the id instead of the name"
        notes.problem(f"{where}.from", "ambiguous_name", message, fix=fix, value=pair.source)
    if not mine or "*" in pair.target:
        return
    theirs = [pair.target] if pair.target in there else _by_name(kind, there).get(_folded(kind, pair.target), [])
    if len(theirs) != 1:
        code = "ambiguous_name" if theirs else "unresolved_name"
        gap = _gap(kind, pair.target, pair.target, theirs, there)
        fix = "write the id instead of the name" if theirs else "correct the name, or create it in the target"
        notes.problem(f"{where}.to", code, gap, fix=fix, value=pair.target)


def _gap(kind: str, name: str, wanted: str, found: list[str], there: Mapping[str, Named]) -> str:
    mapped = f"{kind} {name!r}" if name == wanted else f"{kind} {name!r} (mapped to {wanted!r})"
    if found:
        return f"{mapped} is {len(found)} things in the target: {', '.join(sorted(found))}"
    close = nearest(wanted, (thing.name for thing in there.values()))
    return f"{mapped} does not exist in the target" + (f"; did you mean {close!r}?" if close else "")


def _by_name(kind: NamedKind, things: Mapping[str, Named]) -> dict[str, list[str]]:
    index: dict[str, list[str]] = {}
    for identity, thing in things.items():
        index.setdefault(_folded(kind, thing.name), []).append(identity)
    return index


def _folded(kind: NamedKind, name: str) -> str:
    return name.casefold() if kind == "user" else name


def mapped_models(plan: Plan, source: Inventory, dest: Inventory) -> Mapping[str, str]:
    """Source model id -> id of the existing target model that ``map.data_models`` puts in its place.

    Entries that name nothing or several things are left out; ``resolve`` reports them.
    """
    return {of: to for of, to, _ in _model_pairs(plan, source, dest, _Notes(plan))}


def _model_pairs(plan: Plan, source: Inventory, dest: Inventory, notes: _Notes) -> Iterator[tuple[str, str, int]]:
    for index, pair in enumerate(plan.map.data_models):
        where = f"map.data_models.{index}"
        of = _one_model(f"{where}.from", pair.source, source, "source", notes)
        to = _one_model(f"{where}.to", pair.target, dest, dest.org, notes)
        if of is not None and to is not None:
            yield of, to, index


def _one_model(where: str, text: str, inventory: Inventory, org: str, notes: _Notes) -> str | None:
    """The one model of that id, name or path; a name alone must be the only one of its kind."""
    items = [item for key, item in inventory.items.items() if key.about.feeds and not item.archived]
    names = {item.key.id: (_path_text(item) if "/" in text else item.name) for item in items}
    return _one(where, "data model", text, names, org, notes)


def _path_text(item: Item) -> str:
    return join_path((*item.path, item.name))


def _models(
    plan: Plan,
    source: Inventory,
    dest: Inventory,
    specs: Mapping[Key, Spec],
    existing: Mapping[str, Spec],
    notes: _Notes,
) -> dict[str, MappedModel]:
    found: dict[str, MappedModel] = {}
    used: set[Renamed] = set()
    seen: dict[str, set[RenamedKind]] = {}
    for of, to, index in _model_pairs(plan, source, dest, notes):
        where = f"map.data_models.{index}"
        if of in found:
            notes.problem(where, "map_conflict", "this model is mapped twice", fix="keep one of the entries", value=of)
            continue
        spec = specs.get(Key(org=source.org, kind="data-model", id=of))
        there = existing.get(to)
        item = dest.items.get(Key(org=dest.org, kind="data-model", id=to))
        known_as = (None, *_known_as(source.items.get(Key(org=source.org, kind="data-model", id=of))))
        entries = tuple(each for each in plan.map.controls if each.model in known_as)
        made = mapped_model(to, spec, there, NamesThere(entries=entries, used=used, seen=seen))
        found[of] = replace(made, url_id=item.url_id) if item is not None else made
    models = {of: Key(org=source.org, kind="data-model", id=of) for of in found}
    if all(key in specs and found[of].id in existing for of, key in models.items()):
        _warn_of_idle(plan, used, seen, notes)
    return found


def _known_as(item: Item | None) -> tuple[str, ...]:
    """What a plan may call a document: its id, name or path."""
    return (item.key.id, item.name, _path_text(item)) if item is not None else ()


def _warn_of_idle(
    plan: Plan, used: AbstractSet[Renamed], seen: Mapping[str, AbstractSet[RenamedKind]], notes: _Notes
) -> None:
    """Tells of entries of ``map.controls`` that renamed nothing in any mapped model."""
    for index, entry in enumerate(plan.map.controls):
        if entry in used:
            continue
        kinds = " or ".join(sorted(seen.get(entry.source, set()) - {entry.kind}))
        fix = f"it is a {kinds} there: write kind: {kinds}" if kinds else "correct or remove it"
        parts = {"element": entry.element, "model": entry.model}
        narrowed = "".join(f" of {word} {name!r}" for word, name in parts.items() if name)
        message = f"no mapped data model has a {entry.kind} {entry.source!r}{narrowed}"
        notes.warning(f"map.controls.{index}.from", "map_unmatched", message, fix=fix, value=entry.source)


def _copied_names(
    plan: Plan,
    source: Inventory,
    models: Sequence[Key],
    specs: Mapping[Key, Spec],
    bodies: Bodies,
    connections: Mapping[str, MappedConnection],
) -> dict[tuple[str, str], NameChanges]:
    """How elements of copied models come to be called, where a table they are named after is called otherwise."""
    set_paths = {}
    rules = [rule for rule in plan.rules if isinstance(rule, SetPath)]
    for key in models:
        folder = source.items[key].path if key in source.items else ()
        set_paths[key.id] = tuple(rule.set_path for rule in rules if applies(rule, specs[key], folder))
    every = [map_ for to in connections.values() for map_ in to.paths] + [
        m for maps in set_paths.values() for m in maps
    ]
    if not renames_tables(tuple(every)):
        return {}
    renamers = {identity: renamer(connections, maps) for identity, maps in set_paths.items()}
    return names_in_models(bodies.of(key.id for key in models), renamers)


def _folder_pair(pair: Pair, source: Inventory) -> Pair:
    """The pair with a source folder given by id written as its path."""
    folder = source.folders.get(pair.source)
    return Pair(source=join_path(folder.path), target=pair.target) if folder else pair


def _check_folders(plan: Plan, source: Inventory, in_scope: frozenset[Key], notes: _Notes) -> None:
    paths = {source.items[key].path for key in in_scope if key in source.items}
    pairs = [_folder_pair(pair, source) for pair in plan.map.folders]
    used = {id(by) for path in paths if (by := map_folder(pairs, path)[1]) is not None}
    folders = [join_path(folder.path) for folder in source.folders.values()]
    for index, pair in enumerate(pairs):
        if id(pair) not in used and paths:
            close = nearest(pair.source, folders) if pair.source not in folders else ""
            fix = f"did you mean {close!r}?" if close else "nothing in scope lies there"
            message = f"no document in scope is in folder {pair.source!r}"
            notes.warning(f"map.folders.{index}.from", "map_unmatched", message, fix=fix, value=pair.source)


def known_ids(source: Inventory) -> dict[str, str]:
    """Every id of an organization -> what it is, in a few words."""
    known: dict[str, str] = {source.identity.organization_id: "the organization", source.identity.user_id: "a member"}
    tables: tuple[tuple[str, Mapping[str, Connection] | Mapping[str, Named]], ...] = (
        ("connection", source.connections),
        ("member", source.members),
        ("team", source.teams),
        ("user attribute", source.user_attributes),
        ("plugin", source.plugins),
        ("connector", source.connectors),
    )
    for word, things in tables:
        known.update({identity: f"{word} {thing.name!r}" for identity, thing in things.items()})
    known.update({identity: f"folder {join_path(folder.path)!r}" for identity, folder in source.folders.items()})
    for key, item in source.items.items():
        known[key.id] = f"{key.kind} {item.name!r}"
        if item.url_id:
            known[item.url_id] = f"{key.kind} {item.name!r}"
    return {identity: what for identity, what in known.items() if len(identity) > 5}
