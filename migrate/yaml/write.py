"""YAML that every reader agrees on: canonical for people to review, in its own order for a request, on one line.

YAML 1.1 and 1.2 read plain scalars differently, so a string stands plain only where no reader can take
it for something else; anything else is written as a JSON string, and tidy multi-line text (SQL, layout)
as a literal block. What cannot be seen, or turns the text around, is written as an escape.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias

import orjson

from migrate.text import INVISIBLE
from migrate.tree import Json

_Order: TypeAlias = Callable[[dict[str, Json]], Iterable[str]]

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./()\-]*(?: [A-Za-z0-9_./()\-]+)*\Z")
_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf", "none"})
_LITERAL = re.compile(rf"[^\S \n]|(?!\n){INVISIBLE.pattern}")
_LONGEST_KEY = 1000
"""YAML takes at most 1024 bytes for a key before its colon; a longer one is marked with ``?``."""


def to_yaml(tree: Json, *, ordered: bool = True) -> str:
    """The tree as YAML text in blocks, list order kept, ending in a newline.

    Keys are sorted, so that the same tree gives the same bytes; ``ordered=False`` keeps them as they stand.
    """
    return "\n".join(_block(tree, 0, sorted if ordered else iter)) + "\n"


def to_flow(tree: Json) -> str:
    """The tree as YAML on one line, keys as they stand."""
    if isinstance(tree, dict):
        return "{" + ", ".join(f"{_scalar(key)}: {to_flow(value)}" for key, value in tree.items()) + "}"
    if isinstance(tree, list):
        return "[" + ", ".join(map(to_flow, tree)) + "]"
    return _scalar(tree)


def _block(tree: Json, depth: int, order: _Order) -> Iterator[str]:
    """The lines of a value that stands on lines of its own."""
    pad = "  " * depth
    if isinstance(tree, dict) and tree:
        for key in order(tree):
            name = _scalar(key)
            if len(name.encode()) > _LONGEST_KEY:
                yield f"{pad}? {name}"
                name = ""
            yield from _entry(f"{pad}{name}:", tree[key], depth, order)
    elif isinstance(tree, list) and tree:
        for item in tree:
            yield from _entry(f"{pad}-", item, depth, order)
    else:
        yield pad + _scalar(tree)


def _entry(head: str, value: Json, depth: int, order: _Order) -> Iterator[str]:
    if isinstance(value, (dict, list)) and value:
        if head.endswith("-"):
            inner = list(_block(value, depth + 1, order))
            yield f"{head} {inner[0].lstrip(' ')}"
            yield from inner[1:]
        else:
            yield head
            yield from _block(value, depth + 1, order)
    elif isinstance(value, str) and _is_tidy_block(value):
        chomp = "" if value.endswith("\n") else "-"
        yield f"{head} |{chomp}"
        pad = "  " * (depth + 1)
        for line in value.removesuffix("\n").split("\n"):
            yield pad + line if line else ""
    else:
        yield f"{head} {_scalar(value)}"


def _is_tidy_block(text: str) -> bool:
    """Whether a literal block holds this text exactly, whatever the reader."""
    if "\n" not in text or text[0] in " \n" or text.endswith("\n\n") or _LITERAL.search(text):
        return False
    return all(line == line.rstrip(" ") for line in text.split("\n"))


def _scalar(value: Json) -> str:
    if isinstance(value, str):
        if len(value) < 200 and _PLAIN.match(value) and value.lower() not in _WORDS:
            return value
        return INVISIBLE.sub(_escaped, orjson.dumps(value).decode())
    if isinstance(value, float):
        text = repr(value)
        return text if "." in text else text.replace("e", ".0e")
    return orjson.dumps(value).decode()


def _escaped(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
