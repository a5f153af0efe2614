"""One target looked at and decided on, station by station: settle, crawl, scope, fetch, draft, look up, decide."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from migrate.bundle.fetch import fetch
from migrate.bundle.fold import CannotFold, fold
from migrate.bundle.spec import Spec
from migrate.change.actions import main_actions
from migrate.change.apply import settle_open
from migrate.change.collide import alike
from migrate.change.contents import dropped_in_words, would_drop
from migrate.change.decide import decide, replaced
from migrate.change.known import document_kind
from migrate.change.left_scope import Selection, copied_before, scope_changes
from migrate.change.model import TargetChanges
from migrate.change.run_context import RunContext
from migrate.change.view import TargetView, item_of, may_be_written, sent_otherwise, source_place
from migrate.check.model import Statement
from migrate.check.replaced import changed_sql
from migrate.errors import LockHeld, Problem, Refused
from migrate.events import Listener, Stage
from migrate.inventory.account import idle_rules
from migrate.inventory.crawl import crawl
from migrate.inventory.model import Inventory, Key
from migrate.inventory.scope import Scope, choose, scope
from migrate.kinds import ENVELOPED
from migrate.ledger.book import Book
from migrate.ledger.lease import leased
from migrate.ledger.model import Home, Snapshot
from migrate.plan.model import Plan
from migrate.plan.tenants import for_target
from migrate.rewrite.context import TargetContext
from migrate.rewrite.draft import draft
from migrate.rewrite.mapping import mapped_models, resolve
from migrate.rewrite.model import Change, Copied, Draft
from migrate.rewrite.rules import Transform
from migrate.rewrite.unused_entries import unmatched
from migrate.run.clients import Clients
from migrate.run.source import SourceSide, fetch_missing, find_missing
from migrate.run.surroundings import surrounded
from migrate.sigma import api
from migrate.sigma.client import Client
from migrate.sigma.contract import ContractDate, settled_digest
from migrate.survey.columns import raw_columns
from migrate.survey.contract_date import contract_date
from migrate.survey.forms import with_forms
from migrate.survey.tables import Catalog, look_up
from migrate.text import split_path
from migrate.tree import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """One target, looked at and decided on."""

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
    sql: Mapping[Key, tuple[Statement, ...]] = field(default_factory=dict)
    """The statements that read otherwise in a draft than in its source document."""
    selection: Selection


async def prepare(
    clients: Clients,
    side: SourceSide,
    target: str,
    book: Book,
    run: RunContext,
    transforms: tuple[Transform, ...] = (),
) -> Prepared:
    """The actions for one target, after settling what an earlier run left open there.

    Raises Refused with every mapping that names nothing or several things.
    """
    plan = for_target(clients.plan, target)
    source_org = side.inventory.identity.organization_id
    client = await clients.target(target, source_org)
    home = Home(plan=plan.name, source_org=source_org, target_org=clients.identity(target).organization_id)
    _refuse_idle_rules(plan, side.inventory, book.snapshot(home))
    await _settle(client, book, home, run)
    snapshot = book.snapshot(home)
    dest = await crawl(client, org=target, identity=clients.identity(target), listener=run.listener)
    dest = await with_forms(client, await _described(client, dest, snapshot), choose(plan.select, side.inventory)[0])
    await find_missing(clients, side, (thing for thing in snapshot.copies if thing[0] != "folder"))
    material = await _gather(clients, side, plan, dest, snapshot, run.listener)
    there, here = await _catalogs(clients, side, dest)
    context = await _with_columns(_resolved(plan, side, dest, material, transforms), material, here, there)
    drafts = _drafted(material, context)
    run.listener(Stage(name="draft", org=target, done=len(drafts), total=len(drafts)))
    edited = await _edited(client, dest, snapshot, run.listener)
    view = replace(_view(plan, context, side, material, snapshot), drafts=drafts, observed=_observed(edited, snapshot))
    drops = await _drops(client, view, edited, book, run.listener)
    view = replace(view, sent_before=_sent_before(view, book), drops=drops)
    looked = await look_up(there, here, _to_be_written(view), material.specs, run.listener)
    view = await surrounded(clients, side, plan, replace(view, missing=looked.problems), run.listener)
    selection = _selection(plan, target, side, material.scope)
    told = scope_changes(selection, snapshot)
    changes = replace(decide(view), scope_changes=told, copied_before=copied_before(snapshot))
    warnings = _warnings(context, side, unmatched(plan, context, drafts.values()))
    notes = (*_dropped(view), *alike(main_actions(changes.waves), view), *_foretold(drafts.values()))
    return Prepared(
        plan=plan,
        target=target,
        dest=dest,
        scope=material.scope,
        snapshot=snapshot,
        home=home,
        changes=changes,
        view=view,
        mapped=view.mapped,
        warnings=(*warnings, *notes, *material.doubts, *looked.warnings),
        selection=selection,
        sql={key: found for key, one in drafts.items() if (found := changed_sql(material.specs[key].body, one))},
    )


def _view(plan: Plan, context: TargetContext, side: SourceSide, material: _Material, snapshot: Snapshot) -> TargetView:
    """What is decided on, as far as it is known before anything of the target's documents was read."""
    return TargetView(
        target=context.target,
        drafts={},
        dest=context.dest,
        snapshot=snapshot,
        policy=plan.policy,
        mapped=_mapped(context, material.scope.keys),
        unreadable=material.unreadable,
        source=side.inventory.items,
        fates=side.fates,
    )


