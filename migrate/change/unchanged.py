"""Which copies nobody need look at: source, copy and all that decides about them stand as when they were checked. Pure.

By versions alone. A version that a listing shows late is one that was read late, never one that was missed: what was
remembered is what the listing showed before the document was read, so a change moves it away from there.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from migrate.change.view import item_of, same_words
from migrate.inventory.model import Inventory, Item, Key
from migrate.ledger.model import Look, Snapshot
from migrate.rewrite.model import Drafted, IdMap
from migrate.tree import digest
from migrate.words import FOUND_GOOD

Thing = tuple[str, str]
"""A document as the ledger calls it: kind and id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unchanged:
    """The documents of a scope of which nothing changed: ``passed_by`` are not read, ``sampled`` are looked at."""

    passed_by: frozenset[Key] = frozenset()
    sampled: frozenset[Key] = frozenset()


def source_mark(item: Item, *, doubtful: bool) -> str:
    """The digest of how the source lists a document, and whether more had to be asked of what it depends on."""
    listed = [item.version, item.updated_at, item.name, item.path, item.description, item.url_id]
    listed += [item.read_as] if item.read_as else []
    return digest([*listed, doubtful])


def needed(draft: Drafted) -> tuple[Key, ...]:
    """The documents whose ids a draft holds, in its body or in its description."""
    return (*draft.needs, *(hole.key for hole in draft.description_holes))


def needs_mark(needs: Iterable[Key], ids: IdMap) -> str:
    """The digest of the ids that a document holds of the copies of others; empty where one has no copy."""
    found = []
    for key in sorted(set(needs)):
        copied = ids.get(key)
        if copied is None:
            return ""
        elements = {
            old: [new.id, dict(new.columns), dict(new.groupings), dict(new.metrics)]
            for old, new in copied.elements.items()
        }
        found.append([key.kind, key.id, copied.id, elements])
    return digest(found)


def unchanged(
    keys: Iterable[Key],
    looks: Mapping[Thing, Look],
    *,
    source: Inventory,
    dest: Inventory,
    snapshot: Snapshot,
    marks: Mapping[Key, str],
    needs: Callable[[Look], Iterable[Key]],
    ids: IdMap,
    same_way: Callable[[Look], bool],
    share: float,
) -> Unchanged:
    """The documents that nobody need look at. Those that depend on one that is looked at are looked at too.

    ``marks`` say how the source lists each, as far as that proves anything; ``needs`` are the documents whose ids one
    holds, ``ids`` the copies that stand, ``same_way`` whether it would be rewritten as then. A ``share`` of them is
    looked at all the same: those that were not for the longest time, so that in the end each is.
    """
    keys = list(keys)
    quiet = {key: looks[key.kind, key.id] for key in keys if (key.kind, key.id) in looks}
    quiet = {
        key: look
        for key, look in quiet.items()
        if _stands(key, look, dest, snapshot)
        and look.source == marks.get(key)
        and look.needs
        and look.needs == needs_mark(needs(look), ids)
        and same_way(look)
    }
    _drop_readers(quiet, keys, needs)
    oldest = sorted(quiet, key=lambda key: (quiet[key].looked_at, digest(key.id)))
    sampled = frozenset(oldest[: math.ceil(share * len(quiet))])
    looked_at = {key for key in keys if key not in quiet} | sampled
    for model in _models_of(looked_at, source):
        quiet.pop(model, None)
    return Unchanged(passed_by=frozenset(quiet) - sampled, sampled=sampled)


def _stands(key: Key, look: Look, dest: Inventory, snapshot: Snapshot) -> bool:
    """Whether the copy stands in the target as we left it, at the version that was last read, and found to be good."""
    copy = snapshot.copies.get((key.kind, key.id))
    if copy is None or (copy.target_id, copy.digest_sent) != (look.target_id, look.digest_sent):
        return False
    item = item_of(dest, key.kind, copy.target_id)
    good = look.verdict in FOUND_GOOD or look.verdict == "not_run"
    if not good or item is None or item.archived or not 0 < item.version == copy.version_read:
        return False
    placed = (item.name, item.folder_id) == (copy.name, copy.folder_id)
    return placed and copy.description is not None and same_words(item.description, copy.description)


def _drop_readers(quiet: dict[Key, Look], keys: Iterable[Key], needs: Callable[[Look], Iterable[Key]]) -> None:
    """Takes out whatever reads a data model that is looked at: replacing that may change what its readers hold."""
    loud = {key for key in keys if key.about.feeds and key not in quiet}
    while loud:
        readers = {key for key, look in quiet.items() if any(needed in loud for needed in needs(look))}
        for key in readers:
            del quiet[key]
        loud = {key for key in readers if key.about.feeds}


def _models_of(keys: Iterable[Key], source: Inventory) -> set[Key]:
    """The data models that any of these documents reads, and those that these read: rewriting needs their bodies."""
    found: set[Key] = set()
    front = list(keys)
    while front:
        key = front.pop()
        models = {Key(org=key.org, kind="data-model", id=model) for model in source.items[key].reads}
        front += [model for model in models - found if model in source.items]
        found |= models
    return found
