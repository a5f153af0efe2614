"""The shape of actions: effects and their keys, renamed in August 2026 (sigma-specs 3.6).

An old key is refused with the masked message of the host, except ``clear-control``'s old ``page``, which is taken and
dropped. Some effects were not renamed; for those the newer spelling is the wrong one.
"""

from __future__ import annotations

from collections.abc import Iterator

from migrate.sandbox.org import Json, SpecDate
from migrate.sandbox.specs.calendar import RENAMED_ACTIONS
from migrate.sandbox.specs.outcome import Stop
from migrate.sandbox.specs.trees import objects, text, thing, walk

RENAMED: dict[str, dict[str, str]] = {
    "insert-rows": {"table": "tableElementId"},
    "update-rows": {"table": "tableElementId"},
    "delete-rows": {"table": "tableElementId"},
    "set-form-values": {"form": "formElementId"},
    "reset-form": {"form": "formElementId"},
    "select-tab": {"tabbedContainer": "tabbedContainerElementId"},
    "open-document": {"document": "documentId"},
    "trigger-plugin": {"pluginElement": "pluginElementId", "pluginEffect": "pluginEffectId"},
}
SCOPE_KEYS = {"control": "controlId", "container": "containerElementId"}
NOT_RENAMED = {"element": "elementId", "page": "pageId"}
KEPT = frozenset({"refresh-element", "export", "navigate", "modify-element"})
VALUE_KEYS = {"column": {"column": "columnId"}, "column-range": {"min": "minColumnId", "max": "maxColumnId"}}


def effects_of(holder: Json) -> Iterator[dict[str, Json]]:
    """Every effect of the actions of an element or overlay, branches included, in document order."""
    for action in objects(holder.get("actions")):
        for item in walk(action):
            if isinstance(item.get("effect"), str):
                yield item


def check_actions_are_objects(host: Json, message: str) -> None:
    """Raise Stop with this message where the actions of the host are no list of objects."""
    if "actions" not in host:
        return
    if not isinstance(host["actions"], list) or not all(isinstance(action, dict) for action in host["actions"]):
        raise Stop(message)


def check_actions(host: Json, message: str, date: SpecDate) -> None:
    """Raise Stop with this message where an action of the host is spelt newer or older than the date."""
    check_actions_are_objects(host, message)
    if any(_misspelt(effect, date) for effect in effects_of(host)):
        raise Stop(message)


def renamed(date: SpecDate) -> bool:
    """Whether the keys of actions have their newer names at a date; with no date they have."""
    return not date or date >= RENAMED_ACTIONS


def _misspelt(effect: Json, date: SpecDate) -> bool:
    if effect["effect"] in KEPT:
        return any(_too_new(thing(effect, key)) for key in ("target", "source"))
    spelt = [(old in holder, new in holder) for holder, old, new in _keys_of(effect)]
    return any(old and not new for old, new in spelt) if renamed(date) else any(new and not old for old, new in spelt)


def _keys_of(effect: Json) -> Iterator[tuple[dict[str, Json], str, str]]:
    """(holder, old key, new key) of everything in an effect that was renamed, whichever of the two it has."""
    name = effect["effect"]
    yield from ((effect, old, new) for old, new in RENAMED.get(name, {}).items())
    scope = thing(effect, "scope")
    if name == "clear-control" and text(scope, "type") in SCOPE_KEYS:
        yield scope, text(scope, "type"), SCOPE_KEYS[text(scope, "type")]
    if name == "clear-control":
        return
    yield thing(effect, "whichRows"), "column", "columnId"
    for item in walk(effect):
        yield from ((item, old, new) for old, new in VALUE_KEYS.get(text(item, "type"), {}).items())


def respell_actions(host: Json, date: SpecDate) -> None:
    """Bring the keys of the host's effects to the spelling of a date, in place."""
    for effect in effects_of(host):
        keys = list(_keys_of(effect)) if effect["effect"] not in KEPT else []
        scope = thing(effect, "scope")
        if effect["effect"] == "clear-control" and text(scope, "type") == "page":
            keys.append((scope, "page", "pageId"))
        for holder, old, new in keys:
            wrong, right = (old, new) if renamed(date) else (new, old)
            if wrong in holder:
                holder.setdefault(right, holder.pop(wrong))


def _too_new(target: Json) -> bool:
    key = NOT_RENAMED.get(str(target.get("type")))
    return key is not None and key in target
