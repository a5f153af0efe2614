"""Copies whose source document is gone, put into the target's bin: soft, on record before it leaves, and taken back.

Only where it was asked for by its id and is gone, nobody edited or moved the copy since, and the plan says so. Sigma
keeps what is deleted there and restores it (sigma-api 5.6).
"""

from __future__ import annotations

from dataclasses import asdict, replace

from migrate.change.actions import Archive
from migrate.change.execution import Execution
from migrate.change.model import ScopeChange, TargetChanges
from migrate.change.read_back import elements_from, file_entry
from migrate.change.view import TargetView, drift_of, edited_since, item_of
from migrate.errors import MigrateError, OutcomeUnknown, SafetyStop
from migrate.kinds import KINDS
from migrate.ledger.model import Copy, Entry
from migrate.plan.policies import Policy
from migrate.sigma import api
from migrate.tree import Json

# Planned


def with_archives(changes: TargetChanges, view: TargetView) -> TargetChanges:
    """The changes with what is to be archived first of all, readers before what they read; pure."""
    if view.policy.deletes != "archive":
        return changes
    found = [one for change in changes.scope_changes if (one := _archive(change, view)) is not None]
    order = {kind: number for number, kind in enumerate(KINDS)}
    actions = tuple(sorted(found, key=lambda one: (-order[one.kind], one.name, one.source_id)))
    planned = {(one.kind, one.source_id) for one in actions}
    told = tuple(
        replace(
            change,
            result="to_archive",
            reason=change.reason.replace(" stays in ", " is archived in "),
            next_action="restore it in the target, or undo the run, where somebody still needs it",
        )
        if (change.kind, change.source_id) in planned and change.change == "left_scope"
        else change
        for change in changes.scope_changes
    )
    return replace(changes, waves=((actions, *changes.waves) if actions else changes.waves), scope_changes=told)


def _archive(change: ScopeChange, view: TargetView) -> Archive | None:
    """The action for a copy that left the scope; None where it is not gone, or people touched the copy."""
    copy = view.snapshot.copies.get((change.kind, change.source_id))
    item = item_of(view.dest, change.kind, change.target_id)
    if change.why != "gone" or copy is None or item is None or item.archived:
        return None
    if drift_of(None, copy, item, {}, edited=edited_since(view, copy, item)):
        return None
    return Archive(
        id=f"archive:{change.kind}:{change.source_id}",
        target=view.target,
        kind=item.key.kind,
        source_id=change.source_id,
        target_id=copy.target_id,
        name=item.name,
        why="its source document is gone",
    )


def too_many(changes: TargetChanges, policy: Policy) -> SafetyStop | None:
    """The stop of a target of which too many copies would be archived; one alone is never too many, unless at 0."""
    count = sum(one.result == "to_archive" for one in changes.scope_changes)
    if not changes.copied_before or 100.0 * count <= policy.max_percent * changes.copied_before:
        return None
    if count == 1 and policy.max_percent > 0:
        return None
    return SafetyStop(
        f"{count} of the {changes.copied_before} copies in {changes.target} would be archived, more than"
        f" policy.max_percent ({policy.max_percent:g}).",
        code="delete_limit",
        next_action="look at them with plan; where it is meant, run once with --set policy.max_percent=100",
    )


# Done


async def archive(work: Execution, action: Archive) -> Entry | None:
    """Puts a copy into the bin; the entry of a write whose outcome is not known. One that is gone is forgotten."""
    copy = work.known.copies.get((action.kind, action.source_id))
    if copy is None:
        return None
    planned = replace(
        work.writing.planned(copy.kind, copy.source_id, copy.name, copy.folder_id),
        verb="archive",
        target_id=copy.target_id,
        description=copy.description,
    )
    entry = work.writing.intend(planned, replaced=_kept(copy))
    try:
        await api.delete_file(work.client, copy.target_id)
    except OutcomeUnknown:
        return entry
    except MigrateError as error:
        work.writing.failed(entry, error)
        raise
    landed(work, entry)
    return None


def landed(work: Execution, entry: Entry) -> None:
    """Records that a copy lies in the bin, or stands again."""
    if entry.verb == "archive":
        work.writing.done(entry, None)
        work.known.copies.pop((entry.kind, entry.source_id), None)
        return
    undone = work.writing.book.entry(entry.undoes)
    kept = work.writing.book.body(undone.pre_image) if undone else None
    work.done(entry, _copy(entry, kept or {}, work.run.now()))


async def settled(work: Execution, entry: Entry) -> bool | None:
    """Whether an open write was done; None while nothing shows that, and it may still be on its way."""
    stands = await file_entry(work, entry.target_id) is not None
    if stands == (entry.verb == "archive"):
        return None
    landed(work, entry)
    work.writing.settled.add((entry.kind, entry.source_id))
    return True


async def unarchive(work: Execution, entry: Entry) -> Entry | None:
    """Takes a copy out of the bin again; the entry of a write whose outcome is not known."""
    planned = replace(
        work.writing.planned(entry.kind, entry.source_id, entry.name, entry.folder_id),
        verb="unarchive",
        target_id=entry.target_id,
        undoes=entry.sequence,
    )
    recorded = work.writing.intend(planned)
    try:
        await api.patch_file(work.client, entry.target_id, {"restore": True})
    except OutcomeUnknown:
        return recorded
    except MigrateError as error:
        work.writing.failed(recorded, error)
        raise
    landed(work, recorded)
    return None


def _kept(copy: Copy) -> Json:
    """What undo needs to know a copy again."""
    return {
        "digest_sent": copy.digest_sent,
        "digest_read": copy.digest_read,
        "version_read": copy.version_read,
        "description": copy.description,
        "elements": {old: asdict(ids) for old, ids in copy.elements.items()},
    }


def _copy(entry: Entry, kept: Json, at: str) -> Copy:
    return Copy(
        home=entry.home,
        kind=entry.kind,
        source_id=entry.source_id,
        target_id=entry.target_id,
        name=entry.name,
        folder_id=entry.folder_id,
        digest_sent=str(kept.get("digest_sent") or ""),
        digest_read=str(kept.get("digest_read") or ""),
        version_read=int(kept.get("version_read") or 0),
        elements=elements_from(kept.get("elements") or {}),
        run=entry.run,
        updated_at=at,
        description=kept.get("description"),
    )
