"""What landed in one target, checked: against what should stand there, with as few requests as can tell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from types import MappingProxyType

from migrate.bundle.spool import Spool
from migrate.change.folders import folder_path
from migrate.change.model import Outcome
from migrate.change.run_context import RunContext
from migrate.change.unchanged import needed, needs_mark
from migrate.change.view import described, ids_of
from migrate.check.levels import Landed, Sides
from migrate.check.model import Finding, RowsCompared, Statement, Thing
from migrate.check.replaced import Account, Held, Names, held_by, labels
from migrate.check.rows_compared import rows_compared
from migrate.check.verify import verify
from migrate.errors import MigrateError, classified
from migrate.inventory.model import Folder, Inventory, Item, Key
from migrate.kinds import KINDS
from migrate.ledger.book import Book
from migrate.ledger.model import Copy, Look
from migrate.plan.model import Plan
from migrate.rewrite.bind import bind, unbound
from migrate.rewrite.mapping import counterparts
from migrate.rewrite.model import Copied, Draft, Drafted, IdMap
from migrate.rewrite.stowed import account_of, whole
from migrate.run.clients import Clients
from migrate.run.planning import Planned
from migrate.run.prepare import Prepared
from migrate.run.surroundings import carries
from migrate.sigma import api
from migrate.sigma.client import Client
from migrate.sigma.paging import PAGE
from migrate.tree import Json, json_path
from migrate.words import FOUND_GOOD, LANDED, WRITTEN, Level


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


async def checked(
    clients: Clients,
    planned: Planned,
    prepared: Prepared,
    book: Book,
    outcomes: Sequence[Outcome],
    run: RunContext,
) -> Worked:
    """The same outcomes with a finding for everything that landed, as far as checking came.

    What was planned without a look at it gets none now either, and its finding says so.
    """
    landed = [outcome for outcome in outcomes if outcome.outcome in LANDED]
    passed = [_passed_by(one, prepared) for one in landed if one.key in prepared.passed_by]
    todo = [one for one in landed if one.key not in prepared.passed_by]
    levels = levels_of(prepared.plan)
    if not todo or not levels:
        return Worked(outcomes=outcomes, findings=passed if levels else ())
    try:
        client = await clients.client(prepared.target)
        alias = clients.plan.source.org
        copies = {(copy.kind, copy.source_id): copy for copy in book.copies(prepared.home)}
        ids = ids_of(copies.values(), prepared.source.org)
        sides = Sides(
            client=client,
            dest=_with_new_folders(prepared.dest, copies.values(), run.id),
            source=prepared.source,
            source_client=await clients.client(alias) if alias else None,
            counterparts=counterparts(prepared.plan, prepared.source, prepared.dest),
            copied=frozenset(key.id for key in ids),
            data=prepared.plan.verify.data,
            keeps_drift=prepared.plan.policy.drift != "fail",
        )
        listed = await _listed(client, prepared.dest, todo) if "exists" in levels else {}

        def expected(one: Outcome) -> Landed:
            made = _landed(one, ids, copies.get((one.key.kind, one.key.id)), planned.spool)
            body = planned.spool.get(one.read_back.body) if one.read_back else None
            around = prepared.view.rounds.get(one.key) if carries(prepared.plan.carry) else None
            copy = copies.get((one.key.kind, one.key.id))
            version = copy.version_read if copy else 0
            return replace(made, body=body, file=_file(made, prepared.dest, listed), around=around, version=version)

        found = await verify(todo, expected, sides, levels, listener=run.listener, stop=run.stop)
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


def levels_of(plan: Plan) -> tuple[Level, ...]:
    """What is checked: what the plan says, and access where it carries any."""
    levels = plan.verify.levels
    return (*levels, *(("access",) if carries(plan.carry) and "access" not in levels else ()))


def _passed_by(outcome: Outcome, prepared: Prepared) -> Finding:
    """The finding of a copy that nobody looked at, with what was found when somebody did."""
    look = prepared.looks[outcome.key]
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
    looked at again, whatever was known of it before.
    """
    copies = {(copy.kind, copy.source_id): copy for copy in book.copies(prepared.home)}
    ids = ids_of(copies.values(), prepared.source.org)
    names = names_of(planned, prepared, worked)
    account = Account(drafts={(one.target, one.key): one.draft for one in worked.outcomes if one.draft is not None})
    findings = {finding.key: finding for finding in worked.findings}
    looks, lost = [], []
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
                held = [asdict(one) for one in held_by(draft, outcome.target, names, account)]
                looks.append(replace(look, looked_at=run.now(), held=held))
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
        sql=_Statements(planned.spool, prepared.sql),
        whole=at_hand,
        held={
            key: tuple(
                Held(thing=Thing(**one["thing"]), count=one["count"], places=tuple(one["places"])) for one in look.held
            )
            for key, look in prepared.looks.items()
        },
    )


