"""Taking back a run: the target is looked at, the reversals are shown or done. Survives interruption like apply.

Its writes are entries of the ledger like any others: on record before they leave, settled when their answer is
lost. Run again, it finds what is taken back already.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from migrate.bundle.spec import replace_body
from migrate.change.archive import unarchive
from migrate.change.execution import Execution, unanswered
from migrate.change.folders import folder_path
from migrate.change.known import document_kind
from migrate.change.read_back import file_entry, land_move, land_restored, standing, version_of
from migrate.change.settle import settle, settle_earlier
from migrate.change.surroundings.reversal import restore_access, standing_around
from migrate.change.undo import Reversal, Seen, Undone, plan_unarchive, plan_undo, plan_undo_around
from migrate.change.writes import pre_image
from migrate.errors import AccessError, LockHeld, MigrateError, OutcomeUnknown, Refused, SafetyStop
from migrate.kinds import KINDS
from migrate.ledger.model import Entry
from migrate.sigma import api
from migrate.words import AROUND, UndoResult, UndoVerb, WriteVerb

ROUNDS = 2
"""A write whose answer was lost, and that was not done, is sent again once."""

_RESULT: Mapping[UndoVerb, UndoResult] = {
    "delete": "deleted",
    "remove-folder": "removed",
    "restore": "restored",
    "move-back": "moved_back",
    "restore-access": "access_restored",
    "unarchive": "unarchived",
}


async def prepare_undo(work: Execution, run: str) -> tuple[Reversal, ...]:
    """What undoing a run would do in this target, after settling what is open; changes nothing in Sigma.

    ``work.run.id`` is the run that undoes, ``run`` the one to take back. This is also the dry run.
    """
    work.known.recall(work.writing.copies)
    await settle_earlier(work, work.writing.open)
    entries = [entry for entry in work.writing.book.entries(run) if entry.home == work.writing.home]
    targets = {
        entry.target_id: entry.kind
        for entry in entries
        if entry.state == "done" and entry.target_id and entry.kind not in AROUND and entry.verb != "archive"
    }
    there = {target_id: await _standing(work, kind, target_id) for target_id, kind in targets.items()}
    copies = {copy.target_id: copy for copy in work.writing.copies}
    seen = {target_id: found for target_id, found in there.items() if found is not None}
    back = work.writing.book.reversals(run)
    around = plan_undo_around(entries, await standing_around(work, entries), back)
    contents = plan_undo(entries, seen, copies, back)
    leaving = {one.target_id for one in contents if one.verb == "delete"}
    around = tuple(one for one in around if one.reason_code != "tag_stays" or one.entry.folder_id not in leaving)
    return (*around, *contents, *plan_unarchive(entries, back))


async def undo(work: Execution, reversals: Sequence[Reversal]) -> tuple[Undone, ...]:
    """What became of each reversal, in order. One that fails never stops the others; a lost lock does."""
    results: list[Undone] = []
    halt: MigrateError | None = None
    for reversal in reversals:
        if halt is not None or work.run.stop():
            results.append(_not_attempted(reversal, halt))
            continue
        try:
            results.append(await _revert(work, reversal))
        except MigrateError as error:
            if isinstance(error, AccessError | LockHeld | SafetyStop):
                halt = error
            results.append(
                Undone(
                    reversal=reversal,
                    result="failed",
                    reason_code=error.code,
                    reason=error.message,
                    next_action=error.next_action,
                )
            )
    return tuple(results)


def _not_attempted(reversal: Reversal, halt: MigrateError | None) -> Undone:
    return Undone(
        reversal=reversal,
        result="not_attempted",
        reason_code=halt.code if halt else "interrupted",
        reason=halt.message if halt else "the run was stopped before this was begun",
        next_action="run undo again.",
    )


async def _revert(work: Execution, reversal: Reversal) -> Undone:
    if reversal.verb == "keep":
        return Undone(
            reversal=reversal,
            result="gone" if reversal.reason_code == "gone_already" else "kept",
            reason_code=reversal.reason_code,
            reason=reversal.why,
            next_action=reversal.next_action,
        )
    act = {
        "delete": _delete,
        "remove-folder": _remove_folder,
        "restore": _restore,
        "move-back": _move_back,
        "restore-access": restore_access,
        "unarchive": unarchive,
    }
    for _ in range(ROUNDS):
        unknown = await act[reversal.verb](work, reversal.entry)
        if unknown is None or (await settle(work, [unknown]))[unknown.sequence] == "done":
            return Undone(reversal=reversal, result=_RESULT[reversal.verb])
        stuck = work.writing.stuck.get((unknown.kind, unknown.source_id))
        if stuck is not None:
            raise stuck
    raise OutcomeUnknown("It was sent, and whether it was done could not be told.", next_action="run undo again.")


async def _delete(work: Execution, entry: Entry) -> Entry | None:
    recorded = work.writing.intend(_planned(work, entry, "delete"))
    if await unanswered(work, recorded, api.delete_file(work.client, entry.target_id)):
        return recorded
    work.writing.done(recorded, None)
    return None


async def _remove_folder(work: Execution, entry: Entry) -> Entry | None:
    if await children(work, entry.target_id):
        raise Refused(
            f"Folder {entry.target_id} is not empty any more, so it stays.",
            code="folder_in_use",
            next_action="empty the folder, then remove it by hand.",
        )
    work.known.folders.pop(folder_path(entry.source_id), None)
    return await _delete(work, entry)


async def _restore(work: Execution, entry: Entry) -> Entry | None:
    before = work.writing.book.body(entry.pre_image)
    current = await standing(work, entry.kind, entry.target_id)
    if before is None or current is None:
        raise Refused(
            f"{entry.kind} {entry.target_id} cannot be restored: it or its pre-image is gone.",
            code="gone_meanwhile",
            next_action="use the version history in Sigma.",
        )
    planned = replace(_planned(work, entry, "restore"), name=current.name, folder_id=entry.folder_id)
    copy = work.known.copies.get((entry.kind, entry.source_id))
    recorded = work.writing.intend(planned, sent=before, replaced=pre_image(current, copy))
    kind = document_kind(entry.kind)
    body = replace_body(kind, before["generation"], before["body"], version_of(current) or None)
    call = api.replace_document(work.client, kind, entry.target_id, before["generation"], body)
    if await unanswered(work, recorded, call):
        return recorded
    await land_restored(work, work.writing.sent(recorded, entry.target_id))
    return None


async def _move_back(work: Execution, entry: Entry) -> Entry | None:
    before = work.writing.book.body(entry.pre_image) or {}
    planned = replace(_planned(work, entry, "move"), name=before["name"], folder_id=before["folderId"])
    planned = replace(planned, description=before.get("description", planned.description))
    recorded = work.writing.intend(planned)
    changes = {"name": planned.name, "parentId": planned.folder_id}
    if "description" in before:
        changes["description"] = before["description"]
    if await unanswered(work, recorded, api.patch_file(work.client, entry.target_id, changes)):
        return recorded
    land_move(work, recorded)
    return None


def _planned(work: Execution, entry: Entry, verb: WriteVerb) -> Entry:
    """The entry of a reversal; what it leaves as it is, is taken over from the copy that stands."""
    copy = work.known.copies.get((entry.kind, entry.source_id))
    return replace(
        work.writing.planned(entry.kind, entry.source_id, entry.name, entry.folder_id),
        verb=verb,
        undoes=entry.sequence,
        target_id=entry.target_id,
        elements=copy.elements if copy else {},
        digest_sent=copy.digest_sent if copy else "",
        digest_read=copy.digest_read if copy else "",
        version_read=copy.version_read if copy else 0,
        description=copy.description if copy else None,
    )


async def children(work: Execution, folder_id: str) -> frozenset[str]:
    """The ids of what stands right inside a folder."""
    types = ("folder", "dataset", "template", *KINDS)
    listed = await api.list_files(work.client, types=types, parent_id=folder_id)
    return frozenset(
        str(entry["id"]) for entry in listed if entry.get("parentId") == folder_id and not entry.get("isArchived")
    )


async def _standing(work: Execution, kind: str, target_id: str) -> Seen | None:
    file = await file_entry(work, target_id)
    if file is None:
        return None
    name, parent = str(file.get("name", "")), str(file.get("parentId") or "")
    if kind == "folder":
        return Seen(name=name, folder_id=parent, children=await children(work, target_id))
    spec = await standing(work, kind, target_id)
    if spec is None:
        return None
    return Seen(name=name, folder_id=parent, version=version_of(spec), digests=spec.digests)
