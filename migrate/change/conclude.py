"""How an action came to its end: done, failed, or of unknown outcome."""

from __future__ import annotations

import anyio

from migrate.change.actions import (
    Action,
    Adopt,
    Archive,
    Block,
    Create,
    CreateFolder,
    HandOver,
    Keep,
    Patch,
    Schedule,
    Share,
    Skip,
    Tag,
    outcome_of,
    target_id_of,
)
from migrate.change.endings import Ending
from migrate.change.execution import Execution
from migrate.errors import ApiRefusal, MigrateError, OutcomeUnknown
from migrate.ledger.model import Copy
from migrate.text import join_path
from migrate.words import OutcomeName


def done(work: Execution, action: Action, copy: Copy | None, started: float) -> Ending:
    """The end of an action that was done; ``copy`` is None where nothing was to be written to a document."""
    match action:
        case CreateFolder():
            return Ending(action=action, outcome=None, target_id=work.known.folders.get(action.folder, ""))
        case Archive():
            return Ending(action=action, outcome=None, target_id=action.target_id)
        case Keep():
            outcome = work.writing.earlier.get(thing_of(action), action.outcome)
            return Ending(action=action, outcome=outcome, target_id=action.target_id)
        case Adopt():
            return Ending(action=action, outcome=action.outcome, target_id=action.target_id)
        case Skip() | Block():
            return _passed_over(action)
        case Share() | HandOver() | Tag() | Schedule():
            stands = work.known.copies.get(thing_of(action))
            return Ending(action=action, outcome=action.outcome, target_id=stands.target_id if stands else "")
    if copy is None:
        return Ending(action=action, outcome="unchanged")
    thing = (copy.kind, copy.source_id)
    return Ending(
        action=action,
        outcome=_landed_as(work, action, copy),
        target_id=copy.target_id,
        target_name=copy.name,
        target_url=work.known.urls.get(copy.target_id, ""),
        attempts=work.writing.attempts.get(thing, 0),
        duration_ms=_since(started),
    )


def _passed_over(action: Skip | Block) -> Ending:
    return Ending(
        action=action,
        outcome=action.outcome,
        target_id=action.target_id,
        reason_code=action.reason_code,
        next_action=action.next_action,
        thing=action.thing,
        root=action.blocked_by if isinstance(action, Block) else None,
        reason=action.why,
    )


def _landed_as(work: Execution, action: Action, copy: Copy) -> OutcomeName:
    """What an action came to; a create may find that its document stands since an earlier attempt or run."""
    thing = (copy.kind, copy.source_id)
    stood = work.known.before.get(thing) == copy.target_id and thing not in work.writing.settled
    if isinstance(action, Create | Patch) and stood:
        return "updated" if thing in work.writing.attempts else work.writing.earlier.get(thing, "unchanged")
    return action.outcome if isinstance(action, CreateFolder | Archive) else outcome_of(action)


def failed(work: Execution, action: Action, error: MigrateError, started: float | None = None) -> Ending:
    """The end of an action that failed, or that lacks what it points at."""
    request_id = error.request_id if isinstance(error, ApiRefusal | OutcomeUnknown) else ""
    needs_more = error.code in ("unbound_reference", "blocked_by")
    return Ending(
        action=action,
        outcome="blocked" if needs_more else "failed",
        target_id=target_id_of(action),
        reason_code=error.code,
        reason=error.message,
        next_action=error.next_action,
        thing=error.thing,
        attempts=work.writing.attempts.get(thing_of(action), 0),
        request_id=request_id,
        duration_ms=0 if started is None else _since(started),
    )


def lost(action: Action, error: MigrateError | None) -> OutcomeUnknown:
    """The error of an action whose write left and could not be settled."""
    why = f" ({error.message})" if error else ""
    return OutcomeUnknown(
        f"A write for {action.id} left, and whether it was done could not be told{why}.",
        next_action="run apply again; it looks for it first and sends nothing twice.",
        thing=error.thing if error else "",
    )


def thing_of(action: Action) -> tuple[str, str]:
    """What the ledger calls the document or folder of an action: (kind, source id)."""
    if isinstance(action, CreateFolder):
        return "folder", join_path(action.folder)
    if isinstance(action, Archive):
        return action.kind, action.source_id
    return action.key.kind, action.key.id


def _since(started: float) -> int:
    return round((anyio.current_time() - started) * 1000)
