"""What goes wrong on demand: which calls a fault strikes, and how.

A fault is matched by organization, method, path, query, body, nth call, count and probability, all seeded.
What a fault *does* stands in ``app.py``; this file only decides.
"""

from __future__ import annotations

import os
import random
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import Literal, get_args

from migrate.sandbox.answers import ApiError, invalid
from migrate.sandbox.flood import Coding
from migrate.sandbox.org import Json

Action = Literal[
    "lose_answer",  # the call is handled, then the connection closes without an answer
    "reset",  # the connection is reset before the call is handled
    "truncate",  # the call is handled, half of the answer's body is sent, then the connection closes
    "slow",  # the call is handled, the body is dribbled out over `seconds`
    "delay",  # the call is handled `seconds` later
    "status",  # answers `status`, before (nothing done) or after (`effect`) handling; `as_html` for a page
    "expire",  # the token stops being valid: 401
    "person",  # somebody edits, renames, moves or deletes a document right before the call is handled
    "kill",  # SIGKILL for the process `pid`, before or after (`effect`) handling
    "mutate",  # the call is handled, what stands `at` a place of the answer is dropped or exchanged (`into`)
    "endless",  # the call is handled, a list names a next page for ever (`cursor`)
    "flood",  # the call is handled, the answer is a body of `size` bytes, as it is or packed (`coding`)
    "date",  # the call is handled, its Date header is off by `seconds`, or is `message` where that is set
    "revoke",  # the caller's API client is gone, before or after (`effect`) handling: 401 from then on, tokens too
]

Deed = Literal["edit", "rename", "move", "delete"]
Around = Literal[
    "grant",
    "ungrant",
    "own",
    "untag",
    "schedule",
    "unschedule",
    "pause",
    "resume",
    "embed",
    "unembed",
    "favorite",
    "join",
    "leave",
    "assign",
]  # what stands round documents: ``person_around.py``
Into = Literal["drop", "null", "text", "number", "boolean", "list", "object", "other", "value"]
Cursor = Literal["alternate", "same", "fresh"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that goes wrong.

    ``path``, ``query`` and ``body`` are regular expressions, searched for; the query is that of the address as it came.
    ``nth`` is the first matching call that is struck (1 is the next one); ``count`` how many are struck from there on,
    0 for all. ``probability`` decides each. ``retry_after`` is sent as it is, ``code`` and ``message`` stand in the
    envelope of a ``status``. ``what``, ``inode``, ``name``, ``parent``, ``to`` and ``level`` belong to ``person``: with
    no ``inode`` it is the document that the path names. ``drop`` False keeps a lost answer's connection open until the
    client gives up. ``at``, ``into`` and ``value`` belong to ``mutate`` (``mutation.py`` says how a place is written;
    ``other`` is another type than the value has, ``value`` the JSON under ``value``).
    """

    action: Action
    org: str = ""
    method: str = ""
    path: str = ""
    query: str = ""
    body: str = ""
    nth: int = 1
    count: int = 1
    probability: float = 1.0
    seed: int = 0
    status: int = 503
    effect: bool = False
    as_html: bool = False
    drop: bool = True
    retry_after: str = ""
    code: str = ""
    message: str = ""
    seconds: float = 0.0
    what: Deed | Around = "edit"
    inode: str = ""
    name: str = ""
    parent: str = ""
    to: str = ""
    level: str = ""
    pid: int = 0
    at: str = ""
    into: Into = "drop"
    value: Json = None
    cursor: Cursor = "alternate"
    size: int = 1 << 30
    coding: Coding = "identity"
    id: str = ""


CHOICES: Mapping[str, Json] = MappingProxyType(
    {"action": Action, "what": Literal[Deed, Around], "into": Into, "cursor": Cursor, "coding": Coding}
)


@dataclass(slots=True)
class _Armed:
    fault: Fault
    chance: random.Random
    seen: int = 0
    struck: int = 0


class Faults:
    """The faults of a sandbox that can strike now."""

    def __init__(self) -> None:
        self._armed: dict[str, _Armed] = {}
        self._number = 0

    def add(self, fault: Fault) -> str:
        """Arms a fault; comes back with its id."""
        self._number += 1
        name = fault.id or f"{fault.action}-{self._number}"
        self._armed[name] = _Armed(fault, random.Random(fault.seed))
        return name

    def remove(self, name: str) -> bool:
        """Disarms one fault; False where there is none of that id."""
        return self._armed.pop(name, None) is not None

    def clear(self) -> None:
        """Disarms all."""
        self._armed.clear()

    def dump(self) -> list[Json]:
        """Every armed fault with how many calls it matched and struck."""
        return [
            {**{part.name: getattr(one.fault, part.name) for part in fields(Fault)}, "id": name}
            | {"seen": one.seen, "struck": one.struck}
            for name, one in self._armed.items()
        ]

    def strike(self, org: str, method: str, path: str, body: bytes, query: str = "") -> list[Fault]:
        """The faults that strike this call, in the order they were armed."""
        if not self._armed:
            return []
        return [one.fault for one in self._armed.values() if _strikes(one, org, method, path, body, query)]


def _strikes(armed: _Armed, org: str, method: str, path: str, body: bytes, query: str) -> bool:
    fault = armed.fault
    if not _matches(fault, org, method, path, body, query):
        return False
    armed.seen += 1
    if armed.seen < fault.nth or (fault.count and armed.struck >= fault.count):
        return False
    if fault.probability < 1.0 and armed.chance.random() >= fault.probability:
        return False
    armed.struck += 1
    return True


def _matches(fault: Fault, org: str, method: str, path: str, body: bytes, query: str) -> bool:
    if fault.org and fault.org != org:
        return False
    if fault.method and fault.method.upper() != method:
        return False
    if fault.path and not re.search(fault.path, path):
        return False
    if fault.query and not re.search(fault.query, query):
        return False
    return not fault.body or re.search(fault.body.encode(), body) is not None


def fault_from(tree: Json) -> Fault:
    """A fault from JSON with the field names of ``Fault``. Raises ApiError 400 where something is wrong with it."""
    if not isinstance(tree, Mapping):
        raise invalid("a fault is an object")
    known = {part.name: part for part in fields(Fault)}
    unknown = sorted(set(tree) - set(known))
    if unknown:
        raise invalid(f"a fault has no {', '.join(map(str, unknown))}; known: {', '.join(sorted(known))}")
    for key, choice in CHOICES.items():
        if tree.get(key, "" if key == "action" else getattr(Fault(action="reset"), key)) not in get_args(choice):
            raise invalid(f"{key} must be one of {', '.join(get_args(choice))}")
    for key, value in tree.items():
        _check_type(key, value)
    for key in ("path", "query", "body"):
        try:
            re.compile(tree.get(key, ""))
        except re.error as error:
            raise invalid(f"{key} is no regular expression: {error}") from error
    if tree["action"] == "kill" and (tree.get("pid", 0) <= 1 or tree["pid"] == os.getpid()):
        raise invalid("pid must be that of another process")
    return Fault(**tree)


def _check_type(key: str, value: Json) -> None:
    default = getattr(Fault(action="reset"), key)
    if key == "value":
        good = True
    elif isinstance(default, bool):
        good = isinstance(value, bool)
    elif isinstance(default, int | float):
        good = isinstance(value, int | float) and not isinstance(value, bool)
    else:
        good = isinstance(value, str)
    if not good:
        raise _wrong(key)


def _wrong(key: str) -> ApiError:
    return invalid(f"{key} has the wrong type")
