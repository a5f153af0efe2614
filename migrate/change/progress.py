"""What became of each action so far, and what that means for those still to come. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from migrate.change.model import Action, Outcome, TargetChanges
from migrate.inventory.model import Key
from migrate.words import OutcomeName

ENOUGH = 10
"""So many actions must have ended before the share of failures can stop a run."""

_WORST = ("failed", "blocked", "not_attempted")
_LANDED: Mapping[str, OutcomeName] = {"create": "created", "update": "updated", "patch": "updated", "move": "renamed"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """How one action ended. ``outcome`` None: it is a folder, which has no row of its own, and stands."""

    action: Action
    outcome: OutcomeName | None
    target_id: str = ""
    target_name: str = ""
    target_url: str = ""
    reason_code: str = ""
    reason: str = ""
    next_action: str = ""
    attempts: int = 0
    request_id: str = ""
    duration_ms: int = 0
    root: Key | None = None

    @property
    def stands(self) -> bool:
        """Whether what depends on it may go on."""
        return self.outcome not in _WORST


@dataclass(frozen=True, slots=True, kw_only=True)
class Halt:
    """Why nothing more is begun."""

    code: str
    reason: str
    next_action: str = "run apply again; it goes on from here."


@dataclass(slots=True)
class Progress:
    """The steps of one execution, by action id."""

    changes: TargetChanges
    on_error: str = "continue"
    breaker_percent: float = 50.0
    steps: dict[str, Step] = field(default_factory=dict)
    halt: Halt | None = None
    _by_key: dict[Key, list[Action]] = field(default_factory=dict)
    _ended: int = 0
    _failed: int = 0

    def __post_init__(self) -> None:
        for action in self.actions():
            if action.key is not None:
                self._by_key.setdefault(action.key, []).append(action)

    @property
    def total(self) -> int:
        """How many actions there are."""
        return sum(len(wave) for wave in self.changes.waves)

    def record(self, step: Step) -> Outcome | None:
        """Notes how an action ended; an Outcome once all actions of its document have."""
        self.steps[step.action.id] = step
        if step.action.verb not in ("skip", "block", "adopt") and step.outcome not in ("blocked", "not_attempted"):
            self._ended += 1
            self._failed += step.outcome == "failed"
            self._consider_stopping(step)
        key = step.action.key
        if key is None or any(action.id not in self.steps for action in self._by_key[key]):
            return None
        return self.outcome(key)

    def add(self, action: Action) -> None:
        """One more action of a document, found necessary while the others ran."""
        if action.key is not None:
            self._by_key[action.key].append(action)

    def cause(self, action: Action) -> Step | None:
        """The first step that must have stood before this action and does not."""
        for before in action.after:
            step = self.steps.get(before)
            if step is not None and not step.stands:
                return step
        return None

    def outcome(self, key: Key) -> Outcome:
        """The one outcome of a document, from all its steps: the worst if one failed, else the first write."""
        steps = [self.steps[action.id] for action in self._by_key[key]]
        worst = [step for name in _WORST for step in steps if step.outcome == name]
        written = [step for step in steps if step.outcome not in ("unchanged", "skipped")]
        main = (worst or written or steps)[0]
        draft = main.action.draft
        action = replace(main.action, blocked_by=main.root) if main.root else main.action
        return Outcome(
            target=self.changes.target,
            key=key,
            outcome=main.outcome or "failed",
            action=action,
            target_id=next((step.target_id for step in steps if step.target_id), main.action.target_id),
            target_name=main.target_name or (draft.name if draft else ""),
            target_path=draft.folder if draft else (),
            target_url=next((step.target_url for step in steps if step.target_url), ""),
            reason_code=main.reason_code,
            reason=main.reason,
            next_action=main.next_action,
            attempts=sum(step.attempts for step in steps),
            request_id=main.request_id,
            duration_ms=sum(step.duration_ms for step in steps),
        )

    def outcomes(self) -> tuple[Outcome, ...]:
        """One outcome a document, in the order of the change set."""
        return tuple(self.outcome(key) for key in self._by_key)

    def actions(self) -> Iterator[Action]:
        """Every action, wave by wave."""
        for wave in self.changes.waves:
            yield from wave

    def _consider_stopping(self, step: Step) -> None:
        if self.halt is not None or step.outcome != "failed":
            return
        if self.on_error == "stop":
            self.halt = Halt(code="stopped_on_error", reason=f"the plan says to stop at the first error: {step.reason}")
        elif self._ended >= ENOUGH and 100.0 * self._failed > self.breaker_percent * self._ended:
            self.halt = Halt(
                code="breaker",
                reason=f"{self._failed} of {self._ended} writes failed, more than {self.breaker_percent:g} percent",
                next_action="mend the cause that the failed rows name, then run apply again.",
            )


def landed_as(action: Action) -> OutcomeName:
    """The outcome of an action that was done."""
    return action.outcome or _LANDED.get(action.verb, "updated")


def blocked(action: Action, cause: Step) -> Step:
    """The step of an action whose precondition did not come to stand, naming the root cause."""
    root = cause.root or cause.action.key
    if root is None:
        return Step(
            action=action,
            outcome="blocked",
            reason_code="folder_missing",
            next_action=cause.next_action,
            reason=f"its folder {'/'.join(cause.action.folder)!r} could not be made: {cause.reason}",
        )
    name = repr(cause.action.draft.name) if cause.action.draft and not cause.root else root.id
    why = cause.reason if cause.root else f"it needs {root.kind} {name}, which was not copied: {cause.reason}"
    return Step(
        action=action, outcome="blocked", reason_code="blocked_by", reason=why, next_action=cause.next_action, root=root
    )


def not_attempted(action: Action, halt: Halt) -> Step:
    """The step of an action that was not reached."""
    return Step(
        action=action, outcome="not_attempted", reason_code=halt.code, reason=halt.reason, next_action=halt.next_action
    )
