"""Where everything of the source is found in one target: the maps, resolved once, used for every document."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from migrate.errors import Problem
from migrate.inventory.model import Inventory, Key
from migrate.plan.match import TableMaps
from migrate.plan.model import Pair, PathMap, Policy, Rule
from migrate.rewrite.catalogue.lookout import NOBODY, Lookout
from migrate.rewrite.model import ElementIds
from migrate.rewrite.names.propagation import Renames
from migrate.rewrite.rules import Transform
from migrate.tree import Json

NamedKind = Literal["team", "user", "user-attribute", "plugin", "connector"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionTo:
    """A connection of the target, and how names change on the way there.

    ``dialect`` is its warehouse type, ``where`` the place of the plan that says all this; ``tables`` finds among
    the ``paths``.
    """

    id: str
    name: str
    dialect: str
    where: str = ""
    sql: Literal["rewrite", "keep", "fail"] = "rewrite"
    paths: tuple[PathMap, ...] = ()
    write_access: bool = True
    tables: TableMaps = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        """Prepare what is asked for every table."""
        object.__setattr__(self, "tables", TableMaps(self.paths))


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelTo:
    """An existing model of the target that replaces one of the source.

    ``elements`` maps source element ids, ``controls`` control names; ``renames`` says by element id what readers
    call otherwise, ``missing`` which names are not there at all. ``gaps`` are sentences about what has no counterpart.
    """

    id: str
    name: str
    url_id: str = ""
    elements: Mapping[str, ElementIds] = field(default_factory=dict)
    controls: Mapping[str, str] = field(default_factory=dict)
    renames: Mapping[str, Renames] = field(default_factory=dict)
    missing: Mapping[str, frozenset[str]] = field(default_factory=dict)
    gaps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """One kind of named things: source id -> target id, source name -> target name, and for the rest why not.

    ``gaps`` are by id and by name. ``pairs`` are the plan's, ``there`` the names of the target, for names that the
    source organization does not list.
    """

    ids: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    names: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    gaps: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    pairs: tuple[Pair, ...] = ()
    there: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """How an organization's pages are addressed: app host and org slug, empty where nothing shows them."""

    host: str = ""
    slug: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetContext:
    """Everything ``draft`` needs to know about one source and one target.

    ``problems`` stop the plan (a name that is nothing or several things); ``warnings`` are map entries that
    matched nothing. ``known`` says of every id of the source organization what it is, ``url_ids`` which document
    it writes so in addresses. ``models_of`` are the element
    and column ids of the source's data models, where their specs were given, ``bodies`` their bodies. ``names`` says
    what the elements of copied models come to be called, ``theirs`` are the ids of the target,
    ``lookout`` what to look out for; ``renaming`` is false where no map changes a name that formulas use.
    """

    target: str
    source: Inventory
    dest: Inventory
    in_scope: frozenset[Key]
    policy: Policy = field(default_factory=Policy)
    rules: tuple[Rule, ...] = ()
    folders: tuple[Pair, ...] = ()
    folder_ids: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    connections: Mapping[str, ConnectionTo] = field(default_factory=lambda: MappingProxyType({}))
    models: Mapping[str, ModelTo] = field(default_factory=lambda: MappingProxyType({}))
    named: Mapping[NamedKind, Resolved] = field(default_factory=lambda: MappingProxyType({}))
    members: tuple[Pair, ...] = ()
    urls: tuple[Pair, ...] = ()
    known: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    url_ids: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    lookout: Lookout = NOBODY
    renaming: bool = True
    here: Place = Place()
    there: Place = Place()
    names: Mapping[tuple[str, str], Renames] = field(default_factory=lambda: MappingProxyType({}))
    transforms: tuple[Transform, ...] = ()
    theirs: frozenset[str] = frozenset()
    bodies: Mapping[str, Json] = field(default_factory=lambda: MappingProxyType({}))
    models_of: Mapping[str, Mapping[str, frozenset[str]]] = field(default_factory=lambda: MappingProxyType({}))
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()

    def has(self, kind: Literal["workbook", "data-model"], document_id: str) -> Key | None:
        """The key of a source document that travels too, or None."""
        key = Key(org=self.source.org, kind=kind, id=document_id)
        return key if key in self.in_scope else None
