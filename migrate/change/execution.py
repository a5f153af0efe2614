"""One execution on one target: what its steps share."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import anyio

from migrate.bundle.spool import Spool
from migrate.change.actions import Repoint
from migrate.change.known import Known
from migrate.change.model import Outcome
from migrate.change.run_context import RunContext, never
from migrate.change.writing import Writing
from migrate.errors import MigrateError, OutcomeUnknown
from migrate.inventory.model import Key
from migrate.ledger.model import Copy, Entry, Home
from migrate.plan.policies import Policy
from migrate.rewrite.model import Draft, Drafted
from migrate.rewrite.stowed import whole
from migrate.tree import Json
from migrate.words import Generation, Kind

if TYPE_CHECKING:
    from migrate.ledger.book import Book
    from migrate.sigma.client import Client


Look = Callable[[Outcome, Known], Awaitable[None]]
"""Looks at a document that stands, while others are still written; it raises nothing, and only reads."""


@dataclass(slots=True, kw_only=True)
class Execution:
    """What is ``known`` of the target, and what is being written (``writing``) to it in a run.

    ``generations`` are those of the documents to send, by kind; ``patched`` are documents whose open links a later
    patch fills. ``spool`` holds the bodies of the drafts; what settles and undoes needs none. ``beneath`` are the
    folders that stand right under a folder, by its id, as far as that was looked up, ``looking`` who looks it up now.
    ``writers`` are the places of those that write, ``halted`` whether nothing more is to be begun. ``complete`` are the
    documents of which every action has ended, for ``look`` to take before more is begun, where anybody looks.
    """

    client: Client
    run: RunContext
    known: Known
    writing: Writing
    policy: Policy = field(default_factory=Policy)
    generations: dict[Kind, Generation] = field(default_factory=dict)
    patched: set[Key] = field(default_factory=set)
    spool: Spool | None = None
    beneath: dict[str, tuple[Json, ...]] = field(default_factory=dict)
    looking: defaultdict[str, anyio.Lock] = field(default_factory=lambda: defaultdict(anyio.Lock))
    writers: anyio.CapacityLimiter
    halted: Callable[[], bool] = never
    look: Look | None = None
    complete: deque[Outcome] = field(default_factory=deque)

    @asynccontextmanager
    async def turn(self, kind: str, source_id: str) -> AsyncIterator[None]:
        """Holds the place of one write, from its record to its answer; what follows it is no write.

        Raises NotBegun where nothing is to be begun any more by the time it is in turn: what the run wrote already may
        be brought to its end.
        """
        async with self.writers:
            if self.halted() and (kind, source_id) not in self.writing.attempts:
                raise NotBegun
            yield

    def whole(self, known: Drafted) -> Draft:
        """A draft with its body. Raises MigrateError in an execution that was given no bodies."""
        if self.spool is None:
            raise MigrateError(f"the body of {known.key.kind} {known.key.id} is not at hand.")
        return whole(known, self.spool.get(known.digest))

    def seen(self, outcome: Outcome) -> Outcome:
        """An outcome with what was seen of its document after it was written."""
        return replace(outcome, read_back=self.known.read_back.get(outcome.target_id))

    async def look_at(self, outcome: Outcome) -> None:
        """Has a document looked at that stands as it is to be left."""
        if self.look is not None and not self.run.stop():
            await self.look(self.seen(outcome), self.known)

    def must_repoint(self, action: Repoint) -> bool:
        """Whether a copy points at element ids that are no more, because a model it reads was replaced."""
        return self.known.must_repoint(action, self.whole)

    def done(self, entry: Entry, copy: Copy) -> Copy:
        """Records a write as done and remembers its copy."""
        self.writing.done(entry, copy)
        copy = replace(copy, elements=self.writing.book.shelved(copy.elements)) if copy.elements else copy
        self.known.learn(copy)
        return copy


class NotBegun(Exception):
    """Nothing more is to be begun, and this was not."""


async def unanswered(work: Execution, entry: Entry, call: Awaitable[object]) -> bool:
    """Sends a write; whether its outcome is unknown. A clear no is recorded and raised."""
    try:
        await call
    except OutcomeUnknown:
        return True
    except MigrateError as error:
        work.writing.failed(entry, error)
        raise
    return False


def execution(
    client: Client,
    book: Book,
    home: Home,
    run: RunContext,
    policy: Policy | None = None,
    spool: Spool | None = None,
    writers: int = 1,
    look: Look | None = None,
) -> Execution:
    """An execution that knows nothing yet; so many ``writers`` may write at once."""
    return Execution(
        client=client,
        run=run,
        known=Known(),
        writing=Writing(client=client, book=book, home=home, run=run),
        policy=policy or Policy(),
        spool=spool,
        writers=anyio.CapacityLimiter(writers),
        look=look,
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
