"""What a change set is made of: one small type for each thing that may be planned. Pure.

Every action has an ``id`` that is unique in its change set, ``after``, the ids of the actions that must have ended well
before it, and ``why``. Each type knows its ``sign`` in the printed change set, whether it ``writes``, the ``outcome``
it comes to when it is done, and whether it is ``beside`` the one action that gives its document a row.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Literal, TypeAlias

from migrate.change.surroundings.rights import Right
from migrate.change.surroundings.rounds import NewOwner
from migrate.change.surroundings.schedules import Timetable
from migrate.change.surroundings.tags import Tagging
from migrate.inventory.model import Key
from migrate.rewrite.model import Drafted, ElementIds
from migrate.text import join_path
from migrate.words import Kind, OutcomeName


@dataclass(frozen=True, slots=True, kw_only=True)
class _Planned:
    """What every action has."""

    id: str
    target: str
    why: str = ""
    after: tuple[str, ...] = ()

    sign: ClassVar[str] = " "
    writes: ClassVar[bool] = True
    beside: ClassVar[bool] = False
    outcome: ClassVar[OutcomeName]


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateFolder(_Planned):
    """A folder or workspace is made; ``folder`` is its whole path."""

    folder: tuple[str, ...]
    verb: Literal["create-folder"] = "create-folder"

    sign: ClassVar[str] = "+"


@dataclass(frozen=True, slots=True, kw_only=True)
class Create(_Planned):
    """A new document from ``draft``."""

    key: Key
    draft: Drafted
    verb: Literal["create"] = "create"

    sign: ClassVar[str] = "+"
    outcome: ClassVar[OutcomeName] = "created"


@dataclass(frozen=True, slots=True, kw_only=True)
class Update(_Planned):
    """The contents of ``target_id``, which stood at ``version`` when planned, are replaced.

    ``rename_to`` is its new name where that changes too, ``moved`` and ``redescribed`` say that its folder or its
    description does. ``foreign``: this plan did not make it.
    """

    key: Key
    draft: Drafted
    target_id: str
    version: int = 0
    rename_to: str = ""
    moved: bool = False
    redescribed: bool = False
    foreign: bool = False
    verb: Literal["update"] = "update"

    sign: ClassVar[str] = "~"
    outcome: ClassVar[OutcomeName] = "updated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Patch(_Planned):
    """The links that a cycle left open are filled, after everything exists."""

    key: Key
    draft: Drafted
    verb: Literal["patch"] = "patch"

    sign: ClassVar[str] = "~"
    beside: ClassVar[bool] = True
    outcome: ClassVar[OutcomeName] = "updated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Repoint(_Planned):
    """A copy that stays as it is, is replaced only if a model it reads gets other element ids by being replaced.

    A server may do that (sigma-specs 6.3), and nobody can know before; what reads the model would break.
    """

    key: Key
    draft: Drafted
    verb: Literal["repoint"] = "repoint"

    sign: ClassVar[str] = "?"
    beside: ClassVar[bool] = True
    outcome: ClassVar[OutcomeName] = "updated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Move(_Planned):
    """Only name, folder or description of ``target_id`` change."""

    key: Key
    draft: Drafted
    target_id: str
    version: int = 0
    rename_to: str = ""
    moved: bool = False
    redescribed: bool = False
    verb: Literal["move"] = "move"

    sign: ClassVar[str] = ">"
    outcome: ClassVar[OutcomeName] = "renamed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Adopt(_Planned):
    """``target_id`` is taken as the copy of ``key``; ``elements`` maps the source's element ids to its own."""

    key: Key
    target_id: str
    elements: Mapping[str, ElementIds] = field(default_factory=dict)
    verb: Literal["adopt"] = "adopt"

    sign: ClassVar[str] = "="
    writes: ClassVar[bool] = False
    outcome: ClassVar[OutcomeName] = "mapped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Keep(_Planned):
    """The copy ``target_id`` is as it should be."""

    key: Key
    draft: Drafted
    target_id: str
    version: int = 0
    verb: Literal["keep"] = "keep"

    writes: ClassVar[bool] = False
    outcome: ClassVar[OutcomeName] = "unchanged"


