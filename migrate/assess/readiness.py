"""How ready each document is, and what stops those that are not. Pure.

What a plan refuses by default and lets through where a person says so is a decision; what it refuses in any case cannot
travel as it is, unless it only wants a thing to be there or to be selected, which is a decision too. What is let
through and loses something is work by hand.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from migrate.assess.mirror import Tried
from migrate.assess.model import READINESS, Handwork, Need, Readiness
from migrate.change.decide import in_a_circle
from migrate.change.obstacles import POLICIES, Obstacle, Thing, obstacles_of
from migrate.inventory.model import Item, Key
from migrate.inventory.scope import Scope, circles
from migrate.reasons import REASONS
from migrate.text import join_path
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

_MAPPED = frozenset({"connection", "member", "team", "user_attribute", "plugin", "connector"})


def obstacles(
    scope: Scope,
    found: Mapping[Key, Tried],
    unreadable: Mapping[Key, tuple[str, str]],
    reads: Mapping[Key, Sequence[Key]],
    items: Mapping[Key, Item],
) -> tuple[Obstacle, ...]:
    """What stops documents, one entry a thing, the one that frees most first. ``reads`` are models by reader."""
    stopped: dict[Thing, dict[Key, None]] = {}
    policies: dict[Thing, str] = {}
    for key, (code, reason) in unreadable.items():
        stopped.setdefault(Thing(code, reason, "mend it in the source, or leave it out"), {})[key] = None
    for key, one in found.items():
        always = {(each.code, each.message) for each in one.lenient.refusals}
        for problem in one.strict.refusals:
            thing = Thing(problem.code, problem.message, problem.fix, problem.thing)
            stopped.setdefault(thing, {})[key] = None
            if (problem.code, problem.message) not in always:
                policies[thing] = POLICIES.get(problem.code, "unsupported")
    told = {key for thing, keys in stopped.items() if thing.code == "unresolved_model" for key in keys}
    waits = {key: {hole.key for hole in one.strict.holes if not hole.can_wait} for key, one in found.items()}
    for circle in circles(waits):
        thing = Thing("model_cycle", in_a_circle([_place(items, key) for key in circle]), REASONS["model_cycle"].fix)
        stopped.setdefault(thing, {}).update(dict.fromkeys(circle))
    for model, readers in scope.missing.items():
        message = f"data model {model} is read and is not in the selection, or these credentials cannot see it"
        untold = [key for key in readers if key not in told]
        if untold:
            thing = Thing("unresolved_model", message, "select it, share it with these credentials, or map it")
            stopped.setdefault(thing, {}).update(dict.fromkeys(untold))
    return obstacles_of(stopped, reads, policies)


def _place(items: Mapping[Key, Item], key: Key) -> str:
    return f"{key.kind} {join_path((*items[key].path, items[key].name))!r}"


def kind_of(obstacle: Obstacle) -> Readiness:
    """Whether an obstacle waits for a decision, or for somebody to change the document."""
    return "decision" if obstacle.policy or obstacle.code in _WANTED else "cannot_travel"


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
    states: set[Readiness] = {kind_of(one) for one in stops}
    states |= {"by_hand"} if work else set()
    states |= {"after_mapping"} if any(need.kind in _MAPPED for need in wanted) else set()
    return max(states, key=READINESS.index, default="ready")
