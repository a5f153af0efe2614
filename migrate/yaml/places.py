"""YAML text -> a tree that knows where each of its values stands.

Scalars stay text; what a plain ``true`` or ``4`` means is decided where a key says what it wants. So YAML 1.1
never turns ``no``, ``on``, ``2024-05-01`` or ``007`` into something else. Events are read one by one, so depth,
size and the expansion of aliases stay bounded however hostile the file is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import yaml

from migrate.errors import Problem
from migrate.yaml.events import MALFORMED, events, trouble

Where: TypeAlias = tuple[str | int, ...]
"""Keys and list positions from the root of a plan."""

MAX_DEPTH = 40
MAX_NODES = 400_000
MAX_TEXT = 50_000
"""Characters of one text or key: every one is looked through for secrets and variables, as often as it is told."""
TEXT_OF_A_NODE = 100
"""Characters that count as one value more, so that aliases of a long text are bounded like those of a long list."""
NULLS = frozenset({"", "~", "null", "Null", "NULL"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A position in a file, counted from 1. ``label`` is said instead of the dotted path where it is set."""

    file: str
    line: int = 0
    column: int = 0
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One value of a file: text, None, a list or a mapping. ``plain`` text stood without quotes.

    ``keys`` tells where each key of a mapping stands; ``size`` counts all nodes below and this one, a long text more.
    """

    place: Place
    value: str | list[Node] | dict[str, Node] | None
    plain: bool = False
    keys: dict[str, Place] = field(default_factory=dict)
    size: int = 1


class Broken(Exception):
    """The text cannot be read on from here; ``problem`` says why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


def text_node(text: str, place: Place, *, plain: bool = False) -> Node:
    """A scalar made by another reader."""
    return Node(place=place, value=text, plain=plain)


def list_node(items: list[Node], place: Place) -> Node:
    """A list made by another reader."""
    return Node(place=place, value=items)


def map_node(items: dict[str, Node], place: Place) -> Node:
    """A mapping made by another reader; each key stands where its value does."""
    return Node(place=place, value=items, keys={key: node.place for key, node in items.items()})


def read_placed(text: str, file: str, problems: list[Problem]) -> Node | None:
    """The tree of one YAML document, or None for an empty one; what is wrong is added to ``problems``.

    Duplicate keys, tags, unknown or circular aliases are problems; after a syntax error nothing is returned.
    """
    composer = _Composer(file, problems)
    try:
        return composer.document(events(text))
    except Broken as broken:
        problems.append(broken.problem)
    except MALFORMED as error:
        problems.append(_syntax(error, text, file))
    return None


