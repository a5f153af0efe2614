"""JSON trees as values: paths, walking, replacing, canonical bytes and digests.

A tree is what ``orjson.loads`` returns. Nothing here changes a tree in place.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
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
    by_step: dict[str | int, dict[Path, Json]] = {}
    for path, value in changes.items():
        by_step.setdefault(path[0], {})[path[1:]] = value
    if isinstance(tree, dict):
        copy: Json = dict(tree)
    elif isinstance(tree, list):
        copy = list(tree)
    else:
        raise KeyError(next(iter(changes)))
    for step, inner in by_step.items():
        copy[step] = replaced(copy[step], inner)
    return copy
