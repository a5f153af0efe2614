"""What an organization holds, as frozen values. Everything is keyed by id, never by name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal, TypeAlias

from migrate.errors import Problem
from migrate.kinds import KINDS, DocumentKind
from migrate.sigma import who
from migrate.sigma.contract import NEWEST, OLDEST, ContractDate
from migrate.text import join_path
from migrate.tree import Json
from migrate.words import Generation, Kind

Identity: TypeAlias = who.Identity
"""Who the credentials are, and whose organization answers; the wire proves it."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Key:
    """One document of one organization (``org`` is the plan's alias)."""

    org: str
    kind: Kind
    id: str

    @property
    def about(self) -> DocumentKind:
        """What sets its kind apart from the others."""
        return KINDS[self.kind]


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """A workspace or folder; ``path`` holds the names from the workspace down to itself.

    ``permission`` is what the credential may do in it, as it is listed; empty where that is not told.
    """

    id: str
    name: str
    parent_id: str | None
    path: tuple[str, ...]
    type: Literal["workspace", "folder"] = "folder"
    personal: bool = False
    permission: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionTag:
    """A version tag on a document: the tag's id and name, and the version it stands on, 0 where none is shown.

    ``copy_id`` is the document that holds that version's contents, empty where Sigma names none.
    """

    id: str
    name: str
    version: int = 0
    copy_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A document as the listings show it.

    ``path`` holds the names of the folders above it. ``owner`` is the e-mail address of whoever owns it, ``tagged`` are
    its version tags, ``badge`` its endorsement, all as far as they are listed. ``reads`` are the ids of the data models
    that it reads (from its spec, and from ``/sources`` where that was asked); ``hidden_sources`` are dependencies no
    spec shows: legacy datasets and version-tag pins, as sentences.
    ``permission`` is what the credential may do with it, as it is listed; empty where that is not told. ``read_as`` is
    the document that holds the contents which are meant, where a target is pinned to a tagged version.
    """

    key: Key
    name: str
    folder_id: str
    path: tuple[str, ...]
    version: int
    url: str = ""
    url_id: str = ""
    owner_id: str = ""
    created_by: str = ""
    created_at: str = ""
    updated_at: str = ""
    description: str = ""
    archived: bool = False
    personal: bool = False
    owner: str = ""
    badge: str = ""
    reads: tuple[str, ...] = ()
    hidden_sources: tuple[str, ...] = ()
    tagged: tuple[VersionTag, ...] = ()
    permission: str = ""
    read_as: str = ""

    @property
    def contents_id(self) -> str:
        """The id under which its contents are read."""
        return self.read_as or self.key.id

    @property
    def tags(self) -> tuple[str, ...]:
        """The names of its version tags."""
        return tuple(dict.fromkeys(tag.name for tag in self.tagged))


@dataclass(frozen=True, slots=True, kw_only=True)
class Other:
    """What stands in a folder beside documents and is never copied: a dataset, a template …; ``kind`` is Sigma's."""

    kind: str
    id: str
    name: str
    path: tuple[str, ...]
    url_id: str = ""
    archived: bool = False
    personal: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """A warehouse connection. ``type`` such as ``snowflake``, ``bigQuery``, ``databricks``."""

    id: str
    name: str
    type: str
    friendly_name: bool = True
    write_access: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """Anything else with an id and a name: team, user attribute, plugin, connector, tag.

    For members ``name`` is the e-mail address; for plugins ``url`` is where it is served.
    """

    id: str
    name: str
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """All that one credential can see of one organization."""

    org: str
    identity: Identity
    items: Mapping[Key, Item] = field(default_factory=lambda: MappingProxyType({}))
    folders: Mapping[str, Folder] = field(default_factory=lambda: MappingProxyType({}))
    connections: Mapping[str, Connection] = field(default_factory=lambda: MappingProxyType({}))
    members: Mapping[str, Named] = field(default_factory=lambda: MappingProxyType({}))
    teams: Mapping[str, Named] = field(default_factory=lambda: MappingProxyType({}))
    user_attributes: Mapping[str, Named] = field(default_factory=lambda: MappingProxyType({}))
    plugins: Mapping[str, Named] = field(default_factory=lambda: MappingProxyType({}))
    connectors: Mapping[str, Named] = field(default_factory=lambda: MappingProxyType({}))
    generation: Generation | None = None
    forms: Mapping[Kind, Generation] = field(default_factory=lambda: MappingProxyType({}))
    """Kinds that were seen to be served in a form of their own; the others have that of ``generation``."""
    lacks: Mapping[Kind, Problem] = field(default_factory=lambda: MappingProxyType({}))
    """The kinds that the organization, or this credential in it, does not have, each with its own words."""
    dates: tuple[ContractDate, ContractDate] = (OLDEST, NEWEST)
    """The earliest and the latest date of the spec contract that what was read of it allows."""
    others: tuple[Other, ...] = ()
    """Datasets, templates …, read of a source only."""
    unreadable: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()
    """What a reader should know of how it was read, such as the files of a bundle that were edited by hand."""

    def contents_id(self, key: Key) -> str:
        """The id under which the contents of a document are read, of one that is not listed its own."""
        item = self.items.get(key)
        return item.contents_id if item else key.id

    def generation_of(self, kind: Kind) -> Generation | None:
        """The form in which a kind of document is served, as far as it is known."""
        return self.forms.get(kind, self.generation)

    def name_of(self, identity: str) -> str:
        """What has an id is called, a document and a folder with where they stand; empty for what is not listed."""
        if identity in self.connections:
            return self.connections[identity].name
        tables = (self.teams, self.members, self.user_attributes, self.plugins, self.connectors)
        named = next((table[identity].name for table in tables if identity in table), "")
        if named or identity in self.folders:
            return named or join_path(self.folders[identity].path)
        keys = (Key(org=self.org, kind=kind, id=identity) for kind in KINDS)
        item = next((self.items[key] for key in keys if key in self.items), None)
        return join_path((*item.path, item.name)) if item else ""


_URL_IDS = (*(each.url_id_field for each in KINDS.values()), "urlId")
_IN_ADDRESS = re.compile(r"[-/]([0-9A-Za-z]{20,22})/?(?:[?#].*)?\Z", re.DOTALL)


def url_id_of(entry: Mapping[str, Json]) -> str:
    """How the service writes a document's id in addresses: its own field, else the end of its own address, else ""."""
    for name in _URL_IDS:
        if isinstance(entry.get(name), str) and entry[name]:
            return str(entry[name])
    found = _IN_ADDRESS.search(str(entry.get("url") or ""))
    return found[1] if found else ""
