"""What became of each action so far, and what that means for those still to come. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from migrate.change.actions import (
    Action,
    Archive,
    Block,
    CreateFolder,
    DocumentAction,
    Patch,
    Repoint,
    draft_of,
    key_of,
    on_documents,
    target_id_of,
)
from migrate.change.model import Outcome, TargetChanges
from migrate.inventory.model import Key
from migrate.text import join_path
from migrate.words import OutcomeName

ENOUGH = 10
"""So many actions must have ended before the share of failures can stop a run."""

_WORST = ("failed", "blocked", "not_attempted")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How one action ended. ``outcome`` None: it is a folder, which has no row of its own, and stands."""

    action: Action
    outcome: OutcomeName | None
    target_id: str = ""
    target_name: str = ""
    target_url: str = ""
    reason_code: str = ""
    reason: str = ""
    next_action: str = ""
    thing: str = ""
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


def _with_links_left_open(ends: list[Ending]) -> list[Ending]:
    """The ends of one document's actions, with a blocked patch told by the write that made the document stand."""
    waiting = [end for end in ends if isinstance(end.action, Patch) and end.outcome == "blocked"]
    made = next((end for end in ends if end.stands and end.action.writes and end not in waiting), None)
    if made is None or not waiting:
        return ends
    told = replace(
        made,
        reason_code="link_left_open",
        reason=f"it stands in the target, with a link that leads nowhere yet: {waiting[0].reason}",
        next_action="mend what is named, then run apply again; the link is set then.",
    )
    return [told if end is made else end for end in ends if end not in waiting]


@dataclass(slots=True)
class Endings:
    """How the actions of one execution ended, by action id."""

    changes: TargetChanges
    on_error: str = "continue"
    breaker_percent: float = 50.0
    ended: dict[str, Ending] = field(default_factory=dict)
    halt: Halt | None = None
    _by_key: dict[Key, list[DocumentAction]] = field(default_factory=dict)
    _writes: int = 0
    _failed: int = 0

    def __post_init__(self) -> None:
        for action in on_documents(self.actions()):
            self._by_key.setdefault(action.key, []).append(action)

    @property
    def total(self) -> int:
        """How many actions there are."""
        return sum(len(wave) for wave in self.changes.waves)

    def record(self, end: Ending) -> Outcome | None:
        """Notes how an action ended; an Outcome once all actions of its document have."""
        self.ended[end.action.id] = end
        idle = isinstance(end.action, Repoint) and end.outcome == "unchanged"
        if end.action.writes and not idle and end.outcome not in ("blocked", "not_attempted"):
            self._writes += 1
            self._failed += end.outcome == "failed"
            self._consider_stopping(end)
        key = key_of(end.action)
        if key is None or any(action.id not in self.ended for action in self._by_key[key]):
            return None
        return self.outcome(key)

    def cause(self, action: Action) -> Ending | None:
        """The first end that must have stood before this action and does not."""
        for before in action.after:
            end = self.ended.get(before)
            if end is not None and not end.stands:
                return end
        return None

    def outcome(self, key: Key) -> Outcome:
        """The one outcome of a document, of all its actions: the worst if one failed, else the first write.

        A document that was made and only waits for what one of its links leads to is made, and says so.
        """
        ends = _with_links_left_open([self.ended[action.id] for action in self._by_key[key]])
        worst = [end for name in _WORST for end in ends if end.outcome == name]
        written = [end for end in ends if end.outcome not in ("unchanged", "skipped")]
        main = (worst or written or ends)[0]
        draft = next((made for end in ends if (made := draft_of(end.action)) is not None), None)
        planned = main.action.blocked_by if isinstance(main.action, Block) else None
        return Outcome(
            target=self.changes.target,
            key=key,
            outcome=main.outcome or "failed",
            draft=draft,
            blocked_by=main.root or planned,
            target_id=next((end.target_id for end in ends if end.target_id), target_id_of(main.action)),
            target_name=main.target_name or (draft.name if draft else ""),
            target_path=draft.folder if draft else (),
            target_url=next((end.target_url for end in ends if end.target_url), ""),
            reason_code=main.reason_code,
            reason=main.reason,
            next_action=main.next_action,
            thing=main.thing,
            attempts=sum(end.attempts for end in ends),
            request_id=main.request_id,
            duration_ms=sum(end.duration_ms for end in ends),
        )

    def outcomes(self) -> tuple[Outcome, ...]:
        """One outcome a document, in the order of the change set."""
        return tuple(self.outcome(key) for key in self._by_key)

    def actions(self) -> Iterator[Action]:
        """Every action, wave by wave."""
        for wave in self.changes.waves:
            yield from wave

    def _consider_stopping(self, end: Ending) -> None:
        if self.halt is not None or end.outcome != "failed":
            return
        if self.on_error == "stop":
            self.halt = Halt(code="stopped_on_error", reason=f"the plan says to stop at the first error: {end.reason}")
        elif self._writes >= ENOUGH and 100.0 * self._failed > self.breaker_percent * self._writes:
            self.halt = Halt(
                code="breaker",
                reason=f"{self._failed} of {self._writes} writes failed, more than {self.breaker_percent:g} percent",
                next_action="mend the cause that the failed rows name, then run apply again.",
            )


def blocked(action: Action, cause: Ending) -> Ending:
    """The end of an action whose precondition did not come to stand, naming the root cause."""
    if isinstance(cause.action, CreateFolder):
        return Ending(
            action=action,
            outcome="blocked",
            reason_code="folder_missing",
            next_action=cause.next_action,
            thing=join_path(cause.action.folder),
            reason=f"its folder {'/'.join(cause.action.folder)!r} could not be made: {cause.reason}",
        )
    if isinstance(cause.action, Archive):  # nothing waits for what is taken away
        raise TypeError(f"{action.id} waits for {cause.action.id}")
    root, draft = cause.root or cause.action.key, draft_of(cause.action)
    name = repr(draft.name) if draft and not cause.root else root.id
    why = cause.reason if cause.root else f"it needs {root.kind} {name}, which was not copied: {cause.reason}"
    return Ending(
        action=action,
        outcome="blocked",
        reason_code="blocked_by",
        reason=why,
        next_action=cause.next_action,
        thing=cause.thing if cause.root else (draft.name if draft else root.id),
        root=root,
    )


def not_attempted(action: Action, halt: Halt) -> Ending:
    """The end of an action that was not reached."""
    return Ending(
        action=action, outcome="not_attempted", reason_code=halt.code, reason=halt.reason, next_action=halt.next_action
    )
