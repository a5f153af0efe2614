"""What stands in a target already: copies that moved on, what people added to them, what was sent before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from migrate.bundle.fetch import fetch
from migrate.bundle.spool import Shelf, Spool
from migrate.change.actions import Create, CreateFolder, Move, Update
from migrate.change.contents import dropped_in_words, would_drop
from migrate.change.decide import decide, replaced
from migrate.change.view import TargetView, item_of, sent_otherwise, source_place
from migrate.errors import Problem
from migrate.events import Listener
from migrate.inventory.model import Inventory, Key
from migrate.ledger.book import Book
from migrate.ledger.model import Snapshot
from migrate.rewrite.stowed import whole
from migrate.run.material import Given
from migrate.sigma import api
from migrate.sigma.client import Client
from migrate.sigma.contract import settled_digest
from migrate.survey.may_write import asked_to_write
from migrate.words import Kind


async def with_standing(
    client: Client, view: TargetView, moved: Sequence[Key], book: Book, spool: Spool, listener: Listener
) -> TargetView:
    """The view with what stands in copies that ``moved`` on, and in whatever else would be replaced."""
    edited = await _read(client, view.dest, moved, Shelf(spool), listener)
    view = replace(view, observed=_observed(edited, view.snapshot))
    drops = await _drops(client, view, edited, book, spool, listener)
    return replace(view, sent_before=_sent_before(view, book), drops=drops)


async def with_rights(client: Client, view: TargetView) -> TargetView:
    """The view with what the credential may not write there, asked only where something is to be written.

    Nothing is asked of an organization to which no write may leave, as in a rehearsal.
    """
    if not client.writable:
        return view
    wanted: dict[Kind | None, None] = {}
    for action in (action for wave in decide(view).waves for action in wave):
        match action:
            case Create() | Update():
                wanted[action.key.kind] = None
            case CreateFolder() | Move():
                wanted[None] = None
    asked = await asked_to_write(client, view.dest, wanted)
    problems = {kind: Problem(code=one.code, message=one.why, fix=one.fix) for kind, one in asked.closed.items()}
    return replace(view, closed=problems)


async def with_descriptions(client: Client, dest: Inventory, snapshot: Snapshot) -> Inventory:
    """The target with the descriptions that its listings leave out; one read a copy that seems to have lost it.

    Only a file entry by id is sure to show one (sigma-api 6).
    """
    items = dict(dest.items)
    for (kind, _), copy in snapshot.copies.items():
        item = item_of(dest, kind, copy.target_id)
        if item is not None and copy.description and not item.description and not item.archived:
            file = await api.get_file(client, copy.target_id) or {}
            items[item.key] = replace(item, description=str(file.get("description") or ""))
    return replace(dest, items=MappingProxyType(items))


def moved_on(given: Given) -> list[Key]:
    """The copies whose version is no longer the one that was read back."""
    found = []
    for (kind, _), copy in given.snapshot.copies.items():
        item = item_of(given.dest, kind, copy.target_id)
        if item is not None and item.version != copy.version_read:
            found.append(item.key)
    return found


def _observed(edited: Shelf, snapshot: Snapshot) -> Mapping[str, str]:
    """The digests of copies that were edited; what was read back counts where that is said in another spelling."""
    read = {copy.target_id: copy.digest_read for copy in snapshot.copies.values()}
    return {key.id: read[key.id] if read[key.id] in spec.digests else spec.digest for key, spec in edited.items()}


async def _read(client: Client, dest: Inventory, keys: Sequence[Key], into: Shelf, listener: Listener) -> Shelf:
    if keys:
        await fetch(client, dest, keys, into=into, listener=listener)
    return into


async def _drops(
    client: Client, view: TargetView, edited: Shelf, book: Book, spool: Spool, listener: Listener
) -> dict[Key, tuple[str, ...]]:
    """What people added to each document that would be replaced; one read for each that was not read yet."""
    todo = {key: Key(org=view.dest.org, kind=key.kind, id=there) for key, there in replaced(view).items()}
    unread = sorted({there for there in todo.values() if there not in edited})
    standing = await _read(client, view.dest, unread, edited, listener)
    found: dict[Key, tuple[str, ...]] = {}
    for key, there in todo.items():
        if there not in standing:
            continue
        copy = view.snapshot.copies.get((key.kind, key.id))
        last = book.body(copy.digest_sent) if copy else None
        known = view.drafts[key]
        added = would_drop(whole(known, spool.get(known.digest)), copy, standing[there], last)
        found |= {key: added} if added else {}
    return found


def dropped_in_sentences(view: TargetView) -> list[str]:
    """A sentence for every document whose replacement drops what people added, because the policy allows it."""
    if view.policy.removals == "fail":
        return []
    return [
        f"{source_place(view, key)} replaces a document of {view.target} and drops what people added there:"
        f" {dropped_in_words(added)} (policy.removals is {view.policy.removals})"
        for key, added in view.drops.items()
    ]


def _sent_before(view: TargetView, book: Book) -> Mapping[Key, str]:
    """The settled digests of what was sent last, where other bytes would be sent now."""
    bodies = ((key, book.body(digest)) for key, digest in sent_otherwise(view).items())
    return {key: settled_digest(body) for key, body in bodies if body is not None}
