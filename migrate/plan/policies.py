"""What may happen to copies, and what of their surroundings comes along."""

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal, TypeAlias

from migrate.plan import checks
from migrate.plan.keys import (
    Key,
    Number,
    Text,
    written,
)
from migrate.plan.spelling import Word
from migrate.tree import Json

Waived: TypeAlias = Annotated[
    str, Text(check=checks.name_pattern, fix="write an id, a glob such as FY2?-*, or re: and a regular expression")
]


Percent: TypeAlias = Annotated[float, Number(0, 100, whole=False)]


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

    schedule: Annotated[Waived, Key("the title of the schedule, or a glob such as Orders*", ("Orders*",))]
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
        tuple[Waived, ...], Key("documents that may be seen by more people all the same, by name or id", (["FY2?-*"],))
    ] = ()
