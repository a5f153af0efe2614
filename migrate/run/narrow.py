"""A change set narrowed to some documents (``--only``), with what they need. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from migrate.change.model import Action, TargetChanges
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
    ids = {row["source_id"] for row in last if row["target"] == changes.target and _told(row, only)}
    actions = {action.id: action for wave in changes.waves for action in wave}
    keep = {action.id for action in actions.values() if _meant(action, only, ids)}
    queue = list(keep)
    while queue:
        for before in actions[queue.pop()].after:
            if before in actions and before not in keep:
                keep.add(before)
                queue.append(before)
    kept_keys = {actions[i].key for i in keep if actions[i].key is not None}
    keep |= {a.id for a in actions.values() if a.verb == "patch" and a.key in kept_keys}
    waves = (tuple(action for action in wave if action.id in keep) for wave in changes.waves)
    return replace(changes, waves=tuple(wave for wave in waves if wave))


def _told(row: Mapping[str, Json], only: str) -> bool:
    """Whether the last run ended so for this document."""
    return only == row["reason_code"] or row["outcome"] in OUTCOMES_MEANT.get(only, ())


def _meant(action: Action, only: str, ids: set[str]) -> bool:
    if action.key is None:
        return False
    if action.key.id in ids or only == action.key.id:
        return True
    return only not in OUTCOMES_MEANT and action.draft is not None and name_matches(only, action.draft.name)
