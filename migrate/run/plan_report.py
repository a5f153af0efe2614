"""What a plan that is to be looked at is made of: the change set, what it costs, what stops documents, differences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from migrate.change.forecast import Forecast, forecast
from migrate.check.rows_compared import RowsCost, rows_cost
from migrate.check.tally import foreseen
from migrate.files import write_private
from migrate.kinds import called
from migrate.plan.model import Plan
from migrate.report.plan_page import DiffersThere, PlanReport, to_html, to_xlsx
from migrate.report.wording import counted
from migrate.run.checking import Worked, levels_of, names_of
from migrate.run.decisions import decisions
from migrate.run.differing import Differing
from migrate.run.folder import record_of
from migrate.run.planning import Planned, at_once
from migrate.run.prepare import Prepared
from migrate.tree import Json
from migrate.words import ActionVerb

_AROUND: Mapping[ActionVerb, tuple[str, str]] = {
    "create-folder": ("folder", "to create"),
    "share": ("thing", "to share"),
    "tag": ("tag", "to set"),
    "schedule": ("schedule", "to make, paused"),
    "hand-over": ("document", "to hand over"),
    "archive": ("copy", "to archive"),
    "patch": ("document", "to link afterwards"),
    "repoint": ("document", "to repoint if ids change"),
}
"""The actions beside the one that gives a document its row: of what, and what is done to it."""


def forecasts(planned: Planned) -> tuple[Forecast, ...]:
    """What applying costs each target that could be looked at."""
    return tuple(
        forecast(
            target,
            levels=levels_of(ready.plan),
            pace=ready.plan.run.requests_per_second,
            unread=len(ready.passed_by),
        )
        for target in planned.changes.targets
        if (ready := planned.ready.get(target.target)) is not None
    )


def cost_of_rows(ready: Prepared) -> RowsCost | None:
    """What comparing rows costs a target; None where nobody asked for it."""
    keys = [key for key in ready.scope.keys if key not in ready.passed_by]
    return rows_cost(ready.target, keys, ready.plan.verify)


def cost_tree(one: RowsCost) -> Json:
    """A cost of comparing rows as JSON."""
    return {
        **asdict(one),
        "elements": one.elements,
        "requests": one.requests,
        "minutes": one.minutes,
        "says": one.says,
    }


def plan_report(
    plan: Plan, planned: Planned, orgs: Sequence[Mapping[str, Json]], differing: Iterable[Differing] = ()
) -> PlanReport:
    """A plan to be looked at; ``orgs`` are the organizations with who they are and what planning asked them."""
    changes = planned.changes
    ready = planned.ready
    run = record_of(plan, "", kind="plan", at=changes.created_at, seal=changes.seal)
    found = foreseen(
        run=run,
        changes=changes,
        source=planned.source.items,
        orgs=orgs,
        names={target: names_of(planned, one, Worked()) for target, one in ready.items()},
        maps={target: one.plan.map for target, one in ready.items()},
    )
    counts = Counter(action.verb for target in changes.targets for wave in target.waves for action in wave)
    return PlanReport(
        found=found,
        forecasts=forecasts(planned),
        rows_costs=tuple(one for ready in planned.ready.values() if (one := cost_of_rows(ready)) is not None),
        doubts=changes.doubts,
        names={key.id: item.name for key, item in planned.source.items.items()},
        patches=_patches(planned),
        around=", ".join(f"{counted(counts[verb], of)} {what}" for verb, (of, what) in _AROUND.items() if counts[verb]),
        only=changes.only,
        differing=tuple(_differs(one) for one in differing),
        at_once=min(at_once(plan), len(changes.targets)),
    )


def write(folder: Path, report: PlanReport) -> tuple[Path, ...]:
    """Writes ``plan.html`` and ``plan.xlsx``; the paths written. Raises FileError where that cannot be."""
    contents = {folder / "plan.html": to_html(report), folder / "plan.xlsx": to_xlsx(report)}
    for path, content in contents.items():
        write_private(path, content)
    return tuple(contents)


def _patches(planned: Planned) -> dict[tuple[str, str], list[str]]:
    """Lines to paste into the plan, by the code and the thing of the cause that they end."""
    found: dict[tuple[str, str], list[str]] = {}
    for ready in planned.ready.values():
        for one in decisions(ready, planned.source):
            mark = one.obstacle.code, one.obstacle.thing
            lines = found.setdefault(mark, [])
            lines += [answer.patch for answer in one.answers if answer.patch not in lines]
    return found


def _differs(one: Differing) -> DiffersThere:
    ways = (("will be written", one.ways.to_write), ("changed in the target since", one.ways.in_target))
    return DiffersThere(
        target=one.target, kind=called(one.key.kind), name=one.name, ways=ways, unknown=one.ways.unknown
    )
