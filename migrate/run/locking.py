"""Who works on a target: waited for before anything is read, and put aside by a person's word."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from migrate.change.run_context import RunContext
from migrate.errors import LockHeld, Usage
from migrate.ledger.book import Book
from migrate.ledger.held import Held
from migrate.ledger.lease import POLL_SECONDS
from migrate.ledger.locks import held_error
from migrate.plan.model import Plan
from migrate.run.clients import Clients
from migrate.run.roster import settled
from migrate.text import one_line


async def until_free(clients: Clients, book: Book, run: RunContext, targets: Sequence[str]) -> None:
    """Returns once another run works on no more than some of these targets; reads nothing but who they are.

    Waits ``run.patience.lock`` seconds in all. Raises LockHeld where others work on every one of them still, so that a
    run that could do nothing begins nothing, and Usage for one that the plan does not have.
    A target that cannot be asked is left for planning to tell of.
    """
    await settled(clients)
    if strangers := sorted({*targets} - {*clients.plan.targets}):
        message = f"the plan has no target {one_line(strangers[0], 60)}."
        raise Usage(message, next_action=f"its targets: {', '.join(clients.plan.targets)}")
    left = run.patience.lock
    while True:
        held = await _held(clients, book, run, targets)
        if not held or (left <= 0 and len(held) < len(targets)):
            return
        if left <= 0 or run.stop():
            raise held_error(next(iter(held.values())))
        pause = min(POLL_SECONDS, left)
        await run.sleep(pause)
        left -= pause


async def _held(clients: Clients, book: Book, run: RunContext, targets: Sequence[str]) -> Mapping[str, Held]:
    """The locks that other runs hold now, by target; an earlier attempt of this run gives way."""
    found: dict[str, Held] = {}
    for target in targets:
        identity = await clients.known(target)
        held = book.holder(identity.organization_id) if identity else None
        if held is not None and held.working and held.owner.run != run.id:
            found[target] = held
    return found


def break_lock(book: Book, plan: Plan, target: str, aliases: Mapping[str, str], *, sure: bool) -> Held | None:
    """The lock on a target that was broken, None where there was none. Its holder can record nothing more.

    ``target`` is an alias of the plan or an organization's id; ``aliases`` maps ids to aliases as earlier runs told
    them. Asks no organization. Raises LockHeld where the holder may be at work and nobody is ``sure``, Usage for a
    target of which neither plan nor ledger knows the organization.
    """
    organization = _organization(book, plan, target, aliases)
    held = book.holder(organization)
    if held is not None and held.working and not sure:
        raise LockHeld(
            f"{target} is locked by {held.owner}, which may be at work.",
            next_action="add --yes if you know that it has ended; what it still sends is settled by the next run",
        )
    return book.unlock(organization)


def _organization(book: Book, plan: Plan, target: str, aliases: Mapping[str, str]) -> str:
    known = {home.target_org for home in book.homes(plan.name)} | aliases.keys()
    org = plan.orgs.get(target)
    expected = org.expect.organization_id if org and org.expect else None
    found = {organization for organization, alias in aliases.items() if alias == target} | ({target} & known)
    found |= {expected} if expected else set()
    if len(found) != 1:
        raise Usage(
            f"nothing tells which organization {target} is.",
            next_action=f"write its id instead, one of: {', '.join(sorted(known)) or 'none is known to the ledger'}",
        )
    return found.pop()
