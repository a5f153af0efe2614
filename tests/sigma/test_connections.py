"""Connections to one organization: as few as are under way at once, the one that was used last first; what is sent."""

from __future__ import annotations

from contextlib import asynccontextmanager

import anyio
import pytest

from migrate.plan.running import Limits
from migrate.sigma.connections import USER_AGENT, Connections, sent
from migrate.sigma.guard import Standing
from migrate.sigma.model import Ask, Hidden

pytestmark = pytest.mark.anyio


async def whole(stream):
    """A request with its body, which may come apart."""
    data = await stream.receive()
    while b"\r\n\r\n" not in data or (b"Content-Length: 2" in data and not data.endswith(b"{}")):
        data += await stream.receive()
    return data


class Server:
    """Counts connections, and answers a request once ``held`` is set."""

    def __init__(self) -> None:
        self.opened: list[int] = []
        self.heads: list[bytes] = []
        self.held = anyio.Event()
        self.waiting = 0
        self.open = 0

    async def serve(self, stream) -> None:
        number = len(self.opened)
        self.opened.append(0)
        self.open += 1
        async with stream:
            try:
                while head := await whole(stream):
                    self.opened[number] += 1
                    self.heads.append(head)
                    self.waiting += 1
                    await self.held.wait()
                    await stream.send(
                        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Type: application/json\r\n\r\n{}"
                    )
            except (anyio.EndOfStream, anyio.BrokenResourceError):
                pass
        self.open -= 1

    async def until(self, reached) -> None:
        with anyio.fail_after(10):
            while not reached():
                await anyio.lowlevel.checkpoint()


@asynccontextmanager
async def asking(width=4):
    """(the server, its connections, what sends)."""
    server = Server()
    async with await anyio.create_tcp_listener(local_host="127.0.0.1", local_port=0) as listener:
        url = f"http://127.0.0.1:{listener.extra(anyio.abc.SocketAttribute.local_port)}"
        async with anyio.create_task_group() as group:
            group.start_soon(listener.serve, server.serve)
            async with Connections(url, Limits(concurrency=width), None) as connections:
                standing = Standing(org="acme", writable=True, must_prove=False)
                send = sent(connections, url, timeout=10.0, most=1000, hidden=Hidden(), standing=standing)
                yield server, connections, send
            group.cancel_scope.cancel()


async def test_what_is_asked_one_after_the_other_goes_through_one_connection():
    async with asking() as (server, _, send):
        server.held.set()
        for _ in range(5):
            await send(Ask(method="GET", path="/v2/members"))
        assert server.opened == [5]


async def test_as_many_are_open_as_were_under_way_and_the_last_one_is_used_first():
    async with asking() as (server, _, send):
        async with anyio.create_task_group() as group:
            for _ in range(3):
                group.start_soon(send, Ask(method="GET", path="/v2/members"))
            await server.until(lambda: server.waiting == 3)
            server.held.set()
        assert server.opened == [1, 1, 1]
        for _ in range(4):
            await send(Ask(method="GET", path="/v2/members"))
        assert sorted(server.opened) == [1, 1, 5]


async def test_a_rest_closes_all_but_never_under_a_request():
    async with asking() as (server, connections, send):
        async with anyio.create_task_group() as group:
            group.start_soon(send, Ask(method="GET", path="/v2/members"))
            await server.until(lambda: server.waiting == 1)
            await connections.rest()
            server.held.set()
        assert server.open == 1
        await connections.rest()
        await server.until(lambda: server.open == 0)
        await send(Ask(method="GET", path="/v2/members"))
        assert server.opened == [1, 1]


async def test_a_request_says_all_that_it_has_to():
    async with asking() as (server, _, send):
        server.held.set()
        params = (("limit", "5"), ("name", "a b&c"))
        await send(Ask(method="GET", path="/v2/workbooks/a%2Fb", params=params, authorization="Bearer t"))
        await send(Ask(method="POST", path="/v2/workbooks", body=b"{}", content_type="application/json", writes=True))
        await send(Ask(method="DELETE", path="/v2/workbooks/w", writes=True))
        await send(Ask(method="POST", path="/v2/workbooks/w", writes=True))
    heads = [head.decode().split("\r\n\r\n")[0].split("\r\n") for head in server.heads]
    host = heads[0][1]
    usual = [host, "Accept: application/json", "Accept-Encoding: gzip, deflate", "Connection: keep-alive"]
    usual += [f"User-Agent: {USER_AGENT}"]
    assert host.startswith("Host: 127.0.0.1:")
    assert heads == [
        ["GET /v2/workbooks/a%2Fb?limit=5&name=a+b%26c HTTP/1.1", *usual, "Authorization: Bearer t"],
        ["POST /v2/workbooks HTTP/1.1", *usual, "Content-Type: application/json", "Content-Length: 2"],
        ["DELETE /v2/workbooks/w HTTP/1.1", *usual],
        ["POST /v2/workbooks/w HTTP/1.1", *usual, "Content-Length: 0"],
    ]
