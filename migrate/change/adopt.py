"""A lost ledger, rebuilt from the target: which document there is the copy of which draft. Pure but for its last step.

By name and folder first, then by content. One that fits is the copy; where several may be it, they are listed,
never guessed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from migrate.bundle.spec import Spec
from migrate.change.contents import equal, likeness
from migrate.change.rebase import rebased
from migrate.change.view import described, stands_in
from migrate.errors import MigrateError
from migrate.inventory.model import Inventory, Item, Key
from migrate.kinds import counted
from migrate.ledger.model import Copy, Home
from migrate.rewrite.bind import bind, unbound
from migrate.rewrite.model import Copied, Draft
from migrate.rewrite.models.correlate import Uncorrelated, correlate
from migrate.tree import digest

if TYPE_CHECKING:
    from migrate.ledger.book import Book


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """A draft for which no single copy was found: the ids that may be it, and why none was taken."""

    key: Key
    candidates: tuple[str, ...]
    reason_code: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Adoption:
    """What was found: copies that are certain, doubts, and drafts that have no copy in the target."""

    copies: tuple[Copy, ...]
    doubts: tuple[Doubt, ...]
    missing: tuple[Key, ...]


def candidates(drafts: Iterable[Draft], dest: Inventory) -> dict[Key, tuple[Item, ...]]:
    """The living documents of the target that stand where each draft would, under its name."""
    by_place: dict[tuple[str, str], list[Item]] = {}
    for item in dest.items.values():
        if not item.archived:
            by_place.setdefault((item.key.kind, item.name), []).append(item)
    return {
        draft.key: tuple(item for item in by_place.get((draft.key.kind, draft.name), ()) if stands_in(item, draft))
        for draft in drafts
    }


def find_copies(
    drafts: Iterable[Draft], dest: Inventory, specs: Mapping[Key, Spec], *, home: Home, at: str
) -> Adoption:
    """Which documents of the target are the copies of these drafts.

    ``specs`` are the read specs of all ``candidates``, by their
    keys in the target. ``at`` is the time to put on the copies.
    """
    drafts = list(drafts)
    places = candidates(drafts, dest)
    ids: dict[Key, Copied] = {}
    taken: set[str] = set()
    certain: list[tuple[Draft, Item, Spec, Copied]] = []
    doubts, missing = [], []
    for draft in in_order(drafts):
        there = [item for item in places[draft.key] if item.key.id not in taken]
        found = _one(draft, there, specs, ids)
        if found is None:
            missing.append(draft.key)
        elif isinstance(found, Doubt):
            doubts.append(found)
        else:
            item, _, copied = found
            taken.add(item.key.id)
            ids[draft.key] = copied
            certain.append((draft, *found))
    # Only now is every id known that documents linking to each other hold.
    copies = [_copy(draft, item, spec, copied, ids, home, at) for draft, item, spec, copied in certain]
    return Adoption(copies=tuple(copies), doubts=tuple(doubts), missing=tuple(missing))


def in_order(drafts: Iterable[Draft]) -> list[Draft]:
    """The drafts with whatever one points at before it, as far as links do not run in a circle."""
    waiting = {draft.key: draft for draft in drafts}
    ordered: list[Draft] = []
    while waiting:
        free = [
            draft for draft in waiting.values() if not any(h.key in waiting and h.key != draft.key for h in draft.holes)
        ]
        for draft in free or list(waiting.values())[:1]:
            ordered.append(waiting.pop(draft.key))
    return ordered


def adopt(book: Book, adoption: Adoption) -> None:
    """Writes the copies that are certain into the ledger."""
    for copy in adoption.copies:
        book.adopt(copy)


def _one(
    draft: Draft, there: list[Item], specs: Mapping[Key, Spec], ids: Mapping[Key, Copied]
) -> tuple[Item, Spec, Copied] | Doubt | None:
    if not there:
        return None
    readable = [(item, specs[item.key]) for item in there if item.key in specs]
    if len(readable) < len(there):
        return _doubt(draft, there, "could not be read, so its content cannot decide")
    try:
        body = bind(draft, ids, partial=True)
    except MigrateError:
        return _doubt(draft, there, "cannot be compared, because what it reads was not found")
    alike = [(item, spec, likeness(body, digest(body), spec)) for item, spec in readable]
    best = [one for one in alike if one[2] == "same"] or [one for one in alike if one[2] == "alike"]
    if len(best) != 1:
        why = "have equal claims" if best else "have the name and folder, but other content"
        return _doubt(draft, there, why)
    item, spec, _ = best[0]
    try:
        elements = correlate(body, spec.body) if draft.key.about.feeds else {}
    except Uncorrelated as error:
        return Doubt(key=draft.key, candidates=(item.key.id,), reason_code=error.code, reason=error.message)
    return item, spec, Copied(id=item.key.id, url_id=item.url_id, elements=elements)


def _copy(draft: Draft, item: Item, spec: Spec, copied: Copied, ids: Mapping[Key, Copied], home: Home, at: str) -> Copy:
    """The copy as the ledger holds it.

    Where the content is not exactly what we would send, nobody can know whether the server or a person changed
    it; such a copy counts as edited, so that the next plan asks by its policy (``drift``) what to do.
    """
    body = None if unbound(draft, ids) else bind(draft, ids)
    as_sent = body is not None and equal(rebased(body, spec.body, copied.elements), spec.body)
    return Copy(
        home=home,
        kind=draft.key.kind,
        source_id=draft.key.id,
        target_id=item.key.id,
        name=item.name,
        folder_id=item.folder_id,
        digest_sent=digest(body) if as_sent else "",
        digest_read=spec.digest if as_sent else "",
        version_read=item.version if as_sent else 0,
        elements=copied.elements,
        updated_at=at,
        description=described(draft, None, ids),
    )


def _doubt(draft: Draft, there: list[Item], why: str) -> Doubt:
    listed = ", ".join(item.key.id for item in there[:10])
    return Doubt(
        key=draft.key,
        candidates=tuple(item.key.id for item in there),
        reason_code="ambiguous_copy",
        reason=f"{counted('document', len(there))} named {draft.name!r} {why}: {listed}.",
    )
