"""One organization's wire: the rings round a request in their order, and what the program asks by.

The rings, outermost first, and why they stand so:

    guard   what may not leave is stopped before it costs a token, a place in the lane or a try
    retry   each try passes everything below anew: a fresh token, a new turn in the lane
    auth    outside of the lane, so that waiting for a token holds no place others could use
    pace    right round the trace, so that what it counts is what leaves; a 401's second try waits its turn too
    covered inside of all waiting, so that no write leaves under a lock that ran out meanwhile
    heard   what came back is told as it came, refusals too, to whoever needs it whole
    trace   inside of pace, so that a request's seconds hold no waiting
    wire    one request over its connections

Token requests pass trace and wire only, behind the host's own pause and token turns.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace

import orjson

from migrate.events import Answered, Listener, Sending, Warned, silent
from migrate.plan.running import Limits
from migrate.sigma.connections import Connections, Transport, sent
from migrate.sigma.guard import Standing, always, covered, guarded
from migrate.sigma.hosts import checked_base_url, host_of
from migrate.sigma.model import (
    Answer,
    Ask,
    Clock,
    Hear,
    Hidden,
    Params,
    Reading,
    Send,
    ServerClock,
    Stats,
    Tally,
    deaf,
)
from migrate.sigma.pace import Allowance, Host, Hosts, Lane, paced
from migrate.sigma.retry import RetryLimits, retrying
from migrate.sigma.tokens import Minting, Secret, Tokens, authorized
from migrate.sigma.who import Identity
from migrate.sigma.wire import http_date, retry_after, throttles
from migrate.tree import Json
from migrate.yaml.write import to_yaml

MOST_BYTES = 128 * 2**20
"""How much of one answer is read, unpacked. The largest specs known have 5 MB, a page of a thousand entries 1 MB."""

EXPORTS, EXPORT_SECONDS = 390, 60.0
"""How many exports and downloads leave in so many seconds: the documented limit is 400 a minute (sigma-api 4.4)."""


class Client:
    """A connected organization: reads that may be repeated, writes that never are blindly.

    ``width`` is how many requests its lane takes at once, so how many workers make sense.
    """

    def __init__(
        self,
        *,
        send: Send,
        standing: Standing,
        tally: Tally,
        host: Host,
        minting: Minting,
        tokens: Tokens,
        listener: Listener,
        base_url: str,
        width: int,
        served: ServerClock,
        clock: Clock,
        rest: Callable[[], Awaitable[None]],
    ) -> None:
        self.org = standing.org
        self.width = width
        self.base_url = base_url
        self._send = send
        self._standing = standing
        self._tally = tally
        self._host = host
        self._minting = minting
        self._tokens = tokens
        self._listener = listener
        self._served = served
        self._rest = rest
        self._exports = Allowance(clock, EXPORTS, EXPORT_SECONDS)
        self.clock = clock
        self.stalled = 0
        """How many exports in a row were never ready."""

    def __repr__(self) -> str:
        return f"<Client {self.org} at {self.base_url}>"

    @property
    def writable(self) -> bool:
        """Whether writes may leave at all."""
        return self._standing.writable

    @property
    def identity(self) -> Identity | None:
        """Who was proven to answer, or None before that."""
        return self._standing.identity

    def time(self) -> float:
        """Seconds since 1970 by the organization's own clock, by ours before its first answer."""
        return self._served.wall()

    @property
    def ahead(self) -> float | None:
        """How many seconds the organization's clock is ahead of ours, None before its first answer."""
        return self._served.ahead

    @property
    def stats(self) -> Stats:
        """What was sent, throttled, sent again and waited so far."""
        tally = self._tally
        return Stats(
            requests=tally.requests, throttled=tally.throttled, retries=tally.retries, paused_seconds=self._host.paused
        )

    def prove(self, identity: Identity) -> None:
        """Opens the way for everything else; only ``identity.prove_identity`` calls this."""
        self._standing.identity = identity

    async def rest(self) -> None:
        """Closes the connections that are open and not in use; the next request opens one again."""
        await self._rest()

    @property
    def honours_dry_runs(self) -> bool:
        """Whether no dry run was seen to make a document here."""
        return self._standing.dry_runs

    def distrust_dry_runs(self) -> None:
        """No dry run is asked for any more: one was not honoured."""
        self._standing.dry_runs = False

    @contextmanager
    def covered_by(self, lock: Callable[[], bool]) -> Iterator[None]:
        """While the block lasts, a write leaves only where ``lock`` says at that moment that it is still held."""
        self._standing.covered = lock
        try:
            yield
        finally:
            self._standing.covered = always

    async def export_turn(self) -> None:
        """Returns when an export may be asked for, or looked for."""
        await self._exports.turn()

    def warn(self, code: str, message: str) -> None:
        """Tells the listener something that stops nothing."""
        self._listener(Warned(code=code, message=f"org {self.org}: {message}"))

    async def unsigned(self, path: str) -> Answer:
        """What is answered to somebody without credentials, once. Raises ServiceError where nobody answers."""
        return await self._minting.unsigned(path)

    async def read(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, object] | Params | None = None,
        json: Json = None,
        accept: str = "application/json",
        identity: bool = False,
        dry_run: bool = False,
        reading: Reading | None = None,
    ) -> Answer:
        """The answer to a request that changes nothing; sent again after trouble that passes.

        A list as a parameter's value repeats its key; ``reading`` takes the body of a 200 in parts. Raises ApiRefusal
        on a clear no, AccessError on a 401, ServiceError after all retries, SafetyStop before the identity is proven.
        """
        ask = Ask(
            method=method,
            path=path,
            params=_params(params),
            accept=accept,
            identity=identity,
            dry_run=dry_run,
            reading=reading,
        )
        return await self._send(_with_body(ask, json, None))

    async def write(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, object] | Params | None = None,
        json: Json = None,
        yaml_body: Json = None,
        accept: str = "application/json",
        repeatable: bool = False,
    ) -> Answer:
        """The answer to a request that changes the org; never sent twice unless it certainly did nothing.

        ``yaml_body`` is a tree to be sent as YAML in place of ``json``. ``repeatable`` is for the few writes
        whose repetition does no harm. Raises OutcomeUnknown where nobody knows whether it was done, else as
        ``read``; SafetyStop where the org is not to be written to.
        """
        ask = Ask(method=method, path=path, params=_params(params), accept=accept, writes=True, repeatable=repeatable)
        return await self._send(_with_body(ask, json, yaml_body))


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenant:
    """Credentials of a tenant, by exchange of its parent's. The exchange is asked of the parent's host."""

    parent: Client
    tenant_id: str


