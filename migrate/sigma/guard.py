"""The outermost ring: what may not leave never does, whatever asked for it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from migrate.errors import LockHeld, SafetyStop
from migrate.kinds import ENVELOPED, KINDS
from migrate.reasons import REASONS
from migrate.sigma.model import WHOAMI_PATH, Answer, Ask, Send
from migrate.sigma.who import Identity

_LOOKUP = re.compile(r"/v2/connection/[^/]+/lookup")
_EXPORTS = tuple(row.export for row in KINDS.values() if row.exports)
_READING_POSTS = re.compile("|".join((_LOOKUP.pattern, *(row.verify for row in ENVELOPED), *_EXPORTS)))
"""The calls that are no GET and change nothing (sigma-api sections 5.2, 5.4 and 5.7)."""


def always() -> bool:
    """The answer where no lock is held on an org."""
    return True


@dataclass(slots=True, kw_only=True)
class Standing:
    """What an org may be asked now: ``identity`` is set once it was proven.

    ``covered`` says whether writes may leave at this moment; whoever holds the lock on the org says for how long.
    ``dry_runs`` is whether a dry run may be asked for: not any more once one has made a document.
    """

    org: str
    writable: bool
    must_prove: bool
    identity: Identity | None = None
    covered: Callable[[], bool] = always
    dry_runs: bool = True


def guarded(inner: Send, *, standing: Standing) -> Send:
    """The ring that stops writes to an org that is only read, and everything before the identity is proven."""

    async def send(ask: Ask) -> Answer:
        if ask.method != "GET" and not ask.writes and not _only_looks(ask):
            raise _stop(standing, ask, "safety_stop", "it may change something, so it is no read")
        if (ask.writes or ask.dry_run) and not standing.writable:
            raise _stop(standing, ask, "not_writable", "the org is not access: write")
        proves = ask.identity and (ask.method == "GET" or _LOOKUP.fullmatch(ask.path) is not None)
        if standing.must_prove and standing.identity is None and not proves and ask.path != WHOAMI_PATH:
            raise _stop(standing, ask, "identity_unproven", "its identity was not proven in this run")
        return await inner(ask)

    return send


def covered(inner: Send, *, standing: Standing) -> Send:
    """The ring that stops a write at the last moment where the lock that covers it may be somebody else's by now.

    It stands inside of all waiting: for a turn, a token, another try.
    """

    async def send(ask: Ask) -> Answer:
        _demand_cover(standing, ask)
        return await inner(ask)

    return send


def last_look(standing: Standing, ask: Ask) -> Mapping[str, Any]:
    """What httpx is given with a write, so that it is stopped as late as can be: on a connection that is open.

    A write with a body is looked at twice, since its head alone does nothing: whoever sends it may stand still between
    the two, and what lacks its body when the connection ends has not been asked for.
    """
    last = {"http11.send_request_headers.started"}
    if ask.body:
        last.add("http11.send_request_body.started")

    async def look(event: str, _: Mapping[str, Any]) -> None:
        if event in last:
            _demand_cover(standing, ask)

    return {"trace": look} if ask.writes else {}


def _demand_cover(standing: Standing, ask: Ask) -> None:
    """Raises LockHeld for a write that the lock on its org does not cover any more."""
    if ask.writes and not standing.covered():
        raise LockHeld(
            f"org {standing.org}: {str(ask)[:200]} was stopped before it left: the lock on the target ran out.",
            next_action=REASONS["lock_held"].fix,
        )


def _only_looks(ask: Ask) -> bool:
    return ask.method == "POST" and (ask.dry_run or _READING_POSTS.fullmatch(ask.path) is not None)


def _stop(standing: Standing, ask: Ask, code: str, why: str) -> SafetyStop:
    return SafetyStop(
        f"org {standing.org}: {str(ask)[:200]} was stopped before it left: {why}.",
        code=code,
        next_action=REASONS[code].fix,
    )
