"""The one gate that every object of an answer passes on its way in: which fields it needs, and of which types.

An answer is made elsewhere, so nothing in it is taken on trust. An object without the fields it is known by is *odd*;
it is told with its endpoint and place, and never handed on. A field of another type than Sigma documents (sigma-api
section 5) counts as absent, so that callers read ``entry.get(...)`` and get what they expect or nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeGuard

from migrate.kinds import KINDS
from migrate.tree import Json, canonical, unportable

ID_LENGTH = 200
"""Characters an id may have; Sigma's have up to 36, and a longer path than 64 KiB cannot be asked for."""

MOST_NUMBER = 2**53
"""Beyond it a number is no longer the same for every reader of JSON."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What an entry must have: one of ``ids``, usable in a path, which tells it from others; and all ``texts``."""

    ids: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()


ANY = Form()
FILE = Form(ids=("id",), texts=("name",))
DOCUMENT: Mapping[str, Form] = MappingProxyType(
    {kind: Form(ids=(row.id_field,), texts=("name",)) for kind, row in KINDS.items()}
)
CONNECTION = Form(ids=("connectionId",), texts=("name",))
WORKSPACE = Form(ids=("workspaceId",), texts=("name",))
TENANT = Form(ids=("tenantOrganizationId",))
ELEMENT = Form(ids=("elementId",))
TABLE_COLUMN = Form(texts=("name",))
SOURCE = Form(texts=("type",))
HOLDER: Mapping[str, Form] = MappingProxyType({"users": Form(ids=("userId",)), "teams": Form(ids=("teamId",))})
BESIDE: Mapping[str, Form] = MappingProxyType(
    {
        "schedules": Form(ids=("scheduledNotificationId",)),
        "embeds": Form(ids=("embedId",)),
        "materializations": Form(ids=("sheetId",)),
        "saved_views": Form(ids=("bookmarkId",)),
    }
)
HELD = Form(ids=("grantId",), texts=("permission",))
GRANT = Form(ids=("grantId",), texts=("inodeId", "permission"))
TEAM_MEMBER = Form(ids=("userId", "memberId"))
PEOPLE: Mapping[str, Form] = MappingProxyType(
    {
        "members": Form(ids=("memberId", "id")),
        "teams": Form(ids=("teamId", "id")),
        "user-attributes": Form(ids=("userAttributeId", "id")),
        "tags": Form(ids=("versionTagId", "id")),
        "plugins": Form(ids=("pluginId", "id")),
        "api-connectors": Form(ids=("apiConnectorId", "id")),
    }
)

_TEXTS = frozenset(
    (
        *("name", "email", "description", "label", "url", "sql", "createdBy", "updatedBy", "createdAt"),
        *("updatedAt", "ownerId", "parentId", "homeFolderId", "urlId", "inodeId"),
        *(name for row in KINDS.values() for name in (row.id_field, row.url_id_field)),
        *("columnId", "elementId", "versionTagId", "tenantApiUrl"),
        *("tenantOrganizationSlug", "kind", "visibility", "publishedAt", "publishedBy"),
        *("grantId", "memberId", "teamId", "userId", "permission", "tagId"),
    )
)
_NUMBERS = frozenset({"latestVersion", "version", "documentVersion", "latestDocumentVersion"})
_FLAGS = frozenset({"isArchived", "writeAccess", "friendlyName"})


def is_id(value: object) -> TypeGuard[str]:
    """Whether a value is usable as one segment of a path: text of 1 to 200 printable characters, not only dots."""
    return (
        isinstance(value, str)
        and 0 < len(value) <= ID_LENGTH
        and value.isprintable()
        and bool(set(value) - {"."})
        and not value.isspace()
    )


def oddity(entry: Json, form: Form) -> str:
    """What keeps an entry from being used, as the end of a sentence; empty where nothing does."""
    if not isinstance(entry, dict):
        return f"is {_kind(entry)} where an object should be"
    if form.ids and not any(is_id(entry.get(name)) for name in form.ids):
        return f"has no usable {form.ids[0]}"
    for name in form.texts:
        if not isinstance(entry.get(name), str):
            return f"has no {name}"
    try:
        canonical(entry)
    except TypeError:
        return f"cannot be carried: {unportable(entry) or 'it is nested too deep'}"
    return ""


def legible(entry: Mapping[str, Json]) -> Json:
    """The entry with U+FFFD in its texts for each half of a character, which nothing could be written with."""
    return {name: _legible(value) if isinstance(value, str) else value for name, value in entry.items()}


def _legible(text: str) -> str:
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def usable(entry: Json) -> tuple[Json, tuple[str, ...]]:
    """The entry without its fields of another type, and their names; a field of null is merely absent."""
    wrong = tuple(name for name, value in entry.items() if value is not None and not _fits(name, value))
    absent = [name for name, value in entry.items() if value is None]
    if not wrong and not absent:
        return entry, ()
    return {name: value for name, value in entry.items() if name not in wrong and name not in absent}, wrong


def identity(entry: Json, form: Form) -> object:
    """What tells an entry that is not odd from the others of its listing: its id, or all of it where it has none."""
    return next((entry[name] for name in form.ids if is_id(entry.get(name))), None) or hash(canonical(entry))


def _fits(name: str, value: Json) -> bool:
    if name in _TEXTS:
        return isinstance(value, str)
    if name in _NUMBERS:
        return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < MOST_NUMBER
    return isinstance(value, bool) if name in _FLAGS else True


def _kind(value: Json) -> str:
    if isinstance(value, bool):
        return "true or false"
    names = {str: "a text", int: "a number", float: "a number", list: "a list", type(None): "null"}
    return names.get(type(value), "something else")
