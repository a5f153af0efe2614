"""What writes round a copy leave in the ledger, and the errors that they share."""

from __future__ import annotations

from migrate.change.execution import Execution, copy_from
from migrate.errors import Refused
from migrate.inventory.model import Key
from migrate.ledger.model import Copy, Entry

TAKES: frozenset[str] = frozenset({"revoke", "untag", "unschedule"})
"""The verbs after which nothing stands any more."""


def is_ours(work: Execution, thing: tuple[str, str]) -> bool:
    """Whether something round a copy stands by our doing, as the ledger has it now."""
    return work.writing.book.copy(work.writing.home, *thing) is not None


def land(work: Execution, entry: Entry, digest_read: str = "") -> None:
    """Records a write as done: what stands by our doing, or nothing where it was taken away or given back."""
    taken = entry.verb in TAKES or (entry.undoes and not _was_ours(work, entry))
    version, at = entry.version_read, work.run.now()
    copy = copy_from(entry, target_id=entry.target_id, digest_read=digest_read, version=version, at=at)
    work.writing.done(entry, None if taken else copy)


def _was_ours(work: Execution, entry: Entry) -> bool:
    """Whether what a reversal brings back was ours before the run that it takes back."""
    undone = work.writing.book.entry(entry.undoes)
    before = work.writing.book.body(undone.pre_image) if undone else None
    return bool(before and before.get("ours"))


def land_settled(work: Execution, entry: Entry, digest_read: str = "") -> bool:
    """Records a write as done whose answer was lost."""
    land(work, entry, digest_read)
    work.writing.settled.add((entry.kind, entry.source_id))
    return True


def standing_copy(work: Execution, key: Key) -> Copy:
    """The copy that something is written round. Raises Refused where it was not made."""
    copy = work.known.copies.get((key.kind, key.id))
    if copy is not None:
        return copy
    raise Refused(f"{key.kind} {key.id} was not created.", code="blocked_by", next_action="apply again.")


def changed_meanwhile(what: str) -> Refused:
    """The refusal to write over what people changed since the plan was made."""
    return Refused(
        f"Access was changed in the target after the plan was made: {what}; it was left as it is.",
        code="access_changed_meanwhile",
        next_action="run plan again and decide about the change (policy.drift).",
    )
