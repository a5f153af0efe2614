"""One target looked at and decided on, station by station: settle, crawl, scope, fetch, draft, look up, decide."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace

from migrate.bundle.spool import Spool
from migrate.change.actions import Keep, main_actions, on_documents
from migrate.change.apply import settle_open
from migrate.change.archive import with_archives
from migrate.change.collide import alike
from migrate.change.decide import decide
from migrate.change.doubts import doubtful, doubts
from migrate.change.known import document_kind
from migrate.change.left_scope import Selection, copied_before, scope_changes
from migrate.change.model import Doubt, TargetChanges
from migrate.change.overlap import refuse_overlap
from migrate.change.run_context import RunContext
from migrate.change.unchanged import Unchanged, needed, unchanged
from migrate.change.view import Sending, TargetView, standing_ids, to_be_looked_up
from migrate.errors import LockHeld, Problem, Refused
from migrate.events import Stage
from migrate.inventory.account import idle_rules
from migrate.inventory.crawl import crawl, with_form
from migrate.inventory.model import Inventory, Key
from migrate.inventory.scope import Scope, scope
from migrate.ledger.book import Book
from migrate.ledger.lease import leased
from migrate.ledger.model import Home, Look, Snapshot
from migrate.plan.match import share_of
from migrate.plan.model import Plan
from migrate.plan.tenants import for_target
from migrate.rewrite.context import TargetContext
from migrate.rewrite.mapping import mapped_models
from migrate.rewrite.model import Copied, IdMap
from migrate.rewrite.python_rules import Transform
from migrate.rewrite.unused_entries import unmatched
from migrate.rewrite.ways import Ways
from migrate.run.clients import Clients
from migrate.run.drafting import (
    Made,
    context_of,
    draft_all,
    foretold,
    lacking_in,
    mapped_to,
    resolved_for,
    with_columns,
)
from migrate.run.dry_runs import tried
from migrate.run.material import Given, Material, gather
from migrate.run.organization import organization_notes
from migrate.run.recollection import Recollection, recollected
from migrate.run.source import SourceSide, Thing, find_missing, mark_of
from migrate.run.standing import dropped_in_sentences, moved_on, with_descriptions, with_rights, with_standing
from migrate.run.surroundings import surrounded
from migrate.sigma.client import Client
from migrate.survey.candidates import Likely
from migrate.survey.forms import with_forms
from migrate.survey.tables import Catalog, look_up
from migrate.text import split_path


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """How the source listed a document, and the fingerprint of how it was rewritten, by what it ``mentions``."""

    source: str
    ways: str
    mentions: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """One target, looked at and decided on; ``source`` is what it is copied from, as of its pin if it has one.

    Of the copies that are ``passed_by`` nothing was read, ``last`` says how they were found; ``sampled`` ones are
    looked at though nothing changed. ``marks`` are what to remember of the others once they were checked.
    """

    plan: Plan
    target: str
    dest: Inventory
    source: Inventory
    scope: Scope
    snapshot: Snapshot
    home: Home
    changes: TargetChanges
    view: TargetView
    mapped: Mapping[Key, Copied] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    sql: Mapping[Key, str] = field(default_factory=dict)
    """Where in the spool the statements lie that read otherwise in a draft than in its source document."""
    doubts: tuple[Doubt, ...] = ()
    tried: str = ""
    """How many documents the target was asked about in dry runs, in one sentence."""
    meant: Mapping[str, Likely] = field(default_factory=dict)
    """What may be meant by each table that the target lacks, by the message of that problem."""
    passed_by: frozenset[Key] = frozenset()
    sampled: frozenset[Key] = frozenset()
    last: Recollection = field(default_factory=Recollection)
    marks: Mapping[Key, Mark] = field(default_factory=dict)
    selection: Selection


async def prepare(
    clients: Clients,
    side: SourceSide,
    spool: Spool,
    target: str,
    book: Book,
    run: RunContext,
    transforms: tuple[Transform, ...] = (),
    *,
    deep: bool = False,
) -> Prepared:
    """The actions for one target, after settling what an earlier run left open there.

    Copies of which nothing changed are passed by, unless ``deep``. Raises Refused with every mapping that names nothing
    or several things.
    """
    plan = for_target(clients.plan, target)
    source_org = side.inventory.identity.organization_id
    client = await clients.target(target, source_org)
    home = Home(plan=plan.name, source_org=source_org, target_org=clients.identity(target).organization_id)
    refuse_idle_rules(plan, side.inventory, book.snapshot(home))
    await _settle(client, book, home, run)
    snapshot = book.snapshot(home)
    dest = await crawl(client, org=target, identity=clients.identity(target), listener=run.listener)
    dest = await with_descriptions(client, dest, snapshot)
    await find_missing(clients, side, (thing for thing in snapshot.copies if thing[0] != "folder"))
    models = mapped_models(plan, side.inventory, dest)
    wanted = scope(plan.select, side.inventory, models)
    _refuse_empty(plan, wanted)
    last = Recollection() if deep or transforms else recollected(book.looks(home), spool)
    given = Given(
        plan=plan, target=target, dest=dest, home=home, snapshot=snapshot, scope=wanted, models=models, last=last
    )
    looks = last.looks
    prepared = await _decided(clients, side, spool, given, looks, book, run, transforms)
    astray = {
        (action.key.kind, action.key.id)
        for wave in prepared.changes.waves
        for action in on_documents(wave)
        if action.key in prepared.passed_by and not isinstance(action, Keep)
    }
    if astray:  # something other than its contents has to change, which takes a look at these
        looks = {thing: look for thing, look in looks.items() if thing not in astray}
        prepared = await _decided(clients, side, spool, given, looks, book, run, transforms)
    return prepared


async def _decided(
    clients: Clients,
    side: SourceSide,
    spool: Spool,
    given: Given,
    looks: Mapping[Thing, Look],
    book: Book,
    run: RunContext,
    transforms: tuple[Transform, ...],
) -> Prepared:
    """The target decided on, without a look at what ``looks`` and the lists say did not change."""
    plan, target, snapshot, listener = given.plan, given.target, given.snapshot, run.listener
    client = await clients.client(target)
    passed = _unchanged(side, given, looks, transforms) if looks else Unchanged()
    todo = [key for key in given.scope.keys if key not in passed.passed_by]
    moved = moved_on(given)
    dest = await with_form(client, given.dest) if todo or moved else given.dest
    dest = await with_forms(client, dest, (*todo, *moved))
    material = await gather(clients, side, given, dest, todo, listener)
    there = Catalog((client, dest))
    context = resolved_for(given, side, dest, material, transforms)
    context = await with_columns(context, material, side.catalog, there)
    mapped = mapped_to(context, given.scope.keys)
    made = draft_all(material, context, standing_ids(snapshot, dest, side.inventory.org, mapped), snapshot, spool)
    listener(Stage(name="draft", org=target, done=len(made.drafts), total=len(made.drafts)))
    _recall(made, passed.passed_by, given.last)
    refuse_overlap(side.inventory, dest, made.drafts)
    view = _view(plan, context, side, material, snapshot, mapped, made)
    view = await with_standing(client, view, moved, book, spool, listener)
    looked = await look_up(there, side.catalog, {key: made.places[key] for key in to_be_looked_up(view)}, listener)
    view = replace(view, missing=lacking_in(looked, made, dest, spool))
    view = await with_rights(client, await surrounded(clients, side, plan, view, passed.passed_by, listener))
    view, seen = await tried(client, view, plan, doubtful(view, made.features, looked.silent), spool, listener)
    notes = await organization_notes(clients, plan, side.inventory, dest)
    selection = _selection(plan, dest, side, given.scope)
    changes = _changes(view, selection, snapshot)
    told = (*dropped_in_sentences(view), *alike(main_actions(changes.waves), view), *foretold(made.drafts.values()))
    idle = unmatched(plan, context, made.drafts.values())
    return Prepared(
        plan=plan,
        target=target,
        dest=dest,
        source=side.inventory,
        scope=given.scope,
        snapshot=snapshot,
        home=given.home,
        changes=changes,
        view=view,
        mapped=view.mapped,
        warnings=(*_warnings(context, side, idle), *told, *material.doubts, *looked.warnings, *seen.warnings, *notes),
        selection=selection,
        sql=made.sql,
        doubts=doubts(changes, view, made.features, looked.silent, seen.passed),
        tried=seen.says,
        meant=looked.meant,
        passed_by=passed.passed_by,
        sampled=passed.sampled,
        last=given.last.of(passed.passed_by),
        marks={} if transforms else _marks(side, Ways(plan, context), made),
    )


def _changes(view: TargetView, selection: Selection, snapshot: Snapshot) -> TargetChanges:
    """What is decided on a target, what left its scope among it."""
    scoped = scope_changes(selection, snapshot)
    return with_archives(replace(decide(view), scope_changes=scoped, copied_before=copied_before(snapshot)), view)


def _recall(made: Made, passed_by: Iterable[Key], last: Recollection) -> None:
    """Puts what is remembered of documents beside what was made of the others."""
    for key in sorted(passed_by):
        made.drafts[key] = last.accounts[key.kind, key.id]
        made.sending[key] = Sending(digest=last.looks[key.kind, key.id].digest_sent)


def _marks(side: SourceSide, ways: Ways, made: Made) -> dict[Key, Mark]:
    """What is to be remembered of every document that was drafted."""
    return {
        key: Mark(source=mark_of(side, key), ways=ways.of(mentioned), mentions=mentioned)
        for key, mentioned in made.mentions.items()
    }


def _unchanged(
    side: SourceSide,
    given: Given,
    looks: Mapping[Thing, Look],
    transforms: tuple[Transform, ...],
) -> Unchanged:
    """The documents of the scope of which nothing changed since their copies were looked at."""
    context = context_of(given, side, given.dest, (), {}, transforms)
    ways = Ways(given.plan, context)

    def needs(look: Look) -> Iterable[Key]:
        return needed(given.last.accounts[look.kind, look.source_id])

    return unchanged(
        given.scope.keys,
        {thing: look for thing, look in looks.items() if thing in given.last.accounts},
        source=side.inventory,
        dest=given.dest,
        snapshot=given.snapshot,
        marks={key: mark_of(side, key) for key in given.scope.keys if (key.kind, key.id) in looks},
        needs=needs,
        ids=standing_ids(given.snapshot, given.dest, side.inventory.org, {}),
        same_way=lambda look: look.ways == ways.of(look.mentions),
        share=share_of(given.plan.verify.unchanged),
    )


def _view(
    plan: Plan,
    context: TargetContext,
    side: SourceSide,
    material: Material,
    snapshot: Snapshot,
    mapped: IdMap,
    made: Made,
) -> TargetView:
    """What is decided on, as far as it is known before anything of the target's documents was read."""
    return TargetView(
        target=context.target,
        drafts=made.drafts,
        dest=context.dest,
        snapshot=snapshot,
        policy=plan.policy,
        mapped=mapped,
        unreadable=material.unreadable,
        sending=made.sending,
        source=side.inventory.items,
        fates=side.fates,
        held=side.held,
    )


