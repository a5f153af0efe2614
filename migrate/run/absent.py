"""Tenants that this plan has no more, or not now, so that nobody looks after their copies; and those that are new."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from migrate.ledger.book import Book
from migrate.plan.model import Plan
from migrate.plan.tenants import NO
from migrate.run.folder import run_before
from migrate.run.status import aliases_in


def disabled(plan: Plan) -> Iterator[str]:
    """A sentence for each row of the table of tenants that is switched off."""
    for tenant in plan.tenants:
        if tenant.values.get("enabled", "").lower() in NO:
            yield f"{tenant.tenant} is disabled in the table of tenants: nothing was looked at or written there"


def vanished(plan: Plan, book: Book, source_org: str, known: Collection[str]) -> Iterator[str]:
    """A sentence for each organization that holds copies of this plan and is none of its targets any more.

    ``known`` are the ids of the organizations of the plan.
    """
    known = {*known, *_named(plan)}
    gone = {home.target_org: home for home in book.homes(plan.name) if home.source_org == source_org}
    counts = {org: len(book.copies(home)) for org, home in gone.items() if org not in known}
    left = {org: count for org, count in counts.items() if count}
    names = aliases_in(plan.report.dir, plan.name) if left else {}
    for org, count in sorted(left.items()):
        what = "1 copy or folder stands" if count == 1 else f"{count} copies and folders stand"
        name = names.get(org, "an organization")
        yield f"{name} ({org}) is no target of the plan any more: {what} there, looked after by nobody"


def added(plan: Plan, book: Book, source_org: str, proven: Mapping[str, str]) -> Iterator[str]:
    """A sentence for each target that no run of the plan told of before; none in the first run.

    ``proven`` are the ids of the organizations that were asked who they are, by alias.
    """
    held = {home.target_org for home in book.homes(plan.name) if home.source_org == source_org}
    new = [target for target in plan.targets if target in proven and proven[target] not in held]
    before = run_before(plan.report.dir, plan.name) if new else None
    for target in new:
        if before is not None and target not in before.totals:
            yield f"{target} ({proven[target]}) is new among the targets: nothing of this plan was copied there before"


def _named(plan: Plan) -> Iterator[str]:
    """The organization ids that the plan names, those of disabled rows too."""
    for org in plan.orgs.values():
        if org.expect and org.expect.organization_id:
            yield org.expect.organization_id
    for tenant in plan.tenants:
        yield from (tenant.values[name] for name in ("organization_id", "tenant_id") if name in tenant.values)
