"""What a plan says, as frozen values. Contract sections 2 and 3; defaults are the contract's.

The marks on the fields (``migrate.plan.keys``) are what pydantic validates a plan file by, and what its JSON Schema
says; what a file writes otherwise than the values here is in ``migrate.plan.file``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, ClassVar, Literal, Self, TypeAlias

from migrate.plan import agree, checks
from migrate.plan.keys import (
    UNIQUE,
    Agree,
    ByKey,
    ByKind,
    Ends,
    Flag,
    Key,
    Least,
    Number,
    ReadAs,
    Text,
    required_one_of,
    written,
)
from migrate.tree import Json
from migrate.words import USUAL_LEVELS, Kind, Level

Access = Literal["read", "write"]
Format = Literal["html", "xlsx", "csv", "json", "md"]

Word: TypeAlias = Annotated[str, Text()]
Free: TypeAlias = Annotated[str, Text(empty=True)]
Alias: TypeAlias = Annotated[
    str, Text(check=checks.alias, fix="use a short name such as acme_au", pattern=f"^{checks.ALIAS}$")
]
Folder: TypeAlias = Annotated[
    str,
    Text(
        check=checks.folder,
        fix="write Workspace/Folder/Sub, with \\/ for a slash inside a name",
        examples=("Shared/Finance",),
    ),
]
_Segments: TypeAlias = Annotated[
    Annotated[
        str,
        Text(
            check=checks.table_path,
            fix="write DATABASE.SCHEMA.*, or a list of segments where a name holds a dot",
            examples=("DW.FIN.*",),
        ),
    ]
    | Annotated[
        tuple[Annotated[str, Text(check=checks.segment, fix='write a name, or "*" for any whole segment')], ...],
        Least(1),
    ],
    ByKind((str, list)),
]
TablePath: TypeAlias = Annotated[
    tuple[str, ...], ReadAs(_Segments, lambda path: checks.segments(path) if isinstance(path, str) else path)
]
"""A warehouse path as segments, written with dots or as a list; ``*`` is one whole segment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FromEnvironment:
    """Credentials in the variables ``PREFIX_CLIENT_ID`` and ``PREFIX_CLIENT_SECRET``."""

    prefix: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FromFile:
    """Credentials in a JSON or YAML file that only its owner can read; the path is absolute after loading."""

    path: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class FromKeyring:
    """Credentials in the keyring of the system, under this service."""

    service: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OfTenant:
    """A tenant's access, exchanged for the credentials of its parent, an org of the plan."""

    parent: str
    tenant_id: str


Credentials: TypeAlias = FromEnvironment | FromFile | FromKeyring | OfTenant
"""Where credentials are found; never the credentials themselves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expect:
    """Who an organization must turn out to be."""

    __pydantic_config__: ClassVar[Json] = written(example={"slug": "acme"})

    organization_id: Annotated[Word | None, Key("the organization's id, as the API tells it")] = None
    slug: Annotated[
        Word | None, Key("the organization's name in its addresses: app.sigmacomputing.com/SLUG", ("acme-group",))
    ] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Org:
    """One Sigma organization of the plan."""

    alias: str
    base_url: str
    credentials: Credentials
    expect: Expect | None = None
    access: Access = "read"
    allow_host: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where documents come from: an org or a bundle folder."""

    org: str | None = None
    bundle: Path | None = None


