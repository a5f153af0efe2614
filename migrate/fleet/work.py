"""One process's part of a fleet run: tickets taken, their targets worked on, what became of each recorded.

A ticket is worked on under a lock of its own, so that one process has it at a time; when that process is gone, the next
one takes it and goes on as a run that was interrupted does. Waves and gates are looked up in the tickets, by whoever
takes one, so that they hold whoever works.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace

from migrate.bundle.spool import Spool
from migrate.change.model import ChangeSet
from migrate.change.run_context import RunContext
from migrate.errors import (
    OF_A_MACHINE,
    FileError,
    Interrupted,
    LockHeld,
    MigrateError,
    SafetyStop,
    ServiceError,
    Usage,
    worst,
)
from migrate.fleet.left import as_left
from migrate.fleet.shard import ended_of, ended_tree, shard_of
from migrate.ledger.book import Book
from migrate.ledger.lease import POLL_SECONDS, leased
from migrate.ledger.model import FleetRun, Ticket
from migrate.plan.model import Plan
from migrate.plan.tenants import for_target
from migrate.rewrite.python_rules import Transform
from migrate.run.checking import Worked
from migrate.run.clients import Clients
from migrate.run.cost import since
from migrate.run.execute import archived_by, remembered, work
from migrate.run.folder import record_of
from migrate.run.gates import ended, passed, stopped
from migrate.run.planning import Fleet, Planned, at_once, plan_targets, same_organization, unreached
from migrate.run.reporting import reconciled
from migrate.run.source import SourceSide
from migrate.sigma.model import Stats
from migrate.sigma.workers import each
from migrate.text import one_line
from migrate.tree import Json, digest

TRIES = 3
"""So many times a target is begun whose worker then is no more; it is not what the next one should die of."""


@dataclass(slots=True)
class Lanes:
    """On how many targets this process works, and whether on one that is to be alone."""

    busy: int = 0
    alone: bool = False

    def free_for(self, ticket: Ticket) -> bool:
        """Whether a ticket may be begun now: what its last worker died of never beside others, who would die too."""
        return not self.alone and not (self.busy and _was_died_of(ticket))

    @contextmanager
    def taken(self, ticket: Ticket) -> Iterator[None]:
        """Notes that the work on a ticket goes on while the block lasts."""
        self.busy += 1
        self.alone = _was_died_of(ticket)
        try:
            yield
        finally:
            self.busy -= 1
            self.alone = False


def _was_died_of(ticket: Ticket) -> bool:
    return ticket.attempt > ticket.returned


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What one process works with. ``run`` goes by the id of the fleet run; ``told`` is what was told of its wires."""

    clients: Clients
    book: Book
    spool: Spool
    run: RunContext
    opened: FleetRun
    side: SourceSide
    transforms: tuple[Transform, ...] = ()
    told: dict[str, Stats] = field(default_factory=dict)
    lanes: Lanes = field(default_factory=Lanes)
    worker: str = field(default_factory=lambda: f"process {os.getpid()} on {socket.gethostname()}")

    @property
    def plan(self) -> Plan:
        """The plan of the run."""
        return self.clients.plan


async def pull(part: Part) -> tuple[Ticket, ...]:
    """Takes tickets until none is left to do by anybody; those that were done here.

    Raises Interrupted where it was asked to stop, and whatever is wrong with this machine or the ledger.
    """
    mine: list[Ticket] = []

    async def lane(_number: int) -> None:
        while (ticket := await _next(part)) is not None:
            mine.append(ticket)

    width = min(at_once(part.plan), len(part.plan.targets))
    await each(range(width), lane, workers=width)
    if part.run.stop():
        raise Interrupted("Stopped before the run was done.", next_action="start a worker again to go on")
    return tuple(sorted(mine, key=lambda ticket: ticket.target))


