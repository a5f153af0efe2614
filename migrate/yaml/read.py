"""YAML as JSON: only JSON's own scalars are taken as such.

Sigma's spec endpoints may answer YAML (sigma-api section 2). PyYAML's own reader follows YAML 1.1, where
``on``, ``yes`` and dates turn into other things; here everything that is not spelled as JSON would spell
it stays text. Numbers follow JSON's grammar: ``12``, ``-0.5`` and ``1e3`` are numbers, ``0123``, ``0x1F``,
``+1``, ``1_000`` and ``.5`` are text. Only ``null`` and nothing at all are null.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

import yaml

from migrate.tree import Json
from migrate.yaml.events import MALFORMED, events, trouble

MAX_DEPTH = 900
"""libyaml itself stops at 1000; how deep a document may be is for its reader to say."""
MAX_VALUES = 2_000_000
"""How many values a document may hold once its aliases are written out."""

_LONGEST_NUMBER = 64
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_WORDS: dict[str, Json] = {"null": None, "true": True, "false": False, "": None}
_TAGS = {"str", "null", "bool", "int", "float", "map", "seq"}


class UnreadableYaml(ValueError):
    """The text is no YAML, or none that stands for one JSON value."""


class TooDeep(UnreadableYaml):
    """The text nests deeper than any document of Sigma."""


def read_yaml(text: str) -> Json:
    """The one JSON value that a YAML text stands for; later documents of a stream are refused.

    Raises UnreadableYaml for malformed text, tags beyond JSON's types, keys that are no scalars, duplicate
    keys, cycles, more than 900 levels, and aliases that would unfold to more than two million values.
    """
    try:
        return _build(events(text))
    except MALFORMED as error:
        line, _, said = trouble(error, text)
        raise UnreadableYaml(f"line {line}: {said}") from None


class _Open:
    """A mapping or list under construction, the key that waits for its value, and its unfolded size."""

    __slots__ = ("anchor", "key", "size", "value")

    def __init__(self, value: Json, anchor: str | None) -> None:
        self.value = value
        self.anchor = anchor
        self.key: str | None = None
        self.size = 1


def _build(found: Iterator[yaml.Event]) -> Json:
    """Builds without recursion, so that depth costs nothing and is bounded on purpose."""
    stack: list[_Open] = [_Open([], None)]
    anchors: dict[str, tuple[Json, int]] = {}
    for event in found:
        if isinstance(event, yaml.ScalarEvent):
            value = _scalar(event, as_key=_wants_key(stack[-1]))
            _put(stack[-1], value, 1)
            if event.anchor:
                anchors[event.anchor] = (value, 1)
        elif isinstance(event, yaml.AliasEvent):
            anchor = str(event.anchor)
            if anchor not in anchors:
                raise UnreadableYaml(f"alias *{anchor[:40]} names nothing finished before it")
            _put(stack[-1], *anchors[anchor])
        elif isinstance(event, yaml.CollectionStartEvent):
            _open(stack, event)
        elif isinstance(event, yaml.CollectionEndEvent):
            done = stack.pop()
            _put(stack[-1], done.value, done.size)
            if done.anchor:
                anchors[done.anchor] = (done.value, done.size)
    documents = stack[0].value
    if len(documents) != 1:
        raise UnreadableYaml(f"expected one document, found {len(documents)}")
    return documents[0]


def _open(stack: list[_Open], event: yaml.CollectionStartEvent) -> None:
    if len(stack) > MAX_DEPTH:
        raise TooDeep(f"nested deeper than {MAX_DEPTH} levels")
    if _wants_key(stack[-1]):
        raise UnreadableYaml("a key is a list or mapping; JSON knows only text keys")
    _checked_tag(event.tag)
    stack.append(_Open({} if isinstance(event, yaml.MappingStartEvent) else [], event.anchor))


def _wants_key(top: _Open) -> bool:
    return isinstance(top.value, dict) and top.key is None


def _put(top: _Open, value: Json, size: int) -> None:
    top.size += size
    if top.size > MAX_VALUES:
        raise UnreadableYaml(f"aliases unfold to more than {MAX_VALUES} values")
    if isinstance(top.value, list):
        top.value.append(value)
    elif top.key is not None:
        top.value[top.key] = value
        top.key = None
    elif not isinstance(value, str):
        raise UnreadableYaml("a key is not text")
    elif value in top.value:
        raise UnreadableYaml(f"the key {value[:60]!r} stands there twice")
    else:
        top.key = value


def _scalar(event: yaml.ScalarEvent, *, as_key: bool) -> Json:
    tag = _checked_tag(event.tag)
    text: str = event.value
    quoted = event.style in ("'", '"', "|", ">")
    if as_key or tag == "str" or (quoted and not tag):
        return text
    return _json_scalar(text)


def _json_scalar(text: str) -> Json:
    if text in _WORDS:
        return _WORDS[text]
    match = _NUMBER.fullmatch(text)
    if not match:
        return text
    if match[1] or match[2]:
        return float(text)  # a number beyond a double becomes infinite, which whoever needs it can tell
    return int(text) if len(text) <= _LONGEST_NUMBER else math.inf


def _checked_tag(tag: str | None) -> str:
    if not tag or tag == "!":
        return "str" if tag else ""
    name = tag.removeprefix("tag:yaml.org,2002:")
    if name not in _TAGS:
        raise UnreadableYaml(f"the tag {tag[:60]!r} has no meaning in JSON")
    return name
