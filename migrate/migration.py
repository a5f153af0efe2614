"""``Migration``: the street from end to end, as a library. The command line is a thin layer over it."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from migrate.bundle.spec import Bundle
from migrate.bundle.store import Form, save
from migrate.change.model import ChangeSet, Outcome, TargetChanges
from migrate.change.seal import dump, sealed
from migrate.change.work import Patience
from migrate.check.model import Finding, Reconciliation
from migrate.check.tally import tally
from migrate.errors import AccessError, LockHeld, MigrateError, Refused, SafetyStop, ServiceError, worst
from migrate.events import Listener, silent
from migrate.files import write_private
from migrate.inventory.scope import Scope, scope
from migrate.ledger.book import Book, open_book
from migrate.ledger.model import Run
from migrate.plan.model import Format, Plan
from migrate.plan.tenants import for_target
from migrate.run.execute import check, execute, unattempted
from migrate.run.folder import write_run
from migrate.run.narrow import narrowed
from migrate.run.prepare import Prepared, SourceSide, fetch_missing, prepare, read_source
from migrate.run.wires import Transport, Wires, network
from migrate.sigma.workers import each
from migrate.tree import Json, digest

TARGETS_AT_ONCE = 4


def utc_now() -> str:
    """The time as ISO-8601 with milliseconds and ``Z``."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def new_run_id(now: str) -> str:
    """A run id that sorts by time: ``20261122T225800Z-1f2e3d``."""
    return f"{now[:19].replace('-', '').replace(':', '')}Z-{secrets.token_hex(3)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a run came to: its reconciliation, and the files it wrote by format."""

    run_id: str
    folder: Path
    reconciliation: Reconciliation
    files: Mapping[Format, Path]
    interrupted: bool = False

    @property
    def exit_code(self) -> int:
        """The exit code of contract section 5 for this run."""
        return self.reconciliation.exit_code


