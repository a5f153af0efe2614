"""The documents of a plan three ways: last applied, source now, target now; only what may differ is read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

from migrate.bundle.fetch import fetch
from migrate.bundle.spool import Spool
from migrate.change.actions import (
    Create,
    Keep,
    Move,
    Patch,
    Repoint,
    draft_of,
    main_actions,
    name_of,
    target_id_of,
)
from migrate.change.view import TargetView, known_ids
from migrate.check.three_ways import Bodies, ThreeWays, three_ways
from migrate.errors import MigrateError
from migrate.inventory.model import Key
from migrate.ledger.book import Book
from migrate.rewrite.bind import bind, unbound
from migrate.rewrite.model import Draft, IdMap
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
    client, ids = await clients.client(ready.target), known_ids(ready.view)
    found: list[Differing] = []
    for start in range(0, len(wanted), client.width):  # no more bodies at a time than the lane is wide
        few = wanted[start : start + client.width]
        keys = [Key(org=ready.target, kind=action.key.kind, id=target_id_of(action)) for action in few]
        bundle = await fetch(client, ready.dest, keys)
        for action, there in zip(few, keys, strict=True):
            known = ready.view.drafts[action.key]
            spec, (_code, unread) = bundle.specs.get(there), bundle.unreadable.get(there, ("", ""))
            try:
                made = whole(known, spool.get(known.digest))
                ways = _ways(book, ready.view, made, ids, spec.body if spec else None, unread)
            except MigrateError:
                raise
            except Exception as error:  # noqa: BLE001 - whatever one document holds, the others are compared
                ways = ThreeWays(unknown=f"comparing it gave up ({type(error).__name__})")
            found.append(
                Differing(
                    target=ready.target,
                    key=action.key,
                    name=name_of(action),
                    verb=action.verb,
                    target_id=there.id,
                    ways=ways,
                )
            )
    return found


def _ways(book: Book, view: TargetView, draft: Draft, ids: IdMap, standing: Json | None, unread: str) -> ThreeWays:
    key = draft.key
    copy = view.snapshot.copies.get((key.kind, key.id))
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


def differing_tree(found: Iterable[Differing]) -> Json:
    """The same as JSON, whole texts as far as reports show them."""
    return [
        {
            "target": one.target,
            "kind": one.key.kind,
            "source_id": one.key.id,
            "target_id": one.target_id,
            "name": one.name,
            "verb": one.verb,
            "not_compared": one.ways.unknown,
            "to_write": [asdict(each) for each in one.ways.to_write],
            "in_target": [asdict(each) for each in one.ways.in_target],
        }
        for one in found
    ]
