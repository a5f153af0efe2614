"""One JSON or YAML file -> its tree, with nothing lost on the way: no doubled key, no number that would be rounded.

The parsers that are used elsewhere take the last of two equal keys and round what does not fit; in a file that
people edit both are mistakes, so that they are told by their names.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

from migrate.files import read_regular
from migrate.tree import DEEPEST, Json, unportable
from migrate.yaml.read import read_yaml

LARGEST_FILE = 256 * 1024 * 1024
"""Bytes of one file that are read at most."""

_WIDEST = 64


class Unusable(ValueError):
    """The file is well formed, but what it holds cannot be carried without changing it."""


def read_tree(path: Path) -> Json:
    """The tree of a ``.json`` file, or of any other as YAML; a byte order mark is passed over.

    Raises OSError where it cannot be read or is no regular file, ValueError where it is malformed, and Unusable for
    doubled keys, numbers beyond 64 bit, and more than 200 levels.
    """
    content = read_regular(path, most=LARGEST_FILE)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"byte {error.start} is not UTF-8") from None
    tree = _json(text) if path.suffix.lower() == ".json" else read_yaml(text)
    why = unportable(tree)
    if why is not None:
        raise Unusable(why)
    return tree


def _json(text: str) -> Json:
    try:
        return json.loads(text, object_pairs_hook=_object, parse_int=_integer, parse_constant=_constant)
    except RecursionError:
        raise Unusable(f"it is nested deeper than {DEEPEST} levels") from None


def _object(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    made = dict(pairs)
    if len(made) != len(pairs):
        twice = next(key for key, many in Counter(key for key, _ in pairs).items() if many > 1)
        raise Unusable(f"an object holds the key {twice[:80]!r} twice")
    return made


def _integer(text: str) -> int:
    if len(text) > _WIDEST:
        raise Unusable(f"the number {text[:20]}… of {len(text)} digits does not fit into 64 bit")
    return int(text)


def _constant(text: str) -> Json:
    raise ValueError(f"{text} is no JSON")
