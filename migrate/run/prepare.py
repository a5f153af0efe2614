"""One target looked at and decided on, station by station: settle, crawl, scope, fetch, draft, look up, decide."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from types import MappingProxyType

from migrate.bundle.fetch import fetch
from migrate.bundle.fold import CannotFold, fold
from migrate.bundle.spec import Spec
from migrate.bundle.spool import Shelf, Spool
from migrate.change.actions import Keep, main_actions, on_documents
from migrate.change.apply import settle_open
from migrate.change.archive import with_archives
from migrate.change.collide import alike
from migrate.change.contents import dropped_in_words, would_drop
from migrate.change.decide import decide, replaced
from migrate.change.known import document_kind
from migrate.change.left_scope import Selection, copied_before, scope_changes
from migrate.change.model import TargetChanges
from migrate.change.run_context import RunContext
from migrate.change.unchanged import Unchanged, needed, unchanged
from migrate.change.view import (
    Sending,
    TargetView,
    item_of,
    may_be_written,
    sending,
    sent_otherwise,
    source_place,
    standing_ids,
)
from migrate.check.replaced import changed_sql
from migrate.errors import LockHeld, Problem, Refused
from migrate.events import Listener, Stage
from migrate.inventory.account import idle_rules
from migrate.inventory.crawl import crawl, with_form
from migrate.inventory.model import Inventory, Key
from migrate.inventory.scope import Scope, scope
from migrate.kinds import ENVELOPED
from migrate.ledger.book import Book
from migrate.ledger.lease import leased
from migrate.ledger.model import Home, Look, Snapshot
from migrate.plan.match import share_of
from migrate.plan.model import Plan
from migrate.plan.tenants import for_target
from migrate.rewrite.context import TargetContext
from migrate.rewrite.draft import draft
from migrate.rewrite.mapping import mapped_models, resolve
from migrate.rewrite.model import Change, Copied, Draft, Drafted, IdMap
from migrate.rewrite.rules import Transform
from migrate.rewrite.stowed import drafted, from_account, stowed, whole
from migrate.rewrite.unused_entries import unmatched
from migrate.rewrite.ways import Ways, mentions
from migrate.run.clients import Clients
from migrate.run.source import SourceSide, Thing, fetch_missing, find_missing, mark_of
from migrate.run.surroundings import surrounded
from migrate.sigma import api
from migrate.sigma.client import Client
from migrate.sigma.contract import ContractDate, settled_digest
from migrate.survey.columns import raw_columns
from migrate.survey.contract_date import contract_date
from migrate.survey.forms import with_forms
from migrate.survey.tables import Catalog, Places, look_up, places
from migrate.text import split_path
from migrate.tree import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """How the source listed a document, and the fingerprint of how it was rewritten, by what it ``mentions``."""

    source: str
    ways: str
    mentions: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """One target, looked at and decided on.

    Of the copies that are ``passed_by`` nothing was read, ``looks`` say how they were found last; ``sampled`` ones are
    looked at though nothing changed. ``marks`` are what to remember of the others once they were checked.
    """

    plan: Plan
    target: str
    dest: Inventory
    scope: Scope
    snapshot: Snapshot
    home: Home
    changes: TargetChanges
    view: TargetView
    mapped: Mapping[Key, Copied] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    sql: Mapping[Key, str] = field(default_factory=dict)
    """Where in the spool the statements lie that read otherwise in a draft than in its source document."""
    passed_by: frozenset[Key] = frozenset()
    sampled: frozenset[Key] = frozenset()
    looks: Mapping[Key, Look] = field(default_factory=dict)
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
    dest = await _described(client, dest, snapshot)
    await find_missing(clients, side, (thing for thing in snapshot.copies if thing[0] != "folder"))
    models = mapped_models(plan, side.inventory, dest)
    wanted = scope(plan.select, side.inventory, models)
    _refuse_empty(plan, wanted)
    looks = {} if deep or transforms else book.looks(home)
    given = _Given(plan=plan, target=target, dest=dest, home=home, snapshot=snapshot, scope=wanted, models=models)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Given:
    """What is known of a target before anything is read but lists.

    ``models`` maps ids of source models to those of the target that the plan maps them to.
    """

    plan: Plan
    target: str
    dest: Inventory
    home: Home
    snapshot: Snapshot
    scope: Scope
    models: Mapping[str, str]


async def _decided(
    clients: Clients,
    side: SourceSide,
    spool: Spool,
    given: _Given,
    looks: Mapping[Thing, Look],
    book: Book,
    run: RunContext,
    transforms: tuple[Transform, ...],
) -> Prepared:
    """The target decided on, without a look at what ``looks`` and the lists say did not change."""
    plan, target, snapshot, listener = given.plan, given.target, given.snapshot, run.listener
    client = await clients.client(target)
    known = _accounts(looks)
    passed = _unchanged(side, given, looks, known, transforms) if looks else Unchanged()
    todo = [key for key in given.scope.keys if key not in passed.passed_by]
    moved = _moved(given)
    dest = await with_form(client, given.dest) if todo or moved else given.dest
    dest = await with_forms(client, dest, (*todo, *moved))
    material = await _gather(clients, side, given, dest, todo, listener)
    there = Catalog((client, dest))
    context = _resolved(given, side, dest, material, transforms)
    context = await _with_columns(context, material, side.catalog, there)
    mapped = _mapped(context, given.scope.keys)
    made = _drafted(material, context, standing_ids(snapshot, dest, side.inventory.org, mapped), snapshot, spool)
    listener(Stage(name="draft", org=target, done=len(made.drafts), total=len(made.drafts)))
    _recall(made, passed.passed_by, known, looks)
    view = _view(plan, context, side, material, snapshot, mapped, made)
    view = await _compared(client, view, moved, book, spool, listener)
    looked = await look_up(there, side.catalog, {key: made.places[key] for key in may_be_written(view)}, listener)
    view = await surrounded(clients, side, plan, replace(view, missing=looked.problems), passed.passed_by, listener)
    selection = _selection(plan, dest, side, given.scope)
    scoped = scope_changes(selection, snapshot)
    changes = with_archives(replace(decide(view), scope_changes=scoped, copied_before=copied_before(snapshot)), view)
    told = (*_dropped(view), *alike(main_actions(changes.waves), view), *_foretold(made.drafts.values()))
    idle = unmatched(plan, context, made.drafts.values())
    return Prepared(
        plan=plan,
        target=target,
        dest=dest,
        scope=given.scope,
        snapshot=snapshot,
        home=given.home,
        changes=changes,
        view=view,
        mapped=view.mapped,
        warnings=(*_warnings(context, side, idle), *told, *material.doubts, *looked.warnings),
        selection=selection,
        sql=made.sql,
        passed_by=passed.passed_by,
        sampled=passed.sampled,
        looks={key: looks[key.kind, key.id] for key in passed.passed_by},
        marks={} if transforms else _marks(side, Ways(plan, context), made),
    )


def _recall(made: _Made, passed_by: Iterable[Key], known: Mapping[Thing, Drafted], looks: Mapping[Thing, Look]) -> None:
    """Puts what is remembered of documents beside what was made of the others."""
    for key in sorted(passed_by):
        made.drafts[key] = known[key.kind, key.id]
        made.sending[key] = Sending(digest=looks[key.kind, key.id].digest_sent)


def _marks(side: SourceSide, ways: Ways, made: _Made) -> dict[Key, Mark]:
    """What is to be remembered of every document that was drafted."""
    return {
        key: Mark(source=mark_of(side, key), ways=ways.of(mentioned), mentions=mentioned)
        for key, mentioned in made.mentions.items()
    }


async def _compared(
    client: Client, view: TargetView, moved: Sequence[Key], book: Book, spool: Spool, listener: Listener
) -> TargetView:
    """The view with what stands in copies that ``moved`` on, and in whatever else would be replaced."""
    edited = await _read(client, view.dest, moved, Shelf(spool), listener)
    view = replace(view, observed=_observed(edited, view.snapshot))
    drops = await _drops(client, view, edited, book, spool, listener)
    return replace(view, sent_before=_sent_before(view, book), drops=drops)


def _accounts(looks: Mapping[Thing, Look]) -> dict[Thing, Drafted]:
    """What reports say of the copies that were looked at; what another version wrote in another way is left out."""
    found = {}
    for thing, look in looks.items():
        with suppress(ValueError):
            found[thing] = from_account(look.account)
    return found


def _unchanged(
    side: SourceSide,
    given: _Given,
    looks: Mapping[Thing, Look],
    known: Mapping[Thing, Drafted],
    transforms: tuple[Transform, ...],
) -> Unchanged:
    """The documents of the scope of which nothing changed since their copies were looked at."""
    context = _context(given, side, given.dest, (), {}, transforms)
    ways = Ways(given.plan, context)

    def needs(look: Look) -> Iterable[Key]:
        return needed(known[look.kind, look.source_id])

    return unchanged(
        given.scope.keys,
        {thing: look for thing, look in looks.items() if thing in known},
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
    material: _Material,
    snapshot: Snapshot,
    mapped: IdMap,
    made: _Made,
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
    if book.snapshot(home).open:
        with suppress(LockHeld):  # whoever holds the lock settles it
            async with leased(book, home.target_org, run.id, seconds=run.patience.lease, attempt=run.attempt):
                await settle_open(client, book, home, run)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Material:
    """What drafts are made of: what is to be drafted, as the source has it, and the existing models of the target.

    ``models`` maps ids of source models to those of the target that the plan maps them to. ``dest`` and ``date`` say
    what the target takes, ``doubts`` sentences about how that is spelled. ``unreadable`` are the documents that
    could not be read, and why; those that cannot be folded join them when their turn comes.
    """

    todo: tuple[Key, ...]
    models: Mapping[str, str]
    specs: Mapping[Key, Spec]
    existing: Mapping[str, Spec]
    dest: Inventory
    date: ContractDate
    unreadable: dict[Key, tuple[str, str]]
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Made:
    """The drafts, put away; what would be sent of each now; where each names tables, and what it mentions."""

    drafts: dict[Key, Drafted] = field(default_factory=dict)
    sending: dict[Key, Sending] = field(default_factory=dict)
    places: dict[Key, Places] = field(default_factory=dict)
    mentions: dict[Key, tuple[str, ...]] = field(default_factory=dict)
    sql: dict[Key, str] = field(default_factory=dict)


async def _gather(
    clients: Clients, side: SourceSide, given: _Given, dest: Inventory, todo: Sequence[Key], listener: Listener
) -> _Material:
    await fetch_missing(clients, side, (*todo, *_models_in(side, given.models)), listener)
    existing = {Key(org=dest.org, kind="data-model", id=model_id) for model_id in given.models.values()}
    client = await clients.client(dest.org)
    found = await fetch(client, dest, sorted(existing), listener=listener)
    date, doubt = await contract_date(client, dest, _Bodies(side, todo), _copies(given.snapshot, side), listener)
    not_part = "not_fetched", "its spec is not part of the bundle"
    return _Material(
        todo=tuple(todo),
        models=given.models,
        specs=side.specs,
        existing={key.id: spec for key, spec in found.specs.items()},
        dest=dest,
        date=date,
        unreadable={
            key: (lack.code, lack.message) if (lack := dest.lacks.get(key.kind)) else side.unreadable.get(key, not_part)
            for key in todo
            if key not in side.specs or key.kind in dest.lacks
        },
        doubts=(doubt,) if doubt else (),
    )


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


class _Bodies(Mapping[Key, Json]):
    """The bodies to be drafted that dates spell, each read when it is asked for."""

    def __init__(self, side: SourceSide, todo: Iterable[Key]) -> None:
        self._specs = side.specs
        self._keys = {key: None for key in todo if key.about.enveloped and key in side.specs}

    def __getitem__(self, key: Key) -> Json:
        return self._specs[key].body

    def __iter__(self) -> Iterator[Key]:
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)


class _Models(Mapping[Key, Spec]):
    """Specs of data models of the source, each read when it is asked for. They have one form at every target."""

    def __init__(self, side: SourceSide, keys: Iterable[Key]) -> None:
        self._specs = side.specs
        self._keys = {key: None for key in keys if key.about.feeds and key in side.specs}

    def __getitem__(self, key: Key) -> Spec:
        if key not in self._keys:
            raise KeyError(key)
        return self._specs[key]

    def __contains__(self, key: object) -> bool:
        return key in self._keys

    def __iter__(self) -> Iterator[Key]:
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)


def _copies(snapshot: Snapshot, side: SourceSide) -> dict[Key, str]:
    """The ids of the copies that workbooks of the source have in the target."""
    return {
        Key(org=side.inventory.org, kind=row.kind, id=source_id): copy.target_id
        for (kind, source_id), copy in snapshot.copies.items()
        for row in ENVELOPED
        if kind == row.kind
    }


def _models_in(side: SourceSide, models: Mapping[str, str]) -> list[Key]:
    return [key for key in side.inventory.items if key.about.feeds and key.id in models]


def _resolved(
    given: _Given, side: SourceSide, dest: Inventory, material: _Material, transforms: tuple[Transform, ...]
) -> TargetContext:
    """Every mapping of the plan as ids of the two organizations. Raises Refused with all that name no single thing."""
    models = (*given.scope.keys, *_models_in(side, material.models))
    return _context(given, side, dest, models, material.existing, transforms)


def _context(
    given: _Given,
    side: SourceSide,
    dest: Inventory,
    models: Iterable[Key],
    existing: Mapping[str, Spec],
    transforms: tuple[Transform, ...],
) -> TargetContext:
    """The mappings, resolved with the specs of these source models, and of the existing ones of the target."""
    context = resolve(
        given.plan,
        dest.org,
        side.inventory,
        dest,
        frozenset(key for key in given.scope.keys if key.id not in given.models),
        _Models(side, models),
        existing,
        transforms,
    )
    if context.problems:
        raise unresolved(dest.org, context.problems)
    return context


async def _with_columns(context: TargetContext, material: _Material, here: Catalog, there: Catalog) -> TargetContext:
    """The context with the raw names of columns that lose their friendly ones."""
    bodies = (material.specs[key].body for key in material.todo if key in material.specs)
    return replace(context, columns=await raw_columns(bodies, context.connections, here, there))


def _drafted(material: _Material, context: TargetContext, ids: IdMap, snapshot: Snapshot, spool: Spool) -> _Made:
    """Every draft, made, looked at and put away one after the other."""
    made = _Made()
    types = {each.id: each.type for each in context.dest.connections.values()}
    for key in material.todo:
        if key in material.unreadable:
            continue
        spec = material.specs[key]
        try:
            folded, folds = fold(spec, material.dest.generation_of(key.kind) or spec.generation, material.date)
        except CannotFold as error:
            material.unreadable[key] = "generation_too_old", str(error)
            continue
        if key.id in material.models:
            continue
        one = _with_folds(draft(folded, context, context.target), folds)
        made.drafts[key] = drafted(one, spool.put(stowed(one)))
        made.places[key] = places(one, folded, types)
        made.mentions[key] = mentions(one)
        if statements := changed_sql(folded.body, one):
            made.sql[key] = spool.put([asdict(statement) for statement in statements])
        made.sending[key] = sending(one, ids, snapshot.copies.get((key.kind, key.id)))
    return made


def unresolved(target: str, problems: Sequence[Problem]) -> Refused:
    """The refusal that lists every name that does not resolve to exactly one thing."""
    count = len(problems)
    return Refused(
        f"{count} mapping{'' if count == 1 else 's'} for target {target} cannot be resolved.",
        code="unresolved_mapping",
        next_action="correct the plan as listed; nothing was written",
        problems=problems,
    )


def _with_folds(made: Draft, folds: Mapping[str, int]) -> Draft:
    """The draft with what folding its generation forward has changed."""
    changes = tuple(
        Change(code=f"fold:{name}", path=(), before="", after=f"{count} time{'' if count == 1 else 's'}")
        for name, count in sorted(folds.items())
        if count
    )
    return replace(made, changes=(*changes, *made.changes))


def _mapped(context: TargetContext, keys: Iterable[Key]) -> dict[Key, Copied]:
    """The models in scope that the plan maps to existing ones."""
    return {
        key: Copied(id=to.id, url_id=to.url_id, elements=to.elements)
        for key in keys
        if key.about.feeds and (to := context.models.get(key.id)) is not None
    }


_FORETOLD = frozenset({"sql_raw_deprecated", "elements_overlap", "shared_control_id"})


def _foretold(drafts: Iterable[Drafted]) -> list[str]:
    """A sentence for everything of a document that Sigma may refuse, or is about to switch off."""
    return [
        f"{draft.key.kind} {draft.name!r}: {residual.message}"
        for draft in drafts
        for residual in draft.residuals
        if residual.code in _FORETOLD
    ]


async def _described(client: Client, dest: Inventory, snapshot: Snapshot) -> Inventory:
    """The target with the descriptions that its listings leave out; one read a copy that seems to have lost it.

    Only a file entry by id is sure to show one (sigma-api 6).
    """
    items = dict(dest.items)
    for (kind, _), copy in snapshot.copies.items():
        item = item_of(dest, kind, copy.target_id)
        if item is not None and copy.description and not item.description and not item.archived:
            file = await api.get_file(client, copy.target_id) or {}
            items[item.key] = replace(item, description=str(file.get("description") or ""))
    return replace(dest, items=MappingProxyType(items))


def _moved(given: _Given) -> list[Key]:
    """The copies whose version is no longer the one that was read back."""
    found = []
    for (kind, _), copy in given.snapshot.copies.items():
        item = item_of(given.dest, kind, copy.target_id)
        if item is not None and item.version != copy.version_read:
            found.append(item.key)
    return found


def _observed(edited: Shelf, snapshot: Snapshot) -> Mapping[str, str]:
    """The digests of copies that were edited; what was read back counts where that is said in another spelling."""
    read = {copy.target_id: copy.digest_read for copy in snapshot.copies.values()}
    return {key.id: read[key.id] if read[key.id] in spec.digests else spec.digest for key, spec in edited.items()}


async def _read(client: Client, dest: Inventory, keys: Sequence[Key], into: Shelf, listener: Listener) -> Shelf:
    if keys:
        await fetch(client, dest, keys, into=into, listener=listener)
    return into


async def _drops(
    client: Client, view: TargetView, edited: Shelf, book: Book, spool: Spool, listener: Listener
) -> dict[Key, tuple[str, ...]]:
    """What people added to each document that would be replaced; one read for each that was not read yet."""
    todo = {key: Key(org=view.dest.org, kind=key.kind, id=there) for key, there in replaced(view).items()}
    unread = sorted({there for there in todo.values() if there not in edited})
    standing = await _read(client, view.dest, unread, edited, listener)
    found: dict[Key, tuple[str, ...]] = {}
    for key, there in todo.items():
        if there not in standing:
            continue
        copy = view.snapshot.copies.get((key.kind, key.id))
        last = book.body(copy.digest_sent) if copy else None
        known = view.drafts[key]
        added = would_drop(whole(known, spool.get(known.digest)), copy, standing[there], last)
        found |= {key: added} if added else {}
    return found


def _dropped(view: TargetView) -> list[str]:
    """A sentence for every document whose replacement drops what people added, because the policy allows it."""
    if view.policy.removals == "fail":
        return []
    return [
        f"{source_place(view, key)} replaces a document of {view.target} and drops what people added there:"
        f" {dropped_in_words(added)} (policy.removals is {view.policy.removals})"
        for key, added in view.drops.items()
    ]


def _sent_before(view: TargetView, book: Book) -> Mapping[Key, str]:
    """The settled digests of what was sent last, where other bytes would be sent now."""
    bodies = ((key, book.body(digest)) for key, digest in sent_otherwise(view).items())
    return {key: settled_digest(body) for key, body in bodies if body is not None}


def _warnings(context: TargetContext, side: SourceSide, idle: Iterable[Problem]) -> tuple[str, ...]:
    """Everything a person should know about this target that stops nothing; ``idle`` are entries that did nothing."""
    notes = [str(problem) for problem in (*context.warnings, *idle)]
    notes += [problem.message for problem in (*side.inventory.unreadable, *context.dest.unreadable)]
    notes += side.inventory.notes
    return tuple(dict.fromkeys(notes))
