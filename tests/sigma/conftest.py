"""Small real things for the wire's tests: a clock that runs when everybody waits, and servers that are scripted."""

from __future__ import annotations

import heapq
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

import anyio
import anyio.lowlevel
import httpx
import pytest
from anyio.abc import SocketStream
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from migrate.events import Event
from migrate.plan.running import Limits
from migrate.sigma.client import Client, connect
from migrate.sigma.model import Clock
from migrate.sigma.pace import Hosts
from migrate.sigma.retry import RetryLimits

HTML = "<!DOCTYPE html><html><title>Error 1015</title>You are being rate limited</html>"


@pytest.fixture
def anyio_backend():
    return "asyncio"


@dataclass(frozen=True)
class Secret:
    client_id: str = "client-one"
    client_secret: str = field(default="s3cr3t-of-client-one", repr=False)


class VirtualClock:
    """Time passes only where somebody sleeps, and then up to the earliest who wakes."""

    def __init__(self) -> None:
        self.time = 1000.0
        self.slept = 0.0
        self._wakes: list[float] = []

    def now(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        wake = self.time + seconds
        self.slept += seconds
        heapq.heappush(self._wakes, wake)
        while True:
            for _ in range(40):
                await anyio.lowlevel.checkpoint()
            if self._wakes[0] >= wake:
                heapq.heappop(self._wakes)
                self.time = max(self.time, wake)
                return

    @property
    def clock(self) -> Clock:
        return Clock(now=self.now, wall=lambda: 1.8e9 + self.time, sleep=self.sleep, luck=lambda: 0.5)


Reply = Callable[[Request], Awaitable[Response]]


class Service:
    """An ASGI app that keeps a log of (time, method, path, request) and answers by a table of handlers.

    A handler is a response, a function of the request, or a list whose items answer one call each; the last stays.
    """

    def __init__(self, time: VirtualClock) -> None:
        self.time = time
        self.log: list[tuple[float, str, str, Request, bytes]] = []
        self.table: dict[tuple[str, str], object] = {}
        self.tokens = 0
        self.on("POST", "/v2/auth/token", self._token)
        self.on("GET", "/v2/whoami", {"userId": "u1", "organizationId": "org-1"})

    def on(self, method: str, path: str, answer: object) -> None:
        self.table[method, path] = answer

    def times(self, path: str) -> list[float]:
        return [entry[0] for entry in self.log if entry[2] == path]

    def sent(self, path: str) -> int:
        return len(self.times(path))

    async def _token(self, request: Request, body: bytes) -> Response:
        self.tokens += 1
        return JSONResponse({"access_token": f"token-number-{self.tokens}", "expires_in": 3600})

    async def __call__(self, scope, receive, send) -> None:
        request = Request(scope, receive)
        body = await request.body()
        key = (scope["method"], scope["path"])
        self.log.append((self.time.now(), *key, request, body))
        answer = self.table.get(key)
        if isinstance(answer, list) and answer and isinstance(answer[0], Response | _Call):
            answer = answer.pop(0) if len(answer) > 1 else answer[0]
        if isinstance(answer, _Call):
            answer = answer.run
        if callable(answer) and not isinstance(answer, Response):
            answer = await answer(request, body)
        if answer is None:
            answer = Response(status_code=404, headers={"errorcause": "UnmatchedHandler"})
        response = answer if isinstance(answer, Response) else JSONResponse(answer)
        await response(scope, receive, send)


@dataclass
class _Call:
    run: Callable


def calls(run):
    return _Call(run)


@pytest.fixture
def time():
    return VirtualClock()


@pytest.fixture
def service(time):
    return Service(time)


@pytest.fixture
def events():
    return []


@pytest.fixture
def secret():
    return Secret()


@pytest.fixture
def html():
    return lambda status=429, headers=None: Response(HTML, status, headers, media_type="text/html")


@pytest.fixture
def opened(service, time, events):
    """``async with opened(...) as client``: a client of the scripted service on the virtual clock."""

    @asynccontextmanager
    async def open_client(**kwargs) -> AsyncIterator[Client]:
        told: Callable[[Event], None] = events.append
        given = {
            "org": "acme",
            "base_url": "http://127.0.0.1:9",
            "secret": Secret(),
            "writable": False,
            "limits": Limits(concurrency=4, requests_per_second=1000.0, timeout=30.0),
            "transport": httpx.ASGITransport(service),
            "clock": time.clock,
            "listener": told,
            "must_prove": False,
        } | kwargs
        async with connect(**given) as client:
            yield client

    return open_client


@pytest.fixture
def envelope():
    def make(status: int, code: str, message: str, headers=None) -> Response:
        return JSONResponse({"requestId": "req-77", "code": code, "message": message}, status, headers)

    return make


Talk = Callable[[bytes], tuple[bytes, bool]]


@asynccontextmanager
async def _serving(talk: Talk) -> AsyncIterator[int]:
    async def serve(stream: SocketStream) -> None:
        async with stream:
            while True:
                try:
                    head = await _request(stream)
                except (anyio.EndOfStream, anyio.BrokenResourceError):
                    return
                reply, keep = talk(head)
                if reply:
                    await stream.send(reply)
                if not keep:
                    return

    async with await anyio.create_tcp_listener(local_host="127.0.0.1", local_port=0) as listener:
        port = listener.extra(anyio.abc.SocketAttribute.local_port)
        async with anyio.create_task_group() as group:
            group.start_soon(listener.serve, serve)
            yield port
            group.cancel_scope.cancel()


async def _request(stream: SocketStream) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        data += await stream.receive()
    head, _, body = data.partition(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n"):
        if line.lower().startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    while len(body) < length:
        body += await stream.receive()
    return head + b"\r\n\r\n" + body


@pytest.fixture
def loopback(time, events):
    """``async with loopback(talk) as client``: a client of a raw server that answers bytes and may hang up."""

    @asynccontextmanager
    async def open_client(talk: Talk, **kwargs) -> AsyncIterator[Client]:
        def with_token(request: bytes) -> tuple[bytes, bool]:
            if b" /v2/auth/token " in request:
                return http_answer(b'{"access_token":"token-number-1","expires_in":3600}'), True
            return talk(request)

        async with AsyncExitStack() as stack:
            port = await stack.enter_async_context(_serving(with_token))
            given = {
                "org": "acme",
                "base_url": f"http://127.0.0.1:{port}",
                "secret": Secret(),
                "writable": True,
                "limits": Limits(requests_per_second=1000.0, timeout=5.0),
                "clock": time.clock,
                "listener": events.append,
                "must_prove": False,
            } | kwargs
            yield await stack.enter_async_context(connect(**given))

    return open_client


def http_answer(body: bytes, status: str = "200 OK", *, length: int | None = None) -> bytes:
    size = len(body) if length is None else length
    return f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {size}\r\n\r\n".encode() + body


@pytest.fixture
def raw_answer():
    return http_answer


@pytest.fixture
def hosts(time):
    return Hosts(time.clock)


@pytest.fixture
def short():
    return RetryLimits(throttled=3, blocked=2, passing=3, masked=2, budget=900.0)