def _selection(plan: Plan, target: str, side: SourceSide, wanted: Scope) -> Selection:
    return Selection(
        target=target,
        select=plan.select,
        keys=wanted.keys,
        source=side.inventory.items,
        fates=side.fates,
        policy=plan.policy,
    )


async def _settle(client: Client, book: Book, home: Home, run: RunContext) -> None:
    """What earlier runs left open is settled before anything is looked at, so that their copies are known as ours."""
    if book.snapshot(home).open:
        with suppress(LockHeld):  # whoever holds the lock settles it
            async with leased(book, home.target_org, run.id, seconds=run.patience.lease):
                await settle_open(client, book, home, run)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Folded:
    """One spec in the target's generation, and how often each named fold was applied."""

    spec: Spec
    changes: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Material:
    """What drafts are made of: the scope, its specs in the target's generation, and the existing models of the target.

    ``models`` maps ids of source models to those of the target that the plan maps them to; ``unreadable`` are the
    documents that could not be read or folded, and why; ``doubts`` are sentences about how they are spelled.
    """

    scope: Scope
    models: Mapping[str, str]
    folded: Mapping[Key, _Folded]
    existing: Mapping[str, Spec]
    unreadable: Mapping[Key, tuple[str, str]]
    doubts: tuple[str, ...] = ()

    @property
    def specs(self) -> dict[Key, Spec]:
        """The specs in the target's generation."""
        return {key: one.spec for key, one in self.folded.items()}


async def _gather(
    clients: Clients, side: SourceSide, plan: Plan, dest: Inventory, snapshot: Snapshot, listener: Listener
) -> _Material:
    models = mapped_models(plan, side.inventory, dest)
    wanted = scope(plan.select, side.inventory, models)
    _refuse_empty(plan, wanted)
    await fetch_missing(clients, side, (*wanted.keys, *_models_in(side, models)), listener)
    existing = {Key(org=dest.org, kind="data-model", id=model_id) for model_id in models.values()}
    client = await clients.client(dest.org)
    found = await fetch(client, dest, sorted(existing), listener=listener)
    date, doubt = await contract_date(client, dest, _workbooks(side, wanted), _copies(snapshot, side), listener)
    ready = {key: _folded(side, key, dest, date) for key in wanted.keys}
    return _Material(
        scope=wanted,
        models=models,
        folded={key: one for key, one in ready.items() if isinstance(one, _Folded)},
        existing={key.id: spec for key, spec in found.specs.items()},
        unreadable={key: one for key, one in ready.items() if not isinstance(one, _Folded)},
        doubts=(doubt,) if doubt else (),
    )


def _refuse_idle_rules(plan: Plan, source: Inventory, snapshot: Snapshot) -> None:
    """Raises Refused where a rule of the selection takes nothing: a renamed folder must not end as a quiet success."""
    before = {
        Key(org=source.org, kind=document_kind(one.kind), id=one.source_id): split_path(one.path)
        for one in snapshot.selected.values()
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


def _workbooks(side: SourceSide, wanted: Scope) -> dict[Key, Json]:
    """The bodies of the workbooks in scope; data models are spelled alike at every date."""
    return {key: side.specs[key].body for key in wanted.keys if key.about.enveloped and key in side.specs}


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
    plan: Plan, side: SourceSide, dest: Inventory, material: _Material, transforms: tuple[Transform, ...]
) -> TargetContext:
    """Every mapping of the plan as ids of the two organizations. Raises Refused with all that name no single thing."""
    mapped = {key: side.specs[key] for key in _models_in(side, material.models) if key in side.specs}
    context = resolve(
        plan,
        dest.org,
        side.inventory,
        dest,
        frozenset(key for key in material.scope.keys if key.id not in material.models),
        {**material.specs, **mapped},
        material.existing,
        transforms,
    )
    if context.problems:
        raise unresolved(dest.org, context.problems)
    return context


