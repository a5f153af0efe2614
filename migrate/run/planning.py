"""A change set for several targets, complete before the first write, with everything that applying it needs."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from migrate.bundle.spool import Spool
from migrate.change.actions import Block, CreateFolder, action_id, key_of, main_actions
from migrate.change.archive import too_many, with_archives
from migrate.change.decide import decide
from migrate.change.left_scope import shrunk
from migrate.change.model import ChangeSet, Doubt, NotCopied, TargetChanges
from migrate.change.moved import moved, saved_ids, writing
from migrate.change.run_context import RunContext
from migrate.change.seal import sealed
from migrate.check.model import ReportRow
from migrate.errors import (
    AccessError,
    InvalidInput,
    MigrateError,
    Problem,
    Refused,
    SafetyStop,
    ServiceError,
    classified,
)
from migrate.inventory.model import Inventory, Key
from migrate.inventory.scope import passed_by, passed_over, scope
from migrate.ledger.book import Book
from migrate.ledger.model import Home, Look
from migrate.plan.model import Plan
from migrate.plan.running import Limits
from migrate.plan.tenants import for_target
from migrate.rewrite.python_rules import Transform
from migrate.run.absent import added, disabled, vanished
from migrate.run.clients import Clients
from migrate.run.cost import Spent, since
from migrate.run.folder import last_rows
from migrate.run.gates import idle
from migrate.run.narrow import is_meant, matches_nothing, narrowed, only_these, told_of
from migrate.run.pinned import as_pinned
from migrate.run.prepare import Prepared, prepare
from migrate.run.roster import settled
from migrate.run.source import Memory, SourceSide, mark_of, read_source
from migrate.sigma.workers import each
from migrate.text import join_path
from migrate.tree import digest

_DESCRIPTORS_BESIDE = 64
"""Descriptors that are left for files, the ledger, the source and whoever uses this as a library."""


def at_once(plan: Plan) -> int:
    """How many targets are worked on at once: what the plan says, or fewer where this machine lends few descriptors."""
    try:
        import resource
    except ImportError:  # not every system counts them so
        return plan.run.targets
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return fitting(plan.run, math.inf if soft == resource.RLIM_INFINITY else soft)


def fitting(limits: Limits, descriptors: float) -> int:
    """How many targets fit into so many descriptors, at least one and at most what the plan says.

    Every target takes a connection for each request that may be in flight, and two more.
    """
    return int(max(1, min(limits.targets, (descriptors - _DESCRIPTORS_BESIDE) // (limits.concurrency + 2))))


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A change set and what it was made of: each target as it was looked at, and those that could not be.

    ``spent`` is what planning cost each organization, ``spool`` where the bodies of the drafts lie.
    """

    changes: ChangeSet
    source: Inventory
    ready: Mapping[str, Prepared]
    lost: Mapping[str, MigrateError]
    spent: Spent
    spool: Spool

    @property
    def stops(self) -> Mapping[str, SafetyStop]:
        """The targets whose selection lost too much since the last run, so that nothing is written to them."""
        found = {
            name: shrunk(one.changes, one.plan.policy) or too_many(one.changes, one.plan.policy)
            for name, one in self.ready.items()
        }
        return {name: stop for name, stop in found.items() if stop is not None}

    @property
    def out_of_sight(self) -> bool:
        """Whether these credentials may no longer read what was copied before: that is no run as if all were well."""
        return any(
            one.view.fates.get(thing) == "not_visible" for one in self.ready.values() for thing in one.snapshot.copies
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """What several processes work on together: its source, read by one of them, and all its targets."""

    side: SourceSide
    targets: tuple[str, ...]


async def plan_targets(
    clients: Clients,
    book: Book,
    run: RunContext,
    spool: Spool,
    *,
    targets: Sequence[str] = (),
    only: str = "",
    transforms: tuple[Transform, ...] = (),
    deep: bool = False,
    fleet: Fleet | None = None,
) -> Planned:
    """The sealed change set for these targets (all by default), narrowed to what ``only`` means.

    ``spool`` takes the bodies. Copies of which nothing changed are passed by, unless ``deep``. ``fleet`` is what these
    targets are a part of, where others work on the rest of it.

    A target that cannot be looked at, or whose mappings do not resolve, leaves the others alone; its error is raised
    where there are no others. Raises Usage for an ``only`` that means nothing.
    """
    before = clients.spent
    plan = await settled(clients)
    chosen = tuple(dict.fromkeys(targets or plan.targets))
    plans, lost = _plans(plan, chosen)
    lost |= await _proven(clients, [target for target in chosen if target not in lost])
    memory = Memory() if deep or transforms or fleet else memory_of(clients, book, plans)
    looked = tuple(plan for target, plan in plans.items() if target not in lost)
    side = fleet.side if fleet else await read_source(clients, run.listener, looked, spool, memory)
    ready: dict[str, Prepared] = {}

    async def one(target: str) -> None:
        try:
            own = await as_pinned(clients, side, plans[target], spool, memory, run.listener)
            ready[target] = await prepare(clients, own, spool, target, book, run, transforms, deep=deep)
        except Exception as error:  # noqa: BLE001 - trouble with one target leaves the others alone
            lost[target] = classified(error)
        finally:
            await clients.rest(target)

    await each([target for target in chosen if target not in lost], one, workers=at_once(clients.plan))
    _some_left(chosen, lost)
    last = last_rows(clients.plan.report.dir, clients.plan.name) if only else ()
    changes = tuple(
        _narrowed(side.inventory, ready[name], only, last)
        if name in ready
        else unreached(plans[name], side.inventory, lost[name], only, last)
        for name in chosen
    )
    if only and not any(one.waves for one in changes):
        raise matches_nothing(only, _names_in_scope(side.inventory, plans, ready), last)
    in_order = [ready[name] for name in chosen if name in ready]
    notes = _notes(clients, book, side, fleet.targets if fleet else chosen, whole=not (fleet or only or lost))
    whole = _change_set(clients.plan, run, side, changes, only, in_order, lost, notes)
    return Planned(
        changes=whole, source=side.inventory, ready=ready, lost=lost, spent=since(clients.spent, before), spool=spool
    )


def _plans(plan: Plan, targets: Sequence[str]) -> tuple[dict[str, Plan], dict[str, MigrateError]]:
    """The plan as it holds for each target, and the targets for which it cannot be filled in.

    Raises InvalidInput for what is no target, and for a plan whose table was looked through before.
    """
    plans: dict[str, Plan] = {}
    lost: dict[str, MigrateError] = {}
    for target in targets:
        try:
            plans[target] = for_target(plan, target)
        except InvalidInput as error:
            if plan.tenants_of is None or target not in plan.targets:
                raise
            plans[target] = replace(plan, targets=(target,))
            lost[target] = error
    return plans, lost


def _notes(clients: Clients, book: Book, side: SourceSide, targets: Sequence[str], *, whole: bool) -> tuple[str, ...]:
    """What a person should know of the run before any target; ``whole`` where it looked at all that were asked for."""
    plan, source = clients.plan, side.inventory.identity.organization_id
    known = [clients.identity(alias).organization_id for alias in clients.open]
    gone = vanished(plan, book, source, known) if whole and {*targets} == {*plan.targets} else ()
    new = added(plan, book, source, {alias: clients.identity(alias).organization_id for alias in clients.open})
    return (*filter(None, [idle(plan, targets)]), *plan.told, *disabled(plan), *gone, *new)


def memory_of(clients: Clients, book: Book, plans: Mapping[str, Plan]) -> Memory:
    """What the ledger holds of the source's documents, target by target."""
    if clients.plan.source.org is None:
        return Memory()
    source = clients.identity(clients.plan.source.org).organization_id
    homes = [home for name in {plan.name for plan in plans.values()} for home in book.homes(name)]
    return Memory(partial(_looks, book, home) for home in homes if home.source_org == source)


def _looks(book: Book, home: Home) -> Iterable[Look]:
    return book.looks(home)


async def _proven(clients: Clients, targets: Sequence[str]) -> dict[str, MigrateError]:
    """Proves who every organization is before any is read; the targets of which that cannot be proven, and why.

    Targets that are one organization are among them. Raises the error of the source, or of all targets.
    """
    lost: dict[str, MigrateError] = {}

    async def one(target: str) -> None:
        try:
            await clients.client(target)
        except (AccessError, ServiceError, SafetyStop) as error:
            lost[target] = error
        finally:
            await clients.rest(target)

    if clients.plan.source.org is not None:
        await clients.client(clients.plan.source.org)
    await each(targets, one, workers=at_once(clients.plan))
    _some_left(targets, lost)
    lost |= same_organization({name: clients.identity(name).organization_id for name in targets if name not in lost})
    _some_left(targets, lost)
    return lost


def _some_left(targets: Sequence[str], lost: Mapping[str, MigrateError]) -> None:
    """Raises what is wrong with the targets where none is left: all that was refused, else the first one's error."""
    if lost and len(lost) == len(targets):
        refusals = list(dict.fromkeys(error for error in lost.values() if isinstance(error, Refused)))
        raise together(refusals) if refusals else next(lost[target] for target in targets)


def same_organization(organizations: Mapping[str, str]) -> dict[str, Refused]:
    """The targets (alias -> proven organization id) that are an organization which another one is, and why not."""
    by_id: dict[str, list[str]] = {}
    for alias, organization in organizations.items():
        by_id.setdefault(organization, []).append(alias)
    found: dict[str, Refused] = {}
    for organization, aliases in by_id.items():
        refusal = Refused(
            f"targets {', '.join(aliases)} are one organization, {organization[:80]}; "
            "their copies would be counted twice and stand in each other's way.",
            code="same_organization",
            next_action="give each target the credentials of the organization it is meant to be, or keep one of them",
        )
        found |= dict.fromkeys(aliases if len(aliases) > 1 else (), refusal)
    return found


def _narrowed(source: Inventory, prepared: Prepared, only: str, last: Sequence[ReportRow]) -> TargetChanges:
    names = {key: source.items[key].name for key in prepared.scope.keys}
    return narrowed(prepared.changes, only, last, names)


def _change_set(
    plan: Plan,
    run: RunContext,
    side: SourceSide,
    targets: tuple[TargetChanges, ...],
    only: str,
    ready: Sequence[Prepared],
    lost: Mapping[str, MigrateError],
    notes: Sequence[str],
) -> ChangeSet:
    return sealed(
        ChangeSet(
            plan=plan.name,
            plan_sha256=plan.sha256,
            plan_file=str(plan.origin or ""),
            created_at=run.now(),
            source_organization_id=side.inventory.identity.organization_id,
            only=only,
            targets=targets,
            made_from=_made_from(side, ready),
            warnings=(
                *notes,
                *(text for target, error in lost.items() for text in _left_out(target, error)),
                *dict.fromkeys(f"{one.target}: {warning}" for one in ready for warning in one.warnings),
            ),
            left_out=passed_over(one.scope for one in ready),
            not_copied=_not_copied(side.inventory, ready),
            unread={one.target: len(one.passed_by) for one in ready if one.passed_by},
            doubts=_doubts(ready, targets),
            settings=dict(plan.overrides),
            orgs_file=str(plan.orgs_file or ""),
        )
    )


_PROBLEMS_TOLD = 20
"""What is wrong with the plan for one target fills the report of all no further than this."""


def _left_out(target: str, error: MigrateError) -> Iterator[str]:
    """Why a target is left out, with each place of the plan that has to be mended for it."""
    yield f"{target} is left out of this run: {error}"
    problems: Sequence[Problem] = error.problems if isinstance(error, Refused) else ()
    yield from (f"{target}: {problem}" for problem in problems[:_PROBLEMS_TOLD])
    if len(problems) > _PROBLEMS_TOLD:
        yield f"{target}: and {len(problems) - _PROBLEMS_TOLD} more; plan --target {target} lists all of them"


def _doubts(ready: Sequence[Prepared], targets: Sequence[TargetChanges]) -> tuple[Doubt, ...]:
    """What only the write can show of the documents that are still meant."""
    meant = {(one.target, action.key) for one in targets for action in main_actions(one.waves)}
    kept = [
        replace(doubt, keys=tuple(key for key in doubt.keys if (doubt.target, key) in meant))
        for one in ready
        for doubt in one.doubts
    ]
    return tuple(doubt for doubt in kept if doubt.keys)


_NOT_COPIED = {
    "dataset": "dataset_not_copied",
    "template": "template_not_copied",
}


def _not_copied(source: Inventory, ready: Sequence[Prepared]) -> tuple[NotCopied, ...]:
    """What the selection of any target takes beside documents, each once, by folder and name."""
    found = {other.id: other for one in ready for other in passed_by(one.plan.select, source)}
    rows = [
        NotCopied(
            kind=other.kind,
            source_id=other.id,
            name=other.name,
            source_path=join_path(other.path),
            reason_code=_NOT_COPIED[other.kind],
        )
        for other in found.values()
    ]
    return tuple(sorted(rows, key=lambda row: (row.source_path, row.name, row.source_id)))


def _made_from(side: SourceSide, ready: Sequence[Prepared]) -> Mapping[str, str]:
    """What the change set was computed from, as digests by name."""
    keys = {key for one in ready for key in one.scope.keys}
    source = {f"{k.kind}:{k.id}": side.specs.digest(k) if k in side.specs else mark_of(side, k) for k in sorted(keys)}
    seen = {"source": digest(source)}
    for one in ready:
        items = sorted((i.key.kind, i.key.id, i.name, i.version, i.archived, i.path) for i in one.dest.items.values())
        folders = sorted((f.id, f.path) for f in one.dest.folders.values())
        seen[one.target] = digest([items, folders])
    return seen


def together(refusals: Sequence[Refused]) -> Refused:
    """One refusal with the problems of all targets."""
    problems = list(dict.fromkeys(problem for refusal in refusals for problem in refusal.problems))
    return Refused(
        " ".join(dict.fromkeys(refusal.message for refusal in refusals)),
        code=refusals[0].code,
        next_action=refusals[0].next_action,
        problems=problems,
    )


def unreached(
    plan: Plan, source: Inventory, error: MigrateError, only: str, last: Iterable[ReportRow]
) -> TargetChanges:
    """The changes for a target that could not be looked at: everything in scope is blocked, for one reason.

    So that its documents have rows like all others, and the numbers of the report add up over all targets.
    """
    target = plan.targets[0]
    told = told_of(last, target, only)
    blocked = tuple(
        Block(
            id=action_id("block", key),
            target=target,
            key=key,
            reason_code=error.code,
            why=error.message,
            next_action=error.next_action,
        )
        for key in _in_scope(plan, source)
        if is_meant(only, key.id, (source.items[key].name,), told)
    )
    return TargetChanges(target=target, organization_id="", waves=(blocked,) if blocked else ())


def _names_in_scope(source: Inventory, plans: Mapping[str, Plan], ready: Mapping[str, Prepared]) -> list[str]:
    """What the documents are called that any target has in scope, for each of them."""
    scopes = [ready[name].scope.keys if name in ready else _in_scope(plan, source) for name, plan in plans.items()]
    return [source.items[key].name for keys in scopes for key in keys]


def _in_scope(plan: Plan, source: Inventory) -> tuple[Key, ...]:
    return scope(plan.select, source).keys


def stale(saved: ChangeSet, fresh: ChangeSet | None) -> SafetyStop:
    """Why a saved change set is not applied: the plan file changed (``fresh`` None), or nothing is left of it."""
    why = "the plan file was changed since this change set was saved"
    if fresh is not None:
        names = sorted(fresh.made_from.keys() | saved.made_from.keys())
        moved_on = [name for name in names if fresh.made_from.get(name) != saved.made_from.get(name)]
        why = f"nothing is left of the change set: {', '.join(moved_on) or 'the ledger'} changed since it was saved"
    return SafetyStop(f"{why}.", code="stale_change_set", next_action="plan again and review it again")


def as_saved(planned: Planned, saved: ChangeSet, *, replan: bool) -> Planned:
    """What is planned today, held to a saved change set: no other document, and none that moved since.

    A document that moved refuses its own row, and what needs it waits; with ``replan`` it is written as is planned now.
    Raises SafetyStop where nothing is left to write.
    """
    apart = moved(saved, planned.changes)
    refused = {} if replan else apart
    before = {target.target: target for target in saved.targets}
    held = tuple(
        _held(target, before[target.target], planned.ready.get(target.target), refused.get(target.target, {}))
        for target in planned.changes.targets
        if target.target in before
    )
    if writing(saved.targets) and not writing(held):
        raise stale(saved, planned.changes)
    told = tuple(f"{target}: {one.message}" for target, found in apart.items() for one in found.values())
    changes = sealed(replace(planned.changes, targets=held, warnings=(*planned.changes.warnings, *told)))
    return replace(planned, changes=changes)


def _held(
    target: TargetChanges, before: TargetChanges, ready: Prepared | None, apart: Mapping[Key, Problem]
) -> TargetChanges:
    """The changes of one target without what was not saved, and with what moved refused."""
    if ready is None:
        return target
    if apart:
        view = replace(ready.view, moved=apart)
        again = with_archives(decide(view), view)
        target = replace(target, waves=again.waves)
    keys = {action.key for action in main_actions(before.waves)}
    ids = saved_ids(before)
    actions = [action for wave in target.waves for action in wave]
    meant = [action for action in actions if key_of(action) in keys or (key_of(action) is None and action.id in ids)]
    return only_these(target, [action for action in meant if not isinstance(action, CreateFolder)])