_Type: TypeAlias = Annotated[Kind | None, Key("the kind of document")]
_InFolder: TypeAlias = Annotated[Folder | None, Key("a folder, with everything below it", ("Shared/Finance",))]
_Called: TypeAlias = Annotated[
    Annotated[str, Text(check=checks.name_pattern, fix="write a glob such as FY2?-*, or re: and a regular expression")]
    | None,
    Key("a glob for the whole name, or a regular expression after re:", ("FY2?-*", "re:(?i)^copy of")),
]
_Id: TypeAlias = Annotated[Word | None, Key("the document's id")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Selector:
    """One selection rule; the keys given are ANDed. No key at all selects everything.

    One that matches nothing is a mistake unless ``allow_empty`` says that it is expected.
    """

    __pydantic_config__: ClassVar[Json] = written(example={"type": "workbook", "folder": "Shared/Finance"})

    type: _Type = None
    folder: _InFolder = None
    name: _Called = None
    id: _Id = None
    tag: Annotated[Word | None, Key("a version tag that the document has, by name", ("Prod",))] = None
    owner: Annotated[
        Annotated[str, Text(check=checks.name_pattern, fix="write an e-mail address, or a glob such as *@acme.com")]
        | None,
        Key("who owns the document, by e-mail, or a glob of addresses", ("*@acme.com.au",)),
    ] = None
    updated_since: Annotated[
        Annotated[str, Text(check=checks.moment, fix="write such as 2026-11-01 or 2026-11-01T06:00:00Z")] | None,
        Key("changed at this time or later (UTC where no zone is given)", ("2026-11-01",)),
    ] = None
    list: Annotated[
        Word | None,
        Key("a file with a document id on each line, relative to this file; - is standard input", ("chosen.txt",)),
    ] = None
    allow_empty: Annotated[bool, Flag(), Key("that the rule matches nothing is expected, and no mistake")] = False


_Rule: TypeAlias = Annotated[Selector, Agree(agree.listed_or_named)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Select:
    """Which documents are in scope: rules of ``include`` are ORed, then those of ``exclude`` are taken out.

    An empty ``include`` selects nothing; the loader never lets a plan through with one.
    """

    __pydantic_config__: ClassVar[Json] = written(example={"include": [{"folder": "Shared/Finance"}]})

    include: Annotated[
        tuple[_Rule, ...],
        Least(1),
        Key(
            "what to copy: keys of one rule are ANDed, rules are ORed; [{}] selects everything",
            ([{"folder": "Shared/Finance"}],),
        ),
    ] = ()
    exclude: Annotated[tuple[_Rule, ...], Key("what to leave out of it")] = ()
    dependencies: Annotated[
        Literal["include", "existing"],
        Key("include copies the data models that a document reads; existing wants them mapped"),
    ] = "include"
    unseen: Annotated[
        Literal["say", "count"],
        Key(
            "documents that the account of the source cannot see: count lists all as an administrator may, and warns of"
            " those; say leaves it at the word that they are in no list"
        ),
    ] = "say"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A mapping of one thing to another by name or id (globs where the contract allows them)."""

    __pydantic_config__: ClassVar[Json] = written(source="from", target="to", example={"from": "...", "to": "..."})

    source: Annotated[Word, Key("what it is in the source")]
    target: Annotated[Word, Key("what takes its place in the target")]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Folders:
    """How a pair of folders is written."""

    __pydantic_config__: ClassVar[Json] = written(source="from", target="to", example={"from": "...", "to": "..."})

    source: Annotated[Folder, Key("a folder of the source")]
    target: Annotated[Folder, Key("its place in the target; it is created", ("Acme AU/Finance",))]


_FolderPair: TypeAlias = Annotated[Pair, ReadAs(_Folders, lambda each: Pair(source=each.source, target=each.target))]


RenamedKind = Literal["control", "column", "metric", "element", "relationship"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Renamed(Pair):
    """A control, column, metric, element or relationship that the existing model it is mapped to calls otherwise.

    ``model`` and ``element`` (of the source, by name or id) narrow it; None is any.
    """

    __pydantic_config__: ClassVar[Json] = written(
        source="from", target="to", example={"from": "Region", "to": "Sales region", "kind": "column"}
    )

    source: Annotated[Word, Key("the name in the source")]
    target: Annotated[Word, Key("the name in the existing model of the target")]
    kind: Annotated[RenamedKind, Key("what it is that has another name")] = "control"
    model: Annotated[Word | None, Key("only in this data model of the source, by name, path or id")] = None
    element: Annotated[Word | None, Key("only in this element of the source, by name or id")] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PathMap:
    """A mapping of warehouse paths, as segments; ``*`` is one whole segment."""

    __pydantic_config__: ClassVar[Json] = written(
        source="from", target="to", example={"from": "DW.FIN.*", "to": "OTHER.FIN.*"}
    )

    source: Annotated[
        TablePath, Key("a warehouse path; * is one whole segment, the most specific path wins", ("AU_DW.FIN.*",))
    ]
    target: Annotated[TablePath, Key("its place in the target; * keeps the matched segment", ("GROUP_DW.AU_FIN.*",))]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionMap:
    """A connection of the source, the one that replaces it, and how its paths and SQL change."""

    __pydantic_config__: ClassVar[Json] = written(
        source="from", target="to", example={"from": "AU Snowflake", "to": "Group Snowflake"}
    )

    source: Annotated[Word, Key("a connection of the source, by name or id")]
    target: Annotated[Word, Key("the connection of the target, by name or id")]
    paths: Annotated[
        tuple[Annotated[PathMap, Agree(agree.stars_repeat)], ...],
        Agree(agree.each_path_once),
        Key("databases, schemas and tables that are called otherwise there"),
    ] = ()
    sql: Annotated[
        Literal["rewrite", "keep", "fail"],
        Key("custom SQL: rewrite its table names, keep it as it is, or fail on any"),
    ] = "rewrite"


_Globbed: TypeAlias = Annotated[Pair, Agree(agree.one_star)]
_ModelPair: TypeAlias = Annotated[
    Pair, Ends("a data model of the source, by name, path or id", "an existing data model of the target")
]
_MemberPair: TypeAlias = Annotated[
    _Globbed, Ends("an e-mail address, or a glob such as *@acme.com.au", "its counterpart; * keeps what was matched")
]
_TeamPair: TypeAlias = Annotated[_Globbed, Ends("a team of the source", "the team of the target")]
_AttributePair: TypeAlias = Annotated[_Globbed, Ends("a user attribute of the source", "that of the target")]
_PluginPair: TypeAlias = Annotated[_Globbed, Ends("a plugin of the source, by name or id", "that of the target")]
_UrlPair: TypeAlias = Annotated[Pair, Ends("how addresses begin in the source", "how they begin in the target")]
_Once = Agree(agree.each_once)


@dataclass(frozen=True, slots=True, kw_only=True)
class Maps:
    """All mappings of a plan."""

    __pydantic_config__: ClassVar[Json] = written(example={"connections": ["..."]})

    folders: Annotated[
        tuple[_FolderPair, ...],
        Agree(agree.each_folder_once),
        Key("the longest matching prefix wins; a folder without mapping keeps its path"),
    ] = ()
    connections: Annotated[
        tuple[ConnectionMap, ...], _Once, Key("connections of the source and those that take their place")
    ] = ()
    data_models: Annotated[
        tuple[_ModelPair, ...],
        _Once,
        Key(
            "data models that are not copied: an existing one is used, elements are matched by name",
            ([{"from": "Calendar", "to": "Certified/Group Calendar"}],),
        ),
    ] = ()
    members: Annotated[
        tuple[_MemberPair, ...],
        Agree(agree.each_address_once),
        Key("people", ([{"from": "*@acme.com.au", "to": "*@acmegroup.com"}],)),
    ] = ()
    teams: Annotated[tuple[_TeamPair, ...], _Once, Key("teams; unlisted names map to the same name")] = ()
    user_attributes: Annotated[
        tuple[_AttributePair, ...], _Once, Key("user attributes; unlisted names map to the same name")
    ] = ()
    plugins: Annotated[tuple[_PluginPair, ...], _Once, Key("plugins; unlisted names map to the same name")] = ()
    controls: Annotated[
        tuple[Renamed, ...],
        Agree(agree.each_renamed_once),
        Key("renamed controls, columns, metrics, elements and relationships of mapped data models"),
    ] = ()
    urls: Annotated[
        tuple[_UrlPair, ...],
        _Once,
        Key(
            "links in texts and actions; the longest beginning wins",
            ([{"from": "https://wiki.acme.com.au/", "to": "https://wiki.acmegroup.com/au/"}],),
        ),
    ] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplaceText:
    """One text in place of another, wherever people read it."""

    __pydantic_config__: ClassVar[Json] = written(new="with", example={"text": "Acme AU", "with": "Acme Group"})

    text: Annotated[Word, Key("a text in names, titles, descriptions and text elements", ("Acme AU",))]
    new: Annotated[Free, Key("what comes in its place")]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplaceUrl:
    """One beginning of addresses in place of another."""

    __pydantic_config__: ClassVar[Json] = written(new="with")

    url: Annotated[Word, Key("how an address begins", ("https://wiki.acme.com.au/",))]
    new: Annotated[Free, Key("what comes in its place")]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplaceAt:
    """One text in place of others at the places of the spec that a JSONPath finds."""

    __pydantic_config__: ClassVar[Json] = written(new="with", old="from")

    at: Annotated[
        str,
        Text(check=checks.json_path, fix="write such as $.pages[*].name"),
        Key("a JSONPath (RFC 9535) to text values of the spec", ("$.pages[*].name",)),
    ]
    new: Annotated[Free, Key("what comes in its place")]
    old: Annotated[Free | None, Key("with at: only this text is replaced; left out, the whole value is")] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Where:
    """Documents that a transform rule is for; the keys given are ANDed."""

    __pydantic_config__: ClassVar[Json] = written(example={"type": "workbook", "folder": "Shared/Finance"})

    type: _Type = None
    folder: _InFolder = None
    name: _Called = None
    id: _Id = None


_Chosen: TypeAlias = Annotated[
    Selector, ReadAs(_Where, lambda each: Selector(type=each.type, folder=each.folder, name=each.name, id=each.id))
]


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedRule:
    """What every transform rule has: the name that reports call it by, and the documents it is for (None: all)."""

    __pydantic_config__: ClassVar[Json] = written()

    name: Annotated[Word, Key("how reports call the rule", ("brand",))]
    where: Annotated[_Chosen | None, Key("the documents it is for; all of them where it is left out")] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rename(NamedRule):
    """Gives documents another name."""

    rename: Annotated[
        str,
        Text(check=checks.rename, fix='write such as "{name} (AU)"'),
        Key("the new name; {name} is the name that the rules before left", ("{name} (AU)",)),
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Replace(NamedRule):
    """Exchanges texts, addresses, or values at places."""

    replace: Annotated[
        ReplaceText | ReplaceUrl | ReplaceAt,
        ByKey(("text", "url", "at"), {"text": "Acme AU", "with": "Acme Group"}),
        Key("one text in place of another"),
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class SetPath(NamedRule):
    """Exchanges one warehouse path for another."""

    set_path: Annotated[PathMap, Agree(agree.stars_repeat), Key("one warehouse path in place of another")]


@dataclass(frozen=True, slots=True, kw_only=True)
class SetDescription(NamedRule):
    """Gives documents a description."""

    set_description: Annotated[Free, Key("the new description")]


@dataclass(frozen=True, slots=True, kw_only=True)
class RawToIdentifier(NamedRule):
    """Exchanges ``{{#raw …}}`` in custom SQL by ``{{#identifier […]}}``, where it stands for one name."""

    raw_to_identifier: Annotated[
        bool, Flag(only=True), Key("true: #raw in custom SQL becomes #identifier where it stands for one name")
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class PythonRule(NamedRule):
    """Has a function change documents; it runs only where its package is allowed by name."""

    python: Annotated[
        str,
        Text(
            check=checks.function,
            fix="write such as acme_rules.brand:house_style",
            pattern=f"^{checks.FUNCTION}$",
        ),
        Key(
            "package.module:function, which gets a document and gives it back changed, before all other rules; it runs"
            " only with --allow-python PACKAGE",
            ("acme_rules.brand:house_style",),
        ),
    ]


Rule: TypeAlias = Annotated[
    Rename | Replace | SetPath | SetDescription | RawToIdentifier | PythonRule,
    ByKey(
        ("rename", "replace", "set_path", "set_description", "raw_to_identifier", "python"),
        {"name": "suffix", "rename": "{name} (AU)"},
    ),
]
"""A named transform rule."""

_Waived: TypeAlias = Annotated[
    str, Text(check=checks.name_pattern, fix="write an id, a glob such as FY2?-*, or re: and a regular expression")
]
Percent: TypeAlias = Annotated[float, Number(0, 100, whole=False)]
Lanes: TypeAlias = Annotated[int, Number(1, 64)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeShrink:
    """How much of what was copied before may fall out of the selection between two runs."""

    __pydantic_config__: ClassVar[Json] = written(example={"max_percent": 10})

    max_percent: Annotated[
        Percent,
        Key(
            "stop before the first write where more than this share of the copies left the selection since the last"
            " run; a single one stops only at 0"
        ),
    ] = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What to do where the easy road ends."""

    __pydantic_config__: ClassVar[Json] = written(example={"existing": "update"})

    existing: Annotated[
        Literal["fail", "skip", "update", "rename"], Key("a document of that name is there and is not ours")
    ] = "fail"
    drift: Annotated[Literal["fail", "keep", "overwrite"], Key("ours, but edited in the target since")] = "fail"
    unsupported: Annotated[Literal["fail", "report", "skip"], Key("something in the document cannot travel")] = "fail"
    security: Annotated[
        Literal["fail", "waive"], Key("a row or column rule cannot be mapped; waive needs waived_by")
    ] = "fail"
    waived_by: Annotated[Word | None, Key("who answers for waiving security rules")] = None
    deletes: Annotated[
        Literal["report", "archive", "never"],
        Key(
            "the source document is gone: report names its copy, archive also puts it into the bin where nobody edited"
            " it, never says nothing"
        ),
    ] = "report"
    max_percent: Annotated[
        Percent, Key("with deletes: archive, stop before the first write where more of the copies would be archived")
    ] = 10.0
    scope_shrink: Annotated[ScopeShrink, Key("documents that were copied before leave the selection")] = ScopeShrink()
    on_error: Annotated[Literal["continue", "stop"], Key("after a failed document")] = "continue"
    breaker_percent: Annotated[Percent, Key("stop the run when this share of documents has failed")] = 50.0
    dangling: Annotated[Literal["fail", "drop", "report"], Key("a reference leads nowhere in the source already")] = (
        "fail"
    )
    removals: Annotated[Literal["fail", "allow"], Key("an update would drop pages or elements that people added")] = (
        "fail"
    )


_Told: TypeAlias = Literal["none", "report"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipients:
    """To whom scheduled exports of these titles go in the target."""

    __pydantic_config__: ClassVar[Json] = written(example={"schedule": "Orders*", "to": ["board@acme.com"]})

    schedule: Annotated[_Waived, Key("the title of the schedule, or a glob such as Orders*", ("Orders*",))]
    to: Annotated[tuple[Word, ...], Key("e-mail addresses", (["board@acme.com"],))]


@dataclass(frozen=True, slots=True, kw_only=True)
class Carry:
    """What stands round a document, and is no part of its contents."""

    __pydantic_config__: ClassVar[Json] = written(example={"grants": "mapped", "owners": "mapped"})

    grants: Annotated[
        Literal["none", "mapped"],
        Key(
            "who may do what with documents and with folders that were made, by map.members and map.teams; none is not"
            " looked at"
        ),
    ] = "none"
    owners: Annotated[
        Literal["none", "report", "mapped"],
        Key("who owns a document: mapped by map.members, else whoever copies it; report names whose the original is"),
    ] = "none"
    tags: Annotated[
        Literal["none", "report", "names"],
        Key(
            "version tags: names puts a tag of the same name on a copy whose source has it on its newest version,"
            " report names those of each document"
        ),
    ] = "report"
    schedules: Annotated[
        Literal["none", "report", "paused"],
        Key(
            "scheduled exports: paused makes those with recipients in carry.recipients, which send nothing before a"
            " person resumes them; none is not looked at"
        ),
    ] = "none"
    embeds: Annotated[_Told, Key("embeds: report names each; one of the copy has another address")] = "none"
    materializations: Annotated[_Told, Key("materialization schedules: report names each")] = "none"
    saved_views: Annotated[_Told, Key("saved views: report names those that the account sees")] = "none"
    favourites: Annotated[_Told, Key("who has a document as a favourite: report names them, one request a member")] = (
        "none"
    )
    teams: Annotated[_Told, Key("teams of the source without a counterpart: report names them once")] = "none"
    user_attributes: Annotated[
        _Told, Key("user attributes of the source without a counterpart: report names them once")
    ] = "none"
    translations: Annotated[_Told, Key("translations that the target lacks: report names them once")] = "none"
    account_types: Annotated[_Told, Key("account types that the target lacks: report names them once")] = "none"
    connection_grants: Annotated[
        _Told, Key("who may do what with connections of the source: report names them, one request a connection")
    ] = "none"
    recipients: Annotated[
        tuple[Recipients, ...],
        Key(
            "to whom schedules go, which can never be read from the source",
            ([{"schedule": "Orders*", "to": ["board@acme.com"]}],),
        ),
    ] = ()
    revoked: Annotated[
        Literal["report", "follow"],
        Key(
            "what was carried and is not shown on its source any more, a right or a tag: told and left as it is, or"
            " taken away; follow only where the account sees all grants of the source"
        ),
    ] = "report"
    fallback_owner: Annotated[
        Word | None, Key("who in the target owns what nobody there is mapped to, by e-mail", ("data@acme.com",))
    ] = None
    widening: Annotated[
        Literal["block", "allow"],
        Key("with grants: a copy that more people could see, or do more with, than its source"),
    ] = "block"
    wider: Annotated[
        tuple[_Waived, ...], Key("documents that may be seen by more people all the same, by name or id", (["FY2?-*"],))
    ] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OnFinish:
    """Who is told when a run has ended: a command that gets the outcome on its standard input, or a webhook."""

    __pydantic_config__: ClassVar[Json] = written(example={"webhook": "env:ALERT_URL"})

    command: Annotated[
        tuple[Word, ...],
        Key("a program and its arguments, run only with --allow-command", (["/usr/local/bin/alert", "nightly"],)),
    ] = ()
    webhook: Annotated[
        Annotated[str, Text(check=checks.variable, fix="write env:NAME of the variable that holds the address")] | None,
        Key("env:NAME of the variable that holds an https address", ("env:ALERT_URL",)),
    ] = None
    format: Annotated[Literal["plain", "slack", "teams"], Key("what the webhook takes")] = "plain"


_ENDS = ("command", "webhook")
_OnFinish: TypeAlias = Annotated[
    OnFinish, Agree(agree.one_of(_ENDS, "{webhook: env:ALERT_URL}"), required_one_of(_ENDS))
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """What a wave of targets must come to before the next one begins."""

    __pydantic_config__: ClassVar[Json] = written(example={"after": "every", "targets_percent": 5})

    documents_percent: Annotated[
        Percent, Key("the share of a wave's documents that may be failed, blocked or different")
    ] = 0.0
    targets_percent: Annotated[Percent, Key("the share of a wave's targets that may have failed")] = 0.0
    after: Annotated[Literal["first", "every"], Key("the waves that must pass it")] = "first"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The ``run:`` block: requests in flight, a second and by target, seconds a request, gates, and who is told."""

    __pydantic_config__: ClassVar[Json] = written(example={"concurrency": 4})

    concurrency: Annotated[Lanes, Key("requests in flight to one org")] = 4
    requests_per_second: Annotated[
        float, Number(0, 1000, whole=False, above=True), Key("requests a second to one org")
    ] = 4.0
    write_concurrency: Annotated[Lanes, Key("writes in flight to one org")] = 1
    timeout: Annotated[float, Number(0, 3600, whole=False, above=True), Key("seconds a request may take")] = 120.0
    targets: Annotated[
        Lanes, Key("targets worked on at once; fewer where the machine lends too few descriptors for that")
    ] = 4
    gate: Annotated[Gate, Key("what a wave of targets must come to before the next one begins")] = Gate()
    on_finish: Annotated[_OnFinish | None, Key("who is told when a run has ended")] = None
    alert: Annotated[
        Literal["changes", "failures", "always"],
        Key("when they are told: at new trouble and when it is gone, also at changes, or after every run"),
    ] = "failures"


@dataclass(frozen=True, slots=True, kw_only=True)
class DataCheck:
    """How the level ``data`` compares rows: of which elements, how many of them, and how closely."""

    __pydantic_config__: ClassVar[Json] = written(example={"sample": 5})

    elements: Annotated[
        tuple[_Waived, ...],
        Key(
            "the elements whose rows are compared, by name or id; all that have rows where it is left out",
            (["Sales*"],),
        ),
    ] = ()
    sample: Annotated[
        int,
        Number(1, 1000),
        Key("of each workbook at most so many of these elements, chosen by their ids: the same in every run"),
    ] = 3
    tolerance_percent: Annotated[
        Percent,
        Key("by how much row counts and sums may differ; above 0 texts and dates are not held against each other"),
    ] = 0.0
    max_rows: Annotated[
        int, Number(1, 999_999), Key("the rows of an element that are read; one that has more is not verifiable")
    ] = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What is checked, and whether also where nothing changed."""

    __pydantic_config__: ClassVar[Json] = written(example={"unchanged": "sample 5%"})

    levels: Annotated[tuple[Level, ...], Agree(agree.none_twice, UNIQUE), Key("what is checked after writing")] = (
        USUAL_LEVELS
    )
    unchanged: Annotated[
        str,
        Text(
            check=checks.unchanged,
            fix="write never, always or sample 5%",
            pattern=rf"^(never|always|{checks.SAMPLE})$",
        ),
        Key(
            "a copy of which, by the versions, nothing changed since it was checked: never looked at by apply, a share"
            " of them in each run (sample 5%, another share every time), or always",
            ("sample 5%",),
        ),
    ] = "never"
    data: Annotated[
        DataCheck, Key("how the level data compares rows, which are exported on both sides one right after the other")
    ] = DataCheck()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reporting:
    """Where reports go and in which formats."""

    __pydantic_config__: ClassVar[Json] = written(example={"dir": "reports"})

    dir: Annotated[Path, ReadAs(Word, Path), Key("the folder of reports, relative to the working directory")] = Path(
        "reports"
    )
    formats: Annotated[tuple[Format, ...], Agree(agree.none_twice, UNIQUE), Key("which files are written")] = (
        "html",
        "xlsx",
        "csv",
        "json",
        "md",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenant:
    """One row of ``tenants.csv``: its columns as text, with the defaults of empty cells left out."""

    tenant: str
    values: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """What one target gets where targets of a plan differ: its own selection and mappings."""

    __pydantic_config__: ClassVar[Json] = written()

    select: Select
    map: Maps


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A whole plan. Two files that say the same give equal plans, whatever their skin.

    What holds for one target is said by ``migrate.plan.tenants.for_target(plan, target)``, which fills in
    ``${target.NAME}`` from ``tenants`` and takes the target's own ``variants``; a plan with variants selects
    nothing by itself. ``tenants`` holds every row of the table, ``targets`` only the enabled ones.

    ``origin``, ``sha256`` and ``lines`` tell where it came from and do not count in comparison.
    ``sha256`` is that of the plan file's bytes; tables it names and overriding flags are digested after them.
    ``overrides`` are those flags, ``orgs_file`` the file that gave a table its organizations.
    ``lines`` maps a dotted path such as ``map.folders.0.from`` to (file, line, column).
    """

    name: str
    orgs: Mapping[str, Org]
    source: Source
    targets: tuple[str, ...]
    version: int = 1
    tenants: tuple[Tenant, ...] = ()
    variants: Mapping[str, Variant] = field(default_factory=lambda: MappingProxyType({}))
    select: Select = Select()
    map: Maps = Maps()
    rules: tuple[Rule, ...] = ()
    policy: Policy = Policy()
    carry: Carry = Carry()
    run: Limits = Limits()
    verify: Verification = Verification()
    report: Reporting = Reporting()
    state: str = "sqlite:///.sigma-migrate/state.db"
    origin: Path | None = field(default=None, compare=False)
    overrides: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), compare=False)
    orgs_file: Path | None = field(default=None, compare=False)
    sha256: str = field(default="", compare=False)
    lines: Mapping[str, tuple[str, int, int]] = field(
        default_factory=lambda: MappingProxyType({}), compare=False, repr=False
    )

    @classmethod
    def of_bundle(cls, folder: Path) -> Self:
        """A plan without a target that takes all that a bundle holds."""
        whole = Select(include=(Selector(),))
        name = folder.resolve().name or "bundle"
        return cls(name=name, orgs={}, source=Source(bundle=folder), targets=(), select=whole)

    @classmethod
    def load(
        cls,
        path: str | Path,
        *,
        orgs: Path | None = None,
        environ: Mapping[str, str] | None = None,
        overrides: Mapping[str, str] | None = None,
        target: str | None = None,
    ) -> Plan:
        """The plan of a file; see ``migrate.plan.load.load``. Raises InvalidInput with every problem."""
        from migrate.plan.load import load

        return load(path, orgs=orgs, environ=environ, overrides=overrides, target=target)
