"""A lost ledger rebuilt from a target: which documents there are the copies of which drafts."""

from __future__ import annotations

from migrate.bundle.fetch import fetch
from migrate.bundle.spool import Spool
from migrate.change.actions import draft_of, main_actions
from migrate.change.adopt import Adoption, adopt, candidates, find_copies
from migrate.change.run_context import RunContext
from migrate.inventory.scope import layers
from migrate.ledger.book import Book
from migrate.ledger.lease import leased
from migrate.rewrite.model import Drafted
from migrate.rewrite.stowed import whole
from migrate.run.clients import Clients
from migrate.run.prepare import Prepared


async def recover(
    clients: Clients, prepared: Prepared, spool: Spool, book: Book, run: RunContext, *, dry_run: bool
) -> Adoption:
    """What was found in one target; written to the ledger unless ``dry_run``. Nothing is written to Sigma.

    What is ambiguous is listed with its candidates and left for a person.
    """
    drafts = [whole(draft, spool.get(draft.digest)) for draft in _in_order(prepared)]
    client = await clients.client(prepared.target)
    keys = sorted({item.key for items in candidates(drafts, prepared.dest).values() for item in items})
    specs = (await fetch(client, prepared.dest, keys, listener=run.listener)).specs
    found = find_copies(drafts, prepared.dest, specs, home=prepared.home, at=run.now())
    if not dry_run:
        async with leased(book, prepared.home.target_org, run.id, seconds=run.patience.lease):
            adopt(book, found)
    return found


def _in_order(prepared: Prepared) -> list[Drafted]:
    """The drafts without a copy yet, each after what it reads."""
    known = {(kind, source_id) for kind, source_id in prepared.snapshot.copies}
    drafts = {
        action.key: draft
        for action in main_actions(prepared.changes.waves)
        if (draft := draft_of(action)) is not None and (action.key.kind, action.key.id) not in known
    }
    waves, _ = layers({key: {*draft.needs} - {key} for key, draft in drafts.items()})
    return [drafts[key] for wave in waves for key in wave]
