"""Where a plan stands: its runs, and for each target what the ledger and the reports hold. Asks no organization."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

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
    did and ended without giving the lock back. ``run`` is the last finished apply, ``run_at`` when it finished;
    ``good`` and ``good_at`` are those of the last one after which nothing of this target needed anybody. ``wrong`` is
    how many of its documents were not right in the last apply that told of it, ``causes`` the reason codes for that:
    ``held_back`` for a wave that was not begun, ``drifted`` for copies that people edited. ``live`` is what the
    organizations say now, None where nobody asked them.
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
    good: str = ""
    good_at: str = ""
    wrong: int = 0
    causes: tuple[str, ...] = ()
    live: Live | None = None

    @property
    def name(self) -> str:
        """What the target is called."""
        return self.alias or self.organization_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """How far a target lags behind its source, by the lists of both.

    ``behind`` documents have newer versions in the source, ``versions`` of them in all, the oldest for ``hours``;
    ``unknown`` ones nobody knows of which version their copy is; ``not_copied`` ones are selected and have no copy.
    ``edited`` copies are of another version than was last written, ``missing`` ones are not there any more.
    ``trouble`` is why an organization did not say.
    """

    behind: int = 0
    versions: int = 0
    hours: float = 0.0
    unknown: int = 0
    not_copied: int = 0
    edited: int = 0
    missing: int = 0
    trouble: str = ""


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


def targets_in(
    ledger: str, plan: str, reports: Path, expected: Mapping[str, str] = MappingProxyType({})
) -> tuple[TargetState, ...]:
    """What the ledger of this URL holds of each target of a plan, by name; ``reports`` tells their aliases.

    ``expected`` are the targets of the plan as it stands, with the organization ids that it names, empty where it names
    none: those of which the ledger holds nothing are told too, after the others.

    A ledger that is not there is not made. Raises InvalidInput for a URL that is none, ServiceError or FileError for
    a ledger that cannot be used.
    """
    told = _told_by_runs(reports, plan)
    told.aliases.update({organization: alias for alias, organization in expected.items() if organization})
    known = sorted((_target_state(one, told) for one in counts_in(ledger, plan)), key=lambda one: one.name)
    new = sorted(expected.keys() - {one.alias for one in known})
    return (*known, *(_target_state(Counted(target_org=""), told, alias) for alias in new))


def aliases_in(reports: Path, plan: str) -> dict[str, str]:
    """Organization id -> its alias, as the runs of a plan told them."""
    return _told_by_runs(reports, plan).aliases


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """What runs told: organization id -> alias; alias -> its last finished, good and any apply."""

    aliases: dict[str, str] = field(default_factory=dict)
    finished: dict[str, RunState] = field(default_factory=dict)
    good: dict[str, RunState] = field(default_factory=dict)
    last: dict[str, Head] = field(default_factory=dict)


def _told_by_runs(reports: Path, plan: str) -> _Told:
    told = _Told()
    for state, head in reversed(_read(reports, plan)):
        for org in head.orgs:
            told.aliases[str(org.get("organization_id"))] = str(org.get("alias"))
        if state.kind != "apply":
            continue
        told.last.update(dict.fromkeys(head.totals, head))
        if state.status == "complete":
            told.finished.update(dict.fromkeys(head.totals, state))
            good = (target for target in head.totals if not _wrong(head, target) and target not in head.causes)
            told.good.update(dict.fromkeys(good, state))
    return told


_WRONG = ("blocked", "failed", "not_attempted", "mismatch")


def _wrong(head: Head | None, target: str) -> int:
    return sum(head.totals[target].get(name, 0) for name in _WRONG) if head else 0


def _target_state(one: Counted, told: _Told, name: str = "") -> TargetState:
    alias = name or told.aliases.get(one.target_org, "")
    last, good, head = told.finished.get(alias), told.good.get(alias), told.last.get(alias)
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
        good=good.id if good else "",
        good_at=good.finished_at if good else "",
        wrong=_wrong(head, alias),
        causes=head.causes.get(alias, ()) if head else (),
    )


def _name(held: Held | None) -> str:
    return str(held.owner) if held is not None else ""
