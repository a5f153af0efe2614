"""``Migration``: the street from end to end, as a library. The command line is a thin layer over it."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, replace
from pathlib import Path
from types import TracebackType
from typing import Self

from migrate.assess.assess import assess
from migrate.assess.model import Assessment
from migrate.assess.native import native_route
from migrate.bundle.spec import Bundle
from migrate.bundle.spool import Spool
from migrate.bundle.store import Form, save, written
from migrate.change.adopt import Adoption
from migrate.change.drift import Drift, drifts
from migrate.change.model import ChangeSet
from migrate.change.run_context import Patience, RunContext, never
from migrate.change.seal import sealed
from migrate.errors import InvalidInput, LockHeld, MigrateError, classified, code_of
from migrate.events import Listener, RunBegan, RunEnded, silent
from migrate.files import pretty, write_private
from migrate.fleet.gather import gathered
from migrate.fleet.leading import leading
from migrate.fleet.opening import opened
from migrate.fleet.order import order_of
from migrate.fleet.part import take_part
from migrate.fleet.spread import Engine, spread
from migrate.inventory.model import Inventory, Item
from migrate.inventory.scope import choose, passed_over, scope
from migrate.ledger.book import Book, open_book
from migrate.ledger.held import Held
from migrate.ledger.model import Run, Ticket
from migrate.ledger.opening import folder_of
from migrate.plan.model import Plan
from migrate.plan.tenants import for_target
from migrate.reasons import REASONS
from migrate.report.plan_page import PlanReport
from migrate.rewrite.python_rules import Transform
from migrate.run.audit import write_audit
from migrate.run.checking import Worked, checked
from migrate.run.clients import Clients, Transport, network
from migrate.run.cost import Spent, since, total
from migrate.run.differing import Differing, differing
from migrate.run.doctor import Check, examined, looked_at
from migrate.run.execute import archived_by, as_recorded, as_they_stand, remembered, unattempted, work
from migrate.run.folder import WRITING, begin, discard, last_rows, told, write_run
from migrate.run.freshness import freshness
from migrate.run.functions import allowed_in, functions_of
from migrate.run.locking import break_lock, until_free
from migrate.run.narrow import is_meant, matches_nothing, narrowed_copies
from migrate.run.plan_report import plan_report
from migrate.run.planning import Planned, as_saved, at_once, plan_targets, stale
from migrate.run.prepare import refuse_idle_rules
from migrate.run.recover import recover
from migrate.run.reporting import reported
from migrate.run.result import Exported, Result, new_run_id, utc_now
from migrate.run.roster import settled
from migrate.run.source import SourceSide, fetch_missing, read_source
from migrate.run.status import Live, aliases_in
from migrate.run.undo import TakenBack, take_back, taken_rows
from migrate.secret import RING
from migrate.sigma.model import Hear, deaf
from migrate.sigma.retry import RetryLimits
from migrate.sigma.workers import each
from migrate.survey.candidates import listed
from migrate.tree import Json


class Migration:
    """One plan at work; an async context manager. It keeps open clients and a ledger, and nothing of any call.

    ``environ`` holds the credentials that the plan refers to (the process environment by default),
    ``transport`` may give an organization a transport of its own, ``now`` is the clock, ``stop`` is asked
    between steps whether to finish early, ``listener`` is told everything that happens, ``patience`` is how long
    lost writes are looked for, ``transforms`` are further rules in Python, asked after the plan's own, and
    ``allow_python`` the packages that the plan's may come from, beside those of SIGMA_MIGRATE_ALLOW_PYTHON.
    ``writing`` is True while something is under way that should not be cut off. ``rehearsal`` says that the plan's
    organizations are local copies: what its report tells about that. ``hear`` is told of every answer as it came,
    ``retries`` is how often requests are sent again.
    """

    def __init__(
        self,
        plan: Plan,
        *,
        environ: Mapping[str, str] | None = None,
        listener: Listener = silent,
        transport: Transport = network,
        now: Callable[[], str] = utc_now,
        stop: Callable[[], bool] = never,
        patience: Patience | None = None,
        transforms: Sequence[Transform] = (),
        allow_python: Collection[str] = (),
        rehearsal: Sequence[str] = (),
        hear: Hear = deaf,
        retries: RetryLimits | None = None,
    ) -> None:
        self._listener = listener
        self._now = now
        self._stop = stop
        self._patience = patience or Patience()
        self._given_transforms = tuple(transforms)
        self._allowed = frozenset(allow_python) | allowed_in(os.environ if environ is None else environ)
        self._rehearsal = tuple(rehearsal)
        self._clients = Clients(
            plan, environ=environ, listener=listener, transport=transport, hear=hear, retries=retries
        )
        self._stack = ExitStack()
        self._book: Book | None = None
        self._spool: Spool | None = None
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
    def _plan(self) -> Plan:
        """The plan, with the tenants of a parent organization once they were asked for."""
        return self._clients.plan

    @property
    def book(self) -> Book:
        """The ledger, opened when first needed."""
        if self._book is None:
            self._book = self._stack.enter_context(open_book(self._plan.state, listener=self._listener))
        return self._book

    @property
    def spool(self) -> Spool:
        """Where bodies lie while something is under way, made when first needed: beside a ledger that is a file."""
        if self._spool is None:
            self._spool = self._stack.enter_context(Spool(folder_of(self._plan.state)))
        return self._spool

    @property
    def _transforms(self) -> tuple[Transform, ...]:
        """The rules in Python. Raises InvalidInput before anything is asked, where nobody allowed one of the plan's."""
        return (*functions_of(self._plan, self._allowed), *self._given_transforms)

    def _run(self, run_id: str = "") -> RunContext:
        """A new run: its id, and what holds for it."""
        return RunContext(
            id=run_id or new_run_id(self._now()),
            now=self._now,
            stop=self._stop,
            listener=self._listener,
            patience=self._patience,
        )

    def _plans(self) -> Sequence[Plan]:
        """The plan as it holds for each target; the plan itself where it names none."""
        return [for_target(self._plan, target) for target in self._plan.targets] or [self._plan]

    async def _source(self) -> SourceSide:
        await settled(self._clients)
        return await read_source(self._clients, self._listener, self._plans(), self.spool)

    async def export(self, folder: Path, *, form: Form = "json") -> Exported:
        """Writes the bundle of everything in scope of any target; returns what was written and what was not."""
        side = await self._source()
        scopes = [scope(plan.select, side.inventory) for plan in self._plans()]
        keys = list(dict.fromkeys(key for one in scopes for key in one.keys))
        await fetch_missing(self._clients, side, keys, self._listener)
        fetched = {key: side.specs[key] for key in keys if key in side.specs}
        paths = {key: side.inventory.items[key].path for key in fetched}
        telling = {key for key, spec in fetched.items() if RING.is_in(pretty([written(spec), paths[key]]))}
        bundle = Bundle(
            specs={key: spec for key, spec in fetched.items() if key not in telling},
            unreadable={key: side.unreadable[key] for key in keys if key in side.unreadable}
            | dict.fromkeys(telling, ("secret_in_document", REASONS["secret_in_document"].sentence)),
        )
        save(folder, side.inventory, bundle, form=form)
        needed = {key for one in scopes for key in one.needed} - {key for one in scopes for key in one.chosen}
        return Exported(bundle=bundle, needed=len(needed), left_out=passed_over(scopes))

    async def freeze(self) -> tuple[Item, ...]:
        """The documents that the rules of the plan take today, for any target, by folder and name.

        Raises Refused for a rule that takes nothing. Models that only come along are no part of it.
        """
        side = await self._source()
        plans = self._plans()
        for one in plans:
            refuse_idle_rules(one, side.inventory)
        keys = {key for one in plans for key in choose(one.select, side.inventory)[0]}
        items = [side.inventory.items[key] for key in keys]
        return tuple(sorted(items, key=lambda item: (item.path, item.name, item.key)))

    async def plan(self, targets: Sequence[str] = (), only: str = "") -> Planned:
        """The sealed change set for these targets (all by default), complete before any write, with what it needs.

        ``only`` narrows it to an id, a name glob, or ``failed``, ``blocked`` or a reason code of the last run.
        Raises Refused for mappings that do not resolve, Usage for an ``only`` that means nothing.
        """
        return await self._planned(self._run(), targets, only)

    async def _planned(self, run: RunContext, targets: Sequence[str], only: str = "", *, deep: bool = False) -> Planned:
        return await plan_targets(
            self._clients,
            self.book,
            run,
            self.spool,
            targets=targets,
            only=only,
            transforms=self._transforms,
            deep=deep,
        )

    async def until_free(self, targets: Sequence[str] = ()) -> None:
        """Returns once a run could begin on these targets; LockHeld where others work on all of them still.

        Waits for ``patience.lock`` seconds. Worth asking before ``plan``: nothing but who they are is read.
        """
        await settled(self._clients)
        named = tuple(targets or self._plan.targets)
        await until_free(self._clients, self.book, self._run(), named)

    async def still(self, changes: ChangeSet) -> list[str]:
        """The targets of a change set that the plan has now; a parent organization may have fewer tenants by now."""
        plan = await settled(self._clients)
        return [target.target for target in changes.targets if target.target in plan.targets]

    def unlock(self, target: str, *, sure: bool = False) -> Held | None:
        """Breaks the lock on a target by a person's word; what was broken, None where there was no lock.

        Asks no organization. Raises LockHeld where its holder may be at work and nobody is ``sure``.
        """
        return break_lock(self.book, self._plan, target, aliases_in(self._plan.report.dir, self._plan.name), sure=sure)

    async def apply(self, changes: Planned | ChangeSet, *, run_id: str = "", replan_moved: bool = False) -> Result:
        """Executes a change set, verifies what landed, writes the report, whatever happens meanwhile.

        A change set alone (one that was saved, or whose migration was closed) is first compared with a fresh one: a
        document that moved since refuses its own row, or is written as it would be planned now (``replan_moved``);
        SafetyStop ``stale_change_set`` where nothing is left. Raises FileError where the run's folder cannot be
        written, and LockHeld where other runs hold every target; nothing was begun then.
        """
        run = self._run(run_id)
        if isinstance(changes, Planned) and changes.spool.closed:
            changes = changes.changes  # the migration that planned it is gone, and the bodies with it
        if not isinstance(changes, Planned):
            await until_free(self._clients, self.book, run, await self.still(changes))
        planned = changes if isinstance(changes, Planned) else await self._fresh(changes, run, replan=replan_moved)
        kind = "rehearsal" if self._rehearsal else "apply"
        folder, record = begin(self._plan, run.id, planned.changes, kind=kind, at=self._now())
        record |= {"rehearsal": list(self._rehearsal)} if self._rehearsal else {}
        self.book.start_run(self._recorded(run, planned.changes.seal))
        self._listener(RunBegan(run=run.id, plan=self._plan.name, kind=kind))
        before = self._clients.spent
        done: dict[str, Worked] = {}
        self.writing = True
        try:
            await work(self._clients, planned, self.book, run, done)
        except BaseException as error:
            self._cut_off(run, planned, folder, record, done, error)
            raise
        finally:
            self.writing = False
        held = [one.trouble for one in done.values() if isinstance(one.trouble, LockHeld)]
        if held and len(held) == len(done):
            self.book.drop_run(run.id)
            discard(folder)
            raise held[0]
        return self._reported(
            run, folder, record, planned, done, total(planned.spent, since(self._clients.spent, before))
        )

    async def work(self, name: str, target: str = "") -> tuple[Ticket, ...]:
        """Takes part in the run of that name, which the first who takes part opens; the tickets that were done.

        With a ``target`` its ticket alone, else one after the other until none is left. Raises InvalidInput where the
        run was opened with another plan, LockHeld where another process has the target, Interrupted, and what is wrong
        with this machine.
        """
        self.writing = True
        try:
            return await take_part(
                self._clients, self.book, self.spool, self._run(), name, target, transforms=self._transforms
            )
        finally:
            self.writing = False

    async def spread(self, folder: Path, engine: Engine | None = None) -> Result:
        """The result of a run whose targets an engine works on, a Dask cluster by default.

        A run that was cut off is gone on with. ``folder`` is where relative paths of the plan count from. Raises
        LockHeld where another process leads a run of this plan, ServiceError where the engine is not there,
        Interrupted, and as ``work`` and ``gather``.
        """
        from migrate.fleet.dask import cluster

        run, plan = self._run(), self._plan
        self.writing = True
        try:
            async with leading(self.book, plan, run) as name:
                async with (engine or cluster)(plan.run.scheduler or "", plan.run.targets) as (submit, width):
                    self._clients.share(self.book.pauses)
                    found = await opened(self._clients, self.book, self.spool, run, name)
                    if found.run != run.id:
                        self.book.start_run(self._recorded(replace(run, id=found.run)))
                    await spread(submit, self.book, found, order_of(plan, name, folder), width=width, run=run)
                return await self.gather(name)
        finally:
            self.writing = False

    async def gather(self, name: str) -> Result:
        """The result of the run of that name, once nobody works on it; see ``fleet.gather``."""
        return await gathered(self._clients, self.book, self.spool, self._run(), name)

    def _recorded(self, run: RunContext, seal: str = "") -> Run:
        return Run(
            id=run.id, plan=self._plan.name, plan_sha256=self._plan.sha256, started_at=self._now(), change_set=seal
        )

    def _cut_off(
        self,
        run: RunContext,
        planned: Planned,
        folder: Path,
        record: dict[str, Json],
        done: dict[str, Worked],
        error: BaseException,
    ) -> None:
        """The report of a run that is ended in mid-work, from what the ledger knows of it."""
        cause = MigrateError(f"the run was cut off: {told(error)}", code="interrupted", next_action="run apply again")
        for target in planned.changes.targets:
            if target.target not in done:
                done[target.target] = as_recorded(target, self.book, run, cause)
        self._finish(run, record, "interrupted" if self._stop() else "failed", error)
        reported(
            record,
            folder,
            self._plan.report.formats,
            planned,
            done,
            self._clients.rows(planned.spent),
            {},
            archived_by(self.book, run.id),
        )
        self._listener(RunEnded(run=run.id, status=str(record["status"]), exit_code=code_of(error)))

    def _finish(
        self, run: RunContext, record: dict[str, Json], status: str, error: BaseException | None = None
    ) -> MigrateError | None:
        """Notes how a run ended, in its record and in the ledger; what was in the way of that, if anything was."""
        record |= {"finished_at": self._now(), "status": status}
        if error is not None:
            record["error"] = told(error)
        if record["kind"] not in WRITING:  # the ledger knows only of runs that may write
            return None
        try:
            write_audit(self._plan.report.dir / run.id, self.book, run.id)
            self.book.finish_run(run.id, status, record["finished_at"])
        except Exception as trouble:  # noqa: BLE001 - the report is written all the same
            return classified(trouble)
        return None

    def _reported(
        self,
        run: RunContext,
        folder: Path,
        record: dict[str, Json],
        planned: Planned,
        done: Mapping[str, Worked],
        spent: Spent,
    ) -> Result:
        troubles = {target: one.trouble for target, one in done.items() if one.trouble is not None}
        failed = len(troubles) == len(done) and bool(done)
        status = "interrupted" if self._stop() else "failed" if failed else "complete"
        first = next(iter(troubles.values()), None)
        in_the_way = self._finish(run, record, status, first)
        if in_the_way is not None:
            troubles["run"] = in_the_way
        rows = self._clients.rows(spent)
        result = reported(
            record, folder, self._plan.report.formats, planned, done, rows, troubles, archived_by(self.book, run.id)
        )
        self._listener(RunEnded(run=run.id, status=status, exit_code=result.exit_code))
        return result

    async def _fresh(self, changes: ChangeSet, run: RunContext, *, replan: bool) -> Planned:
        """A change set that was made elsewhere, made again. Raises SafetyStop where nothing is left of it."""
        if changes.plan_sha256 != self._plan.sha256:
            raise stale(changes, None)
        there = await self.still(changes)
        if not there and changes.targets:
            raise stale(changes, None)
        fresh = await self._planned(run, there, changes.only)
        if fresh.changes.seal == changes.seal:
            return fresh
        planned = as_saved(fresh, changes, replan=replan)
        gone = [target.target for target in changes.targets if target.target not in there]
        told = [f"{name} was in the change set and is no target any more: nothing was written there" for name in gone]
        if not gone:
            return planned
        return replace(planned, changes=sealed(replace(planned.changes, warnings=(*planned.changes.warnings, *told))))

    async def verify(self, targets: Sequence[str] = (), only: str = "") -> Result:
        """Checks every copy again, against what the plan says should stand there now. Writes nothing to Sigma."""
        run = self._run()
        planned = await self._planned(run, targets, only, deep=True)
        folder, record = begin(self._plan, run.id, planned.changes, kind="verify", at=self._now())
        self._listener(RunBegan(run=run.id, plan=self._plan.name, kind="verify"))
        before = self._clients.spent
        done: dict[str, Worked] = {}
        for target in planned.changes.targets:
            lost = planned.lost.get(target.target)
            if lost is not None:
                done[target.target] = Worked(outcomes=unattempted(target, lost), trouble=lost)
                continue
            prepared = planned.ready[target.target]
            standing = as_they_stand(target)
            done[target.target] = await checked(self._clients, planned, prepared, self.book, standing, run)
            remembered(self.book, planned, prepared, done[target.target], run)
        return self._reported(
            run, folder, record, planned, done, total(planned.spent, since(self._clients.spent, before))
        )

    async def undo(self, of: str, *, dry_run: bool = False) -> tuple[TakenBack, ...]:
        """Takes back exactly what a run did, unless it has been edited since; ``dry_run`` only tells.

        Raises InvalidInput for a run that the ledger does not know.
        """
        run = self._run()
        await settled(self._clients)
        if dry_run:
            return await take_back(self._clients, self.book, run, of=of, dry_run=True)
        recorded = replace(self._recorded(run), kind="undo", undoes=of)
        self.book.start_run(recorded)
        self._listener(RunBegan(run=run.id, plan=self._plan.name, kind="undo"))
        try:
            taken = await take_back(self._clients, self.book, run, of=of, dry_run=False)
        except BaseException as error:
            if isinstance(error, LockHeld | InvalidInput) and not self.book.entries(run.id):  # nothing was begun
                self.book.drop_run(run.id)
            else:
                self._undone(recorded, "interrupted" if self._stop() else "failed", (), error)
            raise
        self._undone(recorded, "interrupted" if self._stop() else "complete", taken)
        return taken

    def _undone(self, run: Run, status: str, taken: Sequence[TakenBack], error: BaseException | None = None) -> None:
        """Notes how the undoing of a run ended, in the ledger and in its folder."""
        finished = self._now()
        self.book.finish_run(run.id, status, finished)
        row = {**asdict(run), "of": run.undoes, "plan_file": str(self._plan.origin or "")}
        row |= {"finished_at": finished, "status": status} | ({"error": told(error)} if error is not None else {})
        write_run(self._plan.report.dir / run.id, row)
        write_audit(self._plan.report.dir / run.id, self.book, run.id)
        rows = taken_rows(taken)
        write_private(self._plan.report.dir / run.id / "undo.json", pretty({**row, "rows": rows}))
        left = any(one["result"] in ("failed", "kept") for one in rows)
        code = code_of(error) if error is not None else int(left)
        self._listener(RunEnded(run=run.id, status=status, exit_code=code))

    async def adopt(
        self, targets: Sequence[str] = (), *, dry_run: bool = False
    ) -> tuple[Mapping[str, Adoption], Mapping[str, MigrateError]]:
        """Rebuilds a lost ledger from the targets, by name, folder and content; ambiguous ones are only listed.

        With the targets that could not be looked at.
        """
        run = self._run()
        planned = await self._planned(run, targets, deep=True)
        found: dict[str, Adoption] = {}
        lost = dict(planned.lost)

        async def one(target: str) -> None:
            ready = planned.ready[target]
            try:
                found[target] = await recover(self._clients, ready, planned.spool, self.book, run, dry_run=dry_run)
            except MigrateError as error:  # trouble with one target leaves the others alone
                lost[target] = error
            finally:
                await self._clients.rest(target)

        await each(planned.ready, one, workers=at_once(self._plan))
        return {target: found[target] for target in planned.ready if target in found}, lost

    async def drift(
        self, targets: Sequence[str] = (), only: str = ""
    ) -> tuple[tuple[Drift, ...], Mapping[str, MigrateError]]:
        """Every copy three ways (last applied, source now, target now), and the targets that could not be looked at.

        Raises Usage for an ``only`` that means no copy.
        """
        planned = await self._planned(self._run(), targets, deep=True)
        alive = planned.source.items.keys()
        last = last_rows(self._plan.report.dir, self._plan.name) if only else ()
        found = [each for ready in planned.ready.values() for each in drifts(ready.view, alive)]
        kept = narrowed_copies(found, only, last)
        if only and not kept:
            raise matches_nothing(only, [each.name for each in found], last)
        return kept, planned.lost

    async def diff(
        self, targets: Sequence[str] = (), only: str = ""
    ) -> tuple[tuple[Differing, ...], Mapping[str, MigrateError]]:
        """The documents that ``only`` means three ways, and the targets that could not be looked at."""
        planned = await self._planned(self._run(), targets, only, deep=True)
        items = planned.source.items
        found = await self.differing(planned, all_of_them=True)
        meant = (one for one in found if is_meant(only, one.key.id, (one.name, items[one.key].name), ()))
        return tuple(meant), planned.lost

    async def differing(self, planned: Planned, *, all_of_them: bool = False) -> tuple[Differing, ...]:
        """How the documents of a plan differ that would be written; with ``all_of_them`` unchanged ones too."""
        return await differing(self._clients, self.book, planned, all_of_them=all_of_them)

    def plan_report(self, planned: Planned, differing: Sequence[Differing] = ()) -> PlanReport:
        """The plan to be looked at, with what it costs; ``report.plan_page`` makes a page and a spreadsheet of it."""
        return plan_report(self._plan, planned, self._clients.rows(planned.spent), differing)

    async def freshness(self) -> Mapping[str, Live]:
        """How far each target lags behind its source, by alias, from the lists of both. No document is read."""
        return await freshness(self._clients, self.book, self._listener, self._now())

    async def look(self) -> Mapping[str, Inventory]:
        """What every organization of the plan shows, by alias; a run needs none of this first."""
        return {alias: await looked_at(self._clients, alias, self._listener) for alias in self._plan.orgs}

    async def look_at(self, alias: str) -> Inventory:
        """What one organization of the plan shows."""
        return await looked_at(self._clients, alias, self._listener)

    async def tables_at(self, there: Inventory) -> Mapping[str, Sequence[tuple[str, ...]]]:
        """What the catalogs of an organization that was looked at hold, by connection, as far as they can be listed."""
        return await listed(await self._clients.client(there.org), there)

    async def doctor(self, targets: Sequence[str] = ()) -> tuple[Check, ...]:
        """What was found out about each organization of the plan, so that a run does not find it out halfway."""
        plan = await settled(self._clients)
        return await examined(self._clients, plan, targets or plan.targets, self._listener)

    async def assess(self) -> Assessment:
        """How ready the selection is, and what it needs and holds. Needs no target; works on a bundle offline."""
        side = await self._source()
        found = scope(self._plans()[0].select, side.inventory)
        await fetch_missing(self._clients, side, found.keys, self._listener)
        side.inventory = replace(side.inventory, notes=(*side.inventory.notes, *native_route(self._clients.given)))
        return assess(side.inventory, found, side.specs, side.unreadable)
