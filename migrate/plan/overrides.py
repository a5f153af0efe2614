"""Flags that go over a plan file: ``{"policy.existing": "skip"}`` put into its tree. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from migrate.errors import Problem
from migrate.plan.file import PlanFile
from migrate.plan.literal_secret import shown
from migrate.plan.schema import schema_of
from migrate.plan.suggest import did_you_mean
from migrate.tree import Json
from migrate.yaml.places import Node, Place, list_node, map_node, text_node

ROOTS = ("name", "policy", "carry", "run", "verify", "report", "state", "select")
NO_PLACE = Place(file="")


def settable() -> dict[str, Json]:
    """Every dotted key that a flag may set, with its JSON Schema."""
    found: dict[str, Json] = {}
    for name, schema in schema_of(PlanFile)["properties"].items():
        if name in ROOTS:
            found |= _below(name, schema)
    return {key: each for key, each in found.items() if not key.startswith("select") or key == "select.dependencies"}


def _below(name: str, schema: Json) -> dict[str, Json]:
    """The keys of a block, and of the blocks inside it, by their dotted names; a key alone where it is none."""
    found: dict[str, Json] = {}
    for one in schema.get("anyOf", [schema]):
        if "properties" not in one:
            found[name] = one
        for inner, each in one.get("properties", {}).items():
            found |= _below(f"{name}.{inner}", each)
    return found


def with_overrides(tree: Node, overrides: Mapping[str, str], problems: list[Problem]) -> Node:
    """The tree with these settings in place of its own; lists are written with commas. Unknown keys are problems."""
    known = settable() if overrides else {}
    for key, text in overrides.items():
        if key not in known:
            problems.append(
                Problem(
                    code="plan_unknown_key",
                    message="this cannot be set by a flag",
                    fix=did_you_mean(key, known),
                    path=shown(key),
                )
            )
            continue
        if known[key].get("type") == "array":
            items = [text_node(item.strip(), NO_PLACE, plain=True) for item in text.split(",") if item.strip()]
            tree = _put(tree, key.split("."), list_node(items, NO_PLACE))
        else:
            tree = _put(tree, key.split("."), text_node(text, NO_PLACE, plain=True))
    return tree


def _put(tree: Node, steps: list[str], value: Node) -> Node:
    """A copy of the tree with a value at these keys; what is no mapping on the way is left to the reader."""
    if not steps:
        return value
    if not isinstance(tree.value, dict):
        return tree
    inner = tree.value.get(steps[0]) or map_node({}, NO_PLACE)
    if steps[0] == "verify" and len(steps) > 1 and isinstance(inner.value, list):  # the short form of its block
        inner = map_node({"levels": inner}, NO_PLACE)
    elif steps == ["verify"] and isinstance(inner.value, dict) and inner.value:
        steps = ["verify", "levels"]
    items = tree.value | {steps[0]: _put(inner, steps[1:], value)}
    keys = tree.keys | ({} if len(steps) > 1 and steps[0] in tree.keys else {steps[0]: NO_PLACE})
    return replace(tree, value=items, keys=keys)
