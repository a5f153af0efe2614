"""What a plan says, as frozen values. Contract sections 2 and 3; defaults are the contract's.

The marks on the fields (``migrate.plan.keys``) are what pydantic validates a plan file by, and what its JSON Schema
says; what a file writes otherwise than the values here is in ``migrate.plan.file``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import ClassVar, Self

from migrate.files import real
from migrate.plan.keys import (
    written,
)
from migrate.plan.maps import Maps
from migrate.plan.orgs import Org, Source
from migrate.plan.parents import TenantsOf
from migrate.plan.pins import Pin
from migrate.plan.policies import Carry, Policy
from migrate.plan.proving import Reporting, Verification
from migrate.plan.rules import Rule
from migrate.plan.running import Limits
from migrate.plan.selection import Select, Selector
from migrate.tree import Json


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
    nothing by itself. ``tenants`` holds every row of the table, ``targets`` only the enabled ones. With ``tenants_of``
    the targets are those that an organization lists: there are none before ``migrate.plan.roster.with_roster``, which
    puts into ``told`` what should be known of the others. ``pins`` are all that the plan and its table write, ``pin``
    the one that holds for a single target.

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
    tenants_of: TenantsOf | None = None
    told: tuple[str, ...] = ()
    pins: Mapping[str, Pin] = field(default_factory=lambda: MappingProxyType({}))
    pin: Pin | None = None
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
        name = real(folder).name or "bundle"
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
    ) -> "Plan":
        """The plan of a file; see ``migrate.plan.load.load``. Raises InvalidInput with every problem."""
        from migrate.plan.load import load

        return load(path, orgs=orgs, environ=environ, overrides=overrides, target=target)
