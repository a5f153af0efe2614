"""One walk over a document that yields the site of every reference in it, and every string that looks like one.

The walk looks at keys and their neighbours only (see ``migrate.rewrite.catalogue``), so it needs no knowledge of
element kinds and goes to any depth. Strings are looked into for addresses and for the functions that name teams,
attributes and warehouse functions; which of these can occur at all is asked once of the whole document. By the way
it collects what the audit judges (``migrate.rewrite.audit``), by the looks of the strings alone.

This is the one place where speed decides the shape of the code: nearly all objects hold only keys that mean nothing,
which one set operation tells; nearly all strings are told by their length; paths are chains of (parent, step) until
somebody asks for one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson

from migrate.rewrite.catalogue import CODES, INSIDE, OUTSIDE
from migrate.rewrite.row import Row
from migrate.rewrite.strange import COLUMN, HOST, INODE, NOBODY, UUID_SIZE, Lookout, is_strange
from migrate.tree import Json, Path

_PEOPLE = re.compile(r"currentuser(?:attribute|inteam)", re.IGNORECASE)
_FUNCTION = re.compile(r"call(?:text|number|logical|date|datetime|variant|geography|array)\s*\(", re.IGNORECASE)
_CALLS = (b"calltext", b"callnumber", b"calllogical", b"calldate", b"callvariant", b"callgeography", b"callarray")

_URL = CODES["url"]
_ATTRIBUTE = CODES["attribute-name"]
_CALL = CODES["function"]

_NOTHING: Mapping[str, Any] = {}
_NO_KEYS: AbstractSet[str] = frozenset()
_ONE_STRING = frozenset({"id", "name", "text"})

Rows = tuple[tuple[str, Row], ...]
"""Rows, each with the key under which its reference stands."""

Entry = tuple[Json, Any, Any]
"""A value on the way through the document: (the value, the entry of its parent, the step from there)."""


def _telling(rows: Iterable[Row]) -> dict[str, Rows]:
    """Rows by the key that tells of them: the reference's own, or the rarer one that must stand beside it."""
    found: dict[str, Rows] = {}
    for row in rows:
        for key in row.keys:
            tells = row.needs or key
            found[tells] = (*found.get(tells, ()), (key, row))
    return found


_OUTSIDE = _telling(OUTSIDE)
_AROUND = _OUTSIDE.pop("source")
_ALL = _telling(row for row in (*OUTSIDE, *INSIDE) if row.needs != "source")


class Site(NamedTuple):
    """One place of a document: the catalogue row, where it stands, what stands there, and the object around it.

    For object keys ``path`` ends with the key and ``value`` is the key. For texts ``value`` is the whole text;
    what in it is a reference is for the reader of the site to find. A tuple, because there are many.
    """

    row: Row
    path: Path
    value: Json
    node: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class Seen:
    """What one walk saw: sites, strings by (path, text) that look like ids or addresses, and what keys there are.

    ``keys`` are those the catalogue says nothing of, without the ``FREQUENT`` ones.
    """

    sites: list[Site]
    strange: list[tuple[Path, str]]
    keys: AbstractSet[str]


def find(body: Json, *, inside: bool = False) -> tuple[Site, ...]:
    """Every reference that leaves the document, parents before children; with ``inside`` also the local ones."""
    return tuple(look(body, inside=inside).sites)


def look(
    body: Json, lookout: Lookout = NOBODY, *, inside: bool = False, every: bool = False, raw: bytes | None = None
) -> Seen:
    """The sites of a document, and its strange strings: UUIDs, url ids, ``inode-``, Sigma hosts and known ids.

    Strings that are sites themselves and ids of columns are no strangers, unless ``every`` is asked for.
    ``raw`` is the body as JSON where the caller has it anyway.
    """
    walk = _Walk(orjson.dumps(body) if raw is None else raw, lookout, inside=inside, every=every)
    walk.through(body)
    return Seen(walk.sites, walk.strange, walk.keys)


