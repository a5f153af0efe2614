"""Fields a document must have, and the dotted messages Sigma gives where they are wrong (sigma-specs 8.1)."""

from __future__ import annotations

from migrate.sandbox.org import Json
from migrate.sandbox.specs.outcome import Stop, shown, shown_at


def required_text(holder: Json, key: str, path: str = "") -> None:
    """Raise Stop unless the holder has a string under the key."""
    if not isinstance(holder, dict) or not isinstance(holder.get(key), str):
        raise Stop(f"{path}{key}: Invalid string: {shown_at(holder, key)}")


def required_list(holder: Json, key: str, path: str = "") -> list[Json]:
    """The list under the key. Raises Stop where there is none."""
    value = holder.get(key) if isinstance(holder, dict) else None
    if not isinstance(value, list):
        raise Stop(f"{path}{key}: Invalid array: {shown_at(holder, key)}")
    return value


def required_objects(holder: Json, key: str, *, needed: tuple[str, ...] = (), path: str = "") -> list[Json]:
    """The list of objects under the key, each with these strings. Raises Stop where it is none."""
    items = required_list(holder, key, path)
    for index, item in enumerate(items):
        if not isinstance(item, dict):
            raise Stop(f"{path}{key}[{index}]: Invalid object: {shown(item)}")
        for name in needed:
            required_text(item, name, f"{path}{key}[{index}].")
    return items


def optional_objects(holder: Json, key: str, *, needed: tuple[str, ...] = (), path: str = "") -> None:
    """The same where the key may be absent."""
    if key in holder:
        required_objects(holder, key, needed=needed, path=path)
