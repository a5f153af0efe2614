"""What stops documents, one entry a thing instead of one a document, the one that frees most first. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

from migrate.change.actions import Block, main_actions
from migrate.change.model import TargetChanges
from migrate.errors import Problem
from migrate.inventory.model import Key
from migrate.reasons import REASONS

POLICIES: Mapping[str, str] = {
    "security_unmapped": "security",
    "dangling_reference": "dangling",
    "not_portable": "unsupported",
    "unknown_reference": "unsupported",
    "hidden_source": "unsupported",
    "sql_unparsed": "unsupported",
    "sql_refused": "unsupported",
    "unresolved_plugin": "unsupported",
    "unresolved_connector": "unsupported",
    "name_taken": "existing",
    "name_collision": "existing",
    "drifted": "drift",
    "would_drop": "removals",
}
"""The key of ``policy`` that lets what has this reason code through."""


class Thing(NamedTuple):
    """One thing that stops documents: a reason code, a sentence, what to do about it, and its name alone."""

    code: str
    message: str
    fix: str
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Obstacle:
    """One thing that stops documents: ``thing`` is its name alone, the message a sentence with it.

    ``direct`` are the documents that have it, ``behind`` those that read one of them; ``frees`` are those among all of
    them that nothing else stops. ``policy`` is the key of a plan that lets it through, empty where none does.
    """

    code: str
    message: str
    fix: str
    thing: str
    direct: tuple[Key, ...]
    behind: tuple[Key, ...] = ()
    frees: tuple[Key, ...] = ()
    policy: str = ""

    @property
    def stopped(self) -> int:
        """How many documents it stops."""
        return len(self.direct) + len(self.behind)


def obstacles_of(
    stopped: Mapping[Thing, Mapping[Key, None]], reads: Mapping[Key, Sequence[Key]], policies: Mapping[Thing, str]
) -> tuple[Obstacle, ...]:
    """The obstacles; ``stopped`` says which documents have a thing, ``reads`` what each document waits for."""
    behind = {thing: _readers(direct, reads) for thing, direct in stopped.items()}
    count: dict[Key, int] = {}
    for thing, direct in stopped.items():
        for key in (*direct, *behind[thing]):
            count[key] = count.get(key, 0) + 1
    made = [
        Obstacle(
            code=thing.code,
            message=thing.message,
            fix=thing.fix,
            thing=thing.name,
            policy=policies.get(thing, ""),
            direct=tuple(direct),
            behind=behind[thing],
            frees=tuple(key for key in (*direct, *behind[thing]) if count[key] == 1),
        )
        for thing, direct in stopped.items()
    ]
    return tuple(sorted(made, key=lambda one: (-len(one.frees), -one.stopped, one.message)))


def _readers(stopped: Iterable[Key], reads: Mapping[Key, Sequence[Key]]) -> tuple[Key, ...]:
    """The documents that wait for one of these, directly or through others, without these themselves."""
    reached = set(stopped)
    found: dict[Key, None] = {}
    grown = True
    while grown:
        grown = False
        for reader, read in reads.items():
            if reader not in reached and not reached.isdisjoint(read):
                reached.add(reader)
                found[reader] = None
                grown = True
    return tuple(found)


def stopping(found: Sequence[Obstacle]) -> Mapping[Key, tuple[int, ...]]:
    """For each document the positions of what stops it, itself or through what it waits for."""
    by: dict[Key, list[int]] = {}
    for at, one in enumerate(found):
        for key in (*one.direct, *one.behind):
            by.setdefault(key, []).append(at)
    return {key: tuple(places) for key, places in by.items()}


def obstacles(
    changes: TargetChanges, missing: Mapping[Key, Sequence[Problem]] = MappingProxyType({})
) -> tuple[Obstacle, ...]:
    """What stops the documents that a plan blocks in one target: all problems of each, not the first alone.

    ``missing`` is what a look at the target says that documents need and it does not hold.
    """
    stopped: dict[Thing, dict[Key, None]] = {}
    reads: dict[Key, tuple[Key, ...]] = {}
    for action in main_actions(changes.waves):
        if not isinstance(action, Block):
            continue
        if action.blocked_by is not None:
            reads[action.key] = (action.blocked_by,)
        for thing in _things(action, missing.get(action.key, ())):
            stopped.setdefault(thing, {})[action.key] = None
    policies = {thing: POLICIES[thing.code] for thing in stopped if thing.code in POLICIES}
    return obstacles_of(stopped, reads, policies)


def _things(action: Block, missing: Sequence[Problem]) -> list[Thing]:
    """Everything that a blocked document itself needs mended; nothing where it only waits for another."""
    refusals = action.draft.refusals if action.draft is not None else ()
    found = [Thing(each.code, each.message, each.fix, each.thing) for each in (*refusals, *missing)]
    if action.blocked_by is None and not any(thing.code == action.reason_code for thing in found):
        fix = action.next_action or (REASONS[action.reason_code].fix if action.reason_code in REASONS else "")
        found.append(Thing(action.reason_code, action.why, fix, action.thing))
    return found
