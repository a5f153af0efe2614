"""From "the server took it" to "we know what stands there": read back, ids paired, recorded as done."""

from __future__ import annotations

from dataclasses import replace

from migrate.bundle.spec import Spec, parse_spec
from migrate.change.contents import likeness
from migrate.change.execution import Execution, copy_from
from migrate.change.known import document_kind
from migrate.change.model import ReadBack
from migrate.errors import ApiRefusal, ServiceError
from migrate.inventory.model import Key, url_id_of
from migrate.kinds import KINDS
from migrate.ledger.model import Copy, Entry
from migrate.rewrite.model import ElementIds
from migrate.rewrite.models.correlate import correlate
from migrate.sigma import api
from migrate.tree import Json


async def land(work: Execution, entry: Entry, sent: Json) -> Copy:
    """The copy of a document whose write was done, read back and recorded.

    ``sent`` is the bound body in the source's own ids. Raises ServiceError where it cannot be read, or where what
    stands under the id that a create was answered with is something else (its entry stays open, so it is looked for),
    and Uncorrelated where its elements cannot be told apart.
    """
    spec = await standing(work, entry.kind, entry.target_id)
    if spec is None:
        raise ServiceError(
            f"{entry.kind} {entry.target_id} was written and cannot be found now.",
            code="written_not_found",
            next_action="look for it in the target's trash, then run apply again.",
        )
    thing = entry.kind, entry.source_id
    is_anothers = work.known.holders.get(entry.target_id, thing) != thing
    if entry.verb == "create" and (is_anothers or not _is_what_was_made(entry, sent, spec)):
        raise ServiceError(
            f"The create of {entry.kind} {entry.name!r} was answered with the id of something else, {entry.target_id}.",
            code="odd_answer",
            next_action="run apply again; what was made is looked for by its name.",
        )
    elements = correlate(sent, spec.body) if KINDS[document_kind(entry.kind)].feeds else {}
    copy = _copy(work, entry, spec)
    if entry.verb == "create" and spec.description is not None:
        copy = replace(copy, description=spec.description)
    if work.spool is not None:
        work.known.read_back[entry.target_id] = ReadBack(
            body=work.spool.put(spec.body),
            name=spec.name or None,
            folder_id=spec.folder_id or None,
            description=spec.description,
        )
    work.known.urls[entry.target_id] = str(spec.server.get("url") or "")
    work.known.url_ids[entry.target_id] = url_id_of(spec.server)
    return work.done(entry, replace(copy, elements=elements))


def _is_what_was_made(entry: Entry, sent: Json, spec: Spec) -> bool:
    """Whether a document has the name and folder of a create, as far as it shows them, or else what was sent."""
    named = not spec.name or spec.name == entry.name
    placed = not spec.folder_id or spec.folder_id == entry.folder_id
    return (named and placed) or likeness(sent, entry.digest_sent, spec) != "other"


async def land_restored(work: Execution, entry: Entry) -> None:
    """Records that a document holds its pre-image again; one that was not ours before is no copy any more."""
    before = work.writing.book.body(entry.digest_sent) or {}
    spec = await standing(work, entry.kind, entry.target_id)
    if spec is None or not before.get("ours"):
        work.writing.done(entry, None)
        return
    copy = _copy(work, entry, spec)
    work.done(entry, replace(copy, digest_sent=before["digest_sent"], elements=elements_from(before["elements"])))


def _copy(work: Execution, entry: Entry, spec: Spec) -> Copy:
    return copy_from(
        entry, target_id=entry.target_id, digest_read=spec.digest, version=version_of(spec), at=work.run.now()
    )


def land_move(work: Execution, entry: Entry) -> None:
    """Records that a document has the name and folder of the entry; its contents stayed as they were."""
    copy = copy_from(
        entry, target_id=entry.target_id, digest_read=entry.digest_read, version=entry.version_read, at=work.run.now()
    )
    work.done(entry, copy)


def elements_from(plain: Json) -> dict[str, ElementIds]:
    """Element ids as a pre-image holds them."""
    return {old: ElementIds(**ids) for old, ids in plain.items()}


async def standing(work: Execution, kind: str, target_id: str) -> Spec | None:
    """What stands in the target under an id now; None where it is gone or archived."""
    key = Key(org=work.client.org, kind=document_kind(kind), id=target_id)
    try:
        answer = await api.read_spec(work.client, key.kind, target_id, work.generations.get(key.kind))
        return parse_spec(answer, key)
    except ApiRefusal as refusal:
        if refusal.status == 404 or refusal.code in ("not_found", "archived"):
            return None
        raise
    except ValueError as error:
        raise ServiceError(
            f"{kind} {target_id} has no known shape: {error}.",
            code="odd_answer",
            next_action="export it and report the shape.",
        ) from None


async def file_entry(work: Execution, file_id: str) -> Json | None:
    """The file entry of a folder or document by id; None where it is gone or archived."""
    try:
        entry = await api.get_file(work.client, file_id)
    except ApiRefusal as refusal:
        if refusal.code == "archived":
            return None
        raise
    return None if entry is None or entry.get("isArchived") else entry


def version_of(spec: Spec) -> int:
    """The published version that a read spec shows, 0 where it shows none."""
    for field in ("documentVersion", "latestDocumentVersion", "latestVersion"):
        value = spec.server.get(field)
        if isinstance(value, int) and not isinstance(value, bool):
            return value
    return 0
