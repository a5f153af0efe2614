"""A rehearsal from end to end, as a library: look, build, ask again, carry out, report."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Self

from migrate.bundle.fetch import fetch
from migrate.bundle.spool import Spool
from migrate.change.run_context import Patience, RunContext, never
from migrate.errors import ApiRefusal, InvalidInput, MigrateError, Problem, ServiceError, worst
from migrate.events import Listener, silent
from migrate.ledger.book import open_book
from migrate.ledger.scratch import copied
from migrate.migration import Migration
from migrate.plan.model import Plan
from migrate.plan.orgs import FromEnvironment, Org
from migrate.rehearse.faults import named
from migrate.rehearse.mirror import mirrored, shown
from migrate.rehearse.mirror_catalog import LOOKUP, closed
from migrate.rehearse.overheard import Overheard, Question
from migrate.rehearse.place import private_place
from migrate.rehearse.taken import Taken, as_asked, make_ready, read, save, with_credentials, worded
from migrate.rehearse.unseen import needed, of_one, standing, unasked
from migrate.run.clients import Clients, Transport, network
from migrate.run.functions import allowed_in, functions_of
from migrate.run.planning import Planned, plan_targets
from migrate.run.result import Result, new_run_id, utc_now
from migrate.run.roster import settled
from migrate.sandbox.census import Census
from migrate.sandbox.faults import Fault, Faults
from migrate.sandbox.org import Org as LocalOrg
from migrate.sandbox.org import World
from migrate.sandbox.server import serve
from migrate.sandbox.service import Sandbox
from migrate.sigma.client import Client
from migrate.sigma.contract import ContractDate, dates_of
from migrate.sigma.retry import RetryLimits
from migrate.sigma.spelling import taken_dates
from migrate.sigma.workers import each

ROUNDS = 6
"""How often the organizations are asked at most for what a run on the copies asked and they were not."""
_QUICK = RetryLimits(first=0.01, most=0.1)
_PATIENCE = Patience(waits=(0.05, 0.1, 0.2))
_UNPACED = 1e9


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsed:
    """What a rehearsal came to: the result of its run, and the targets that could not be looked at."""

    result: Result
    lost: Mapping[str, MigrateError] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def exit_code(self) -> int:
        """The exit code that ``apply`` would have ended with, as far as a rehearsal can know."""
        return worst((self.result.exit_code, *(error.exit_code for error in self.lost.values())))


@dataclass(slots=True, kw_only=True)
class _Looked:
    """What is known of the organizations beside their answers.

    ``planned`` is the plan as they show it, ``at`` when that was; ``dates`` says as of which date of the spec contract
    each target takes documents, ``sent`` what those need that go to a target which does not tell of its catalogs.
    """

    planned: Planned
    at: str
    dates: dict[str, ContractDate] = field(default_factory=dict)
    sent: dict[str, Census] = field(default_factory=dict)


class Rehearsal:
    """A plan to be rehearsed; an async context manager, whose place on disk is gone when it is left.

    ``environ`` holds the credentials of the plan, ``transport`` may give an organization a transport of its own,
    ``stop`` is asked between steps whether to finish early. ``faults`` are names of ``faults.NAMES``. ``seen`` is a
    folder of ``save``: nothing is asked of any organization then. ``allow_python`` and ``writing`` as in ``Migration``.
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
        faults: Sequence[str] = (),
        seen: Path | None = None,
        allow_python: Collection[str] = (),
    ) -> None:
        self._plan = plan
        self._environ = os.environ if environ is None else environ
        self._listener = listener
        self._transport = transport
        self._now = now
        self._stop = stop
        self._faults = tuple(faults)
        self._seen = seen
        self._allowed = frozenset(allow_python) | allowed_in(self._environ)
        self._stack = ExitStack()
        self._place = Path()
        self._ledgers = 0
        self._migration: Migration | None = None

    async def __aenter__(self) -> Self:
        self._place = self._stack.enter_context(private_place())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    @property
    def writing(self) -> bool:
        """Whether the local copies are being written to, and the report after that."""
        return self._migration is not None and self._migration.writing

    async def take(self, targets: Sequence[str] = (), only: str = "", *, keep: Path | None = None) -> Taken:
        """What the plan's organizations show, as local ones; written into the folder ``keep`` too. Only reads are sent.

        Raises as ``Migration.plan``, and InvalidInput for a folder that cannot be used.
        """
        if keep is not None:
            make_ready(keep)
        taken = await self._taken(targets, only)
        if keep is not None:
            save(keep, taken)
        return taken

    async def _taken(self, targets: Sequence[str], only: str) -> Taken:
        if self._seen is None:
            return await self._look(tuple(targets), only)
        if self._plan.tenants_of is not None:
            message = "whose tenants are the targets is known by asking their parent, and an inventory asks nobody"
            fix = "leave --from out, or write the targets into the plan"
            raise InvalidInput([Problem(code="inventory_unreadable", message=message, fix=fix, file=str(self._seen))])
        taken = read(self._seen)
        wanted = {*(targets or self._plan.targets), *filter(None, [self._plan.source.org])}
        missing = sorted(wanted - taken.world.orgs.keys())
        if missing:
            held = ", ".join(sorted(taken.world.orgs)) or "nothing"
            message = f"the inventory does not hold {', '.join(missing)}; it holds {held}"
            fix = "write one with the same plan: sigma-migrate inventory PLAN -o FOLDER"
            raise InvalidInput([Problem(code="inventory_unreadable", message=message, fix=fix, file=str(self._seen))])
        return replace(taken, world=World(orgs={alias: taken.world.orgs[alias] for alias in sorted(wanted)}))

    async def run(self, taken: Taken, targets: Sequence[str] = (), only: str = "") -> Rehearsed:
        """Carries the plan out on the local organizations, and writes the report that ``apply`` would write."""
        live = [one for one in targets or self._plan.targets if one not in taken.lost]
        asked = Overheard(bodies=False)
        with self.served(taken, named(self._faults, [*taken.world.orgs])) as (plan, environ):
            local = Migration(
                replace(plan, targets=tuple(live)),
                environ=environ,
                listener=self._listener,
                now=self._now,
                stop=self._stop,
                patience=_PATIENCE,
                allow_python=self._allowed,
                rehearsal=[*self._told(taken)],
                hear=asked.hear,
                retries=_QUICK,
            )
            async with local as self._migration:
                planned = await local.plan(live, only)
                result = await local.apply(_with_unknown(planned, asked, taken))
        return Rehearsed(result=result, lost=taken.lost)

    def _told(self, taken: Taken) -> Iterator[str]:
        """What a report of a rehearsal says of itself."""
        copies = " and ".join(taken.world.orgs)
        yield (
            f"This is a rehearsal: the plan was carried out on local copies of {copies}, made of what they showed at"
            f" {taken.at}. Nothing was written to Sigma, and the ids of what was created are made up."
        )
        yield (
            "A rehearsal cannot know what no read shows: whether the credentials may write, which features are switched"
            " on in a target (they are taken to be on), what queries give, where Sigma judges a document otherwise than"
            " the sandbox, how fast it answers, and what people change until the plan is applied."
        )
        if "data" in self._plan.verify.levels:
            yield "The level data was left out: the rows of local copies are made up, and prove nothing."
        if self._faults:
            yield f"Made to go wrong on the way: {', '.join(self._faults)}."
        for target, error in taken.lost.items():
            yield f"{target} is left out of this rehearsal: {error}"

    # Looking

    async def _look(self, targets: tuple[str, ...], only: str) -> Taken:
        """Plans with reads alone, then asks for what a run on the copies asks beyond that, until nothing is left."""
        heard = Overheard()
        async with Clients(
            self._plan,
            environ=self._environ,
            listener=self._listener,
            transport=self._transport,
            read_only=True,
            hear=heard.hear,
        ) as clients:
            self._plan = await settled(clients)
            targets = targets or self._plan.targets
            at = self._now()
            run = RunContext(id=new_run_id(at), now=self._now, stop=self._stop, listener=self._listener)
            with open_book(self._ledger()) as book, Spool(self._place) as spool:
                rules = functions_of(self._plan, self._allowed)
                planned = await plan_targets(clients, book, run, spool, targets=targets, only=only, transforms=rules)
            looked = _Looked(planned=planned, at=at)
            for alias in planned.ready:
                looked.dates[alias] = await _date(await clients.client(alias), heard)
            taken = self._built(clients, heard, looked)
            for _ in range(ROUNDS):
                if not await self._ask_more(clients, heard, taken, looked, only):
                    break
                taken = self._built(clients, heard, looked)
        return taken

    def _built(self, clients: Clients, heard: Overheard, looked: _Looked) -> Taken:
        """The local organizations of all that was heard so far."""
        source, ready = self._plan.source.org, looked.planned.ready
        orgs: dict[str, LocalOrg] = {}
        faults: list[Fault] = []
        asked: set[tuple[str, str]] = set()
        for alias in dict.fromkeys((*([source] if source else []), *ready)):
            said = heard.of(alias)
            forms = (ready[alias].dest.generation if alias in ready else None, looked.planned.source.generation)
            made = mirrored(
                alias,
                clients.identity(alias),
                said,
                form=next(filter(None, forms), None),
                date=looked.dates.get(alias, ""),
                sent=looked.sent.get(alias, Census()),
            )
            orgs[alias] = made.org
            faults += made.faults
            asked |= as_asked(alias, said)
        return Taken(
            world=World(orgs=orgs),
            faults=tuple(faults),
            at=looked.at,
            asked=frozenset(asked),
            lost=dict(looked.planned.lost),
        )

    async def _ask_more(self, clients: Clients, heard: Overheard, taken: Taken, looked: _Looked, only: str) -> bool:
        """Asks the organizations what a plan made on the copies asked beyond that; whether there was anything."""
        asked = Overheard(bodies=False)
        live = tuple(alias for alias in self._plan.targets if alias in taken.world.orgs)
        with self.served(taken) as (plan, environ):
            local = Migration(
                replace(plan, targets=live),
                environ=environ,
                now=self._now,
                stop=self._stop,
                patience=_PATIENCE,
                allow_python=self._allowed,
                hear=asked.hear,
                retries=_QUICK,
            )
            async with local:
                planned = await local.plan(live, only)
                untold = {alias for alias in planned.ready if alias not in looked.sent and closed(heard.of(alias))}
                looked.sent |= {alias: needed(planned, planned.ready[alias]) for alias in untold}
        more = bool(untold)
        for alias in taken.world.orgs:
            client, said = await clients.client(alias), heard.of(alias)
            questions = [*unasked(asked.of(alias), said)]
            ready = planned.ready.get(alias)
            keys = [*standing(ready, said)] if ready else []
            await _ask(client, questions)
            if keys and ready:
                await fetch(client, ready.dest, keys, listener=self._listener)
            more = more or bool(questions or keys)
        return more

    # The local side

    @contextmanager
    def served(self, taken: Taken, faults: Iterable[Fault] = ()) -> Iterator[tuple[Plan, Mapping[str, str]]]:
        """The plan for local organizations that are served meanwhile, and the environment with their credentials."""
        armed = Faults()
        for fault in (*taken.faults, *faults):
            armed.add(fault)
        with serve(Sandbox(taken.world, faults=armed), admin_port=None) as running:
            yield self._local(running.base_urls, taken.world)

    def _local(self, base_urls: Mapping[str, str], world: World) -> tuple[Plan, Mapping[str, str]]:
        """The same of organizations at these addresses.

        Nothing in it leads anywhere else: not the ledger, not the hosts, not whoever is told when a run ends. Rows are
        not compared, since those of local copies are made up.
        """
        environ: dict[str, str] = {}
        orgs: dict[str, Org] = {}
        for number, (alias, client) in enumerate(with_credentials(world).items()):
            prefix = f"REHEARSAL_{number}"
            environ |= {f"{prefix}_CLIENT_ID": client.client_id, f"{prefix}_CLIENT_SECRET": client.client_secret}
            real = self._plan.orgs[alias]
            orgs[alias] = Org(
                alias=alias,
                base_url=base_urls[alias],
                credentials=FromEnvironment(prefix=prefix),
                expect=real.expect,
                access=real.access,
            )
        run = replace(self._plan.run, requests_per_second=_UNPACED, on_finish=None)
        verify = replace(self._plan.verify, levels=tuple(one for one in self._plan.verify.levels if one != "data"))
        return replace(self._plan, orgs=MappingProxyType(orgs), run=run, verify=verify, state=self._ledger()), environ

    def _ledger(self) -> str:
        """A new copy of what the plan's ledger knows."""
        self._ledgers += 1
        return copied(self._plan.state, self._plan.name, self._place / f"ledger-{self._ledgers}.db")


