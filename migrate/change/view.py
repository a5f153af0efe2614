"""All that actions are decided on for one target, and what it says of names, places and drift. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import count, islice
from types import MappingProxyType

from migrate.change.surroundings.rounds import FolderRound, Round
from migrate.errors import Problem
from migrate.inventory.model import Inventory, Item, Key
from migrate.kinds import known_kind
from migrate.ledger.model import Copy, Snapshot
from migrate.plan.policies import Policy
from migrate.rewrite.bind import bind, bind_description, filling, unbound
from migrate.rewrite.model import Copied, Draft, Drafted, IdMap
from migrate.sigma.contract import settled_digest
from migrate.text import join_path
from migrate.tree import digest
from migrate.words import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """What would be sent of a draft now: the digest of its bytes, and that of what they say at any date.

    ``settled`` is empty where it is not needed: the bytes are those that were sent last, or nothing was sent yet.
    ``digest`` is empty while an id is missing; ``left_open`` is then that of the bytes with links left open, where that
    is all that is missing.
    """

    digest: str = ""
    settled: str = ""
    left_open: str = ""


def sending(draft: Draft, ids: IdMap, copy: Copy | None) -> Sending:
    """What would be sent of a draft with these ids."""
    missing = unbound(draft, ids)
    if missing:
        inside = [hole for hole in missing if hole in draft.holes]
        waits = all(hole.can_wait for hole in inside)
        return Sending(left_open=digest(bind(draft, ids, partial=True)) if waits else "")
    body = bind(draft, ids)
    found = digest(body)
    otherwise = copy is not None and draft.key.about.enveloped and found != copy.digest_sent
    return Sending(digest=found, settled=settled_digest(body) if otherwise else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetView:
    """All that is decided on, for one target.

    ``mapped`` are source models that the plan maps to existing ones. ``observed`` holds the digest of the
    current body of copies whose version is no longer the one we read back. ``unreadable`` are source documents that
    could not be read. ``missing`` is what a look at the target says that drafts need and it does not hold.
    ``sending`` says by digest what would be sent now of every draft.
    ``sent_before`` holds the settled digest of what was sent last to copies that would be sent other bytes now: at
    another date of the spec contract these may say the same.
    ``source`` are the documents as the source lists them; ``drops`` what people added to a document of the target that
    replacing it would drop, by the source document that would replace it. ``fates`` are ``gone``, ``not_visible`` or
    ``unknown``, by (kind, id) of what was copied and is not listed in the source any more. ``rounds`` and
    ``folder_rounds`` are what the plan carries beside the contents of documents and on folders. ``closed`` are the
    kinds of documents that may not be written there at all, and why; None stands for folders and moves.
    ``moved`` are documents that are not written, because what was saved of them is not what would be done now, ``held``
    those that the target's pin leaves as they are.
    """

    target: str
    drafts: Mapping[Key, Drafted]
    dest: Inventory
    snapshot: Snapshot
    policy: Policy
    mapped: IdMap = field(default_factory=dict)
    observed: Mapping[str, str] = field(default_factory=dict)
    unreadable: Mapping[Key, tuple[str, str]] = field(default_factory=dict)
    missing: Mapping[Key, tuple[Problem, ...]] = field(default_factory=dict)
    sending: Mapping[Key, Sending] = field(default_factory=dict)
    sent_before: Mapping[Key, str] = field(default_factory=dict)
    source: Mapping[Key, Item] = field(default_factory=dict)
    drops: Mapping[Key, tuple[str, ...]] = field(default_factory=dict)
    fates: Mapping[tuple[str, str], str] = field(default_factory=dict)
    rounds: Mapping[Key, Round] = field(default_factory=dict)
    folder_rounds: tuple[FolderRound, ...] = ()
    closed: Mapping[Kind | None, Problem] = field(default_factory=dict)
    moved: Mapping[Key, Problem] = field(default_factory=dict)
    held: Mapping[Key, Problem] = field(default_factory=dict)


def described(draft: Draft | Drafted, copy: Copy | None, ids: IdMap) -> str | None:
    """The description that a copy is to have, empty for none; None where nobody can say.

    That is so while it links to what is not there yet, and where the source has none and an older ledger does not
    know whether the copy's own was ours.
    """
    if draft.description is None:
        return None if copy is not None and copy.description is None else ""
    if any(filling(hole, ids) is None for hole in draft.description_holes):
        return None
    return bind_description(draft, ids)


def same_words(one: str, other: str) -> bool:
    """Whether two descriptions say the same, however a server ends lines and texts."""
    return one.strip().splitlines() == other.strip().splitlines()


def source_place(view: TargetView, key: Key) -> str:
    """A source document in words: its kind and where it stands there."""
    return f"{key.kind} {source_path(view, key)!r}"


def source_path(view: TargetView, key: Key) -> str:
    """Where a document stands in the source, with its name; its id only where the source does not list it."""
    item = view.source.get(key)
    return join_path((*item.path, item.name)) if item else key.id


def to_be_looked_up(view: TargetView) -> tuple[Key, ...]:
    """The drafts whose tables are worth a look: all but copies that stand just as they would be sent.

    Those that are refused are among them, so that what refuses one hides nothing else that it lacks.
    """
    return tuple(key for key, draft in view.drafts.items() if draft.refusals or not _as_sent(view, key, draft))


def _as_sent(view: TargetView, key: Key, draft: Drafted) -> bool:
    copy = view.snapshot.copies.get((key.kind, key.id))
    item = item_of(view.dest, key.kind, copy.target_id) if copy else None
    if copy is None or item is None or item.archived or edited_since(view, copy, item):
        return False
    return same_as_sent(view, draft, copy)


def same_as_sent(view: TargetView, draft: Drafted, copy: Copy) -> bool:
    """Whether the contents that would be sent now say what was sent last, in whichever spelling."""
    now, before = view.sending.get(draft.key), view.sent_before.get(draft.key)
    if now is None or not now.digest:
        return False
    return now.digest == copy.digest_sent or (before is not None and before == now.settled)


def sent_otherwise(view: TargetView) -> Mapping[Key, str]:
    """The copies of what dates spell that would be sent other bytes now, each with the digest of what was sent last."""
    copies = ((key, draft, view.snapshot.copies.get((key.kind, key.id))) for key, draft in view.drafts.items())
    return {
        key: copy.digest_sent
        for key, draft, copy in copies
        if copy is not None and key.about.enveloped and not draft.refusals and not same_as_sent(view, draft, copy)
    }


def known_ids(view: TargetView) -> dict[Key, Copied]:
    """Source document -> its copy, for all copies that still stand, and the mapped models."""
    org = next((key.org for key in (*view.drafts, *view.mapped, *view.unreadable)), "")
    return standing_ids(view.snapshot, view.dest, org, view.mapped)


def standing_ids(snapshot: Snapshot, dest: Inventory, org: str, mapped: IdMap) -> dict[Key, Copied]:
    """Source document (of the alias ``org``) -> its copy that still stands in the target, or its mapped model."""
    alive = {item.key.id for item in dest.items.values() if not item.archived}
    standing = [copy for copy in snapshot.copies.values() if copy.target_id in alive]
    url_ids = {item.key.id: item.url_id for item in dest.items.values()}
    return ids_of(standing, org, url_ids) | dict(mapped)


def ids_of(copies: Iterable[Copy], org: str, url_ids: Mapping[str, str] = MappingProxyType({})) -> dict[Key, Copied]:
    """Source document -> its copy, as the ledger has it; ``org`` is the source's alias.

    ``url_ids`` says how the target writes the ids of its documents in addresses.
    """
    return {
        Key(org=org, kind=kind, id=copy.source_id): Copied(
            id=copy.target_id, url_id=url_ids.get(copy.target_id, ""), elements=copy.elements
        )
        for copy in copies
        if (kind := known_kind(copy.kind)) is not None
    }


def stands_in(item: Item, draft: Draft | Drafted) -> bool:
    """Whether a document of the target is where a draft is to stand."""
    return item.folder_id == draft.folder_id if draft.folder_id else item.path == draft.folder


def same_folder(one: Drafted, other: Drafted) -> bool:
    """Whether two drafts are to stand in one folder."""
    return (one.folder_id, one.folder) == (other.folder_id, other.folder)


def kept_name(draft: Drafted, item: Item, view: TargetView) -> str:
    """The name that our copy is to have: the planned one, or the free one it got while that is still taken."""
    extra = item.name.removeprefix(f"{draft.name} (")
    numbered = item.name != extra and extra.removesuffix(")").isdecimal() and extra.endswith(")")
    if view.policy.existing != "rename" or not numbered:
        return draft.name
    others = (other for other in view.dest.items.values() if other.key.kind == item.key.kind and other.key != item.key)
    taken = any(o.name == draft.name and stands_in(o, draft) and not o.archived for o in others)
    return item.name if taken else draft.name


def free_name(draft: Drafted, view: TargetView) -> str:
    """The first of ``name (2)``, ``name (3)`` … that no document of the target's folder has or is to get.

    Of several documents of one name each takes the next one, in the order of their ids.
    """
    taken = {item.name for item in view.dest.items.values() if stands_in(item, draft)}
    taken |= {other.name for other in view.drafts.values() if same_folder(other, draft)}
    namesakes = sorted(
        key
        for key, other in view.drafts.items()
        if key.kind == draft.key.kind and other.name == draft.name and same_folder(other, draft)
        if (key.kind, key.id) not in view.snapshot.copies
    )
    free = (name for number in count(2) if (name := f"{draft.name} ({number})") not in taken)
    return next(islice(free, namesakes.index(draft.key), None))


def item_of(dest: Inventory, kind: str, document_id: str) -> Item | None:
    """A document of the target; None where it does not stand there."""
    found = known_kind(kind)
    return dest.items.get(Key(org=dest.org, kind=found, id=document_id)) if found is not None else None


def edited_since(view: TargetView, copy: Copy, item: Item) -> bool:
    """Whether the contents of our copy are no longer those we last wrote."""
    return item.version != copy.version_read and view.observed.get(copy.target_id) != copy.digest_read


def drift_of(draft: Drafted | None, copy: Copy, item: Item, ids: IdMap, *, edited: bool) -> str:
    """What people did to our copy since we last wrote it; empty for nothing, or for what we would do ourselves."""
    done = []
    if edited:
        done.append(f"edited in the target since (version {copy.version_read} then, {item.version} now)")
    if item.name not in (copy.name, draft.name if draft else copy.name):
        done.append(f"renamed to {item.name!r} in the target since")
    if item.folder_id != copy.folder_id and copy.folder_id and not (draft and stands_in(item, draft)):
        done.append(f"moved to {'/'.join(item.path)!r} in the target since")
    ours = [text for text in (copy.description, described(draft, copy, ids) if draft else None) if text is not None]
    if copy.description is not None and not any(same_words(item.description, text) for text in ours):
        done.append("described in other words in the target since")
    return " and ".join(done)
