"""The writes to one document: create, replace, patch, rename and move.

Each gives the copy that stands afterwards, or the entry of a write whose outcome is not known (a lost answer,
or a document that was written and could not be read back). Called again, each finds what is done already.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace

from migrate.bundle.spec import Spec, create_body, replace_body
from migrate.change.actions import Create, Move, Patch, Repoint, Update
from migrate.change.contents import added_by_people, dropped_in_words
from migrate.change.execution import Execution, unanswered
from migrate.change.model import ReadBack
from migrate.change.read_back import file_entry, land, standing, version_of
from migrate.change.rebase import rebased
from migrate.errors import ApiRefusal, MigrateError, OutcomeUnknown, Refused, ServiceError
from migrate.inventory.model import Key
from migrate.ledger.model import Copy, Entry
from migrate.rewrite.bind import bind, bind_description
from migrate.rewrite.model import Drafted
from migrate.sigma import api
from migrate.tree import Json, digest
from migrate.words import WriteVerb


async def create(work: Execution, action: Create) -> Copy | Entry:
    """A new document, unless the ledger holds a living copy; that one is brought up to the draft instead."""
    key, draft = action.key, action.draft
    copy = work.known.copies.get((key.kind, key.id))
    if copy is not None and await file_entry(work, copy.target_id) is not None:
        return await update(work, _update_of(action, copy))
    body = bind(work.whole(draft), work.known.ids, partial=key in work.patched)
    folder_id = folder_of(work, draft)
    description = bind_description(draft, work.known.ids, partial=key in work.patched)
    wire = create_body(draft.name, folder_id, description, draft.generation, body)
    async with work.turn(key.kind, key.id):
        planned = replace(work.writing.planned(key.kind, key.id, draft.name, folder_id), description=description or "")
        entry = work.writing.intend(planned, sent=body)
        try:
            target_id = await api.create_document(work.client, key.kind, draft.generation, wire)
        except OutcomeUnknown:
            return entry
        except MigrateError as error:
            work.writing.failed(entry, error)
            raise
        sent = work.writing.sent(entry, target_id)
    return await _landed(work, sent, body)


async def update(work: Execution, action: Update, verb: WriteVerb = "update") -> Copy | Entry:
    """The document with its contents replaced in place, and its name and folder where they changed too.

    ``verb`` is how the ledger calls the write; a ``patch`` leaves no link open.
    Raises Refused ``edited_meanwhile`` where it is not at the version the plan saw, and ``would_drop`` where
    people added pages or elements that the new contents do not have.
    """
    key = action.key
    copy = work.known.copies.get((key.kind, key.id))
    if copy is not None and copy.target_id != action.target_id:
        copy = None
    body = bind(work.whole(action.draft), work.known.ids, partial=key in work.patched and verb != "patch")
    current = await _present(work, key, action.target_id)
    if not _stands_already(copy, current, body):
        outcome = await _replace(work, action, verb, copy, current, body)
        if isinstance(outcome, Entry):
            return outcome
        copy = outcome
    if copy is not None and (action.rename_to or action.moved or action.redescribed):
        return await _place(work, copy, action.draft, partial=key in work.patched and verb != "patch")
    return copy or _unreachable(action)


async def patch(work: Execution, action: Patch) -> Copy | Entry:
    """The document created in this run, once more with every link filled."""
    key, draft = action.key, action.draft
    copy = work.known.copies.get((key.kind, key.id))
    if copy is None:
        raise Refused(f"{key.kind} {key.id} was not created.", code="blocked_by", next_action="run apply again.")
    landed = await update(work, _update_of(action, copy), "patch")
    if isinstance(landed, Copy) and draft.description_holes:
        return await _place(work, landed, draft)
    return landed


async def repoint(work: Execution, action: Repoint) -> Copy | Entry:
    """The copy with the ids that the elements of the models it reads have now."""
    copy = work.known.copies.get((action.key.kind, action.key.id)) or _unreachable(action)
    return await update(work, _update_of(action, copy))


async def move(work: Execution, action: Move) -> Copy | Entry:
    """The document under its planned name, in its planned folder."""
    copy = work.known.copies.get((action.key.kind, action.key.id)) or _unreachable(action)
    return await _place(work, copy, action.draft)


def _update_of(action: Create | Patch | Repoint, copy: Copy) -> Update:
    """The update that brings a copy of ours, as we left it, to what an action wants to stand there."""
    return Update(
        id=action.id,
        target=action.target,
        key=action.key,
        draft=action.draft,
        target_id=copy.target_id,
        version=copy.version_read,
        why=action.why,
    )


def folder_of(work: Execution, draft: Drafted) -> str:
    """The id of the folder a draft belongs to. Raises Refused where there is none."""
    found = draft.folder_id or work.known.folders.get(draft.folder)
    if found:
        return found
    raise Refused(
        f"The folder {'/'.join(draft.folder)!r} is not in the target.",
        code="folder_missing",
        next_action="run plan again; it plans the missing folders.",
    )


async def _replace(
    work: Execution, action: Update, verb: WriteVerb, copy: Copy | None, current: Spec, body: Json
) -> Copy | Entry:
    key, draft = action.key, action.draft
    _check_unedited(work, action, copy, current)
    wire = rebased(body, current.body, copy.elements if copy else {}) if key.about.feeds else body
    _check_removals(work, copy, current, wire)
    # the newest specs do not show their folder; what is nobody's copy was found where the draft is to stand
    folder_id = current.folder_id or (copy.folder_id if copy else folder_of(work, draft))
    guarded = replace_body(key.kind, draft.generation, wire, version_of(current) or None)
    async with work.turn(key.kind, key.id):
        planned = replace(
            work.writing.planned(key.kind, key.id, current.name or draft.name, folder_id),
            description=copy.description if copy else current.description or "",
            verb=verb,
            target_id=action.target_id,
            elements=copy.elements if copy else {},
        )
        entry = work.writing.intend(planned, sent=body, replaced=pre_image(current, copy))
        try:
            await api.replace_document(work.client, key.kind, action.target_id, draft.generation, guarded)
        except OutcomeUnknown:
            return entry
        except ApiRefusal as error:
            work.writing.failed(entry, error)
            raise await _why_refused(work, key, action, current, error) from None
        except MigrateError as error:
            work.writing.failed(entry, error)
            raise
        sent = work.writing.sent(entry, action.target_id)
    return await _landed(work, sent, body)


async def _place(work: Execution, copy: Copy, draft: Drafted, *, partial: bool = False) -> Copy | Entry:
    """The copy after its name, folder and description were set; setting them twice does no harm."""
    folder_id = folder_of(work, draft)
    there = await file_entry(work, copy.target_id)
    if there is None:
        raise _gone(copy.kind, copy.target_id)
    before = {
        "name": str(there.get("name", "")),
        "folderId": str(there.get("parentId") or ""),
        "description": str(there.get("description") or ""),
    }
    description = bind_description(draft, work.known.ids, partial=partial)
    if description is None:  # the source has none; an older ledger does not say whose the one that stands is
        description = before["description"] if copy.description is None else ""
    wanted = {"name": draft.name, "folderId": folder_id, "description": description}
    placed = replace(copy, name=draft.name, folder_id=folder_id, description=description, updated_at=work.run.now())
    if before == wanted:
        return placed
    async with work.turn(copy.kind, copy.source_id):
        planned = replace(
            work.writing.planned(copy.kind, copy.source_id, draft.name, folder_id),
            verb="move",
            target_id=copy.target_id,
            elements=copy.elements,
            digest_sent=copy.digest_sent,
            digest_read=copy.digest_read,
            version_read=copy.version_read,
            description=description,
        )
        entry = work.writing.intend(planned, replaced=before)
        if await unanswered(work, entry, api.patch_file(work.client, copy.target_id, file_changes(before, wanted))):
            return entry
    seen = work.known.read_back.get(copy.target_id)
    if seen is not None:
        work.known.read_back[copy.target_id] = ReadBack(body=seen.body)
    return work.done(work.writing.sent(entry, copy.target_id), placed)


def file_changes(before: Mapping[str, str], wanted: Mapping[str, str]) -> Json:
    """The body of a file's PATCH: name and folder always, the description only where it changes."""
    changes = {"name": wanted["name"], "parentId": wanted["folderId"]}
    if wanted.get("description", "") != before.get("description", ""):
        changes["description"] = wanted["description"]
    return changes


