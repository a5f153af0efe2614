"""Which tenants of a parent organization are targets: what a plan says of that. Pure."""

from dataclasses import dataclass
from typing import Annotated, ClassVar, TypeAlias

from migrate.plan import checks
from migrate.plan.keys import Key, Text, written
from migrate.tree import Json

_Pattern: TypeAlias = Annotated[
    str, Text(check=checks.name_pattern, fix="write a glob such as acme-*, or re: and a regular expression")
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """Which of the listed tenants; the keys given are ANDed, and no key at all takes every tenant."""

    __pydantic_config__: ClassVar[Json] = written(example={"slug": "acme-*"})

    slug: Annotated[_Pattern | None, Key("a glob for the slug, or a regular expression after re:", ("acme-*",))] = None
    name: Annotated[_Pattern | None, Key("a glob for the organization's name, likewise", ("Acme *",))] = None
    region: Annotated[_Pattern | None, Key("a glob for the region that Sigma tells, likewise", ("eu-*",))] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantsOf:
    """The tenants of ``parent``, an org of the plan, that ``where`` takes; the parent lists them when a run begins."""

    parent: str
    where: Where = Where()
