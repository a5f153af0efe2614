"""JSON trees as values: paths, walking, replacing, canonical bytes and digests.

A tree is what ``orjson.loads`` returns. Nothing here changes a tree in place.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeAlias

import orjson

Json: TypeAlias = Any
"""A JSON value. The one place where the wire and spec trees are untyped."""

Path: TypeAlias = tuple[str | int, ...]
"""Where a value stands in a tree: keys and list positions from the root."""

SORTED = orjson.OPT_SORT_KEYS


def canonical(tree: Json) -> bytes:
    """The bytes of a tree with sorted keys and kept list order: equal trees, equal bytes."""
    return orjson.dumps(tree, option=SORTED)


DEEPEST = 200
"""Levels of one document that are taken; the JSON writer stops at 254."""


def unportable(tree: Json) -> str | None:
    """Why a tree cannot be written again as it stands, as the end of a sentence; None where it can.

    More than ``DEEPEST`` levels, integers beyond 64 bit, numbers beyond a double, and halves of characters.
    """
    return None if _written(tree) and _is_flat_enough(tree) else _in_the_way(tree)


def _written(tree: Json) -> bool:
    """Whether the JSON writer takes a tree: it refuses halves of characters and integers beyond 64 bit."""
    try:
        orjson.dumps(tree)
    except TypeError:
        return False
    return True


def _is_flat_enough(tree: Json) -> bool:
    """Whether a tree has certainly no more than ``DEEPEST`` levels and no number beyond a double."""
    level: list[Json] = [tree]
    for _ in range(DEEPEST):
        deeper: list[Json] = []
        for value in level:
            if isinstance(value, dict):
                deeper += value.values()
            elif isinstance(value, list):
                deeper += value
            elif isinstance(value, float) and not math.isfinite(value):
                return False
        level = [value for value in deeper if value.__class__ not in _LEAVES]
        if not level:
            return True
    return False


_LEAVES = frozenset({str, int, bool, type(None)})


def _in_the_way(tree: Json) -> str | None:
    """As ``unportable``, by a look at each value."""
    level: list[Json] = [tree]
    for _ in range(DEEPEST + 1):
        deeper: list[Json] = []
        for value in level:
            if isinstance(value, dict):
                deeper.extend(value.values())
                leaves: Iterable[Json] = value
            elif isinstance(value, list):
                deeper.extend(value)
                continue
            else:
                leaves = (value,)
            why = next((why for leaf in leaves if (why := _unportable_leaf(leaf)) is not None), None)
            if why is not None:
                return why
        if not deeper:
            return None
        level = deeper
    return f"it is nested deeper than {DEEPEST} levels"


def _unportable_leaf(value: Json) -> str | None:
    if isinstance(value, str):
        if not value.isascii() and any("\ud800" <= letter <= "\udfff" for letter in value):
            return f"the text {value[:40]!a} holds half of a character"
    elif isinstance(value, float):
        return None if math.isfinite(value) else "it holds a number that is too large for a double"
    elif isinstance(value, int) and not -(2**63) <= value < 2**64:
        return f"the number {value} does not fit into 64 bit"
    return None


def digest(tree: Json) -> str:
    """The sha256 of the canonical bytes, as 64 hexadecimal digits."""
    return hashlib.sha256(canonical(tree)).hexdigest()


def walk(tree: Json, path: Path = ()) -> Iterator[tuple[Path, Json]]:
    """Every value of a tree with its path, parents before children, in document order."""
    yield path, tree
    if isinstance(tree, dict):
        for key, value in tree.items():
            yield from walk(value, (*path, key))
    elif isinstance(tree, list):
        for index, value in enumerate(tree):
            yield from walk(value, (*path, index))


def texts_in(tree: Json) -> list[str]:
    """Every text of a tree, keys as well, in no order to rely on."""
    found: list[str] = []
    todo: list[Json] = [tree]
    for value in todo:  # which grows meanwhile
        if isinstance(value, str):
            found.append(value)
        elif isinstance(value, dict):
            found += value
            todo += value.values()
        elif isinstance(value, list):
            todo += value
    return found


def at(tree: Json, path: Path) -> Json:
    """The value at a path. Raises KeyError, IndexError or TypeError where there is none."""
    for step in path:
        tree = tree[step]
    return tree


def json_path(path: Path) -> str:
    """A path as RFC 9535 text, such as ``$.pages[0].elements[2]['odd key']``."""
    text = "$"
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif step.isidentifier():
            text += f".{step}"
        else:
            quoted = step.replace("\\", "\\\\").replace("'", "\\'")
            text += f"['{quoted}']"
    return text


def replaced(tree: Json, changes: Mapping[Path, Json]) -> Json:
    """A copy of the tree with the values at these paths exchanged; untouched parts are shared.

    All paths speak of the original tree, so the order of the changes does not matter.
    A path that does not exist raises KeyError or IndexError.
    """
    if not changes:
        return tree
    if () in changes:
        return changes[()]
    root: _Steps = {}
    for path, value in changes.items():
        steps = root
        for step in path[:-1]:
            inner = steps.setdefault(step, {})
            if inner.__class__ is _New:
                break  # a value above this one is exchanged as a whole
            steps = inner
        else:
            steps[path[-1]] = _New(value)
    return _rebuilt(tree, root)


class _New:
    """A new value among the steps that lead to others."""

    __slots__ = ("value",)

    def __init__(self, value: Json) -> None:
        self.value = value


_Steps: TypeAlias = dict[str | int, Any]
"""A step -> the steps that go on from there, or the new value."""


def _rebuilt(tree: Json, steps: _Steps) -> Json:
    if not isinstance(tree, dict | list):
        raise KeyError(next(iter(steps)))
    copy: Json = tree.copy()
    for step, inner in steps.items():
        old = copy[step]
        copy[step] = inner.value if inner.__class__ is _New else _rebuilt(old, inner)
    return copy