def pre_image(current: Spec, copy: Copy | None) -> Json:
    """What undo needs to put a document back: its contents, and what the ledger said of it."""
    return {
        "generation": current.generation,
        "body": current.body,
        "digest_sent": copy.digest_sent if copy else "",
        "ours": copy is not None,
        "elements": {old: asdict(ids) for old, ids in copy.elements.items()} if copy else {},
    }


async def _landed(work: Execution, entry: Entry, body: Json) -> Copy | Entry:
    """The copy, or the entry where it could not be read back just now."""
    try:
        return await land(work, entry, body)
    except ServiceError as error:
        if error.code == "ledger_unusable":
            raise
        return entry
    except ApiRefusal:
        return entry


def _stands_already(copy: Copy | None, current: Spec, body: Json) -> bool:
    return (
        copy is not None
        and copy.digest_sent == digest(body)
        and (copy.version_read == version_of(current) or copy.digest_read == current.digest)
    )


def _check_unedited(work: Execution, action: Update, copy: Copy | None, current: Spec) -> None:
    version = version_of(current)
    as_read = copy is not None and copy.digest_read == current.digest
    settled = copy is not None and (copy.kind, copy.source_id) in work.writing.settled
    expected = {action.version, copy.version_read} if copy and settled else {action.version}
    if version in expected or as_read or work.policy.drift == "overwrite":
        return
    raise _edited(action, version)


