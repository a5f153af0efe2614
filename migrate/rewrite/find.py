"""One walk over a document that yields the site of every reference in it, and every string that looks like one.

The walk looks at keys and their neighbours only (see ``migrate.rewrite.catalogue``), so it needs no knowledge of
element kinds and goes to any depth. Strings are looked into for addresses and for the functions that name teams,
attributes and warehouse functions; which of these can occur at all is asked once of the whole document. By the way
it collects what the audit judges (``migrate.rewrite.audit``), by the looks of the strings alone.

This is the one place where speed decides the shape of the code: everything the inner loop needs is a local name,
and paths are chains of (parent, step) until somebody asks for one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

import orjson

from migrate.rewrite.catalogue import CODES, INSIDE_BY_KEY, OUTSIDE_BY_KEY
from migrate.rewrite.row import Row
from migrate.rewrite.urls import to_uuid
from migrate.tree import Json, Path

_PEOPLE = re.compile(r"currentuser(?:attribute|inteam)", re.IGNORECASE)
_FUNCTION = re.compile(r"call(?:text|number|logical|date|datetime|variant|geography|array)\s*\(", re.IGNORECASE)

# The dash stands first so that the search jumps from dash to dash.
UUID = re.compile(r"-(?<=[0-9a-fA-F]{8}-)[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}(?![0-9a-fA-F])")
HOST = "sigmacomputing."

_RAW_UUID = re.compile(rb"-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}")

_URL = CODES["url"]
_ATTRIBUTE = CODES["attribute-name"]
_CALL = CODES["function"]

_BOTH = {key: (*OUTSIDE_BY_KEY.get(key, ()), *INSIDE_BY_KEY.get(key, ())) for key in (*OUTSIDE_BY_KEY, *INSIDE_BY_KEY)}
_NOTHING: Mapping[str, Any] = {}

Chain = tuple[Any, "str | int"] | None
"""A path as a chain: (the chain of the parent, the step from there); None is the root."""


@dataclass(frozen=True, slots=True)
class Site:
    """One place of a document: the catalogue row, where it stands, what stands there, and the object around it.

    For object keys ``path`` ends with the key and ``value`` is the key. For texts ``value`` is the whole text;
    what in it is a reference is for the reader of the site to find.
    """

    row: Row
    path: Path
    value: Json
    node: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class Seen:
    """What one walk saw: sites, strings by (path, text) that look like ids or addresses, and all keys there are."""

    sites: tuple[Site, ...]
    strange: tuple[tuple[Path, str], ...]
    keys: AbstractSet[str] = frozenset()


def find(body: Json, *, inside: bool = False) -> tuple[Site, ...]:
    """Every reference that leaves the document, in document order; with ``inside`` also the local ones."""
    return look(body, inside=inside).sites


def look(
    body: Json,
    *,
    known: Mapping[str, str] = _NOTHING,
    sizes: AbstractSet[int] | None = None,
    inside: bool = False,
    raw: bytes | None = None,
) -> Seen:
    """The sites of a document, and its strange strings: UUIDs, url ids, ``inode-``, Sigma hosts and ``known`` ids.

    ``raw`` is the body as JSON where the caller has it anyway, ``sizes`` the answer of ``sizes_of(known)``.
    """
    people, links, inodes, hosts, uuids = _possible(orjson.dumps(body) if raw is None else raw)
    sizes = sizes_of(known) if sizes is None else sizes
    floor = 3 if links or people else min(sizes) - 1
    # Keys met so far with the rows they may belong to; None for a key that is neither a row's nor strange.
    rows_of: dict[str, tuple[Row, ...] | None] = dict(_BOTH if inside else OUTSIDE_BY_KEY)
    sites: list[Site] = []
    strange: list[tuple[Path, str]] = []

    def new_key(key: str, chain: Chain) -> None:
        if is_strange(key, known):
            strange.append((path_of((chain, key)), key))
        else:
            rows_of[key] = None

    def string(text: str, chain: Chain, node: Mapping[str, Json]) -> None:
        if links or people:
            _texts(text, chain, node, sites)
        if is_strange(text, known):
            strange.append((path_of(chain), text))

    def walk_object(node: dict[str, Json], chain: Chain, last: str | int | None) -> None:
        for key, value in node.items():
            rows = rows_of.get(key, ())
            if rows is not None:
                if not rows:
                    new_key(key, chain)
                for row in rows:
                    if row.when is None or row.when(node, last):
                        sites.extend(_shaped(row, (chain, key), value, node))
            kind = value.__class__
            if kind is str:
                size = len(value)
                if size > floor and (
                    (size in sizes and (value in known or 19 < size < 23))
                    or (links and "://" in value)
                    or (people and "(" in value)
                    or (inodes and value[:6] == "inode-")
                    or (uuids and size > 35 and "-" in value)
                    or (hosts and HOST in value)
                ):
                    string(value, (chain, key), node)
            elif kind is dict:
                walk_object(value, (chain, key), key)
            elif kind is list:
                walk_list(value, (chain, key))

    def walk_list(node: list[Json], chain: Chain) -> None:
        for step, value in enumerate(node):
            kind = value.__class__
            if kind is dict:
                walk_object(value, (chain, step), step)
            elif kind is str:
                size = len(value)
                if size > floor and (
                    (size in sizes and (value in known or 19 < size < 23))
                    or (inodes and value[:6] == "inode-")
                    or (size > 7 and (links or people or hosts))
                    or (uuids and size > 35 and "-" in value)
                ):
                    string(value, (chain, step), _NOTHING)
            elif kind is list:
                walk_list(value, (chain, step))

    if body.__class__ is dict:
        walk_object(body, None, None)
    elif body.__class__ is list:
        walk_list(body, None)
    return Seen(tuple(sites), tuple(strange), rows_of.keys())


def sizes_of(known: Mapping[str, str]) -> frozenset[int]:
    """The lengths a string may have to be one of these ids or a url id."""
    return frozenset((20, 21, 22, *map(len, known)))


def _possible(raw: bytes) -> tuple[bool, bool, bool, bool, bool]:
    """What can occur in a document at all: names of people, links, inodes, Sigma hosts, UUIDs."""
    lower = raw.lower()
    people = b"currentuser" in lower or b"call" in lower
    return people, b"://" in raw, b'"inode-' in raw, HOST.encode() in raw, _RAW_UUID.search(raw) is not None


def path_of(chain: Chain) -> Path:
    """The path that a chain stands for."""
    steps: list[str | int] = []
    while chain is not None:
        chain, step = chain
        steps.append(step)
    steps.reverse()
    return tuple(steps)


def _texts(text: str, chain: Chain, node: Mapping[str, Json], sites: list[Site]) -> None:
    if "://" in text:
        sites.append(Site(_URL, path_of(chain), text, node))
    if "(" in text and _PEOPLE.search(text):
        sites.append(Site(_ATTRIBUTE, path_of(chain), text, node))
    if "(" in text and _FUNCTION.search(text):
        sites.append(Site(_CALL, path_of(chain), text, node))


def is_strange(text: str, known: Mapping[str, str]) -> bool:
    """Whether a text is a known or url id, begins like an inode, or holds a UUID or a Sigma host."""
    size = len(text)
    if text in known or (19 < size < 23 and to_uuid(text) is not None):
        return True
    if size < 12:
        return text.startswith("inode-")
    return text.startswith("inode-") or HOST in text or ("-" in text and UUID.search(text) is not None)


def _shaped(row: Row, chain: Chain, value: Json, node: Mapping[str, Json]) -> Iterator[Site]:
    """The single references of a value, by the row's shape; a value of another shape holds none."""
    shape = row.shape
    if shape in ("id", "name", "text"):
        if isinstance(value, str):
            yield Site(row, path_of(chain), value, node)
    elif shape == "names":
        if isinstance(value, str) or (isinstance(value, list) and all(isinstance(item, str) for item in value)):
            yield Site(row, path_of(chain), value, node)
    elif shape == "ids":
        if isinstance(value, list):
            path = path_of(chain)
            yield from (Site(row, (*path, i), item, node) for i, item in enumerate(value) if isinstance(item, str))
    elif shape == "keys":
        if isinstance(value, dict):
            path = path_of(chain)
            yield from (Site(row, (*path, key), key, node) for key in value)
    elif shape == "named":
        if isinstance(value, dict) and isinstance(value.get("name"), str):
            yield Site(row, (*path_of(chain), "name"), value["name"], value)
    elif shape == "object" and value is not None:
        yield Site(row, path_of(chain), value, node)
