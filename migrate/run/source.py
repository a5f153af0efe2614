"""The source of one call: an organization or a bundle, its inventory, and the specs that were asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import anyio

from migrate.bundle.fetch import fetch
from migrate.bundle.read import load as load_bundle
from migrate.bundle.spec import Spec
from migrate.errors import ApiRefusal, ServiceError
from migrate.events import Listener, Warned
from migrate.inventory.access import Access
from migrate.inventory.crawl import crawl
from migrate.inventory.model import Inventory, Key
from migrate.inventory.scope import choose
from migrate.plan.model import Plan
from migrate.run.clients import Clients
from migrate.sigma import api
from migrate.sigma.workers import each

Fate: TypeAlias = Literal["gone", "not_visible", "unknown"]
"""What became of a document that the source does not list any more, as far as one read by its id can tell."""

Thing: TypeAlias = tuple[str, str]
"""A document as the ledger calls it: kind and id."""


_FATE: Mapping[str, Fate] = {"archived": "gone", "forbidden": "not_visible"}


@dataclass(slots=True, kw_only=True)
class SourceSide:
    """What is known of the source so far; all but ``inventory`` grows as targets ask for documents.

    ``fates`` says what became of documents that were copied before and that the source does not list any more,
    ``access`` who may do what with the documents and folders in ``access_of``.
    """

    inventory: Inventory
    specs: dict[Key, Spec] = field(default_factory=dict)
    unreadable: dict[Key, tuple[str, str]] = field(default_factory=dict)
    fates: dict[Thing, Fate] = field(default_factory=dict)
    access: Access = field(default_factory=Access)
    access_of: set[str] = field(default_factory=set)
    fetching: anyio.Lock = field(default_factory=anyio.Lock)


async def read_source(clients: Clients, listener: Listener, plans: Sequence[Plan]) -> SourceSide:
    """The source's inventory with the closure of everything that any of the plans selects."""
    plan = clients.plan
    if plan.source.bundle is not None:
        inventory, bundle = load_bundle(plan.source.bundle, org="bundle")
        for note in inventory.notes:
            listener(Warned(code="bundle_edited", message=note))
        return SourceSide(inventory=inventory, specs=dict(bundle.specs), unreadable=dict(bundle.unreadable))
    alias = plan.source.org or ""
    client = await clients.client(alias)

    def follow(seen: Inventory) -> Iterable[Key]:
        return {key for each in plans for key in choose(each.select, seen)[0]}

    inventory = await crawl(client, org=alias, identity=clients.identity(alias), follow=follow, listener=listener)
    return SourceSide(inventory=inventory)


async def fetch_missing(clients: Clients, side: SourceSide, keys: Iterable[Key], listener: Listener) -> None:
    """Fetches the specs of these documents that were not fetched yet; targets that need the same one wait for it."""
    if clients.plan.source.org is None:
        return
    async with side.fetching:
        todo = [key for key in keys if key not in side.specs and key not in side.unreadable]
        if todo:
            client = await clients.client(clients.plan.source.org)
            bundle = await fetch(client, side.inventory, todo, listener=listener)
            side.specs.update(bundle.specs)
            side.unreadable.update(bundle.unreadable)


async def find_missing(clients: Clients, side: SourceSide, copied: Iterable[Thing]) -> None:
    """Asks for every document that was copied and is not listed any more, once: a list is what one may see."""
    listed = {(key.kind, key.id) for key in side.inventory.items}
    alias = clients.plan.source.org
    async with side.fetching:
        todo = sorted(set(copied) - listed - side.fates.keys())
        if alias is None:  # a bundle cannot be asked
            side.fates.update(dict.fromkeys(todo, "unknown"))
            return
        client = await clients.client(alias)

        async def ask(thing: Thing) -> None:
            try:
                file = await api.get_file(client, thing[1])
                side.fates[thing] = "gone" if file is None or file.get("isArchived") else "unknown"
            except ApiRefusal as refusal:
                side.fates[thing] = _FATE.get(refusal.code, "unknown")
            except ServiceError as error:
                if not error.of_one:
                    raise
                side.fates[thing] = "unknown"

        await each(todo, ask, workers=client.width)
