"""A change set narrowed to some documents (``--only``), with what they need. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches

from migrate.change.actions import Action, Repoint, draft_of, key_of, on_documents
from migrate.change.drift import Drift
from migrate.change.model import TargetChanges
from migrate.check.model import ReportRow
from migrate.errors import Usage
from migrate.inventory.account import alike_name
from migrate.inventory.model import Key
from migrate.plan.match import name_matches

OUTCOMES_MEANT = {"failed": ("failed", "not_attempted"), "blocked": ("blocked",)}
"""What the words ``failed`` and ``blocked`` mean among the outcomes of the last run."""

_NEAR = 5  # names that a message lists


def narrowed(
    changes: TargetChanges,
    only: str,
    last: Iterable[ReportRow] = (),
    names: Mapping[Key, str] | None = None,
) -> TargetChanges:
    """The actions on the documents that ``only`` means, and the actions these wait for.

    ``only`` is an id, a name glob (or ``re:``), or, of the rows of the ``last`` run, ``failed``, ``blocked`` or
    a reason code; empty keeps everything. ``names`` are those of the source; a document may be meant by that or by
    the one it gets. A document that is kept is kept with all its actions, and what reads a model that may be replaced
    is kept too, because it would break, whoever was meant.
    """
    if not only:
        return changes
    told = told_of(last, changes.target, only)
    actions = [action for wave in changes.waves for action in wave]
    return only_these(changes, [action for action in actions if _of_meant(action, only, told, names or {})])


def only_these(changes: TargetChanges, meant: Sequence[Action]) -> TargetChanges:
    """These actions, what they wait for, and all that is done with the same documents."""
    keep = _with_what_they_need(meant, [action for wave in changes.waves for action in wave])
    waves = (tuple(action for action in wave if action.id in keep) for wave in changes.waves)
    return replace(changes, waves=tuple(wave for wave in waves if wave))


def _with_what_they_need(meant: Sequence[Action], actions: Sequence[Action]) -> set[str]:
    """The ids of these actions, of those they wait for, and of every other action on the same documents, at length."""
    by_id = {action.id: action for action in actions}
    of_document: dict[Key, list[Action]] = {}
    followers: dict[str, list[Action]] = {}
    for one in on_documents(actions):
        of_document.setdefault(one.key, []).append(one)
        for before in one.after if isinstance(one, Repoint) else ():
            followers.setdefault(before, []).append(one)
    keep: set[str] = set()
    queue = list(meant)
    while queue:
        action = queue.pop()
        if action.id in keep:
            continue
        keep.add(action.id)
        queue += [by_id[before] for before in action.after if before in by_id]
        queue += followers.get(action.id, [])
        key = key_of(action)
        queue += of_document[key] if key is not None else []
    return keep


def narrowed_copies(found: Sequence[Drift], only: str, last: Sequence[ReportRow] = ()) -> tuple[Drift, ...]:
    """The copies that ``only`` means, in the same way; empty keeps everything."""
    told = {target: told_of(last, target, only) for target in {one.target for one in found}}
    return tuple(one for one in found if is_meant(only, one.source_id, (one.name,), told[one.target]))


def told_of(last: Iterable[ReportRow], target: str, only: str) -> frozenset[str]:
    """The source ids of the documents for which the last run ended so, and of those that only waited for them."""
    outcomes = OUTCOMES_MEANT.get(only, ())
    rows = [row for row in last if row.target == target]
    told = {row.source_id for row in rows if only == row.reason_code or row.outcome in outcomes}
    return frozenset(told | {row.source_id for row in rows if row.blocked_by in told})


def is_meant(only: str, source_id: str, names: Iterable[str], told: Collection[str]) -> bool:
    """Whether ``only`` means a document; ``told`` is what ``told_of`` says of its target."""
    if not only or source_id in told or only == source_id:
        return True
    return only not in OUTCOMES_MEANT and any(name_matches(only, name) for name in names)


def matches_nothing(only: str, names: Iterable[str], last: Iterable[ReportRow]) -> Usage:
    """What to say of an ``only`` that means none of the documents of these names, with names and codes near it."""
    if only in OUTCOMES_MEANT:
        return Usage(
            f"--only {only} matches nothing: the last run of this plan has no such document.",
            next_action="leave --only out, or name a document",
        )
    there = [*names]
    codes = [row.reason_code for row in last if row.reason_code]
    spelled = {word.casefold(): word for word in (*there, *codes)}
    near = [spelled[found] for found in get_close_matches(only.casefold(), spelled, n=_NEAR, cutoff=0.5)]
    told = f"did you mean: {', '.join(near)}" if near else f"in scope are: {_listed(there)}"
    told = alike_name(only, there) or told
    return Usage(f"--only {only[:80]} matches no document in scope.", next_action=told)


def _listed(words: Sequence[str]) -> str:
    found = sorted(dict.fromkeys(words))
    more = f" and {len(found) - _NEAR} more" if len(found) > _NEAR else ""
    return f"{', '.join(found[:_NEAR]) or 'no document at all'}{more}"


def _of_meant(action: Action, only: str, told: Collection[str], names: Mapping[Key, str]) -> bool:
    key, draft = key_of(action), draft_of(action)
    if key is None:
        return False
    called = [names[key]] if key in names else []
    called += [draft.name] if draft is not None else []
    return is_meant(only, key.id, called, told)
