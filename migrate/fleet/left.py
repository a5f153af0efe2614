"""What the ledger knows of a target that nobody finished: what was written is told as written, by whom ever."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from migrate.change.actions import main_actions
from migrate.change.model import Outcome, TargetChanges
from migrate.change.writing import made_by
from migrate.errors import MigrateError
from migrate.ledger.model import Entry
from migrate.run.checking import Worked
from migrate.run.execute import unattempted
from migrate.words import OPEN_STATES


def as_left(changes: TargetChanges, entries: Iterable[Entry], trouble: MigrateError) -> Worked:
    """An outcome for every document of a target that was not looked at now; ``entries`` are those of its run."""
    made = {(entry.kind, entry.source_id): entry for entry in entries}
    by_key = {action.key: made.get((action.key.kind, action.key.id)) for action in main_actions(changes.waves)}
    outcomes = [_left(one, by_key.get(one.key)) for one in unattempted(changes, trouble)]
    return Worked(outcomes=outcomes, trouble=trouble)


def _left(without: Outcome, entry: Entry | None) -> Outcome:
    """How a document stands by the last write to it, where there was one."""
    if entry is None:
        return without
    told = replace(without, target_id=entry.target_id, target_name=entry.name, attempts=entry.attempts)
    outcome = made_by(entry)
    if outcome is not None:
        return replace(told, outcome=outcome, reason_code="not_run", next_action="")
    if entry.state == "failed":
        return replace(told, outcome="failed", reason_code=entry.reason_code, reason=entry.reason)
    if entry.state in OPEN_STATES:
        reason = "the work was cut off before its answer was known"
        return replace(told, outcome="failed", reason_code="outcome_unknown", reason=reason)
    return without
