"""Station 7: a change set -> outcomes. Writes the target and the ledger.

Every write is on record before it leaves, and its result the moment it is known. What an earlier run left
open is settled first; then the waves run, each with a few workers; a write of unknown outcome is put aside
and settled when its wave is through. Run again after any interruption, it goes on where it stopped.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import anyio

from migrate.change.execution import Execution, Patience, never
from migrate.change.folders import make_folder
from migrate.change.model import Action, Outcome, TargetChanges
from migrate.change.progress import Halt, Progress, Step, blocked, not_attempted
from migrate.change.settle import settle
from migrate.change.steps import done_step, failed_step, lost, thing_of
from migrate.change.writes import create, move, patch, update
from migrate.errors import AccessError, LockHeld, MigrateError, SafetyStop
from migrate.events import Acted, Listener, Stage, silent
from migrate.inventory.model import Key
from migrate.ledger.model import Copy, Entry, Home
from migrate.plan.model import Plan
from migrate.rewrite.bind import bind, unbound
from migrate.rewrite.model import Copied, IdMap
from migrate.sigma.workers import each, first_cause
from migrate.tree import digest

if TYPE_CHECKING:
    from migrate.ledger.book import Book
    from migrate.sigma.client import Client

ROUNDS = 2
"""A write whose answer was lost, and that was not done, is sent again once."""

GRACE = 5.0
"""Seconds that writes in flight get to end after somebody asked to stop."""


async def apply(
    changes: TargetChanges,
    *,
    client: Client,
    book: Book,
    home: Home,
    run: str,
    plan: Plan,
    folders: Mapping[tuple[str, ...], str],
    now: Callable[[], str],
    listener: Listener = silent,
    stop: Callable[[], bool] = never,
    mapped: IdMap | None = None,
    sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
    patience: Patience | None = None,
    grace: float = GRACE,
) -> tuple[Outcome, ...]:
    """One outcome for every document of the change set, in its order.

    ``folders`` are the target's folder paths with their ids; ``mapped`` the models that the plan maps to
    existing ones. ``now`` gives the time as ISO-8601 with an offset. ``stop`` is asked between steps: what is
    in flight then gets ``grace`` seconds to end, or is settled by the next run; the rest is ``not_attempted``.
    One failed document never stops independent ones; trouble of the whole run (credentials, lock, breaker)
    stops it, and the outcomes say so.
    Raises ServiceError where what an earlier run left open cannot be looked at.
    """
    work = Execution(
        client=client,
        book=book,
        home=home,
        run=run,
        now=now,
        policy=plan.policy,
        stop=stop,
        listener=listener,
        sleep=sleep,
        patience=patience or Patience(),
        source=_source_alias(changes),
        folders=dict(folders),
    )
    _prepare(work, changes, mapped or {})
    progress = Progress(changes, plan.policy.on_error, plan.policy.breaker_percent)
    await _until_told(stop, grace, lambda: _run(work, progress, plan.run.write_concurrency))
    _close(work, progress)
    return progress.outcomes()


async def settle_open(
    *,
    client: Client,
    book: Book,
    home: Home,
    run: str,
    now: Callable[[], str],
    listener: Listener = silent,
    stop: Callable[[], bool] = never,
    sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
    patience: Patience | None = None,
) -> int:
    """How many writes of earlier runs were still open; their outcomes are known afterwards.

    Only reads Sigma. Best done before a change set is computed, so that a document that a killed run made is
    known as ours and not taken for somebody else's of the same name. Ask for it only under the target's lock.
    """
    work = Execution(
        client=client,
        book=book,
        home=home,
        run=run,
        now=now,
        stop=stop,
        listener=listener,
        sleep=sleep,
        patience=patience or Patience(),
    )
    entries = book.snapshot(home).open
    if entries:
        await settle(work, entries)
    return len(entries)


def _prepare(work: Execution, changes: TargetChanges, mapped: IdMap) -> None:
    work.recall()
    work.ids.update(mapped)
    for action in (action for wave in changes.waves for action in wave):
        if action.key is None:
            continue
        if action.verb == "patch":
            work.patched.add(action.key)
        if action.verb == "adopt" and action.elements:
            work.ids[action.key] = Copied(id=action.target_id, elements=action.elements)
        if action.draft is not None and action.key.kind == "workbook":
            work.generation = action.draft.generation


def _source_alias(changes: TargetChanges) -> str:
    return next((action.key.org for wave in changes.waves for action in wave if action.key), "")


async def _run(work: Execution, progress: Progress, workers: int) -> None:
    left_open = work.book.snapshot(work.home).open
    if left_open:
        work.listener(Stage(name="settle", org=work.client.org, total=len(left_open)))
        await settle(work, left_open)
    for wave in progress.changes.waves:
        await _wave(work, progress, wave, workers)
    await _repoint(work, progress, workers)


async def _repoint(work: Execution, progress: Progress, workers: int) -> None:
    """Replaces documents that were fine until a model they read got other element ids by being replaced.

    A server may do that (sigma-specs 6.3), and nobody can know before; what reads the model would break.
    """
    done: set[Key] = set()
    while work.moved - done:
        moved, done = work.moved - done, set(work.moved)
        stale = [
            replace(again, id=f"repoint:{action.id}")
            for action in progress.actions()
            if (again := _stale(work, progress, action, moved)) is not None
        ]
        for action in stale:
            progress.add(action)
        await _wave(work, progress, tuple(stale), workers)


def _stale(work: Execution, progress: Progress, action: Action, moved: set[Key]) -> Action | None:
    """The update of a document that stands and points at ids that are no more."""
    step, draft = progress.steps.get(action.id), action.draft
    if step is None or not step.stands or draft is None or not any(hole.key in moved for hole in draft.holes):
        return None
    copy = work.copies.get(thing_of(action))
    if copy is None or unbound(draft, work.ids) or digest(bind(draft, work.ids)) == copy.digest_sent:
        return None
    return Action(
        id=action.id,
        verb="update",
        target=action.target,
        key=action.key,
        draft=draft,
        outcome="updated",
        target_id=copy.target_id,
        version=copy.version_read,
        why="a model that it reads got other element ids",
    )


async def _wave(work: Execution, progress: Progress, wave: tuple[Action, ...], workers: int) -> None:
    """Runs a wave; writes of unknown outcome are settled together at its end and done once more where needed."""
    todo: list[Action] = list(wave)
    for number in range(ROUNDS + 1):
        unknown: list[tuple[Action, Entry]] = []

        async def one(action: Action, unknown: list[tuple[Action, Entry]] = unknown) -> None:
            entry = await _one(work, progress, action)
            if entry is not None:
                unknown.append((action, entry))

        await each(todo, one, workers=workers)
        if not unknown:
            return
        todo = await _settled(work, progress, unknown, last=number == ROUNDS - 1)


async def _settled(
    work: Execution, progress: Progress, unknown: list[tuple[Action, Entry]], *, last: bool
) -> list[Action]:
    """The actions to run once more: those that were done find that out, those that were not are sent again."""
    try:
        found = await settle(work, [entry for _, entry in unknown])
    except MigrateError as error:
        _stop_where_needed(progress, error)
        for action, _ in unknown:
            _end(work, progress, failed_step(work, action, lost(action, error)))
        return []
    again = []
    for action, entry in unknown:
        state = found[entry.sequence]
        if state == "open" or (state == "not_done" and last):
            _end(work, progress, failed_step(work, action, lost(action, None)))
        else:
            again.append(action)
    return again


async def _one(work: Execution, progress: Progress, action: Action) -> Entry | None:
    """Runs one action and records its step; an entry comes back where its outcome is unknown."""
    if work.stop() and progress.halt is None:
        progress.halt = Halt(code="interrupted", reason="the run was stopped before this was begun")
    cause = progress.cause(action)
    if cause is not None and cause.outcome != "not_attempted":
        _end(work, progress, blocked(action, cause))
        return None
    halt = progress.halt
    if halt is not None and action.verb not in ("skip", "block", "adopt"):
        _end(work, progress, not_attempted(action, halt))
        return None
    started = anyio.current_time()
    try:
        done = await _act(work, action)
    except MigrateError as error:
        _stop_where_needed(progress, error)
        _end(work, progress, failed_step(work, action, error, started))
        return None
    if isinstance(done, Entry):
        return done
    _end(work, progress, done_step(work, action, done, started))
    return None


async def _act(work: Execution, action: Action) -> Copy | Entry | None:
    if action.verb in ("skip", "block", "adopt"):
        return None
    stuck = work.stuck.get(thing_of(action))
    if stuck is not None:
        raise stuck
    if action.verb == "create-folder":
        return await make_folder(work, action)
    return await {"create": create, "update": update, "patch": patch, "move": move}[action.verb](work, action)


def _end(work: Execution, progress: Progress, step: Step) -> None:
    outcome = progress.record(step)
    work.listener(Stage(name="apply", org=progress.changes.target, done=len(progress.steps), total=progress.total))
    if outcome is not None:
        work.listener(
            Acted(
                target=outcome.target,
                kind=outcome.key.kind,
                source_id=outcome.key.id,
                name=outcome.target_name,
                outcome=outcome.outcome,
                reason_code=outcome.reason_code,
            )
        )


def _stop_where_needed(progress: Progress, error: MigrateError) -> None:
    """Trouble that every further write would meet again."""
    if isinstance(error, AccessError | LockHeld | SafetyStop) or error.code == "ledger_unusable":
        progress.halt = progress.halt or Halt(code=error.code, reason=error.message, next_action=error.next_action)


def _close(work: Execution, progress: Progress) -> None:
    """Gives every action that was not reached, or was cut off in flight, its step."""
    still_open = {(entry.kind, entry.source_id) for entry in work.book.snapshot(work.home).open}
    halt = progress.halt or Halt(code="interrupted", reason="the run was stopped before this was done")
    for action in progress.actions():
        if action.id in progress.steps:
            continue
        cut_off = thing_of(action) in still_open and thing_of(action) in work.attempts
        step = failed_step(work, action, lost(action, None)) if cut_off else not_attempted(action, halt)
        _end(work, progress, step)


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
