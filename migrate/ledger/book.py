"""The durable record of every intended and finished write, and of every source id -> target id.

    with open_book("sqlite:///.sigma-migrate/state.db") as book:
        entry = book.intend(entry, sent=body)        # on the disk before the request leaves
        entry = book.sent(entry, target_id)          # the moment an answer names an id
        book.done(entry, copy)                       # result and id map in one transaction

Every method commits before it returns and then tells the listener (``events.Recorded``). Times come in
as arguments. Any database trouble is a ServiceError. A Book belongs to one thread.
"""

from __future__ import annotations

import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import asdict, replace
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import orjson
import sqlalchemy as sa

from migrate.bundle.spool import Spool
from migrate.errors import MigrateError, Refused
from migrate.events import Listener, Recorded, silent
from migrate.ledger import locks, retention
from migrate.ledger.counts import NOW, Counted, counted
from migrate.ledger.elements import Elements, text_of
from migrate.ledger.held import Held
from migrate.ledger.model import Copy, Entry, Home, Look, Run, Selected, Snapshot
from migrate.ledger.opening import folder_of, open_engine, shared_engine
from migrate.ledger.owner import Owner
from migrate.ledger.pauses import Pauses
from migrate.ledger.retention import Spare
from migrate.ledger.statements import (
    BODY,
    COPY,
    ENTRY,
    LOCKED_BODY,
    LOOK,
    NEW_ENTRY,
    SENT_OF_COPY,
    UNUSED_BODY,
    replaced_row,
)
from migrate.ledger.tables import (
    HOME_COLUMNS,
    bodies,
    copies,
    copy_of,
    entries,
    entry_of,
    home_is,
    insert,
    look_of,
    looks,
    row_of,
    row_of_look,
    run_of,
    runs,
    selected_of,
    selections,
)
from migrate.ledger.tickets import FleetRuns
from migrate.ledger.transactions import Transactions
from migrate.rewrite.model import ElementIds
from migrate.tree import Json, canonical
from migrate.words import AROUND, OPEN_STATES

_FAST = 1  # zlib's level: a spec shrinks to a tenth or twentieth at any

_AT_A_TIME = 100
"""Rows that are in memory at once where many are read."""

_KEPT_BYTES = 2**20
"""So many bytes of element ids, as JSON, are kept as trees: those of some models of usual size."""


def open_book(url: str, *, listener: Listener = silent, shares: bool = False) -> Book:
    """An open ledger, made where it does not exist yet (folder and file owner-only).

    With ``shares`` all such books of this process have their connections to a server together. Raises InvalidInput
    for a URL that cannot be a ledger, ServiceError where it cannot be used or is newer.
    """
    shared = shares and not url.startswith("sqlite")
    engine = shared_engine(url) if shared else open_engine(url)
    return Book(engine, listener=listener, folder=folder_of(url), shared=shared)


