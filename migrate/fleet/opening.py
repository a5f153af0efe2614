"""A fleet run opened by the first who asks for it, and joined by all others: the source is read by one of them."""

from __future__ import annotations

from migrate.bundle.spool import Spool
from migrate.change.run_context import RunContext
from migrate.errors import InvalidInput, Problem
from migrate.fleet import share
from migrate.fleet.places import place_of
from migrate.ledger.book import Book
from migrate.ledger.lease import leased
from migrate.ledger.model import FleetRun, Run, Ticket
from migrate.plan.model import Plan
from migrate.plan.roster import roster_of, roster_tree
from migrate.plan.tenants import for_target
from migrate.run.clients import Clients
from migrate.run.cost import since
from migrate.run.folder import record_of, write_run
from migrate.run.gates import waves
from migrate.run.planning import memory_of
from migrate.run.roster import settle, tenants_of
from migrate.run.source import read_source
from migrate.text import one_line
from migrate.version import __version__

READING_SECONDS = 3600.0
"""How long whoever comes second waits for the first to read the source."""


async def opened(clients: Clients, book: Book, spool: Spool, run: RunContext, name: str) -> FleetRun:
    """The fleet run of that name, opened now where nobody did; one process reads the source, the others wait for it.

    Raises InvalidInput where it was opened with another plan or another version of the program.
    """
    found = book.fleets.named(clients.plan.name, name)
    if found is None:
        place = f"opening {clients.plan.name} {name}"
        wait = max(run.patience.lock, READING_SECONDS)
        async with leased(book, place, run.id, seconds=run.patience.lease, wait=wait, sleep=run.sleep, attempt=0):
            found = book.fleets.named(clients.plan.name, name) or await _read(clients, book, spool, run, name)
    refuse_unlike(found, clients.plan)
    settle(clients, roster_of(found.roster))
    return found


def refuse_unlike(found: FleetRun, plan: Plan) -> None:
    """Raises InvalidInput where a fleet run is not one of this very plan and this version of the program."""
    if found.plan_sha256 != plan.sha256:
        why, fix = "with another plan file, table or --set", "give all who work on it the same files and flags"
    elif found.version != __version__:
        why, fix = f"by version {found.version} of sigma-migrate, this is {__version__}", "install one version for all"
    else:
        return
    message = f"the run {one_line(found.name, 100)} was opened {why}"
    raise InvalidInput([Problem(code="fleet_unlike", message=message, fix=fix, file=str(plan.origin or ""))])


async def _read(clients: Clients, book: Book, spool: Spool, run: RunContext, name: str) -> FleetRun:
    """The fleet run as it was opened just now; that the ledger knows it comes last, and says that all is there."""
    before = clients.spent
    tenants = await tenants_of(clients)
    plan = settle(clients, tenants)
    if plan.source.org is not None:
        await clients.client(plan.source.org)
    plans = {target: for_target(plan, target) for target in plan.targets}
    memory = memory_of(clients, book, plans)
    side = await read_source(clients, run.listener, tuple(plans.values()), spool, memory)
    folder, at = plan.report.dir / run.id, run.now()
    digest = share.put(place_of(plan, run.id), side)
    write_run(folder, record_of(plan, run.id, kind="apply", at=at))
    book.start_run(Run(id=run.id, plan=plan.name, plan_sha256=plan.sha256, started_at=at))
    found = FleetRun(
        plan=plan.name,
        name=name,
        run=run.id,
        plan_sha256=plan.sha256,
        version=__version__,
        source=digest,
        opened_at=at,
        orgs=[dict(row) for row in clients.rows(since(clients.spent, before))],
        roster=roster_tree(tenants),
    )
    made = [
        Ticket(run=run.id, target=target, wave=number)
        for number, wave in enumerate(waves(plan, plan.targets), start=1)
        for target in wave
    ]
    return book.fleets.open(found, made)
