"""What somebody who helps may see of a plan and a log: shape, codes, numbers and times; other texts as digests.

As in a redacted report, what stays is named and the rest does not slip through; the same name has the same digest in
all parts of one bundle. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from typing import get_args

import orjson

from migrate.errors import Problem
from migrate.events import Event
from migrate.reasons import REASONS
from migrate.report.redact import Digests
from migrate.tree import Json

_HOST = re.compile(r"https://[a-z0-9.-]{1,60}\.sigmacomputing\.com/?")
_SCHEME = re.compile(r"(env|file|keyring|sqlite|postgresql(?:\+psycopg)?):")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT[0-9:.+-]{5,20}Z?")
_STEP = re.compile(r"v2|[a-z]{1,20}(?:[A-Z][a-z]{1,20}){0,3}|[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
_KEYS_OF_EVENTS = frozenset(
    {"at", "event", "level", *(field.name for kind in get_args(Event) for field in fields(kind))}
)
_KEPT_OF_EVENTS = frozenset({"event", "level", "status", "command", "version", "method", "kind", "outcome"})
_WORD = re.compile(r"[A-Za-z0-9.-]{1,30}")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanWords:
    """The keys that a plan can have, and the words that some of its values are chosen from."""

    keys: frozenset[str]
    values: frozenset[str]


def plan_words(schema: Json) -> PlanWords:
    """The words of the JSON Schema of plans."""
    blocks = list(_blocks(schema))
    keys = {key for block in blocks for key in block.get("properties", {})}
    values = {one for block in blocks for one in block.get("enum", ()) if isinstance(one, str)}
    return PlanWords(keys=frozenset(keys), values=frozenset(values))


def _blocks(tree: Json) -> Iterator[Mapping[str, Json]]:
    if isinstance(tree, list):
        for each in tree:
            yield from _blocks(each)
    elif isinstance(tree, dict):
        yield tree
        for each in tree.values():
            yield from _blocks(each)


def plan_shape(tree: Json, words: PlanWords, to: Digests) -> Json:
    """A plan with its keys, numbers, flags and choices; hosts of Sigma and the scheme of a reference stay too."""
    if isinstance(tree, dict):
        return {key if key in words.keys else to.name(str(key)): plan_shape(tree[key], words, to) for key in tree}
    if isinstance(tree, list):
        return [plan_shape(each, words, to) for each in tree]
    if not isinstance(tree, str) or tree in words.values or _HOST.fullmatch(tree):
        return tree
    scheme = _SCHEME.match(tree)
    return f"{scheme[0]}{to.name(tree[scheme.end() :])}" if scheme else to.name(tree)


def problem_lines(problems: Iterable[Problem]) -> list[Json]:
    """Where what is wrong with a plan stands: codes, lines and columns, no sentence."""
    return [{"code": each.code, "line": each.line, "column": each.column} for each in problems]


def log_shape(content: bytes, to: Digests) -> bytes:
    """The events of a log, one JSON line each: numbers, times, codes, methods, calls; without what is none."""
    lines = []
    for line in content.splitlines():
        try:
            event = orjson.loads(line)
        except orjson.JSONDecodeError:
            continue
        if isinstance(event, dict):
            lines.append(orjson.dumps({key: _told(key, event[key], to) for key in event if key in _KEYS_OF_EVENTS}))
    return b"".join(line + b"\n" for line in lines)


def _told(key: str, value: Json, to: Digests) -> Json:
    if not isinstance(value, str):
        return value if isinstance(value, int | float) else None
    if key in ("code", "reason_code"):
        return value if value in REASONS else to.name(value, "code")
    if key == "path":
        return "/".join(step if _STEP.fullmatch(step) else to.name(step) for step in value.split("/"))
    if (key in _KEPT_OF_EVENTS and _WORD.fullmatch(value)) or (key == "at" and _TIME.fullmatch(value)):
        return value
    return to.name(value)
