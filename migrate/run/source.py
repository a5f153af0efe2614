"""The source of one call: an organization or a bundle, its inventory, and the specs that were asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Literal, TypeAlias

import anyio

from migrate.bundle.fetch import fetch
from migrate.bundle.read import load as load_bundle
from migrate.bundle.read import models_read
from migrate.bundle.spool import Shelf, Spool
from migrate.change.unchanged import source_mark
from migrate.errors import ApiRefusal, Problem, ServiceError
from migrate.events import Listener, Stage, Warned
from migrate.inventory.access import Access
from migrate.inventory.crawl import crawl, with_form
from migrate.inventory.model import Inventory, Item, Key
from migrate.inventory.scope import choose
from migrate.inventory.sources import in_doubt, told_sources
from migrate.ledger.model import Look
from migrate.plan.model import Plan
from migrate.run.clients import Clients
from migrate.sigma import api
from migrate.sigma.client import Client
from migrate.sigma.workers import each
from migrate.survey.beside import Beside
from migrate.survey.tables import Catalog
from migrate.survey.unseen import unseen
from migrate.tree import digest

Fate: TypeAlias = Literal["gone", "not_visible", "unknown"]
"""What became of a document that the source does not list any more, as far as one read by its id can tell."""

Thing: TypeAlias = tuple[str, str]
"""A document as the ledger calls it: kind and id."""


_FATE: Mapping[str, Fate] = {"archived": "gone", "forbidden": "not_visible"}


@dataclass(slots=True, kw_only=True)
class SourceSide:
    """What is known of the source so far; all but ``inventory`` grows as targets ask for documents.

    ``catalog`` is what its connections hold, asked once for all targets. ``fates`` says what became of documents that
    were copied before and that the source does not list any more, ``access`` who may do what with the documents and
    folders in ``access_of``, ``beside`` what else stands round documents,
    ``liked`` who has them as favourites, None where nobody asked yet. ``pinned`` is the same as of what targets are
    pinned to, by how that is written; there ``held`` says why a document is not to be had so.
    """

    inventory: Inventory
    specs: Shelf
    catalog: Catalog
    unreadable: dict[Key, tuple[str, str]] = field(default_factory=dict)
    fates: dict[Thing, Fate] = field(default_factory=dict)
    access: Access = field(default_factory=Access)
    access_of: set[str] = field(default_factory=set)
    beside: dict[Key, Beside] = field(default_factory=dict)
    liked: Mapping[str, tuple[str, ...]] | None = None
    fetching: anyio.Lock = field(default_factory=anyio.Lock)
    held: Mapping[Key, Problem] = field(default_factory=dict)
    pinned: dict[str, SourceSide] = field(default_factory=dict)
    pinning: anyio.Lock = field(default_factory=anyio.Lock)


def mark_of(side: SourceSide, key: Key) -> str:
    """How the source lists a document now, empty where its listing proves nothing.

    A file of a bundle may have been edited whatever version the manifest names, so that its content counts.
    """
    item = side.inventory.items[key]
    if side.catalog.client is None:
        return digest([source_mark(item, doubtful=False), side.specs.digest(key)]) if key in side.specs else ""
    return source_mark(item, doubtful=in_doubt(item.reads, side.inventory)) if item.version else ""


class Memory:
    """What the ledger knows of what documents depend on, as long as the source lists them as it did then.

    ``homes`` gives, target by target, the looks at copies; it is asked for more only while something is not found.
    """

    def __init__(self, homes: Iterable[Callable[[], Iterable[Look]]] = ()) -> None:
        self._homes = iter(homes)
        self._known: dict[tuple[str, str, str], tuple[tuple[str, ...], tuple[str, ...]]] = {}

    def recall(self, item: Item, inventory: Inventory) -> Item | None:
        """The document with what it depends on; None where that is not known, or not of how it is listed now."""
        while item.version:
            for doubtful in (False, True):
                mark = source_mark(item, doubtful=doubtful)
                reads, hidden = self._known.get((item.key.kind, item.key.id, mark), (None, ()))
                if reads is not None and in_doubt(reads, inventory) == doubtful:
                    return replace(item, reads=reads, hidden_sources=hidden)
            more = next(self._homes, None)
            if more is None:
                break
            self._known |= {(look.kind, look.source_id, look.source): (look.reads, look.hidden) for look in more()}
        return None


async def read_source(
    clients: Clients, listener: Listener, plans: Sequence[Plan], spool: Spool, memory: Memory | None = None
) -> SourceSide:
    """The source's inventory with the closure of all that any of the plans selects; ``spool`` takes its specs.

    ``memory`` saves reading those that are listed as when they were last read.
    """
    plan = clients.plan
    if plan.source.bundle is not None:
        inventory, bundle = load_bundle(plan.source.bundle, org="bundle")
        for note in inventory.notes:
            listener(Warned(code="bundle_edited", message=note))
        return SourceSide(
            inventory=inventory,
            specs=Shelf(spool, bundle.specs),
            catalog=Catalog(None),
            unreadable=dict(bundle.unreadable),
        )
    alias = plan.source.org or ""
    client = await clients.client(alias)
    inventory = await crawl(client, org=alias, identity=clients.identity(alias), source=True, listener=listener)
    if plan.select.unseen == "count":
        note = await unseen(client, inventory, plan.select)
        inventory = replace(inventory, notes=(*inventory.notes, note) if note else inventory.notes)
    side = SourceSide(inventory=inventory, specs=Shelf(spool), catalog=Catalog((client, inventory)))
    for each_plan in plans:
        if each_plan.pin is not None:
            continue  # what it takes is read as of its pin
        await follow(clients, side, each_plan, memory or Memory(), listener)
    return side


async def follow(clients: Clients, side: SourceSide, plan: Plan, memory: Memory, listener: Listener) -> None:
    """Reads what a plan selects, and every data model that is read by it, until nothing more is.

    What ``memory`` holds of a document that is listed as it was then takes the place of reading it.
    """
    front: list[Key] = list(choose(plan.select, side.inventory)[0])
    seen = set(front)
    while front:
        open_ = [key for key in front if key not in side.specs and key not in side.unreadable]
        known = {key: item for key in open_ if (item := memory.recall(side.inventory.items[key], side.inventory))}
        side.inventory = replace(side.inventory, items=MappingProxyType({**side.inventory.items, **known}))
        await fetch_missing(clients, side, (key for key in front if key not in known), listener)
        if plan.select.dependencies == "existing":
            return
        read = {
            Key(org=key.org, kind="data-model", id=model) for key in front for model in side.inventory.items[key].reads
        }
        front = sorted(key for key in read - seen if key in side.inventory.items)
        seen |= read


async def fetch_missing(clients: Clients, side: SourceSide, keys: Iterable[Key], listener: Listener) -> None:
    """Fetches the specs of these documents that were not fetched yet, and finds out what each depends on.

    Targets that need the same one wait for it.
    """
    if clients.plan.source.org is None:
        return
    async with side.fetching:
        todo = [key for key in keys if key not in side.specs and key not in side.unreadable]
        if todo:
            client = await clients.client(clients.plan.source.org)
            side.inventory = await with_form(client, side.inventory)
            bundle = await fetch(client, side.inventory, todo, into=side.specs, listener=listener)
            side.unreadable.update(bundle.unreadable)
            await _depend(client, side, [key for key in todo if key in side.specs], listener)


async def _depend(client: Client, side: SourceSide, keys: Sequence[Key], listener: Listener) -> None:
    """Notes what documents depend on: what their specs show, and what Sigma says where these leave a doubt."""
    items = dict(side.inventory.items)
    doubtful = []
    for key in keys:
        reads = models_read(side.specs[key].body)
        items[key] = replace(items[key], reads=reads)
        if in_doubt(reads, side.inventory):
            doubtful.append(key)
    unreadable = list(side.inventory.unreadable)
    done = 0

    async def ask(key: Key) -> None:
        nonlocal done
        try:
            reads, hidden = told_sources(await api.sources(client, key.kind, items[key].contents_id))
            items[key] = replace(
                items[key], reads=tuple(dict.fromkeys((*items[key].reads, *reads))), hidden_sources=hidden
            )
        except (ApiRefusal, ServiceError) as error:
            if isinstance(error, ServiceError) and not error.of_one:
                raise
            message = f"the sources of {items[key].name!r} could not be read: {error.message}"
            unreadable.append(Problem(code="sources_unreadable", message=message, path=key.id))
        done += 1
        listener(Stage(name="sources", org=side.inventory.org, done=done, total=len(doubtful)))

    await each(doubtful, ask, workers=client.width)
    side.inventory = replace(side.inventory, items=MappingProxyType(items), unreadable=tuple(unreadable))


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
