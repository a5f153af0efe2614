"""A change set as a file, exactly as planned: JSON in one order, an action a line, with a seal over it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from hashlib import sha256
from itertools import chain
from pathlib import Path
from typing import Any

import orjson

from migrate.change.actions import Action
from migrate.change.model import ChangeSet
from migrate.errors import InvalidInput, Problem, Refused
from migrate.files import joined, read_regular, write_private
from migrate.reasons import REASONS
from migrate.secret import RING
from migrate.tree import SORTED, Json, digest

SCHEMA = "sigma-migrate.changes/4"

_THIRD = "sigma-migrate.changes/3"
"""Sealed with the words in it that say why something is planned, which an answer may make up anew each time."""

_SECOND = "sigma-migrate.changes/2"
"""Drafts with their bodies in them."""

_LARGEST = 1 << 32
"""Bytes of a file that is read: a change set holds the bodies of its documents."""

_FIRST = "sigma-migrate.changes/1"
"""One flat action with every field; what was unchanged was a ``skip`` whose outcome said so."""

SCHEMAS = (SCHEMA, _THIRD, _SECOND, _FIRST)
"""What can be read."""

_BESIDE = (
    *("seal", "created_at", "made_from", "warnings", "left_out", "not_copied", "unread", "doubts"),
    *("settings", "orgs_file"),
)
"""What the seal does not cover: when it was made, from what, what was worth a warning, and what nobody can know.

The digest of the plan covers the settings that lay over it.
"""

_WHOLE = "sha256"
"""The digest of a file with its words, which nobody may change either."""

_WORDS = ("why", "next_action", "thing")
"""What an action says to people. It may hold what an answer makes up anew each time, such as the id of an incident."""

_LINES = 5
"""Levels of the file that have a line an entry: the set, its targets, a target, its waves, a wave; so an action is one
line, which people find and ``diff`` shows, and half of the bytes of a file that is indented throughout."""


@cache
def _adapter() -> Any:
    from pydantic import TypeAdapter

    return TypeAdapter(ChangeSet)


@cache
def _action_adapter() -> Any:
    from pydantic import TypeAdapter

    return TypeAdapter(Action)


def to_tree(changes: ChangeSet) -> Json:
    """The change set as a JSON tree, every value of it."""
    tree: Json = _adapter().dump_python(changes, mode="json")
    return tree


def seal_of(changes: ChangeSet) -> str:
    """The sha256 over what is planned: two change sets with this in common do the same.

    When it was made, from what, what was worth a warning, and why something is planned do not count.
    """
    return _seal_of_tree(_of_actions(changes), settled_action)


def _of_actions(changes: ChangeSet) -> Json:
    """The change set as a tree with its actions as they are, each of which becomes JSON when its turn comes.

    As trees of JSON all of them together take twenty times the file.
    """
    tree = to_tree(replace(changes, targets=tuple(replace(target, waves=()) for target in changes.targets)))
    for target, known in zip(tree["targets"], changes.targets, strict=True):
        target["waves"] = known.waves
    return tree


def _whole_action(action: Action) -> Json:
    return _action_adapter().dump_python(action, mode="json")


def settled_action(action: Action) -> Json:
    """An action as JSON without its words."""
    return _wordless(_whole_action(action))


def _without_words(tree: Json) -> Json:
    return _with_actions(tree, _wordless)


def _wordless(action: Json) -> Json:
    return {name: each for name, each in action.items() if name not in _WORDS}


def _seal_of_tree(tree: Json, of_action: Callable[[Action], Json] = _whole_action) -> str:
    covered = {name: value for name, value in tree.items() if name not in _BESIDE}
    return sha256(_written(covered, of_action)).hexdigest()


def _written(tree: Json, of_action: Callable[[Action], Json] = _whole_action) -> bytes:
    """The canonical bytes of a tree, in which actions may stand as they are."""
    return orjson.dumps(tree, of_action, SORTED | orjson.OPT_PASSTHROUGH_DATACLASS)


def sealed(changes: ChangeSet) -> ChangeSet:
    """The change set with its seal."""
    return replace(changes, seal=seal_of(changes))


def dump(changes: ChangeSet) -> bytes:
    """The file: JSON with its keys in order, an action a line. The same change set gives the same bytes."""
    tree = _of_actions(changes)
    tree |= {"schema": SCHEMA, _WHOLE: _seal_of_tree(tree)}
    return joined(chain(_laid_out(tree, _LINES), [b"\n"]))


def _laid_out(tree: Json, levels: int, margin: bytes = b"\n") -> Iterator[bytes]:
    """JSON of which so many levels have a line an entry; whatever lies deeper has no space in it."""
    if not levels or not tree or not isinstance(tree, dict | list | tuple):
        yield _written(tree)
        return
    inner = margin + b" "
    entries = sorted(tree) if isinstance(tree, dict) else tree
    for number, entry in enumerate(entries):
        yield (b"," if number else b"{" if isinstance(tree, dict) else b"[") + inner
        if isinstance(tree, dict):
            yield orjson.dumps(entry) + b": "
        yield from _laid_out(tree[entry] if isinstance(tree, dict) else entry, levels - 1, inner)
    yield margin + (b"}" if isinstance(tree, dict) else b"]")


def save(path: Path, changes: ChangeSet) -> None:
    """Writes the file. Raises Refused for a secret of this run in it (cut out, no seal would fit), and FileError."""
    content = dump(changes)
    if RING.is_in(content):
        message = f"a document holds credentials of this run, so that {path} would hold them too; it was not written."
        code = "secret_in_document"
        raise Refused(message, code=code, next_action=REASONS[code].fix)
    write_private(path, content)


def read(path: Path) -> ChangeSet:
    """The change set of a file. Raises InvalidInput where it is none, of another version, or was edited."""
    try:
        tree = orjson.loads(read_regular(path, most=_LARGEST))
        schema = tree.pop("schema", None) if isinstance(tree, dict) else None
        if schema not in SCHEMAS:
            raise _invalid(path, f"this is no {SCHEMA} file", "save one with `sigma-migrate plan PLAN -o FILE`")
        whole = tree.pop(_WHOLE, None) if schema == SCHEMA else tree["seal"]
        fits = _seal_of_tree(tree) == whole
        fits = fits and (schema != SCHEMA or _seal_of_tree(_without_words(tree)) == tree["seal"])
        tree = _of_second(tree) if schema == _FIRST else tree
        tree = _of_today(tree) if schema in (_FIRST, _SECOND) else tree
        changes: ChangeSet = _adapter().validate_python(tree, strict=False)
    except OSError as error:
        raise _invalid(path, f"cannot be read: {error.strerror}", "check the path") from None
    except (ValueError, TypeError, LookupError, AttributeError) as error:
        first = str(error).splitlines()[0]
        raise _invalid(path, f"is no change set: {first}", "plan again") from None
    if not fits:
        raise _invalid(path, "was changed after it was saved: its seal does not fit", "plan again and review it again")
    return changes if schema == SCHEMA else sealed(changes)


def _of_today(tree: Json) -> Json:
    """A tree of the second form in today's, whose drafts only name their bodies."""
    return _with_actions(
        tree, lambda action: {**action, **({"draft": _put_away(action["draft"])} if action.get("draft") else {})}
    )