class _Walk:
    """One walk: what to look for, and what was found so far."""

    def __init__(self, raw: bytes, lookout: Lookout, *, inside: bool, every: bool) -> None:
        self.users, self.calls, self.links, inodes, hosts = _possible(raw)
        self.busy = self.users or self.calls or self.links or inodes or hosts
        self.lookout = lookout
        self.every = every
        self.telling = _ALL if inside else _OUTSIDE
        self.met = set(lookout.passed) - _ALL.keys() if inside else set(lookout.passed)
        self.columns: set[str] = set()
        self.sites: list[Site] = []
        self.strange: list[tuple[Path, str]] = []
        self.keys: set[str] = set()

    def through(self, body: Json) -> None:
        """Walk; everything the loop needs is a local name."""
        busy, met, string, known, sizes = self.busy, self.met, self.string, self.lookout.known, self.lookout.sizes
        floor = min(5 if busy else UUID_SIZE - 1, min(sizes) - 1)

        def objects(node: dict[str, Json], entry: Entry) -> None:
            accounted = _NO_KEYS if met.issuperset(node) else self.object(node, entry)
            for key, value in node.items():
                kind = value.__class__
                if kind is str:
                    size = len(value)
                    if size > floor and (
                        busy
                        or (size in sizes and (size < 23 or value in known))
                        or (size >= UUID_SIZE and "-" in value)
                    ):
                        string(value, entry, key, node, accounted=key in accounted)
                elif kind is dict:
                    objects(value, (value, entry, key))
                elif kind is list:
                    lists(value, (value, entry, key))

        def lists(node: list[Json], entry: Entry) -> None:
            for step, value in enumerate(node):
                kind = value.__class__
                if kind is dict:
                    objects(value, (value, entry, step))
                elif kind is str:
                    if len(value) > floor:
                        string(value, entry, step, _NOTHING, accounted=False)
                elif kind is list:
                    lists(value, (value, entry, step))

        if isinstance(body, dict):
            objects(body, (body, None, None))
        elif isinstance(body, list):
            lists(body, (body, None, None))

    def object(self, node: dict[str, Json], entry: Entry) -> AbstractSet[str]:
        """Take down the sites of an object and its new keys; gives the keys whose strings are accounted for."""
        met, telling = self.met, self.telling
        accounted: AbstractSet[str] = _NO_KEYS
        for tells in node:
            if tells in met:
                continue
            rows = telling.get(tells)
            if rows is None:
                self.new_key(tells, entry)
                continue
            accounted = accounted | self.rows(rows, node, entry)
        if entry[2] == "source" and ("dataModelId" in node or "connectionId" in node):
            self.around(entry)
        return _NO_KEYS if self.every else accounted

    def around(self, source: Entry) -> None:
        """Take down what the objects around a ``source`` say of it: that they do is seen from inside only."""
        outer = source[1]
        self.rows(_AROUND, outer[0], outer)
        if outer[2] == "source":
            self.rows(_AROUND, outer[1][0], outer[1])

    def rows(self, rows: Rows, node: dict[str, Json], entry: Entry) -> AbstractSet[str]:
        """Take down the sites of some rows; gives the keys whose strings they account for."""
        accounted = set()
        for key, row in rows:
            here = key in node and (row.when is None or row.when(node, entry[2]))
            if here and _take(row, (*path_of(entry), key), node[key], node, self.sites):
                accounted.add(key)
        return accounted

    def new_key(self, key: str, entry: Entry) -> None:
        """Note a key when it is first met; of a strange one every place."""
        self.keys.add(key)
        if is_strange(key, self.lookout.known):
            self.strange.append(((*path_of(entry), key), key))
        else:
            self.met.add(key)

    def string(self, text: str, entry: Entry, step: str | int, node: Mapping[str, Json], *, accounted: bool) -> None:
        """Take down the references inside a string, and the string itself if it is strange."""
        if self.links and "://" in text:
            self.sites.append(Site(_URL, (*path_of(entry), step), text, node))
        if self.users and "(" in text and _PEOPLE.search(text):
            self.sites.append(Site(_ATTRIBUTE, (*path_of(entry), step), text, node))
        if self.calls and "(" in text and _FUNCTION.search(text):
            self.sites.append(Site(_CALL, (*path_of(entry), step), text, node))
        if accounted or text in self.columns or not is_strange(text, self.lookout.known):
            return
        if not self.every and text[:6] == INODE and text not in self.lookout.known and COLUMN.fullmatch(text):
            self.columns.add(text)
        else:
            self.strange.append(((*path_of(entry), step), text))


def _possible(raw: bytes) -> tuple[bool, bool, bool, bool, bool]:
    """What can occur in a document at all: names of people, warehouse functions, links, inodes, Sigma hosts."""
    lower = raw.lower()
    calls = b"call" in lower and any(name in lower for name in _CALLS)
    return b"currentuser" in lower, calls, b"http" in lower, b'"inode-' in raw, HOST.encode() in raw


def path_of(entry: Entry) -> Path:
    """The path to the value of an entry."""
    steps: list[str | int] = []
    _value, parent, step = entry
    while parent is not None:
        steps.append(step)
        _value, parent, step = parent
    steps.reverse()
    return tuple(steps)


def _take(row: Row, path: Path, value: Json, node: Mapping[str, Json], sites: list[Site]) -> bool:
    """Take down the single references of a value, by the row's shape; a value of another shape holds none.

    Whether the value is one string that is accounted for as a whole.
    """
    shape = row.shape
    if value.__class__ is str:
        if shape in _ONE_STRING or shape in ("names", "object"):
            sites.append(Site(row, path, value, node))
            return True
    elif shape == "names":
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            sites.append(Site(row, path, value, node))
    elif shape == "ids":
        if isinstance(value, list):
            sites += [Site(row, (*path, i), item, node) for i, item in enumerate(value) if isinstance(item, str)]
    elif shape == "keys":
        if isinstance(value, dict):
            sites += [Site(row, (*path, key), key, node) for key in value]
    elif shape == "named":
        if isinstance(value, dict) and isinstance(value.get("name"), str):
            sites.append(Site(row, (*path, "name"), value["name"], value))
    elif shape == "object" and value is not None:
        sites.append(Site(row, path, value, node))
    return False
