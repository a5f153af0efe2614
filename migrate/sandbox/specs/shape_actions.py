"""The shape of actions: effects and their keys, renamed in August 2026 (sigma-specs 3.6).

An old key is refused with the masked message of the host, except ``clear-control``'s old ``page``, which is taken and
dropped. Some effects were not renamed; for those the newer spelling is the wrong one.
"""

from __future__ import annotations

from collections.abc import Iterator

from migrate.sandbox.org import Json
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


def check_actions(host: Json, message: str, *, modern: bool) -> None:
    """Raise Stop with this message where an action of the host is misspelt for its generation."""
    if "actions" not in host:
        return
    if not isinstance(host["actions"], list) or not all(isinstance(action, dict) for action in host["actions"]):
        raise Stop(message)
    if modern and any(_misspelt(effect) for effect in effects_of(host)):
        raise Stop(message)


def _misspelt(effect: Json) -> bool:
    name = effect["effect"]
    if any(_old(effect, old, new) for old, new in RENAMED.get(name, {}).items()):
        return True
    if name == "clear-control":
        scope = thing(effect, "scope")
        return text(scope, "type") in SCOPE_KEYS and _old(scope, str(scope["type"]), SCOPE_KEYS[str(scope["type"])])
    if name in KEPT:
        return any(_too_new(thing(effect, key)) for key in ("target", "source"))
    return _old(thing(effect, "whichRows"), "column", "columnId") or any(_old_value(item) for item in walk(effect))


def _old(holder: Json, old: str, new: str) -> bool:
    return old in holder and new not in holder


def _too_new(target: Json) -> bool:
    key = NOT_RENAMED.get(str(target.get("type")))
    return key is not None and key in target


def _old_value(value: Json) -> bool:
    kind = text(value, "type")
    names = VALUE_KEYS.get(kind, {}) if isinstance(kind, str) else {}
    return any(_old(value, old, new) for old, new in names.items())
