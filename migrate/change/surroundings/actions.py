"""What is carried round documents as actions, and the documents that it keeps from being written. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from migrate.change.actions import (
    Action,
    Adopt,
    Block,
    Create,
    DocumentAction,
    HandOver,
    Schedule,
    Share,
    Skip,
    Tag,
    Update,
    action_id,
    draft_of,
    folder_action_id,
    name_of,
    target_id_of,
)
from migrate.change.surroundings.rounds import FolderPath, FolderRound, Round
from migrate.change.surroundings.tags import Tagging
from migrate.change.view import TargetView
from migrate.inventory.model import Key
from migrate.kinds import counted
from migrate.reasons import REASONS
from migrate.text import join_path

_TAKE = (
    "set carry.revoked: follow, which takes away what the source does not show any more; or name the document in"
    " carry.wider, or set carry.widening: allow"
)
_NAMED = 100  # people and changes that a sentence names: who decides on them wants to see all of them


def guarded(action: DocumentAction, view: TargetView) -> DocumentAction:
    """The action, unless more people could see the copy than its source, or people changed the access that we gave."""
    found = view.rounds.get(action.key)
    if found is None or isinstance(action, Adopt | Block | Skip):
        return action
    if found.gained and not found.waived:
        return _blocked(
            action,
            "access_widened",
            f"{len(found.gained)} could see it in {view.target}, or do more with it, than its source lets them:"
            f" {_listed(found.gained)}",
            _TAKE if found.kept else REASONS["access_widened"].fix,
        )
    if found.drifted and view.policy.drift == "fail":
        return _blocked(
            action,
            "access_drifted",
            f"access to its copy was changed: {_listed(found.drifted)}",
            "set policy.drift to keep or overwrite, or take it back in Sigma",
        )
    return action


def _listed(texts: Sequence[str]) -> str:
    more = f" and {len(texts) - _NAMED} more" if len(texts) > _NAMED else ""
    return f"{', '.join(texts[:_NAMED])}{more}"


def _blocked(action: DocumentAction, code: str, why: str, fix: str) -> Block:
    return Block(
        id=action_id("block", action.key),
        target=action.target,
        key=action.key,
        draft=draft_of(action),
        target_id=target_id_of(action),
        reason_code=code,
        why=why,
        next_action=fix,
    )


def round_waves(
    actions: Mapping[Key, DocumentAction], folders: Collection[FolderPath], view: TargetView
) -> tuple[tuple[Action, ...], ...]:
    """Grants on folders, then on documents, then owners, tags and schedules, for everything that stands in the end.

    ``folders`` are those that are still to be made.
    """
    standing = {key: action for key, action in sorted(actions.items()) if not isinstance(action, Adopt | Block | Skip)}
    there = {folder.path: folder.id for folder in view.dest.folders.values()}
    on_folders = [
        action
        for found in view.folder_rounds
        if found.rights and (found.folder in folders or found.folder in there)
        for action in _on_folder(found, standing, folders, there.get(found.folder, ""), view)
    ]
    shares = [
        Share(
            id=action_id("share", key),
            target=view.target,
            key=key,
            rights=found.rights,
            name=name_of(action),
            after=_after(action),
            why=_said(found),
        )
        for key, action in standing.items()
        if (found := view.rounds.get(key)) is not None and found.rights
    ]
    owners = [
        HandOver(
            id=action_id("hand-over", key),
            target=view.target,
            key=key,
            owner=found.hand_over,
            name=name_of(action),
            after=(*_after(action), *(one.id for one in shares if one.key == key)),
            why=f"it belongs to {found.hand_over.name} in the source",
        )
        for key, action in standing.items()
        if (found := view.rounds.get(key)) is not None and found.hand_over is not None
    ]
    beside = _tagging(standing, view), _scheduling(standing, view)
    return tuple(tuple(wave) for wave in (on_folders, shares, owners, *beside))


def _tagging(standing: Mapping[Key, DocumentAction], view: TargetView) -> list[Tag]:
    return [
        Tag(
            id=action_id("tag", key),
            target=view.target,
            key=key,
            tags=todo,
            name=name_of(action),
            after=_after(action),
            why="as on its source",
        )
        for key, action in standing.items()
        if (todo := _tags(action, view.rounds.get(key)))
    ]


def _scheduling(standing: Mapping[Key, DocumentAction], view: TargetView) -> list[Schedule]:
    return [
        Schedule(
            id=action_id("schedule", key),
            target=view.target,
            key=key,
            timetables=missing,
            address=found.address,
            name=name_of(action),
            after=_after(action),
            why="as on its source, but paused",
        )
        for key, action in standing.items()
        if (found := view.rounds.get(key)) is not None
        if (missing := tuple(one for one in found.timetables if not one.stands))
    ]


def _tags(action: DocumentAction, found: Round | None) -> tuple[Tagging, ...]:
    """The tags to put or take off; those that stand right too where the copy gets another version."""
    written = isinstance(action, Create | Update)
    return tuple(tag for tag in found.tags if written or not tag.stands) if found is not None else ()


def _after(action: DocumentAction) -> tuple[str, ...]:
    return (action.id,) if action.writes else ()


def _said(found: Round) -> str:
    given = sum(bool(right.right) for right in found.rights)
    taken = len(found.rights) - given
    words = [f"{counted('right', given)} to give" if given else "", f"{taken} to take away" if taken else ""]
    return " and ".join(word for word in words if word)


def _on_folder(
    found: FolderRound,
    standing: Mapping[Key, DocumentAction],
    folders: Collection[FolderPath],
    inode_id: str,
    view: TargetView,
) -> list[Share]:
    """The grants on a folder, told in the row of the first document below it; none where no document comes to stand."""
    depth = len(found.folder)
    below = [key for key, one in standing.items() if (made := draft_of(one)) and made.folder[:depth] == found.folder]
    if not below:
        return []
    one = Share(
        id=f"share:folder:{join_path(found.folder)}",
        target=view.target,
        key=below[0],
        folder=found.folder,
        inode_id=inode_id,
        rights=found.rights,
        why=f"as on the folder of the source that {join_path(found.folder)} takes the place of",
    )
    return [replace(one, after=(folder_action_id(found.folder),)) if found.folder in folders else one]
