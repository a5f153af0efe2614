"""Which documents of a saved change set would be treated otherwise today, and the rest of it. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from migrate.change.actions import main_actions, name_of, outcome_of
from migrate.change.model import ChangeSet, TargetChanges
from migrate.change.seal import settled_action
from migrate.errors import Problem
from migrate.inventory.model import Key
from migrate.tree import Json

CODE = "stale_change_set"


def moved(saved: ChangeSet, fresh: ChangeSet) -> Mapping[str, Mapping[Key, Problem]]:
    """The documents of each target that are not planned today as they were saved, and how it differs, in words.

    What the saved change set does not hold is no part of it.
    """
    now = {target.target: target for target in fresh.targets}
    before, after = _by_document(saved), _by_document(fresh)
    found: dict[str, dict[Key, Problem]] = {}
    for target in saved.targets:
        words = _words(now[target.target]) if target.target in now else {}
        for action in main_actions(target.waves):
            place = target.target, action.key.kind, action.key.id
            if before[place] != after.get(place):
                then, today = outcome_of(action), words.get(action.key, "no longer in scope")
                changed = f"then {then}, now {today}" if then != today else f"still {then}, of other contents or place"
                found.setdefault(target.target, {})[action.key] = Problem(
                    code=CODE,
                    message=f"{name_of(action)!r} moved since the change set was saved: it was to be {changed}",
                    fix="plan again and review it again, or apply with --replan-moved",
                )
    return found


def saved_ids(target: TargetChanges) -> frozenset[str]:
    """The ids of a target's actions."""
    return frozenset(action.id for wave in target.waves for action in wave)


def writing(targets: Collection[TargetChanges]) -> int:
    """How many documents these targets' actions write to."""
    return sum(action.writes for target in targets for action in main_actions(target.waves))


def _words(target: TargetChanges) -> dict[Key, str]:
    return {action.key: outcome_of(action) for action in main_actions(target.waves)}


def _by_document(changes: ChangeSet) -> dict[tuple[str, str, str], list[Json]]:
    """What is planned for each document of each target, whatever it waits for."""
    found: dict[tuple[str, str, str], list[Json]] = {}
    for target in changes.targets:
        for one in (one for wave in target.waves for one in wave):
            action = settled_action(one)
            if "key" in action:
                place = target.target, action["key"]["kind"], action["key"]["id"]
                found.setdefault(place, []).append({name: each for name, each in action.items() if name != "after"})
    return found
