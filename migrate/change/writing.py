"""What is written to a target: each write on record before it leaves, and its end the moment it is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from migrate.change.run_context import RunContext
from migrate.errors import MigrateError
from migrate.ledger.model import Copy, Entry, Home
from migrate.sigma import api
from migrate.tree import Json
from migrate.words import OutcomeName, WriteVerb

if TYPE_CHECKING:
    from migrate.ledger.book import Book
    from migrate.sigma.client import Client


_DONE: Mapping[WriteVerb, OutcomeName] = {
    "create": "created",
    "update": "updated",
    "patch": "updated",
    "move": "renamed",
}


def made_by(entry: Entry) -> OutcomeName | None:
    """What a write made of its document; None where it was not done, or was about something else."""
    return _DONE.get(entry.verb) if entry.state == "done" else None


@dataclass(slots=True, kw_only=True)
class Writing:
    """The writes of one run to one home.

    ``attempts`` counts the writes to each thing, ``earlier`` is what earlier attempts of this run made of the things
    that they wrote (a retry tells of the whole run), ``settled`` are things whose lost write turned out to be done,
    ``stuck`` those whose lost write cannot be settled, all by (kind, source id).
    """

    client: Client
    book: Book
    home: Home
    run: RunContext
    attempts: dict[tuple[str, str], int] = field(default_factory=dict)
    earlier: dict[tuple[str, str], OutcomeName] = field(default_factory=dict)
    settled: set[tuple[str, str]] = field(default_factory=set)
    stuck: dict[tuple[str, str], MigrateError] = field(default_factory=dict)
    _author: str | None = None

    def recall(self) -> None:
        """Learns what earlier attempts of this run did: the first write to each thing says it."""
        for entry in self.book.entries(self.run.id, self.home.target_org):
            outcome = made_by(entry)
            if entry.home == self.home and outcome is not None:
                self.earlier.setdefault((entry.kind, entry.source_id), outcome)

    @property
    def open(self) -> tuple[Entry, ...]:
        """The writes to this home of which no outcome is known."""
        return self.book.open(self.home)

    @property
    def copies(self) -> tuple[Copy, ...]:
        """The copies of this home, as the ledger has them now."""
        return self.book.copies(self.home)

    def planned(self, kind: str, source_id: str, name: str, folder_id: str) -> Entry:
        """A new entry of this run, not yet recorded; the organization's own time is on it."""
        number = self.attempts.get((kind, source_id), 0) + 1
        self.attempts[kind, source_id] = number
        moment = datetime.fromtimestamp(self.client.time(), UTC).isoformat(timespec="milliseconds")
        return Entry(
            run=self.run.id,
            home=self.home,
            kind=kind,
            source_id=source_id,
            verb="create",
            state="planned",
            name=name,
            folder_id=folder_id,
            attempts=number,
            intended_at=moment.replace("+00:00", "Z"),
            author=self.client.identity.user_id if self.client.identity else "",
        )

    def intend(self, entry: Entry, *, sent: Json = None, replaced: Json = None) -> Entry:
        """The entry, durable before its request may leave; see ``Book.intend``."""
        return self.book.intend(entry, sent=sent, replaced=replaced)

    def sent(self, entry: Entry, target_id: str) -> Entry:
        """The entry with the id that an answer named."""
        return self.book.sent(entry, target_id)

    def done(self, entry: Entry, copy: Copy | None) -> None:
        """Records a write as done; ``copy`` is what stands, None where the thing is no copy any more."""
        self.book.done(entry, copy, at=self.run.now())

    def failed(self, entry: Entry, error: MigrateError) -> None:
        """Records a write as not done: Sigma said no."""
        self.book.failed(entry, error.code, error.message, at=self.run.now())

    def not_done(self, entry: Entry) -> None:
        """Records a write whose answer was lost, or says what is not so, and of which nothing shows."""
        answer = "its answer was lost" if entry.state == "intended" else "it was answered as done"
        reason = f"{answer}, and nothing in the target shows that it was done"
        self.book.failed(entry, "not_done", reason, at=self.run.now())

    async def author(self) -> str:
        """The id of the member whose credentials write, asked once."""
        if self._author is None:
            known = self.client.identity
            self._author = known.user_id if known else str((await api.whoami(self.client)).get("userId", ""))
        return self._author
