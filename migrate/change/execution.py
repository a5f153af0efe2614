"""One execution on one target: what its steps share."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from migrate.change.known import Known
from migrate.change.run_context import RunContext
from migrate.change.writing import Writing
from migrate.inventory.model import Key
from migrate.ledger.model import Copy, Entry, Home
from migrate.plan.model import Policy
from migrate.words import Generation, Kind

if TYPE_CHECKING:
    from migrate.ledger.book import Book
    from migrate.sigma.client import Client


@dataclass(slots=True, kw_only=True)
class Execution:
    """What is ``known`` of the target, and what is being written (``writing``) to it in a run.

    ``generations`` are those of the documents to send, by kind; ``patched`` are documents whose open links a later
    patch fills.
    """

    client: Client
    run: RunContext
    known: Known
    writing: Writing
    policy: Policy = field(default_factory=Policy)
    generations: dict[Kind, Generation] = field(default_factory=dict)
    patched: set[Key] = field(default_factory=set)

    def done(self, entry: Entry, copy: Copy) -> Copy:
        """Records a write as done and remembers its copy."""
        self.writing.done(entry, copy)
        self.known.learn(copy)
        return copy


def execution(client: Client, book: Book, home: Home, run: RunContext, policy: Policy | None = None) -> Execution:
    """An execution that knows nothing yet."""
    return Execution(
        client=client,
        run=run,
        known=Known(),
        writing=Writing(client=client, book=book, home=home, run=run),
        policy=policy or Policy(),
    )


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
        description=entry.description,
    )
