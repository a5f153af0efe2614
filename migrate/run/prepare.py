"""From a plan to a change set: the source read once, each target looked at and decided on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import anyio

from migrate.bundle.fetch import fetch
from migrate.bundle.fold import CannotFold, fold
from migrate.bundle.read import load as load_bundle
from migrate.bundle.spec import Bundle, Spec
from migrate.change.actions import Create, Update
from migrate.change.apply import settle_open
from migrate.change.decide import decide
from migrate.change.execution import Patience
from migrate.change.model import TargetChanges
from migrate.change.view import TargetView
from migrate.errors import LockHeld, Problem, Refused
from migrate.events import Listener, Stage, Warned
from migrate.inventory.crawl import crawl
from migrate.inventory.model import Inventory, Key
from migrate.inventory.scope import Scope, choose, scope
from migrate.ledger.book import Book
from migrate.ledger.lease import leased
from migrate.ledger.model import Home, Snapshot
from migrate.plan.model import Plan
from migrate.plan.tenants import for_target
from migrate.rewrite.context import TargetContext
from migrate.rewrite.draft import draft
from migrate.rewrite.model import Change, Copied, Draft
from migrate.rewrite.resolve import mapped_models, resolve
from migrate.rewrite.rules import Transform
from migrate.rewrite.unmatched import unmatched
from migrate.run.clients import Clients
from migrate.survey.tables import look_up
from migrate.words import Generation


@dataclass(slots=True, kw_only=True)
class SourceSide:
    """The source organization or bundle: its inventory, and the specs fetched so far."""

    inventory: Inventory
    specs: dict[Key, Spec] = field(default_factory=dict)
    unreadable: dict[Key, tuple[str, str]] = field(default_factory=dict)
    fetching: anyio.Lock = field(default_factory=anyio.Lock)


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


async def read_source(clients: Clients, listener: Listener, plans: Sequence[Plan]) -> SourceSide:
    """The source's inventory with the closure of everything that any of the plans selects."""
    plan = clients.plan
    if plan.source.bundle is not None:
        inventory, bundle = load_bundle(plan.source.bundle, org="bundle")
        for note in inventory.notes:
            listener(Warned(code="bundle_edited", message=note))
        return SourceSide(inventory=inventory, specs=dict(bundle.specs), unreadable=dict(bundle.unreadable))
    alias = plan.source.org or ""
    client = await clients.client(alias)

    def follow(seen: Inventory) -> Iterable[Key]:
        return {key for each in plans for key in choose(each.select, seen)[0]}

    inventory = await crawl(client, org=alias, identity=clients.identity(alias), follow=follow, listener=listener)
    return SourceSide(inventory=inventory)


async def fetch_missing(clients: Clients, side: SourceSide, keys: Iterable[Key], listener: Listener) -> None:
    """Fetches the specs of these documents that were not fetched yet; targets that need the same one wait for it."""
    if clients.plan.source.org is None:
        return
    async with side.fetching:
        todo = [key for key in keys if key not in side.specs and key not in side.unreadable]
        if todo:
            client = await clients.client(clients.plan.source.org)
            bundle = await fetch(client, side.inventory, todo, listener=listener)
            side.specs.update(bundle.specs)
            side.unreadable.update(bundle.unreadable)


async def prepare(
    clients: Clients,
    side: SourceSide,
    target: str,
    book: Book,
    listener: Listener,
    *,
    now: Callable[[], str],
    patience: Patience | None = None,
    transforms: tuple[Transform, ...] = (),
) -> Prepared:
    """The actions for one target, after settling what an earlier run left open there.

    Raises Refused with every mapping that names nothing or several things.
    """
    plan = for_target(clients.plan, target)
    _check_available(plan)
    client = await clients.target(target, side.inventory.identity.organization_id)
    home = Home(
        plan=plan.name,
        source_org=side.inventory.identity.organization_id,
        target_org=clients.identity(target).organization_id,
    )
    if book.snapshot(home).open:
        with suppress(LockHeld):  # whoever holds the lock settles it
            async with leased(book, home.target_org, "settling"):
                await settle_open(
                    client=client, book=book, home=home, run="settling", now=now, listener=listener, patience=patience
                )
    dest = await crawl(client, org=target, identity=clients.identity(target), listener=listener)
    snapshot = book.snapshot(home)
    mapped = mapped_models(plan, side.inventory, dest)
    wanted = scope(plan.select, side.inventory, mapped)
    existing = {Key(org=target, kind="data-model", id=model_id) for model_id in mapped.values()}
    model_keys = [key for key in side.inventory.items if key.kind == "data-model" and key.id in mapped]
    await fetch_missing(clients, side, (*wanted.keys, *model_keys), listener)
    found = await fetch(client, dest, sorted(existing), listener=listener)
    folded, cannot = _folded(side, wanted.keys, dest.generation)
    context = resolve(
        plan,
        target,
        side.inventory,
        dest,
        frozenset(key for key in wanted.keys if key.id not in mapped),
        folded | {key: side.specs[key] for key in model_keys if key in side.specs},
        {key.id: spec for key, spec in found.specs.items()},
        transforms,
    )
    if context.problems:
        raise unresolved(target, context.problems)
    drafts = {
        key: _with_folds(draft(spec, context, target), cannot.changes[key])
        for key, spec in folded.items()
        if key.id not in mapped
    }
    listener(Stage(name="draft", org=target, done=len(drafts), total=len(drafts)))
    view = TargetView(
        target=target,
        drafts=drafts,
        dest=dest,
        snapshot=snapshot,
        policy=plan.policy,
        mapped=_mapped(context, wanted.keys),
        observed=await _observed(clients, dest, snapshot, listener),
        unreadable=cannot.unreadable,
    )
    changes, doubts = await _decided(clients, side, view, folded, listener)
    warnings = _warnings(context, side, wanted, snapshot, unmatched(plan, context, drafts.values()))
    return Prepared(
        plan=plan,
        target=target,
        dest=dest,
        scope=wanted,
        snapshot=snapshot,
        home=home,
        changes=changes,
        view=view,
        mapped=view.mapped,
        warnings=(*warnings, *doubts),
    )