class Book:
    """An open ledger; a context manager. ``folder`` takes what is held on disk while it is in use."""

    def __init__(
        self, engine: sa.Engine, *, listener: Listener = silent, folder: Path | None = None, shared: bool = False
    ) -> None:
        self._at = Transactions(engine, shared=shared)
        self._listener = listener
        self._folder = folder
        self._shelf: Spool | None = None
        self._attempts: dict[str, int] = {}
        self.fleets = FleetRuns(self._at, listener)
        """Runs that several processes work on."""
        self.pauses = Pauses(self._at)
        """What processes that ask the same hosts tell each other."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Lets the database go. Locks stay until released or expired."""
        self._at.close()

    # Runs

    def start_run(self, run: Run) -> Run:
        """The run as recorded: one that is new, or the next attempt of one that was interrupted."""
        values = {name: value for name, value in asdict(run).items() if name != "attempt"}
        with self._at.writing() as connection:
            query = insert(connection.dialect.name, runs).values(**values, attempt=1)
            query = query.on_conflict_do_update(
                index_elements=[runs.c.id], set_={**values, "attempt": runs.c.attempt + 1}
            )
            attempt = connection.execute(query.returning(runs.c.attempt)).scalar_one()
        self._attempts[run.id] = attempt
        self._tell("run", document=run.id)
        return replace(run, attempt=attempt)

    def attempt(self, run_id: str) -> int:
        """Which attempt of a run this book started; 0 for none, which takes nothing over from anybody."""
        return self._attempts.get(run_id, 0)

    def drop_run(self, run_id: str) -> None:
        """Takes a run back that was refused before it did anything, unless an entry speaks of it."""
        wrote = sa.exists().where(entries.c.run == run_id)
        with self._at.writing() as connection:
            connection.execute(runs.delete().where((runs.c.id == run_id) & (runs.c.attempt == 1) & ~wrote))

    def finish_run(self, run_id: str, status: str, finished_at: str) -> None:
        """Records how a run ended: ``complete``, ``interrupted`` or ``failed``."""
        with self._at.writing() as connection:
            connection.execute(runs.update().where(runs.c.id == run_id).values(status=status, finished_at=finished_at))
        self._tell("run", document=run_id)

    def run(self, run_id: str) -> Run | None:
        """One run by id."""
        found = self._rows(sa.select(runs).where(runs.c.id == run_id))
        return run_of(found[0]) if found else None

    def runs(self, plan: str | None = None) -> tuple[Run, ...]:
        """All runs (of one plan), the oldest first."""
        query = sa.select(runs).order_by(runs.c.started_at, runs.c.id)
        return tuple(run_of(row) for row in self._rows(query if plan is None else query.where(runs.c.plan == plan)))

    # Writes

    def intend(self, entry: Entry, *, sent: Json = None, replaced: Json = None) -> Entry:
        """The entry as recorded, with its sequence, durable before the request may leave.

        ``sent`` is the body that will leave (kept while its outcome is open, so that a lost write can be
        recognised, and while the copy was last made from it); ``replaced`` is what it replaces, kept for
        undo as the entry's ``pre_image``.
        Raises LockHeld where this book's lock was taken over, Refused where a write to the same
        thing is still open.
        """
        texts = [None if body is None else canonical(body) for body in (sent, replaced)]
        digests = ["" if text is None else sha256(text).hexdigest() for text in texts]
        entry = replace(
            entry,
            state="intended",
            digest_sent=digests[0] or entry.digest_sent,
            pre_image=digests[1] or entry.pre_image,
            sequence=0,
        )
        with self._at.writing() as connection:
            self._at.prove(connection, entry.home.target_org)
            _keep_bodies(connection, zip(digests, texts, strict=True))
            entry = replace(entry, sequence=_insert_entry(connection, entry))
        self._tell_of(entry)
        return entry

    def sent(self, entry: Entry, target_id: str, request_id: str = "") -> Entry:
        """The entry, now with the id that the answer named."""
        entry = replace(entry, state="sent", target_id=target_id, request_id=request_id or entry.request_id)
        with self._at.writing(waits=False) as connection:
            self._at.prove(connection, entry.home.target_org)
            _update_entry(connection, entry)
        self._tell_of(entry)
        return entry

    def done(self, entry: Entry, copy: Copy | None, *, at: str = "") -> Entry:
        """The entry as done, and its copy as the current one, in one transaction.

        ``copy`` None: the thing is no copy any more (a delete), so what the id map says of it is removed.
        """
        entry = replace(entry, state="done", finished_at=at or (copy.updated_at if copy else ""))
        if copy is not None:
            entry = replace(
                entry,
                target_id=copy.target_id,
                digest_read=copy.digest_read,
                version_read=copy.version_read,
                elements=copy.elements,
            )
        with self._at.writing(waits=False) as connection:
            self._at.prove(connection, entry.home.target_org)
            _update_entry(connection, entry)
            earlier = _replace_copy(connection, entry, copy)
            _drop_bodies(connection, entry.digest_sent, earlier)
        self._tell_of(entry)
        return entry

    def failed(self, entry: Entry, code: str, reason: str, *, at: str = "") -> Entry:
        """The entry as failed: the write was not done. The id map stays as it was."""
        entry = replace(entry, state="failed", reason_code=code, reason=reason, finished_at=at)
        with self._at.writing(waits=False) as connection:
            self._at.prove(connection, entry.home.target_org)
            _update_entry(connection, entry)
            _drop_bodies(connection, entry.digest_sent)
        self._tell_of(entry)
        return entry

    def adopt(self, copy: Copy) -> None:
        """Records a copy that no write of ours made, as the current one."""
        with self._at.writing() as connection:
            self._at.prove(connection, copy.home.target_org)
            _drop_bodies(connection, _replace_copy(connection, copy, copy))
        self._tell("adopted", target=copy.home.target_org, document=copy.source_id)

    def forget(self, home: Home, *, kind: str = "", source_id: str = "") -> int:
        """How many copies were forgotten: all of a home, of a kind, or one. Nothing changes in Sigma."""
        condition, same = home_is(copies, home), home_is(looks, home)
        if kind:
            condition, same = condition & (copies.c.kind == kind), same & (looks.c.kind == kind)
        if source_id:
            condition &= copies.c.source_id == source_id
            same &= looks.c.source_id == source_id
        with self._at.writing() as connection:
            digests = connection.execute(sa.select(copies.c.digest_sent).where(condition)).scalars().all()
            connection.execute(copies.delete().where(condition))
            connection.execute(looks.delete().where(same))
            _drop_bodies(connection, *digests)
        self._tell("forgotten", target=home.target_org, document=source_id)
        return len(digests)

    def remember_selection(self, home: Home, found: Iterable[Selected]) -> None:
        """Keeps what a run had in scope, and what has left it, in place of what the run before kept."""
        now = {(one.kind, one.source_id): one for one in found}
        with self._at.writing() as connection:
            self._at.prove(connection, home.target_org)
            rows = connection.execute(sa.select(selections).where(home_is(selections, home))).mappings()
            before = {(row["kind"], row["source_id"]): selected_of(dict(row)) for row in rows}
            for thing in before.keys() - now.keys():
                kind, source_id = selections.c.kind == thing[0], selections.c.source_id == thing[1]
                connection.execute(selections.delete().where(home_is(selections, home) & kind & source_id))
            for thing, one in now.items():
                if before.get(thing) != one:
                    row = asdict(home) | asdict(one)
                    connection.execute(replaced_row(connection.dialect.name, selections), row)
        self._tell("selection", target=home.target_org)

    def remember(self, home: Home, found: Iterable[Look], lost: Iterable[tuple[str, str]] = ()) -> None:
        """Records how copies were found, in one transaction, in place of what was known of them before.

        Of ``lost`` ones, (kind, source id), nothing is known any more. No lock is needed: a look speaks of one copy as
        it was sent, and counts for nothing once another was.
        """
        rows = [row_of_look(look) for look in found]
        with self._at.writing() as connection:
            for kind, source_id in lost:
                same = (looks.c.kind == kind) & (looks.c.source_id == source_id)
                connection.execute(looks.delete().where(home_is(looks, home) & same))
            for row in rows:
                LOOK.execute(connection, row)
        self._tell("remembered", target=home.target_org)

    # Reading

    def looks(self, home: Home) -> Iterator[Look]:
        """How each copy of a home was found when it was last looked at, one after the other: they may be large."""
        return (look_of(row) for row in self._stream(sa.select(looks).where(home_is(looks, home))))

    def snapshot(self, home: Home) -> Snapshot:
        """What is known of a home: its copies by (kind, source id), and its writes with no outcome yet."""
        by_key = {(copy.kind, copy.source_id): copy for copy in self.copies(home)}
        selected = map(selected_of, self._rows(sa.select(selections).where(home_is(selections, home))))
        return Snapshot(
            home=home,
            copies=by_key,
            open=self.open(home),
            selected={(one.kind, one.source_id): one for one in selected},
            around=self.around(home),
        )

    def open(self, home: Home) -> tuple[Entry, ...]:
        """The writes to a home that have no outcome yet, in the order they were intended."""
        return self._entries(home_is(entries, home) & entries.c.state.in_(OPEN_STATES))

    def entries(self, run: str, target_org: str = "") -> tuple[Entry, ...]:
        """All entries of a run (in one organization), in the order they were intended."""
        mine = entries.c.run == run
        return self._entries(mine & (entries.c.target_org == target_org) if target_org else mine)

    def entry(self, sequence: int) -> Entry | None:
        """One entry by its number; None where there is none."""
        return next(iter(self._entries(entries.c.sequence == sequence)), None)

    def reversals(self, run: str) -> tuple[Entry, ...]:
        """All writes that took back one of this run, in the order they were intended; only those that were done."""
        mine = sa.select(entries.c.sequence).where(entries.c.run == run).scalar_subquery()
        return self._entries(entries.c.undoes.in_(mine) & (entries.c.state == "done"))

    def taken_back(self, run: str) -> bool:
        """Whether every write of a run that was done was taken back."""
        back = {entry.undoes for entry in self.reversals(run)}
        done = (entry for entry in self.entries(run) if entry.state == "done" and entry.reversed_by is not None)
        return all(entry.sequence in back for entry in done)

    def wrote(self, run: str) -> bool:
        """Whether a run wrote anything that could be taken back: not a run that takes back another."""
        mine = (entries.c.run == run) & (entries.c.undoes == 0) & (entries.c.state != "failed")
        return bool(self._rows(sa.select(entries.c.sequence).where(mine).limit(1)))

    def copies(self, home: Home) -> tuple[Copy, ...]:
        """All copies of a home: documents and folders."""
        return self._copies(home_is(copies, home) & copies.c.kind.not_in(AROUND))

    def around(self, home: Home) -> dict[tuple[str, str], Copy]:
        """What stands round the copies of a home by our doing, by (kind, source id)."""
        return {
            (one.kind, one.source_id): one for one in self._copies(home_is(copies, home) & copies.c.kind.in_(AROUND))
        }

    def copy(self, home: Home, kind: str, source_id: str) -> Copy | None:
        """What stands for one thing of a home; None where nothing does."""
        one = home_is(copies, home) & (copies.c.kind == kind) & (copies.c.source_id == source_id)
        return next(iter(self._copies(one)), None)

    def _copies(self, those: sa.ColumnElement[bool]) -> tuple[Copy, ...]:
        query = sa.select(copies).where(those).order_by(copies.c.kind, copies.c.source_id)
        return tuple(copy_of(row, self.shelved) for row in self._stream(query))

    def _entries(self, those: sa.ColumnElement[bool]) -> tuple[Entry, ...]:
        query = sa.select(entries).where(those).order_by(entries.c.sequence)
        return tuple(entry_of(row, self.shelved) for row in self._stream(query))

    def shelved(self, elements: str | Mapping[str, ElementIds]) -> Mapping[str, ElementIds]:
        """The same elements, as text or as they are, held on disk as long as anybody has them; none is none."""
        text = elements if isinstance(elements, str) else text_of(elements)
        if text == "{}":
            return {}
        self._shelf = self._shelf or Spool(self._folder, most=_KEPT_BYTES)
        return Elements(self._shelf, text)

    def homes(self, plan: str) -> tuple[Home, ...]:
        """Every source and target of a plan that something was written or intended for."""
        found: set[Home] = set()
        for table in (copies, entries):
            query = sa.select(table.c.source_org, table.c.target_org).where(table.c.plan == plan).distinct()
            found.update(Home(plan=plan, **row) for row in self._rows(query))
        return tuple(sorted(found, key=lambda home: (home.target_org, home.source_org)))

    def counts(self, plan: str) -> tuple[Counted, ...]:
        """What is held of each source and target of a plan, counted; and who holds the lock there."""
        with self._at.reading() as connection:

            def ask(query: str, values: Mapping[str, str]) -> list[dict[str, Any]]:
                return [dict(row) for row in connection.execute(sa.text(query), dict(values)).mappings()]

            return counted(ask, plan, NOW[connection.dialect.name])

    def owned(self, target_org: str) -> dict[str, Copy]:
        """Every copy in an organization, of whatever plan, by its id there."""
        return {one.target_id: one for one in self._copies(copies.c.target_org == target_org)}

    def body(self, body_digest: str) -> Json | None:
        """A kept body by its digest; None where it is not kept (any more)."""
        found = self._rows(sa.select(bodies.c.body).where(bodies.c.digest == body_digest))
        return orjson.loads(zlib.decompress(found[0]["body"])) if found else None

    # Locks

    def lock(self, target_org_id: str, owner: Owner, *, ttl: float) -> Held:
        """The lock on a target, for ``ttl`` seconds; a stale one is taken over.

        Raises LockHeld with its holder, since when and until when. Whatever this book records of that target from
        now on proves in its own transaction that the lock is still ours.
        """
        with self._at.writing() as connection:
            held = locks.take(connection, target_org_id, owner, ttl)
        self._at.held[target_org_id] = held
        self._tell("locked", target=target_org_id, document=owner.run)
        return held

    def renew(self, held: Held, *, ttl: float) -> Held:
        """The lock, extended. Raises LockHeld where somebody took it over meanwhile."""
        with self._at.writing() as connection:
            return locks.extend(connection, held, ttl)

    def release(self, held: Held) -> None:
        """Gives the lock back; harmless where it is somebody else's by now. Nothing more is recorded under it."""
        with self._at.writing() as connection:
            locks.give_back(connection, held)
        self._tell("unlocked", target=held.target_org, document=held.owner.run)

    def unlock(self, target_org_id: str) -> Held | None:
        """The lock that a person's word broke, None where there was none. Its holder can record nothing more."""
        with self._at.writing() as connection:
            broken = locks.break_lock(connection, target_org_id)
        self._tell("unlocked", target=target_org_id, document=broken.owner.run if broken else "")
        return broken

    def holder(self, target_org_id: str) -> Held | None:
        """The lock on a target as it stands, expired or not."""
        with self._at.reading() as connection:
            return locks.holder(connection, target_org_id)

    # What nothing needs any more

    def spare(self, runs: Collection[str]) -> Spare:
        """What nothing needs: bodies that nobody refers to, and the tickets of these runs."""
        with self._at.reading() as connection:
            return retention.spare(connection, runs)

    def drop_spare(self, runs: Collection[str]) -> None:
        """Removes what ``spare`` tells of; all that undo, settling or a copy needs stays."""
        with self._at.writing() as connection:
            retention.drop(connection, runs)

    # Inside

    def _stream(self, query: sa.Select[Any]) -> Iterator[dict[str, Any]]:
        """The rows of a query, a few at a time: what stands in them may be large."""
        with self._at.reading() as connection:
            for row in connection.execution_options(yield_per=_AT_A_TIME).execute(query).mappings():
                yield dict(row)

    def _rows(self, query: sa.Select[Any]) -> list[dict[str, Any]]:
        with self._at.reading() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]

    def _tell_of(self, entry: Entry) -> None:
        self._tell(entry.state, target=entry.home.target_org, document=entry.source_id)

    def _tell(self, what: str, *, target: str = "", document: str = "") -> None:
        self._listener(Recorded(what=what, target=target, document=document))