@asynccontextmanager
async def connect(
    *,
    org: str,
    base_url: str,
    secret: Secret | Tenant,
    writable: bool,
    limits: Limits | None = None,
    listener: Listener = silent,
    transport: Transport | None = None,
    allow_host: bool = False,
    must_prove: bool | None = None,
    hosts: Hosts | None = None,
    clock: Clock | None = None,
    retries: RetryLimits | None = None,
    most_bytes: int = MOST_BYTES,
    hear: Hear = deaf,
) -> AsyncIterator[Client]:
    """A client of one organization; nothing is sent before the first call.

    ``hosts`` is shared by all clients of a run, so that those of one host share its pause. Where ``must_prove``
    holds (by default for writable orgs), nothing but the identity's own requests leaves before
    ``identity.prove_identity``. No more than ``most_bytes`` of an answer are read. ``hear`` is told of every answer but
    those of the token endpoint. Raises AccessError where the host may not receive credentials.
    """
    clock = clock or (hosts.clock if hosts else Clock())
    limits = limits or Limits()
    url = checked_base_url(base_url, allow_host=allow_host, org=org)
    host = (hosts or Hosts(clock)).host(host_of(url))
    lane = Lane(org=org, limits=limits, host=host, clock=clock, listener=listener)
    standing = Standing(org=org, writable=writable, must_prove=writable if must_prove is None else must_prove)
    tally, hidden = Tally(), Hidden()
    served = ServerClock(clock)
    async with Connections(url, limits, transport) as connections:
        wire = sent(connections, url, timeout=limits.timeout, most=most_bytes, hidden=hidden, standing=standing)
        wire = traced(wire, org=org, listener=listener, clock=clock, tally=tally, served=served)
        clock = replace(clock, wall=served.wall)  # dates of theirs are only ever held against dates of theirs
        mint_send = _token_ring(wire, host=host, clock=clock, tally=tally)
        minting, tokens = _credentials(mint_send, org=org, where=url, secret=secret, hidden=hidden, clock=clock)
        ring = paced(covered(heard(wire, org=org, hear=hear), standing=standing), lane=lane, tally=tally)
        ring, retries = authorized(ring, tokens=tokens), retries or RetryLimits()
        ring = retrying(ring, org=org, retries=retries, clock=clock, host=host, hidden=hidden, tally=tally)
        ring = guarded(ring, standing=standing)
        host.join(lane.told)
        try:
            yield Client(
                send=ring,
                standing=standing,
                tally=tally,
                host=host,
                minting=minting,
                tokens=tokens,
                listener=listener,
                base_url=url,
                width=limits.concurrency,
                served=served,
                clock=clock,
                rest=connections.rest,
            )
        finally:
            host.leave(lane.told)


