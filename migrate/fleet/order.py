"""What travels to a worker of an engine: which target of which run, and where its plan lies. Never the plan itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path

from migrate.errors import InvalidInput, Problem
from migrate.plan.load import load
from migrate.plan.model import Plan
from migrate.tree import Json
from migrate.version import __version__

SCHEMA = "sigma-migrate.order/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One target of a run for whoever gets it. As JSON it has less than a kilobyte, and no secret in it.

    ``plan`` and ``orgs`` are files that every worker has at the same place, with what ``settings`` lay over them;
    ``folder`` is what relative paths of the plan count from; ``sha256`` is that of all that the plan was read from.
    """

    run: str
    target: str
    attempt: int
    plan: str
    orgs: str
    folder: str
    settings: Mapping[str, str]
    sha256: str
    version: str = __version__
    schema: str = SCHEMA

    def tree(self) -> Json:
        """The order as JSON."""
        return asdict(self)


def order_of(plan: Plan, run: str, folder: Path) -> Order:
    """The order of all targets of a run, before it is said which; ``folder`` is where the plan was read from."""
    return Order(
        run=run,
        target="",
        attempt=0,
        plan=str((folder / (plan.origin or "")).absolute()),
        orgs=str((folder / plan.orgs_file).absolute()) if plan.orgs_file else "",
        folder=str(folder),
        settings=dict(plan.overrides),
        sha256=plan.sha256,
    )


def order_from(tree: Json) -> Order:
    """The order that stands in JSON. Raises InvalidInput for one of another version of this program."""
    known = {one.name for one in fields(Order)}
    if not isinstance(tree, dict) or tree.get("schema") != SCHEMA or tree.get("version") != __version__:
        told = tree.get("version") if isinstance(tree, dict) else None
        raise _unlike(f"by version {told} of sigma-migrate, this is {__version__}", "install one version for all")
    return Order(**{name: value for name, value in tree.items() if name in known})


def plan_of(order: Order, environ: Mapping[str, str]) -> Plan:
    """The plan of an order, as this machine has it. Raises InvalidInput where it is not the one that was meant."""
    orgs = Path(order.orgs) if order.orgs else None
    plan = load(Path(order.plan), orgs=orgs, environ=environ, overrides=order.settings)
    if plan.sha256 != order.sha256:
        raise _unlike("with another plan file or table", "give all workers the same files at the same place")
    folder, (scheme, mark, path) = Path(order.folder), plan.state.partition(":///")
    state = f"{scheme}{mark}{folder / path}" if scheme.startswith("sqlite") and mark else plan.state
    return replace(plan, report=replace(plan.report, dir=folder / plan.report.dir), state=state)


def _unlike(why: str, fix: str) -> InvalidInput:
    return InvalidInput([Problem(code="fleet_unlike", message=f"the run was opened {why}", fix=fix)])
