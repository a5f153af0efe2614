"""The state of one sandbox organization: mutable, in memory, everything by id.

Ids are UUID strings but for members (28 to 29 letters and digits). Times are ISO-8601 with ``Z``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

Json: TypeAlias = Any

Generation = Literal["flat", "document", "contents"]
Overlaps = Literal["refuse", "swallow", "unrender", "sometimes"]
Formats = Literal["never", "unless_json", "always"]
Reports = Literal["on", "older", "off", "absent"]
SpecDate = Literal["", "2026-08-04", "2026-08-26", "2026-09-08"]

InodeType = Literal["workspace", "folder", "workbook", "data-model", "report", "dataset", "template"]


@dataclass(slots=True, kw_only=True)
class Switches:
    """How this organization behaves; each can be set in the world file and at run time.

    Sections are of the reference: ``api`` is sigma-api, ``specs`` is sigma-specs.
    """

    generation: Generation = "contents"  # specs 1
    spec_date: SpecDate = "2026-09-08"  # news 1: the date at which its documents stand; "": all dates mixed
    accepts: tuple[str, ...] = ()  # further generations accepted on write (a transition, specs 1)
    model_ids: Literal["preserve", "remap"] = "preserve"  # specs 6.2
    yaml: Formats = "unless_json"  # api 2, news 4: workbooks and reports
    model_yaml: Formats = "never"  # news 4: data models
    grants_listed: Literal["all", "own"] = "all"  # news 4: whether an admin's list without `inodeId` holds all
    grants_inherited: bool = False  # news 4: whether the grants of folders above come too without `directGrantsOnly`
    member_files: Literal["visible", "owned"] = "visible"  # api 5.8: what `/members/{id}/files` lists
    reports: Reports = "on"  # news 4: older: only ``/v2/reports/spec``; off: a 403; absent: no such routes
    verify: bool = True  # news 4: `/spec/verify` is deprecated for workbooks and reports
    dry_run: Literal["honoured", "ignored"] = "honoured"  # news 4: a server that does not know the flag writes
    friendly_names: bool = True  # specs 2.4
    basic_auth: bool = True  # api 1.2: some orgs answer Basic with 400
    token_seconds: int = 3599  # api 1.2
    lag_seconds: float = 0.0  # api 5.6: new files do not appear at once
    lag_listings: int = 0  # the same, in listings instead of seconds
    spec_beta: bool = True  # api 5.2
    panels: bool = True  # api 4.3
    navigation: bool = False  # specs 7
    semantic_views: bool = False  # specs 7
    layout_required: bool = True  # specs 3.1
    model_kind_emitted: bool = True  # specs 2.1
    bare_lists: bool = False  # api 3.1: before 2026-06-02
    requests_per_second: float = 0.0  # api 4.4; 0 is no limit
    max_in_flight: int = 0
    token_per_second: float = 0.0
    throttle_as: Literal["json", "html"] = "html"
    retry_after: Literal["none", "seconds", "date"] = "none"
    lock_token_after: int = 0  # so many 429s lock the token endpoint …
    lock_token_seconds: float = 0.0  # … for so long
    lineage_refuses: float = 0.0  # api 4.2: share of workbooks whose /lineage is a permanent 400
    foreign_principals: Literal["accept", "refuse"] = "accept"  # specs 11.1: nobody knows which
    lag_documents: bool = False  # api 11.5: whether /v2/workbooks and /v2/dataModels lag too is not recorded
    latency_seconds: float = 0.0  # every call takes so long, as it does over a network
    clock_skew_seconds: float = 0.0  # the organization's clock is ahead by so much: Date header, created times
    overlaps: Overlaps = "refuse"  # news 3: what a write does with them
    raw_directive: Literal["dated", "work", "fail"] = "dated"  # news 5: fails from 2 December 2026 on
    shared_control_ids: Literal["refuse", "accept"] = "refuse"  # news 3: whether a write takes them back is not known
    conflict_status: Literal[409, 400] = 409  # api 6: the status of a version conflict is not recorded
    first_version: int = 1  # api 6: the version number right after a create is not recorded
    exports_late: int = 1  # api 5.4: so many polls come before an export is ready
    exports_waiting: Literal["204", "404", "empty"] = "204"  # api 5.4: how a poll is told so
    exports_per_minute: int = 400  # api 4.4; 0 is no limit
    yaml_core: bool = False  # api 2: YAML 1.2 writers leave `on`, `yes` and dates unquoted


@dataclass(slots=True, kw_only=True)
class Column:
    """A warehouse column: raw name and type (``text number integer datetime boolean variant``)."""

    name: str
    type: str = "text"
    values: tuple[str | float | None, ...] = ()  # what stands in its rows, where that matters; else it is made up


@dataclass(slots=True, kw_only=True)
class Table:
    """A warehouse object. ``synced`` False: it exists but Sigma's catalog does not hold it until ``/sync``.

    ``content`` is what its rows are made of, the same in all tables of that content: by default its own name. ``rows``
    is how many there are, None where that comes from the content too.
    """

    id: str
    path: tuple[str, ...]
    columns: list[Column] = field(default_factory=list)
    kind: str = "table"
    synced: bool = True
    content: str = ""
    rows: int | None = None


@dataclass(slots=True, kw_only=True)
class Connection:
    """A connection with its catalog, by path."""

    id: str
    name: str
    type: str = "snowflake"
    write_access: bool = False
    friendly_name: bool = True
    broken: bool = False  # api 5.7: its test answers 500
    tables: dict[tuple[str, ...], Table] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Member:
    """A member; ``denied`` names the features that this account type lacks: ``workbooks.write``, ``files.read`` …

    The areas are ``workbooks reports data-models files connections people tags tenants``, each with ``.read`` and
    ``.write``.
    """

    id: str
    email: str
    first_name: str = ""
    last_name: str = ""
    home_folder_id: str = ""
    account_type: str = "Admin"
    denied: set[str] = field(default_factory=set)
    favorites: list[str] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Thing:
    """A team, user attribute, plugin, connector or version tag; ``extra`` holds what is its own."""

    id: str
    name: str
    extra: dict[str, Json] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Version:
    """One published version of a document. ``body`` is the inner document as stored."""

    number: int
    body: Json
    published_at: str
    published_by: str


@dataclass(slots=True, kw_only=True)
class Inode:
    """A workspace, folder or document, with everything that is recorded of it.

    ``denied_to`` holds member ids that get 403 on it and on all below it; ``read_only_to`` those that may read but not
    write there. ``facts`` holds what few inodes have: ``unreadable`` (a status that reading the spec always answers),
    ``tags`` (version tags as a workbook's metadata lists them), ``tagged_from`` (the id of the source workbook),
    ``deployed_from`` (that of a parent organization), ``schedules``, ``embeds``, ``bookmarks``, ``materializations``.
    """

    id: str
    type: InodeType
    name: str
    parent_id: str | None
    owner_id: str
    created_by: str
    updated_by: str
    created_at: str
    updated_at: str
    description: str | None = None
    archived: bool = False
    badge: str | None = None
    listed_after: float = 0.0
    listings_hidden: int = 0
    denied_to: set[str] = field(default_factory=set)
    read_only_to: set[str] = field(default_factory=set)
    generation: str = "flat"
    versions: list[Version] = field(default_factory=list)
    hidden_sources: list[Json] = field(default_factory=list)
    facts: dict[str, Json] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Client:
    """An API credential and the member it belongs to."""

    client_id: str
    client_secret: str
    member_id: str


@dataclass(slots=True, kw_only=True)
class Org:
    """A whole organization. ``tenants`` maps tenant organization ids to their aliases, ``parent`` is an alias.

    ``cloud`` and ``region`` are where it is hosted, as its parent's list of tenants tells.
    """

    alias: str
    id: str
    slug: str
    name: str
    switches: Switches = field(default_factory=Switches)
    clients: list[Client] = field(default_factory=list)
    members: dict[str, Member] = field(default_factory=dict)
    teams: dict[str, Thing] = field(default_factory=dict)
    user_attributes: dict[str, Thing] = field(default_factory=dict)
    plugins: dict[str, Thing] = field(default_factory=dict)
    connectors: dict[str, Thing] = field(default_factory=dict)
    tags: dict[str, Thing] = field(default_factory=dict)
    connections: dict[str, Connection] = field(default_factory=dict)
    inodes: dict[str, Inode] = field(default_factory=dict)
    images: set[str] = field(default_factory=set)
    csv_tables: dict[str, str] = field(default_factory=dict)
    tenants: dict[str, str] = field(default_factory=dict)
    parent: str | None = None
    cloud: str = ""
    region: str = ""
    grants: dict[str, Json] = field(default_factory=dict)
    translations: dict[str, Json] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class World:
    """Several organizations, by alias."""

    orgs: dict[str, Org] = field(default_factory=dict)