def heard(inner: Send, *, org: str, hear: Hear) -> Send:
    """The ring that tells every answer as it came."""

    async def send(ask: Ask) -> Answer:
        answer = await inner(ask)
        hear(org, ask, answer)
        return answer

    return send


def traced(inner: Send, *, org: str, listener: Listener, clock: Clock, tally: Tally, served: ServerClock) -> Send:
    """The ring that counts requests and tells the listener of each, and of its end whatever that was."""

    async def send(ask: Ask) -> Answer:
        tally.requests += 1
        listener(Sending(org=org, method=ask.method, path=ask.path, attempt=ask.attempt))
        started, status, request_id = clock.now(), 0, ""
        try:
            answer = await inner(ask)
            status, request_id = answer.status, answer.request_id
            served.hear(http_date(answer.headers.get("date", "")))
            return answer
        finally:
            listener(
                Answered(
                    org=org,
                    method=ask.method,
                    path=ask.path,
                    status=status,
                    seconds=clock.now() - started,
                    attempt=ask.attempt,
                    request_id=request_id,
                )
            )

    return send


def _credentials(
    send: Send, *, org: str, where: str, secret: Secret | Tenant, hidden: Hidden, clock: Clock
) -> tuple[Minting, Tokens]:
    if isinstance(secret, Tenant):
        parent = secret.parent
        minting = parent._minting.for_tenant(org, hidden)  # noqa: SLF001 - one file, two clients
        tenant_id = secret.tenant_id
        return minting, Tokens(lambda: minting.exchanged(parent._tokens, tenant_id), clock)  # noqa: SLF001
    minting = Minting(send, org=org, where=where, secret=secret, hidden=hidden, clock=clock)
    return minting, Tokens(minting.client_credentials, clock)


def _token_ring(inner: Send, *, host: Host, clock: Clock, tally: Tally) -> Send:
    """Sends token requests in their turns; a throttled one parks the host like any other."""

    async def send(ask: Ask) -> Answer:
        await host.token_turn()
        sent_at = clock.now()
        answer = await inner(ask)
        if throttles(answer):
            tally.throttled += 1
            host.strike(sent_at, retry_after(answer.headers, clock.wall()))
        return answer

    return send


def _params(params: Mapping[str, object] | Params | None) -> Params:
    if params is None or isinstance(params, tuple):
        return params or ()
    pairs: list[tuple[str, str]] = []
    for name, value in params.items():
        if value is not None:
            pairs += [(name, _text(one)) for one in (value if isinstance(value, (list, tuple)) else [value])]
    return tuple(pairs)


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _with_body(ask: Ask, json: Json, yaml_body: Json) -> Ask:
    if yaml_body is not None:
        return replace(ask, body=to_yaml(yaml_body, ordered=False).encode(), content_type="application/yaml")
    if json is not None:
        return replace(ask, body=orjson.dumps(json), content_type="application/json")
    return ask
