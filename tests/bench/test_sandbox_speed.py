"""Requests a second that one sandbox process answers; a figure to look at with ``make bench``, never a failure."""

from __future__ import annotations

import asyncio
import time
from urllib.parse import urlsplit

import httpx
import pytest

from migrate.sandbox import world
from migrate.sandbox.server import serve

CONNECTIONS = 16
REQUESTS = 1_600


async def one_connection(host: str, port: int, request: bytes, count: int) -> None:
    reader, writer = await asyncio.open_connection(host, port)
    for _ in range(count):
        writer.write(request)
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        assert head.startswith(b"http/1.1 200"), head
        start = head.index(b"content-length: ") + 16
        await reader.readexactly(int(head[start : head.index(b"\r\n", start)]))
    writer.close()
    await writer.wait_closed()


async def load(url: str, path: str, token: str) -> float:
    """Requests a second over raw sockets, so that the client costs little."""
    parts = urlsplit(url)
    request = (
        f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nAccept: application/json\r\n\r\n"
    ).encode()
    started = time.perf_counter()
    share = REQUESTS // CONNECTIONS
    each = (one_connection(parts.hostname or "", parts.port or 0, request, share) for _ in range(CONNECTIONS))
    await asyncio.gather(*each)
    return REQUESTS / (time.perf_counter() - started)


@pytest.mark.scale
@pytest.mark.parametrize("path", ["/v2/whoami", "/v2/files?limit=50", "/v2/workbooks/{id}"])
def test_requests_a_second(path, record_property, capsys):
    with serve(world.builtin()) as running, httpx.Client(base_url=running.base_urls["acme_au"]) as client:
        first = running.sandbox.world.orgs["acme_au"].clients[0]
        form = {"grant_type": "client_credentials", "client_id": first.client_id, "client_secret": first.client_secret}
        token = client.post("/v2/auth/token", data=form).json()["access_token"]
        headers = {"Authorization": f"Bearer {token}"}
        document = client.get("/v2/workbooks", headers=headers).json()["entries"][0]["workbookId"]
        rate = asyncio.run(load(running.base_urls["acme_au"], path.format(id=document), token))
        answered = [entry for entry in running.sandbox.evidence.of("acme_au") if entry.status == 200]
    assert len(answered) == REQUESTS + 2
    record_property("requests_per_second", round(rate))
    with capsys.disabled():
        print(f"\nsandbox {path}: {rate:,.0f} requests/s")
