"""The second pair of eyes: whatever still looks like an id or address of an organization after rewriting.

The audit knows nothing of the catalogue. It judges every string and key of a document that is a UUID or holds one,
a base62 url id, an ``inode-`` string, an address of Sigma or an id known from the source organization
(sigma-specs section 5.3), and says what each is: defined in the document itself, the id of a column (row 32), data
of the warehouse, or unknown. A field that a new version of the format brings is caught here without a change of code.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from migrate.kinds import KINDS
from migrate.rewrite.catalogue.recognition import COLUMN, UUID, UUID_SIZE, recognition_of
from migrate.rewrite.catalogue.walk import look
from migrate.rewrite.text.url import to_uuid
from migrate.tree import Json, Path

Suspicion = Literal["uuid", "url-id", "inode", "sigma-host", "known-id"]
Classified = Literal["local", "column-id", "data", "unknown"]

_DATA = frozenset({"values", "value", "labels", "defaultValue", "low", "high", "keyColumnValue"})
_TEXT = frozenset({"formula", "statement", "left", "right", "layout"})
_NO_DEFINITION = frozenset({"team", "user", "member", "connection", "report", "dataset", "folder", *KINDS})


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
    return judged(body, look(body, recognition_of(known), every=True).strange, known)


def judged(body: Json, strange: Iterable[tuple[Path, str]], known: Mapping[str, str]) -> tuple[Suspect, ...]:
    """The strange strings of a document (path, text), classified."""
    defined: set[str] | None = None
    looks: dict[str, tuple[Suspicion, str, Classified | None]] = {}
    found = []
    for path, text in strange:
        if text not in looks and len(text) == UUID_SIZE and text not in known:
            # Most often a document's own id: nothing else can be inside so short a text.
            if defined is None:
                _definitions(body, defined := set())
            if text in defined and UUID.search(text):
                looks[text] = "uuid", "", "local"
        if text not in looks:
            suspicion, what = _suspicion(text, known), _what(text, known)
            if what:
                looks[text] = suspicion, what, "unknown"
            elif suspicion in ("uuid", "inode") and COLUMN.fullmatch(text):
                looks[text] = suspicion, what, "column-id"
            else:
                if defined is None:
                    _definitions(body, defined := set())
                looks[text] = suspicion, what, "local" if text in defined else None
        suspicion, what, classified = looks[text]
        found.append(Suspect(path, text, suspicion, classified or _unless_data(path, text, suspicion), what))
    return tuple(found)


def _what(text: str, known: Mapping[str, str]) -> str:
    """What a text is of the source organization, or an id inside it; empty where it is nothing."""
    if text in known:
        return known[text]
    return next((known[inner] for inner in ids_in(text) if inner in known), "")


def _definitions(node: Json, found: set[str]) -> None:
    """Collect every id that the document itself gives to something."""
    if isinstance(node, dict):
        if isinstance(node.get("id"), str) and str(node.get("type")) not in _NO_DEFINITION:
            found.add(node["id"])
        if isinstance(node.get("controlId"), str) and "dataModelId" not in node:
            found.add(node["controlId"])
    for value in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        if isinstance(value, dict | list):
            _definitions(value, found)


def _suspicion(text: str, known: Mapping[str, str]) -> Suspicion:
    if text in known:
        return "known-id"
    if text.startswith("inode-"):
        return "inode"
    if UUID.search(text):
        return "uuid"
    return "url-id" if to_uuid(text) else "sigma-host"


def ids_in(text: str) -> Iterator[str]:
    """Every UUID in a text, as written; and the UUID the whole text stands for in base62."""
    for match in UUID.finditer(text):
        yield text[match.start() - 8 : match.end()]
    whole = to_uuid(text)
    if whole:
        yield whole


def _unless_data(path: Path, text: str, suspicion: Suspicion) -> Classified:
    """``data`` for a value of the warehouse, or a text in which an id is only part of a sentence."""
    keys = [step for step in path if isinstance(step, str)]
    prose = bool(keys) and (keys[-1] in _TEXT or any(character.isspace() for character in text))
    data = prose or any(key in _DATA for key in keys[-3:])
    return "data" if data and suspicion != "sigma-host" else "unknown"
