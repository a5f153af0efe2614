"""The second pair of eyes: whatever still looks like an id or address of an organization after rewriting.

The audit knows nothing of the catalogue. It looks at every string and key of a document for UUIDs, base62 url ids,
``inode-`` strings, addresses of Sigma and ids known from the source organization (sigma-specs section 5.3), and
says what each is: defined in the document itself, the id of a column (row 32), data of the warehouse, or unknown.
A field that a new version of the format brings is caught here without a change of code.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from migrate.rewrite.urls import to_uuid
from migrate.tree import Json, Path

Suspicion = Literal["uuid", "url-id", "inode", "sigma-host", "known-id"]
Classified = Literal["local", "column-id", "data", "unknown"]

# The dash stands first so that the search jumps from dash to dash.
_UUID = re.compile(r"-(?<=[0-9a-fA-F]{8}-)[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}(?![0-9a-fA-F])")
_COLUMN = re.compile(
    r"(?:inode-[0-9A-Za-z]{1,22}|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})/(?!.*\.\w+\Z).+"
)
_HOST = "sigmacomputing."

_DATA = frozenset({"values", "value", "labels", "defaultValue", "low", "high", "keyColumnValue"})
_TEXT = frozenset({"formula", "statement", "left", "right", "layout"})
_NO_DEFINITION = frozenset(
    {"team", "user", "member", "connection", "workbook", "data-model", "report", "dataset", "folder"}
)


@dataclass(frozen=True, slots=True)
class Suspect:
    """One string that looks like something of an organization, and what it is."""

    path: Path
    value: str
    suspicion: Suspicion
    classified: Classified
    what: str = ""


def audit(body: Json, known: Mapping[str, str]) -> tuple[Suspect, ...]:
    """Every suspicious string of a document, classified. ``known`` are ids of the source organization.

    A known id is never taken for local or data, wherever it stands.
    """
    eyes = _Eyes(known)
    eyes.walk(body, ())
    return tuple(eyes.verdict(*found) for found in eyes.found)


class _Eyes:
    """The state of one audit: the ids that the document defines, and what looked suspicious."""

    __slots__ = ("defined", "found", "known", "lengths", "trail")

    def __init__(self, known: Mapping[str, str]) -> None:
        self.known = known
        self.lengths = frozenset(map(len, known)) | {20, 21, 22, 36}
        self.defined: set[str] = set()
        self.found: list[tuple[Path, str, Suspicion]] = []
        self.trail: list[str | int] = []

    def walk(self, node: Json, _path: Path) -> None:
        """Look at a value and everything below it."""
        if node.__class__ is dict:
            self._object(node)
        elif node.__class__ is list:
            self._list(node)

    def _object(self, node: dict[str, Json]) -> None:
        trail = self.trail
        if "id" in node and str(node.get("type")) not in _NO_DEFINITION:
            self.defined.add(node["id"] if isinstance(node["id"], str) else "")
        if "controlId" in node and "dataModelId" not in node:
            self.defined.add(node["controlId"] if isinstance(node["controlId"], str) else "")
        for key, value in node.items():
            if len(key) > 19:
                self._string(key, key)
            kind = value.__class__
            if kind is str:
                if len(value) > 5:
                    self._string(value, key)
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
        for index, value in enumerate(node):
            kind = value.__class__
            if kind is str:
                if len(value) > 5:
                    self._string(value, index)
            elif kind is dict:
                trail.append(index)
                self._object(value)
                trail.pop()
            elif kind is list:
                trail.append(index)
                self._list(value)
                trail.pop()

    def _string(self, text: str, step: str | int) -> None:
        size = len(text)
        if size in self.lengths and (text in self.known or (size < 23 and size > 19 and to_uuid(text))):
            suspicion: Suspicion = "known-id" if text in self.known else "url-id"
        elif text.startswith("inode-"):
            suspicion = "inode"
        elif size > 35 and "-" in text and _UUID.search(text):
            suspicion = "uuid"
        elif size > 20 and _HOST in text:
            suspicion = "sigma-host"
        else:
            return
        self.found.append(((*self.trail, step), text, suspicion))

    def verdict(self, path: Path, text: str, suspicion: Suspicion) -> Suspect:
        """What a suspicious string is."""
        what = self._known_in(text)
        if what:
            return Suspect(path, text, suspicion, "unknown", what)
        if text in self.defined:
            return Suspect(path, text, suspicion, "local")
        if suspicion in ("uuid", "inode") and _COLUMN.fullmatch(text):
            return Suspect(path, text, suspicion, "column-id")
        if suspicion != "sigma-host" and _is_data(path, text):
            return Suspect(path, text, suspicion, "data")
        return Suspect(path, text, suspicion, "unknown")

    def _known_in(self, text: str) -> str:
        if text in self.known:
            return self.known[text]
        for found in ids_in(text):
            if found in self.known:
                return self.known[found]
        return ""


def ids_in(text: str) -> Iterator[str]:
    """Every UUID in a text, as written; and the UUID the whole text stands for in base62."""
    for match in _UUID.finditer(text):
        yield text[match.start() - 8 : match.end()]
    whole = to_uuid(text)
    if whole:
        yield whole


def _is_data(path: Path, text: str) -> bool:
    """Whether a string is a value of the warehouse, or a text in which an id is only part of a sentence."""
    keys = [step for step in path if isinstance(step, str)]
    if any(key in _DATA for key in keys[-3:]):
        return True
    return bool(keys) and (keys[-1] in _TEXT or any(character.isspace() for character in text))