async def _next(part: Part) -> Ticket | None:
    """A ticket that was done here just now; None where nothing is left to do.

    A ledger that could not be used for a moment is asked again, so often as a worker may be lost.
    """
    failures = 0
    while not part.run.stop():
        left = [ticket for ticket in part.book.fleets.tickets(part.opened.run) if not ticket.done]
        if not left:
            return None
        for ticket in _free(part, [ticket for ticket in left if ticket.wave == left[0].wave]):
            if not part.lanes.free_for(ticket):
                continue
            try:
                with part.lanes.taken(ticket):
                    done = await work_on(part, ticket)
            except LockHeld:  # somebody was faster
                continue
            except ServiceError as error:
                failures += 1
                if not error.code.startswith("ledger_") or failures >= TRIES:
                    raise
                continue
            except Interrupted:
                return None
            if done.worker == part.worker:
                return done
        await part.run.sleep(POLL_SECONDS)
    return None


def _free(part: Part, tickets: Sequence[Ticket]) -> Iterable[Ticket]:
    """The tickets that nobody has, in an order of this process, so that not all reach for the same one."""
    for ticket in sorted(tickets, key=lambda one: digest([part.worker, one.target])):
        held = part.book.holder(ticket.place)
        if held is None or not held.working:
            yield ticket


async def work_one(part: Part, target: str) -> Ticket:
    """The ticket of one target, done: by this process, or earlier. Waits for the waves before it.

    Raises LockHeld where another process has it, or earlier waves have not ended, after ``patience.lock`` seconds.
    """
    left = part.run.patience.lock
    while True:
        tickets = part.book.fleets.tickets(part.opened.run)
        ticket = next((one for one in tickets if one.target == target), None)
        if ticket is None:
            raise Usage(f"the run has no target {one_line(target, 60)}.", next_action="name one of the plan's targets")
        if ticket.done:
            return ticket
        before = [one.target for one in tickets if one.wave < ticket.wave and not one.done]
        try:
            if before:
                raise LockHeld(
                    f"wave {ticket.wave} has not begun: {one_line(before[0], 60)} before it is not done.",
                    code="wave_open",
                    next_action="let the waves before it end first, or wait for them (--wait 1h)",
                )
            return await work_on(part, ticket)
        except LockHeld:
            if left <= 0 or part.run.stop():
                raise
        pause = min(POLL_SECONDS, left)
        await part.run.sleep(pause)
        left -= pause


async def work_on(part: Part, ticket: Ticket) -> Ticket:
    """The ticket, done. Raises LockHeld where another process has it, Interrupted where it was asked to stop."""
    if part.run.stop():
        raise _stopped()
    lease = part.run.patience.lease
    async with leased(part.book, ticket.place, part.run.id, seconds=lease, sleep=part.run.sleep, attempt=0):
        ticket = part.book.fleets.take(ticket, part.worker)
        if ticket.done:
            return ticket
        try:
            return await _through(part, ticket)
        except MigrateError as error:
            if error.code.startswith("ledger_") or isinstance(error, Interrupted):
                with suppress(MigrateError):  # then it counts against the target, which somebody looks at
                    part.book.fleets.give_back(ticket)
            raise


async def _through(part: Part, ticket: Ticket) -> Ticket:
    """A ticket that was taken, done."""
    run = replace(part.run, attempt=ticket.attempt)
    done: dict[str, Worked] = {}
    planned = _not_begun(part, ticket) or await _planned(part, ticket, run)
    if ticket.attempt - ticket.returned > TRIES:
        entries = part.book.entries(ticket.run, ticket.organization) if ticket.organization else ()
        done[ticket.target] = as_left(planned.changes.targets[0], entries, _lost(ticket))
    else:
        await work(part.clients, planned, part.book, run, done, remembers=False)
    if part.run.stop():
        raise _stopped()
    for outcome in done[ticket.target].outcomes:
        if outcome.reason_code in OF_A_MACHINE:  # another one, or this one later, goes on with what was recorded
            kind = ServiceError if outcome.reason_code.startswith("ledger_") else FileError
            raise kind(outcome.reason, code=outcome.reason_code, next_action=outcome.next_action)
    ticket = record(part, ticket, planned, done[ticket.target])
    prepared = planned.ready.get(ticket.target)
    worked = done[ticket.target]
    if prepared is not None and worked.trouble is None:  # not before: another attempt of this run would pass it by
        remembered(part.book, planned, replace(prepared, changes=planned.changes.targets[0]), worked, run)
    return ticket


def _stopped() -> Interrupted:
    return Interrupted("Stopped before the target was done.", next_action="start it again to go on")