def _selection(plan: Plan, dest: Inventory, side: SourceSide, wanted: Scope) -> Selection:
    return Selection(
        target=dest.org,
        select=plan.select,
        keys=wanted.keys,
        source=side.inventory.items,
        fates=side.fates,
        standing={item.key.id for item in dest.items.values() if not item.archived},
        policy=plan.policy,
    )


async def _settle(client: Client, book: Book, home: Home, run: RunContext) -> None:
    """What earlier runs left open is settled before anything is looked at, so that their copies are known as ours."""
    if book.open(home):
        with suppress(LockHeld):  # whoever holds the lock settles it
            async with leased(book, home.target_org, run.id, seconds=run.patience.lease, attempt=run.attempt):
                await settle_open(client, book, home, run)


def refuse_idle_rules(plan: Plan, source: Inventory, snapshot: Snapshot | None = None) -> None:
    """Raises Refused where a rule of the selection takes nothing: a renamed folder must not end as a quiet success.

    ``snapshot`` says where the documents stood that it took before.
    """
    before = {
        Key(org=source.org, kind=document_kind(one.kind), id=one.source_id): split_path(one.path)
        for one in (snapshot.selected.values() if snapshot else ())
    }
    idle = idle_rules(plan.select, source, plan.lines, before)
    if idle:
        raise Refused(
            f"{len(idle)} of the rules in select match nothing.",
            code="rule_matches_nothing",
            next_action="correct the plan as listed; nothing was written",
            problems=idle,
        )


def _refuse_empty(plan: Plan, wanted: Scope) -> None:
    """Raises Refused for a selection that holds no document, unless every rule of it may be empty."""
    if wanted.keys or all(rule.allow_empty for rule in plan.select.include):
        return
    passed_over = ", ".join(f"{count} {why}" for why, count in wanted.left_out.items())
    raise Refused(
        f"The selection holds no document{f': {passed_over}' if passed_over else ''}.",
        code="empty_scope",
        next_action="widen select.include or narrow select.exclude; nothing was written",
    )


def _warnings(context: TargetContext, side: SourceSide, idle: Iterable[Problem]) -> tuple[str, ...]:
    """Everything a person should know about this target that stops nothing; ``idle`` are entries that did nothing."""
    notes = [str(problem) for problem in (*context.warnings, *idle)]
    notes += [problem.message for problem in (*side.inventory.unreadable, *context.dest.unreadable)]
    notes += side.inventory.notes
    return tuple(dict.fromkeys(notes))
