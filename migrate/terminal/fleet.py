"""``apply --worker``, ``--run`` and ``--gather``: one process's part of a run that several work on."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from migrate.errors import Usage
from migrate.terminal.lines import wrapped
from migrate.terminal.options import PlanChoice, Settings, give
from migrate.terminal.session import with_migration

if TYPE_CHECKING:
    from migrate.ledger.model import Ticket
    from migrate.migration import Migration
    from migrate.plan.model import Plan
    from migrate.run.result import Result

F = TypeVar("F", bound=Callable[..., Any])
_NAME = re.compile(r"[0-9A-Za-z][0-9A-Za-z_.:+-]{0,249}\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """Which run a process takes part in, by the name that whoever starts the processes gave it, and how."""

    name: str
    target: str = ""
    gather: bool = False

    def load(self, choice: PlanChoice, path: Path, *, yes: bool) -> Plan:
        """The plan, the same for all who take part. Raises Usage where it may not be worked on."""
        if not (self.gather or yes):
            raise Usage("a part of a run writes to Sigma and asks nobody.", next_action="add --yes")
        return PlanChoice(orgs=choice.orgs, settings=choice.settings, targets=()).load(path)

    async def gathered(self, migration: Migration) -> Result:
        """What the run came to."""
        return await migration.gather(self.name)


def by_engine(choice: PlanChoice, path: Path, *, only: str, yes: bool) -> Plan | None:
    """The plan where an engine elsewhere works on its targets; None where this process does.

    Raises Usage for what such a run cannot do.
    """
    found = choice.load(path)
    if found.run.engine == "local":
        return None
    if only or choice.targets:
        action = "leave them out, or add --set run.engine=local --set run.scheduler="
        raise Usage("--only and --target belong to a run of this process.", next_action=action)
    if not yes:
        raise Usage("a run of an engine writes to Sigma and asks nobody.", next_action="add --yes")
    return found


def spread_from(folder: Path) -> Callable[[Migration], Awaitable[Result]]:
    """A run by the engine of the plan; relative paths of the plan count from this folder."""

    async def work(migration: Migration) -> Result:
        return await migration.spread(folder)

    return work


def share_options(command: F) -> F:
    """Adds what says which part of a run this process does; gives a ``Shared``, or None for all of it."""

    @click.option(
        "--worker", default="", metavar="NAME", help="Take targets of the run of this name until all are done."
    )
    @click.option("--run", "name", default="", metavar="NAME", help="The run to do --target of, or to --gather.")
    @click.option("--gather", is_flag=True, help="Put the targets of a run together: one report, one exit code.")
    @wraps(command)
    def taking(*args: Any, worker: str, name: str, gather: bool, choice: PlanChoice, **options: Any) -> Any:
        shared = _shared(worker, name, choice.targets, gather=gather)
        return command(*args, shared=shared, choice=choice, **options)

    return taking  # type: ignore[return-value]


def _shared(worker: str, name: str, targets: Sequence[str], *, gather: bool) -> Shared | None:
    if not (worker or name or gather):
        return None
    if not _NAME.match(worker or name):
        raise Usage(
            "a run is called by letters, digits and any of _ . : + -", next_action="write --run nightly-2026-11-28"
        )
    if worker and (name or gather or targets):
        raise Usage("--worker takes whatever target is free.", next_action="leave --run, --gather and --target out")
    if gather and targets:
        raise Usage("--gather is for all targets of a run.", next_action="leave --target out")
    if name and not gather and len(targets) != 1:
        raise Usage("--run needs one --target to do, or --gather.", next_action="add one of them")
    return Shared(name=worker or name, target="" if worker or gather else targets[0], gather=gather)


def worked(settings: Settings, plan: Plan, shared: Shared, wait: float) -> int:
    """The exit code of a process that did its part: that of its one target, else 0, since --gather tells of the run."""

    async def work(migration: Migration) -> tuple[Ticket, ...]:
        return await migration.work(shared.name, shared.target)

    tickets = with_migration(settings, plan, work, lock=wait)
    give(
        settings,
        _text(shared.name, tickets),
        lambda: {"run": tickets[0].run if tickets else "", "tickets": [_row(ticket) for ticket in tickets]},
    )
    return tickets[0].exit_code if shared.target else 0


def _text(name: str, tickets: Sequence[Ticket]) -> str:
    lines = [f"Run {name}: {len(tickets)} target{'' if len(tickets) == 1 else 's'} done here"]
    return "\n".join(
        [*lines, *(wrapped(f"{one.target}: exit code {one.exit_code}, attempt {one.attempt}", "  ") for one in tickets)]
    )


def _row(ticket: Ticket) -> dict[str, str | int]:
    return {"target": ticket.target, "attempt": ticket.attempt, "exit_code": ticket.exit_code}