def _same_thing(table: sa.Table, value: Entry | Copy) -> sa.ColumnElement[bool]:
    return home_is(table, value.home) & (table.c.kind == value.kind) & (table.c.source_id == value.source_id)


def _replace_copy(connection: sa.Connection, thing: Entry | Copy, copy: Copy | None) -> str:
    """The ``digest_sent`` of the copy that stood in the id map until now, or empty."""
    named = {f"of_{name}": getattr(thing.home, name) for name in HOME_COLUMNS}
    named |= {"of_kind": thing.kind, "of_source_id": thing.source_id}
    earlier: str | None = SENT_OF_COPY.execute(connection, named)
    if copy is None:
        connection.execute(copies.delete().where(_same_thing(copies, thing)))
        connection.execute(looks.delete().where(_same_thing(looks, thing)))
    else:
        COPY.execute(connection, row_of(copy))
    return earlier or ""


def _insert_entry(connection: sa.Connection, entry: Entry) -> int:
    try:
        inserted = NEW_ENTRY.execute(connection, row_of(entry))
    except sa.exc.IntegrityError:
        raise Refused(
            f"A write to {entry.kind} {entry.source_id} is still open, so another one was not begun.",
            code="write_still_open",
            next_action="run apply again; it settles what is open first.",
        ) from None
    if inserted is None:
        raise MigrateError("The database gave no number to a new entry of the ledger.")
    return int(inserted)


def _update_entry(connection: sa.Connection, entry: Entry) -> None:
    ENTRY.execute(connection, row_of(entry) | {"of_sequence": entry.sequence})


def _keep_bodies(connection: sa.Connection, found: Iterable[tuple[str, bytes | None]]) -> None:
    """Keeps bodies, each once by its digest, in one order: two writers of equal bodies never wait for each other.

    A body that is there is touched, which locks its row: who is about to drop it then finds it in use.
    """
    for name, body in sorted({name: body for name, body in found if body is not None}.items()):
        BODY.execute(connection, {"digest": name, "body": zlib.compress(body, _FAST)})


def _drop_bodies(connection: sa.Connection, *digests: str) -> None:
    """Removes bodies unless undo, an open write, or a copy that was made from one needs it.

    The row is locked first, in a statement of its own: only a statement that begins after a concurrent
    writer committed sees what that writer needs the body for.
    """
    for name in sorted(set(digests) - {""}):
        LOCKED_BODY.execute(connection, {"name": name})
        UNUSED_BODY.execute(connection, {"name": name})
