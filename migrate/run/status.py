"""Where a plan stands: its runs, and for each target what the ledger holds. Offline; asks no organization."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from migrate.errors import InvalidInput
from migrate.ledger.counts import Counted, counts_in
from migrate.ledger.held import Held
from migrate.run.head import Head, read_head
from migrate.tree import Json
from migrate.words import OUTCOMES


@dataclass(frozen=True, slots=True, kw_only=True)
class RunState:
    """One run as its ``run.json`` tells it; ``outcomes`` are counts over all targets, empty where it told none."""

    id: str
    plan: str
    kind: str
    status: str
    started_at: str
    finished_at: str
    outcomes: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetState:
    """What the ledger holds of one target.

    ``open`` are writes of which no outcome is known yet; ``locked_by`` who works there now, ``left_locked_by`` who
    did and ended without giving the lock back. ``run`` is the last finished apply, ``run_at`` when it finished.
    """

    alias: str
    organization_id: str
    copies: Mapping[str, int]
    written_at: str
    open: int
    run: str = ""
    run_at: str = ""
    locked_by: str = ""
    left_locked_by: str = ""


def runs_in(reports: Path, plan: str = "") -> tuple[RunState, ...]:
    """The runs of a plan, or of all, newest first; a run that cannot be read is one of status ``unreadable``."""
    return tuple(state for state, _told in _read(reports, plan))


def _read(reports: Path, plan: str) -> list[tuple[RunState, Head]]:
    """The same with what each run told; a run is called as its folder, whatever its file says."""
    found = []
    for path in reports.glob("*/run.json"):
        try:
            head = read_head(path.parent)
        except InvalidInput:
            head = Head(run={"plan": plan, "status": "unreadable"})
        if plan in ("", head.run.get("plan")):
            found.append((_run_state(path.parent.name, head.run, head.totals), head))
    return sorted(found, key=lambda each: (each[0].started_at, each[0].id), reverse=True)


def _run_state(name: str, run: Mapping[str, Json], totals: Mapping[str, Mapping[str, int]]) -> RunState:
    counts = {name: sum(target.get(name, 0) for target in totals.values()) for name in OUTCOMES}
    return RunState(
        id=name,
        plan=str(run.get("plan", "")),
        kind=str(run.get("kind", "")),
        status=str(run.get("status")),
        started_at=str(run.get("started_at") or ""),
        finished_at=str(run.get("finished_at") or ""),
        outcomes={name: count for name, count in counts.items() if count},
    )


def targets_in(ledger: str, plan: str, reports: Path) -> tuple[TargetState, ...]:
    """What the ledger of this URL holds of each target of a plan; ``reports`` tells their aliases.

    A ledger that is not there is not made. Raises InvalidInput for a URL that is none, ServiceError or FileError for
    a ledger that cannot be used.
    """
    aliases, finished = _told_by_runs(reports, plan)
    return tuple(_target_state(one, aliases, finished) for one in counts_in(ledger, plan))


def aliases_in(reports: Path, plan: str) -> dict[str, str]:
    """Organization id -> its alias, as the runs of a plan told them."""
    return _told_by_runs(reports, plan)[0]


def _told_by_runs(reports: Path, plan: str) -> tuple[dict[str, str], dict[str, RunState]]:
    """Organization id -> alias, and alias -> its last finished apply."""
    aliases: dict[str, str] = {}
    finished: dict[str, RunState] = {}
    for state, head in reversed(_read(reports, plan)):
        for org in head.orgs:
            aliases[str(org.get("organization_id"))] = str(org.get("alias"))
        if state.kind == "apply" and state.status == "complete":
            finished.update(dict.fromkeys(head.totals, state))
    return aliases, finished


def _target_state(one: Counted, aliases: Mapping[str, str], finished: Mapping[str, RunState]) -> TargetState:
    alias = aliases.get(one.target_org, "")
    last = finished.get(alias)
    working = one.held is not None and one.held.working
    return TargetState(
        alias=alias,
        organization_id=one.target_org,
        copies=one.copies,
        written_at=one.written_at,
        open=one.open,
        run=last.id if last else "",
        run_at=last.finished_at if last else "",
        locked_by=_name(one.held) if working else "",
        left_locked_by="" if working else _name(one.held),
    )


def _name(held: Held | None) -> str:
    return str(held.owner) if held is not None else ""
