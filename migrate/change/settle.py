"""Unknown outcomes: a write left, its answer did not arrive. Look for what it did; never send it again blindly.

A create is looked for under the id that it was answered with, if it was, and by planned name, folder, author and
content, patiently, because listings lag behind creates (sigma-api 5.6, 7) and an id may be that of something else. Time
says nothing: clocks are wrong, and a create is planned only where no such document stands, so whatever stands there now
is ours or ambiguous. Later writes are looked at where they were to happen. One match is taken as ours; nothing found
means it was not done; several stop that document with the candidates.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from migrate.bundle.spec import Spec
from migrate.change import archive
from migrate.change.contents import Likeness, equal, likeness
from migrate.change.execution import Execution
from migrate.change.folders import is_folder_at, land_folder
from migrate.change.known import document_kind
from migrate.change.read_back import file_entry, land, land_move, land_restored, standing, version_of
from migrate.change.rebase import rebased
from migrate.change.surroundings.writes import settled
from migrate.change.view import same_words
from migrate.errors import Refused, ServiceError
from migrate.events import Stage
from migrate.kinds import KINDS
from migrate.ledger.model import Entry
from migrate.rewrite.models.correlate import Uncorrelated
from migrate.sigma import api
from migrate.tree import Json, digest
from migrate.words import AROUND, Kind

Settlement = Literal["done", "not_done", "open", "stuck"]
"""``open``: it could not be told before the run was stopped."""


@dataclass(slots=True)
class Listings:
    """One look at the target, its listings read at most once.

    ``claimed`` are ids that are somebody's already; ``last`` says that there is no patience for another look.
    """

    work: Execution
    claimed: set[str]
    last: bool = False
    documents: dict[Kind, list[Json]] = field(default_factory=dict)
    files: dict[tuple[str, str], list[Json]] = field(default_factory=dict)

    async def listed(self, kind: Kind) -> list[Json]:
        """All documents of a kind."""
        if kind not in self.documents:
            self.documents[kind] = await api.list_documents(self.work.client, kind)
        return self.documents[kind]

    async def inside(self, kind: str, folder_id: str) -> list[Json]:
        """The file entries of a kind in a folder (workspaces where there is no folder)."""
        if (kind, folder_id) not in self.files:
            self.files[kind, folder_id] = await api.list_files(
                self.work.client, types=(kind,), parent_id=folder_id or None
            )
        return self.files[kind, folder_id]


async def settle_earlier(work: Execution, entries: Sequence[Entry]) -> None:
    """Settles what earlier runs left open, and says so first: it may take as long as all the patience there is.

    Raises ServiceError where the target does not answer.
    """
    if entries:
        _tell(work, 0, len(entries))
        await settle(work, entries, told=_tell)
        _tell(work, len(entries), len(entries))


def _tell(work: Execution, done: int, total: int) -> None:
    """Tells how many of the writes that earlier runs left open are settled."""
    work.run.listener(Stage(name="settle", org=work.client.org, done=done, total=total))


async def settle(
    work: Execution, entries: Sequence[Entry], told: Callable[[Execution, int, int], None] | None = None
) -> dict[int, Settlement]:
    """What became of each open write, by its sequence; the ledger is brought to that.

    A write that was done leaves its copy, one that was not done is recorded as failed, so that it may be sent
    again; ``stuck`` ones are explained in ``work.writing.stuck``. ``told`` hears how many of them all
    are settled whenever there are more. Raises ServiceError where the target does not answer.
    """
    found: dict[int, Settlement] = {}
    claimed = set(work.writing.book.owned(work.writing.home.target_org)) | {
        entry.target_id for entry in entries if entry.target_id and entry.verb != "create"
    }
    entries = sorted(entries, key=lambda entry: not entry.target_id)  # what an id tells comes before what a name does
    waits = (0.0, *work.run.patience.waits)
    for number, wait in enumerate(waits, 1):
        if wait:
            if work.run.stop():
                break
            await work.run.sleep(wait)
        listings, before = Listings(work, claimed, last=number == len(waits)), len(found)
        for entry in [entry for entry in entries if entry.sequence not in found]:
            answer = await _once(listings, entry, entries)
            if answer is not None:
                found[entry.sequence] = answer
        if told is not None and len(found) > before:
            told(work, len(found), len(entries))
        if len(found) == len(entries):
            return found
    for entry in entries:
        if entry.sequence not in found:
            found[entry.sequence] = "open" if work.run.stop() else _not_done(work, entry)
    return found


async def _once(listings: Listings, entry: Entry, entries: Sequence[Entry]) -> Settlement | None:
    """What one look shows of one write; None while nothing can be said."""
    try:
        if entry.kind in AROUND:
            return "done" if await settled(listings.work, entry) else None
        if entry.verb in ("archive", "unarchive"):
            return "done" if await archive.settled(listings.work, entry) else None
        if entry.verb in ("move", "delete", "restore") or (entry.target_id and entry.verb != "create"):
            return await _at_its_place(listings.work, entry)
        if entry.target_id and await _as_answered(listings, entry):
            return "done"
        target_id = await _created(listings, entry, entries)
        if not target_id:
            return None
        listings.claimed.add(target_id)
        sent = listings.work.writing.sent(entry, target_id)
        return await _landed(listings.work, sent)
    except (Refused, Uncorrelated) as refusal:
        listings.work.writing.stuck[entry.kind, entry.source_id] = refusal
        return "stuck"


async def _landed(work: Execution, entry: Entry) -> Settlement:
    if entry.kind == "folder":
        land_folder(work, entry)
    elif entry.verb == "restore":
        await land_restored(work, entry)
    else:
        await land(work, entry, work.writing.book.body(entry.digest_sent))
    work.writing.settled.add((entry.kind, entry.source_id))
    return "done"


def _not_done(work: Execution, entry: Entry) -> Settlement:
    work.writing.not_done(entry)
    return "not_done"


# Creates


async def _as_answered(listings: Listings, entry: Entry) -> bool:
    """Whether what a create made stands under the id that it was answered with; then it is recorded."""
    if entry.target_id in listings.claimed:
        return False
    if entry.kind == "folder":
        file = await file_entry(listings.work, entry.target_id)
        if file is None:
            return False
        # one that people have renamed or moved since is still the one that was made, unless that one stands there
        if not is_folder_at(file, entry.name, entry.folder_id) and await _created(listings, entry, ()):
            return False
    try:
        await _landed(listings.work, entry)
    except ServiceError as error:
        if error.code in ("written_not_found", "odd_answer"):
            return False
        raise
    listings.claimed.add(entry.target_id)
    return True


async def _created(listings: Listings, entry: Entry, entries: Sequence[Entry]) -> str:
    """The id of the one thing that a lost create made, or empty. Raises Refused where several may be it."""
    if entry.kind == "folder":
        listed = await listings.inside("folder" if entry.folder_id else "workspace", entry.folder_id)
        there = [str(found["id"]) for found in listed if is_folder_at(found, entry.name, entry.folder_id)]
        if len(there) > 1:
            raise _ambiguous(entry, there)
        return there[0] if there else ""
    candidates = await _candidates(listings, entry)
    alike: dict[Likeness | None, list[str]] = {"same": [], "alike": [], "other": [], None: []}
    for candidate in candidates:
        alike[await _likeness(listings.work, entry, candidate)].append(candidate)
    best = alike["same"] or alike["alike"]
    if len(best) == 1 or (best and len(best) <= _interchangeable(entry, entries)):
        return best[0]
    if candidates and (listings.last or not alike[None]):
        raise _ambiguous(entry, candidates)
    return ""


async def _candidates(listings: Listings, entry: Entry) -> list[str]:
    """Ids of unclaimed documents of the planned name in the planned folder, ours by author, oldest first."""
    kind = document_kind(entry.kind)
    listed = {_id(found, kind): found for found in await listings.listed(kind)}
    inside = {str(found["id"]): found for found in await listings.inside(kind, entry.folder_id)}
    likely = [
        (str(found.get("createdAt", "")), document_id)
        for document_id, found in {**inside, **listed}.items()
        if document_id not in listings.claimed and await _may_be(listings.work, entry, found)
    ]
    stand_there = []
    for _, document_id in sorted(likely):
        file = inside.get(document_id) or await file_entry(listings.work, document_id)
        if file is not None and str(file.get("parentId") or "") == entry.folder_id:
            stand_there.append(document_id)
    return stand_there


async def _may_be(work: Execution, entry: Entry, found: Json) -> bool:
    """Whether a listed document has the name and author of a lost create."""
    if found.get("name") != entry.name or found.get("isArchived"):
        return False
    return found.get("createdBy", "") in ("", entry.author or await work.writing.author())


async def _likeness(work: Execution, entry: Entry, target_id: str) -> Likeness | None:
    """How like a candidate is to what was sent; None for one that is listed and cannot be read (yet)."""
    spec = await standing(work, entry.kind, target_id)
    if spec is None:
        return None
    return likeness(work.writing.book.body(entry.digest_sent), entry.digest_sent, spec)


def _interchangeable(entry: Entry, entries: Iterable[Entry]) -> int:
    """How many open creates of the same content, name and folder there are: their copies are interchangeable."""
    mine = (entry.kind, entry.name, entry.folder_id, entry.digest_sent)
    return sum((other.kind, other.name, other.folder_id, other.digest_sent) == mine for other in entries)


def _ambiguous(entry: Entry, candidates: Sequence[str]) -> Refused:
    return Refused(
        f"A lost create of {entry.kind} {entry.name!r} may have made any of these, so none was taken and nothing was"
        f" sent again: {', '.join(candidates[:10])}.",
        code="ambiguous_outcome",
        next_action="look at them in the target, archive those that are not the copy, then run apply again.",
    )


# Later writes


async def _at_its_place(work: Execution, entry: Entry) -> Settlement | None:
    """What the target of a write shows; None while it may still be on its way."""
    if entry.verb == "delete":
        if await file_entry(work, entry.target_id) is not None:
            return None
        work.writing.done(entry, None)
        work.writing.settled.add((entry.kind, entry.source_id))
        return "done"
    if entry.kind == "folder" or entry.verb == "move":
        return await _file_at_its_place(work, entry)
    if entry.state == "sent":
        return await _sent_at_its_place(work, entry)
    return await _contents_at_their_place(work, entry)


async def _file_at_its_place(work: Execution, entry: Entry) -> Settlement | None:
    file = await file_entry(work, entry.target_id)
    if file is None:
        return _not_done(work, entry)
    if entry.kind == "folder":
        return await _landed(work, entry)
    if file.get("name") != entry.name or str(file.get("parentId") or "") != entry.folder_id:
        return None
    if entry.description is not None and not same_words(str(file.get("description") or ""), entry.description):
        return None
    land_move(work, entry)
    work.known.read_back.pop(entry.target_id, None)
    work.writing.settled.add((entry.kind, entry.source_id))
    return "done"


async def _sent_at_its_place(work: Execution, entry: Entry) -> Settlement:
    """A write that was answered; only reading it back is missing."""
    if await standing(work, entry.kind, entry.target_id) is None:
        return _not_done(work, entry)
    return await _landed(work, entry)


async def _contents_at_their_place(work: Execution, entry: Entry) -> Settlement | None:
    """A replacement without an answer: done where the new contents stand there, not done where the old ones do."""
    spec = await standing(work, entry.kind, entry.target_id)
    if spec is None:
        return _not_done(work, entry)
    before = work.writing.book.body(entry.pre_image) or {}
    if digest(spec.body) == digest(before.get("body")):
        return None
    sent = work.writing.book.body(entry.digest_sent)
    if entry.verb == "restore" and sent is not None:
        sent = sent["body"]
    if await _holds(work, entry, sent, spec):
        return await _landed(work, work.writing.sent(entry, entry.target_id))
    raise Refused(
        f"{entry.kind} {entry.target_id} holds neither what was there nor what a lost write sent (it is at version"
        f" {version_of(spec)} now); somebody edited it.",
        code="edited_meanwhile",
        next_action="compare it with the source, then run plan again and decide about the edit (policy.drift).",
    )


async def _holds(work: Execution, entry: Entry, sent: Json, spec: Spec) -> bool:
    """Whether a document holds what a replacement sent, whatever ids and normal forms the server chose.

    Where it is not equal, its last author tells a body that the server normalised from one that somebody edited.
    """
    wire = rebased(sent, spec.body, entry.elements) if KINDS[document_kind(entry.kind)].feeds else sent
    if equal(wire, spec.body):
        return True
    by_us = spec.server.get("updatedBy", "") in ("", await work.writing.author())
    return by_us and likeness(sent, entry.digest_sent, spec) != "other"


def _id(found: Json, kind: Kind) -> str:
    return str(found.get(KINDS[kind].id_field, ""))