def _with_unknown(planned: Planned, asked: Overheard, taken: Taken) -> Planned:
    """A change set that says how much of what it goes by nobody had asked for when the organizations were seen."""
    chosen = {key.id for ready in planned.ready.values() for key in ready.scope.keys}
    unknown = sum(
        (alias, worded(question)) not in taken.asked
        for alias in asked.said
        for question in of_one(asked.of(alias))
        if LOOKUP.fullmatch(question.place) or chosen & {*question.place.split("/")}
    )
    if not unknown:
        return planned
    told = (
        f"{unknown} of the tables and documents that this plan asks for were not asked for when the organizations were"
        " seen, and are taken as not there; write the inventory again with this plan"
    )
    changes = replace(planned.changes, warnings=(told, *planned.changes.warnings))
    return replace(planned, changes=changes)


async def _date(client: Client, heard: Overheard) -> ContractDate:
    """As of which date an organization takes documents: by what was read of it, else by its verify call."""
    low, high = dates_of(spec.body for _, spec in shown(heard.of(client.org)))
    return high if low == high else (await taken_dates(client, low, high))[1]


async def _ask(client: Client, questions: Sequence[Question]) -> None:
    """Puts questions to an organization; its answers, refusals too, are heard by whoever hears them all."""

    async def one(question: Question) -> None:
        try:
            await client.read(question.method, question.path, params=question.params, json=question.json)
        except ApiRefusal:
            return
        except ServiceError as error:
            if not error.of_one:
                raise

    await each(questions, one, workers=client.width)
