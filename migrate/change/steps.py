"""How an action ended, as a step: done, failed, or of unknown outcome."""

from __future__ import annotations

from collections.abc import Mapping

import anyio

from migrate.change.execution import Execution
from migrate.change.model import Action
from migrate.change.progress import Step, landed_as
from migrate.errors import ApiRefusal, MigrateError, OutcomeUnknown
from migrate.ledger.model import Copy
from migrate.text import join_path
from migrate.words import OutcomeName

_WITHOUT_WRITE: Mapping[str, OutcomeName] = {"block": "blocked", "adopt": "mapped", "skip": "skipped"}


def done_step(work: Execution, action: Action, copy: Copy | None, started: float) -> Step:
    """The step of an action that was done; ``copy`` is None where nothing was to be written to a document."""
    if action.verb == "create-folder":
        return Step(action=action, outcome=None, target_id=work.folders.get(action.folder, ""))
    if copy is None:
        default = _WITHOUT_WRITE[action.verb]
        return Step(
            action=action,
            outcome=action.outcome or default,
            target_id=action.target_id,
            reason_code=action.reason_code,
            next_action=action.next_action,
            root=action.blocked_by,
            reason=action.why if action.reason_code else "",
        )
    thing = (copy.kind, copy.source_id)
    return Step(
        action=action,
        outcome=_landed_as(work, action, copy),
        target_id=copy.target_id,
        target_name=copy.name,
        target_url=work.urls.get(copy.target_id, ""),
        attempts=work.attempts.get(thing, 0),
        duration_ms=_since(started),
    )


def _landed_as(work: Execution, action: Action, copy: Copy) -> OutcomeName:
    """What an action came to; a create may find that its document stands since an earlier run."""
    thing = (copy.kind, copy.source_id)
    if action.verb in ("create", "patch") and work.before.get(thing) == copy.target_id and thing not in work.settled:
        return "updated" if copy.run == work.run else "unchanged"
    return landed_as(action)


def failed_step(work: Execution, action: Action, error: MigrateError, started: float | None = None) -> Step:
    """The step of an action that failed, or that lacks what it points at."""
    request_id = error.request_id if isinstance(error, ApiRefusal | OutcomeUnknown) else ""
    needs_more = error.code in ("unbound_reference", "blocked_by")
    return Step(
        action=action,
        outcome="blocked" if needs_more else "failed",
        target_id=action.target_id,
        reason_code=error.code,
        reason=error.message,
        next_action=error.next_action,
        attempts=work.attempts.get(thing_of(action), 0),
        request_id=request_id,
        duration_ms=0 if started is None else _since(started),
    )


def lost(action: Action, error: MigrateError | None) -> OutcomeUnknown:
    """The error of an action whose write left and could not be settled."""
    why = f" ({error.message})" if error else ""
    return OutcomeUnknown(
        f"A write for {action.id} left, and whether it was done could not be told{why}.",
        next_action="run apply again; it looks for it first and sends nothing twice.",
    )


def thing_of(action: Action) -> tuple[str, str]:
    """What the ledger calls the document or folder of an action: (kind, source id)."""
    if action.key is not None:
        return action.key.kind, action.key.id
    return "folder", join_path(action.folder)


def _since(started: float) -> int:
    return round((anyio.current_time() - started) * 1000)
