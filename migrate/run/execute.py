"""One target of a change set: locked, written to, verified."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from migrate.change.actions import Adopt, Block, DocumentAction, Skip, draft_of, main_actions, target_id_of
from migrate.change.apply import apply
from migrate.change.execution import Patience
from migrate.change.model import Outcome, TargetChanges
from migrate.change.view import ids_of
from migrate.check.levels import Landed, Sides
from migrate.check.model import Finding
from migrate.check.verify import verify
from migrate.errors import MigrateError
from migrate.events import Listener
from migrate.inventory.crawl import crawl
from migrate.inventory.model import Key
from migrate.ledger.book import Book
from migrate.ledger.lease import leased
from migrate.rewrite.bind import bind, unbound
from migrate.rewrite.model import Copied
from migrate.run.clients import Clients
from migrate.run.prepare import Prepared, SourceSide
from migrate.words import LANDED, OutcomeName


async def execute(
    clients: Clients,
    prepared: Prepared,
    book: Book,
    *,
    run: str,
    now: Callable[[], str],
    listener: Listener,
    stop: Callable[[], bool],
    patience: Patience | None = None,
) -> tuple[Outcome, ...]:
    """An outcome for every document of the target, after the last write and before any check."""
    client = await clients.client(prepared.target)
    folders = {folder.path: folder.id for folder in prepared.dest.folders.values()}
    async with leased(book, prepared.home.target_org, run):
        return await apply(
            prepared.changes,
            client=client,
            book=book,
            home=prepared.home,
            run=run,
            plan=prepared.plan,
            folders=folders,
            now=now,
            listener=listener,
            stop=stop,
            mapped=prepared.mapped,
            patience=patience,
        )


async def check(
    clients: Clients,
    side: SourceSide,
    prepared: Prepared,
    book: Book,
    outcomes: Sequence[Outcome],
    *,
    listener: Listener,
    stop: Callable[[], bool],
) -> tuple[Finding, ...]:
    """A finding for everything that landed, against what the change set says should stand there."""
    landed = [outcome for outcome in outcomes if outcome.outcome in LANDED]
    if not landed or not prepared.plan.verify:
        return ()
    client = await clients.client(prepared.target)
    dest = await crawl(client, org=prepared.target, identity=clients.identity(prepared.target), listener=listener)
    source_alias = clients.plan.source.org
    sides = Sides(
        client=client,
        dest=dest,
        source=side.inventory,
        source_client=await clients.client(source_alias) if source_alias else None,
    )
    ids = ids_of(book.copies(prepared.home), side.inventory.org)
    todo = [_landed(outcome, ids) for outcome in landed]
    return await verify(todo, sides, prepared.plan.verify, listener=listener, stop=stop)


def _landed(outcome: Outcome, ids: dict[Key, Copied]) -> Landed:
    """What should stand in the target now; nothing is expected of a model that was only mapped."""
    made = outcome.draft
    copied = ids.get(outcome.key)
    if outcome.outcome == "mapped" or made is None or unbound(made, ids):
        return Landed(outcome=outcome, expected=None)
    return Landed(
        outcome=outcome if outcome.target_id else replace(outcome, target_id=copied.id if copied else ""),
        expected=bind(made, ids),
        elements=copied.elements if copied else {},
    )


def unattempted(changes: TargetChanges, error: MigrateError) -> tuple[Outcome, ...]:
    """``not_attempted`` for every document of a target that could not be worked on at all."""
    return tuple(
        Outcome(
            target=changes.target,
            key=action.key,
            outcome="not_attempted",
            draft=draft_of(action),
            target_id=target_id_of(action),
            reason_code=error.code,
            reason=error.message,
            next_action=error.next_action,
        )
        for action in main_actions(changes.waves)
    )


def as_they_stand(changes: TargetChanges) -> tuple[Outcome, ...]:
    """Every document as it stands without any write: copies as ``unchanged``, the rest as planned."""
    return tuple(_as_it_stands(changes.target, action) for action in main_actions(changes.waves))


def _as_it_stands(target: str, action: DocumentAction) -> Outcome:
    outcome, target_id, draft = _without_write(action), target_id_of(action), draft_of(action)
    if target_id:
        return Outcome(target=target, key=action.key, outcome=outcome, draft=draft, target_id=target_id)
    return Outcome(
        target=target,
        key=action.key,
        outcome=outcome,
        draft=draft,
        reason_code=action.reason_code if isinstance(action, Block | Skip) else "not_copied",
        reason=action.why,
        next_action=action.next_action if isinstance(action, Block | Skip) else "",
    )


def _without_write(action: DocumentAction) -> OutcomeName:
    if isinstance(action, Adopt):
        return "mapped"
    if target_id_of(action):
        return "unchanged"
    return "blocked" if isinstance(action, Block) else "not_attempted"
