"""What the credential may not do in a target, as far as lists and calls that write nothing show it. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from migrate.change.actions import Create, Move, Update
from migrate.change.view import TargetView, item_of
from migrate.errors import Problem
from migrate.inventory.access import READING
from migrate.inventory.model import Folder
from migrate.reasons import REASONS
from migrate.rewrite.model import Drafted
from migrate.text import join_path

Folders = Mapping[tuple[str, ...], Folder]
"""The folders of a target by their paths."""


def barred(action: Create | Update | Move, view: TargetView, folders: Folders) -> Problem | None:
    """Why an action cannot be done with this credential; None for nothing that is known."""
    if not isinstance(action, Move) and action.key.kind in view.closed:
        return view.closed[action.key.kind]
    if isinstance(action, Create):
        return _into(action.draft, view, folders)
    if None in view.closed and (action.moved or action.rename_to or action.redescribed):
        return view.closed[None]
    item = item_of(view.dest, action.key.kind, action.target_id)
    if item is not None and item.permission in READING:
        return _reading(f"its copy {action.target_id}", view, item.permission, item.name)
    return _into(action.draft, view, folders) if action.moved else None


def _into(draft: Drafted, view: TargetView, folders: Folders) -> Problem | None:
    """Why nothing may be put where a draft is to stand."""
    near = view.dest.folders.get(draft.folder_id) if draft.folder_id else nearest(draft.folder, folders)
    made = not draft.folder_id and draft.folder not in folders
    if made and None in view.closed:
        return view.closed[None]
    if near is not None and near.permission in READING:
        return _reading(f"folder {join_path(near.path)!r}", view, near.permission, join_path(near.path))
    return None


def nearest(path: tuple[str, ...], folders: Folders) -> Folder | None:
    """The folder at a path, or the lowest one above it; None where even its workspace is not there."""
    above = (folders.get(path[:depth]) for depth in range(len(path), 0, -1))
    return next((folder for folder in above if folder is not None), None)


def _reading(what: str, view: TargetView, permission: str, thing: str) -> Problem:
    return Problem(
        code="forbidden",
        message=f"the credential may only read {what} in {view.target} (permission {permission})",
        fix=REASONS["forbidden"].fix,
        thing=thing,
    )