def record(part: Part, ticket: Ticket, planned: Planned, worked: Worked) -> Ticket:
    """The ticket, with what became of its target written down. Whoever records it holds its lock."""
    trouble = worked.trouble
    if trouble is not None and _of_this_machine(trouble):
        raise trouble
    told = record_of(part.plan, part.opened.run, kind="apply", at=part.opened.opened_at)
    troubles = {ticket.target: trouble} if trouble else {}
    archived = archived_by(part.book, part.opened.run, ticket.organization)
    found, beside = reconciled(told, planned, {ticket.target: worked}, _orgs(part, ticket.target), troubles, archived)
    held = trouble is not None and trouble.code == "held_back"
    ended_so = ended(worked.outcomes, worked.findings, trouble)
    done = replace(ticket, done=True, exit_code=worst((found.exit_code, beside)), ended=ended_tree(ended_so, held=held))
    part.book.fleets.finish(done, shard_of(found, beside, trouble))
    return done


def _orgs(part: Part, target: str) -> tuple[dict[str, Json], ...]:
    """What this target cost, and the source since it was told last."""
    now = {alias: one for alias, one in part.clients.spent.items() if alias in (target, part.plan.source.org)}
    spent = since(now, part.told)
    part.told.update(now)
    return tuple(dict(row) for row in part.clients.rows(spent))


def _not_begun(part: Part, ticket: Ticket) -> Planned | None:
    """A target that is not looked at at all, for what became of others or of those who tried it; None where it is."""
    shut = _held_back(part.plan, part.book.fleets.tickets(ticket.run), ticket)
    if shut is not None:
        return unplanned(part, ticket, shut)
    if ticket.attempt - ticket.returned > TRIES:
        return unplanned(part, ticket, _lost(ticket))
    return None


def _held_back(plan: Plan, tickets: Sequence[Ticket], ticket: Ticket) -> SafetyStop | None:
    """Why a target is not begun after what became of those before it; None where nothing speaks against it."""
    ends = {one.target: end for one in tickets if one.done and (end := ended_of(one.ended)) is not None}
    for number in range(1, ticket.wave):
        here = {one.target: ends[one.target] for one in tickets if one.wave == number and one.target in ends}
        shut = passed(plan.run.gate, number, here)
        if shut is not None:
            return shut
    return stopped(plan.policy, ends)


def _lost(ticket: Ticket) -> ServiceError:
    return ServiceError(
        f"{TRIES} processes that worked on {ticket.target} ended before they were through.",
        code="worker_lost",
        next_action="look at the logs of the workers, then apply again: it goes on from what they recorded",
    )


async def _planned(part: Part, ticket: Ticket, run: RunContext) -> Planned:
    """The target as it was looked at and decided on; what is wrong with it is part of that."""
    clients, target = part.clients, ticket.target
    try:
        await clients.client(target)
        organization = clients.identity(target).organization_id
        twin = part.book.fleets.name(ticket, organization)
        if twin:
            raise same_organization({target: organization, twin: organization})[target]
        fleet = Fleet(side=part.side, targets=part.plan.targets)
        return await plan_targets(
            clients, part.book, run, part.spool, targets=[target], transforms=part.transforms, fleet=fleet
        )
    except MigrateError as error:
        if _of_this_machine(error):
            raise
        left_out = f"{target} is left out of this run: {error}"
        return unplanned(part, ticket, error, warnings=(left_out,))


def unplanned(part: Part, ticket: Ticket, why: MigrateError, warnings: tuple[str, ...] = ()) -> Planned:
    """A target that was not looked at: all of its documents wait for one thing."""
    source = part.side.inventory
    plan = for_target(part.plan, ticket.target)
    changes = ChangeSet(
        plan=plan.name,
        plan_sha256=plan.sha256,
        plan_file=str(plan.origin or ""),
        created_at=part.run.now(),
        source_organization_id=source.identity.organization_id,
        targets=(replace(unreached(plan, source, why, "", ()), organization_id=ticket.organization),),
        made_from={},
        warnings=warnings,
    )
    return Planned(changes=changes, source=source, ready={}, lost={ticket.target: why}, spent={}, spool=part.spool)


def _of_this_machine(error: MigrateError) -> bool:
    """Whether an error says nothing of the target: another process, or this one later, may do better."""
    return isinstance(error, FileError) or error.code.startswith("ledger_")
