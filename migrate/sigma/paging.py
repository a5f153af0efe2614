"""Every entry of a listing, in both paging dialects (sigma-api section 3).

Dialect A asks with ``limit`` and ``page`` and answers ``nextPage``; dialect B asks with ``pageSize`` and
``pageToken`` and answers ``nextPageToken``. A cursor goes back under its own name only: a token sent as
``page`` is ignored, and the first page comes again for ever. Some orgs still answer a bare array.

A listing ends by itself where the server does not end it: at a cursor that was there before, at pages that bring
nothing new, and where it is far longer than the total it gives.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from migrate.errors import Problem, ServiceError
from migrate.kinds import Paging
from migrate.reasons import REASONS
from migrate.sigma.client import Client
from migrate.sigma.entries import ANY, Form, identity, legible, oddity, usable
from migrate.sigma.model import Answer
from migrate.tree import Json

Dialect: TypeAlias = Paging

PAGE = 1000
"""Entries of a page of the listings of documents and files."""

_SIZE: dict[Dialect, dict[str, object]] = {"limit": {"limit": PAGE}, "pageSize": {"pageSize": 500}, "none": {}}
_CURSORS = (("nextPage", "page"), ("nextPageToken", "pageToken"))
EMPTY_PAGES = 100
"""So many pages in a row without an entry end a listing as a loop."""

STALE_PAGES = 3
"""So many pages in a row whose entries were all there before, too; one may be when something moves meanwhile."""

ENTRIES_BEYOND = 1000
"""How many entries more than twice its total a listing may have, since totals are counted at another moment."""

MOST_ENTRIES = 2_000_000
"""No listing of one organization is longer; it would not fit into memory either."""

CURSOR_LENGTH = 4000


@dataclass(slots=True, kw_only=True)
class _Listing:
    """What came so far. ``odd`` takes what cannot be used, and None ends the listing there."""

    client: Client
    path: str
    form: Form
    odd: list[Problem] | None
    kept: list[Json] = field(default_factory=list)
    known: set[object] = field(default_factory=set)
    cursors: set[tuple[str, str]] = field(default_factory=set)
    count: int = 0
    total: int | None = None
    empty: int = 0
    stale: int = 0
    nulls: int = 0
    halves: int = 0
    mended: list[str] = field(default_factory=list)

    def take(self, page: list[Json]) -> None:
        """The entries of a page, those that are no use told apart."""
        before = len(self.known)
        for entry in page:
            self.count += 1
            if entry is None:
                self.nulls += 1
                continue
            given, why = self._legible(entry)
            if why:
                self._tell(why)
                continue
            self.known.add(identity(given, self.form))
            whole, wrong = usable(given)
            self.mended += [f"{name} of entry {self.count}" for name in wrong]
            self.kept.append(whole)
        self.empty = 0 if page else self.empty + 1
        self.stale = self.stale + 1 if page and len(self.known) == before else 0

    def _legible(self, entry: Json) -> tuple[Json, str]:
        """(the entry, why it is odd); half a character is U+FFFD, in a name only where it would end the listing."""
        why = oddity(entry, self.form)
        if why and isinstance(entry, dict):
            mended = legible(entry)
            same = all(mended[name] == entry.get(name) for name in self.form.texts if name in mended)
            if not oddity(mended, self.form) and (same or self.odd is None):
                self.halves += 1
                return mended, ""
        return entry, why

    def _tell(self, why: str) -> None:
        message = f"org {self.client.org}: GET {self.path}: entry {self.count} {why}"
        if self.odd is None:
            raise ServiceError(f"{message}.", code="odd_answer", next_action=REASONS["odd_answer"].fix)
        self.odd.append(Problem(code="odd_answer", message=message, path=self.path))

    def runs_on(self, cursor: tuple[str, str]) -> str:
        """Why this listing is not followed any further; empty where it is."""
        if cursor in self.cursors:
            return "gives the same page cursor again"
        if self.empty >= EMPTY_PAGES:
            return f"gives {self.empty} pages without an entry"
        if self.stale >= STALE_PAGES:
            return "gives the same entries again under other cursors"
        beyond = MOST_ENTRIES if self.total is None else min(MOST_ENTRIES, 2 * self.total + ENTRIES_BEYOND)
        if self.count > beyond:
            return f"does not end after {self.count} entries" + (f" of {self.total}" if self.total is not None else "")
        self.cursors.add(cursor)
        return ""

    def warn(self) -> None:
        """Tells what is off without keeping anything from going on."""
        if self.total is not None and self.total != self.count:
            self.client.warn("paging_total", f"GET {self.path} listed {self.count} of {self.total} entries.")
        if self.nulls:
            self.client.warn("null_entries", f"GET {self.path} held {self.nulls} empty entries.")
        if self.halves:
            message = f"GET {self.path}: half a character, read as U+FFFD, in so many entries: {self.halves}."
            self.client.warn("odd_answer", message)
        if self.mended:
            more = f" and {len(self.mended) - 3} more" if len(self.mended) > 3 else ""
            shown = ", ".join(self.mended[:3])
            self.client.warn("odd_answer", f"GET {self.path}: {shown}{more} is of another type and was not read.")


async def every(
    client: Client,
    path: str,
    *,
    params: Mapping[str, object] | None = None,
    dialect: Dialect = "limit",
    identity: bool = False,
    form: Form = ANY,
    odd: list[Problem] | None = None,
) -> list[Json]:
    """All entries of a listing that have ``form``, without the null ones.

    An entry of another form is added to ``odd``, or ends the listing where that is None. Raises ServiceError
    ``paging_loop`` for a listing that does not end, and ``odd_answer`` for a page or entry of another shape; warns
    where the count differs from the ``total`` the server gave, of null entries, and of fields that were not read.
    """
    listing = _Listing(client=client, path=path, form=form, odd=odd)
    cursor: tuple[str, str] | None = None
    while True:
        query = {**(params or {}), **_SIZE[dialect], **({cursor[0]: cursor[1]} if cursor else {})}
        answer = await client.read("GET", path, params=query, identity=identity)
        page, cursor, told = _page(client, path, answer)
        listing.take(page)
        listing.total = told if told is not None else listing.total
        if cursor is None:
            break
        why = listing.runs_on(cursor)
        if why:
            raise _wrong(client, path, answer, why, "paging_loop")
    listing.warn()
    return listing.kept


def _page(client: Client, path: str, answer: Answer) -> tuple[list[Json], tuple[str, str] | None, int | None]:
    """(entries, the next cursor under the name it is sent by, the total where one is given) of one page."""
    tree = answer.tree
    if isinstance(tree, list):
        return tree, None, None
    if not isinstance(tree, dict) or not isinstance(tree.get("entries"), list):
        raise _wrong(client, path, answer, f"answered {answer.status} with no list of entries", "odd_answer")
    total = tree.get("total")
    told = total if isinstance(total, int) and not isinstance(total, bool) and total >= 0 else None
    for name, sent_as in _CURSORS:
        value = tree.get(name)
        if value is None or value is False or value == "":
            continue
        if isinstance(value, bool) or not isinstance(value, (str, int)) or not is_cursor(str(value)):
            raise _wrong(client, path, answer, f"names a {name} that cannot be asked for", "odd_answer")
        return tree["entries"], (sent_as, str(value)), told
    return tree["entries"], None, told


def is_cursor(text: str) -> bool:
    """Whether a cursor can go back in a request: at most 4,000 printable characters."""
    return len(text) <= CURSOR_LENGTH and text.isprintable()


def _wrong(client: Client, path: str, answer: Answer, why: str, code: str) -> ServiceError:
    request = f" [request {answer.request_id}]" if answer.request_id else ""
    return ServiceError(f"org {client.org}: GET {path} {why}{request}.", code=code, next_action=REASONS[code].fix)
