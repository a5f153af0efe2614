"""The scope against last time: what this plan copied before and no longer selects, and what is new to it. Pure.

A selection shrinks without its plan changing: folders are renamed and moved, rights shrink, documents are deleted.
What falls out that way is counted and told, and too much of it stops a run before its first write.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from migrate.change.model import ScopeChange, TargetChanges
from migrate.errors import SafetyStop
from migrate.inventory.account import takes
from migrate.inventory.model import Item, Key
from migrate.ledger.model import Copy, Selected, Snapshot
from migrate.plan.policies import Policy
from migrate.plan.selection import Select
from migrate.text import join_path, visible

Why = Literal["moved", "renamed_folder", "not_visible", "gone", "excluded", "not_listed", "not_selected"]
Thing = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What a plan selects for one target now: its rules and policy, the documents in scope, the source as it is listed.

    ``fates`` says what became of copied documents that are not listed any more (``gone``, ``not_visible`` …);
    ``standing`` are the ids of what stands in the target.
    """

    target: str
    select: Select
    keys: Collection[Key]
    source: Mapping[Key, Item]
    fates: Mapping[Thing, str]
    standing: Collection[str]
    policy: Policy


def scope_changes(now: Selection, snapshot: Snapshot) -> tuple[ScopeChange, ...]:
    """What left the scope, then what is new in it, each in the order of folders and names.

    Nothing is new before a first run of a plan was through.
    """
    in_scope: dict[Thing, Key] = {(key.kind, key.id): key for key in now.keys}
    items: dict[Thing, Item] = {(key.kind, key.id): item for key, item in now.source.items()}
    copies = {thing: copy for thing, copy in snapshot.copies.items() if copy.kind != "folder"}
    left = [
        _left(now, copy, items.get(thing), snapshot.selected.get(thing))
        for thing, copy in copies.items()
        if thing not in in_scope
    ]
    new = [
        ScopeChange(
            target=now.target,
            change="new",
            kind=key.kind,
            source_id=key.id,
            name=now.source[key].name,
            source_path=join_path(now.source[key].path),
        )
        for thing, key in in_scope.items()
        if snapshot.selected and thing not in copies and thing not in snapshot.selected
    ]
    return tuple(sorted(left, key=_place) + sorted(new, key=_place))


def _place(change: ScopeChange) -> tuple[str, str, str]:
    return change.source_path, change.name, change.source_id


def _left(now: Selection, copy: Copy, item: Item | None, before: Selected | None) -> ScopeChange:
    why, reason, fix = _reason(now, copy, item, before)
    stays = "stays in" if copy.target_id in now.standing else "is gone from"
    return ScopeChange(
        target=now.target,
        change="left_scope",
        kind=copy.kind,
        source_id=copy.source_id,
        name=item.name if item else before.name if before else copy.name,
        source_path=before.path if before else join_path(item.path) if item else "",
        target_id=copy.target_id,
        why=why,
        reason_code={"gone": "source_gone", "not_visible": "source_not_visible"}.get(why, "left_scope"),
        reason=f"{reason}; its copy {copy.target_id} {stays} {now.target}",
        next_action="" if why == "gone" and now.policy.deletes == "never" else fix,
        since=before.left_at if before else "",
    )


_FATES: Mapping[str, tuple[Why, str, str]] = {
    "gone": (
        "gone",
        "its source document is gone",
        "archive the copy by hand if nobody needs it",
    ),
    "not_visible": (
        "not_visible",
        "its source document is not visible to these credentials any more",
        "give them access to it again; do not archive the copy",
    ),
}


