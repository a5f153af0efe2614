"""Every entry of a listing, in both paging dialects (sigma-api section 3).

Dialect A asks with ``limit`` and ``page`` and answers ``nextPage``; dialect B asks with ``pageSize`` and
``pageToken`` and answers ``nextPageToken``. A cursor goes back under its own name only: a token sent as
``page`` is ignored, and the first page comes again for ever. Some orgs still answer a bare array.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

from migrate.errors import ServiceError
from migrate.reasons import REASONS
from migrate.sigma.client import Client
from migrate.sigma.model import Answer
from migrate.tree import Json

Dialect: TypeAlias = Literal["limit", "pageSize", "none"]
"""How a listing is asked for its page size; ``none`` where any parameter is a 400."""

_SIZE: dict[Dialect, dict[str, object]] = {"limit": {"limit": 1000}, "pageSize": {"pageSize": 500}, "none": {}}
_CURSORS = (("nextPage", "page"), ("nextPageToken", "pageToken"))
EMPTY_PAGES = 100
"""So many pages in a row without an entry end a listing as a loop."""


async def every(
    client: Client,
    path: str,
    *,
    params: Mapping[str, object] | None = None,
    dialect: Dialect = "limit",
    identity: bool = False,
) -> list[Json]:
    """All entries of a listing, without the null ones.

    Raises ServiceError ``paging_loop`` for a cursor that comes twice and ``odd_answer`` for a page of another
    shape; warns where the count differs from the ``total`` the server gave, and of null entries.
    """
    entries: list[Json] = []
    seen: set[tuple[str, str]] = set()
    total: int | None = None
    cursor: tuple[str, str] | None = None
    empty = 0
    while True:
        query = {**(params or {}), **_SIZE[dialect], **({cursor[0]: cursor[1]} if cursor else {})}
        answer = await client.read("GET", path, params=query, identity=identity)
        page, cursor, told = _page(client, path, answer)
        entries += page
        total = told if told is not None else total
        empty = 0 if page else empty + 1
        if cursor is None:
            break
        if cursor in seen or empty >= EMPTY_PAGES:
            raise _loop(client, path, answer)
        seen.add(cursor)
    return _kept(client, path, entries, total)


def _page(client: Client, path: str, answer: Answer) -> tuple[list[Json], tuple[str, str] | None, int | None]:
    """(entries, the next cursor under the name it is sent by, the total where one is given) of one page."""
    tree = answer.tree
    if isinstance(tree, list):
        return tree, None, None
    if not isinstance(tree, dict) or not isinstance(tree.get("entries"), list):
        raise _odd(client, path, answer)
    total = tree.get("total")
    told = total if isinstance(total, int) and not isinstance(total, bool) else None
    for name, sent_as in _CURSORS:
        value = tree.get(name)
        if isinstance(value, (str, int)) and not isinstance(value, bool) and value != "":
            return tree["entries"], (sent_as, str(value)), told
    return tree["entries"], None, told


def _kept(client: Client, path: str, entries: list[Json], total: int | None) -> list[Json]:
    if total is not None and total != len(entries):
        client.warn("paging_total", f"GET {path} listed {len(entries)} of {total} entries.")
    kept = [entry for entry in entries if entry is not None]
    if len(kept) != len(entries):
        client.warn("null_entries", f"GET {path} held {len(entries) - len(kept)} empty entries.")
    return kept


def _loop(client: Client, path: str, answer: Answer) -> ServiceError:
    return ServiceError(
        f"org {client.org}: GET {path} gives the same page cursor again and again"
        f"{answer.request_id and f' [request {answer.request_id}]'}.",
        code="paging_loop",
        next_action=REASONS["paging_loop"].fix,
    )


def _odd(client: Client, path: str, answer: Answer) -> ServiceError:
    return ServiceError(
        f"org {client.org}: GET {path} answered {answer.status} with no list of entries"
        f"{answer.request_id and f' [request {answer.request_id}]'}.",
        code="odd_answer",
        next_action=REASONS["odd_answer"].fix,
    )
