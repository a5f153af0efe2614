"""What stands for what in a target."""

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal, TypeAlias

from migrate.plan import agree
from migrate.plan.keys import (
    Agree,
    Ends,
    Key,
    ReadAs,
    written,
)
from migrate.plan.spelling import Folder, TablePath, Word
from migrate.tree import Json


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
