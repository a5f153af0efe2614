"""One work a target at a time: who holds a lock, until when, and when it may be taken over.

A lock is one row that is written in one statement, so that of several who want it one gets it. It expires by the
database's clock unless its holder renews it. It is taken over at once where its process is known to be gone, and by a
later attempt of the same run. Each time it changes hands its ``fence`` grows; every write to the ledger proves in its
own transaction that the fence is still its own (a fencing token), so that a holder who slept through
its expiry can record nothing more.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime

import sqlalchemy as sa

from migrate.errors import LockHeld
from migrate.ledger.held import FREE, Held, held_of
from migrate.ledger.owner import Owner, is_gone
from migrate.ledger.statements import FENCE, lock_on
from migrate.ledger.tables import insert, locks, seconds_now

LEADING = "leading"
"""With a space behind it, what the lock of whoever leads a run of a plan begins with; no organization is called so."""

_SURE = {
    "target": "or unlock the target if you know that it ended",
    "plan": "or until that lock expires if you know that it ended",
}


def holder(connection: sa.Connection, target_org: str) -> Held | None:
    """The lock on a target, expired or not; None where nobody holds it."""
    return _found(connection, target_org, for_update=False)


def take(connection: sa.Connection, target_org: str, owner: Owner, ttl: float) -> Held:
    """The lock, now the owner's for ``ttl`` seconds. Raises LockHeld while somebody else has it."""
    taken = _write(connection, target_org, owner, ttl, locks.c.expires <= seconds_now(connection.dialect.name))
    if taken is not None:
        return taken
    found = _found(connection, target_org, for_update=True)
    if found is not None and not _gives_way(found, owner):
        raise held_error(found)
    # Only the very holder that was looked at is put aside; the row is locked, so it is still there.
    taken = _write(connection, target_org, owner, ttl, locks.c.token == (found.owner.token if found else FREE))
    if taken is None:
        raise held_error(_found(connection, target_org, for_update=False))
    return taken


def extend(connection: sa.Connection, held: Held, ttl: float) -> Held:
    """The lock, held for ``ttl`` seconds from now. Raises LockHeld where it was taken over or is gone."""
    demand(connection, held)
    now = seconds_now(connection.dialect.name)
    query = locks.update().where(locks.c.target_org == held.target_org).values(expires=now + ttl).returning(*locks.c)
    return held_of(dict(connection.execute(query).mappings().one()))


def give_back(connection: sa.Connection, held: Held) -> None:
    """Frees the holder's lock; harmless where it is not its any more."""
    mine = (locks.c.target_org == held.target_org) & (locks.c.fence == held.fence)
    connection.execute(locks.update().where(mine).values(token=FREE, expires=0.0))


def break_lock(connection: sa.Connection, target_org: str) -> Held | None:
    """The lock that is freed by a person's word, None where there is none; its holder can record nothing more."""
    found = _found(connection, target_org, for_update=True)
    if found is not None:
        free = {"token": FREE, "expires": 0.0, "fence": found.fence + 1}
        connection.execute(locks.update().where(locks.c.target_org == target_org).values(**free))
    return found


def demand(connection: sa.Connection, held: Held) -> None:
    """Proves that the lock is still the holder's, until the transaction ends. Raises LockHeld where it is not."""
    if FENCE.execute(connection, {"org": held.target_org}) != held.fence:
        raise held_error(_found(connection, held.target_org, for_update=False), lost=True)


def held_error(found: Held | None, *, lost: bool = False) -> LockHeld:
    """The sentence that names the holder, since when, and until when."""
    if found is None:
        return LockHeld(
            "The lock on the target was released while this run was working.", next_action="run apply again."
        )
    what = "plan" if found.target_org.startswith(f"{LEADING} ") else "target"
    lead = f"This run lost its lock on the {what}; it is now held" if lost else f"The {what} is locked"
    return LockHeld(
        f"{lead} by {found.owner} since {_when(found.since)}; it expires at {_when(found.expires)} unless renewed.",
        next_action=f"wait for that run to end (apply --wait 10m), {_SURE[what]}.",
    )


def _gives_way(found: Held, owner: Owner) -> bool:
    """Whether a lock that has not expired may be taken over: by a later attempt, or from a process that is gone."""
    later = found.owner.run == owner.run and found.owner.attempt < owner.attempt
    return later or is_gone(found.owner)


def _write(
    connection: sa.Connection, target_org: str, owner: Owner, ttl: float, where: sa.ColumnElement[bool]
) -> Held | None:
    """The lock, written as the owner's where there is none or the condition holds of the one there; else None."""
    now = seconds_now(connection.dialect.name)
    values = {**asdict(owner), "since": now, "expires": now + ttl}
    query = insert(connection.dialect.name, locks).values(target_org=target_org, fence=1, **values)
    query = query.on_conflict_do_update(
        index_elements=[locks.c.target_org], set_={**values, "fence": locks.c.fence + 1}, where=where
    )
    row = connection.execute(query.returning(*locks.c)).mappings().first()
    return held_of(dict(row)) if row else None


def _found(connection: sa.Connection, target_org: str, *, for_update: bool) -> Held | None:
    query = lock_on(connection.dialect.name, for_update=for_update)
    row = connection.execute(query, {"org": target_org}).mappings().first()
    return held_of(dict(row)) if row else None


def _when(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
