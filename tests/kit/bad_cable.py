"""A bad cable before a server: connections are cut, reset, slowed down and garbled between the two, by chance.

It knows nothing of what the server does, so that it is a witness besides the faults that the sandbox plays itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
import struct
import threading
from collections import Counter
from urllib.parse import urlsplit

MISHAPS = (
    *("reset before", "closed before", "reset after", "closed after", "half a head", "half a body", "garbage"),
    *("in pieces", "slow", "100 first", "closed when idle", "reset when idle"),
)
"""What happens to one request and its answer: before it is passed on, after that, to the answer, or behind it."""

_MOST = 2**24
_AT_ONCE = struct.pack("ii", 1, 0)


class BadCable:
    """A way to a server by which a ``share`` of the requests meets a mishap; ``struck`` counts them by name."""

    def __init__(self, base_url, seed, share):
        address = urlsplit(base_url)
        self._server = address.hostname, address.port
        self._chance = random.Random(seed)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self.share, self.struck, self.base_url = share, Counter(), ""

    def __enter__(self):
        self._thread.start()
        self._listening = self._done(asyncio.start_server(self._serve, "127.0.0.1", 0, limit=_MOST))
        self.base_url = f"http://127.0.0.1:{self._listening.sockets[0].getsockname()[1]}"
        return self

    def __exit__(self, *error):
        self._done(self._hung_up())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def _done(self, work):
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _hung_up(self):
        self._listening.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for one in others:
            one.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _serve(self, reader, writer):
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            there, onwards = await asyncio.open_connection(*self._server, limit=_MOST)
            try:
                while await self._passed(reader, writer, there, onwards):
                    pass
            finally:
                onwards.close()
                writer.close()

    async def _passed(self, reader, writer, there, onwards):
        """One request and its answer; whether the connection still stands."""
        request = b"".join(await _message(reader))
        mishap = self._chance.choice(MISHAPS) if self._chance.random() < self.share else ""
        self.struck[mishap] += bool(mishap)
        if mishap.endswith(" before"):
            return _gone(writer, mishap)
        if mishap == "100 first":
            writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        onwards.write(request)
        head, body = await _message(there)
        match mishap:
            case "reset after" | "closed after":
                return _gone(writer, mishap)
            case "half a head":
                writer.write(head[: len(head) // 2])
            case "half a body":
                writer.write(head + body[: len(body) // 2])
            case "garbage":
                writer.write(b"\x00\xff what is this\r\n\r\n" + head)
            case "in pieces":
                await _in_pieces(writer, head + body)
                return True
            case _:
                await asyncio.sleep(0.3 if mishap == "slow" else 0)
                writer.write(head + body)
        await writer.drain()
        if mishap.endswith(" idle"):
            await asyncio.sleep(0.003 * self._chance.random())  # the next request may be on its way by then
            return _gone(writer, mishap)
        return mishap in ("", "slow", "100 first")


def _gone(writer, mishap):
    """Ends a connection, at once where it is reset; false, since it does not stand any more."""
    if mishap.startswith("reset"):
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
        writer.transport.abort()
    return False


async def _in_pieces(writer, data):
    size = len(data) // 7 + 1
    for at in range(0, len(data), size):
        writer.write(data[at : at + size])
        await writer.drain()
        await asyncio.sleep(0.005)


async def _message(reader):
    """The head and the body of the next request or answer, as they are on the wire."""
    head = await reader.readuntil(b"\r\n\r\n")
    fields = dict(line.lower().split(b":", 1) for line in head.split(b"\r\n")[1:] if b":" in line)
    if fields.get(b"transfer-encoding", b"").strip() != b"chunked":
        return head, await reader.readexactly(int(fields.get(b"content-length", 0)))
    parts = []
    while not parts or parts[-1] != b"0\r\n\r\n":
        size = await reader.readuntil(b"\r\n")
        parts.append(size + await reader.readexactly(int(size, 16) + 2))
    return head, b"".join(parts)
