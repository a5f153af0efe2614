"""Where everything of the source is found in one target: the maps, resolved once, used for every document."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import Literal

from migrate.bundle.spec import Spec
from migrate.errors import Problem
from migrate.inventory.model import Inventory, Key
from migrate.plan.maps import Pair, PathMap
from migrate.plan.match import TableMaps
from migrate.plan.policies import Policy
from migrate.plan.rules import Rule
from migrate.rewrite.catalogue.recognition import NO_ORGANIZATION, Recognition
from migrate.rewrite.models.mapped_model import MappedModel, outline
from migrate.rewrite.names.map import ElementNames
from migrate.rewrite.names.warehouse import ColumnNaming, RawColumns
from migrate.rewrite.python_rules import Transform
from migrate.tree import Json
from migrate.words import Kind

NamedKind = Literal["team", "user", "user-attribute", "plugin", "connector"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MappedConnection:
    """A connection of the target, and how names change on the way there.

    ``dialect`` is its warehouse type, ``where`` the place of the plan that says all this; ``tables`` finds among
    the ``paths``. ``columns`` says how formulas name columns there, where the two sides differ in friendly names.
    """

    id: str
    name: str
    dialect: str
    where: str = ""
    sql: Literal["rewrite", "keep", "fail"] = "rewrite"
    paths: tuple[PathMap, ...] = ()
    write_access: bool = True
    columns: ColumnNaming = "alike"
    tables: TableMaps = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        """Prepare what is asked for every table."""
        object.__setattr__(self, "tables", TableMaps(self.paths))


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
class AppAddress:
    """How an organization's pages are addressed: app host and org slug, empty where nothing shows them."""

    host: str = ""
    slug: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """How pages are addressed in the source and in the target; ``url_ids`` which source document an id in one means."""

    here: AppAddress = AppAddress()
    there: AppAddress = AppAddress()
    url_ids: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


class Bodies(Mapping[str, Json]):
    """The bodies of data models by id, taken out of ``specs`` one at a time: those may lie on disk."""

    def __init__(self, specs: Mapping[Key, Spec], keys: Mapping[str, Key] | None = None) -> None:
        self._specs = specs
        self._keys = {key.id: key for key in specs if key.about.feeds} if keys is None else keys

    def of(self, ids: Iterable[str]) -> Bodies:
        """Those of some of the models."""
        return Bodies(self._specs, {identity: self._keys[identity] for identity in ids})

    def __getitem__(self, identity: str) -> Json:
        return self._specs[self._keys[identity]].body

    def __contains__(self, identity: object) -> bool:
        return identity in self._keys

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)


class Outlines(Mapping[str, Mapping[str, frozenset[str]]]):
    """The element and column ids of data models by id, looked up when one is asked for; the last few are kept."""

    def __init__(self, bodies: Bodies) -> None:
        self._bodies = bodies
        self._outline = lru_cache(maxsize=64)(lambda identity: outline(bodies[identity]))

    def __getitem__(self, identity: str) -> Mapping[str, frozenset[str]]:
        return self._outline(identity)

    def __contains__(self, identity: object) -> bool:
        return identity in self._bodies

    def __iter__(self) -> Iterator[str]:
        return iter(self._bodies)

    def __len__(self) -> int:
        return len(self._bodies)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceModels:
    """What is known of the source's data models, where their specs were given.

    ``bodies`` are by id, ``outlines`` the element and column ids in them. ``names`` says what their elements come to be
    called; ``renaming`` is false where no map changes a name that formulas use.
    """

    bodies: Mapping[str, Json] = field(default_factory=lambda: MappingProxyType({}))
    outlines: Mapping[str, Mapping[str, frozenset[str]]] = field(default_factory=lambda: MappingProxyType({}))
    names: ElementNames = field(default_factory=lambda: MappingProxyType({}))
    renaming: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetContext:
    """Everything ``draft`` needs to know about one source and one target.

    ``foreign`` recognizes what is the source organization's, ``theirs`` are the ids of the target. ``models`` are the
    existing models of the target in the place of copies, ``sources`` what is known of the source's own, ``columns``
    raw names of the columns of tables whose connections differ in friendly names. ``problems``
    stop the plan (a name that is nothing or several things); ``warnings`` are map entries that matched nothing.
    """

    target: str
    source: Inventory
    dest: Inventory
    in_scope: frozenset[Key]
    policy: Policy = field(default_factory=Policy)
    rules: tuple[Rule, ...] = ()
    transforms: tuple[Transform, ...] = ()
    folders: tuple[Pair, ...] = ()
    folder_ids: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    connections: Mapping[str, MappedConnection] = field(default_factory=lambda: MappingProxyType({}))
    models: Mapping[str, MappedModel] = field(default_factory=lambda: MappingProxyType({}))
    sources: SourceModels = field(default_factory=SourceModels)
    columns: RawColumns = field(default_factory=lambda: MappingProxyType({}))
    named: Mapping[NamedKind, Resolved] = field(default_factory=lambda: MappingProxyType({}))
    members: tuple[Pair, ...] = ()
    urls: tuple[Pair, ...] = ()
    addresses: Addresses = field(default_factory=Addresses)
    foreign: Recognition = NO_ORGANIZATION
    theirs: frozenset[str] = frozenset()
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()

    @property
    def known(self) -> Mapping[str, str]:
        """Every id of the source organization -> what it is."""
        return self.foreign.known

    def has(self, kind: Kind, document_id: str) -> Key | None:
        """The key of a source document that travels too, or None."""
        key = Key(org=self.source.org, kind=kind, id=document_id)
        return key if key in self.in_scope else None
