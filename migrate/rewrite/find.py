"""One walk over a document that yields the site of every reference in it.

The walk looks at keys and their neighbours only (see ``migrate.rewrite.catalogue``), so it needs no knowledge of
element kinds and goes to any depth. Strings are looked into for addresses and for the functions that name teams,
attributes and warehouse functions; which of these can occur at all is asked once of the whole document.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import orjson

from migrate.rewrite.catalogue import CODES, INSIDE_BY_KEY, OUTSIDE_BY_KEY
from migrate.rewrite.row import Row
from migrate.tree import Json, Path

_PEOPLE = re.compile(r"currentuser(?:attribute|inteam)", re.IGNORECASE)
_FUNCTION = re.compile(r"call(?:text|number|logical|date|datetime|variant|geography|array)\s*\(", re.IGNORECASE)
_ANY = re.compile(rf"://|{_PEOPLE.pattern}|{_FUNCTION.pattern}", re.IGNORECASE)

_URL = CODES["url"]
_ATTRIBUTE = CODES["attribute-name"]
_CALL = CODES["function"]


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


def find(body: Json, *, inside: bool = False, raw: bytes | None = None) -> tuple[Site, ...]:
    """Every reference that leaves the document, in document order; with ``inside`` also the local ones.

    ``raw`` is the body as JSON where the caller has it anyway; it is only asked what can occur at all.
    """
    walker = _Walker(inside=inside, raw=(orjson.dumps(body) if raw is None else raw).lower())
    walker.walk(body)
    return tuple(walker.sites)


class _Walker:
    """The state of one walk: the steps down to the current object, and the sites so far."""

    __slots__ = ("index", "people", "sites", "texts", "trail")

    def __init__(self, *, inside: bool, raw: bytes) -> None:
        self.sites: list[Site] = []
        self.trail: list[str | int] = []
        self.index = [OUTSIDE_BY_KEY, INSIDE_BY_KEY] if inside else [OUTSIDE_BY_KEY]
        self.people = b"currentuser" in raw or b"call" in raw
        self.texts = self.people or b"://" in raw

    def walk(self, node: Json) -> None:
        """Visit a value and everything below it."""
        if isinstance(node, dict):
            self._object(node)
        elif isinstance(node, list):
            self._list(node)

    def _object(self, node: dict[str, Json]) -> None:
        trail, texts, indices = self.trail, self.texts, self.index
        for key, value in node.items():
            for index in indices:
                rows = index.get(key)
                if rows is not None:
                    self._match(rows, node, key, value)
            kind = value.__class__
            if kind is str:
                if texts and len(value) > 7:
                    self._text(node, key, value)
            elif kind is dict:
                trail.append(key)
                self._object(value)
                trail.pop()
            elif kind is list:
                trail.append(key)
                self._list(value)
                trail.pop()

    def _list(self, node: list[Json]) -> None:
        trail = self.trail
        for position, value in enumerate(node):
            kind = value.__class__
            if kind is dict:
                trail.append(position)
                self._object(value)
                trail.pop()
            elif kind is list:
                trail.append(position)
                self._list(value)
                trail.pop()
            elif kind is str and self.texts:
                self._text({}, position, value)

    def _match(self, rows: tuple[Row, ...], node: dict[str, Json], key: str, value: Json) -> None:
        for row in rows:
            if row.when is None or row.when(node, self.trail):
                path = (*self.trail, key)
                self.sites.extend(Site(row, where, found, node) for where, found in _shaped(row, path, value))

    def _text(self, node: Mapping[str, Json], step: str | int, text: str) -> None:
        if "://" in text:
            self.sites.append(Site(_URL, (*self.trail, step), text, node))
        if self.people and _ANY.search(text):
            if _PEOPLE.search(text):
                self.sites.append(Site(_ATTRIBUTE, (*self.trail, step), text, node))
            if _FUNCTION.search(text):
                self.sites.append(Site(_CALL, (*self.trail, step), text, node))


def _shaped(row: Row, path: Path, value: Json) -> Iterator[tuple[Path, Json]]:
    """The single references of a value, by the row's shape; a value of another shape holds none."""
    if row.shape in ("id", "name", "text"):
        if isinstance(value, str):
            yield path, value
    elif row.shape == "ids":
        if isinstance(value, list):
            yield from (((*path, i), item) for i, item in enumerate(value) if isinstance(item, str))
    elif row.shape == "keys":
        if isinstance(value, dict):
            yield from (((*path, key), key) for key in value)
    elif row.shape == "names":
        if isinstance(value, str) or (isinstance(value, list) and all(isinstance(item, str) for item in value)):
            yield path, value
    elif row.shape == "object" and value is not None:
        yield path, value
