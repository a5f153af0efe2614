"""A change set narrowed to some documents (``--only``), with what they need. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from migrate.change.actions import Action, Patch, Repoint, draft_of, key_of
from migrate.change.drift import Drift
from migrate.change.model import TargetChanges
from migrate.plan.match import name_matches
from migrate.tree import Json

OUTCOMES_MEANT = {"failed": ("failed", "not_attempted"), "blocked": ("blocked",)}
"""What the words ``failed`` and ``blocked`` mean among the outcomes of the last run."""


def narrowed(changes: TargetChanges, only: str, last: Iterable[Mapping[str, Json]] = ()) -> TargetChanges:
    """The actions on the documents that ``only`` means, and the actions these wait for.

    ``only`` is an id, a name glob (or ``re:``), or, of the rows of the ``last`` run, ``failed``, ``blocked`` or
    a reason code; empty keeps everything.
    """
    if not only:
        return changes
    ids = told_of(last, changes.target, only)
    actions = {action.id: action for wave in changes.waves for action in wave}
    keep = _with_what_they_need({a.id for a in actions.values() if _of_meant(a, only, ids)}, actions)
    kept = {key_of(actions[i]) for i in keep}
    keep |= {action.id for action in actions.values() if isinstance(action, Patch) and action.key in kept}
    # What reads a model must follow when the model is replaced, whoever was meant.
    follow = {a.id for a in actions.values() if isinstance(a, Repoint) and keep & set(a.after)}
    keep |= _with_what_they_need(follow, actions)
    waves = (tuple(action for action in wave if action.id in keep) for wave in changes.waves)
    return replace(changes, waves=tuple(wave for wave in waves if wave))


def _with_what_they_need(ids: Collection[str], actions: Mapping[str, Action]) -> set[str]:
    """These actions and all that must have been done before them."""
    keep, queue = set(ids), list(ids)
    while queue:
        for before in actions[queue.pop()].after:
            if before in actions and before not in keep:
                keep.add(before)
                queue.append(before)
    return keep


def narrowed_copies(found: Sequence[Drift], only: str, last: Sequence[Mapping[str, Json]] = ()) -> tuple[Drift, ...]:
    """The copies that ``only`` means, in the same way; empty keeps everything."""
    told = {target: told_of(last, target, only) for target in {one.target for one in found}}
    return tuple(one for one in found if is_meant(only, one.source_id, one.name, told[one.target]))


def told_of(last: Iterable[Mapping[str, Json]], target: str, only: str) -> frozenset[str]:
    """The source ids of the documents for which the last run ended so."""
    outcomes = OUTCOMES_MEANT.get(only, ())
    return frozenset(
        row["source_id"]
        for row in last
        if row["target"] == target and (only == row["reason_code"] or row["outcome"] in outcomes)
    )


def is_meant(only: str, source_id: str, name: str | None, told: Collection[str]) -> bool:
    """Whether ``only`` means a document; ``told`` is what ``told_of`` says of its target."""
    if not only or source_id in told or only == source_id:
        return True
    return only not in OUTCOMES_MEANT and name is not None and name_matches(only, name)


def _of_meant(action: Action, only: str, told: Collection[str]) -> bool:
    draft, key = draft_of(action), key_of(action)
    return key is not None and is_meant(only, key.id, draft.name if draft is not None else None, told)
