"""``Migration``: the street from end to end, as a library. The command line is a thin layer over it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, replace
from pathlib import Path
from types import TracebackType
from typing import Self

from migrate.bundle.spec import Bundle
from migrate.bundle.store import Form, save
from migrate.change.adopt import Adoption
from migrate.change.drift import Drift, drifts
from migrate.change.execution import Patience
from migrate.change.model import ChangeSet, Outcome, TargetChanges
from migrate.change.seal import sealed
from migrate.check.model import Finding
from migrate.check.tally import tally
from migrate.errors import AccessError, LockHeld, MigrateError, Refused, ServiceError, worst
from migrate.events import Listener, silent
from migrate.files import pretty, write_private
from migrate.inventory.model import Inventory
from migrate.inventory.scope import scope
from migrate.ledger.book import Book, open_book
from migrate.ledger.model import Run
from migrate.plan.model import Plan
from migrate.plan.tenants import for_target
from migrate.rewrite.rules import Transform
from migrate.run.assess import Assessment, assess
from migrate.run.clients import Clients, Transport, network
from migrate.run.doctor import Check, examined, looked_at
from migrate.run.execute import as_they_stand, check, execute, unattempted
from migrate.run.folder import begin, last_rows, told, write_run
from migrate.run.narrow import narrowed, narrowed_copies
from migrate.run.prepare import Prepared, SourceSide, fetch_missing, prepare, read_source
from migrate.run.recover import recover
from migrate.run.result import Exported, Result, new_run_id, utc_now
from migrate.run.summary import in_waves, left_out, made_from, org_rows, stale, together, unreached
from migrate.run.undo import TakenBack, take_back, taken_rows
from migrate.sigma.workers import each
from migrate.tree import Json

TARGETS_AT_ONCE = 4


class Migration:
    """One plan at work; an async context manager.

    ``environ`` holds the credentials that the plan refers to (the process environment by default),
    ``transport`` may give an organization a transport of its own, ``now`` is the clock, ``stop`` is asked
    between steps whether to finish early, ``listener`` is told everything that happens, ``patience`` is how long
    lost writes are looked for, ``transforms`` are rules written in Python, applied after the plan's.
    ``writing`` is True while something is under way that should not be cut off.
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
        transforms: Sequence[Transform] = (),
    ) -> None:
        self._plan = plan
        self._listener = listener
        self._now = now
        self._stop = stop
        self._patience = patience
        self._transforms = tuple(transforms)
        self._clients = Clients(plan, environ=environ, listener=listener, transport=transport)
        self._stack = ExitStack()
        self._book: Book | None = None
        self._side: SourceSide | None = None
        self._prepared: dict[str, Prepared] = {}
        self._lost: dict[str, MigrateError] = {}
        self.writing = False

    async def __aenter__(self) -> Self:
        await self._clients.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()
        await self._clients.__aexit__(kind, error, trace)

    @property
    def book(self) -> Book:
        """The ledger, opened when first needed."""
        if self._book is None:
            self._book = self._stack.enter_context(open_book(self._plan.state, listener=self._listener))
        return self._book

    async def source(self) -> SourceSide:
        """The source side, read once."""
        if self._side is None:
            self._side = await read_source(self._clients, self._listener, self._plans())
        return self._side

    def _plans(self) -> Sequence[Plan]:
        """The plan as it holds for each target; the plan itself where it names none."""
        return [for_target(self._plan, target) for target in self._plan.targets] or [self._plan]

    async def export(self, folder: Path, *, form: Form = "json") -> Exported:
        """Writes the bundle of everything in scope of any target; returns what was written and what was not."""
        side = await self.source()
        scopes = [scope(plan.select, side.inventory) for plan in self._plans()]
        keys = list(dict.fromkeys(key for one in scopes for key in one.keys))
        await fetch_missing(self._clients, side, keys, self._listener)
        bundle = Bundle(
            specs={key: side.specs[key] for key in keys if key in side.specs},
            unreadable={key: side.unreadable[key] for key in keys if key in side.unreadable},
        )
        save(folder, side.inventory, bundle, form=form)
        needed = {key for one in scopes for key in one.needed} - {key for one in scopes for key in one.chosen}
        return Exported(bundle=bundle, needed=len(needed), left_out=left_out(one.left_out for one in scopes))

    async def plan(self, targets: Sequence[str] = (), only: str = "") -> ChangeSet:
        """The sealed change set for these targets (all by default), complete before any write.

        ``only`` narrows it to an id, a name glob, or ``failed``, ``blocked`` or a reason code of the last run.
        Raises Refused for mappings that do not resolve.
        """
        side = await self.source()
        chosen = tuple(targets or self._plan.targets)
        refusals: list[Refused] = []

        async def one(target: str) -> None:
            try:
                self._prepared[target] = await prepare(
                    self._clients,
                    side,
                    target,
                    self.book,
                    self._listener,
                    now=self._now,
                    patience=self._patience,
                    transforms=self._transforms,
                )
            except Refused as refused:
                refusals.append(refused)
            except (AccessError, ServiceError, LockHeld) as error:
                if len(chosen) == 1:
                    raise
                self._lost[target] = error

        await each(chosen, one, workers=TARGETS_AT_ONCE)
        if refusals:
            raise together(refusals)
        if len(self._lost) == len(chosen):
            raise next(iter(self._lost.values()))
        last = last_rows(self._plan.report.dir, self._plan.name) if only else ()
        ready = [self._prepared[target] for target in chosen if target in self._prepared]
        return sealed(
            ChangeSet(
                plan=self._plan.name,
                plan_sha256=self._plan.sha256,
                plan_file=str(self._plan.origin or ""),
                created_at=self._now(),
                source_organization_id=side.inventory.identity.organization_id,
                only=only,
                targets=tuple(
                    narrowed(self._prepared[name].changes, only, last)
                    if name in self._prepared
                    else unreached(for_target(self._plan, name), side.inventory, self._lost[name])
                    for name in chosen
                ),
                made_from=made_from(side, ready),
                warnings=(
                    *(f"{target} is left out of this run: {error}" for target, error in self._lost.items()),
                    *dict.fromkeys(f"{p.target}: {w}" for p in ready for w in p.warnings),
                ),
                left_out=left_out(one.scope.left_out for one in ready),
            )
        )

    async def apply(self, changes: ChangeSet, *, run_id: str = "") -> Result:
        """Executes a change set, verifies what landed, writes the report.

        A change set of another session is first compared with a fresh one; SafetyStop ``stale_change_set``
        where source or target moved since. ``run.json`` is written whatever happens.
        """
        await self._check_fresh(changes)
        run_id = run_id or new_run_id(self._now())
        folder, run = begin(self._plan, run_id, changes, kind="apply", at=self._now())
        self.book.start_run(self._run(run_id, changes.seal))
        self.writing = True
        try:
            outcomes, findings = await self._work(changes, run_id)
        except BaseException as error:
            status = "interrupted" if self._stop() else "failed"
            run |= {"finished_at": self._now(), "status": status, "error": told(error)}
            write_run(folder, run)
            self.book.finish_run(run_id, status, run["finished_at"])
            raise
        finally:
            self.writing = False
        status = "interrupted" if self._stop() else "complete"
        run |= {"finished_at": self._now(), "status": status}
        self.book.finish_run(run_id, status, run["finished_at"])
        return self._reported(folder, run, changes, outcomes, findings)

    def _run(self, run_id: str, seal: str = "") -> Run:
        return Run(
            id=run_id, plan=self._plan.name, plan_sha256=self._plan.sha256, started_at=self._now(), change_set=seal
        )

    async def _work(self, changes: ChangeSet, run_id: str) -> tuple[list[Outcome], list[Finding]]:
        """The outcomes and findings of all targets; trouble with one leaves the others alone."""
        side = await self.source()
        outcomes: dict[str, Sequence[Outcome]] = {}
        findings: dict[str, Sequence[Finding]] = {}

        async def one(target: TargetChanges) -> None:
            if target.target in self._lost:
                outcomes[target.target] = unattempted(target, self._lost[target.target])
                return
            prepared = replace(self._prepared[target.target], changes=target)
            try:
                outcomes[target.target] = await execute(
                    self._clients,
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
                findings[target.target] = await self._checked(side, prepared, outcomes[target.target])

        for wave in in_waves(self._plan, changes.targets):
            await each(wave, one, workers=TARGETS_AT_ONCE)
        order = [target.target for target in changes.targets]
        return (
            [outcome for name in order for outcome in outcomes.get(name, ())],
            [finding for name in order for finding in findings.get(name, ())],
        )

    async def _checked(self, side: SourceSide, prepared: Prepared, outcomes: Sequence[Outcome]) -> Sequence[Finding]:
        return await check(self._clients, side, prepared, self.book, outcomes, listener=self._listener, stop=self._stop)

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
            run=run, changes=changes, outcomes=outcomes, findings=findings, source=items, orgs=org_rows(self._clients)
        )
        codes = (reconciliation.exit_code, *(error.exit_code for error in self._lost.values()))
        reconciliation = replace(reconciliation, exit_code=worst(codes))
        write_run(folder, run, reconciliation)
        files = render(reconciliation, folder, self._plan.report.formats)
        return Result(
            run_id=str(run["id"]),
            folder=folder,
            reconciliation=reconciliation,
            files=files,
            interrupted=run["status"] == "interrupted",
        )

    async def _check_fresh(self, changes: ChangeSet) -> None:
        """Compares a change set that this object did not make with what it would make now."""
        names = [target.target for target in changes.targets]
        if all(name in self._prepared or name in self._lost for name in names):
            return
        if changes.plan_sha256 != self._plan.sha256:
            raise stale(changes, None)
        fresh = await self.plan(names, changes.only)
        if fresh.seal != changes.seal:
            raise stale(changes, fresh)

    async def verify(self, targets: Sequence[str] = (), only: str = "") -> Result:
        """Checks every copy again, against what the plan says should stand there now. Writes nothing to Sigma."""
        changes = await self.plan(targets, only)
        run_id = new_run_id(self._now())
        folder, run = begin(self._plan, run_id, changes, kind="verify", at=self._now())
        side = await self.source()
        outcomes: list[Outcome] = []
        findings: list[Finding] = []
        for target in changes.targets:
            if target.target in self._lost:
                outcomes.extend(unattempted(target, self._lost[target.target]))
                continue
            standing = as_they_stand(target)
            outcomes.extend(standing)
            prepared = self._prepared[target.target]
            findings.extend(await self._checked(side, prepared, standing))
        run |= {"finished_at": self._now(), "status": "complete"}
        return self._reported(folder, run, changes, outcomes, findings)

    async def undo(self, of: str, *, dry_run: bool = False) -> tuple[TakenBack, ...]:
        """Takes back exactly what a run did, unless it has been edited since; ``dry_run`` only tells.

        Raises InvalidInput for a run that the ledger does not know.
        """
        run_id = new_run_id(self._now())
        if not dry_run:
            self.book.start_run(self._run(run_id))
        taken = await take_back(
            self._clients,
            self.book,
            of=of,
            run=run_id,
            dry_run=dry_run,
            now=self._now,
            listener=self._listener,
            stop=self._stop,
            patience=self._patience,
        )
        if not dry_run:
            self.book.finish_run(run_id, "interrupted" if self._stop() else "complete", self._now())
            row = {**asdict(self._run(run_id)), "kind": "undo", "of": of, "rows": taken_rows(taken)}
            write_private(self._plan.report.dir / run_id / "undo.json", pretty(row))
        return taken

    async def adopt(self, targets: Sequence[str] = (), *, dry_run: bool = False) -> Mapping[str, Adoption]:
        """Rebuilds a lost ledger from the targets, by name, folder and content; ambiguous ones are only listed."""
        await self.plan(targets)
        return {
            target: await recover(
                self._clients,
                prepared,
                self.book,
                run=new_run_id(self._now()),
                now=self._now(),
                dry_run=dry_run,
                listener=self._listener,
            )
            for target, prepared in self._prepared.items()
        }

    async def drift(
        self, targets: Sequence[str] = (), only: str = ""
    ) -> tuple[tuple[Drift, ...], Mapping[str, MigrateError]]:
        """Every copy three ways (last applied, source now, target now), and the targets that could not be looked at."""
        await self.plan(targets)
        alive = (await self.source()).inventory.items.keys()
        last = last_rows(self._plan.report.dir, self._plan.name) if only else ()
        found = [each for ready in self._prepared.values() for each in drifts(ready.view, alive)]
        return narrowed_copies(found, only, last), dict(self._lost)

    async def look(self) -> Mapping[str, Inventory]:
        """What every organization of the plan shows, by alias; a run needs none of this first."""
        return {alias: await looked_at(self._clients, alias, self._listener) for alias in self._plan.orgs}

    async def doctor(self, targets: Sequence[str] = ()) -> tuple[Check, ...]:
        """What was found out about each organization of the plan, so that a run does not find it out halfway."""
        return await examined(self._clients, self._plan, targets or self._plan.targets, self._listener)

    async def assess(self) -> Assessment:
        """What the selection holds: counts, features, references. Needs no target; works on a bundle offline."""
        side = await self.source()
        found = scope(self._plans()[0].select, side.inventory)
        await fetch_missing(self._clients, side, found.keys, self._listener)
        return assess(side.inventory, found, side.specs, side.unreadable)
