"""Whether the next targets of a run may be written to, after what became of those before them. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from migrate.change.model import Outcome
from migrate.check.model import Finding
from migrate.errors import MigrateError, SafetyStop
from migrate.plan.model import Plan
from migrate.plan.policies import Policy
from migrate.plan.running import Gate

_BAD = frozenset({"failed", "blocked", "not_attempted"})

ENOUGH = 4
"""So many targets must have ended before a share of them says anything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How one target ended: its documents, how many of them are not right, whether one failed, what ended it early."""

    documents: int
    bad: int
    failed: int
    trouble: bool

    @property
    def red(self) -> bool:
        """Whether the target counts as failed."""
        return self.trouble or self.bad > 0


def waves(plan: Plan, targets: Sequence[str]) -> list[list[str]]:
    """The targets by the ``wave`` of their tenant row, the lowest first; those without one come first of all."""
    of = {tenant.tenant: int(tenant.values.get("wave") or 0) for tenant in plan.tenants}
    numbers = sorted({of.get(target, 0) for target in targets})
    return [[target for target in targets if of.get(target, 0) == number] for number in numbers]


def idle(plan: Plan, targets: Sequence[str]) -> str:
    """Why the plan's gate holds nothing back; empty where it may."""
    if plan.run.gate == Gate() or len(waves(plan, targets)) > 1:
        return ""
    return "run.gate holds nothing back: all targets of this run are in one wave (column wave of the tenants table)"


def ended(outcomes: Iterable[Outcome], findings: Iterable[Finding], trouble: MigrateError | None) -> Ended:
    """How a target ended, from what became of its documents and what checking found."""
    differ = {finding.key for finding in findings if finding.verdict == "mismatch"}
    known = list(outcomes)
    return Ended(
        documents=len(known),
        bad=sum(one.outcome in _BAD or one.key in differ for one in known),
        failed=sum(one.outcome == "failed" for one in known),
        trouble=trouble is not None,
    )


def passed(gate: Gate, number: int, wave: Mapping[str, Ended]) -> SafetyStop | None:
    """Why the waves after this one are held back, None where it passed; ``number`` counts waves from 1."""
    if number > 1 and gate.after == "first":
        return None
    documents, bad = sum(one.documents for one in wave.values()), sum(one.bad for one in wave.values())
    red = sorted(target for target, one in wave.items() if one.red)
    told = []
    if _share(bad, documents) > gate.documents_percent:
        told.append(f"{bad} of its {documents} documents are not right, more than {gate.documents_percent:g} percent")
    if _share(len(red), len(wave)) > gate.targets_percent:
        told.append(f"{len(red)} of its {len(wave)} targets failed, more than {gate.targets_percent:g} percent")
    if not told:
        return None
    return _held(f"wave {number} did not pass its gate: {' and '.join(told)} ({_named(red)})")


def stopped(policy: Policy, finished: Mapping[str, Ended]) -> SafetyStop | None:
    """Why no other target is begun, None where nothing speaks against it."""
    broken = sorted(target for target, one in finished.items() if one.failed or one.trouble)
    if policy.on_error == "stop" and broken:
        return _held(f"policy.on_error is stop, and {_named(broken)} failed")
    if len(finished) >= ENOUGH and _share(len(broken), len(finished)) > policy.breaker_percent:
        share = f"more than {policy.breaker_percent:g} percent"
        return _held(f"{len(broken)} of {len(finished)} targets failed, {share} ({_named(broken)})")
    return None


def _held(why: str) -> SafetyStop:
    return SafetyStop(
        f"it was held back: {why}.",
        code="held_back",
        next_action="mend what failed there, then apply again; it goes on with what was held back",
    )


def _share(part: int, whole: int) -> float:
    return 100.0 * part / whole if whole else 0.0


def _named(targets: Sequence[str] | Collection[str]) -> str:
    listed = list(targets)
    return ", ".join(listed[:5]) + (f" and {len(listed) - 5} more" if len(listed) > 5 else "")
