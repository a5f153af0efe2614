"""What rewriting produces: drafts with holes, and an account of every reference."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from migrate.errors import Problem
from migrate.inventory.model import Key
from migrate.text import cut
from migrate.tree import Json, Path
from migrate.words import Generation

Resolution = Literal["mapped", "local", "opaque", "by_name", "not_portable", "unknown"]
"""How a reference ended. ``mapped`` includes holes; ``local``/``opaque`` stay as they are."""


@dataclass(slots=True, kw_only=True, unsafe_hash=True)
class Reference:
    """One reference found in a document. A value like the others; not frozen, which would make making one three
    times as dear, and there are many.

    ``row`` names the catalogue entry (such as ``connection``, ``path``, ``data-model``, ``url``);
    ``after`` is the new value, None where it is only known when sending (a hole) or unchanged.
    """

    path: Path
    row: str
    before: str
    resolution: Resolution
    after: str | None = None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentId:
    """The new id of the document."""

    kind: Literal["document"] = "document"


@dataclass(frozen=True, slots=True, kw_only=True)
class UrlId:
    """The base62 id of the document, as its address has it."""

    kind: Literal["url"] = "url"


@dataclass(frozen=True, slots=True, kw_only=True)
class ElementId:
    """The new id of an element of the document; ``quoted`` as it stands in an address."""

    element: str
    quoted: bool = False
    kind: Literal["element"] = "element"


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupingId:
    """The new id of a grouping of an element."""

    element: str
    grouping: str
    kind: Literal["grouping"] = "grouping"


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnId:
    """The new id of a column of an element."""

    element: str
    column: str
    kind: Literal["column"] = "column"


Wanted = DocumentId | UrlId | ElementId | GroupingId | ColumnId
"""What goes into a hole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hole:
    """A place for an id of the document ``key`` that does not exist yet, and which id it ``wants``.

    ``span`` is the part of the draft's string at ``path`` to exchange, or None for the whole value.
    """

    path: Path
    key: Key
    wants: Wanted
    span: tuple[int, int] | None = None

    @property
    def can_wait(self) -> bool:
        """Whether a document can stand without this id for a while: links can, what it reads cannot."""
        linked = isinstance(self.wants, DocumentId) and self.path[-1] in ("documentId", "document")
        return self.span is not None or linked


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A change other than a mapped reference: a plan rule or a named fix-up."""

    code: str
    path: Path
    before: str
    after: str


def brief(value: Json) -> str:
    """A value as a change shows it, at most 300 characters long."""
    return cut(value if isinstance(value, str) else repr(value), 300)


@dataclass(frozen=True, slots=True, kw_only=True)
class Residual:
    """Something that did not travel, or travelled broken, and what the reader must do.

    ``thing`` is what it is about, by its name alone; empty where code and document say all.
    """

    code: str
    message: str
    next_action: str = ""
    path: Path = ()
    thing: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A document as it will be sent to a target, but for its holes.

    ``folder`` is the planned path of folder names in the target, or ``folder_id`` where a mapping named
    a folder by id. ``description_holes`` have the path ``("description",)``.
    ``refusals`` is why it cannot be sent under the plan's policy; empty means it can. ``used`` are the places
    of the plan's map, such as ``map.connections.0.paths.1``, that did something here.
    """

    key: Key
    target: str
    generation: Generation
    name: str
    folder: tuple[str, ...]
    body: Json
    folder_id: str | None = None
    description: str | None = None
    holes: tuple[Hole, ...] = ()
    references: tuple[Reference, ...] = ()
    changes: tuple[Change, ...] = ()
    residuals: tuple[Residual, ...] = ()
    refusals: tuple[Problem, ...] = ()
    description_holes: tuple[Hole, ...] = ()
    used: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Drafted:
    """A draft that is put away: all that is decided on and reported, and where the rest of it lies.

    ``digest`` is that of its body, holes and references, by which these are found again. ``needs`` are the documents
    whose ids its holes want, ``reads`` those of them without whose ids it cannot be created, ``counts`` how many
    references of each row of the catalogue ended how, ``refused`` the references that a refusal speaks of.
    """

    key: Key
    target: str
    generation: Generation
    name: str
    folder: tuple[str, ...]
    digest: str
    folder_id: str | None = None
    description: str | None = None
    description_holes: tuple[Hole, ...] = ()
    needs: tuple[Key, ...] = ()
    reads: tuple[Key, ...] = ()
    counts: tuple[tuple[str, Resolution, int], ...] = ()
    refused: tuple[Reference, ...] = ()
    changes: tuple[Change, ...] = ()
    residuals: tuple[Residual, ...] = ()
    refusals: tuple[Problem, ...] = ()
    used: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ElementIds:
    """How one element of a sent data model came back: its new id, and its old -> new inner ids."""

    id: str
    columns: Mapping[str, str] = field(default_factory=dict)
    groupings: Mapping[str, str] = field(default_factory=dict)
    metrics: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """Where a source document stands in a target: its id and, for data models, its element ids.

    ``elements`` maps *source* element ids. A workbook keeps its ids, so its map is empty. ``url_id`` is how the
    service writes the id in addresses, empty where it has not said so.
    """

    id: str
    url_id: str = ""
    elements: Mapping[str, ElementIds] = field(default_factory=dict)


IdMap = Mapping[Key, Copied]
"""Source document -> its copy, for one target."""
