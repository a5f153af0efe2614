"""How far targets lag behind their source, by the lists of both: no document is read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from migrate.bundle.read import load
from migrate.errors import MigrateError
from migrate.events import Listener
from migrate.inventory.crawl import crawl
from migrate.inventory.model import Inventory, Item
from migrate.inventory.scope import choose
from migrate.ledger.book import Book
from migrate.ledger.model import Copy, Home, Look
from migrate.plan.model import Plan
from migrate.plan.tenants import for_target
from migrate.run.clients import Clients
from migrate.run.pinned import as_of
from migrate.run.planning import at_once
from migrate.run.roster import settled
from migrate.run.status import Live
from migrate.sigma.workers import each

_Thing = tuple[str, str]


async def freshness(clients: Clients, book: Book, listener: Listener, now: str) -> dict[str, Live]:
    """How far each target lags behind, by alias; ``now`` is the time as ISO-8601. Raises the source's own trouble."""
    plan = await settled(clients)
    source = await _source(clients, plan, listener)
    found: dict[str, Live] = {}

    async def one(target: str) -> None:
        try:
            own = for_target(plan, target)
            client = await clients.target(target, source.identity.organization_id)
            dest = await crawl(client, org=target, identity=clients.identity(target), listener=listener)
        except MigrateError as error:
            found[target] = Live(trouble=str(error))
            return
        finally:
            await clients.rest(target)
        home = Home(
            plan=own.name,
            source_org=source.identity.organization_id,
            target_org=dest.identity.organization_id,
        )
        copies = [copy for copy in book.copies(home) if copy.kind != "folder"]
        found[target] = lag(own, source, dest, copies, book.looks(home), now)

    await each(plan.targets, one, workers=at_once(plan))
    return found


async def _source(clients: Clients, plan: Plan, listener: Listener) -> Inventory:
    if plan.source.bundle is not None:
        return load(plan.source.bundle, org="bundle")[0]
    alias = plan.source.org or ""
    client = await clients.client(alias)
    return await crawl(client, org=alias, identity=clients.identity(alias), source=True, listener=listener)


def lag(
    plan: Plan, source: Inventory, dest: Inventory, copies: Iterable[Copy], looks: Iterable[Look], now: str
) -> Live:
    """How far one target lags behind: its copies against what the source and the target list. Pure."""
    source, held = as_of(plan.pin, source) if plan.pin else (source, {})
    here = {(key.kind, key.id): item for key, item in source.items.items() if key not in held}
    there = {(str(key.kind), key.id): item for key, item in dest.items.items()}
    of = {(copy.kind, copy.source_id): copy for copy in copies}
    seen = {(look.kind, look.source_id): look.source_version for look in looks}
    known = [thing for thing in of if thing in here]
    behind = [thing for thing in known if thing in seen and here[thing].version > seen[thing]]
    stand: Sequence[tuple[Copy, Item | None]] = [(copy, there.get((copy.kind, copy.target_id))) for copy in of.values()]
    selected = {(key.kind, key.id) for key in choose(plan.select, source)[0]}
    return Live(
        behind=len(behind),
        versions=sum(here[thing].version - seen[thing] for thing in behind),
        hours=max((_hours(here[thing], now) for thing in behind), default=0.0),
        unknown=sum(thing not in seen for thing in known),
        not_copied=len(selected - of.keys()),
        edited=sum(
            item is not None and not item.archived and item.version != copy.version_read for copy, item in stand
        ),
        missing=sum(item is None or item.archived for _, item in stand),
    )


def _hours(item: Item, now: str) -> float:
    """Hours since a document was changed, 0 where its list does not say when."""
    try:
        passed = datetime.fromisoformat(now) - datetime.fromisoformat(item.updated_at)
    except (ValueError, TypeError):
        return 0.0
    return round(max(passed.total_seconds(), 0.0) / 3600, 1)
