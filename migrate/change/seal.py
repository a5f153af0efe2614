"""A change set as a file, exactly as planned: canonical JSON with a seal over everything but the time."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import orjson

from migrate.change.model import ChangeSet
from migrate.errors import InvalidInput, Problem
from migrate.tree import Json, digest

SCHEMA = "sigma-migrate.changes/1"


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
    beside = ("seal", "created_at", "made_from", "warnings", "left_out")
    return digest({name: value for name, value in to_tree(changes).items() if name not in beside})


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
        tree = orjson.loads(path.read_bytes())
        if not isinstance(tree, dict) or tree.pop("schema", None) != SCHEMA:
            raise _invalid(path, f"this is no {SCHEMA} file", "save one with `sigma-migrate plan PLAN -o FILE`")
        changes: ChangeSet = _adapter().validate_python(tree, strict=False)
    except OSError as error:
        raise _invalid(path, f"cannot be read: {error.strerror}", "check the path") from None
    except ValueError as error:
        first = str(error).splitlines()[0]
        raise _invalid(path, f"is no change set: {first}", "plan again") from None
    if seal_of(changes) != changes.seal:
        raise _invalid(path, "was changed after it was saved: its seal does not fit", "plan again and review it again")
    return changes


def _invalid(path: Path, message: str, fix: str) -> InvalidInput:
    return InvalidInput([Problem(code="change_set_invalid", message=message, fix=fix, file=str(path))])
