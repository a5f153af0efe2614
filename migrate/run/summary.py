"""What a change set was made from, and how refusals and counts of several targets become one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from migrate.change.actions import Block, action_id
from migrate.change.model import ChangeSet, TargetChanges
from migrate.errors import MigrateError, Refused, SafetyStop
from migrate.inventory.model import Inventory
from migrate.inventory.scope import scope
from migrate.plan.model import Plan
from migrate.run.clients import Clients
from migrate.run.prepare import Prepared, SourceSide
from migrate.tree import Json, digest


def made_from(side: SourceSide, ready: Sequence[Prepared]) -> Mapping[str, str]:
    """What the change set was computed from, as digests by name."""
    keys = {key for one in ready for key in one.scope.keys}
    source = {f"{k.kind}:{k.id}": side.specs[k].digest for k in sorted(keys) if k in side.specs}
    seen = {"source": digest(source)}
    for one in ready:
        items = sorted((i.key.kind, i.key.id, i.name, i.version, i.archived, i.path) for i in one.dest.items.values())
        folders = sorted((f.id, f.path) for f in one.dest.folders.values())
        seen[one.target] = digest([items, folders])
    return seen


def stale(saved: ChangeSet, fresh: ChangeSet | None) -> SafetyStop:
    """Why a saved change set is not applied: the plan file changed (``fresh`` None), or one of the sides did."""
    why = "the plan file was changed since this change set was saved"
    if fresh is not None:
        names = sorted(fresh.made_from.keys() | saved.made_from.keys())
        moved = [name for name in names if fresh.made_from.get(name) != saved.made_from.get(name)]
        why = f"the change set is stale: {', '.join(moved) or 'the ledger'} changed since it was saved"
    return SafetyStop(f"{why}.", code="stale_change_set", next_action="plan again and review it again")


def left_out(counts: Iterable[Mapping[str, int]]) -> Mapping[str, int]:
    """How many documents were passed over, by reason: the most that any target's selection passed over."""
    total: dict[str, int] = {}
    for count in counts:
        for name, number in count.items():
            total[name] = max(total.get(name, 0), number)
    return total


def together(refusals: Sequence[Refused]) -> Refused:
    """One refusal with the problems of all targets."""
    problems = list(dict.fromkeys(problem for refusal in refusals for problem in refusal.problems))
    return Refused(
        " ".join(refusal.message for refusal in refusals),
        code=refusals[0].code,
        next_action=refusals[0].next_action,
        problems=problems,
    )


def org_rows(clients: Clients) -> tuple[Mapping[str, Json], ...]:
    """What each organization's wire did, as contract section 6 lists it."""
    return tuple(
        {
            "alias": alias,
            "organization_id": clients.identity(alias).organization_id,
            "slug": clients.identity(alias).slug,
            "requests": client.stats.requests,
            "throttled": client.stats.throttled,
            "paused_seconds": round(client.stats.paused_seconds, 3),
        }
        for alias, client in clients.open.items()
    )


def in_waves(plan: Plan, targets: Sequence[TargetChanges]) -> list[list[TargetChanges]]:
    """The targets by the ``wave`` of their tenant row, the lowest first; those without one come first of all."""
    waves = {tenant.tenant: int(tenant.values.get("wave") or 0) for tenant in plan.tenants}
    numbers = sorted({waves.get(target.target, 0) for target in targets})
    return [[target for target in targets if waves.get(target.target, 0) == number] for number in numbers]


def unreached(plan: Plan, source: Inventory, error: MigrateError) -> TargetChanges:
    """The changes for a target that could not be looked at: everything in scope is blocked, for one reason.

    So that its documents have rows like all others, and the numbers of the report add up over all targets.
    """
    target = plan.targets[0]
    blocked = tuple(
        Block(
            id=action_id("block", key),
            target=target,
            key=key,
            reason_code=error.code,
            why=error.message,
            next_action=error.next_action,
        )
        for key in scope(plan.select, source).keys
    )
    return TargetChanges(target=target, organization_id="", waves=(blocked,) if blocked else ())