class _Composer:
    """Turns parser events into nodes, once, counting what it builds."""

    def __init__(self, file: str, problems: list[Problem]) -> None:
        self.file = file
        self.problems = problems
        self.anchors: dict[str, Node | None] = {}
        self.count = 0

    def document(self, found: Iterator[Any]) -> Node | None:
        """The only document of a stream."""
        root: Node | None = None
        documents = 0
        for event in found:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise self.broken(event, "a second document starts here", "keep one plan a file; remove the ---")
                root = self.node(next(found), found, 0)
        return None if root is not None and root.value is None else root

    def node(self, event: Any, found: Iterator[Any], depth: int) -> Node:
        """The node that starts with this event."""
        if depth > MAX_DEPTH:
            raise self.broken(event, f"nested more than {MAX_DEPTH} levels deep", "flatten it")
        if isinstance(event, yaml.AliasEvent):
            return self.alias(event)
        if len(getattr(event, "value", "")) > MAX_TEXT:
            raise self.broken(event, f"a text of more than {MAX_TEXT} characters", "shorten it")
        tag = getattr(event, "tag", None)
        if tag and tag not in ("!", "tag:yaml.org,2002:str"):
            self.wrong(
                event,
                "plan_syntax",
                f"the tag {str(tag).replace('tag:yaml.org,2002:', '!!')[:40]} is not used in plans",
                "remove it",
            )
        anchor = event.anchor
        if anchor:
            self.anchors[anchor] = None
        if isinstance(event, yaml.ScalarEvent):
            node = self.scalar(event, tag)
        elif isinstance(event, yaml.SequenceStartEvent):
            node = self.sequence(event, found, depth)
        else:
            node = self.mapping(event, found, depth)
        if anchor:
            self.anchors[anchor] = node
        self.grow(event, node.size if isinstance(event, yaml.ScalarEvent) else 1)
        return node

    def alias(self, event: Any) -> Node:
        if event.anchor not in self.anchors:
            raise self.broken(event, f"no anchor &{event.anchor[:40]} stands before this alias", "write the value out")
        node = self.anchors[event.anchor]
        if node is None:
            raise self.broken(event, f"the alias *{event.anchor[:40]} contains itself", "write the value out")
        self.grow(event, node.size)
        return node

    def scalar(self, event: Any, tag: str | None) -> Node:
        plain = bool(event.style in (None, "") and not tag)
        text = event.value
        value = None if plain and text in NULLS else text
        return Node(place=self.place(event), value=value, plain=plain, size=1 + len(text) // TEXT_OF_A_NODE)

    def sequence(self, start: Any, found: Iterator[Any], depth: int) -> Node:
        items = []
        while not isinstance(event := next(found), yaml.SequenceEndEvent):
            items.append(self.node(event, found, depth + 1))
        return Node(place=self.place(start), value=items, size=1 + sum(item.size for item in items))

    def mapping(self, start: Any, found: Iterator[Any], depth: int) -> Node:
        items: dict[str, Node] = {}
        keys: dict[str, Place] = {}
        merged: list[Node] = []
        again: dict[str, list[Place]] = {}
        while not isinstance(event := next(found), yaml.MappingEndEvent):
            key = self.key(event)
            node = self.node(next(found), found, depth + 1)
            if key == "<<":
                merged.append(node)
            elif key in items:
                again.setdefault(key, []).append(self.place(event))
            else:
                items[key], keys[key] = node, self.place(event)
        self.doubled(again, keys)
        for node in merged:
            self.merge(node, items, keys)
        size = 1 + sum(node.size for node in items.values())
        return Node(place=self.place(start), value=items, keys=keys, size=size)

    def doubled(self, again: dict[str, list[Place]], keys: dict[str, Place]) -> None:
        """One problem a key, however often it is repeated."""
        for key, places in again.items():
            times = "twice" if len(places) == 1 else f"{len(places) + 1} times"
            fix = f"it stands in line {keys[key].line} already; keep one of them"
            message = f"the key {key[:80]} stands {times}"
            self.problems.append(_problem("plan_duplicate_key", places[0], message, fix))

    def key(self, event: Any) -> str:
        if not isinstance(event, yaml.ScalarEvent):
            raise self.broken(event, "a key must be a word, not a list or mapping", "write it as name: value")
        if len(event.value) > MAX_TEXT:
            raise self.broken(event, f"a key of more than {MAX_TEXT} characters", "shorten it")
        return str(event.value)

    def merge(self, node: Node, items: dict[str, Node], keys: dict[str, Place]) -> None:
        """Takes over what ``<<: *anchor`` names; keys written out win."""
        for part in node.value if isinstance(node.value, list) else [node]:
            if not isinstance(part.value, dict):
                self.problems.append(_problem("plan_syntax", part.place, "<< takes a mapping", "name one with *anchor"))
                continue
            for key, value in part.value.items():
                if key not in items:
                    items[key], keys[key] = value, part.keys[key]

    def grow(self, event: Any, by: int) -> None:
        self.count += by
        if self.count > MAX_NODES:
            raise self.broken(event, f"more than {MAX_NODES} values once aliases are expanded", "split the plan")

    def place(self, event: Any) -> Place:
        return Place(file=self.file, line=event.start_mark.line + 1, column=event.start_mark.column + 1)

    def broken(self, event: Any, message: str, fix: str) -> Broken:
        return Broken(_problem("plan_syntax", self.place(event), message, fix))

    def wrong(self, event: Any, code: str, message: str, fix: str) -> None:
        self.problems.append(_problem(code, self.place(event), message, fix))


def _problem(code: str, place: Place, message: str, fix: str) -> Problem:
    return Problem(code=code, message=message, fix=fix, file=place.file, line=place.line, column=place.column)


def _syntax(error: Exception, text: str, file: str) -> Problem:
    """What a person needs to know about a syntax error, in our words."""
    line, column, said = trouble(error, text)
    message, fix = f"this is not YAML: {said}", "look at this line and the one above it: indentation, colons, quotes"
    lines = text.splitlines()
    here = lines[line - 1] if 0 < line <= len(lines) else ""
    if "\t" in here[: max(column, len(here) - len(here.lstrip()))]:
        message, fix = "a tab stands where YAML wants spaces", "replace the tabs at the start of the line by spaces"
    elif "control characters" in said or "special characters" in said:
        message, fix = "a control character stands here", "remove it; a plan is plain text"
    return Problem(code="plan_syntax", message=message, fix=fix, file=file, line=line, column=column)
