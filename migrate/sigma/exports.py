"""The rows of an element, by the two calls that export them: one asks, the other fetches what is ready (sigma-api 5.4).

What is not ready yet is an empty answer or a 404, what cannot be rendered an HTML page behind a 200. Bodies are read in
parts and never held. Both calls have a limit of their own, 400 a minute (sigma-api 4.4).
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

import orjson

from migrate.errors import ApiRefusal
from migrate.kinds import KINDS
from migrate.sigma.client import Client
from migrate.sigma.entries import is_id
from migrate.sigma.paths import segment
from migrate.text import one_line
from migrate.words import Kind

FIRST_WAIT, LONGEST_WAIT = 0.25, 10.0
"""Seconds between two looks for an export: they double from the one to the other."""

MOST_SECONDS = 300.0
"""How long one export is waited for."""

MOST_STALLED = 3
"""So many exports of one organization that were never ready, and no further ones are asked for."""

_MARKUP = re.compile(r"<[!?/a-zA-Z]")
_LONGEST_WORD = 64 * 1024
_RUNNING = frozenset({"204", "queued", "running", "pending"})


class NotExported(Exception):
    """No rows came; the message says why, as the end of a sentence about the export."""


class Taker(Protocol):
    """Takes the text of an export in parts."""

    def take(self, text: str) -> bool:
        """Takes the next part; False where no more is wanted."""

    def end(self) -> None:
        """Is told that nothing more comes."""


T = TypeVar("T", bound=Taker)


class _Sniffed(Generic[T]):
    """A body while it comes in: what it is shows in its first characters, and only rows are passed on."""

    def __init__(self, taker: T) -> None:
        self.taker = taker
        self.shape = ""
        self.kept = ""
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")("replace")

    def feed(self, part: bytes) -> bool:
        """Takes the next bytes; False where no more are wanted."""
        text = self._decoder.decode(part)
        if self.shape == "rows":
            return self.taker.take(text)
        self.kept += text
        start = self.kept.lstrip()
        if len(start) < 2:
            return True
        self.shape = "page" if _MARKUP.match(start) else "word" if start.startswith('{"') else "rows"
        if self.shape == "rows":
            return self.taker.take(self.kept)
        return self.shape == "word" and len(self.kept) < _LONGEST_WORD

    def end(self) -> None:
        """Is told that nothing more comes."""
        if not self.shape and self.kept.strip():
            self.shape = "rows"
            self.taker.take(self.kept)
        if self.shape == "rows":
            self.taker.take(self._decoder.decode(b"", final=True))
            self.taker.end()


async def ask_for_rows(client: Client, kind: Kind, document_id: str, element_id: str, *, most: int) -> str:
    """The id of an export of at most so many rows of an element, as CSV. Raises NotExported where none is named."""
    if client.stalled >= MOST_STALLED:
        raise NotExported(f"none is asked for any more: {MOST_STALLED} of this organization were never ready")
    await client.export_turn()
    body = {"elementId": element_id, "format": {"type": "csv"}, "rowLimit": most}
    answer = await client.read("POST", f"{KINDS[kind].root}/{segment(document_id)}/export", json=body)
    query = answer.tree.get("queryId") if isinstance(answer.tree, dict) else None
    if not is_id(query):
        raise NotExported("the answer names no query to fetch it by")
    return str(query)


async def rows_of(client: Client, query: str, taker: Callable[[], T]) -> T:
    """What took the rows of an export, once it is ready; a body that breaks off is taken anew from its beginning.

    Raises NotExported where it is never ready or holds no rows, ApiRefusal and ServiceError as any read.
    """
    until, wait = client.clock.now() + MOST_SECONDS, FIRST_WAIT
    while True:
        await client.export_turn()
        found = await _fetched(client, query, taker)
        if found is not None:
            client.stalled = 0
            return found
        if client.clock.now() + wait > until:
            client.stalled += 1
            raise NotExported(f"it was not ready after {MOST_SECONDS / 60:g} minutes")
        await client.clock.sleep(wait)
        wait = min(2 * wait, LONGEST_WAIT)


async def _fetched(client: Client, query: str, taker: Callable[[], T]) -> T | None:
    """What took the rows; None where they are not ready."""
    read: list[_Sniffed[T]] = []

    def reading() -> Callable[[bytes], bool]:
        read[:] = [_Sniffed(taker())]
        return read[0].feed

    try:
        await client.read("GET", f"/v2/query/{segment(query)}/download", accept="*/*", reading=reading)
    except ApiRefusal as error:
        if error.status != 404:
            raise
        return None
    if not read:
        return None
    found = read[0]
    found.end()
    if found.shape == "page":
        raise NotExported("a page came in place of rows, which is how an element tells that it cannot be rendered")
    if found.shape == "word" and not _is_running(found.kept):
        raise NotExported(f"it failed: {one_line(' '.join(found.kept.split()), 200)}")
    return found.taker if found.shape == "rows" else None


def _is_running(text: str) -> bool:
    try:
        tree = orjson.loads(text)
    except orjson.JSONDecodeError:
        return False
    return isinstance(tree, dict) and str(tree.get("status", "")).lower() in _RUNNING
