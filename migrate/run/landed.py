"""What should stand in a target of one document, and what is known already to stand there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from migrate.bundle.spool import Spool
from migrate.change.model import Outcome
from migrate.change.view import described
from migrate.check.levels import Landed
from migrate.inventory.model import Inventory, Item, Key
from migrate.ledger.model import Copy
from migrate.rewrite.bind import bind, unbound
from migrate.rewrite.model import Copied
from migrate.rewrite.stowed import whole
from migrate.run.prepare import Prepared
from migrate.run.surroundings import carries
from migrate.tree import Json, json_path
from migrate.words import WRITTEN


def landed(
    outcome: Outcome,
    prepared: Prepared,
    spool: Spool,
    ids: Mapping[Key, Copied],
    copy: Copy | None,
    listed: Mapping[str, Json],
) -> Landed:
    """A document and what should stand there; ``ids`` are the copies of what it needs, ``copy`` is its own.

    ``listed`` are file entries, by id, as far as they were listed since the documents were written.
    """
    made = _expected(outcome, ids, copy, spool)
    return replace(
        made,
        body=spool.get(outcome.read_back.body) if outcome.read_back else None,
        file=_file(made, prepared.dest, listed),
        around=prepared.view.rounds.get(outcome.key) if carries(prepared.plan.carry) else None,
        version=copy.version_read if copy else 0,
    )


def shows_place(outcome: Outcome) -> bool:
    """Whether the answer to its last write showed under which name and in which folder a document stands."""
    seen = outcome.read_back
    return seen is not None and seen.name is not None and seen.folder_id is not None


def _expected(outcome: Outcome, ids: Mapping[Key, Copied], copy: Copy | None, spool: Spool) -> Landed:
    """What should stand in the target now; nothing is expected of a model that was only mapped."""
    copied = ids.get(outcome.key)
    if outcome.outcome == "mapped" or outcome.draft is None:
        return Landed(outcome=outcome, expected=None)
    made = whole(outcome.draft, spool.get(outcome.draft.digest))
    if unbound(made, ids):
        return Landed(outcome=outcome, expected=None)
    return Landed(
        outcome=outcome if outcome.target_id else replace(outcome, target_id=copied.id if copied else ""),
        expected=bind(made, ids),
        description=described(made, copy, ids),
        elements=copied.elements if copied else {},
        reported=frozenset(
            json_path(one.path) for one in made.references if one.resolution not in ("mapped", "by_name")
        ),
    )


def _file(landed: Landed, dest: Inventory, listed: Mapping[str, Json]) -> Json | None:
    """The file entry of a document as far as it was seen since it was last written; None where it must be asked for.

    That is so for a document that no listing shows yet, and for a description that a listing need not show.
    """
    outcome, seen = landed.outcome, landed.outcome.read_back
    file: dict[str, Json] | None
    if seen is not None and shows_place(outcome):
        file = {"name": seen.name, "parentId": seen.folder_id, "description": seen.description}
    elif outcome.outcome in WRITTEN:
        file = listed.get(outcome.target_id)
    else:
        item = dest.items.get(Key(org=dest.org, kind=outcome.key.kind, id=outcome.target_id))
        file = None if item is None else _entry(item)
    return file if file and (file.get("description") or not landed.description) else None


def _entry(item: Item) -> dict[str, Json]:
    """A document of the inventory as a file entry."""
    return {
        "name": item.name,
        "parentId": item.folder_id,
        "description": item.description,
        "isArchived": item.archived,
    }
