"""One run a target at a time: who holds a lock, until when, and when it may be taken over.

A lock expires unless its holder renews it, and one whose process is known to be gone (same machine,
no such process) is free at once, so that a killed run can be picked up without waiting.
"""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from migrate.errors import LockHeld
from migrate.ledger.tables import locks

_THIS_PROCESS = secrets.token_hex(8)


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Who holds a lock: a run in a process on a machine; ``token`` tells a process from a later one of its id."""

    run: str
    host: str
    pid: int
    token: str

    def __str__(self) -> str:
        return f"run {self.run} (process {self.pid} on {self.host})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A lock as it stands. ``since`` and ``expires`` are epoch seconds."""

    target_org: str
    owner: Owner
    since: float
    expires: float


def owner_here(run: str) -> Owner:
    """This process, as the owner of a lock for this run."""
    return Owner(run=run, host=socket.gethostname(), pid=os.getpid(), token=_THIS_PROCESS)


def is_gone(owner: Owner) -> bool:
    """Whether the owner's process is known to have ended. False where nothing can be known (another machine)."""
    if owner.host != socket.gethostname():
        return False
    if owner.pid == os.getpid():
        return owner.token != _THIS_PROCESS
    try:
        os.kill(owner.pid, 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False


def holder(connection: sa.Connection, target_org: str) -> Held | None:
    """The lock on a target, or None; locked against other writers until the transaction ends."""
    query = sa.select(locks).where(locks.c.target_org == target_org).with_for_update()
    row = connection.execute(query).mappings().first()
    return _held_of(row) if row else None


def give_back(connection: sa.Connection, target_org: str, owner: Owner) -> None:
    """Removes the owner's lock; harmless where it is not the owner's any more."""
    found = holder(connection, target_org)
    if found and found.owner == owner:
        connection.execute(locks.delete().where(locks.c.target_org == target_org))


def take(connection: sa.Connection, target_org: str, owner: Owner, ttl: float, now: float) -> Held:
    """The lock, now the owner's until ``now + ttl``. Raises LockHeld while somebody else has it."""
    found = holder(connection, target_org)
    if found and found.owner != owner and found.expires > now and not is_gone(found.owner):
        raise held_error(found)
    since = found.since if found and found.owner == owner else now
    held = Held(target_org=target_org, owner=owner, since=since, expires=now + ttl)
    connection.execute(locks.delete().where(locks.c.target_org == target_org))
    connection.execute(locks.insert().values(**_row_of(held)))
    return held


def demand(connection: sa.Connection, target_org: str, owner: Owner) -> Held:
    """The lock, which must still be the owner's. Raises LockHeld where it was taken over or is gone."""
    found = holder(connection, target_org)
    if found is None or found.owner != owner:
        raise held_error(found, lost=True)
    return found


def held_error(found: Held | None, *, lost: bool = False) -> LockHeld:
    """The sentence that names the holder, since when, and until when."""
    if found is None:
        return LockHeld(
            "The lock on the target was released while this run was working.", next_action="run apply again."
        )
    lead = "This run lost its lock on the target; it is now held" if lost else "The target is locked"
    return LockHeld(
        f"{lead} by {found.owner} since {_when(found.since)}; it expires at {_when(found.expires)} unless renewed.",
        next_action="wait for that run to end, or for the lock to expire if its process is gone.",
    )


def _when(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _row_of(held: Held) -> dict[str, Any]:
    owner = held.owner
    return {
        "target_org": held.target_org,
        "run": owner.run,
        "host": owner.host,
        "pid": owner.pid,
        "token": owner.token,
        "since": held.since,
        "expires": held.expires,
    }


def _held_of(row: Mapping[str, Any] | sa.RowMapping) -> Held:
    owner = Owner(run=row["run"], host=row["host"], pid=row["pid"], token=row["token"])
    return Held(target_org=row["target_org"], owner=owner, since=row["since"], expires=row["expires"])