@dataclass(frozen=True, slots=True, kw_only=True)
class Skip(_Planned):
    """Passed over because the plan says so; ``target_id`` is what stands there: somebody's, or our copy."""

    key: Key
    draft: Drafted
    reason_code: str
    next_action: str = ""
    thing: str = ""
    target_id: str = ""
    verb: Literal["skip"] = "skip"

    writes: ClassVar[bool] = False
    outcome: ClassVar[OutcomeName] = "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Block(_Planned):
    """Cannot be done: ``reason_code`` and ``why`` say why, ``blocked_by`` is the root cause where another document is.

    ``thing`` is what the reason is about, by its name alone; empty where the code says all.
    ``draft`` is None for a source document that could not be read, ``name`` then its path and name in the source, as
    far as it is listed; ``target_id`` is its copy, where it has one.
    """

    key: Key
    reason_code: str
    next_action: str = ""
    thing: str = ""
    name: str = ""
    draft: Drafted | None = None
    target_id: str = ""
    blocked_by: Key | None = None
    verb: Literal["block"] = "block"

    sign: ClassVar[str] = "!"
    writes: ClassVar[bool] = False
    outcome: ClassVar[OutcomeName] = "blocked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive(_Planned):
    """A copy whose source document is gone is put into the bin. It is not in scope any more, so it has no row."""

    kind: Kind
    source_id: str
    target_id: str
    name: str
    verb: Literal["archive"] = "archive"

    sign: ClassVar[str] = "-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Share(_Planned):
    """Rights are given or taken away, after everything stands.

    On the copy of ``key``, or on a ``folder`` of ours, which has no row of its own: ``key`` is then the first document
    below it. ``inode_id`` is what they are given on, empty where that is still to be made.
    """

    key: Key
    rights: tuple[Right, ...]
    name: str = ""
    folder: tuple[str, ...] = ()
    inode_id: str = ""
    verb: Literal["share"] = "share"

    sign: ClassVar[str] = "&"
    beside: ClassVar[bool] = True
    outcome: ClassVar[OutcomeName] = "updated"


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOver(_Planned):
    """The copy of ``key`` is given to its owner, after all grants."""

    key: Key
    owner: NewOwner
    name: str = ""
    verb: Literal["hand-over"] = "hand-over"

    sign: ClassVar[str] = "&"
    beside: ClassVar[bool] = True
    outcome: ClassVar[OutcomeName] = "updated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag(_Planned):
    """The newest version of the copy of ``key`` gets version tags, and others are taken off it."""

    key: Key
    tags: tuple[Tagging, ...]
    name: str = ""
    verb: Literal["tag"] = "tag"

    sign: ClassVar[str] = "&"
    beside: ClassVar[bool] = True
    outcome: ClassVar[OutcomeName] = "updated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule(_Planned):
    """The copy of ``key`` gets scheduled exports, paused; ``address`` is where a new one goes until it is."""

    key: Key
    timetables: tuple[Timetable, ...]
    address: str = ""
    name: str = ""
    verb: Literal["schedule"] = "schedule"

    sign: ClassVar[str] = "&"
    beside: ClassVar[bool] = True
    outcome: ClassVar[OutcomeName] = "updated"


class _ByVerb:
    """Tells pydantic, where it is in use, that ``verb`` decides which type a saved action is."""

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        from pydantic import Field

        return handler.generate_schema(Annotated[source, Field(discriminator="verb")])


Around: TypeAlias = Share | HandOver | Tag | Schedule
"""An action on what stands round a document; it has no draft."""

DocumentAction: TypeAlias = Create | Update | Patch | Repoint | Move | Adopt | Keep | Skip | Block | Around
"""An action on one document."""

Action: TypeAlias = Annotated[
    CreateFolder | Archive | Create | Update | Patch | Repoint | Move | Adopt | Keep | Skip | Block | Around,
    _ByVerb(),
]
"""One planned step for one target."""


def on_documents(actions: Iterable[Action]) -> Iterable[DocumentAction]:
    """The actions on documents."""
    return (action for action in actions if not isinstance(action, CreateFolder | Archive))


def main_actions(waves: Iterable[Iterable[Action]]) -> Iterable[DocumentAction]:
    """The one action of each document that gives it its row."""
    return (action for wave in waves for action in on_documents(wave) if not action.beside)


def draft_of(action: Action) -> Drafted | None:
    """The draft of an action; None for a folder, a mapped model, what stands round a document, and what is unread."""
    return None if isinstance(action, CreateFolder | Archive | Adopt | Around) else action.draft


def outcome_of(action: DocumentAction) -> OutcomeName:
    """What an action comes to when it is done: a document that only gets another description is not renamed."""
    only_words = isinstance(action, Move) and not action.rename_to and not action.moved
    return "updated" if only_words else action.outcome


def name_of(action: DocumentAction) -> str:
    """What a person calls the document of an action: its name in the target, else what the source calls it."""
    draft = draft_of(action)
    return draft.name if draft else (action.name if isinstance(action, Block | Around) else "") or action.key.id


def target_id_of(action: Action) -> str:
    """The document of the target that an action is about; empty where there is none yet."""
    return "" if isinstance(action, CreateFolder | Create | Patch | Repoint | Around) else action.target_id


def key_of(action: Action) -> Key | None:
    """The source document of an action; None for a folder, and for a copy that has none any more."""
    return None if isinstance(action, CreateFolder | Archive) else action.key


def action_id(verb: str, key: Key) -> str:
    """The id of an action on a document."""
    return f"{verb}:{key.kind}:{key.id}"


def folder_action_id(path: tuple[str, ...]) -> str:
    """The action id of a folder path; ``/`` inside names is escaped as the contract writes it."""
    return f"folder:{join_path(path)}"
