"""Clients of a plan's organizations, opened when first asked for and proven before anything else is sent."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from types import TracebackType
from typing import TYPE_CHECKING, Self

import anyio

from migrate.errors import AccessError, Refused, SafetyStop, ServiceError
from migrate.events import Listener, silent
from migrate.inventory.model import Identity
from migrate.plan.credentials import ClientKey, TenantKey, resolve
from migrate.plan.model import Plan
from migrate.plan.orgs import Org
from migrate.run.cost import Spent
from migrate.secret import RING, environment_secrets
from migrate.sigma.client import Client, Tenant, connect
from migrate.sigma.identity import prove_identity
from migrate.sigma.model import Answer, Hear, deaf
from migrate.sigma.pace import Board, Hosts
from migrate.sigma.retry import RetryLimits
from migrate.tree import Json

if TYPE_CHECKING:
    import httpx

Transport = Callable[[str], "httpx.AsyncBaseTransport | None"]
"""Base URL -> a transport of its own for that organization, or None for the network (tests, in-process sandboxes)."""


def network(base_url: str) -> None:
    """The transport of a real run: the network."""


class Clients:
    """The open clients by alias; an async context manager. Each org has one client and one lane.

    ``read_only`` lets no write leave, whatever the plan says; ``hear`` is told of every answer as it came.
    """

    def __init__(
        self,
        plan: Plan,
        *,
        environ: Mapping[str, str] | None = None,
        listener: Listener = silent,
        transport: Transport = network,
        read_only: bool = False,
        hear: Hear = deaf,
        retries: RetryLimits | None = None,
    ) -> None:
        self.plan = plan
        """The plan, with the tenants of a parent organization once they are known (``roster.settle``)."""
        self.given = plan
        self._environ = os.environ if environ is None else environ
        self._listener = listener
        self._transport = transport
        self._read_only = read_only
        self._hear = hear
        self._retries = retries
        self._hosts = Hosts()
        self._stack = AsyncExitStack()
        self._open: dict[str, Client] = {}
        self._identities: dict[str, Identity] = {}
        self._opening: defaultdict[str, anyio.Lock] = defaultdict(anyio.Lock)

    async def __aenter__(self) -> Self:
        RING.begin()
        RING.add(*environment_secrets(os.environ))  # not the plan's: httpx and libpq read those of the process
        await self._stack.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        RING.end()
        await self._stack.__aexit__(kind, error, trace)

    def share(self, board: Board) -> None:
        """Has the pauses and token turns of hosts shared with other processes, from now on."""
        self._hosts.share(board)

    @property
    def open(self) -> Mapping[str, Client]:
        """The clients opened so far."""
        return self._open

    @property
    def spent(self) -> Spent:
        """What each organization's wire did since it was opened."""
        return {alias: client.stats for alias, client in self._open.items()}

    def identity(self, alias: str) -> Identity:
        """Who was proven to answer for an alias that is open."""
        return self._identities[alias]

    async def client(self, alias: str) -> Client:
        """The client of an org, its identity proven against the plan's ``expect``.

        Raises AccessError for missing credentials or the wrong organization.
        """
        async with self._opening[alias]:
            if alias not in self._open:
                org = self.plan.orgs[alias]
                client = await self._connect(org)
                self._identities[alias] = await prove_identity(client, org.expect)
                self._open[alias] = client
            return self._open[alias]

    async def rest(self, alias: str) -> None:
        """Closes the connections of an org that is open and not in use; they open again when they are needed."""
        if alias in self._open:
            await self._open[alias].rest()

    async def target(self, alias: str, source_organization: str) -> Client:
        """The client of a target; refuses one that is the source itself."""
        client = await self.client(alias)
        found = self._identities[alias].organization_id
        if found == source_organization and self.plan.source.org != alias:
            raise Refused(
                f"target {alias} is the organization {found} that documents come from.",
                code="same_organization",
                next_action=f"give {alias} the credentials of the organization it is meant to be",
            )
        return client

    async def known(self, alias: str) -> Identity | None:
        """Who an org is, None where that cannot be found out now."""
        try:
            await self.client(alias)
        except (AccessError, ServiceError, SafetyStop):
            return None
        return self._identities[alias]

    async def unsigned(self, alias: str, path: str) -> Answer:
        """What an org's host answers to a read by nobody; no credentials are sent. Raises as ``client``."""
        return await (await self._connect(self.plan.orgs[alias])).unsigned(path)

    def rows(self, spent: Spent) -> tuple[Mapping[str, Json], ...]:
        """What each organization's wire did, as contract section 6 lists it."""
        return tuple(
            {
                "alias": alias,
                "organization_id": self.identity(alias).organization_id,
                "slug": self.identity(alias).slug,
                "requests": stats.requests,
                "throttled": stats.throttled,
                "paused_seconds": round(stats.paused_seconds, 3),
            }
            for alias, stats in sorted(spent.items(), key=lambda one: [*self.plan.orgs].index(one[0]))
            if alias in self._identities
        )

    async def _connect(self, org: Org) -> Client:
        key = resolve(org, self._environ, orgs=self.plan.orgs)
        secret: ClientKey | Tenant = (
            Tenant(parent=await self.client(key.parent.alias), tenant_id=key.tenant_id)
            if isinstance(key, TenantKey)
            else key
        )
        return await self._stack.enter_async_context(
            connect(
                org=org.alias,
                base_url=org.base_url,
                secret=secret,
                writable=org.access == "write" and not self._read_only,
                limits=self.plan.run,
                listener=self._listener,
                transport=self._transport(org.base_url),
                allow_host=org.allow_host,
                hosts=self._hosts,
                hear=self._hear,
                retries=self._retries,
            )
        )
