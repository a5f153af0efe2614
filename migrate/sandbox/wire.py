"""Sending over ASGI, and the ways in which a connection can fail.

Served by uvicorn through ``Protocol``, the app can close or reset the real connection. In process, through
``httpx.ASGITransport``, an exception of the app comes out of the client's call as it is, so the app raises what httpx
itself would raise for such a connection: ``ReadError`` for a lost answer or reset, ``RemoteProtocolError`` for a cut
body. There httpx waits for the whole answer before it hands over any, so a slow body only takes long and no read
timeout of the client applies; tests about timeouts need real sockets.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from typing import Any, TypeAlias

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from migrate.sandbox.answers import Answer

Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
App: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]

CONNECTION = "sandbox.connection"
CHUNKS = 10


class Protocol(HttpToolsProtocol):
    """uvicorn's HTTP protocol that hands its transport to the app."""

    def on_message_begin(self) -> None:
        """Starts a request."""
        super().on_message_begin()
        self.scope["extensions"] = {CONNECTION: {"transport": self.transport}}


class Wire:
    """One request's way back."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        extension = (scope.get("extensions") or {}).get(CONNECTION)
        self._transport: asyncio.Transport | None = extension["transport"] if extension else None
        self._receive = receive
        self._send = send

    async def body(self) -> bytes:
        """The whole body of the request."""
        message = await self._receive()
        body: bytes = message.get("body", b"")
        while message.get("more_body"):
            message = await self._receive()
            body += message.get("body", b"")
        return body

    async def answer(self, answer: Answer, date: bytes, request_id: bytes, *, seconds: float = 0.0) -> None:
        """Sends an answer; its body in parts over so many seconds."""
        await self._start(answer, date, request_id)
        if seconds > 0:
            size = max(1, -(-len(answer.body) // CHUNKS))
            for start in range(0, len(answer.body), size):
                await asyncio.sleep(seconds / CHUNKS)
                part = answer.body[start : start + size]
                await self._send({"type": "http.response.body", "body": part, "more_body": True})
            await self._send({"type": "http.response.body", "body": b""})
        else:
            await self._send({"type": "http.response.body", "body": answer.body})

    async def pour(self, answer: Answer, parts: Iterator[bytes], date: bytes, request_id: bytes) -> None:
        """Sends an answer's head and these parts as its body, of no said length, until the client has enough."""
        await self._head(answer, date, request_id, length=None)
        gone = asyncio.ensure_future(self._until_gone())
        try:
            for part in parts:
                if gone.done():
                    return
                await self._send({"type": "http.response.body", "body": part, "more_body": True})
                await asyncio.sleep(0)
            await self._send({"type": "http.response.body", "body": b""})
        finally:
            gone.cancel()

    async def cut(self, answer: Answer, date: bytes, request_id: bytes) -> None:
        """Sends the head and half of the body, then closes the connection."""
        await self._start(answer, date, request_id)
        half = answer.body[: len(answer.body) // 2]
        await self._send({"type": "http.response.body", "body": half, "more_body": True})
        if self._transport is None:
            import httpx

            raise httpx.RemoteProtocolError("peer closed connection without sending complete message body")
        self._transport.close()
        await self._until_gone()

    async def lose(self) -> None:
        """Closes the connection without an answer."""
        if self._transport is None:
            import httpx

            raise httpx.ReadError("the answer was lost")
        self._transport.close()
        await self._until_gone()

    async def hang(self) -> None:
        """Sends nothing until the client gives up; in process the answer is lost at once."""
        if self._transport is None:
            await self.lose()
        await self._until_gone()

    async def reset(self) -> None:
        """Resets the connection, as a dropped network does."""
        if self._transport is None:
            import httpx

            raise httpx.ReadError("connection reset by peer")
        sock = self._transport.get_extra_info("socket")
        if sock is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._transport.abort()
        await self._until_gone()

    async def _start(self, answer: Answer, date: bytes, request_id: bytes) -> None:
        await self._head(answer, date, request_id, length=len(answer.body))

    async def _head(self, answer: Answer, date: bytes, request_id: bytes, *, length: int | None) -> None:
        headers = [(b"date", date), (b"x-request-id", request_id), *answer.headers]
        if length is not None:
            headers.append((b"content-length", str(length).encode()))
        if length != 0:
            headers.append((b"content-type", answer.content_type))
        await self._send({"type": "http.response.start", "status": answer.status, "headers": headers})

    async def _until_gone(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
