"""Folders: looked for first, made where missing, settled like every other create."""

from __future__ import annotations

from collections.abc import Iterable

from migrate.change.actions import CreateFolder
from migrate.change.execution import Execution, copy_from
from migrate.change.known import FolderPath
from migrate.change.read_back import file_entry
from migrate.errors import MigrateError, OutcomeUnknown, Refused
from migrate.ledger.model import Copy, Entry
from migrate.sigma import api
from migrate.text import join_path
from migrate.tree import Json


async def make_folder(work: Execution, action: CreateFolder) -> Entry | None:
    """Makes a folder or workspace unless it is there; an entry comes back where its outcome is unknown.

    Raises Refused where its parent is missing or several folders of that name stand there.
    """
    path = action.folder
    parent = _parent_of(work, path)
    known = work.known.folders.get(path) or await _recorded(work, path, parent) or await _found(work, path, parent)
    if known:
        work.known.folders[path] = known
        return None
    async with work.turn("folder", join_path(path)):
        entry = work.writing.intend(work.writing.planned("folder", join_path(path), path[-1], parent))
        try:
            folder_id = await _create(work, path[-1], parent)
        except OutcomeUnknown:
            return entry
        except MigrateError as error:
            work.writing.failed(entry, error)
            raise
    land_folder(work, work.writing.sent(entry, folder_id))
    work.beneath[folder_id] = ()
    return None


def land_folder(work: Execution, entry: Entry) -> Copy:
    """The record of a folder that is known to stand."""
    work.known.folders[folder_path(entry.source_id)] = entry.target_id
    return work.done(entry, copy_from(entry, target_id=entry.target_id, digest_read="", version=0, at=work.run.now()))


async def _found(work: Execution, path: FolderPath, parent: str) -> str:
    """The id of a folder that somebody has made there since it was planned, or empty.

    What stands under a parent is asked once, and never of one that was made in this execution; but a folder that was
    sent before is looked for anew, since nobody knows whether it came to be.
    """
    async with work.looking[parent]:
        again = ("folder", join_path(path)) in work.writing.attempts
        if again or parent not in work.beneath:
            kind = "folder" if parent else "workspace"
            entries = await api.list_files(work.client, types=(kind,), parent_id=parent or None)
            work.beneath[parent] = tuple(entries)
    return _one_of(work.beneath[parent], path[-1], parent)


def _one_of(entries: Iterable[Json], name: str, parent: str) -> str:
    """The id of the folder of that name right under a parent (a workspace where there is none), or empty."""
    found = [entry for entry in entries if is_folder_at(entry, name, parent)]
    if len(found) > 1:
        ids = ", ".join(str(entry["id"]) for entry in found)
        raise Refused(
            f"{len(found)} folders named {name!r} stand side by side in the target: {ids}.",
            code="ambiguous_folder",
            next_action="rename or archive all but one of them.",
        )
    return str(found[0]["id"]) if found else ""


def is_folder_at(entry: Json, name: str, parent: str) -> bool:
    """Whether a file entry is the living folder of that name right under that parent, or the workspace of that name."""
    if entry.get("name") != name or entry.get("isArchived"):
        return False
    if not parent:  # at the root the parent is shown as nothing or as the organization
        return bool(entry.get("type") == "workspace")
    return bool(entry.get("type") == "folder" and entry.get("parentId") == parent)


def folder_path(source_id: str) -> FolderPath:
    """The path behind the text of it that the ledger keeps; unlike in a plan, an empty name counts."""
    names, current, escaped = [], "", False
    for letter in source_id:
        if escaped:
            current, escaped = current + letter, False
        elif letter == "\\":
            escaped = True
        elif letter == "/":
            names.append(current)
            current = ""
        else:
            current += letter
    return (*names, current)


async def _create(work: Execution, name: str, parent: str) -> str:
    if not parent:
        return await api.create_workspace(work.client, name)
    return str((await api.create_folder(work.client, name, parent))["id"])


def _parent_of(work: Execution, path: FolderPath) -> str:
    if len(path) == 1:
        return ""
    parent = work.known.folders.get(path[:-1])
    if parent is None:
        raise Refused(
            f"Folder {'/'.join(path)!r} cannot be made: the folder above it is not there.",
            code="folder_missing",
            next_action="make that folder in the target, or run plan again.",
        )
    return parent


async def _recorded(work: Execution, path: FolderPath, parent: str) -> str:
    """The id of a folder that an earlier run made and that still stands where it did; the listing may lag."""
    copy = work.known.copies.get(("folder", join_path(path)))
    entry = await file_entry(work, copy.target_id) if copy else None
    return str(entry["id"]) if entry and is_folder_at(entry, path[-1], parent) else ""
