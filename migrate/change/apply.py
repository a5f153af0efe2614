"""Station 7: a change set -> outcomes. Writes the target and the ledger.

Every write is on record before it leaves, and its result the moment it is known. What an earlier run left
open is settled first; then every action runs as soon as what it waits for has ended, and what is written is read back
while others are being written. A write of unknown outcome is put aside with all that waits for it, and settled when
nothing else is left to do. Run again after any interruption, it goes on where it stopped.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

import anyio

from migrate.bundle.spool import Spool
from migrate.change import conclude
from migrate.change.actions import (
    Action,
    Adopt,
    Archive,
    Block,
    Create,
    CreateFolder,
    HandOver,
    Keep,
    Move,
    Patch,
    Repoint,
    Schedule,
    Share,
    Skip,
    Tag,
    Update,
    draft_of,
    on_documents,
)
from migrate.change.archive import archive
from migrate.change.conclude import lost, thing_of
from migrate.change.endings import Ending, Endings, Halt, blocked, not_attempted
from migrate.change.execution import Execution, Look, NotBegun, execution
from migrate.change.folders import make_folder
from migrate.change.model import Outcome, TargetChanges
from migrate.change.order import Queue, beside_contents, stretches
from migrate.change.run_context import RunContext
from migrate.change.settle import settle, settle_earlier
from migrate.change.surroundings.schedule_writes import bring_schedules
from migrate.change.surroundings.tag_writes import put_tags
from migrate.change.surroundings.writes import hand_over, share
from migrate.change.writes import create, move, patch, repoint, update
from migrate.errors import AccessError, FileError, LockHeld, MigrateError, SafetyStop
from migrate.events import Acted, Stage
from migrate.ledger.model import Copy, Entry, Home
from migrate.plan.model import Plan
from migrate.rewrite.model import Copied, IdMap
from migrate.sigma.workers import first_cause, flow

if TYPE_CHECKING:
    from migrate.ledger.book import Book
    from migrate.sigma.client import Client

ROUNDS = 2
"""A write whose answer was lost, and that was not done, is sent again once."""

_STOPPED = Halt(code="interrupted", reason="the run was stopped before this was begun")


async def apply(
    changes: TargetChanges,
    *,
    run: RunContext,
    client: Client,
    book: Book,
    home: Home,
    plan: Plan,
    folders: Mapping[tuple[str, ...], str],
    mapped: IdMap | None = None,
    url_ids: Mapping[str, str] = MappingProxyType({}),
    spool: Spool | None = None,
    look: Look | None = None,
) -> tuple[Outcome, ...]:
    """One outcome for every document of the change set, in its order.

    ``folders`` are the target's folder paths with their ids; ``mapped`` the models that the plan maps to
    existing ones; ``url_ids`` how the target writes the ids of its documents in addresses; ``spool`` holds the bodies.
    ``look`` is given every document as soon as it stands as it is to be left, between the writes of others.
    Asked to stop, what is in flight gets ``run.patience.grace`` seconds to end, or is settled by the next run; the rest
    is ``not_attempted``.
    One failed document never stops independent ones; trouble of the whole run (credentials, lock, breaker)
    stops it, and the outcomes say so.
    Raises ServiceError where what an earlier run left open cannot be looked at.
    """
    work = execution(client, book, home, run, plan.policy, spool, plan.run.write_concurrency, look)
    work.known.source = _source_alias(changes)
    work.known.folders.update(folders)
    work.known.url_ids.update(url_ids)
    _prepare(work, changes, mapped or {})
    endings = Endings(changes, plan.policy.on_error, plan.policy.breaker_percent)
    work.halted = lambda: endings.halt is not None or run.stop()
    await _until_told(run.stop, run.patience.grace, lambda: _run(work, endings, plan.run.write_concurrency))
    _close(work, endings)
    return tuple(work.seen(outcome) for outcome in endings.outcomes())


async def settle_open(client: Client, book: Book, home: Home, run: RunContext) -> int:
    """How many writes of earlier runs were still open; their outcomes are known afterwards.

    Only reads Sigma. Best done before a change set is computed, so that a document that a killed run made is
    known as ours and not taken for somebody else's of the same name. Ask for it only under the target's lock.
    """
    entries = book.open(home)
    if entries:
        await settle_earlier(execution(client, book, home, run), entries)
    return len(entries)


def _prepare(work: Execution, changes: TargetChanges, mapped: IdMap) -> None:
    work.known.recall(work.writing.copies)
    work.writing.recall()
    work.known.ids.update(mapped)
    for action in on_documents(action for wave in changes.waves for action in wave):
        if isinstance(action, Patch):
            work.patched.add(action.key)
        if isinstance(action, Adopt) and action.elements:
            work.known.ids[action.key] = Copied(
                id=action.target_id, url_id=work.known.url_ids.get(action.target_id, ""), elements=action.elements
            )
        draft = draft_of(action)
        if draft is not None:
            work.generations[action.key.kind] = draft.generation


def _source_alias(changes: TargetChanges) -> str:
    return next((action.key.org for wave in changes.waves for action in on_documents(wave)), "")


async def _run(work: Execution, endings: Endings, writers: int) -> None:
    """The stretches one after the other; where documents are read back, more are under way than may write."""
    await settle_earlier(work, work.writing.open)  # what was left open since the change set was made
    for waves in stretches(endings.changes.waves):
        await _stretch(work, endings, Queue(waves), writers if beside_contents(waves[0]) else work.client.width)


async def _stretch(work: Execution, endings: Endings, queue: Queue, workers: int) -> None:
    """Runs a stretch; writes of unknown outcome are settled together once it comes to a stand, and may go once more.

    What stands is looked at before another action is begun, so that one document after the other is brought to its end.
    """
    tries: Counter[str] = Counter()

    def take() -> Sequence[Action | Outcome]:
        return [work.complete.popleft()] if work.complete else queue.take()

    while True:
        unknown: list[tuple[Action, Entry]] = []

        async def one(step: Action | Outcome, unknown: list[tuple[Action, Entry]] = unknown) -> None:
            if isinstance(step, Outcome):
                await work.look_at(step)
                return
            tries[step.id] += 1
            entry = await _one(work, endings, step)
            if entry is None:
                queue.end(step)
            else:
                unknown.append((step, entry))

        await flow(take, one, workers=workers)
        if not unknown:
            return
        again = {action.id for action in await _settled(work, endings, unknown, tries)}
        for action, _ in unknown:
            if action.id in again:
                queue.put_back(action)
            else:
                queue.end(action)


async def _settled(
    work: Execution, endings: Endings, unknown: list[tuple[Action, Entry]], tries: Mapping[str, int]
) -> list[Action]:
    """The actions to run once more: those that were done find that out, those that were not are sent again."""
    try:
        found = await settle(work, [entry for _, entry in unknown])
    except MigrateError as error:
        _stop_where_needed(endings, error)
        for action, _ in unknown:
            _end(work, endings, conclude.failed(work, action, lost(action, error)))
        return []
    again = []
    for action, entry in unknown:
        state = found[entry.sequence]
        often = tries[action.id] >= (ROUNDS if state == "not_done" else ROUNDS + 1)
        if state == "open" or often:
            _end(work, endings, conclude.failed(work, action, lost(action, None)))
        else:
            again.append(action)
    return again


async def _one(work: Execution, endings: Endings, action: Action) -> Entry | None:
    """Runs one action and records its step; an entry comes back where its outcome is unknown."""
    if work.run.stop() and endings.halt is None:
        endings.halt = _STOPPED
    if isinstance(action, Repoint) and not work.must_repoint(action):
        _end(work, endings, Ending(action=action, outcome="unchanged"))
        return None
    cause = endings.cause(action)
    if cause is not None and cause.outcome != "not_attempted":
        _end(work, endings, blocked(action, cause))
        return None
    if endings.halt is not None and action.writes:
        _end(work, endings, not_attempted(action, endings.halt))
        return None
    started = anyio.current_time()
    try:
        done = await _act(work, action)
    except NotBegun:
        _end(work, endings, not_attempted(action, endings.halt or _STOPPED))
        return None
    except MigrateError as error:
        _stop_where_needed(endings, error)
        _end(work, endings, conclude.failed(work, action, error, started))
        return None
    if isinstance(done, Entry):
        return done
    _end(work, endings, conclude.done(work, action, done, started))
    return None


async def _act(work: Execution, action: Action) -> Copy | Entry | None:
    stuck = work.writing.stuck.get(thing_of(action))
    if stuck is not None and action.writes:
        raise stuck
    match action:
        case CreateFolder():
            return await make_folder(work, action)
        case Create():
            return await create(work, action)
        case Update():
            return await update(work, action)
        case Patch():
            return await patch(work, action)
        case Repoint():
            return await repoint(work, action)
        case Move():
            return await move(work, action)
        case Archive():
            return await archive(work, action)
        case Share():
            return await share(work, action)
        case HandOver():
            return await hand_over(work, action)
        case Tag():
            return await put_tags(work, action)
        case Schedule():
            return await bring_schedules(work, action)
        case Adopt() | Keep() | Skip() | Block():
            return None


def _end(work: Execution, endings: Endings, end: Ending) -> None:
    outcome = endings.record(end)
    work.run.listener(Stage(name="apply", org=endings.changes.target, done=len(endings.ended), total=endings.total))
    if outcome is not None:
        if work.look is not None:
            work.complete.append(outcome)
        work.run.listener(
            Acted(
                target=outcome.target,
                kind=outcome.key.kind,
                source_id=outcome.key.id,
                name=outcome.target_name,
                outcome=outcome.outcome,
                reason_code=outcome.reason_code,
                seconds=outcome.duration_ms / 1000,
            )
        )


def _stop_where_needed(endings: Endings, error: MigrateError) -> None:
    """Trouble that every further write would meet again."""
    if isinstance(error, AccessError | FileError | LockHeld | SafetyStop) or error.code == "ledger_unusable":
        endings.halt = endings.halt or Halt(code=error.code, reason=error.message, next_action=error.next_action)


def _close(work: Execution, endings: Endings) -> None:
    """Gives every action that was not reached, or was cut off in flight, its end."""
    still_open = {(entry.kind, entry.source_id) for entry in work.writing.open}
    halt = endings.halt or Halt(code="interrupted", reason="the run was stopped before this was done")
    for action in endings.actions():
        if action.id in endings.ended:
            continue
        if isinstance(action, Repoint) and not work.must_repoint(action):
            end = Ending(action=action, outcome="unchanged")
        elif thing_of(action) in still_open and thing_of(action) in work.writing.attempts:
            end = conclude.failed(work, action, lost(action, None))
        else:
            end = not_attempted(action, halt)
        _end(work, endings, end)


async def _until_told(stop: Callable[[], bool], grace: float, job: Callable[[], Awaitable[None]]) -> None:
    """Runs a job; once ``stop`` says so it gets ``grace`` seconds to end what is in flight, then it is cut off."""

    async def watch() -> None:
        while True:
            if stop():
                break
            await anyio.sleep(0.1)
        await anyio.sleep(grace)
        group.cancel_scope.cancel()

    try:
        async with anyio.create_task_group() as group:
            group.start_soon(watch)
            await job()
            group.cancel_scope.cancel()
    except BaseExceptionGroup as failures:
        raise first_cause(failures) from None
