"""Station 2: an organization -> ``Inventory``. Reads only; what cannot be read is listed, never dropped."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from sys import intern
from types import MappingProxyType

from migrate.errors import ApiRefusal, Problem, ServiceError
from migrate.events import Listener, Stage, silent
from migrate.inventory.model import (
    Connection,
    Folder,
    Identity,
    Inventory,
    Item,
    Key,
    Named,
    Other,
    VersionTag,
    url_id_of,
)
from migrate.kinds import ENVELOPED, KINDS, known_kind
from migrate.sigma import api
from migrate.sigma.client import Client
from migrate.sigma.entries import is_id
from migrate.sigma.workers import each
from migrate.tree import Json
from migrate.words import Kind

OTHERS = ("dataset", "template")
"""The types of files that stand in folders as documents do, and are not copied."""
GENERATION_PROBES = 5

_PEOPLE: Mapping[str, tuple[str, str]] = {
    "members": ("memberId", "email"),
    "teams": ("teamId", "name"),
    "user-attributes": ("userAttributeId", "name"),
    "plugins": ("pluginId", "name"),
    "api-connectors": ("apiConnectorId", "name"),
}


async def crawl(
    client: Client,
    *,
    org: str,
    identity: Identity,
    source: bool = False,
    listener: Listener = silent,
) -> Inventory:
    """The inventory of one organization as its credential sees it, out of its lists alone, which are read side by side.

    An entry of a listing that cannot be used is among ``unreadable``. Where it might hide what decides over a write,
    it ends the crawl with ServiceError ``odd_answer``: a folder anywhere, a document of a target (not of a ``source``).
    What its workbooks look like is left open; see ``with_form``.
    """
    unreadable: list[Problem] = []
    listener(Stage(name="crawl", org=org))
    lists: dict[str, list[Json]] = {}
    lacks: dict[Kind, Problem] = {}

    async def read(what: str) -> None:
        lists[what] = await _list(client, what, unreadable, lacks, source=source)

    await each((*_PEOPLE, "workspaces", "folders", "files", *KINDS, "connections"), read, workers=client.width)
    homes = frozenset(str(member["homeFolderId"]) for member in lists["members"] if member.get("homeFolderId"))
    holders = await _holders(client, [*lists["workspaces"], *lists["folders"]], identity.organization_id)
    folders = _folders(holders, homes)
    files = {str(entry["id"]): entry for entry in lists["files"]}
    people = {what: _named(what, lists[what]) for what in _PEOPLE}
    items: dict[Key, Item] = {}
    for kind in KINDS:
        if kind in lacks:
            lists[kind] = [
                {**file, KINDS[kind].id_field: file["id"]} for file in lists["files"] if file.get("type") == kind
            ]
        for entry in lists[kind]:
            item = await _item(client, org, kind, entry, files, folders, homes)
            owner = people["members"].get(item.owner_id)
            items[item.key] = replace(item, owner=owner.name) if owner else item
    connections = {c.id: c for c in map(_connection, lists["connections"])}
    return Inventory(
        org=org,
        identity=identity,
        items=MappingProxyType(items),
        folders=MappingProxyType(folders),
        connections=MappingProxyType(connections),
        members=people["members"],
        teams=people["teams"],
        user_attributes=people["user-attributes"],
        plugins=people["plugins"],
        connectors=people["api-connectors"],
        lacks=MappingProxyType(lacks),
        others=_others(files, folders, homes) if source else (),
        unreadable=tuple(sorted(unreadable, key=lambda problem: problem.message)),
    )


async def with_form(client: Client, inventory: Inventory) -> Inventory:
    """The inventory with what the org serves and accepts for workbooks, found out where that is not known yet."""
    if inventory.generation is not None:
        return inventory
    form = await _form(client, inventory.items)
    return replace(inventory, generation=form.generation, dates=form.dates)


async def _list(
    client: Client, what: str, unreadable: list[Problem], lacks: dict[Kind, Problem], *, source: bool
) -> list[Json]:
    """One of the lists that an inventory is made of."""
    kind = known_kind(what)
    if kind is not None:
        return await _documents(client, kind, lacks, unreadable if source else None)
    match what:
        case "workspaces" | "folders":
            return await api.list_files(client, types=(what[:-1],))
        case "files":
            return await _files(client, OTHERS if source else (), unreadable)
        case "connections":
            return await api.list_connections(client, unreadable)
        case _:
            return await _listed(client, what, unreadable)


async def _listed(client: Client, what: str, unreadable: list[Problem]) -> list[Json]:
    """The entries of members, teams …; empty with a Problem where the account may not list them."""
    try:
        return await api.list_people(client, what, unreadable)
    except ApiRefusal as refusal:
        unreadable.append(
            Problem(code="not_listed", message=f"the {what} could not be listed: {refusal.message}", path=what)
        )
        return []


def _named(what: str, entries: Iterable[Json]) -> Mapping[str, Named]:
    id_field, name_field = _PEOPLE[what]
    found: dict[str, Named] = {}
    for entry in entries:
        entry_id = str(entry.get(id_field) or entry.get("id") or "")
        found[entry_id] = Named(id=entry_id, name=str(entry.get(name_field, "")), url=str(entry.get("url") or ""))
    return MappingProxyType(found)


def _folders(entries: Iterable[Json], homes: frozenset[str]) -> dict[str, Folder]:
    """Workspaces and folders by id with their whole paths."""
    by_id: dict[str, Json] = {str(entry["id"]): entry for entry in entries}
    folders: dict[str, Folder] = {}
    for folder_id, entry in by_id.items():
        chain = _chain(folder_id, by_id)
        folders[folder_id] = Folder(
            id=folder_id,
            name=str(entry.get("name", "")),
            parent_id=str(entry["parentId"]) if entry.get("parentId") else None,
            path=tuple(str(by_id[step].get("name", "")) for step in chain),
            type="workspace" if entry.get("type") == "workspace" else "folder",
            personal=any(step in homes for step in chain),
            permission=str(entry.get("permission") or ""),
        )
    return folders


async def _holders(client: Client, entries: Sequence[Json], root: str) -> list[Json]:
    """The workspaces and folders of a listing, with those above them that it leaves out.

    A listing lags behind what was just made, and a folder without those above it stands at another path; a read by id
    does not lag (sigma-api 5.6). What the credential may not see stays out. ``root`` is the organization's own id,
    which may stand for what is above a workspace.
    """
    known = {str(entry["id"]): entry for entry in entries}
    asked = {root}
    while todo := sorted(
        {str(entry["parentId"]) for entry in known.values() if entry.get("parentId")} - known.keys() - asked
    ):
        asked.update(todo)
        for folder_id in todo:
            try:
                found = await api.get_file(client, folder_id)
            except (ApiRefusal, ServiceError) as error:
                if isinstance(error, ServiceError) and not error.of_one:
                    raise
                continue
            if found is not None and found.get("type") in ("workspace", "folder"):
                known[folder_id] = found
    return list(known.values())


def _chain(folder_id: str, by_id: Mapping[str, Json]) -> Sequence[str]:
    """The ids from the topmost visible ancestor down to the folder itself; safe against loops."""
    chain: list[str] = []
    step = folder_id
    while step in by_id and step not in chain:
        chain.append(step)
        step = str(by_id[step].get("parentId") or "")
    return chain[::-1]


async def _files(client: Client, others: Sequence[str], unreadable: list[Problem]) -> list[Json]:
    """The file entries of documents: folders, which no listing of documents shows, and data models' descriptions.

    The same pages hold what stands beside documents, of the kinds in ``others``.
    """
    sure = [kind for kind, row in KINDS.items() if not row.optional]
    try:
        return await api.list_files(client, types=(*KINDS, *others), odd=unreadable)
    except ApiRefusal as refusal:
        if refusal.status != 400:  # an organization may know no files of a kind that it lacks
            raise
        return await api.list_files(client, types=sure, odd=unreadable)


def _others(files: Mapping[str, Json], folders: Mapping[str, Folder], homes: frozenset[str]) -> tuple[Other, ...]:
    """What stands beside the documents, in the order of the listing."""
    found = []
    for file_id, entry in files.items():
        if entry.get("type") in OTHERS:
            folder_id = str(entry.get("parentId") or "")
            folder = folders.get(folder_id)
            found.append(
                Other(
                    kind=str(entry["type"]),
                    id=file_id,
                    name=str(entry.get("name", "")),
                    path=folder.path if folder else (),
                    url_id=str(entry.get("urlId") or ""),
                    archived=bool(entry.get("isArchived")),
                    personal=folder_id in homes or bool(folder and folder.personal),
                )
            )
    return tuple(found)


async def _documents(client: Client, kind: Kind, lacks: dict[Kind, Problem], odd: list[Problem] | None) -> list[Json]:
    """The documents of a kind; none, and among ``lacks``, where an organization does not list one that it may lack."""
    row = KINDS[kind]
    try:
        return await api.list_documents(client, kind, odd)
    except ApiRefusal as refusal:
        if not row.optional:
            raise
        message = f"{row.plural} cannot be listed: {refusal.message}"
        lacks[kind] = Problem(code="kind_unavailable", message=message, path=row.root)
        return []


async def _item(
    client: Client,
    org: str,
    kind: Kind,
    entry: Json,
    files: Mapping[str, Json],
    folders: Mapping[str, Folder],
    homes: frozenset[str],
) -> Item:
    document_id = intern(str(entry[KINDS[kind].id_field]))
    file = files.get(document_id)
    if file is None:  # the file listing lags behind creates; a read by id does not (sigma-api 5.6)
        file = await api.get_file(client, document_id) or {}
    folder_id = intern(str(file.get("parentId") or ""))
    folder = folders.get(folder_id)
    return Item(
        key=Key(org=org, kind=kind, id=document_id),
        name=str(entry.get("name", "")),
        folder_id=folder_id,
        path=folder.path if folder else (),
        version=int(entry.get("latestVersion") or 0),
        url=str(entry.get("url") or ""),
        url_id=url_id_of(entry),
        owner_id=str(entry.get("ownerId") or ""),
        created_by=str(entry.get("createdBy") or ""),
        created_at=str(entry.get("createdAt") or ""),
        updated_at=str(entry.get("updatedAt") or ""),
        description=str(entry.get("description") or file.get("description") or ""),
        archived=bool(entry.get("isArchived")),
        personal=folder_id in homes or bool(folder and folder.personal),
        tagged=version_tags(entry),
        permission=str(file.get("permission") or ""),
        badge=str(file.get("badge") or ""),
    )


def version_tags(entry: Json) -> tuple[VersionTag, ...]:
    """The version tags of a document; kinds call them differently (sigma-api 5.1, 5.5)."""
    found = []
    tags = entry.get("tags")
    for tag in tags if isinstance(tags, list) else []:
        if not isinstance(tag, dict):
            continue
        name = tag.get("name") or tag.get("tagName")
        version = tag.get("sourceWorkbookVersion", tag.get("sourceVersion"))
        number = version if isinstance(version, int) and not isinstance(version, bool) else 0
        if isinstance(name, str):
            copies = (tag.get(each.tagged_id_field) for each in KINDS.values() if each.tagged_id_field)
            copy_id = next((one for one in copies if isinstance(one, str) and is_id(one)), "")
            made = VersionTag(id=str(tag.get("versionTagId") or ""), name=name, version=number, copy_id=copy_id)
            found.append(made)
    return tuple(found)


def _connection(entry: Json) -> Connection:
    return Connection(
        id=str(entry["connectionId"]),
        name=str(entry.get("name", "")),
        type=str(entry.get("type", "")),
        friendly_name=bool(entry.get("friendlyName", True)),
        write_access=bool(entry.get("writeAccess")),
    )


async def _form(client: Client, items: Mapping[Key, Item]) -> api.DocumentForm:
    """What the org serves and accepts for workbooks, found by reading one (sigma-specs section 1).

    A workbook that cannot be read says nothing about the others, so a few are tried.
    """
    kind = ENVELOPED[0].kind
    readable = [k.id for k, item in items.items() if k.kind == kind and not item.archived]
    for workbook_id in readable[:GENERATION_PROBES]:
        try:
            return await api.detect_form(client, kind, workbook_id)
        except (ApiRefusal, ServiceError) as error:
            if isinstance(error, ServiceError) and not error.of_one:
                raise
    return await api.detect_form(client, kind, None)
