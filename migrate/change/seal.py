"""A change set as a file, exactly as planned: canonical JSON with a seal over everything but the time."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import orjson

from migrate.change.model import ChangeSet
from migrate.errors import InvalidInput, Problem
from migrate.files import read_regular
from migrate.tree import Json, digest

SCHEMA = "sigma-migrate.changes/2"

_LARGEST = 1 << 32
"""Bytes of a file that is read: a change set holds the bodies of its documents."""

_FIRST = "sigma-migrate.changes/1"
"""One flat action with every field; what was unchanged was a ``skip`` whose outcome said so."""

SCHEMAS = (SCHEMA, _FIRST)
"""What can be read."""

_BESIDE = ("seal", "created_at", "made_from", "warnings", "left_out", "not_copied")
"""What the seal does not cover: when it was made, from what, and what was worth a warning."""


@cache
def _adapter() -> Any:
    from pydantic import TypeAdapter

    return TypeAdapter(ChangeSet)


def to_tree(changes: ChangeSet) -> Json:
    """The change set as a JSON tree, every value of it."""
    tree: Json = _adapter().dump_python(changes, mode="json")
    return tree


def seal_of(changes: ChangeSet) -> str:
    """The sha256 over what is planned: two change sets with this in common do the same.

    When it was made, from what, and what was worth a warning do not count.
    """
    return _seal_of_tree(to_tree(changes))


def _seal_of_tree(tree: Json) -> str:
    return digest({name: value for name, value in tree.items() if name not in _BESIDE})


def sealed(changes: ChangeSet) -> ChangeSet:
    """The change set with its seal."""
    return replace(changes, seal=seal_of(changes))


def dump(changes: ChangeSet) -> bytes:
    """The file: canonical JSON. The same change set gives the same bytes."""
    tree = {"schema": SCHEMA, **to_tree(changes)}
    return orjson.dumps(tree, option=orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def read(path: Path) -> ChangeSet:
    """The change set of a file. Raises InvalidInput where it is none, of another version, or was edited."""
    try:
        tree = orjson.loads(read_regular(path, most=_LARGEST))
        schema = tree.pop("schema", None) if isinstance(tree, dict) else None
        if schema not in SCHEMAS:
            raise _invalid(path, f"this is no {SCHEMA} file", "save one with `sigma-migrate plan PLAN -o FILE`")
        fits = _seal_of_tree(tree) == tree["seal"]
        changes: ChangeSet = _adapter().validate_python(_of_today(tree) if schema == _FIRST else tree, strict=False)
    except OSError as error:
        raise _invalid(path, f"cannot be read: {error.strerror}", "check the path") from None
    except (ValueError, TypeError, LookupError, AttributeError) as error:
        first = str(error).splitlines()[0]
        raise _invalid(path, f"is no change set: {first}", "plan again") from None
    if not fits:
        raise _invalid(path, "was changed after it was saved: its seal does not fit", "plan again and review it again")
    return sealed(changes) if schema == _FIRST else changes


def _of_today(tree: Json) -> Json:
    """A tree of the first form in today's."""
    targets = [
        {**target, "waves": [[_action_of_today(action) for action in wave] for wave in target["waves"]]}
        for target in tree["targets"]
    ]
    return {**tree, "targets": targets}


def _action_of_today(action: Json) -> Json:
    """One flat action as its type; fields that the type does not have fall away when it is read."""
    if action["draft"] is not None:
        holes = {
            name: [{**hole, "wants": _wanted_today(hole)} for hole in action["draft"][name]]
            for name in ("holes", "description_holes")
        }
        action = {**action, "draft": {**action["draft"], **holes}}
    if action["verb"] != "skip":
        return action
    verb = "keep" if action["outcome"] == "unchanged" else "skip"
    return {**action, "verb": verb, "id": f"{verb}:{action['id'].partition(':')[2]}"}


def _wanted_today(hole: Json) -> Json:
    """What a hole of the first form wants."""
    match hole["kind"]:
        case "document" | "url":
            return {"kind": hole["kind"]}
        case "grouping" | "column" as kind:
            return {"kind": kind, "element": hole["element"], kind: hole["inner"]}
        case kind:
            return {"kind": "element", "element": hole["element"], "quoted": kind == "url-element"}


def _invalid(path: Path, message: str, fix: str) -> InvalidInput:
    return InvalidInput([Problem(code="change_set_invalid", message=message, fix=fix, file=str(path))])
