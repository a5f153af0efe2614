"""One walk over a document that yields the site of every reference in it, and every string that looks like one.

The walk looks at keys and their neighbours only (see ``migrate.rewrite.catalogue.table``), so it needs no knowledge of
element kinds and goes to any depth. Strings are looked into for addresses and for the functions that name teams,
attributes and warehouse functions. By the way it collects what the audit judges (``migrate.rewrite.audit``), by the
looks of the strings alone, and what fix-ups and losses wait for, so that nobody has to walk a second time.

Nearly all objects hold only keys that mean nothing, which one set operation tells; nearly all strings are told by
their length or a single character; the way down is one list, and a path is made of it only where somebody asks for one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Any, Final, Literal, NamedTuple

from migrate.rewrite.catalogue.recognition import (
    COLUMN,
    HOST,
    INODE,
    NO_ORGANIZATION,
    UUID_SIZE,
    Recognition,
    looks_foreign,
)
from migrate.rewrite.catalogue.row import CatalogueRow, ParentKey
from migrate.rewrite.catalogue.table import CODES, TELLING, TELLING_ALL, KeyedRows, Telling
from migrate.tree import Json, Path, at

MARKS: Final = frozenset({"effect", "groupingId"})
"""Keys whose objects are listed, because fix-ups and losses look into them."""

Sign = Literal["rgb", "repeated", "missing", "empty-lines"]
"""What texts are listed for: a colour written rgb(), a repeated container, a missing node, several empty lines."""

_PEOPLE = re.compile(r"currentuser(?:attribute|inteam)", re.IGNORECASE)
_FUNCTION = re.compile(r"call(?:text|number|logical|date|datetime|variant|geography|array)\s*\(", re.IGNORECASE)

_URL = CODES["url"]
_ATTRIBUTE = CODES["attribute-name"]
_CALL = CODES["function"]

_NOTHING: Mapping[str, Any] = {}
_ONE_STRING = frozenset({"id", "name", "text", "names", "object"})


class ReferenceSite(NamedTuple):
    """One place of a document: the catalogue row, where it stands, what stands there, and the object around it.

    For object keys ``path`` ends with the key and ``value`` is the key. For texts ``value`` is the whole text;
    what in it is a reference is for the reader of the site to find. A tuple, because there are many.
    """

    row: CatalogueRow
    path: Path
    value: Json
    node: Mapping[str, Json]


class Seen(NamedTuple):
    """What one walk saw.

    ``sites`` are the references, ``strange`` the strings by (path, text) that look like ids or addresses. ``keys`` are
    the object keys the catalogue says nothing of, without the ``FREQUENT`` ones; ``kinds`` those of elements.
    ``objects`` are the objects with a key of ``MARKS``, ``texts`` the texts with a sign, both with their paths.
    """

    sites: list[ReferenceSite]
    strange: list[tuple[Path, str]]
    keys: AbstractSet[str]
    kinds: AbstractSet[str]
    objects: Mapping[str, list[tuple[Path, Mapping[str, Json]]]]
    texts: Mapping[Sign, list[tuple[Path, str]]]


def find(body: Json, *, inside: bool = False) -> tuple[ReferenceSite, ...]:
    """Every reference that leaves the document, parents before children; with ``inside`` also the local ones."""
    return tuple(look(body, telling=TELLING_ALL if inside else TELLING).sites)


def look(
    body: Json, foreign: Recognition = NO_ORGANIZATION, *, telling: Telling = TELLING, every: bool = False
) -> Seen:
    """The sites of a document, and its strange strings: UUIDs, url ids, ``inode-``, Sigma hosts and known ids.

    Strings that are sites themselves and ids of columns are no strangers, unless ``every`` is asked for.
    """
    walk = _Walk(body, foreign, telling, every)
    if isinstance(body, dict):
        walk.object(body, None)
    elif isinstance(body, list):
        walk.array(body, None)
    return Seen(walk.sites, walk.strange, walk.keys, walk.kinds, walk.objects, walk.texts)


class _Walk:
    """One walk: what to look for, the way down to here, and what was found so far."""

    def __init__(self, body: Json, foreign: Recognition, telling: Telling, every: bool) -> None:
        self.body = body
        self.known = foreign.known
        self.sizes = foreign.sizes
        self.floor = foreign.floor
        self.every = every
        self.telling, self.above = telling
        self.met: set[str] = set(foreign.passed) - self.telling.keys()
        self.trail: list[str | int] = []
        self.columns: set[str] = set()
        self.sites: list[ReferenceSite] = []
        self.strange: list[tuple[Path, str]] = []
        self.keys: set[str] = set()
        self.kinds: set[str] = set()
        self.objects: dict[str, list[tuple[Path, Mapping[str, Json]]]] = {}
        self.texts: dict[Sign, list[tuple[Path, str]]] = {}

    def object(self, node: dict[str, Json], parent: ParentKey) -> None:
        """Go through an object that stands, itself or in a list, under the key ``parent``."""
        trail, met, floor = self.trail, self.met, self.floor
        accounted: set[str] | None = None
        for key in node:
            if key not in met:
                accounted = self.notable(node, parent)
                break
        for key, value in node.items():
            if isinstance(value, str):
                if len(value) > floor:
                    self.string(value, key, node, accounted is not None and key in accounted)
                    if key == "body" and "\n\n\n" in value:
                        self.sign("empty-lines", key, value)
            elif isinstance(value, dict):
                trail.append(key)
                self.object(value, key)
                trail.pop()
            elif isinstance(value, list):
                trail.append(key)
                if key == "elements":
                    self.kinds.update(str(each.get("kind")) for each in value if isinstance(each, dict))
                self.array(value, key)
                trail.pop()

    def array(self, node: list[Json], parent: ParentKey) -> None:
        """Go through a list that stands under the key ``parent``."""
        trail, floor = self.trail, self.floor
        for step, value in enumerate(node):
            if isinstance(value, dict):
                trail.append(step)
                self.object(value, parent)
                trail.pop()
            elif isinstance(value, str):
                if len(value) > floor:
                    self.string(value, step, _NOTHING, False)
            elif isinstance(value, list):
                trail.append(step)
                self.array(value, parent)
                trail.pop()

    def notable(self, node: dict[str, Json], parent: ParentKey) -> set[str]:
        """Take down the sites of an object and its new keys; gives the keys whose strings are accounted for."""
        accounted: set[str] = set()
        for tells in node:
            if tells in self.met:
                continue
            rows = self.telling.get(tells)
            if rows is not None:
                self.rows(rows, node, tuple(self.trail), parent, accounted)
            if tells in MARKS:
                self.keys.add(tells)
                self.objects.setdefault(tells, []).append((tuple(self.trail), node))
            elif rows is None:
                self.new_key(tells)
        if parent == "source" and ("dataModelId" in node or "connectionId" in node) and self.trail[-1] == "source":
            self.around()
        return set() if self.every else accounted

    def around(self) -> None:
        """Take down what the objects around a ``source`` say of it: that they do is seen from inside only."""
        path = self.trail[:-1]
        while True:
            step = path[-1] if path else None
            parent = next((each for each in reversed(path) if isinstance(each, str)), None)
            self.rows(self.above, at(self.body, tuple(path)), tuple(path), parent, set())
            if step != "source":
                return
            path.pop()

    def rows(self, rows: KeyedRows, node: dict[str, Json], path: Path, parent: ParentKey, accounted: set[str]) -> None:
        """Take down the sites of some rows, and the keys whose strings they account for."""
        for key, row in rows:
            here = key in node and (row.when is None or row.when(node, parent))
            if here and _take(row, (*path, key), node[key], node, self.sites):
                accounted.add(key)

    def new_key(self, key: str) -> None:
        """Note a key when it is first met; of a strange one every place."""
        self.keys.add(key)
        if looks_foreign(key, self.known):
            self.strange.append(((*self.trail, key), key))
        else:
            self.met.add(key)

    def string(self, text: str, step: str | int, node: Mapping[str, Json], accounted: bool) -> None:
        """Take down the references inside a string, what else it shows, and the string itself if it is strange."""
        size = len(text)
        if "/" in text:
            if "://" in text:
                self.sites.append(ReferenceSite(_URL, (*self.trail, step), text, node))
            if "[Missing node/" in text:
                self.sign("missing", step, text)
            if " repeated container/" in text:
                self.sign("repeated", step, text)
        if "(" in text:
            self.calls(text, step, node)
        if accounted or not (
            size in self.sizes
            or (size >= UUID_SIZE and "-" in text)
            or (size > 11 and HOST in text)
            or text.startswith(INODE)
        ):
            return
        if text in self.columns or not looks_foreign(text, self.known):
            return
        if not self.every and text.startswith(INODE) and text not in self.known and COLUMN.fullmatch(text):
            self.columns.add(text)
        else:
            self.strange.append(((*self.trail, step), text))

    def calls(self, text: str, step: str | int, node: Mapping[str, Json]) -> None:
        """Take down a text that calls a function which names something of the organization, and an rgb() colour."""
        if text.startswith("rgb"):
            self.sign("rgb", step, text)
        folded = text.lower()
        if "currentuser" in folded and _PEOPLE.search(text):
            self.sites.append(ReferenceSite(_ATTRIBUTE, (*self.trail, step), text, node))
        if "call" in folded and _FUNCTION.search(text):
            self.sites.append(ReferenceSite(_CALL, (*self.trail, step), text, node))

    def sign(self, sign: Sign, step: str | int, text: str) -> None:
        """Note a text that something waits for."""
        self.texts.setdefault(sign, []).append(((*self.trail, step), text))


def _take(row: CatalogueRow, path: Path, value: Json, node: Mapping[str, Json], sites: list[ReferenceSite]) -> bool:
    """Take down the single references of a value, by the row's shape; a value of another shape holds none.

    Whether the value is one string that is accounted for as a whole.
    """
    shape = row.shape
    if isinstance(value, str):
        if shape in _ONE_STRING:
            sites.append(ReferenceSite(row, path, value, node))
            return True
    elif shape == "names":
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            sites.append(ReferenceSite(row, path, value, node))
    elif shape == "ids":
        if isinstance(value, list):
            sites += [
                ReferenceSite(row, (*path, i), item, node) for i, item in enumerate(value) if isinstance(item, str)
            ]
    elif shape == "keys":
        if isinstance(value, dict):
            sites += [ReferenceSite(row, (*path, key), key, node) for key in value]
    elif shape == "named":
        if isinstance(value, dict) and isinstance(value.get("name"), str):
            sites.append(ReferenceSite(row, (*path, "name"), value["name"], value))
    elif shape == "object" and value is not None:
        sites.append(ReferenceSite(row, path, value, node))
    return False
