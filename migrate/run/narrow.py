"""A change set narrowed to some documents (``--only``), with what they need. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from migrate.change.model import Action, TargetChanges
from migrate.plan.match import name_matches


def narrowed(changes: TargetChanges, only: str) -> TargetChanges:
    """The actions on documents whose id, name or reason code is ``only``, and the actions these wait for.

    ``only`` is an id, a name glob (or ``re:``), a reason code, or ``blocked``; empty keeps everything.
    """
    if not only:
        return changes
    actions = {action.id: action for wave in changes.waves for action in wave}
    keep = {action.id for action in actions.values() if _meant(action, only)}
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


def _meant(action: Action, only: str) -> bool:
    if action.key is None:
        return False
    names: Iterable[str] = (action.draft.name,) if action.draft else ()
    return (
        only in (action.key.id, action.reason_code)
        or (only == "blocked" and action.verb == "block")
        or any(name_matches(only, name) for name in names)
    )
