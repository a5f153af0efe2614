"""Folders and documents as they were listed, with the contents that were read -> the sandbox's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import cast, get_args

from migrate.bundle.spec import Spec, parse_spec
from migrate.inventory.model import Key
from migrate.kinds import KINDS, DocumentKind
from migrate.rehearse.overheard import Said, Told, entries, listed, text
from migrate.sandbox.org import Inode, InodeType, Org, Version
from migrate.sandbox.synthesis import plain_workbook
from migrate.tree import Json, unportable
from migrate.words import Kind

NEVER = 4e9
"""A moment that no rehearsal sees, in seconds since 1970."""
_TYPES = frozenset(get_args(InodeType))


def add_documents(org: Org, said: Said, me: str) -> None:
    """Puts folders and documents into the organization, each with the contents that were read of it.

    A document that is listed, and of which nobody read the contents, has a page without anything on it.
    """
    files = {text(entry, "id"): entry for entry in _files(said)}
    documents = {text(entry, row.id_field): (row, entry) for row in KINDS.values() for entry in _listed(said, row)}
    for file_id, entry in files.items():
        row = KINDS.get(cast("Kind", entry.get("type")))
        unlisted = row is not None and listed(said, row.root) and file_id not in documents
        archived = entry.get("isArchived") is True
        if file_id and entry.get("type") in _TYPES and not (unlisted and not archived):
            org.inodes[file_id] = _inode(org, file_id, text(entry, "type"), entry, me)
    for document_id, (row, entry) in documents.items():
        if document_id:
            if document_id not in org.inodes:
                org.inodes[document_id] = _inode(org, document_id, row.kind, entry, me)
            if document_id not in files:
                org.inodes[document_id].listed_after = NEVER
            _describe(org.inodes[document_id], entry)
    for inode in org.inodes.values():
        row = KINDS.get(cast("Kind", inode.type))
        if row is not None:
            _write(org, said, inode, row)


def _files(said: Said) -> Iterator[dict[str, Json]]:
    yield from entries(said.at("/v2/files"))
    yield from _singles(said, "/v2/files/")


def _listed(said: Said, row: DocumentKind) -> Iterator[dict[str, Json]]:
    yield from entries(said.at(row.root))
    yield from _singles(said, f"{row.root}/")


def _singles(said: Said, above: str) -> Iterator[dict[str, Json]]:
    """The objects that were read by their id."""
    for question, answer in said:
        below = question.place.removeprefix(above)
        if question.method == "GET" and below and below != question.place and "/" not in below and answer.ok:
            yield from (answer.tree,) if isinstance(answer.tree, dict) else ()


def _inode(org: Org, inode_id: str, kind: str, entry: Mapping[str, Json], me: str) -> Inode:
    parent = text(entry, "parentId")
    owner = text(entry, "ownerId")
    homes = {member.home_folder_id for member in org.members.values()}
    inode = Inode(
        id=inode_id,
        type=cast("InodeType", kind),
        name=text(entry, "name"),
        parent_id=parent if parent not in ("", org.id) else None,
        owner_id=me if inode_id in homes else owner,  # what was shown of somebody's own folder stays visible
        created_by=text(entry, "createdBy") or owner,
        updated_by=text(entry, "updatedBy") or owner,
        created_at=text(entry, "createdAt"),
        updated_at=text(entry, "updatedAt"),
        archived=entry.get("isArchived") is True,
        badge=text(entry, "badge") or None,
    )
    if isinstance(entry.get("description"), str):
        inode.description = entry["description"]
    if entry.get("permission") in ("view", "explore", "annotate", "apply"):
        inode.read_only_to.add(me)
    return inode


def _describe(inode: Inode, entry: Mapping[str, Json]) -> None:
    """What the list of documents says and that of files does not."""
    inode.name = text(entry, "name") or inode.name
    inode.owner_id = text(entry, "ownerId") or inode.owner_id
    inode.created_by = text(entry, "createdBy") or inode.created_by
    inode.updated_by = text(entry, "updatedBy") or inode.updated_by
    inode.created_at = text(entry, "createdAt") or inode.created_at
    inode.updated_at = text(entry, "updatedAt") or inode.updated_at
    inode.archived = inode.archived or entry.get("isArchived") is True
    if isinstance(entry.get("description"), str):
        inode.description = entry["description"]
    if isinstance(entry.get("tags"), list) and entry["tags"]:
        inode.facts["tags"] = entry["tags"]
    version = entry.get("latestVersion")
    inode.facts["version"] = version if isinstance(version, int) else 1


def _write(org: Org, said: Said, inode: Inode, row: DocumentKind) -> None:
    """Gives a document its one version."""
    number = int(inode.facts.pop("version", 1))
    found = next((spec for told in asked_for(said, row, inode.id) if (spec := opened(row, told)) is not None), None)
    if found is None:
        form = org.switches.generation if row.enveloped else "flat"
        body = plain_workbook("", form) if row.enveloped else {"schemaVersion": 1, "pages": []}
    else:
        form, body = found.generation, found.body
    inode.generation = form
    at, by = inode.updated_at, inode.updated_by
    inode.versions.append(Version(number=number, body=body, published_at=at, published_by=by))
    sources = entries(said.at(f"{row.root}/{inode.id}/sources"))
    inode.hidden_sources.extend(one for one in sources if one.get("type") == "dataset" or "versionTagId" in one)


def asked_for(said: Said, row: DocumentKind, document_id: str) -> Iterator[Told]:
    """What was answered to whoever asked for the contents of a document."""
    for question, answer in said.at(f"{row.root}/{document_id}"):
        if question.method == "GET" and ("includeContents", "true") in question.params:
            yield question, answer
    yield from (told for told in said.at(f"{row.root}/{document_id}/spec") if told[0].method == "GET")


def opened(row: DocumentKind, told: Told) -> Spec | None:
    """The spec in an answer; None where it holds none of a known shape, or none that could be sent again."""
    tree = told[1].tree
    if not told[1].ok or not isinstance(tree, dict) or unportable(tree) is not None:
        return None
    try:
        return parse_spec(tree, Key(org="", kind=row.kind, id=""))
    except ValueError:
        return None