class Migration:
    """One plan at work; an async context manager.

    ``environ`` holds the credentials that the plan refers to (the process environment by default),
    ``transport`` may give an organization a transport of its own, ``now`` is the clock, ``stop`` is asked
    between steps whether to finish early, ``listener`` is told everything that happens, ``patience`` is how long
    lost writes are looked for.
    """

    def __init__(
        self,
        plan: Plan,
        *,
        environ: Mapping[str, str] | None = None,
        listener: Listener = silent,
        transport: Transport = network,
        now: Callable[[], str] = utc_now,
        stop: Callable[[], bool] = lambda: False,
        patience: Patience | None = None,
    ) -> None:
        self._plan = plan
        self._listener = listener
        self._now = now
        self._stop = stop
        self._patience = patience
        self._wires = Wires(plan, environ=environ, listener=listener, transport=transport)
        self._stack = ExitStack()
        self._book: Book | None = None
        self._side: SourceSide | None = None
        self._prepared: dict[str, Prepared] = {}
        self._lost: dict[str, MigrateError] = {}

    async def __aenter__(self) -> Self:
        await self._wires.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()
        await self._wires.__aexit__(kind, error, trace)

    @property
    def book(self) -> Book:
        """The ledger, opened when first needed."""
        if self._book is None:
            self._book = self._stack.enter_context(open_book(self._plan.state, listener=self._listener))
        return self._book

    async def source(self) -> SourceSide:
        """The source side, read once."""
        if self._side is None:
            plans = [for_target(self._plan, target) for target in self._plan.targets] or [self._plan]
            self._side = await read_source(self._wires, self._listener, plans)
        return self._side

    async def export(self, folder: Path, *, form: Form = "json") -> Scope:
        """Writes the bundle of everything in scope of any target; returns the scope."""
        side = await self.source()
        plans = [for_target(self._plan, target) for target in self._plan.targets] or [self._plan]
        scopes = [scope(plan.select, side.inventory) for plan in plans]
        keys = list(dict.fromkeys(key for each in scopes for key in each.keys))
        await fetch_missing(self._wires, side, keys, self._listener)
        bundle = Bundle(
            specs={key: side.specs[key] for key in keys if key in side.specs},
            unreadable={key: side.unreadable[key] for key in keys if key in side.unreadable},
        )
        save(folder, side.inventory, bundle, form=form)
        return scopes[0]

    async def plan(self, targets: Sequence[str] = (), only: str = "") -> ChangeSet:
        """The sealed change set for these targets (all by default), complete before any write.

        ``only`` narrows it to a document id or a name glob. Raises Refused for mappings that do not resolve.
        """
        side = await self.source()
        chosen = tuple(targets or self._plan.targets)
        refusals: list[Refused] = []
        for target in chosen:
            try:
                self._prepared[target] = await prepare(
                    self._wires, side, target, self.book, self._listener, now=self._now, patience=self._patience
                )
            except Refused as refused:
                refusals.append(refused)
            except (AccessError, ServiceError) as error:
                if len(chosen) == 1:
                    raise
                self._lost[target] = error
        if refusals:
            raise _together(refusals)
        if len(self._lost) == len(chosen):
            raise next(iter(self._lost.values()))
        ready = [self._prepared[target] for target in chosen if target in self._prepared]
        return sealed(
            ChangeSet(
                plan=self._plan.name,
                plan_sha256=self._plan.sha256,
                plan_file=str(self._plan.origin or ""),
                created_at=self._now(),
                source_organization_id=side.inventory.identity.organization_id,
                targets=tuple(narrowed(each.changes, only) for each in ready),
                made_from=_made_from(side, ready),
                warnings=(
                    *(f"{target} is left out of this run: {error}" for target, error in self._lost.items()),
                    *dict.fromkeys(f"{p.target}: {w}" for p in ready for w in p.warnings),
                ),
                left_out=_sum([each.scope.left_out for each in ready]),
            )
        )

    async def apply(self, changes: ChangeSet, *, run_id: str = "") -> Result:
        """Executes a change set, verifies what landed, writes the report.

        A change set of another session is first compared with a fresh one; SafetyStop ``stale_change_set``
        where source or target moved since. ``run.json`` is written whatever happens.
        """
        await self._check_fresh(changes)
        run_id = run_id or new_run_id(self._now())
        folder = self._plan.report.dir / run_id
        run: dict[str, Json] = {
            "id": run_id,
            "plan": self._plan.name,
            "plan_file": str(self._plan.origin or ""),
            "plan_sha256": self._plan.sha256,
            "change_set": changes.seal,
            "started_at": self._now(),
            "finished_at": None,
            "status": "running",
        }
        write_run(folder, run)
        write_private(folder / "changes.json", dump(changes))
        self.book.start_run(
            Run(id=run_id, plan=self._plan.name, plan_sha256=self._plan.sha256, started_at=run["started_at"],
                change_set=changes.seal)
        )  # fmt: skip
        try:
            outcomes, findings = await self._work(changes, run_id)
        except BaseException as error:
            run |= {"finished_at": self._now(), "status": "failed", "error": _told(error)}
            write_run(folder, run)
            self.book.finish_run(run_id, "failed", run["finished_at"])
            raise
        status = "interrupted" if self._stop() else "complete"
        run |= {"finished_at": self._now(), "status": status}
        self.book.finish_run(run_id, status, run["finished_at"])
        return self._reported(folder, run, changes, outcomes, findings)

    async def _work(self, changes: ChangeSet, run_id: str) -> tuple[list[Outcome], list[Finding]]:
        """The outcomes and findings of all targets; trouble with one leaves the others alone."""
        side = await self.source()
        outcomes: dict[str, Sequence[Outcome]] = {}
        findings: dict[str, Sequence[Finding]] = {}

        async def one(target: TargetChanges) -> None:
            prepared = replace(self._prepared[target.target], changes=target)
            try:
                outcomes[target.target] = await execute(
                    self._wires,
                    prepared,
                    self.book,
                    run=run_id,
                    now=self._now,
                    listener=self._listener,
                    stop=self._stop,
                    patience=self._patience,
                )
            except (AccessError, ServiceError, LockHeld) as error:
                if len(changes.targets) == 1:
                    raise
                self._lost[target.target] = error
                outcomes[target.target] = unattempted(target, error)
                return
            if not self._stop():
                done = outcomes[target.target]
                findings[target.target] = await check(self._wires, side, prepared, self.book, done, self._listener)

        await each(changes.targets, one, workers=TARGETS_AT_ONCE)
        order = [target.target for target in changes.targets]
        return (
            [outcome for name in order for outcome in outcomes.get(name, ())],
            [finding for name in order for finding in findings.get(name, ())],
        )

    def _reported(
        self,
        folder: Path,
        run: Mapping[str, Json],
        changes: ChangeSet,
        outcomes: Sequence[Outcome],
        findings: Sequence[Finding],
    ) -> Result:
        from migrate.report.render import render

        items = self._side.inventory.items if self._side else {}
        reconciliation = tally(
            run=run, changes=changes, outcomes=outcomes, findings=findings, source=items, orgs=self._orgs()
        )
        codes = (reconciliation.exit_code, *(error.exit_code for error in self._lost.values()))
        reconciliation = replace(reconciliation, exit_code=worst(codes))
        write_run(folder, run, reconciliation)
        files = render(reconciliation, folder, self._plan.report.formats)
        return Result(run_id=str(run["id"]), folder=folder, reconciliation=reconciliation, files=files,
            interrupted=run["status"] == "interrupted",
        )  # fmt: skip

    def _orgs(self) -> tuple[Mapping[str, Json], ...]:
        """What each organization's wire did."""
        rows = []
        for alias, client in self._wires.open.items():
            stats, identity = client.stats, self._wires.identity(alias)
            rows.append(
                {
                    "alias": alias,
                    "organization_id": identity.organization_id,
                    "slug": identity.slug,
                    "requests": stats.requests,
                    "throttled": stats.throttled,
                    "paused_seconds": round(stats.paused_seconds, 3),
                }
            )
        return tuple(rows)

    async def _check_fresh(self, changes: ChangeSet) -> None:
        """Compares a change set that this object did not make with what it would make now."""
        names = [target.target for target in changes.targets]
        if all(name in self._prepared for name in names):
            return
        if changes.plan_sha256 != self._plan.sha256:
            raise SafetyStop(
                "the plan file was changed since this change set was saved.",
                code="stale_change_set",
                next_action="plan again and review it again",
            )
        fresh = await self.plan(names)
        if fresh.seal != changes.seal:
            moved = sorted(
                name
                for name in fresh.made_from.keys() | changes.made_from.keys()
                if fresh.made_from.get(name) != changes.made_from.get(name)
            )
            raise SafetyStop(
                f"the change set is stale: {', '.join(moved) or 'the target'} changed since it was saved.",
                code="stale_change_set",
                next_action="plan again and review it again",
            )


