"""Reading JSON that may be anything: values of the wanted type, or nothing."""

from __future__ import annotations

from collections.abc import Iterator

from migrate.sandbox.org import Json


def objects(value: Json) -> Iterator[dict[str, Json]]:
    """The objects of a list; nothing where it is no list."""
    if isinstance(value, list):
        for item in value:
            if isinstance(item, dict):
                yield item


def texts(value: Json) -> Iterator[str]:
    """The strings of a list; nothing where it is no list."""
    if isinstance(value, list):
        for item in value:
            if isinstance(item, str):
                yield item


def thing(holder: Json, key: str) -> dict[str, Json]:
    """The object under a key, or an empty one."""
    value = holder.get(key) if isinstance(holder, dict) else None
    return value if isinstance(value, dict) else {}


def text(holder: Json, key: str) -> str:
    """The string under a key, or an empty one."""
    value = holder.get(key) if isinstance(holder, dict) else None
    return value if isinstance(value, str) else ""


def walk(value: Json) -> Iterator[dict[str, Json]]:
    """Every object of a tree, outer ones first, in document order."""
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, dict):
            yield item
            stack.extend(reversed(item.values()))
        elif isinstance(item, list):
            stack.extend(reversed(item))


def depth(value: Json) -> int:
    """How many objects and lists stand inside one another at the deepest place."""
    deepest, stack = 0, [(value, 1)]
    while stack:
        item, level = stack.pop()
        if isinstance(item, (dict, list)):
            deepest = max(deepest, level)
            stack.extend((inner, level + 1) for inner in (item.values() if isinstance(item, dict) else item))
    return deepest


def copied(value: Json) -> Json:
    """A deep copy of a JSON tree."""
    if isinstance(value, dict):
        return {key: copied(item) for key, item in value.items()}
    if isinstance(value, list):
        return [copied(item) for item in value]
    return value
