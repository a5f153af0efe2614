"""In which order actions are done, and what comes beside those of documents: folders, patches, repoints. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from migrate.change.actions import (
    Action,
    Create,
    CreateFolder,
    DocumentAction,
    Keep,
    Move,
    Patch,
    Repoint,
    Skip,
    Update,
    action_id,
    draft_of,
    folder_action_id,
)
from migrate.change.view import TargetView
from migrate.inventory.model import Key
from migrate.inventory.scope import layers
from migrate.rewrite.model import IdMap


def needs(action: Action) -> tuple[Key, ...]:
    """The documents whose ids are wanted before this action; none where nothing will be sent."""
    match action:
        case Create() | Update():
            return (*action.draft.needs, *(hole.key for hole in action.draft.description_holes))
        case _:
            return ()


def reads(actions: Mapping[Key, DocumentAction], ids: IdMap) -> Mapping[Key, set[Key]]:
    """For each document that is written those written too, and not there yet, that it cannot be created without."""
    writing = {key: action.draft for key, action in actions.items() if isinstance(action, Create | Update)}
    return {key: {one for one in draft.reads if one in writing and one not in ids} for key, draft in writing.items()}


def document_waves(
    actions: Mapping[Key, DocumentAction], ids: IdMap, folders: Collection[tuple[str, ...]]
) -> tuple[tuple[tuple[DocumentAction, ...], ...], frozenset[tuple[Key, Key]]]:
    """Actions in waves so that every hole is filled by an earlier one, and the edges left to a patch.

    An edge stays open where a cycle of links was cut, or where a document that is new to us links to itself.
    """
    writing = {key for key, action in actions.items() if isinstance(action, Create | Update)}
    graph = {
        key: {needed for needed in needs(action) if needed in writing and needed != key}
        for key, action in actions.items()
    }
    waves, cut = layers(graph, reads(actions, ids))
    left_open = {(key, before) for key, before in cut if before not in ids}
    left_open |= {(key, key) for key, action in actions.items() if key not in ids and key in needs(action)}
    ordered = []
    for wave in waves:
        row = []
        for key in wave:
            action = actions[key]
            after = {actions[before].id for before in graph[key] if (key, before) not in cut}
            if isinstance(action, Create | Update | Move) and action.draft.folder in folders:
                after.add(folder_action_id(action.draft.folder))
            row.append(replace(action, after=tuple(sorted(after))))
        ordered.append(tuple(row))
    return tuple(ordered), frozenset(left_open)


def patches(actions: Mapping[Key, DocumentAction], cut: frozenset[tuple[Key, Key]], target: str) -> tuple[Patch, ...]:
    """A patch for every document that was created with holes left open by a cycle."""
    open_links: dict[Key, set[Key]] = {}
    for key, before in cut:
        open_links.setdefault(key, set()).add(before)
    return tuple(
        Patch(
            id=action_id("patch", key),
            target=target,
            key=key,
            draft=draft,
            after=tuple(sorted({actions[key].id, *(actions[k].id for k in before)})),
            why="it links to documents that did not exist when it was created",
        )
        for key, before in sorted(open_links.items())
        if (draft := draft_of(actions[key])) is not None
    )


def repoint_waves(actions: Mapping[Key, DocumentAction], ids: IdMap, target: str) -> tuple[tuple[Repoint, ...], ...]:
    """A repoint for every copy that stays as it is while a model it reads is replaced, or is repointed itself."""
    changing = {key for key, action in actions.items() if isinstance(action, Update) and key.about.feeds}
    found: dict[Key, set[Key]] = {}
    while True:
        more = {
            key: {needed for needed in draft.needs if needed in changing and needed != key}
            for key, action in actions.items()
            if isinstance(action, Keep | Move | Skip) and key in ids and (draft := draft_of(action))
        }
        more = {key: models for key, models in more.items() if models}
        if more == found:
            break
        found, changing = more, changing | {key for key in more if key.about.feeds}
    waves, _ = layers({key: models & found.keys() for key, models in found.items()})
    return tuple(tuple(_repoint(key, found, actions, target) for key in wave) for wave in waves)


def _repoint(
    key: Key, found: Mapping[Key, Collection[Key]], actions: Mapping[Key, DocumentAction], target: str
) -> Repoint:
    draft = draft_of(actions[key])
    if draft is None:
        raise ValueError(f"{actions[key].id} has no draft to repoint")
    before = {action_id("repoint", model) if model in found else actions[model].id for model in found[key]}
    return Repoint(
        id=action_id("repoint", key),
        target=target,
        key=key,
        draft=draft,
        after=tuple(sorted({actions[key].id, *before})),
        why="only if a model that it reads gets other element ids by being replaced",
    )


def missing_folders(actions: Iterable[DocumentAction], view: TargetView) -> frozenset[tuple[str, ...]]:
    """Every folder path that some action needs and the target does not have."""
    there = {folder.path for folder in view.dest.folders.values()}
    return frozenset(
        action.draft.folder[:depth]
        for action in actions
        if isinstance(action, Create | Update | Move) and not action.draft.folder_id
        for depth in range(1, len(action.draft.folder) + 1)
        if action.draft.folder[:depth] not in there
    )


def folder_waves(folders: Collection[tuple[str, ...]], target: str) -> tuple[tuple[CreateFolder, ...], ...]:
    """Missing folders by depth, parents first."""
    depths = sorted({len(path) for path in folders})
    return tuple(
        tuple(
            CreateFolder(
                id=folder_action_id(path),
                target=target,
                folder=path,
                after=(folder_action_id(path[:-1]),) if path[:-1] in folders else (),
                why="a document is to stand in it",
            )
            for path in sorted(folders)
            if len(path) == depth
        )
        for depth in depths
    )