def _drafted(material: _Material, context: TargetContext) -> dict[Key, Draft]:
    return {
        key: _with_folds(draft(one.spec, context, context.target), one.changes)
        for key, one in material.folded.items()
        if key.id not in material.models
    }


async def _with_columns(context: TargetContext, material: _Material, here: Catalog, there: Catalog) -> TargetContext:
    """The context with the raw names of columns that lose their friendly ones."""
    bodies = [spec.body for spec in material.specs.values()]
    return replace(context, columns=await raw_columns(bodies, context.connections, here, there))


async def _catalogs(clients: Clients, side: SourceSide, dest: Inventory) -> tuple[Catalog, Catalog]:
    """The target's catalog and the source's; a bundle's answers nothing."""
    org = clients.plan.source.org
    here = Catalog((await clients.client(org), side.inventory) if org else None)
    return Catalog((await clients.client(dest.org), dest)), here


def _to_be_written(view: TargetView) -> dict[Key, Draft]:
    return {key: view.drafts[key] for key in may_be_written(view)}


def unresolved(target: str, problems: Sequence[Problem]) -> Refused:
    """The refusal that lists every name that does not resolve to exactly one thing."""
    count = len(problems)
    return Refused(
        f"{count} mapping{'' if count == 1 else 's'} for target {target} cannot be resolved.",
        code="unresolved_mapping",
        next_action="correct the plan as listed; nothing was written",
        problems=problems,
    )


def _folded(side: SourceSide, key: Key, dest: Inventory, date: ContractDate) -> _Folded | tuple[str, str]:
    """One spec in the target's generation and spelling; or the code and the reason why there is none."""
    if key.kind in dest.lacks:
        return dest.lacks[key.kind].code, dest.lacks[key.kind].message
    if key in side.unreadable:
        return side.unreadable[key]
    if key not in side.specs:
        return "not_fetched", "its spec is not part of the bundle"
    spec = side.specs[key]
    try:
        folded, changes = fold(spec, dest.generation_of(key.kind) or spec.generation, date)
        return _Folded(spec=folded, changes=changes)
    except CannotFold as error:
        return "generation_too_old", str(error)


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


def _foretold(drafts: Iterable[Draft]) -> list[str]:
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


async def _edited(client: Client, dest: Inventory, snapshot: Snapshot, listener: Listener) -> Mapping[str, Spec]:
    """What stands in copies whose version is no longer the one we read back, by their id in the target."""
    moved = []
    for (kind, _), copy in snapshot.copies.items():
        item = item_of(dest, kind, copy.target_id)
        if item is not None and item.version != copy.version_read:
            moved.append(item.key)
    return await _read(client, dest, moved, listener)


def _observed(edited: Mapping[str, Spec], snapshot: Snapshot) -> Mapping[str, str]:
    """Their digests; that of what was read back where what stands says the same in another spelling."""
    read = {copy.target_id: copy.digest_read for copy in snapshot.copies.values()}
    return {there: read[there] if read[there] in spec.digests else spec.digest for there, spec in edited.items()}


async def _read(client: Client, dest: Inventory, keys: Sequence[Key], listener: Listener) -> Mapping[str, Spec]:
    if not keys:
        return MappingProxyType({})
    bundle = await fetch(client, dest, keys, listener=listener)
    return {key.id: spec for key, spec in bundle.specs.items()}


async def _drops(
    client: Client, view: TargetView, edited: Mapping[str, Spec], book: Book, listener: Listener
) -> dict[Key, tuple[str, ...]]:
    """What people added to each document that would be replaced; one read for each that was not read yet."""
    todo = replaced(view)
    unread = [Key(org=view.dest.org, kind=key.kind, id=there) for key, there in todo.items() if there not in edited]
    standing = {**edited, **await _read(client, view.dest, sorted(set(unread)), listener)}
    found: dict[Key, tuple[str, ...]] = {}
    for key, there in todo.items():
        copy = view.snapshot.copies.get((key.kind, key.id))
        last = book.body(copy.digest_sent) if copy else None
        added = would_drop(view.drafts[key], copy, standing[there], last) if there in standing else ()
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
