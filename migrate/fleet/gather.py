"""What became of all targets of a fleet run, put together: one reconciliation, one report, one exit code."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from migrate.bundle.spool import Spool
from migrate.change.run_context import RunContext
from migrate.check.merge import merged
from migrate.errors import MigrateError, ServiceError, Usage, worst
from migrate.events import RunBegan, RunEnded
from migrate.fleet import share
from migrate.fleet.left import as_left
from migrate.fleet.opening import refuse_unlike
from migrate.fleet.places import place_of
from migrate.fleet.shard import part_of, trouble_of
from migrate.fleet.work import Part, record, unplanned
from migrate.ledger.book import Book
from migrate.ledger.lease import POLL_SECONDS, leased
from migrate.ledger.model import FleetRun, Ticket
from migrate.plan.model import Plan
from migrate.plan.roster import roster_of
from migrate.run.absent import vanished
from migrate.run.audit import write_audit
from migrate.run.clients import Clients
from migrate.run.folder import record_of
from migrate.run.reporting import put_down
from migrate.run.result import Result
from migrate.run.roster import settle
from migrate.text import one_line
from migrate.tree import Json


async def gathered(clients: Clients, book: Book, spool: Spool, run: RunContext, name: str) -> Result:
    """The result of a fleet run, its report written. Asks no organization.

    Waits ``run.patience.lock`` seconds for targets that nobody has done yet. What nobody works on then is told as the
    ledger knows it, and is done with. Raises LockHeld where somebody is still at work, Usage for an unknown name.
    """
    plan = clients.plan
    found = book.fleets.named(plan.name, name)
    if found is None:
        action = "start it with apply PLAN --worker NAME, or apply PLAN --run NAME --target TARGET"
        raise Usage(f"there is no run {one_line(name, 100)} of the plan {plan.name}.", next_action=action)
    refuse_unlike(found, plan)
    plan = settle(clients, roster_of(found.roster))
    run = replace(run, id=found.run)
    run.listener(RunBegan(run=found.run, plan=plan.name, kind="gather"))
    await _waited(book, run, found)
    left = [ticket for ticket in book.fleets.tickets(found.run) if not ticket.done]
    if left:
        side = share.take(place_of(plan, found.run), found.source, spool)
        part = Part(clients=clients, book=book, spool=spool, run=run, opened=found, side=side)
        for ticket in left:
            await _closed(part, ticket)
    result = _reported(clients, book, found, run.now)
    status = str(result.reconciliation.run["status"])
    run.listener(RunEnded(run=found.run, status=status, exit_code=result.exit_code))
    return result


async def _waited(book: Book, run: RunContext, found: FleetRun) -> None:
    left = run.patience.lock
    while left > 0 and not run.stop() and not all(ticket.done for ticket in book.fleets.tickets(found.run)):
        pause = min(POLL_SECONDS, left)
        await run.sleep(pause)
        left -= pause


async def _closed(part: Part, ticket: Ticket) -> None:
    """A target that nobody works on, told as it was left. Raises LockHeld where somebody does work on it."""
    lease = part.run.patience.lease
    async with leased(part.book, ticket.place, part.run.id, seconds=lease, sleep=part.run.sleep, attempt=0):
        ticket = part.book.fleets.take(ticket, part.worker)
        if ticket.done:
            return
        why = ServiceError(
            f"nobody was through with {ticket.target} when the run was gathered.",
            code="worker_lost",
            next_action="look at the logs of the workers, then apply again: it goes on from what they recorded",
        )
        planned = unplanned(part, ticket, why)
        entries = part.book.entries(ticket.run, ticket.organization) if ticket.organization else ()
        record(part, ticket, planned, as_left(planned.changes.targets[0], entries, why))


def _reported(clients: Clients, book: Book, found: FleetRun, now: Callable[[], str]) -> Result:
    plan = clients.plan
    told = record_of(plan, found.run, kind="apply", at=found.opened_at)
    by_target = {ticket.target: ticket for ticket in book.fleets.tickets(found.run)}
    shards = {target: book.fleets.shard(by_target[target]) for target in plan.targets if target in by_target}
    parts = [part_of(shard, told) for shard in shards.values()]
    troubles = {target: trouble for target, shard in shards.items() if (trouble := trouble_of(shard)) is not None}
    told |= {"finished_at": now(), "status": "failed" if troubles and len(troubles) == len(shards) else "complete"}
    if troubles:
        told["error"] = str(next(iter(troubles.values())))
    whole = merged(told, parts, _in_order([*plan.orgs], [*found.orgs, *(org for part in parts for org in part.orgs)]))
    whole = replace(whole, warnings=(*whole.warnings, *_gone(plan, book, found, [*by_target.values()])))
    whole = replace(whole, exit_code=worst((whole.exit_code, *(int(shard["beside"]) for shard in shards.values()))))
    folder = plan.report.dir / found.run
    try:
        write_audit(folder, book, found.run)
        book.finish_run(found.run, str(told["status"]), str(told["finished_at"]))
        place_of(plan, found.run).drop()
    except MigrateError as error:
        troubles["run"] = error
    return put_down(told, folder, plan.report.formats, whole, troubles)


def _gone(plan: Plan, book: Book, found: FleetRun, tickets: Sequence[Ticket]) -> Iterable[str]:
    """A sentence for each organization that is no target any more, where all that are were seen."""
    sources = {str(org["organization_id"]) for org in found.orgs if org["alias"] == plan.source.org}
    if plan.source.bundle is not None:
        sources = {home.source_org for home in book.homes(plan.name)}
    if len(sources) != 1 or not all(ticket.organization for ticket in tickets):
        return ()
    return vanished(plan, book, sources.pop(), [ticket.organization for ticket in tickets])


def _in_order(aliases: Sequence[str], orgs: Sequence[Mapping[str, Json]]) -> list[Mapping[str, Json]]:
    return sorted(orgs, key=lambda org: aliases.index(str(org["alias"])))
