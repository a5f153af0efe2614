"""Coherent organizations from any set of spec documents: a source in which every reference resolves, and targets.

Everything derives from the documents, the seed and the knobs; the same input gives the same world.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from migrate.sandbox.census import Census, count
from migrate.sandbox.counterparts import add_inode, add_member, bare_org, counterpart
from migrate.sandbox.intake import Intake, opened, readdressed
from migrate.sandbox.mishaps import Knobs, befall_documents, befall_target
from migrate.sandbox.name_ids import named_uuid
from migrate.sandbox.org import Connection, Inode, Json, Org, Table, Thing, Version, World
from migrate.sandbox.specs import Refusal, accept
from migrate.sandbox.specs.envelope import generation_of
from migrate.sandbox.specs.trees import thing, walk
from migrate.sandbox.synthesis import columns_named, model_of, plain_workbook

BORN = "2026-09-01T08:00:00.000Z"
MAX_SIZE = 10_000
PER_FOLDER = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class Generated:
    """A generated world.

    ``mappings`` holds, for each target, the ``map:`` block of a plan that leads there. ``ids`` tells the id each label
    has in the source (copies are ``label#2`` …). ``left_out`` tells why a document of the set is not there,
    ``refused`` why Sigma would not take a document that stands there as a new one: exports hold what writes refuse.
    ``planted`` tells what the knobs have spoilt, by knob, as ids or dotted paths.
    """

    world: World
    mappings: dict[str, Json]
    ids: dict[str, str]
    left_out: dict[str, str] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    planted: dict[str, list[str]] = field(default_factory=dict)

    @property
    def mapping(self) -> Json:
        """The ``map:`` block of the first target."""
        return next(iter(self.mappings.values()), {})


def generate(
    documents: Sequence[tuple[str, Json, str]],
    *,
    seed: int = 0,
    size: int | None = None,
    source: str = "source",
    targets: Sequence[str] = ("target",),
    generation: str = "contents",
    target_generation: str | None = None,
    knobs: Knobs | None = None,
) -> Generated:
    """A source organization that holds these documents, targets for it, and the way between them.

    ``documents`` are (kind, spec answer as exported or authored, label), labels unique. What is no model and of another
    generation than ``generation`` are left out and listed. ``size`` asks for so many documents, made by copying the set
    (references inside a copy stay inside it); without it each stands there once. The targets
    are of ``target_generation`` where one is given, else of the source's. Raises ValueError on a size below 0
    or over 10,000, or where there is nothing to copy.
    """
    knobs = knobs or Knobs()
    chance = random.Random(seed)
    intakes, left_out = _intakes(documents, generation, str(seed))
    size = len(intakes) if size is None else size
    if not 0 <= size <= MAX_SIZE or (size and not intakes):
        raise ValueError(f"cannot make {size} documents out of {len(intakes)}; the most is {MAX_SIZE}")
    intakes = intakes[:size]
    census = _counted(intakes)
    org = bare_org(source, generation, BORN)
    _people(org, intakes, census)
    _catalogs(org, census, seed)
    _strangers(org, census, {one.id for one in intakes}, seed)
    copies = _copies(intakes, size, seed)
    placed = _place(org, copies)
    _own_uploads(org, census, copies)
    _open_features(org, intakes)
    refused = _judged(org, intakes)
    planted = befall_documents(org, placed, knobs, chance)
    world, mappings = World(orgs={source: org}), {}
    for alias in targets:
        world.orgs[alias], mappings[alias] = counterpart(
            org, alias, target_generation or generation, keep_tails=census.unnamed, born=BORN
        )
        _open_features(world.orgs[alias], intakes)
        for knob, names in befall_target(world.orgs[alias], knobs, chance).items():
            planted.setdefault(knob, []).extend(names)
    ids = {one.label: one.id for one in copies}
    return Generated(world=world, mappings=mappings, ids=ids, left_out=left_out, refused=refused, planted=planted)


def _intakes(
    documents: Sequence[tuple[str, Json, str]], generation: str, seed: str
) -> tuple[list[Intake], dict[str, str]]:
    """The documents that fit, and why the others do not; of two with one id, the second gets another."""
    kept: dict[str, Intake] = {}
    left_out: dict[str, str] = {}
    for kind, answer, label in documents:
        one = opened(kind, answer, label, seed=seed)
        if one is None:
            left_out[label] = "it holds no document"
        elif one.kind != "data-model" and one.generation != generation:
            left_out[label] = f"it is of the generation {one.generation}, the organization of {generation}"
        else:
            own = one if one.id not in kept else replace(one, id=named_uuid(seed, one.kind, one.id, label))
            kept[own.id] = own
    return list(kept.values()), left_out


def _counted(intakes: list[Intake]) -> Census:
    census = Census()
    for one in intakes:
        count(census, one.kind, one.body)
    return census


def _copies(intakes: list[Intake], size: int, seed: int) -> list[Intake]:
    """The set, repeated until there are so many; references inside a copy stay inside it.

    In a last, partial copy, references to what it lacks lead to the first.
    """
    made = list(intakes)
    turn = 1
    while len(made) < size:
        turn += 1
        chosen = intakes[: size - len(made)]
        ids = {one.id: named_uuid(str(seed), "copy", str(turn), one.id) for one in chosen}
        made.extend(_copied(one, turn, ids) for one in chosen)
    return made


def _copied(one: Intake, turn: int, ids: dict[str, str]) -> Intake:
    return replace(
        one,
        id=ids[one.id],
        label=f"{one.label}#{turn}",
        name=f"{one.name} {turn}",
        folder_id=named_uuid(one.folder_id, str(turn)),
        body=readdressed(one.body, ids),
    )


def _people(org: Org, intakes: list[Intake], census: Census) -> None:
    """Members, teams, attributes, plugins and connectors under the ids that documents mention."""
    owners = dict.fromkeys(one.owner_id for one in intakes if one.owner_id)
    for number, member_id in enumerate({**owners, **census.ids["members"]}, 1):
        add_member(org, f"member-{number}", member_id)
    for kind, word in (
        ("teams", "Team"),
        ("user_attributes", "attribute"),
        ("plugins", "Plugin"),
        ("connectors", "Connector"),
    ):
        for number, thing_id in enumerate(census.ids[kind], 1):
            getattr(org, kind)[thing_id] = Thing(id=thing_id, name=f"{word} {number}")
    for kind, names in (("teams", "team_names"), ("user_attributes", "attribute_names")):
        for name in census.ids[names]:
            thing_id = named_uuid(org.alias, kind, name)
            getattr(org, kind)[thing_id] = Thing(id=thing_id, name=name)


def _catalogs(org: Org, census: Census, seed: int) -> None:
    """Connections under the ids that documents mention, with every table and column they need."""
    for number, connection_id in enumerate(census.connections, 1):
        name = f"{org.name} Warehouse {number}"
        writable = connection_id in census.writable
        dialect = "bigQuery" if connection_id in census.backquoting else "snowflake"
        org.connections[connection_id] = Connection(id=connection_id, name=name, type=dialect, write_access=writable)
    for (connection_id, path), names in census.tables.items():
        table_id = named_uuid(str(seed), "table", connection_id, *path)
        kind = census.kinds[(connection_id, path)]
        table = Table(id=table_id, path=path, columns=columns_named(list(names)), kind=kind)
        org.connections[connection_id].tables[path] = table


def _strangers(org: Org, census: Census, known: set[str], seed: int) -> None:
    """Data models and workbooks that the set refers to but does not hold, made up with all that is asked of them."""
    models = {model_id: need for model_id, need in census.models.items() if model_id not in known}
    others = [each for each in census.ids["documents"] if each not in known and each not in models]
    if not models and not others:
        return
    shelf = add_inode(org, "workspace", "Made up", None, born=BORN)
    if models and not org.connections:
        connection_id = named_uuid(str(seed), "connection")
        org.connections[connection_id] = Connection(id=connection_id, name=f"{org.name} Warehouse 1")
    for number, (model_id, need) in enumerate(models.items(), 1):
        connection = next(iter(org.connections.values()))
        body, tables = model_of(need, connection.id, ("MADE_UP", f"MODEL_{number}"))
        for table in tables:
            table.id = named_uuid(str(seed), "table", connection.id, *table.path)
            connection.tables[table.path] = table
        inode = add_inode(org, "data-model", f"Model {number}", shelf.id, born=BORN, inode_id=model_id)
        _publish(inode, body, 1)
    for number, inode_id in enumerate(others, 1):
        inode = add_inode(org, "workbook", f"Linked {number}", shelf.id, born=BORN, inode_id=inode_id)
        _publish(inode, plain_workbook("Linked from elsewhere.", generation_of(org)), 1)


def _publish(inode: Inode, body: Json, number: int) -> None:
    inode.versions.append(Version(number=number, body=body, published_at=BORN, published_by=inode.owner_id))


def _place(org: Org, copies: list[Intake]) -> list[Inode]:
    """The documents in folders: one a folder id they name, in rows of workspace and area."""
    workspace = add_inode(org, "workspace", "Shared", None, born=BORN)
    areas: list[Inode] = []
    folders: dict[str, Inode] = {}
    placed = []
    for one in copies:
        folder = folders.get(one.folder_id)
        if folder is None:
            if len(folders) % PER_FOLDER == 0:
                areas.append(add_inode(org, "folder", f"Area {len(areas) + 1}", workspace.id, born=BORN))
            name = f"Folder {len(folders) + 1}"
            folder = add_inode(org, "folder", name, areas[-1].id, born=BORN, inode_id=one.folder_id)
            folders[one.folder_id] = folder
        inode = add_inode(org, one.kind, one.name, folder.id, born=BORN, inode_id=one.id)
        inode.description = one.description
        inode.owner_id = one.owner_id or inode.owner_id
        _publish(inode, one.body, one.version)
        placed.append(inode)
    return placed


def _own_uploads(org: Org, census: Census, copies: list[Intake]) -> None:
    """Uploaded images belong to the organization; an uploaded CSV to the first workbook that reads it."""
    org.images.update(census.ids["images"])
    for inode_id in census.ids["csv_tables"]:
        own = next((one.id for one in copies if inode_id in str(one.body)), "")
        org.csv_tables[inode_id] = own


def _open_features(org: Org, intakes: list[Intake]) -> None:
    """Switch on what the documents could not have come to be without."""
    for one in intakes:
        if "navigation" in thing(one.body, "settings"):
            org.switches.navigation = True
        if any(item.get("kind") == "semantic-view" for item in walk(one.body)):
            org.switches.semantic_views = True


def _judged(org: Org, intakes: list[Intake]) -> dict[str, str]:
    """The labels of documents that this organization would not take as new ones, with its message."""
    refused = {}
    for one in intakes:
        envelope = {"name": one.name, "folderId": org.inodes[one.id].parent_id}
        wrapped = one.body if one.generation == "flat" else {one.generation: one.body}
        outcome = accept(
            org,
            one.kind,
            {**envelope, **wrapped},
            mode="create",
            generation=one.generation,
            member_id=org.clients[0].member_id,
        )
        if isinstance(outcome, Refusal):
            refused[one.label] = outcome.message
    return refused
