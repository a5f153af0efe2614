"""Taking part in a fleet run: opened or joined, its source taken, and a target or all of them worked on."""

from __future__ import annotations

from dataclasses import replace

from migrate.bundle.spool import Spool
from migrate.change.run_context import RunContext
from migrate.events import RunBegan
from migrate.fleet import share
from migrate.fleet.leading import Led, is_led
from migrate.fleet.opening import opened
from migrate.fleet.places import place_of
from migrate.fleet.work import Part, pull, work_one
from migrate.ledger.book import Book
from migrate.ledger.model import Ticket
from migrate.rewrite.python_rules import Transform
from migrate.run.clients import Clients
from migrate.survey.tables import Catalog


async def take_part(
    clients: Clients,
    book: Book,
    spool: Spool,
    run: RunContext,
    name: str,
    target: str = "",
    transforms: tuple[Transform, ...] = (),
) -> tuple[Ticket, ...]:
    """The tickets that were done of the run of that name, which the first who takes part opens.

    With a ``target`` its ticket alone, else one after the other until none is left. Raises as ``fleet.work``.
    """
    clients.share(book.pauses)
    found = await opened(clients, book, spool, run, name)
    plan = clients.plan
    if is_led(found):
        run = replace(run, stop=Led(book, found, run.stop).asked)
    run.listener(RunBegan(run=found.run, plan=plan.name, kind="work"))
    side = share.take(place_of(plan, found.run), found.source, spool)
    if plan.source.org is not None:
        side.catalog = Catalog((await clients.client(plan.source.org), side.inventory))
    part = Part(
        clients=clients,
        book=book,
        spool=spool,
        run=replace(run, id=found.run),
        opened=found,
        side=side,
        transforms=transforms,
    )
    return (await work_one(part, target),) if target else await pull(part)
