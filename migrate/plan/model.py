"""What a plan says, as frozen values. Contract sections 2 and 3; defaults are the contract's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from migrate.words import LEVELS, Kind, Level

Access = Literal["read", "write"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """Where credentials are found; never the credentials themselves.

    ``scheme`` is ``env`` (``name`` = prefix), ``file`` (``name`` = path, absolute after loading),
    ``keyring`` (``name`` = service) or ``tenant_of`` (``name`` = alias of the parent org).
    """

    scheme: Literal["env", "file", "keyring", "tenant_of"]
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Expect:
    """Who an organization must turn out to be."""

    organization_id: str | None = None
    slug: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Org:
    """One Sigma organization of the plan."""

    alias: str
    base_url: str
    credentials: Credentials
    expect: Expect | None = None
    access: Access = "read"
    allow_host: bool = False
    tenant_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where documents come from: an org (``version`` such as ``tag:Ready``) or a bundle folder."""

    org: str | None = None
    bundle: Path | None = None
    version: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Selector:
    """One selection rule; the keys given are ANDed. No key at all selects everything.

    One that matches nothing is a mistake unless ``allow_empty`` says that it is expected.
    """

    type: Kind | None = None
    folder: str | None = None
    name: str | None = None
    id: str | None = None
    allow_empty: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Select:
    """Which documents are in scope: rules of ``include`` are ORed, then those of ``exclude`` are taken out.

    An empty ``include`` selects nothing; the loader never lets a plan through with one.
    """

    include: tuple[Selector, ...] = ()
    exclude: tuple[Selector, ...] = ()
    dependencies: Literal["include", "existing"] = "include"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A mapping of one thing to another by name or id (globs where the contract allows them)."""

    source: str
    target: str


RenamedKind = Literal["control", "column", "metric", "element"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Renamed(Pair):
    """A control, column, metric or element that has another name in the existing model it is mapped to.

    ``model`` and ``element`` (names in the source) narrow it; None is any.
    """

    kind: RenamedKind = "control"
    model: str | None = None
    element: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PathMap:
    """A mapping of warehouse paths, as segments; ``*`` is one whole segment."""

    source: tuple[str, ...]
    target: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionMap:
    """A connection of the source, the one that replaces it, and how its paths and SQL change."""

    source: str
    target: str
    paths: tuple[PathMap, ...] = ()
    sql: Literal["rewrite", "keep", "fail"] = "rewrite"


@dataclass(frozen=True, slots=True, kw_only=True)
class Maps:
    """All mappings of a plan."""

    folders: tuple[Pair, ...] = ()
    connections: tuple[ConnectionMap, ...] = ()
    data_models: tuple[Pair, ...] = ()
    members: tuple[Pair, ...] = ()
    teams: tuple[Pair, ...] = ()
    user_attributes: tuple[Pair, ...] = ()
    plugins: tuple[Pair, ...] = ()
    controls: tuple[Renamed, ...] = ()
    urls: tuple[Pair, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A named transform rule. Exactly one operation is given; ``where`` narrows it.

    ``replace_text``/``replace_url`` are (from, with); ``set_path`` exchanges (from, to) warehouse paths;
    ``replace_at`` is (JSONPath, from or None for any, with).
    """

    name: str
    where: Selector | None = None
    rename: str | None = None
    replace_text: tuple[str, str] | None = None
    replace_url: tuple[str, str] | None = None
    set_path: PathMap | None = None
    set_description: str | None = None
    replace_at: tuple[str, str | None, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What to do where the easy road ends."""

    existing: Literal["fail", "skip", "update", "rename"] = "fail"
    drift: Literal["fail", "keep", "overwrite"] = "fail"
    unsupported: Literal["fail", "report", "skip"] = "fail"
    security: Literal["fail", "waive"] = "fail"
    waived_by: str | None = None
    deletes: Literal["report", "never", "archive"] = "report"
    max_percent: float = 10.0
    on_error: Literal["continue", "stop"] = "continue"
    breaker_percent: float = 50.0
    removals: Literal["fail", "allow"] = "fail"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The ``run:`` block: requests in flight, requests a second, writes in flight, seconds a request."""

    concurrency: int = 4
    requests_per_second: float = 4.0
    write_concurrency: int = 1
    timeout: float = 120.0


Format = Literal["html", "xlsx", "csv", "json", "md"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reporting:
    """Where reports go and in which formats."""

    dir: Path = Path("reports")
    formats: tuple[Format, ...] = ("html", "xlsx", "csv", "json", "md")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenant:
    """One row of ``tenants.csv``: its columns as text, with the defaults of empty cells left out."""

    tenant: str
    values: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """What one target gets where targets of a plan differ: its own selection and mappings."""

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
    run: Limits = Limits()
    verify: tuple[Level, ...] = LEVELS
    report: Reporting = Reporting()
    state: str = "sqlite:///.sigma-migrate/state.db"
    origin: Path | None = field(default=None, compare=False)
    sha256: str = field(default="", compare=False)
    lines: Mapping[str, tuple[str, int, int]] = field(
        default_factory=lambda: MappingProxyType({}), compare=False, repr=False
    )

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
