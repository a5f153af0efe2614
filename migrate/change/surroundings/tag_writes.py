"""Version tags put on copies and taken off: each on record before it leaves, read first, settled where it was lost."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from migrate.change.execution import Execution, unanswered
from migrate.change.known import document_kind
from migrate.change.surroundings.records import changed_meanwhile, is_ours, land, land_settled, standing_copy
from migrate.change.surroundings.rounds import place_of, tag_thing
from migrate.change.surroundings.tags import Tagging, on_versions
from migrate.inventory.crawl import version_tags
from migrate.ledger.model import Copy, Entry
from migrate.sigma import api

if TYPE_CHECKING:
    from migrate.change.actions import Tag


async def put_tags(work: Execution, action: Tag) -> Entry | None:
    """Brings the tags of a copy to the plan; the entry of a write whose outcome is not known."""
    copy = standing_copy(work, action.key)
    there = await tags_on(work, copy.kind, copy.target_id)
    for tag in action.tags:
        thing = tag_thing(place_of(action.key), tag.id)
        stands, wanted = there.get(tag.id, 0), 0 if tag.off else copy.version_read
        if stands == wanted:
            _note(work, thing, tag, copy)
            continue
        if stands != tag.before and thing not in work.writing.attempts:
            raise changed_meanwhile(f"the tag {tag.name} is {_place(stands)} now, {_place(tag.before)} when planned")
        unknown = await put(work, thing, copy.target_id, tag, wanted=wanted, stands=stands)
        if unknown is not None:
            return unknown
    return None


def _place(version: int) -> str:
    return f"on version {version}" if version else "nowhere"


def _note(work: Execution, thing: tuple[str, str], tag: Tagging, copy: Copy) -> None:
    """Keeps in mind on which version of the source a tag of ours stands that is where it should be already."""
    before = work.writing.book.copy(work.writing.home, *thing)
    if before is not None and not tag.off:
        work.writing.book.adopt(replace(before, version_read=tag.version, name=str(copy.version_read)))


async def tags_on(work: Execution, kind: str, inode: str) -> dict[str, int]:
    """The version on which each tag of a document stands, by the tag's id; empty where there is no such document."""
    found = await api.get_document(work.client, document_kind(kind), inode)
    return on_versions(version_tags(found or {}))


async def put(
    work: Execution,
    thing: tuple[str, str],
    inode: str,
    tag: Tagging,
    *,
    wanted: int,
    stands: int,
    undoes: int = 0,
) -> Entry | None:
    """A tag put on a version, or taken off (``wanted`` 0); the entry where nobody knows whether that was done."""
    last = work.writing.book.copy(work.writing.home, *thing)
    replaced = {
        "before": _text(stands),
        "ours": is_ours(work, thing),
        "version": last.version_read if last else 0,
        "tag": tag.name,
    }
    planned = work.writing.planned(*thing, _text(wanted or stands), inode)
    entry = replace(planned, target_id=tag.id, version_read=tag.version, undoes=undoes)
    entry = work.writing.intend(replace(entry, verb="tag" if wanted else "untag"), replaced=replaced)
    kind = document_kind(kind_of(entry))
    put_it = api.put_tag(work.client, kind, inode, tag.name, wanted) if wanted else None
    if await unanswered(work, entry, put_it or api.take_tag(work.client, kind, inode, tag.id)):
        return entry
    land(work, entry)
    return None


def _text(version: int) -> str:
    """A version as the ledger writes it, empty for none."""
    return str(version) if version else ""


def kind_of(entry: Entry) -> str:
    """The kind of the document that something of the ledger stands round."""
    return entry.source_id.partition(":")[0]


async def settled_tag(work: Execution, entry: Entry) -> bool | None:
    """Whether an open write of a tag was done; None while nothing shows that."""
    stands = (await tags_on(work, kind_of(entry), entry.folder_id)).get(entry.target_id, 0)
    wanted = 0 if entry.verb == "untag" else int(entry.name)
    return land_settled(work, entry) if stands == wanted else None


async def restore_tag(work: Execution, entry: Entry, before: str) -> Entry | None:
    """Brings a tag back to the version on which it stood before a write, or takes it off."""
    kept = work.writing.book.body(entry.pre_image) or {}
    tag = Tagging(id=entry.target_id, name=str(kept.get("tag") or ""), version=int(kept.get("version") or 0))
    thing, inode = (entry.kind, entry.source_id), entry.folder_id
    stands = (await tags_on(work, kind_of(entry), inode)).get(entry.target_id, 0)
    return await put(work, thing, inode, tag, wanted=int(before or 0), stands=stands, undoes=entry.sequence)
