"""One organization's wire. The only file that knows httpx.

The rings, outermost first, and why they stand so:

    guard   what may not leave is stopped before it costs a token, a place in the lane or a try
    retry   each try passes everything below anew: a fresh token, a new turn in the lane
    auth    outside of the lane, so that waiting for a token holds no place others could use
    pace    right round the trace, so that what it counts is what leaves; a 401's second try waits its turn too
    covered inside of all waiting, so that no write leaves under a lock that ran out meanwhile
    heard   what came back is told as it came, refusals too, to whoever needs it whole
    trace   inside of pace, so that a request's seconds hold no waiting
    wire    httpx

Token requests pass trace and wire only, behind the host's own pause and token turns. Proxies and certificates
come from the usual environment (``HTTPS_PROXY``, ``NO_PROXY``, ``SSL_CERT_FILE``), since company networks need
them and TLS ends at Sigma all the same; to loopback the environment is not read. Redirects are never followed.
"""

from __future__ import annotations

import errno
import os
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from functools import cache, partial
from http.cookiejar import CookieJar, DefaultCookiePolicy
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import anyio
import httpx
import orjson

from migrate.errors import FileError, MigrateError, ServiceError, file_error
from migrate.events import Answered, Listener, Sending, Warned, silent
from migrate.hosts import is_loopback
from migrate.plan.running import Limits
from migrate.reasons import REASONS
from migrate.sigma.guard import Standing, always, covered, guarded, last_look
from migrate.sigma.hosts import checked_base_url, host_of
from migrate.sigma.model import (
    Answer,
    Ask,
    Clock,
    Hear,
    Hidden,
    NoAnswer,
    Params,
    Reading,
    Send,
    ServerClock,
    Shape,
    Stats,
    Tally,
    deaf,
)
from migrate.sigma.pace import Allowance, Host, Hosts, Lane, paced
from migrate.sigma.retry import RetryLimits, retrying
from migrate.sigma.tokens import Minting, Secret, Tokens, authorized
from migrate.sigma.who import Identity
from migrate.sigma.wire import http_date, read_answer, retry_after, throttles
from migrate.tree import Json
from migrate.version import __version__
from migrate.yaml.write import to_yaml

USER_AGENT = f"sigma-migrate/{__version__}"
CONNECT_SECONDS = 15.0

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
    transport: httpx.AsyncBaseTransport | None = None,
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
    async with _Connections(url, limits, transport) as connections:
        wire = _wire(connections, url, timeout=limits.timeout, most=most_bytes, hidden=hidden, standing=standing)
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


@cache
def _tls() -> ssl.SSLContext:
    """One context for all clients: making one takes 39 ms, a client with it 0.13. Raises FileError."""
    try:
        return httpx.create_ssl_context()
    except OSError as error:
        raise FileError(
            f"{_set_of(_CERTIFICATES) or 'the certificates of this machine'} cannot be read as certificates: "
            f"{error.strerror or type(error).__name__}.",
            next_action="let SSL_CERT_FILE name a file of certificates (PEM), or unset it",
        ) from None


_CERTIFICATES = ("SSL_CERT_FILE", "SSL_CERT_DIR")
_PROXIES = ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy")


def _set_of(names: Iterable[str]) -> str:
    """Those of these environment variables that are set; their values may hold passwords."""
    return " and ".join(name for name in names if os.environ.get(name))


def _http(base_url: str, limits: Limits, transport: httpx.AsyncBaseTransport | None) -> httpx.AsyncClient:
    local = is_loopback(urlsplit(base_url).hostname or "")
    wide = limits.concurrency + 2  # the lane, a token request, and one that is being closed
    try:
        return _client(limits, transport, wide, trust_env=not local)
    except (ValueError, ImportError, httpx.InvalidURL):
        pass
    raise ServiceError(
        f"the proxy that {_set_of(_PROXIES) or 'the environment'} names cannot be used.",
        code="unreachable",
        next_action="write it as http://HOST:PORT, or unset the variable; NO_PROXY names hosts to reach without it",
    )


def _client(
    limits: Limits, transport: httpx.AsyncBaseTransport | None, wide: int, *, trust_env: bool
) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=transport,
        verify=_tls(),
        trust_env=trust_env,
        follow_redirects=False,
        event_hooks={"response": [_spell_location]},
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),  # none is needed, and none piles up
        headers={"User-Agent": USER_AGENT, "Accept-Encoding": "gzip, deflate"},
        timeout=httpx.Timeout(limits.timeout, connect=min(CONNECT_SECONDS, 0.8 * limits.timeout)),
        limits=httpx.Limits(max_connections=wide, max_keepalive_connections=wide, keepalive_expiry=15.0),
    )


async def _spell_location(response: httpx.Response) -> None:
    """Takes a location away that is no address: httpx reads it though nobody follows, and drops the whole answer."""
    try:
        httpx.URL(response.headers.get("location", ""))
    except (httpx.InvalidURL, UnicodeError):
        del response.headers["location"]