def _reason(now: Selection, copy: Copy, item: Item | None, before: Selected | None) -> tuple[Why, str, str]:
    """Why a copied document is not in scope any more, in words, and what to do about it."""
    if item is None:
        fallback: tuple[Why, str, str] = (
            "not_listed",
            "its source document is not listed any more; whether it is gone is not known",
            "look for it in the source",
        )
        return _FATES.get(now.fates.get((copy.kind, copy.source_id), ""), fallback)
    if item.archived:
        return "gone", "its source document was archived", "archive the copy by hand if nobody needs it"
    place = visible(join_path(item.path) or "no folder that these credentials see")
    if any(takes(rule, item) for rule in now.select.exclude):
        return (
            "excluded",
            f"it stands in {place}, and a rule of select.exclude takes it",
            "correct the rule if it should not",
        )
    meant = "add that place to select.include, or move the document back"
    was = before.path if before else ""
    if before and before.path != join_path(item.path):
        if before.folder_id == item.folder_id:
            return (
                "renamed_folder",
                f"its folder {visible(was)} is now {place}",
                "correct select to the new name",
            )
        return "moved", f"it was moved from {visible(was)} to {place}", meant
    if before and before.name != item.name:
        return "moved", f"it was renamed from {visible(before.name)!r}", "correct select to the new name"
    return "not_selected", f"it stands in {place}, which the plan's select does not take", meant


def selected_now(now: Selection, snapshot: Snapshot, *, at: str) -> tuple[Selected, ...]:
    """What the ledger is to remember of a run's selection; ``at`` is the time for what has just left it."""
    left = {(one.kind, one.source_id): one for one in scope_changes(now, snapshot) if one.change == "left_scope"}
    gone = [
        Selected(
            kind=one.kind,
            source_id=one.source_id,
            name=before.name if before else one.name,
            path=before.path if before else one.source_path,
            folder_id=before.folder_id if before else "",
            left_at=one.since or at,
        )
        for thing, one in left.items()
        for before in (snapshot.selected.get(thing),)
    ]
    items = [now.source[key] for key in now.keys]
    return (
        *(
            Selected(
                kind=item.key.kind,
                source_id=item.key.id,
                name=item.name,
                path=join_path(item.path),
                folder_id=item.folder_id,
            )
            for item in items
        ),
        *gone,
    )


def copied_before(snapshot: Snapshot) -> int:
    """How many copies were in scope when the last run ended; all of them where no run has said so yet."""
    left = {thing for thing, one in snapshot.selected.items() if one.left_at}
    return sum(copy.kind != "folder" and thing not in left for thing, copy in snapshot.copies.items())


def shrunk(changes: TargetChanges, policy: Policy) -> SafetyStop | None:
    """The stop of a target whose selection lost too much since the last run; None where it did not.

    Counted against the copies that were in scope then. One document alone is no landslide, unless the plan says 0.
    """
    newly = [one for one in changes.scope_changes if one.change == "left_scope" and not one.since]
    most = policy.scope_shrink.max_percent
    if not changes.copied_before or 100.0 * len(newly) <= most * changes.copied_before:
        return None
    if len(newly) == 1 and most > 0:
        return None
    return SafetyStop(
        f"{len(newly)} of the {changes.copied_before} documents that were copied to {changes.target} before left the"
        f" selection since the last run, more than policy.scope_shrink.max_percent ({most:g}): {_told(newly)}.",
        code="scope_shrunk",
        next_action="mend what is named, or correct select; where it is meant, run once with"
        " --set policy.scope_shrink.max_percent=100",
    )


_SHOWN = 3


def _told(left: Iterable[ScopeChange]) -> str:
    """The reasons, each once with how many documents it concerns, the most frequent first."""
    by_reason: dict[str, list[ScopeChange]] = {}
    for one in left:
        by_reason.setdefault(one.reason.rpartition("; its copy")[0], []).append(one)
    groups = sorted(by_reason.items(), key=lambda group: -len(group[1]))
    shown = [f"{_named(group)}: {reason}" for reason, group in groups[:_SHOWN]]
    more = sum(len(group) for _, group in groups[_SHOWN:])
    return "; ".join(shown) + (f"; and {more} more" if more else "")


def _named(group: list[ScopeChange]) -> str:
    first = f"{group[0].kind} {visible(group[0].name, 80)!r}"
    return f"{first} and {len(group) - 1} more" if len(group) > 1 else first
