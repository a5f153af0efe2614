"""How ready each document is, and what stops those that are not. Pure.

What a plan refuses by default and lets through where a person says so is a decision; what it refuses in any case cannot
travel as it is, unless it only wants a thing to be there or to be selected, which is a decision too. What is let
through and loses something is work by hand.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from migrate.assess.mirror import Tried
from migrate.assess.model import READINESS, Handwork, Need, Obstacle, Readiness
from migrate.errors import Problem
from migrate.inventory.model import Key
from migrate.inventory.scope import Scope
from migrate.tree import json_path

_WANTED = frozenset(
    {
        "unresolved_connection",
        "unresolved_model",
        "unresolved_plugin",
        "unresolved_connector",
        "unresolved_name",
        "security_unmapped",
    }
)
"""Refusals that end once a thing is created, selected or shown to the credential."""

_POLICY: Mapping[str, str] = {"security_unmapped": "security", "dangling_reference": "dangling"}
_MAPPED = frozenset({"connection", "member", "team", "user_attribute", "plugin", "connector"})


def obstacles(
    scope: Scope,
    found: Mapping[Key, Tried],
    unreadable: Mapping[Key, tuple[str, str]],
    reads: Mapping[Key, Sequence[Key]],
) -> tuple[Obstacle, ...]:
    """What stops documents, one entry a thing, the one that frees most first. ``reads`` are models by reader."""
    stopped: dict[tuple[str, str, str, str, Readiness], dict[Key, None]] = {}
    for key, (code, reason) in unreadable.items():
        fix = "mend it in the source, or leave it out"
        stopped.setdefault((code, reason, fix, "", "cannot_travel"), {})[key] = None
    for key, one in found.items():
        always = {(each.code, each.message) for each in one.lenient.refusals}
        for problem in one.strict.refusals:
            entry = _entry(problem, always=(problem.code, problem.message) in always)
            stopped.setdefault(entry, {})[key] = None
    told = {key for (code, *_), keys in stopped.items() if code == "unresolved_model" for key in keys}
    for model, readers in scope.missing.items():
        message = f"data model {model} is read and is not in the selection, or these credentials cannot see it"
        untold = [key for key in readers if key not in told]
        if untold:
            fix = "select it, share it with these credentials, or map it"
            stopped.setdefault(("unresolved_model", message, fix, "", "decision"), {}).update(dict.fromkeys(untold))
    return _ordered(stopped, reads)


def _entry(problem: Problem, *, always: bool) -> tuple[str, str, str, str, Readiness]:
    policy = "" if always else _POLICY.get(problem.code, "unsupported")
    readiness: Readiness = "cannot_travel" if always and problem.code not in _WANTED else "decision"
    return problem.code, problem.message, problem.fix, policy, readiness


def _ordered(
    stopped: Mapping[tuple[str, str, str, str, Readiness], Mapping[Key, None]], reads: Mapping[Key, Sequence[Key]]
) -> tuple[Obstacle, ...]:
    behind = {entry: _readers(direct, reads) for entry, direct in stopped.items()}
    count: dict[Key, int] = {}
    for entry, direct in stopped.items():
        for key in (*direct, *behind[entry]):
            count[key] = count.get(key, 0) + 1
    made = [
        Obstacle(
            code=code,
            message=message,
            fix=fix,
            policy=policy,
            readiness=readiness,
            direct=tuple(direct),
            behind=behind[entry],
            frees=tuple(key for key in (*direct, *behind[entry]) if count[key] == 1),
        )
        for entry, direct in stopped.items()
        for code, message, fix, policy, readiness in [entry]
    ]
    return tuple(sorted(made, key=lambda one: (-len(one.frees), -len(one.direct) - len(one.behind), one.message)))


def _readers(models: Iterable[Key], reads: Mapping[Key, Sequence[Key]]) -> tuple[Key, ...]:
    """The documents that read one of these, directly or through others, without these themselves."""
    reached = set(models)
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
    """For each document the positions of what stops it, itself or through what it reads."""
    by: dict[Key, list[int]] = {}
    for at, one in enumerate(found):
        for key in (*one.direct, *one.behind):
            by.setdefault(key, []).append(at)
    return {key: tuple(places) for key, places in by.items()}


def handwork(one: Tried) -> tuple[Handwork, ...]:
    """What a person does after the copy; each thing once, however often it stands in the document."""
    made = {
        (each.code, each.message): Handwork(
            code=each.code, message=each.message, fix=each.next_action, path=json_path(each.path)
        )
        for each in reversed(one.strict.residuals)
    }
    return tuple(reversed(made.values()))


def readiness(stops: Iterable[Obstacle], work: Sequence[Handwork], wanted: Iterable[Need]) -> Readiness:
    """How ready a document is: the worst of what stops it, what is left for a person, and what has to be mapped."""
    states: set[Readiness] = {one.readiness for one in stops}
    states |= {"by_hand"} if work else set()
    states |= {"after_mapping"} if any(need.kind in _MAPPED for need in wanted) else set()
    return max(states, key=READINESS.index, default="ready")
