"""Answers changed after they were made: a place in the tree with another value, a list that never ends.

A place is written like a JSON Pointer without its first slash: ``entries/0/name``; ``*`` is every entry of a list or
every value of an object, a negative number counts from the end, and an empty place is the whole answer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType

import orjson

from migrate.sandbox.answers import JSON, Answer
from migrate.sandbox.faults import Fault
from migrate.sandbox.org import Json
from migrate.sandbox.paging import opened, sealed
from migrate.sandbox.yamltext import read_yaml, write_yaml

GONE = object()
INTO: Mapping[str, Json] = MappingProxyType(
    {"null": None, "text": "seven", "number": 7, "boolean": True, "list": [], "object": {}}
)


def mutated(answer: Answer, fault: Fault) -> Answer:
    """The answer with what ``fault.at`` names dropped or exchanged; the very same answer where there is no such place.

    YAML stays YAML. What is no tree at all stays as it is.
    """
    tree = _tree_of(answer)
    if tree is GONE:
        return answer
    places = [part for part in fault.at.split("/") if part]
    changed = _changed(tree, places, _exchange(fault))
    return answer if changed is tree else _with_tree(answer, changed)


def endless(answer: Answer, fault: Fault, query: Mapping[str, str]) -> Answer:
    """A page of a list that always names a next one; the very same answer where it is no page.

    ``fault.cursor`` says which: ``alternate`` between the first page and one that starts a row later, the ``same`` one
    for ever, or a ``fresh`` one each time (the pages past the end are empty).
    """
    tree = _tree_of(answer)
    if not isinstance(tree, dict) or not isinstance(tree.get("entries"), list):
        return answer
    by_number = "nextPage" in tree
    at = int(query.get("page") or 0) if by_number else opened(query.get("pageToken"))
    following = {"same": 0, "alternate": 0 if at == 1 else 1, "fresh": at + (len(tree["entries"]) or 1)}[fault.cursor]
    cursor = {"nextPage": str(following)} if by_number else {"nextPageToken": sealed(following)}
    more = {"hasMore": True} if "hasMore" in tree else {}
    return _with_tree(answer, {**tree, **cursor, **more})


def _tree_of(answer: Answer) -> Json:
    """The tree that an answer carries, or GONE where it carries none."""
    try:
        return read_yaml(answer.body) if b"yaml" in answer.content_type else orjson.loads(answer.body)
    except ValueError:
        return GONE


def _with_tree(answer: Answer, tree: Json) -> Answer:
    if tree is GONE:
        return replace(answer, body=b"")
    as_yaml = b"yaml" in answer.content_type
    body = write_yaml(tree) if as_yaml else orjson.dumps(tree)
    return replace(answer, body=body, content_type=answer.content_type if as_yaml else JSON)


def _exchange(fault: Fault) -> Callable[[Json], Json]:
    """What becomes of a value that the place names."""
    if fault.into == "drop":
        return lambda _value: GONE
    if fault.into == "value":
        return lambda _value: fault.value
    if fault.into == "other":
        return _of_another_type
    return lambda _value: INTO[fault.into]


def _of_another_type(value: Json) -> Json:
    """A value of a type that this one does not have."""
    if isinstance(value, str):
        return 7
    if isinstance(value, bool | int | float) or value is None:
        return "seven"
    return [value] if isinstance(value, dict) else {"0": value}


def _changed(tree: Json, places: list[str], exchange: Callable[[Json], Json]) -> Json:
    """The tree with every value at the places exchanged; the same object where nothing is there."""
    if not places:
        return exchange(tree)
    first, rest = places[0], places[1:]
    keys = _keys(tree, first)
    if isinstance(tree, dict):
        pairs = {key: _changed(value, rest, exchange) if key in keys else value for key, value in tree.items()}
        same = all(pairs[key] is value for key, value in tree.items())
        return tree if same else {key: value for key, value in pairs.items() if value is not GONE}
    if isinstance(tree, list):
        items = [_changed(value, rest, exchange) if index in keys else value for index, value in enumerate(tree)]
        same = all(new is old for new, old in zip(items, tree, strict=True))
        return tree if same else [value for value in items if value is not GONE]
    return tree


def _keys(tree: Json, part: str) -> set[Json]:
    """The keys or indices that one part of a place means in this tree."""
    if isinstance(tree, dict):
        return set(tree) if part == "*" else {part} & tree.keys()
    if not isinstance(tree, list):
        return set()
    if part == "*":
        return set(range(len(tree)))
    digits = part.removeprefix("-")
    if not (digits.isascii() and digits.isdecimal()):
        return set()
    index = int(part)
    return {index % len(tree)} if -len(tree) <= index < len(tree) else set()
