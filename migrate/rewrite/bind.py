"""Filling the holes of a draft with ids that exist by now."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import quote

from migrate.errors import MigrateError
from migrate.inventory.model import Key
from migrate.rewrite.edits import spliced
from migrate.rewrite.model import (
    ColumnId,
    Copied,
    DocumentId,
    Draft,
    Drafted,
    ElementId,
    GroupingId,
    Hole,
    IdMap,
    UrlId,
)
from migrate.rewrite.resolvers.links import DEAD_CLICK
from migrate.rewrite.text.url import to_url_id
from migrate.tree import Json, Path, at, json_path, replaced


def unbound(draft: Draft, ids: IdMap) -> tuple[Hole, ...]:
    """The holes that these ids cannot fill: of the body, then of the description."""
    return tuple(hole for hole in (*draft.holes, *draft.description_holes) if filling(hole, ids) is None)


def bind(draft: Draft, ids: IdMap, *, partial: bool = False) -> Json:
    """The body with its holes filled.

    With ``partial`` a hole that cannot be filled yet is left in a safe state, for a later patch: an action that
    opens the missing document does nothing, an address to it ends before the id, within the target. Anything else
    cannot wait: without it, or without ``partial``, a MigrateError (``unbound_reference``) names the holes.
    """
    values: dict[Path, Json] = {}
    spans: dict[Path, dict[tuple[int, int], str]] = {}
    missing = []
    for hole in draft.holes:
        value = filling(hole, ids)
        if value is None and not (partial and hole.can_wait):
            missing.append(hole)
        elif hole.span is not None:
            spans.setdefault(hole.path, {})[hole.span] = value or ""
        elif value is None:
            values[hole.path[:-1]] = dict(DEAD_CLICK)
        else:
            values[hole.path] = value
    if missing:
        raise MigrateError(_missing(missing), code="unbound_reference", next_action="copy what it needs first")
    for path, parts in spans.items():
        values[path] = spliced(at(draft.body, path), parts)[0]
    whole = {path: value for path, value in values.items() if path[:-1] not in values}
    return replaced(draft.body, whole)


def bind_description(draft: Draft | Drafted, ids: IdMap, *, partial: bool = False) -> str | None:
    """The description with its holes filled; see ``bind``."""
    if draft.description is None or not draft.description_holes:
        return draft.description
    missing = [hole for hole in draft.description_holes if filling(hole, ids) is None]
    if missing and not partial:
        raise MigrateError(_missing(missing), code="unbound_reference", next_action="copy what it needs first")
    parts = {hole.span: filling(hole, ids) or "" for hole in draft.description_holes if hole.span}
    return spliced(draft.description, parts)[0]


def filling(hole: Hole, ids: IdMap) -> str | None:
    """What goes into a hole, or None while it is not known."""
    copied = ids.get(hole.key)
    if copied is None:
        return None
    match hole.wants:
        case DocumentId():
            return copied.id
        case UrlId():
            return copied.url_id or to_url_id(copied.id)
        case ElementId(element=element, quoted=quoted):
            found = _element(element, hole.key, copied)
            return quote(found, safe="") if quoted and found is not None else found
        case GroupingId(element=element, grouping=grouping):
            return copied.elements[element].groupings.get(grouping) if element in copied.elements else None
        case ColumnId(element=element, column=column):
            return copied.elements[element].columns.get(column) if element in copied.elements else None


def _element(element: str, key: Key, copied: Copied) -> str | None:
    """The new id of an element; only those that others read may be new."""
    if not key.about.feeds:
        return element
    return copied.elements[element].id if element in copied.elements else None


def _missing(holes: Iterable[Hole]) -> str:
    named = [
        f"{json_path(hole.path)} needs the {hole.wants.kind} id of {hole.key.kind} {hole.key.id}" for hole in holes
    ]
    rest = f" and {len(named) - 5} more" if len(named) > 5 else ""
    return "; ".join(named[:5]) + rest
