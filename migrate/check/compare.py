"""What should stand in the target against what does, leaf by leaf. Pure.

Sigma normalises on store (sigma-specs sections 6.2, 7, 10); each normalisation has a name here, so that a
difference is either named and harmless, or reported.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Literal

from migrate.check.model import Difference
from migrate.tree import Json, Path, json_path
from migrate.words import Kind

_BRACKET = re.compile(r"\[([^\[\]]*)\]")
_LONGEST_SHOWN = 200
_MISSING = object()
_FORMULA_SLOTS = frozenset({"formula", "left", "right"})


def compare(sent: Json, read: Json, kind: Kind, *, level: str = "hash") -> tuple[Difference, ...]:
    """Every difference between a body as sent and as read back, in document order.

    ``kind`` of each is ``lost``, ``added``, ``changed``, or ``normalised`` where the server is known to write
    the same thing in its own way. Ids that the server replaced (data models) are followed by position after
    the caller brought the elements into the sent order, see ``aligned``.
    """
    renamed = _renamed_ids(sent, read) if kind == "data-model" else {}
    return tuple(_differences(sent, read, (), renamed, level))


def equal(sent: Json, read: Json, kind: Kind) -> bool:
    """Whether the document stands as sent, apart from named normalisations."""
    return all(difference.kind == "normalised" for difference in compare(sent, read, kind))


def aligned(sent: Json, read: Json, elements: Mapping[str, str]) -> Json:
    """The read-back data model with each page's elements in the order they were sent.

    ``elements`` maps sent element ids to read ones, as ``correlate`` found them.
    """
    pages = []
    for index, page in enumerate(read.get("pages", [])):
        sent_pages = sent.get("pages", [])
        order = {}
        if index < len(sent_pages):
            ids = [element.get("id") for element in sent_pages[index].get("elements", [])]
            order = {elements.get(element_id, element_id): place for place, element_id in enumerate(ids)}
        inside = sorted(page.get("elements", []), key=lambda e: order.get(e.get("id"), len(order)))
        pages.append({**page, "elements": inside})
    return {**read, "pages": pages}


def _renamed_ids(sent: Json, read: Json) -> dict[str, set[str]]:
    """New id -> the sent ids it may stand for, from objects at the same place in both trees."""
    found: dict[str, set[str]] = {}
    stack = [(sent, read)]
    while stack:
        old, new = stack.pop()
        if isinstance(old, dict) and isinstance(new, dict):
            if isinstance(old.get("id"), str) and isinstance(new.get("id"), str) and old["id"] != new["id"]:
                found.setdefault(new["id"], set()).add(old["id"])
            stack.extend((old[key], new[key]) for key in old.keys() & new.keys())
        elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
            stack.extend(zip(old, new, strict=True))
    return found


def _differences(
    sent: Json, read: Json, path: Path, renamed: Mapping[str, set[str]], level: str
) -> Iterator[Difference]:
    if isinstance(sent, dict) and isinstance(read, dict):
        yield from _objects(sent, read, path, renamed, level)
    elif isinstance(sent, list) and isinstance(read, list):
        yield from _lists(sent, read, path, renamed, level)
    elif not _same_leaf(sent, read, renamed):
        kind = _leaf_kind(sent, read, path)
        yield _difference(level, path, sent, read, kind)


def _objects(
    sent: Mapping[str, Json], read: Mapping[str, Json], path: Path, renamed: Mapping[str, set[str]], level: str
) -> Iterator[Difference]:
    back = {old: new for new, olds in renamed.items() for old in olds} if renamed else {}
    matched = {key: key if key in read else back.get(key, key) for key in sent}
    for key, value in sent.items():
        other = read.get(matched[key], _MISSING)
        here = (*path, key)
        if key == "order" and _is_completed_order(value, other, sent, renamed):
            yield _difference(level, here, value, other, "normalised")
        elif other is _MISSING:
            harmless = _is_dropped_default(key, value, sent)
            yield _difference(level, here, value, None, "normalised" if harmless else "lost")
        else:
            yield from _differences(value, other, here, renamed, level)
    for key in read.keys() - set(matched.values()):
        harmless = _is_added_default(key, read[key], path, sent)
        yield _difference(level, (*path, key), None, read[key], "normalised" if harmless else "added")


def _lists(
    sent: list[Json], read: list[Json], path: Path, renamed: Mapping[str, set[str]], level: str
) -> Iterator[Difference]:
    if len(sent) == len(read):
        for index, (old, new) in enumerate(zip(sent, read, strict=True)):
            yield from _differences(old, new, (*path, index), renamed, level)
        return
    olds = {_identity(entry, index): entry for index, entry in enumerate(sent)}
    news = {_identity(entry, index): entry for index, entry in enumerate(read)}
    places = {_identity(entry, index): index for index, entry in enumerate(sent)}
    for name, old in olds.items():
        if name in news:
            yield from _differences(old, news[name], (*path, places[name]), renamed, level)
        else:
            yield _difference(level, (*path, places[name]), old, None, "lost")
    for index, new in enumerate(read):
        if _identity(new, index) not in olds:
            yield _difference(level, (*path, index), None, new, "added")


def _identity(entry: Json, index: int) -> str:
    """What an entry of a list is known by: its id where it has one, its text, else its place."""
    if isinstance(entry, dict) and isinstance(entry.get("id"), str):
        return f"id:{entry['id']}"
    return f"text:{entry}" if isinstance(entry, str) else f"place:{index}"


def _same_leaf(sent: Json, read: Json, renamed: Mapping[str, set[str]]) -> bool:
    if type(sent) is type(read) or (isinstance(sent, (int, float)) and isinstance(read, (int, float))):
        if isinstance(sent, bool) != isinstance(read, bool):
            return False
        return bool(sent == read) or (isinstance(read, str) and sent in renamed.get(read, ()))
    return False


def _leaf_kind(sent: Json, read: Json, path: Path) -> Literal["normalised", "changed"]:
    formula = bool(path) and path[-1] in _FORMULA_SLOTS and isinstance(sent, str) and isinstance(read, str)
    return "normalised" if formula and friendly_formula(sent) == friendly_formula(read) else "changed"


def friendly_formula(formula: str) -> str:
    """The formula with every column name in one spelling (sigma-specs 2.4), for comparing only."""

    def friendly(match: re.Match[str]) -> str:
        prefix, mark, tail = match[1].rpartition("/")
        return f"[{prefix}{mark}{_one_spelling(tail)}]"

    return _BRACKET.sub(friendly, formula)


def _one_spelling(name: str) -> str:
    """``ORDER_ID``, ``Order Id`` and ``order-id`` alike: the server writes the friendly form of a raw name."""
    return " ".join(re.split(r"[_/\- ]+", name.strip("_ "))).casefold()


def _is_dropped_default(key: str, value: Json, owner: Mapping[str, Json]) -> bool:
    """Keys the server leaves out on store because they say nothing new (sigma-specs sections 2.2, 10)."""
    if key == "visibleAsSource":
        return value is True
    return key == "name" and owner.get("kind") == "table" and value == _automatic_name(owner)


def _automatic_name(element: Mapping[str, Json]) -> Json:
    """The name a table has when nobody named it: the tail of its warehouse path."""
    source = element.get("source")
    path = source.get("path") if isinstance(source, dict) else None
    return path[-1] if isinstance(path, list) and path else _MISSING


def _is_completed_order(sent: Json, read: Json, owner: Mapping[str, Json], renamed: Mapping[str, set[str]]) -> bool:
    """Whether the server only added the owner's remaining columns to its ``order`` (sigma-specs section 10)."""
    if not isinstance(sent, list) or not isinstance(read, list) or len(read) <= len(sent):
        return False
    back = [next(iter(renamed.get(entry, {entry}))) if isinstance(entry, str) else entry for entry in read]
    rest = iter(back)
    own = {column.get("id") for column in owner.get("columns", []) if isinstance(column, dict)}
    return all(entry in rest for entry in sent) and set(back) - set(sent) <= own


def _is_added_default(key: str, value: Json, path: Path, sent: Mapping[str, Json]) -> bool:
    """Keys the server adds on store: ``order`` of all columns, ``kind`` and a missing layout at the root."""
    if key == "order" and isinstance(value, list):
        return len(value) >= len(sent.get("columns", []))
    if path:
        return False
    return key == "layout" or (key == "kind" and value in ("workbook", "data-model"))


def _difference(
    level: str, path: Path, sent: Json, read: Json, kind: Literal["lost", "changed", "added", "normalised", "error"]
) -> Difference:
    return Difference(level=level, path=json_path(path), expected=_shown(sent), found=_shown(read), kind=kind)


def _shown(value: Json) -> str:
    text = "" if value is None else value if isinstance(value, str) else repr(value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}… ({len(text)} characters)"
