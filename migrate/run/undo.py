"""Taking back a run: which targets it wrote to, what undoing would do there, and doing it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from migrate.change.execution import execution
from migrate.change.revert import prepare_undo, undo
from migrate.change.run_context import RunContext
from migrate.change.undo import Reversal, Undone
from migrate.errors import AccessError, InvalidInput, MigrateError, Problem, SafetyStop, ServiceError
from migrate.inventory.model import Identity
from migrate.ledger.book import Book, open_book
from migrate.ledger.lease import leased
from migrate.ledger.model import Home
from migrate.ledger.opening import is_there
from migrate.plan.model import Plan
from migrate.run.clients import Clients
from migrate.run.folder import kind_of, read_run
from migrate.tree import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenBack:
    """What taking back a run came to in one target, and which organization it is; ``undone`` is empty for a dry run."""

    target: str
    identity: Identity
    reversals: tuple[Reversal, ...]
    undone: tuple[Undone, ...] = ()


async def take_back(clients: Clients, book: Book, run: RunContext, *, of: str, dry_run: bool) -> tuple[TakenBack, ...]:
    """The reversals of run ``of`` in every target it wrote to, done unless ``dry_run``.

    ``run`` is the one that the reversals are recorded under. Raises InvalidInput for a run the ledger does not know.
    """
    homes = homes_of(book, of)
    aliases = await _aliases(clients, {home.target_org for home in homes})
    taken: list[TakenBack] = []
    for home in homes:
        alias = aliases[home.target_org]
        client = await clients.client(alias)
        work = execution(client, book, home, run, clients.plan.policy)
        patience = run.patience
        holding = leased(book, home.target_org, run.id, seconds=patience.lease, wait=patience.lock, sleep=run.sleep)
        async with holding as lease:
            with client.covered_by(lease.covers_now):
                reversals = await prepare_undo(work, of)
                done = () if dry_run else await undo(work, reversals)
        taken.append(TakenBack(target=alias, identity=clients.identity(alias), reversals=reversals, undone=done))
    return tuple(taken)


async def _aliases(clients: Clients, organizations: Collection[str]) -> dict[str, str]:
    """The target that each of these organizations is, all proven before anything is taken back.

    Raises InvalidInput where no target of the plan is one of them, or the error of a target that may be it.
    """
    found: dict[str, str] = {}
    lost: list[MigrateError] = []
    for alias in clients.plan.targets:
        try:
            await clients.client(alias)
        except (AccessError, ServiceError, SafetyStop) as error:
            lost.append(error)
        else:
            found.setdefault(clients.identity(alias).organization_id, alias)
    missing = set(organizations) - found.keys()
    if missing:
        raise lost[0] if lost else _unreachable(clients.plan, missing)
    return found


def homes_of(book: Book, run: str) -> tuple[Home, ...]:
    """Where a run wrote. Raises InvalidInput where the ledger has no write of it."""
    homes = tuple(dict.fromkeys(entry.home for entry in book.entries(run)))
    if not homes:
        message = f"the ledger holds no write of a run {run!r}"
        raise InvalidInput([Problem(code="run_unknown", message=message, fix="check the id and the plan's state")])
    return homes


def last_that_wrote(reports: Path, load: Callable[[Path], Plan]) -> Path:
    """The folder of the newest apply whose ledger holds a write of it; ``load`` reads its plan file.

    Raises InvalidInput where no run wrote anything, or the errors of a plan that cannot be read.
    """
    known = sorted(((path.stat().st_mtime_ns, path.parent) for path in reports.glob("*/run.json")), reverse=True)
    for _, folder in known:
        if kind_of(folder) == "apply":
            plan = load(Path(str(read_run(folder)[0]["plan_file"])))
            if is_there(plan.state):
                with open_book(plan.state) as book:
                    if book.wrote(folder.name):
                        return folder
    message = f"no run in {reports} wrote anything"
    raise InvalidInput([Problem(code="run_unknown", message=message, fix="name the run, or its folder by --dir")])


def _unreachable(plan: Plan, organizations: set[str]) -> InvalidInput:
    names = ", ".join(sorted(organizations))
    message = f"the run also wrote to {names}, which no target of {plan.name} is any more"
    return InvalidInput([Problem(code="run_unknown", message=message, fix="use the plan as it was for that run")])


def taken_rows(taken: Sequence[TakenBack]) -> list[Mapping[str, Json]]:
    """One row a reversal: what it is about, what became of it, and why."""
    rows: list[Mapping[str, Json]] = []
    for one in taken:
        done = {id(undone.reversal): undone for undone in one.undone}
        for reversal in one.reversals:
            became = done.get(id(reversal))
            rows.append(
                {
                    "target": one.target,
                    "verb": reversal.verb,
                    "type": reversal.entry.kind,
                    "name": reversal.entry.name,
                    "target_id": reversal.target_id,
                    "result": became.result if became else "planned",
                    "reason_code": (became.reason_code if became else reversal.reason_code) or None,
                    "reason": (became.reason if became else "") or reversal.why,
                    "next_action": (became.next_action if became else reversal.next_action) or None,
                }
            )
    return rows
