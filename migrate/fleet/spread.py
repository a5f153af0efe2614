"""A fleet run whose targets are the tasks of an engine: who says what is to be done, and what is done of it elsewhere.

Everything that must survive is in the ledger. An engine may lose a worker, or do a task twice: the next attempt takes
over what a dead worker had, and a target that is done is done. What became of targets is gathered from the ledger.
"""

from __future__ import annotations

import logging
import os
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from typing import Protocol

from migrate.bundle.spool import Spool
from migrate.change.run_context import Patience, RunContext
from migrate.errors import Interrupted, MigrateError, code_of
from migrate.fleet.order import Order, order_from, plan_of
from migrate.fleet.part import take_part
from migrate.fleet.work import TRIES
from migrate.ledger.book import Book, open_book
from migrate.ledger.lease import LOCK_SECONDS
from migrate.ledger.model import FleetRun, Ticket
from migrate.ledger.opening import folder_of
from migrate.run.clients import Clients
from migrate.run.functions import allowed_in, functions_of
from migrate.run.result import new_run_id, utc_now
from migrate.run.telemetry import telemetry
from migrate.tree import Json

LOOK_SECONDS = 0.5
"""How often the tickets are looked at while others work on them."""

_LOG = logging.getLogger("sigma_migrate.fleet")


class Task(Protocol):
    """Something that an engine does somewhere."""

    def done(self) -> bool:
        """Whether it ended, however that was."""


Submit = Callable[[Json, str], Task]
"""The task of an order, and the name it goes by."""


Engine = Callable[[str, int], AbstractAsyncContextManager[tuple[Submit, int]]]
"""Address and width -> how tasks get to an engine while it is open, and how many at once it takes."""


async def spread(submit: Submit, book: Book, found: FleetRun, order: Order, *, width: int, run: RunContext) -> None:
    """Returns once every target is done, or given up by the engine; what that came to is in the ledger.

    So many are with the engine at once as ``width`` says, the targets of one wave alone. Raises Interrupted where it
    was asked to stop, once those that are under way have stopped too.
    """
    flying: dict[str, Task] = {}
    tries: Counter[str] = Counter()
    while not run.stop():
        flying = {target: task for target, task in flying.items() if not task.done()}
        left = [ticket for ticket in book.fleets.tickets(found.run) if not ticket.done]
        ready = [
            one for one in left if one.wave == left[0].wave and one.target not in flying and tries[one.target] < TRIES
        ]
        if not (flying or ready):
            return
        for ticket in ready[: max(0, width - len(flying))]:
            tries[ticket.target] += 1
            flying[ticket.target] = submit(*_told(order, ticket, tries[ticket.target]))
        await run.sleep(LOOK_SECONDS)
    book.finish_run(found.run, "interrupted", run.now())
    while any(not task.done() for task in flying.values()):
        await run.sleep(LOOK_SECONDS)
    raise Interrupted("Stopped before the run was done.", next_action="run the same command again to go on")


def _told(order: Order, ticket: Ticket, attempt: int) -> tuple[Json, str]:
    one = replace(order, target=ticket.target, attempt=attempt)
    return one.tree(), f"{ticket.run}/{ticket.target}/{ticket.attempt}-{attempt}"


def work_order(tree: Json) -> Json:
    """What became of one order, in a worker: run, target, attempt and exit code. Everything else is in the ledger.

    Credentials come from the worker's own environment. Raises nothing that would have to travel.
    """
    import anyio

    told = {name: tree.get(name) for name in ("run", "target", "attempt")} if isinstance(tree, dict) else {}
    try:
        ticket = anyio.run(_worked, order_from(tree))
    except MigrateError as error:
        code, why = error.exit_code, error.code
    except Exception as error:  # noqa: BLE001 - an exception may hold anything, and is told here alone
        code, why = code_of(error), type(error).__name__
    else:
        code, why = ticket.exit_code, ""
    _LOG.info("run %s target %s attempt %s: exit code %s %s", *told.values(), code, why)
    return {**told, "exit_code": code}


async def _worked(order: Order) -> Ticket:
    """The ticket of an order, done here or earlier. Waits for a predecessor elsewhere until its lock has run out."""
    plan = plan_of(order, os.environ)
    with (
        telemetry(os.environ) as listener,
        open_book(plan.state, shares=True) as book,
        Spool(folder_of(plan.state)) as spool,
    ):
        patience = Patience(lock=1.5 * LOCK_SECONDS)
        run = RunContext(id=new_run_id(utc_now()), now=utc_now, listener=listener, patience=patience)
        rules = functions_of(plan, allowed_in(os.environ))
        async with Clients(plan, listener=listener) as clients:
            (ticket,) = await take_part(clients, book, spool, run, order.run, order.target, rules)
    return ticket
