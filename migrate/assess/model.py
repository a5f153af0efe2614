"""What an assessment says: how ready each document is, what it needs, what stops it, and what that costs. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from migrate.change.obstacles import Obstacle
from migrate.inventory.model import Inventory, Key
from migrate.inventory.scope import Scope
from migrate.rewrite.coverage import Covered

Readiness: TypeAlias = Literal["ready", "after_mapping", "decision", "by_hand", "cannot_travel"]

READINESS: tuple[Readiness, ...] = ("ready", "after_mapping", "by_hand", "decision", "cannot_travel")
"""From what needs nobody to what cannot be helped by a plan."""

NeedKind: TypeAlias = Literal[
    "folder", "connection", "path", "data_model", "member", "team", "user_attribute", "plugin", "connector", "url"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """One thing of the source that documents use and that a target must have: under its name, or mapped.

    ``of`` is the connection of a path; ``ids`` is empty for what goes by its name alone; ``uses`` counts places, those
    in SQL as ``in_sql`` too. ``note`` says what is known of it, such as the type of a connection.
    """

    kind: NeedKind
    name: str
    documents: tuple[Key, ...]
    uses: int
    of: str = ""
    id: str = ""
    path: tuple[str, ...] = ()
    in_sql: int = 0
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Handwork:
    """What a person does after the copy, once a document: a reason code and what to do."""

    code: str
    message: str
    fix: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One SQL statement: where it stands, its connection, and the tables it names (as it writes them)."""

    key: Key
    path: str
    connection: str
    tables: tuple[str, ...]
    raw: str = ""
    unread: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One document: how ready it is, why, and what of the source it needs."""

    key: Key
    name: str
    folder: tuple[str, ...]
    readiness: Readiness
    obstacles: tuple[int, ...] = ()
    handwork: tuple[Handwork, ...] = ()
    needs: tuple[int, ...] = ()
    reads: tuple[Key, ...] = ()
    cluster: int = 0
    elements: int = 0
    secured: bool = False
    updated_at: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """Documents that hang together by what they read and link to; nothing outside them is needed."""

    n: int
    name: str
    documents: tuple[Key, ...]
    wave: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Twins:
    """Documents that hold the same, or nearly: ``alike`` is the least share of two neighbours, 0 to 1."""

    documents: tuple[Key, ...]
    alike: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """Hours of a person's work, from least to most, and each part of the sum as (what, how many, minutes each)."""

    least: float
    most: float
    parts: tuple[tuple[str, int, tuple[int, int]], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """All that is known of a selection before there is a target.

    ``judged`` are all documents in scope, models before their readers; ``waves`` are suggested, each a name and the
    clusters in it. ``elements`` and ``sources`` count kinds over all documents.
    """

    inventory: Inventory
    scope: Scope
    judged: tuple[Judged, ...]
    obstacles: tuple[Obstacle, ...]
    needs: tuple[Need, ...]
    statements: tuple[Statement, ...]
    clusters: tuple[Cluster, ...]
    waves: tuple[tuple[str, tuple[int, ...]], ...]
    twins: tuple[Twins, ...]
    stale: tuple[Key, ...]
    effort: Effort
    elements: Mapping[str, int]
    sources: Mapping[str, int]
    covered: tuple[Covered, ...]
    unreadable: Mapping[Key, tuple[str, str]] = field(default_factory=dict)

    @property
    def raw(self) -> tuple[Statement, ...]:
        """The statements that use the directive ``#raw``."""
        return tuple(one for one in self.statements if one.raw)

    def counts(self) -> Mapping[Readiness, int]:
        """How many documents are how ready."""
        return {each: sum(one.readiness == each for one in self.judged) for each in READINESS}
