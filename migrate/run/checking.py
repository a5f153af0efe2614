"""What landed in one target, checked: against what should stand there, with as few requests as can tell."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TypeVar

from migrate.bundle.spool import Spool
from migrate.change.folders import folder_path
from migrate.change.known import Known
from migrate.change.model import Outcome
from migrate.change.run_context import RunContext
from migrate.change.unchanged import needed, needs_mark
from migrate.change.view import ids_of
from migrate.check.levels import Landed, Sides
from migrate.check.model import Finding, RowsCompared, Thing, statement_of
from migrate.check.replaced import Account, Held, Names, held_by, labels
from migrate.check.rows_compared import rows_compared
from migrate.check.verify import Checking, checking, verify
from migrate.errors import MigrateError, classified
from migrate.inventory.model import Folder, Inventory, Key
from migrate.kinds import KINDS
from migrate.ledger.book import Book
from migrate.ledger.model import Copy, Look
from migrate.plan.model import Plan
from migrate.rewrite.mapping import counterparts
from migrate.rewrite.model import Copied, Draft, Drafted, IdMap
from migrate.rewrite.stowed import account_of, whole
from migrate.run.clients import Clients
from migrate.run.landed import landed, shows_place
from migrate.run.planning import Planned
from migrate.run.prepare import Prepared
from migrate.run.surroundings import carries
from migrate.sigma import api
from migrate.sigma.client import Client
from migrate.sigma.paging import PAGE
from migrate.tree import Json
from migrate.words import FOUND_GOOD, LANDED, WRITTEN, Level

T = TypeVar("T")

_LOOKS = 200
"""How many looks are recorded at a time: each holds what a report says of its copy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Worked:
    """What became of one target: an outcome a document, what checking found, and what ended the work early."""

    outcomes: Sequence[Outcome] = ()
    findings: Sequence[Finding] = ()
    trouble: MigrateError | None = None
    ids: IdMap = field(default_factory=dict)
    """Where the documents stand in the target, as far as checking came to look it up."""
    rows_compared: RowsCompared | None = None
    """What is to be said of the checks of the whole target."""
    held: dict[Key, str] = field(default_factory=dict)
    """Where in the spool the things of the source lie that a copy holds, as far as they were looked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """The checks that are made while a target is still written to: of each document as soon as it is left alone.

    Of one that was written and whose read-back showed all, so that nothing is asked twice; the rest is checked when all
    is written.
    """

    sides: Sides
    checking: Checking
    spool: Spool
    prepared: Prepared
    listed: list[tuple[Mapping[tuple[str, ...], str], Inventory]] = field(default_factory=list)
    """The folders that were known last, and the target with them."""

    async def look(self, outcome: Outcome, known: Known) -> None:
        """Checks a document; what comes in the way is met again, and told, when the rest is checked."""
        draft = outcome.draft
        if draft is None or outcome.outcome not in WRITTEN or not shows_place(outcome):
            return
        copies = [known.copies.get((key.kind, key.id)) for key in (outcome.key, *needed(draft))]
        ids = ids_of(filter(None, copies), self.prepared.source.org)
        sides = replace(self.sides, dest=self._dest(known.folders))

        def expected(one: Outcome) -> Landed:
            return landed(one, self.prepared, self.spool, ids, copies[0], {})

        with suppress(Exception):
            await self.checking.look(outcome, expected, sides)

    def _dest(self, folders: Mapping[tuple[str, ...], str]) -> Inventory:
        """The target as it was listed, with the folders that are known now: for most documents those of the last."""
        if not self.listed or self.listed[0][0] != folders:
            self.listed[:] = [(dict(folders), with_folders(self.prepared.dest, folders))]
        return self.listed[0][1]


async def beside(clients: Clients, planned: Planned, prepared: Prepared) -> Beside | None:
    """The checks to be made while a target is written to; None where they have to wait until all is written.

    That is so where more is carried than contents, since rights and owners come last; and inside one organization,
    where only the documents that have a copy by then are out of place in another copy.
    """
    levels = levels_of(prepared.plan)
    same = prepared.source.identity.organization_id == prepared.dest.identity.organization_id
    if not levels or same or carries(prepared.plan.carry):
        return None
    ids = ids_of(prepared.snapshot.copies.values(), prepared.source.org)
    sides = await _sides(clients, prepared, prepared.dest, ids)
    return Beside(sides=sides, checking=checking(sides, levels), spool=planned.spool, prepared=prepared)


async def checked(
    clients: Clients,
    planned: Planned,
    prepared: Prepared,
    book: Book,
    outcomes: Sequence[Outcome],
    run: RunContext,
    begun: Beside | None = None,
) -> Worked:
    """The same outcomes with a finding for everything that landed, as far as checking came.

    What was planned without a look at it gets none now either, and its finding says so. ``begun`` is what was checked
    already.
    """
    arrived = [outcome for outcome in outcomes if outcome.outcome in LANDED]
    passed = [_passed_by(one, prepared) for one in arrived if one.key in prepared.passed_by]
    todo = [one for one in arrived if one.key not in prepared.passed_by]
    levels = levels_of(prepared.plan)
    if not todo or not levels:
        return Worked(outcomes=outcomes, findings=passed if levels else ())
    try:
        copies = {(copy.kind, copy.source_id): copy for copy in book.copies(prepared.home)}
        ids = ids_of(copies.values(), prepared.source.org)
        dest = with_folders(prepared.dest, _made_folders(copies.values(), run.id))
        sides = await _sides(clients, prepared, dest, ids)
        checks = checking(sides, levels)
        if begun is not None:
            checks = replace(begun.checking, foreign=checks.foreign)
        rest = [one for one in todo if one.key not in checks.findings]
        listed = await _listed(sides.client, prepared.dest, rest) if "exists" in levels else {}

        def expected(one: Outcome) -> Landed:
            copy = copies.get((one.key.kind, one.key.id))
            return landed(one, prepared, planned.spool, ids, copy, listed)

        found = await verify(todo, expected, sides, checks, listener=run.listener, stop=run.stop)
    except Exception as error:  # noqa: BLE001 - what was written is reported, checked or not
        return Worked(outcomes=outcomes, findings=passed, trouble=classified(error))
    asked = prepared.plan.verify.data if "data" in levels else None
    return Worked(
        outcomes=outcomes,
        findings=[*passed, *found.findings],
        trouble=found.trouble,
        ids=ids,
        rows_compared=rows_compared(prepared.target, found.findings, asked) if asked else None,
    )


async def _sides(clients: Clients, prepared: Prepared, dest: Inventory, ids: Mapping[Key, Copied]) -> Sides:
    """The two organizations, with the target as it is listed in ``dest`` and the copies in ``ids``."""
    alias = clients.plan.source.org
    return Sides(
        client=await clients.client(prepared.target),
        dest=dest,
        source=prepared.source,
        source_client=await clients.client(alias) if alias else None,
        counterparts=counterparts(prepared.plan, prepared.source, prepared.dest),
        copied=frozenset(key.id for key in ids),
        data=prepared.plan.verify.data,
        keeps_drift=prepared.plan.policy.drift != "fail",
    )


def levels_of(plan: Plan) -> tuple[Level, ...]:
    """What is checked: what the plan says, and access where it carries any."""
    levels = plan.verify.levels
    return (*levels, *(("access",) if carries(plan.carry) and "access" not in levels else ()))


def _passed_by(outcome: Outcome, prepared: Prepared) -> Finding:
    """The finding of a copy that nobody looked at, with what was found when somebody did."""
    look = prepared.last.looks[outcome.key.kind, outcome.key.id]
    return Finding(
        target=outcome.target,
        key=outcome.key,
        verdict="unchanged_by_version",
        reason_code="unchanged_by_version",
        reason=f"by the versions nothing changed since {look.looked_at[:10]}, when it was checked: {look.verdict}",
    )


def remember(book: Book, planned: Planned, prepared: Prepared, worked: Worked, run: RunContext) -> None:
    """Records how every copy was found that was looked at, so that the next run may pass by what is as it should be.

    Where the plan asks for no check at all, what was made or found unchanged counts. What is not as it should be is
    looked at again, whatever was known of it before. What the copies hold is put away for the report as well.
    """
    copies = {(copy.kind, copy.source_id): copy for copy in book.copies(prepared.home)}
    ids = ids_of(copies.values(), prepared.source.org)
    names = names_of(planned, prepared, worked)
    account = Account(drafts={(one.target, one.key): one.draft for one in worked.outcomes if one.draft is not None})
    findings = {finding.key: finding for finding in worked.findings}
    looks, lost = list[Look](), list[tuple[str, str]]()
    for outcome in worked.outcomes:
        thing, finding = (outcome.key.kind, outcome.key.id), findings.get(outcome.key)
        if outcome.key in prepared.passed_by:
            continue
        if finding is not None and finding.verdict not in FOUND_GOOD:
            lost.append(thing)
        elif finding is not None or not levels_of(prepared.plan):
            look = _look(outcome, finding, copies.get(thing), ids, prepared)
            draft = names.whole(outcome.draft) if look and outcome.draft else None
            if look and draft:
                held = held_by(draft, outcome.target, names, account)
                worked.held[outcome.key] = planned.spool.put(held)
                looks.append(replace(look, looked_at=run.now(), held=held))
        if len(looks) >= _LOOKS:
            book.remember(prepared.home, looks)
            looks.clear()
    if looks or lost:
        book.remember(prepared.home, looks, lost)


def names_of(planned: Planned, prepared: Prepared, worked: Worked) -> Names:
    """What things are called in the source and in one target, and where its drafts and statements lie."""

    def at_hand(known: Drafted) -> Draft | None:
        return whole(known, planned.spool.get(known.digest)) if known.digest in planned.spool else None

    return Names(
        here=labels(planned.source),
        there=labels(prepared.dest),
        copies={**prepared.mapped, **worked.ids},
        sql=_PutAway(planned.spool, prepared.sql, statement_of),
        whole=at_hand,
        held=_PutAway(planned.spool, {**prepared.last.held_by(prepared.passed_by), **worked.held}, _held),
    )


def _held(one: Json) -> Held:
    return Held(thing=Thing(**one["thing"]), count=one["count"], places=tuple(one["places"]))


class _PutAway(Mapping[Key, tuple[T, ...]]):
    """Lists by document, each read from the spool when it is asked for; ``made`` makes a value of what lies there."""

    def __init__(self, spool: Spool, places: Mapping[Key, str], made: Callable[[Json], T]) -> None:
        self._spool = spool
        self._places = places
        self._made = made

    def __getitem__(self, key: Key) -> tuple[T, ...]:
        return tuple(self._made(one) for one in self._spool.get_once(self._places[key]))

    def __iter__(self) -> Iterator[Key]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)


def _look(
    outcome: Outcome,
    finding: Finding | None,
    copy: Copy | None,
    ids: Mapping[Key, Copied],
    prepared: Prepared,
) -> Look | None:
    """What is to be remembered of a copy that stands as it was drafted; None where nothing can be."""
    mark, draft = prepared.marks.get(outcome.key), outcome.draft
    if mark is None or draft is None or copy is None or copy.target_id != outcome.target_id:
        return None
    if outcome.outcome not in LANDED - {"mapped"}:
        return None
    item = prepared.source.items[outcome.key]
    return Look(
        home=prepared.home,
        kind=copy.kind,
        source_id=copy.source_id,
        target_id=copy.target_id,
        digest_sent=copy.digest_sent,
        source=mark.source,
        source_version=item.version,
        ways=mark.ways,
        needs=needs_mark(needed(draft), ids),
        verdict=finding.verdict if finding else "not_run",
        looked_at="",
        levels=finding.levels if finding else {},
        reads=item.reads,
        hidden=item.hidden_sources,
        mentions=mark.mentions,
        account=account_of(draft),
    )


async def _listed(client: Client, dest: Inventory, arrived: Sequence[Outcome]) -> Mapping[str, Json]:
    """The file entries, by id, of documents whose place the answer to their last write did not show.

    Empty where asking for each by its id takes fewer requests than the pages of the listing.
    """
    open_ = [one for one in arrived if one.outcome in WRITTEN and not shows_place(one)]
    if len(open_) <= len(dest.items) // PAGE + 1:
        return {}
    return {str(entry["id"]): entry for entry in await api.list_files(client, types=tuple(KINDS))}


def _made_folders(copies: Iterable[Copy], run: str) -> dict[tuple[str, ...], str]:
    """The folders that this run has made, by path with their ids."""
    return {
        path: copy.target_id
        for copy in copies
        if copy.kind == "folder" and copy.run == run and (path := folder_path(copy.source_id))
    }


def with_folders(dest: Inventory, found: Mapping[tuple[str, ...], str]) -> Inventory:
    """The target as it was listed, with folders that it has besides, by path with their ids."""
    made = {
        folder_id: Folder(id=folder_id, name=path[-1], parent_id=None, path=path)
        for path, folder_id in found.items()
        if path and folder_id not in dest.folders
    }
    return replace(dest, folders=MappingProxyType({**made, **dest.folders})) if made else dest
