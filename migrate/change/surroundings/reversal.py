"""Grants, owners, tags and schedules that a run wrote, as they stand now and stood before it; and brought back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from migrate.change.execution import Execution
from migrate.change.known import document_kind
from migrate.change.read_back import file_entry
from migrate.change.surroundings.rounds import OWNER
from migrate.change.surroundings.schedule_writes import restore_schedule, schedules_on, stands_now
from migrate.change.surroundings.schedules import SCHEDULE
from migrate.change.surroundings.tag_writes import kind_of, restore_tag, tags_on
from migrate.change.surroundings.tags import TAG
from migrate.change.surroundings.writes import bring, grantee_of, own
from migrate.change.undo import Around
from migrate.inventory.access import Grant
from migrate.kinds import KINDS
from migrate.ledger.model import Entry
from migrate.survey.access import direct
from migrate.tree import Json
from migrate.words import AROUND

Thing = tuple[str, str]


async def standing_around(work: Execution, entries: Iterable[Entry]) -> dict[Thing, Around]:
    """What stands now where a run gave or took, and what stood there before its first write, by (kind, source id).

    Each document and folder is asked for once, and once more for the grants on it.
    """
    first: dict[Thing, Entry] = {}
    for entry in sorted(entries, key=lambda one: one.sequence):
        if entry.kind in AROUND and entry.state == "done":
            first.setdefault((entry.kind, entry.source_id), entry)
    looked = _Looked(work)
    return {
        thing: Around(now=await looked.now(entry), before=before(work, entry), stuck=_stuck(work, entry))
        for thing, entry in first.items()
    }


@dataclass(slots=True)
class _Looked:
    """What was read of documents and folders of the target, each list at most once."""

    work: Execution
    owners: dict[str, str | None] = field(default_factory=dict)
    grants: dict[str, tuple[Grant, ...]] = field(default_factory=dict)
    tags: dict[str, dict[str, int]] = field(default_factory=dict)
    schedules: dict[str, dict[str, Json]] = field(default_factory=dict)

    async def now(self, entry: Entry) -> str | None:
        """What stands now where a write was done; None where what it stood round is gone."""
        work, inode = self.work, entry.folder_id
        if inode not in self.owners:
            there = await file_entry(work, inode)
            self.owners[inode] = None if there is None else str(there.get("ownerId") or "")
        if self.owners[inode] is None or entry.kind == OWNER:
            return self.owners[inode]
        if entry.kind == TAG:
            if inode not in self.tags:
                self.tags[inode] = await tags_on(work, kind_of(entry), inode)
            return str(self.tags[inode].get(entry.target_id) or "")
        if entry.kind == SCHEDULE:
            if inode not in self.schedules:
                self.schedules[inode] = await schedules_on(work, kind_of(entry), inode)
            known = work.writing.book.copy(work.writing.home, entry.kind, entry.source_id)
            return stands_now(self.schedules[inode].get(known.target_id if known else entry.target_id), known)
        if inode not in self.grants:
            self.grants[inode] = await direct(work.client, inode)
        who = grantee_of(entry)
        return next((grant.right for grant in self.grants[inode] if grant.grantee == who), "")


def _stuck(work: Execution, entry: Entry) -> str:
    """Why a write cannot be taken back: a tag that only a person can take off; empty where it can."""
    if entry.kind != TAG or before(work, entry):
        return ""
    row = KINDS[document_kind(kind_of(entry))]
    return "" if row.untags else f"no call takes a version tag off a {row.singular}"


def before(work: Execution, entry: Entry) -> str:
    """The right, owner or version that stood before a write."""
    kept = work.writing.book.body(entry.pre_image) or {}
    return str(kept.get("before") or "")


async def restore_access(work: Execution, entry: Entry) -> Entry | None:
    """Brings a right, an owner or a tag back to what stood before a write; the entry of a write nobody knows about."""
    thing, wanted = (entry.kind, entry.source_id), before(work, entry)
    if entry.kind == TAG:
        return await restore_tag(work, entry, wanted)
    if entry.kind == SCHEDULE:
        return await restore_schedule(work, entry, wanted)
    if entry.kind == OWNER:
        kept = {"before": entry.name, "ours": True}
        return await own(work, thing, entry.folder_id, wanted, kept, undoes=entry.sequence)
    who = grantee_of(entry)
    stands = next((grant for grant in await direct(work.client, entry.folder_id) if grant.grantee == who), None)
    return await bring(work, thing, entry.folder_id, who, wanted, stands, undoes=entry.sequence)
