"""The connections to one organization, and one request over them. The only file that knows httpx.

Proxies and certificates come from the usual environment (``HTTPS_PROXY``, ``NO_PROXY``, ``SSL_CERT_FILE``), since
company networks need them and TLS ends at Sigma all the same; to loopback the environment is not read. Redirects are
never followed, and no cookie is kept.
"""

from __future__ import annotations

import errno
import os
import ssl
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import cache, partial
from types import TracebackType
from typing import Any, Self, TypeAlias
from urllib.parse import urlencode, urlsplit

import anyio
import httpx

from migrate.errors import FileError, MigrateError, ServiceError, file_error
from migrate.hosts import is_loopback
from migrate.plan.running import Limits
from migrate.reasons import REASONS
from migrate.sigma.guard import Standing, last_look
from migrate.sigma.model import Answer, Ask, Hidden, NoAnswer, Send, Shape
from migrate.sigma.wire import read_answer
from migrate.version import __version__

Transport: TypeAlias = httpx.AsyncBaseTransport
"""What takes the place of sockets for an organization that is served in this process."""

USER_AGENT = f"sigma-migrate/{__version__}"
CONNECT_SECONDS = 15.0


# One request


def sent(
    connections: Connections, base_url: str, *, timeout: float, most: int, hidden: Hidden, standing: Standing
) -> Send:
    """The innermost ring: one request over httpx, whole, within ``timeout`` seconds and ``most`` bytes."""
    times = _times(timeout).as_dict()

    async def send(ask: Ask) -> Answer:
        failed: MigrateError
        try:
            with connections.lent() as http:
                request = _request(ask, base_url, {**last_look(standing, ask), "timeout": times})
                with anyio.fail_after(timeout):
                    response = await http.send(request, stream=True)
                    try:
                        if ask.reading is not None and response.status_code == 200:
                            return await _given(response, ask.reading(), most)
                        body = await _body(response, most)
                    finally:
                        await response.aclose()
            answer = read_answer(response.status_code, response.headers, body)
            if answer.request_id:
                answer = replace(answer, request_id=hidden.clean(answer.request_id))
            return answer
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


def _request(ask: Ask, base_url: str, extensions: Mapping[str, Any]) -> httpx.Request:
    """The request with all its headers; to add what is missing, httpx takes six times as long as to take what is there.

    Raises InvalidURL and UnicodeError for a path that is none.
    """
    url = httpx.URL(f"{base_url}{ask.path}?{urlencode(ask.params)}" if ask.params else base_url + ask.path)
    headers = [("Host", url.netloc.decode()), ("Accept", ask.accept), *_ALWAYS]
    if ask.content_type:
        headers.append(("Content-Type", ask.content_type))
    if ask.authorization:
        headers.append(("Authorization", ask.authorization))
    if ask.body or ask.method in _WITH_BODY:
        headers.append(("Content-Length", str(len(ask.body or b""))))
    body = httpx.ByteStream(ask.body or b"")
    return httpx.Request(ask.method, url, headers=headers, stream=body, extensions=extensions)


_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
"""What has a length even where nothing is sent (RFC 9110, section 8.6)."""


_ALWAYS = (("Accept-Encoding", "gzip, deflate"), ("Connection", "keep-alive"), ("User-Agent", USER_AGENT))


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


# What came in its way


_BEFORE = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)
"""Errors after which certainly no byte of the request reached the server."""

_CERTIFICATES = ("SSL_CERT_FILE", "SSL_CERT_DIR")
_PROXIES = ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy")


def _set_of(names: Iterable[str]) -> str:
    """Those of these environment variables that are set; their values may hold passwords."""
    return " and ".join(name for name in names if os.environ.get(name))


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


# Connections


class Connections:
    """The connections to one organization; they can be put to rest, and open again when they are used.

    Each is a pool of its own, the one that was used last taken first: before every request a pool of httpx asks the
    system of each of its connections whether it stands still. A rest is refused while a request is under way: closing
    would cut it off.
    """

    def __init__(self, base_url: str, limits: Limits, transport: Transport | None) -> None:
        self._make = partial(_http, base_url, limits, transport)
        self._all: list[httpx.AsyncClient] = []
        self._free: list[httpx.AsyncClient] = []

    async def __aenter__(self) -> Self:
        with self.lent():  # what cannot be used is told before the first request
            return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._close()

    async def rest(self) -> None:
        """Closes all, unless a request is under way."""
        if len(self._free) == len(self._all):
            await self._close()

    async def _close(self) -> None:
        those, self._all, self._free = self._all, [], []
        for one in those:
            await one.aclose()

    @contextmanager
    def lent(self) -> Iterator[httpx.AsyncClient]:
        """A connection, open or to be opened, for one request."""
        if not self._free:
            self._free.append(self._make())
            self._all.append(self._free[-1])
        one = self._free.pop()
        try:
            yield one
        finally:
            self._free.append(one)


def _http(base_url: str, limits: Limits, transport: Transport | None) -> httpx.AsyncClient:
    local = is_loopback(urlsplit(base_url).hostname or "")
    try:
        return _client(limits, transport, trust_env=not local)
    except (ValueError, ImportError, httpx.InvalidURL):
        pass
    raise ServiceError(
        f"the proxy that {_set_of(_PROXIES) or 'the environment'} names cannot be used.",
        code="unreachable",
        next_action="write it as http://HOST:PORT, or unset the variable; NO_PROXY names hosts to reach without it",
    )


def _client(limits: Limits, transport: Transport | None, *, trust_env: bool) -> httpx.AsyncClient:
    return _Http(
        transport=transport,
        verify=_tls(),
        trust_env=trust_env,
        follow_redirects=False,
        event_hooks={"response": [_spell_location]},
        timeout=_times(limits.timeout),
        limits=_ONE,
    )


_ONE = httpx.Limits(max_connections=2, max_keepalive_connections=1, keepalive_expiry=15.0)
"""One connection, and room for one that is being closed."""


def _times(timeout: float) -> httpx.Timeout:
    return httpx.Timeout(timeout, connect=min(CONNECT_SECONDS, 0.8 * timeout))


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


class _NoCookies(httpx.Cookies):
    """None is needed, and looking for some takes as long as building the request."""

    def extract_cookies(self, response: httpx.Response) -> None:
        """Keeps nothing."""


class _Http(httpx.AsyncClient):
    """A client of httpx's that keeps no cookies."""

    _none = _NoCookies()

    @property
    def cookies(self) -> httpx.Cookies:
        """There are none."""
        return self._none

    @cookies.setter
    def cookies(self, cookies: object) -> None:
        """Keeps nothing."""


async def _spell_location(response: httpx.Response) -> None:
    """Takes a location away that is no address: httpx reads it though nobody follows, and drops the whole answer."""
    location = response.headers.get("location")
    if location:
        try:
            httpx.URL(location)
        except (httpx.InvalidURL, UnicodeError):
            del response.headers["location"]