def _put_away(draft: Json) -> Json:
    """A draft with its body as one without: fields that it does not have fall away when it is read."""
    large = {name: draft[name] for name in ("body", "holes", "references")}
    counts = Counter((one["row"], one["resolution"]) for one in draft["references"])
    told = {refusal["message"] for refusal in draft["refusals"]}
    needs = {(hole["key"]["kind"], hole["key"]["id"]): hole["key"] for hole in draft["holes"]}
    return {
        **draft,
        "digest": digest(large),
        "needs": list(needs.values()),
        "refused": [one for one in draft["references"] if one["note"] in told],
        "counts": [[row, resolution, count] for (row, resolution), count in sorted(counts.items())],
    }


def _with_actions(tree: Json, change: Callable[[Json], Json]) -> Json:
    """The tree with every action changed."""
    targets = [
        {**target, "waves": [[change(action) for action in wave] for wave in target["waves"]]}
        for target in tree["targets"]
    ]
    return {**tree, "targets": targets}


def _of_second(tree: Json) -> Json:
    """A tree of the first form in the second."""
    return _with_actions(tree, _action_of_second)


def _action_of_second(action: Json) -> Json:
    """One flat action as its type; fields that the type does not have fall away when it is read."""
    if action["draft"] is not None:
        holes = {
            name: [
                {**{part: hole[part] for part in ("path", "key", "span")}, "wants": _wanted_today(hole)}
                for hole in action["draft"][name]
            ]
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
