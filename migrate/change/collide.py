"""Documents of one plan that would stand under one name in one folder: found before anything is written. Pure.

Sigma allows namesakes; whoever looks for one of them by name afterwards (a person, ``adopt``, ``existing: update``)
can no longer tell which it is.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import count

from migrate.change.actions import (
    Block,
    Create,
    DocumentAction,
    Keep,
    Move,
    Update,
    action_id,
    draft_of,
    target_id_of,
)
from migrate.change.view import TargetView, source_place, stands_in
from migrate.inventory.model import Key
from migrate.rewrite.model import Drafted
from migrate.text import join_path

Place = tuple[str, ...]
"""A folder of the target: its id where it is there already, else its path."""


def apart(actions: Mapping[Key, DocumentAction], view: TargetView) -> dict[Key, DocumentAction]:
    """The actions, with those that would bring a second document to one name blocked, or renamed (``existing``).

    What stands there already as a copy of ours stays; only what comes to the name has to give way.
    """
    done = dict(actions)
    for keys in _namesakes(actions, view, lambda name: name):
        coming = [key for key in keys if _comes(actions[key], view)]
        if view.policy.existing == "rename":
            for key in coming if len(coming) < len(keys) else coming[1:]:
                done[key] = _renamed(done, key, view)
        else:
            done |= {key: _blocked(key, keys, actions[key], view) for key in coming}
    return done


def alike(actions: Iterable[DocumentAction], view: TargetView) -> list[str]:
    """A sentence for all documents of one folder whose names differ only in case or in the form of their Unicode."""
    by_key = {action.key: action for action in actions if not action.beside}
    told = []
    for keys in _namesakes(by_key, view, folded):
        drafts = [draft for key in keys if (draft := draft_of(by_key[key]))]
        if len({draft.name for draft in drafts}) > 1:
            listed = " and ".join(source_place(view, key) for key in keys)
            names = ", ".join(repr(draft.name) for draft in drafts)
            where = "/".join(drafts[0].folder)
            told.append(f"{listed} are told apart only by case or by how letters are written: {names} in {where!r}")
    return told


def folded(name: str) -> str:
    """A name without what a reader does not see: case, and how its letters are put together."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


def _namesakes(actions: Mapping[Key, DocumentAction], view: TargetView, same: Callable[[str], str]) -> list[list[Key]]:
    """Documents of a kind that are to stand in one folder under one name, each list in the order of their ids."""
    ids = {folder.path: folder.id for folder in view.dest.folders.values()}
    found: defaultdict[tuple[str, Place, str], list[Key]] = defaultdict(list)
    for key in sorted(actions):
        draft = _standing(actions[key])
        if draft is not None:
            at = draft.folder_id or ids.get(draft.folder)
            found[key.kind, (at,) if at else ("", *draft.folder), same(draft.name)].append(key)
    return [keys for keys in found.values() if len(keys) > 1]


def _standing(action: DocumentAction) -> Drafted | None:
    """The draft under whose name a document will stand there after the action."""
    if isinstance(action, Create | Update | Move | Keep):
        return action.draft
    return draft_of(action) if target_id_of(action) else None


def _comes(action: DocumentAction, view: TargetView) -> bool:
    """Whether an action brings a document to its name that did not have it before."""
    copy = view.snapshot.copies.get((action.key.kind, action.key.id))
    match action:
        case Create():
            return True
        case Update() | Move():
            return bool(action.rename_to) or action.moved or copy is None or copy.target_id != action.target_id
        case _:
            return False


def _blocked(key: Key, keys: Sequence[Key], action: DocumentAction, view: TargetView) -> Block:
    draft = draft_of(action)
    name, folder = (draft.name, draft.folder) if draft else ("", ())
    both = "both" if len(keys) == 2 else "all"
    them = " and ".join(source_place(view, one) for one in keys)
    return Block(
        id=action_id("block", key),
        target=view.target,
        key=key,
        draft=draft,
        target_id=target_id_of(action) if (key.kind, key.id) in view.snapshot.copies else "",
        reason_code="name_collision",
        thing=join_path((*folder, name)),
        why=f"{them} would {both} be {join_path((*folder, name))!r} in the target",
        next_action="give them different folders or names (map.folders, rules), or set policy.existing to rename",
    )


def _renamed(actions: Mapping[Key, DocumentAction], key: Key, view: TargetView) -> DocumentAction:
    """The action with the first of ``name (2)``, ``name (3)`` … that nothing in its folder has or is to get."""
    action = actions[key]
    if not isinstance(action, Create | Update | Move):
        return action
    draft = action.draft
    taken = {item.name for item in view.dest.items.values() if stands_in(item, draft)}
    taken |= {other.name for one in actions.values() if (other := draft_of(one)) is not None}
    name = next(name for number in count(2) if (name := f"{draft.name} ({number})") not in taken)
    why = f"{action.why}; another document of this plan gets the name {draft.name!r}"
    if isinstance(action, Create):
        return replace(action, draft=replace(draft, name=name), why=why)
    return replace(action, draft=replace(draft, name=name), rename_to=name, why=why)
