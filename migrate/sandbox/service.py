"""A running sandbox as a value: the world, and what is not part of an organization but of serving it."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

from migrate.sandbox.evidence import Evidence
from migrate.sandbox.exports import Exports
from migrate.sandbox.faults import Faults
from migrate.sandbox.limits import Limiter
from migrate.sandbox.org import Org, World
from migrate.sandbox.tokens import Tokens


class Sandbox:
    """The organizations of a world with their tokens, limiters, faults and evidence; shared by all their apps.

    ``clock`` gives seconds since 1970; ``seed`` makes ids and tokens the same every time (by default they differ, so
    that the ids of an earlier sandbox never mean something else in a later one).
    """

    def __init__(
        self,
        world: World,
        *,
        evidence: Evidence | None = None,
        faults: Faults | None = None,
        clock: Callable[[], float] = time.time,
        seed: int | None = None,
    ) -> None:
        self.world = world
        self.evidence = evidence or Evidence()
        self.faults = faults or Faults()
        self.clock = clock
        self.random = random.Random(seed)
        self.exports = Exports()
        self.tokens = Tokens(self.random)
        self.limiters = {alias: Limiter() for alias in world.orgs}
        self.in_flight = dict.fromkeys(world.orgs, 0)
        self.base_urls = {alias: f"http://{alias}.sandbox" for alias in world.orgs}

    def now(self, org: Org) -> float:
        """The time by the clock of an organization, which may be ahead."""
        return self.clock() + org.switches.clock_skew_seconds

    def revoke_client(self, org: Org, client_id: str) -> int:
        """Takes an API client away from its organization, with every token it got; how many of those were valid."""
        org.clients = [client for client in org.clients if client.client_id != client_id]
        return self.tokens.revoke_client(client_id)