def _check_removals(work: Execution, copy: Copy | None, current: Spec, wire: Json) -> None:
    if work.policy.removals == "allow":
        return
    last_sent = work.writing.book.body(copy.digest_sent) if copy else None
    added = added_by_people(current.body, wire, last_sent, copy.elements if copy else {})
    if added:
        raise Refused(
            f"Replacing {current.key.kind} {current.key.id} would drop what people added there:"
            f" {dropped_in_words(added)}.",
            code="would_drop",
            next_action="copy these parts elsewhere, or set policy.removals to allow.",
        )


async def _present(work: Execution, key: Key, target_id: str) -> Spec:
    spec = await standing(work, key.kind, target_id)
    if spec is None:
        raise _gone(key.kind, target_id)
    return spec


async def _why_refused(work: Execution, key: Key, action: Update, before: Spec, error: ApiRefusal) -> MigrateError:
    """The conflict behind a refused replacement, where it was one; else the refusal itself."""
    if error.status == 409:
        return _edited(action, version_of(before))
    now = await standing(work, key.kind, action.target_id)
    if now is not None and version_of(now) != version_of(before):
        return _edited(action, version_of(now))
    return error


def _edited(action: Update, version: int) -> Refused:
    return Refused(
        f"{action.key.kind} {action.target_id} was edited in the target after the plan was made"
        f" (version {action.version} then, {version} or later now); it was not overwritten.",
        code="edited_meanwhile",
        next_action="run plan again and decide about the edit (policy.drift).",
    )


def _gone(kind: str, target_id: str) -> Refused:
    return Refused(
        f"{kind} {target_id} is no longer in the target.",
        code="gone_meanwhile",
        next_action="run plan again; it will be created anew.",
    )


def _unreachable(action: Update | Repoint | Move) -> Copy:
    raise MigrateError(f"Action {action.id} speaks of a copy that the ledger does not know.")