class _Statements(Mapping[Key, tuple[Statement, ...]]):
    """Statements by document, each read from the spool when it is asked for."""

    def __init__(self, spool: Spool, places: Mapping[Key, str]) -> None:
        self._spool = spool
        self._places = places

    def __getitem__(self, key: Key) -> tuple[Statement, ...]:
        return tuple(Statement(**one) for one in self._spool.get(self._places[key]))

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


def _landed(outcome: Outcome, ids: Mapping[Key, Copied], copy: Copy | None, spool: Spool) -> Landed:
    """What should stand in the target now; nothing is expected of a model that was only mapped."""
    copied = ids.get(outcome.key)
    if outcome.outcome == "mapped" or outcome.draft is None:
        return Landed(outcome=outcome, expected=None)
    made = whole(outcome.draft, spool.get(outcome.draft.digest))
    if unbound(made, ids):
        return Landed(outcome=outcome, expected=None)
    return Landed(
        outcome=outcome if outcome.target_id else replace(outcome, target_id=copied.id if copied else ""),
        expected=bind(made, ids),
        description=described(made, copy, ids),
        elements=copied.elements if copied else {},
        reported=frozenset(
            json_path(one.path) for one in made.references if one.resolution not in ("mapped", "by_name")
        ),
    )


async def _listed(client: Client, dest: Inventory, landed: Sequence[Outcome]) -> Mapping[str, Json]:
    """The file entries, by id, of documents whose place the answer to their last write did not show.

    Empty where asking for each by its id takes fewer requests than the pages of the listing.
    """
    open_ = [one for one in landed if one.outcome in WRITTEN and not _shows_place(one)]
    if len(open_) <= len(dest.items) // PAGE + 1:
        return {}
    return {str(entry["id"]): entry for entry in await api.list_files(client, types=tuple(KINDS))}


def _shows_place(outcome: Outcome) -> bool:
    seen = outcome.read_back
    return seen is not None and seen.name is not None and seen.folder_id is not None


def _file(landed: Landed, dest: Inventory, listed: Mapping[str, Json]) -> Json | None:
    """The file entry of a document as far as it was seen since it was last written; None where it must be asked for.

    That is so for a document that no listing shows yet, and for a description that a listing need not show.
    """
    outcome, seen = landed.outcome, landed.outcome.read_back
    file: dict[str, Json] | None
    if seen is not None and _shows_place(outcome):
        file = {"name": seen.name, "parentId": seen.folder_id, "description": seen.description}
    elif outcome.outcome in WRITTEN:
        file = listed.get(outcome.target_id)
    else:
        item = dest.items.get(Key(org=dest.org, kind=outcome.key.kind, id=outcome.target_id))
        file = None if item is None else _entry(item)
    return file if file and (file.get("description") or not landed.description) else None


def _entry(item: Item) -> dict[str, Json]:
    """A document of the inventory as a file entry."""
    return {
        "name": item.name,
        "parentId": item.folder_id,
        "description": item.description,
        "isArchived": item.archived,
    }


def _with_new_folders(dest: Inventory, copies: Iterable[Copy], run: str) -> Inventory:
    """The target as it was listed, with the folders that this run has made since."""
    made = {
        copy.target_id: Folder(id=copy.target_id, name=path[-1], parent_id=None, path=path)
        for copy in copies
        if copy.kind == "folder" and copy.run == run and (path := folder_path(copy.source_id))
    }
    return replace(dest, folders=MappingProxyType({**made, **dest.folders}))
