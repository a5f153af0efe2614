"""What all steps of one execution share: the wire, the ledger, what is known so far, and the clock."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import anyio

from migrate.change.actions import Repoint
from migrate.change.run_context import Patience, never
from migrate.errors import MigrateError
from migrate.events import Listener, silent
from migrate.inventory.model import Key
from migrate.ledger.model import Copy, Entry, Home
from migrate.plan.model import Policy
from migrate.rewrite.bind import bind, unbound
from migrate.rewrite.model import Copied
from migrate.sigma import api
from migrate.tree import digest
from migrate.words import Generation, Kind

if TYPE_CHECKING:
    from migrate.ledger.book import Book
    from migrate.sigma.client import Client

FolderPath = tuple[str, ...]


@dataclass(slots=True, kw_only=True)
class Execution:
    """One execution on one target; ``copies``, ``ids`` and ``folders`` grow as writes are done.

    ``source`` is the alias in the keys of the documents. ``patched`` are documents whose open links a later
    patch fills. ``moved`` are models whose elements got other ids when they were replaced. ``url_ids`` is how
    the service writes the ids of documents in addresses, as far as it has said so. ``before`` holds the copies' target
    ids when it began, ``settled`` things whose lost write turned out to be done, ``stuck`` those whose lost write
    cannot be settled, ``attempts`` the writes to each, all by (kind, source id).
    """

    client: Client
    book: Book
    home: Home
    run: str
    now: Callable[[], str]
    policy: Policy = field(default_factory=Policy)
    stop: Callable[[], bool] = never
    listener: Listener = silent
    sleep: Callable[[float], Awaitable[None]] = anyio.sleep
    patience: Patience = field(default_factory=Patience)
    source: str = ""
    folders: dict[FolderPath, str] = field(default_factory=dict)
    copies: dict[tuple[str, str], Copy] = field(default_factory=dict)
    ids: dict[Key, Copied] = field(default_factory=dict)
    generation: Generation | None = None
    patched: set[Key] = field(default_factory=set)
    moved: set[Key] = field(default_factory=set)
    before: dict[tuple[str, str], str] = field(default_factory=dict)
    attempts: dict[tuple[str, str], int] = field(default_factory=dict)
    urls: dict[str, str] = field(default_factory=dict)
    url_ids: dict[str, str] = field(default_factory=dict)
    settled: set[tuple[str, str]] = field(default_factory=set)
    stuck: dict[tuple[str, str], MigrateError] = field(default_factory=dict)
    _user: str | None = None

    def recall(self) -> None:
        """Learns all copies that the ledger holds when the execution begins."""
        for copy in self.book.copies(self.home):
            self.learn(copy)
        self.before = {thing: copy.target_id for thing, copy in self.copies.items()}

    def learn(self, copy: Copy) -> None:
        """Remembers a copy, so that what depends on it can be bound."""
        before = self.copies.get((copy.kind, copy.source_id))
        self.copies[copy.kind, copy.source_id] = copy
        if copy.kind == "folder":
            return
        key = Key(org=self.source, kind=document_kind(copy.kind), id=copy.source_id)
        if before is not None and any(copy.elements.get(old, ids) != ids for old, ids in before.elements.items()):
            self.moved.add(key)
        url_id = self.url_ids.get(copy.target_id, "")
        self.ids[key] = Copied(id=copy.target_id, url_id=url_id, elements=copy.elements)

    def must_repoint(self, action: Repoint) -> bool:
        """Whether a copy points at element ids that are no more, because a model it reads was replaced."""
        copy = self.copies.get((action.key.kind, action.key.id))
        if copy is None or not any(hole.key in self.moved for hole in action.draft.holes):
            return False
        return not unbound(action.draft, self.ids) and digest(bind(action.draft, self.ids)) != copy.digest_sent

    def learn_folder(self, path: FolderPath, folder_id: str) -> None:
        """Remembers where a folder path stands."""
        self.folders[path] = folder_id

    def entry_for(self, kind: str, source_id: str, name: str, folder_id: str) -> Entry:
        """A new entry of this run, not yet recorded."""
        number = self.attempts.get((kind, source_id), 0) + 1
        self.attempts[kind, source_id] = number
        return Entry(
            run=self.run,
            home=self.home,
            kind=kind,
            source_id=source_id,
            verb="create",
            state="planned",
            name=name,
            folder_id=folder_id,
            attempts=number,
            intended_at=self.server_time(),
            author=self.client.identity.user_id if self.client.identity else "",
        )

    def server_time(self) -> str:
        """The organization's own time, ISO-8601 with ``Z``; whatever we later hold it against is theirs too."""
        return datetime.fromtimestamp(self.client.time(), UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def done(self, entry: Entry, copy: Copy) -> Copy:
        """Records a write as done and remembers its copy."""
        self.book.done(entry, copy, at=self.now())
        self.learn(copy)
        return copy

    def failed(self, entry: Entry, error: MigrateError) -> None:
        """Records a write as not done."""
        self.book.failed(entry, error.code, error.message, at=self.now())

    async def user_id(self) -> str:
        """The id of the member whose credentials write, asked once."""
        if self._user is None:
            known = self.client.identity
            self._user = known.user_id if known else str((await api.whoami(self.client)).get("userId", ""))
        return self._user


def document_kind(kind: str) -> Kind:
    """The kind of a document in the ledger. Raises ValueError for what is no document."""
    if kind not in ("workbook", "data-model"):
        raise ValueError(f"{kind} is no kind of document")
    return "workbook" if kind == "workbook" else "data-model"


def copy_from(entry: Entry, *, target_id: str, digest_read: str, version: int, at: str) -> Copy:
    """The copy that a finished entry leaves, without element ids."""
    return Copy(
        home=entry.home,
        kind=entry.kind,
        source_id=entry.source_id,
        target_id=target_id,
        name=entry.name,
        folder_id=entry.folder_id,
        digest_sent=entry.digest_sent,
        digest_read=digest_read,
        version_read=version,
        elements=entry.elements,
        run=entry.run,
        updated_at=at,
    )
