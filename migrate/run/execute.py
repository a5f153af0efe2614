"""The targets of a change set worked on: locked, written to, checked. Trouble with one leaves the others alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from migrate.change.actions import Adopt, Block, DocumentAction, Skip, draft_of, main_actions, outcome_of, target_id_of
from migrate.change.apply import apply
from migrate.change.left_scope import selected_now
from migrate.change.model import Outcome, TargetChanges
from migrate.change.run_context import RunContext
from migrate.change.view import described, ids_of
from migrate.check.levels import Landed, Sides
from migrate.check.model import Finding
from migrate.check.verify import verify
from migrate.errors import MigrateError, OutcomeUnknown, Refused, SafetyStop, classified
from migrate.inventory.crawl import crawl
from migrate.inventory.model import Inventory, Key
from migrate.ledger.book import Book
from migrate.ledger.lease import leased
from migrate.ledger.model import Copy, Entry
from migrate.plan.model import Plan
from migrate.rewrite.bind import bind, unbound
from migrate.rewrite.mapping import counterparts
from migrate.rewrite.model import Copied, IdMap
from migrate.run.clients import Clients
from migrate.run.gates import Ended, ended, passed, stopped
from migrate.run.planning import TARGETS_AT_ONCE, Planned
from migrate.run.prepare import Prepared
from migrate.sigma.workers import each
from migrate.words import LANDED, Level, OutcomeName


@dataclass(frozen=True, slots=True, kw_only=True)
class Worked:
    """What became of one target: an outcome a document, what checking found, and what ended the work early."""

    outcomes: Sequence[Outcome] = ()
    findings: Sequence[Finding] = ()
    trouble: MigrateError | None = None
    ids: IdMap = field(default_factory=dict)
    """Where the documents stand in the target, as far as checking came to look it up."""


async def work(clients: Clients, planned: Planned, book: Book, run: RunContext, done: dict[str, Worked]) -> None:
    """Works on every target, wave by wave; ``done`` gets each target's result the moment there is one.

    A wave begins only where the one before it passed its gate; what is held back is ``not_attempted``, with why.
    """
    plan = clients.plan

    async def one(target: TargetChanges) -> None:
        held = stopped(plan.policy, _ended(done))
        if held is not None:
            done[target.target] = Worked(outcomes=unattempted(target, held), trouble=held)
            return
        lost = planned.lost.get(target.target)
        if lost is not None:
            done[target.target] = Worked(outcomes=unattempted(target, lost), trouble=lost)
            return
        prepared = replace(planned.ready[target.target], changes=target)
        stop = planned.stops.get(target.target)
        if stop is not None:
            done[target.target] = Worked(outcomes=unattempted(target, stop), trouble=stop)
            return
        try:
            outcomes = await execute(clients, prepared, book, run)
        except Exception as error:  # noqa: BLE001 - whatever it is, the report says what stands
            done[target.target] = as_recorded(target, book, run, classified(error))
            return
        done[target.target] = Worked(outcomes=outcomes)
        if not run.stop():
            done[target.target] = await checked(clients, planned.source, prepared, book, outcomes, run)

    shut: SafetyStop | None = None
    for number, wave in enumerate(_in_waves(plan, planned.changes.targets), start=1):
        if shut is not None:
            done |= {later.target: Worked(outcomes=unattempted(later, shut), trouble=shut) for later in wave}
            continue
        await each(wave, one, workers=TARGETS_AT_ONCE)
        here = {target.target: done[target.target] for target in wave if target.target in done}
        shut = passed(plan.run.gate, number, _ended(here))


def _ended(done: Mapping[str, Worked]) -> dict[str, Ended]:
    """How the targets ended that are done; what was held back did not end."""
    return {
        target: ended(worked.outcomes, worked.findings, worked.trouble)
        for target, worked in done.items()
        if worked.trouble is None or worked.trouble.code != "held_back"
    }


def _in_waves(plan: Plan, targets: Sequence[TargetChanges]) -> list[list[TargetChanges]]:
    """The targets by the ``wave`` of their tenant row, the lowest first; those without one come first of all."""
    waves = {tenant.tenant: int(tenant.values.get("wave") or 0) for tenant in plan.tenants}
    numbers = sorted({waves.get(target.target, 0) for target in targets})
    return [[target for target in targets if waves.get(target.target, 0) == number] for number in numbers]


async def execute(clients: Clients, prepared: Prepared, book: Book, run: RunContext) -> tuple[Outcome, ...]:
    """An outcome for every document of the target, after the last write and before any check."""
    client = await clients.client(prepared.target)
    patience = run.patience
    holding = leased(
        book,
        prepared.home.target_org,
        run.id,
        seconds=patience.lease,
        wait=patience.lock,
        sleep=run.sleep,
    )
    async with holding as lease:
        with client.covered_by(lease.covers_now):
            outcomes = await apply(
                prepared.changes,
                run=run,
                client=client,
                book=book,
                home=prepared.home,
                plan=prepared.plan,
                folders={folder.path: folder.id for folder in prepared.dest.folders.values()},
                mapped=prepared.mapped,
                url_ids={item.key.id: item.url_id for item in prepared.dest.items.values() if item.url_id},
            )
            if not run.stop():
                selected = selected_now(prepared.selection, prepared.snapshot, at=run.now())
                book.remember_selection(prepared.home, selected)
            return outcomes


async def checked(
    clients: Clients,
    source: Inventory,
    prepared: Prepared,
    book: Book,
    outcomes: Sequence[Outcome],
    run: RunContext,
) -> Worked:
    """The same outcomes with a finding for everything that landed, as far as checking came."""
    landed = [outcome for outcome in outcomes if outcome.outcome in LANDED]
    if not landed or not prepared.plan.verify:
        return Worked(outcomes=outcomes)
    try:
        client = await clients.client(prepared.target)
        alias = clients.plan.source.org
        identity = clients.identity(prepared.target)
        dest = await crawl(client, org=prepared.target, identity=identity, listener=run.listener)
        sides = Sides(
            client=client,
            dest=dest,
            source=source,
            source_client=await clients.client(alias) if alias else None,
            counterparts=counterparts(prepared.plan, source, dest),
            keeps_drift=prepared.plan.policy.drift != "fail",
        )
        copies = {(copy.kind, copy.source_id): copy for copy in book.copies(prepared.home)}
        ids = ids_of(copies.values(), source.org)
        rounds = prepared.view.rounds
        todo = [
            replace(_landed(one, ids, copies.get((one.key.kind, one.key.id))), around=rounds.get(one.key))
            for one in landed
        ]
        levels = levels_of(prepared.plan)
        found = await verify(todo, sides, levels, listener=run.listener, stop=run.stop)
    except Exception as error:  # noqa: BLE001 - what was written is reported, checked or not
        return Worked(outcomes=outcomes, trouble=classified(error))
    return Worked(outcomes=outcomes, findings=found.findings, trouble=found.trouble, ids=ids)


def levels_of(plan: Plan) -> tuple[Level, ...]:
    """What is checked: what the plan says, and access where it carries any."""
    carries = plan.carry.grants != "none" or plan.carry.owners != "none"
    return (*plan.verify, *(("access",) if carries and "access" not in plan.verify else ()))


def _landed(outcome: Outcome, ids: Mapping[Key, Copied], copy: Copy | None) -> Landed:
    """What should stand in the target now; nothing is expected of a model that was only mapped."""
    made = outcome.draft
    copied = ids.get(outcome.key)
    if outcome.outcome == "mapped" or made is None or unbound(made, ids):
        return Landed(outcome=outcome, expected=None)
    return Landed(
        outcome=outcome if outcome.target_id else replace(outcome, target_id=copied.id if copied else ""),
        expected=bind(made, ids),
        description=described(made, copy, ids),
        elements=copied.elements if copied else {},
    )


# Outcomes without an execution


def unattempted(changes: TargetChanges, error: MigrateError) -> tuple[Outcome, ...]:
    """``not_attempted`` for every document of a target that could not be worked on at all."""
    return tuple(_without(action, error, "not_attempted") for action in main_actions(changes.waves))


def as_recorded(changes: TargetChanges, book: Book, run: RunContext, trouble: MigrateError) -> Worked:
    """What the ledger says of a target whose work was cut off: what was done is told as done, the rest as it is."""
    try:
        entries = {(entry.kind, entry.source_id): entry for entry in book.entries(run.id)}
    except MigrateError as error:  # nobody knows what stands; nothing is told as done or as never begun
        outcomes = [_without(action, error, "failed") for action in main_actions(changes.waves)]
        return Worked(outcomes=outcomes, trouble=trouble)
    outcomes = [_recorded(action, entries, trouble) for action in main_actions(changes.waves)]
    return Worked(outcomes=outcomes, trouble=trouble)


def _recorded(action: DocumentAction, entries: Mapping[tuple[str, str], Entry], trouble: MigrateError) -> Outcome:
    if isinstance(action, Block | Skip):
        passed_over = Refused(action.why, code=action.reason_code, next_action=action.next_action)
        root = action.blocked_by if isinstance(action, Block) else None
        return replace(_without(action, passed_over, action.outcome), blocked_by=root)
    if not action.writes:
        return _as_it_stands(action.target, action)
    entry = entries.get((action.key.kind, action.key.id))
    if entry is None:
        return _without(action, trouble, "not_attempted")
    if entry.state == "done":
        return Outcome(
            target=action.target,
            key=action.key,
            outcome=outcome_of(action),
            draft=draft_of(action),
            target_id=entry.target_id,
            target_name=entry.name,
            attempts=entry.attempts,
        )
    if entry.state == "failed":
        error = MigrateError(entry.reason, code=entry.reason_code)
    else:
        told = f"the work was cut off before its answer was known: {trouble.message}"
        error = OutcomeUnknown(told, next_action="run apply again; it settles what is open first")
    return replace(_without(action, error, "failed"), attempts=entry.attempts)


def _without(action: DocumentAction, error: MigrateError, outcome: OutcomeName) -> Outcome:
    return Outcome(
        target=action.target,
        key=action.key,
        outcome=outcome,
        draft=draft_of(action),
        target_id=target_id_of(action),
        reason_code=error.code,
        reason=error.message,
        next_action=error.next_action,
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