class _Connections:
    """The pool of connections to one organization; it can be put to rest and opens again when it is used.

    A rest is refused while a request is under way: closing the pool would cut it off.
    """

    def __init__(self, base_url: str, limits: Limits, transport: httpx.AsyncBaseTransport | None) -> None:
        self._make = partial(_http, base_url, limits, transport)
        self._http: httpx.AsyncClient | None = None
        self._busy = 0

    async def __aenter__(self) -> Self:
        self._http = self._make()  # what cannot be used is told before the first request
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._http is not None:
            await self._http.aclose()

    async def rest(self) -> None:
        """Closes the pool, unless a request is under way."""
        if self._http is not None and not self._busy:
            http, self._http = self._http, None
            await http.aclose()

    @asynccontextmanager
    async def lent(self) -> AsyncIterator[httpx.AsyncClient]:
        """The pool, for one request."""
        if self._http is None:
            self._http = self._make()
        self._busy += 1
        try:
            yield self._http
        finally:
            self._busy -= 1


def _wire(
    connections: _Connections, base_url: str, *, timeout: float, most: int, hidden: Hidden, standing: Standing
) -> Send:
    """The innermost ring: one request over httpx, whole, within ``timeout`` seconds and ``most`` bytes."""

    async def send(ask: Ask) -> Answer:
        headers = {"Accept": ask.accept}
        if ask.content_type:
            headers["Content-Type"] = ask.content_type
        if ask.authorization:
            headers["Authorization"] = ask.authorization
        failed: MigrateError
        try:
            async with connections.lent() as http:
                request = http.build_request(
                    ask.method,
                    base_url + ask.path,
                    params=list(ask.params) or None,
                    content=ask.body,
                    headers=headers,
                    extensions=last_look(standing, ask),
                )
                with anyio.fail_after(timeout):
                    response = await http.send(request, stream=True)
                    try:
                        if ask.reading is not None and response.status_code == 200:
                            return await _given(response, ask.reading(), most)
                        body = await _body(response, most)
                    finally:
                        await response.aclose()
            answer = read_answer(response.status_code, response.headers, body)
            return replace(answer, request_id=hidden.clean(answer.request_id))
        except (httpx.InvalidURL, UnicodeError):
            failed = ServiceError(
                f"{hidden.clean(str(ask))[:200]} cannot be asked for: an id or cursor in it is no such thing.",
                code="odd_answer",
                next_action=REASONS["odd_answer"].fix,
            )
        except TimeoutError:
            failed = NoAnswer(f"no answer within {timeout:g} seconds", left=True)
        except (httpx.HTTPError, OSError, anyio.BrokenResourceError, anyio.ClosedResourceError) as error:
            failed = _out_of_files(error) or NoAnswer(_why(error, base_url), left=not isinstance(error, _BEFORE))
        raise failed  # outside of the handler: httpx's errors hold the request and its headers

    return send


async def _given(response: httpx.Response, take: Callable[[bytes], bool], most: int) -> Answer:
    """The answer whose body was given to ``take`` part by part; one beyond the limit, or packed oddly, is too large."""
    size, shape = 0, _packed(response)
    if shape == "streamed":
        async for part in response.aiter_bytes():
            size += len(part)
            if size > most:
                shape = "too_large"
            if size > most or not take(part):
                break
    return Answer(status=response.status_code, shape=shape)


def _packed(response: httpx.Response) -> Shape:
    coding = response.headers.get("content-encoding", "").strip().lower()
    return "streamed" if coding in _CODINGS else "too_large"


async def _body(response: httpx.Response, most: int) -> bytes | None:
    """The unpacked body; None for one beyond the limit, of which no more than that was read.

    More than one coding is not unpacked: each multiplies what a small packet may grow to by a thousand.
    """
    if response.headers.get("content-encoding", "").strip().lower() not in _CODINGS:
        return None
    parts: list[bytes] = []
    size = 0
    async for part in response.aiter_bytes():
        size += len(part)
        if size > most:
            return None
        parts.append(part)
    return b"".join(parts)


_CODINGS = frozenset({"", "identity", "gzip", "deflate"})


_BEFORE = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)
"""Errors after which certainly no byte of the request reached the server."""


def _why(error: Exception, base_url: str) -> str:
    """What happened, and which part of this machine's environment may be the cause."""
    text = str(error)
    told = f"{type(error).__name__}: {text}" if text else type(error).__name__
    if "CERTIFICATE_VERIFY_FAILED" in text:
        trusted = _set_of(_CERTIFICATES)
        told += f" (trusted is what {trusted} names)" if trusted else " (SSL_CERT_FILE can name further certificates)"
    proxy = _set_of(_PROXIES)
    if proxy and isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.ProxyError):
        told += "" if is_loopback(urlsplit(base_url).hostname or "") else f" (through the proxy of {proxy})"
    return told


def _out_of_files(error: BaseException) -> FileError | None:
    """The error of this machine behind one of the network: no more descriptors for another connection."""
    todo: list[BaseException] = [error]
    seen = 0
    while todo and seen < 20:
        one, seen = todo.pop(), seen + 1
        if isinstance(one, OSError) and one.errno in (errno.EMFILE, errno.ENFILE):
            return file_error(one, "a connection", doing="opened")
        todo += one.exceptions if isinstance(one, BaseExceptionGroup) else ()
        todo += [cause for cause in (one.__cause__, one.__context__) if cause is not None]
    return None


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
