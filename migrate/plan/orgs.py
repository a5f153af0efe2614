"""The organizations of a plan: where they are, how to sign in, what they must turn out to be."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar, Literal, TypeAlias

from migrate.plan.keys import (
    Key,
    written,
)
from migrate.plan.spelling import Word
from migrate.tree import Json

Access = Literal["read", "write"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FromEnvironment:
    """Credentials in the variables ``PREFIX_CLIENT_ID`` and ``PREFIX_CLIENT_SECRET``."""

    prefix: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FromFile:
    """Credentials in a JSON or YAML file that only its owner can read; the path is absolute after loading."""

    path: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class FromKeyring:
    """Credentials in the keyring of the system, under this service."""

    service: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OfTenant:
    """A tenant's access, exchanged for the credentials of its parent, an org of the plan."""

    parent: str
    tenant_id: str


Credentials: TypeAlias = FromEnvironment | FromFile | FromKeyring | OfTenant
"""Where credentials are found; never the credentials themselves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expect:
    """Who an organization must turn out to be."""

    __pydantic_config__: ClassVar[Json] = written(example={"slug": "acme"})

    organization_id: Annotated[Word | None, Key("the organization's id, as the API tells it")] = None
    slug: Annotated[
        Word | None, Key("the organization's name in its addresses: app.sigmacomputing.com/SLUG", ("acme-group",))
    ] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Org:
    """One Sigma organization of the plan."""

    alias: str
    base_url: str
    credentials: Credentials
    expect: Expect | None = None
    access: Access = "read"
    allow_host: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where documents come from: an org or a bundle folder; ``version`` pins all targets (``migrate.plan.pins``)."""

    org: str | None = None
    bundle: Path | None = None
    version: str | None = None
