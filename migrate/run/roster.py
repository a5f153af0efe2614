"""The tenants of a parent organization, asked for when a run begins."""

from __future__ import annotations

from collections.abc import Sequence

from migrate.errors import AccessError, ApiRefusal, Problem
from migrate.plan.model import Plan
from migrate.plan.roster import Listed, listed, with_roster
from migrate.run.clients import Clients
from migrate.sigma import api


async def tenants_of(clients: Clients) -> tuple[Listed, ...]:
    """All tenants that the plan's parent organization lists now; none where the plan names its targets itself.

    Raises AccessError where the credentials may not list them, and as ``Clients.client``.
    """
    meant = clients.given.tenants_of
    if meant is None:
        return ()
    client = await clients.client(meant.parent)
    odd: list[Problem] = []
    try:
        entries = await api.list_tenants(client, odd)
    except ApiRefusal as refusal:
        raise AccessError(
            f"org {meant.parent} does not list its tenants: {refusal.message}",
            code=refusal.code,
            next_action=f"give {meant.parent} the credentials of an Admin, who alone may list tenants",
        ) from None
    for problem in odd:
        client.warn(problem.code, problem.message)
    return tuple(listed(entry) for entry in entries)


def settle(clients: Clients, tenants: Sequence[Listed]) -> Plan:
    """The plan whose targets are these tenants, from now on the one that is worked on. Raises Refused for none."""
    clients.plan = with_roster(clients.given, tenants)
    return clients.plan


async def settled(clients: Clients) -> Plan:
    """The plan with its targets; a parent organization is asked for its tenants once. Raises as the others."""
    if clients.given.tenants_of is not None and not clients.plan.targets:
        settle(clients, await tenants_of(clients))
    return clients.plan
