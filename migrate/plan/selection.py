"""Which documents of the source a plan takes."""

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal, TypeAlias

from migrate.plan import agree, checks
from migrate.plan.keys import (
    Agree,
    Flag,
    Key,
    Least,
    Text,
    written,
)
from migrate.plan.spelling import Folder, Word
from migrate.tree import Json
from migrate.words import Kind

OfKind: TypeAlias = Annotated[Kind | None, Key("the kind of document")]


InFolder: TypeAlias = Annotated[Folder | None, Key("a folder, with everything below it", ("Shared/Finance",))]


Called: TypeAlias = Annotated[
    Annotated[str, Text(check=checks.name_pattern, fix="write a glob such as FY2?-*, or re: and a regular expression")]
    | None,
    Key("a glob for the whole name, or a regular expression after re:", ("FY2?-*", "re:(?i)^copy of")),
]


WithId: TypeAlias = Annotated[Word | None, Key("the document's id")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Selector:
    """One selection rule; the keys given are ANDed. No key at all selects everything.

    One that matches nothing is a mistake unless ``allow_empty`` says that it is expected.
    """

    __pydantic_config__: ClassVar[Json] = written(example={"type": "workbook", "folder": "Shared/Finance"})

    type: OfKind = None
    folder: InFolder = None
    name: Called = None
    id: WithId = None
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