async def _decided(
    clients: Clients, side: SourceSide, view: TargetView, specs: Mapping[Key, Spec], listener: Listener
) -> tuple[TargetChanges, tuple[str, ...]]:
    """The actions, after looking up the tables of what would be written, and what the catalogs make doubtful."""
    changes = decide(view)
    actions = [action for wave in changes.waves for action in wave]
    writes = {action.key: view.drafts[action.key] for action in actions if isinstance(action, Create | Update)}
    org = clients.plan.source.org
    looked = await look_up(
        (await clients.client(view.target), view.dest),
        (await clients.client(org), side.inventory) if org else None,
        writes,
        specs,
        listener,
    )
    if looked.problems:
        refused = {
            key: replace(writes[key], refusals=(*writes[key].refusals, *found))
            for key, found in looked.problems.items()
        }
        changes = decide(replace(view, drafts={**view.drafts, **refused}))
    return changes, looked.warnings


def _check_available(plan: Plan) -> None:
    """Refuses what a plan may say and this version does not do; nothing is done halfway in silence."""
    if plan.source.version:
        raise Refused(
            f"source.version {plan.source.version!r}: copying a tagged version is not available in this version.",
            code="not_available",
            next_action="remove source.version (and pin) to copy the published versions",
        )
    if plan.policy.deletes == "archive":
        raise Refused(
            "policy.deletes: archive is not available in this version; copies whose source is gone are only reported.",
            code="not_available",
            next_action="set policy.deletes to report, and archive what the warnings list by hand",
        )


def unresolved(target: str, problems: Sequence[Problem]) -> Refused:
    """The refusal that lists every name that does not resolve to exactly one thing."""
    count = len(problems)
    return Refused(
        f"{count} mapping{'' if count == 1 else 's'} for target {target} cannot be resolved.",
        code="unresolved_mapping",
        next_action="correct the plan as listed; nothing was written",
        problems=problems,
    )


@dataclass(slots=True, kw_only=True)
class _Folds:
    """What folding left behind: the changes it made, and the documents that cannot be folded or read."""

    changes: dict[Key, Mapping[str, int]] = field(default_factory=dict)
    unreadable: dict[Key, tuple[str, str]] = field(default_factory=dict)


def _folded(side: SourceSide, keys: Iterable[Key], generation: Generation | None) -> tuple[dict[Key, Spec], _Folds]:
    """The specs in the target's generation; what cannot be folded or read, with its reason."""
    out: dict[Key, Spec] = {}
    folds = _Folds()
    for key in keys:
        if key in side.unreadable:
            folds.unreadable[key] = side.unreadable[key]
        elif key not in side.specs:
            folds.unreadable[key] = ("not_fetched", "its spec is not part of the bundle")
        else:
            spec = side.specs[key]
            to = spec.generation if generation is None else generation
            try:
                out[key], folds.changes[key] = fold(spec, to)
            except CannotFold as error:
                folds.unreadable[key] = ("generation_too_old", str(error))
    return out, folds


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
        key: Copied(id=context.models[key.id].id, elements=context.models[key.id].elements)
        for key in keys
        if key.kind == "data-model" and key.id in context.models
    }


async def _observed(clients: Clients, dest: Inventory, snapshot: Snapshot, listener: Listener) -> Mapping[str, str]:
    """The digests of copies whose version is no longer the one we read back."""
    moved = []
    for (kind, _), copy in snapshot.copies.items():
        if kind == "folder":
            continue
        key = Key(org=dest.org, kind="workbook" if kind == "workbook" else "data-model", id=copy.target_id)
        item = dest.items.get(key)
        if item is not None and item.version != copy.version_read:
            moved.append(key)
    if not moved:
        return MappingProxyType({})
    bundle: Bundle = await fetch(await clients.client(dest.org), dest, moved, listener=listener)
    return {key.id: spec.digest for key, spec in bundle.specs.items()}


def _warnings(
    context: TargetContext, side: SourceSide, wanted: Scope, snapshot: Snapshot, idle: Iterable[Problem]
) -> tuple[str, ...]:
    """Everything a person should know about this target that stops nothing; ``idle`` are entries that did nothing."""
    notes = [str(problem) for problem in (*context.warnings, *idle)]
    notes += [problem.message for problem in (*side.inventory.unreadable, *context.dest.unreadable)]
    notes += side.inventory.notes
    alive = {(key.kind, key.id) for key in side.inventory.items}
    gone = [
        copy
        for (kind, source_id), copy in snapshot.copies.items()
        if kind != "folder" and (kind, source_id) not in alive
    ]
    notes += [
        f"{copy.kind} {copy.name!r} ({copy.target_id}) is still in {context.target}, its source document is gone"
        for copy in gone
    ]
    if not wanted.keys:
        notes.append(f"the selection matches no document for {context.target}")
    return tuple(dict.fromkeys(notes))