def _made_from(side: SourceSide, ready: Sequence[Prepared]) -> Mapping[str, str]:
    """What the change set was computed from, as digests by name."""
    keys = {key for one in ready for key in one.scope.keys}
    source = {f"{k.kind}:{k.id}": side.specs[k].digest for k in sorted(keys) if k in side.specs}
    seen = {"source": digest(source)}
    for one in ready:
        items = sorted((i.key.kind, i.key.id, i.name, i.version, i.archived, i.path) for i in one.dest.items.values())
        folders = sorted((f.id, f.path) for f in one.dest.folders.values())
        seen[one.target] = digest([items, folders])
    return seen


def _sum(counts: Iterable[Mapping[str, int]]) -> Mapping[str, int]:
    total: dict[str, int] = {}
    for count in counts:
        for name, number in count.items():
            total[name] = max(total.get(name, 0), number)
    return total


def _together(refusals: Sequence[Refused]) -> Refused:
    """One refusal with the problems of all targets."""
    first = refusals[0]
    problems = list(dict.fromkeys(problem for refusal in refusals for problem in refusal.problems))
    return Refused(
        " ".join(refusal.message for refusal in refusals),
        code=first.code,
        next_action=first.next_action,
        problems=problems,
    )


def _told(error: BaseException) -> str:
    """An error as one line for ``run.json``; never a trace, never a secret."""
    return str(error) if isinstance(error, MigrateError) else type(error).__name__
