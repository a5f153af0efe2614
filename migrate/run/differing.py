"""The documents of a plan three ways: last applied, source now, target now; only what may differ is read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from migrate.bundle.fetch import fetch
from migrate.bundle.spool import Spool
from migrate.change.actions import (
    Create,
    Keep,
    Move,
    Patch,
    Repoint,
    draft_of,
    key_of,
    main_actions,
    name_of,
    target_id_of,
)
from migrate.change.view import TargetView, known_ids
from migrate.check.three_ways import Bodies, ThreeWays, three_ways
from migrate.inventory.model import Key
from migrate.ledger.book import Book
from migrate.rewrite.bind import bind, unbound
from migrate.rewrite.model import Draft
from migrate.rewrite.stowed import whole
from migrate.run.clients import Clients
from migrate.run.planning import Planned
from migrate.run.prepare import Prepared
from migrate.tree import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Differing:
    """One planned document and how it differs; ``verb`` is what the plan would do with it."""

    target: str
    key: Key
    name: str
    verb: str
    target_id: str
    ways: ThreeWays


async def differing(
    clients: Clients, book: Book, planned: Planned, *, all_of_them: bool = False
) -> tuple[Differing, ...]:
    """How each document of a plan that would be written differs; with ``all_of_them`` unchanged ones too."""
    found: list[Differing] = []
    for changes in planned.changes.targets:
        ready = planned.ready.get(changes.target)
        if ready is not None:
            found += await _of_target(clients, book, ready, planned.spool, all_of_them=all_of_them)
    return tuple(found)


async def _of_target(
    clients: Clients, book: Book, ready: Prepared, spool: Spool, *, all_of_them: bool
) -> Sequence[Differing]:
    wanted = [
        action
        for action in main_actions(ready.changes.waves)
        if not isinstance(action, Create | Patch | Repoint) and target_id_of(action) and draft_of(action) is not None
        if all_of_them or not isinstance(action, Keep | Move)
    ]
    there = {target_id_of(action): key_of(action) for action in wanted}
    keys = [Key(org=ready.target, kind=key.kind, id=identity) for identity, key in there.items() if key is not None]
    bundle = await fetch(await clients.client(ready.target), ready.dest, keys)
    standing = {key.id: spec.body for key, spec in bundle.specs.items()}
    unread = {key.id: reason for key, (_code, reason) in bundle.unreadable.items()}
    found = []
    for action in wanted:
        key, identity = action.key, target_id_of(action)
        known = ready.view.drafts[key]
        made = whole(known, spool.get(known.digest))
        ways = _ways(book, ready.view, made, standing.get(identity), unread.get(identity, ""))
        found.append(
            Differing(
                target=ready.target, key=key, name=name_of(action), verb=action.verb, target_id=identity, ways=ways
            )
        )
    return found


def _ways(book: Book, view: TargetView, draft: Draft, standing: Json | None, unread: str) -> ThreeWays:
    key = draft.key
    copy = view.snapshot.copies.get((key.kind, key.id))
    ids = known_ids(view)
    waits = unbound(draft, ids)
    bodies = Bodies(
        applied=book.body(copy.digest_sent) if copy is not None else None,
        now=None if waits else bind(draft, ids),
        standing=standing,
        elements={old: each.id for old, each in copy.elements.items()} if copy is not None else {},
    )
    ways = three_ways(bodies, key.kind)
    unknown = [f"what stands in the target could not be read: {unread}"] if unread else []
    unknown += ["what would be sent waits for a document that does not exist yet"] if waits else []
    unknown += ["what was applied last is not kept"] if copy is not None and bodies.applied is None else []
    return ThreeWays(to_write=ways.to_write, in_target=ways.in_target, unknown="; ".join(unknown))
