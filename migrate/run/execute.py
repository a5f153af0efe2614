"""The targets of a change set worked on: locked, written to, checked. Trouble with one leaves the others alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

from migrate.bundle.spool import Spool
from migrate.change.actions import Adopt, Block, DocumentAction, Skip, draft_of, main_actions, outcome_of, target_id_of
from migrate.change.apply import apply
from migrate.change.execution import Look
from migrate.change.left_scope import selected_now
from migrate.change.model import Outcome, TargetChanges
from migrate.change.run_context import RunContext
from migrate.errors import MigrateError, OutcomeUnknown, Refused, SafetyStop, classified
from migrate.ledger.book import Book
from migrate.ledger.lease import leased
from migrate.ledger.model import Entry
from migrate.plan.model import Plan
from migrate.run.checking import Beside, Worked, beside, checked, remember
from migrate.run.clients import Clients
from migrate.run.gates import Ended, ended, passed, stopped, waves
from migrate.run.planning import Planned, at_once
from migrate.run.prepare import Prepared
from migrate.sigma.workers import each
from migrate.words import OutcomeName


async def work(
    clients: Clients,
    planned: Planned,
    book: Book,
    run: RunContext,
    done: dict[str, Worked],
    *,
    remembers: bool = True,
) -> None:
    """Works on every target, wave by wave; ``done`` gets each target's result the moment there is one.

    A wave begins only where the one before it passed its gate; what is held back is ``not_attempted``, with why. With
    ``remembers`` it is noted what the next run may pass by; without, that is left to whoever asks.
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
        try:
            await worked_on(target)
        finally:
            await clients.rest(target.target)

    async def worked_on(target: TargetChanges) -> None:
        prepared = replace(planned.ready[target.target], changes=target)
        stop = planned.stops.get(target.target)
        if stop is not None:
            done[target.target] = Worked(outcomes=unattempted(target, stop), trouble=stop)
            return
        checks: Beside | None = None
        try:
            checks = await beside(clients, planned, prepared)
            outcomes = await execute(clients, prepared, planned.spool, book, run, checks.look if checks else None)
        except Exception as error:  # noqa: BLE001 - whatever it is, the report says what stands
            done[target.target] = as_recorded(target, book, run, classified(error))
            return
        found = tuple(checks.checking.findings.values()) if checks else ()
        done[target.target] = Worked(outcomes=outcomes, findings=found)
        if not run.stop():
            done[target.target] = await checked(clients, planned, prepared, book, outcomes, run, checks)
            if remembers:
                remembered(book, planned, prepared, done[target.target], run)

    shut: SafetyStop | None = None
    for number, wave in enumerate(_in_waves(plan, planned.changes.targets), start=1):
        if shut is not None:
            done |= {later.target: Worked(outcomes=unattempted(later, shut), trouble=shut) for later in wave}
            continue
        await each(wave, one, workers=at_once(plan))
        here = {target.target: done[target.target] for target in wave if target.target in done}
        shut = passed(plan.run.gate, number, _ended(here))


def _ended(done: Mapping[str, Worked]) -> dict[str, Ended]:
    """How the targets ended that are done; what was held back did not end."""
    return {
        target: ended(worked.outcomes, worked.findings, worked.trouble)
        for target, worked in done.items()
        if worked.trouble is None or worked.trouble.code != "held_back"
    }


def remembered(book: Book, planned: Planned, prepared: Prepared, worked: Worked, run: RunContext) -> None:
    """Notes what the next run may pass by; where that cannot be written, it looks at all of it again."""
    with suppress(MigrateError):
        remember(book, planned, prepared, worked, run)


def _in_waves(plan: Plan, targets: Sequence[TargetChanges]) -> list[list[TargetChanges]]:
    """The targets in the waves of a plan."""
    by_name = {target.target: target for target in targets}
    return [[by_name[name] for name in wave] for wave in waves(plan, list(by_name))]


async def execute(
    clients: Clients, prepared: Prepared, spool: Spool, book: Book, run: RunContext, look: Look | None = None
) -> tuple[Outcome, ...]:
    """An outcome for every document of the target, after the last write; ``look`` gets each as soon as it stands."""
    client = await clients.client(prepared.target)
    patience = run.patience
    holding = leased(
        book,
        prepared.home.target_org,
        run.id,
        seconds=patience.lease,
        wait=patience.lock,
        sleep=run.sleep,
        attempt=run.attempt,
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
                spool=spool,
                look=look,
            )
            if not run.stop():
                selected = selected_now(prepared.selection, prepared.snapshot, at=run.now())
                book.remember_selection(prepared.home, selected)
            return outcomes


# Outcomes without an execution


def unattempted(changes: TargetChanges, error: MigrateError) -> tuple[Outcome, ...]:
    """``not_attempted`` for every document of a target that could not be worked on at all."""
    return tuple(_without(action, error, "not_attempted") for action in main_actions(changes.waves))


def as_recorded(changes: TargetChanges, book: Book, run: RunContext, trouble: MigrateError) -> Worked:
    """What the ledger says of a target whose work was cut off: what was done is told as done, the rest as it is."""
    try:
        made = book.entries(run.id, changes.organization_id)
        entries = {(entry.kind, entry.source_id): entry for entry in made}
    except MigrateError as error:  # nobody knows what stands; nothing is told as done or as never begun
        outcomes = [_without(action, error, "failed") for action in main_actions(changes.waves)]
        return Worked(outcomes=outcomes, trouble=trouble)
    outcomes = [_recorded(action, entries, trouble) for action in main_actions(changes.waves)]
    return Worked(outcomes=outcomes, trouble=trouble)


def archived_by(book: Book, run_id: str, target_org: str = "") -> frozenset[str]:
    """The ids of the copies that a run put into a bin, as far as the ledger can say."""
    try:
        entries = book.entries(run_id, target_org)
    except MigrateError:
        return frozenset()
    return frozenset(one.target_id for one in entries if one.verb == "archive" and one.state == "done")


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
        thing=error.thing,
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
        thing=action.thing if isinstance(action, Block | Skip) else "",
    )


def _without_write(action: DocumentAction) -> OutcomeName:
    if isinstance(action, Adopt):
        return "mapped"
    if target_id_of(action):
        return "unchanged"
    return "blocked" if isinstance(action, Block) else "not_attempted"
