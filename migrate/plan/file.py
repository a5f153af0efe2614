"""What a plan file writes otherwise than ``migrate.plan.model`` has it: its top, its orgs, source and targets."""

import os.path
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, ClassVar, TypeAlias

from migrate.plan import agree, checks, pins
from migrate.plan.keys import UNIQUE, Agree, ByKind, Flag, Key, Least, Number, Text, required_one_of, written
from migrate.plan.maps import Maps
from migrate.plan.model import Plan, Tenant, Variant
from migrate.plan.orgs import Access, Credentials, Expect, FromEnvironment, FromFile, FromKeyring, OfTenant, Org, Source
from migrate.plan.parents import TenantsOf, Where
from migrate.plan.policies import Carry, Policy
from migrate.plan.proving import Reporting, Verification
from migrate.plan.rules import Rule
from migrate.plan.running import Limits
from migrate.plan.selection import Select, Selector
from migrate.plan.spelling import Alias, Word
from migrate.tree import Json
from migrate.words import USUAL_LEVELS, Level

_EXPECTED = [{"required": ["organization_id"]}, {"required": ["slug"]}]
STATE = "sqlite:///.sigma-migrate/state.db"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrgBlock:
    """One organization, as it is written."""

    __pydantic_config__: ClassVar[Json] = written(example={"base_url": "...", "credentials": "env:PREFIX"})

    base_url: Annotated[
        Word,
        Key(
            "the API host: https://*.sigmacomputing.com or loopback; ${env.NAME} alone reads it from a variable",
            ("https://api.au.aws.sigmacomputing.com", "${env.SIGMA_GROUP_BASE_URL}"),
        ),
    ]
    credentials: Annotated[
        Annotated[
            str,
            Text(
                check=checks.credentials,
                fix="write env:PREFIX, file:PATH or keyring:SERVICE",
                pattern=f"^({checks.CREDENTIALS})$",
                private=True,
            ),
        ]
        | None,
        Key(
            "env:PREFIX reads PREFIX_CLIENT_ID and PREFIX_CLIENT_SECRET; file:PATH a JSON or "
            "YAML file that only its owner can read; keyring:SERVICE the system's keyring",
            ("env:SIGMA_AU", "file:~/.sigma/au.json", "keyring:sigma-au"),
        ),
    ] = None
    tenant_of: Annotated[
        Alias | None, Key("the parent org whose credentials are exchanged for this tenant's; needs tenant_id")
    ] = None
    tenant_id: Annotated[Word | None, Key("the tenant's organization id, with tenant_of")] = None
    expect: Annotated[
        Annotated[
            Expect,
            Agree(
                agree.who_is_expected,
                {"allOf": [{"anyOf": [{"required": ["organization_id"]}, {"required": ["slug"]}]}]},
            ),
        ]
        | None,
        Key("who the org must turn out to be; needed with access: write"),
    ] = None
    access: Annotated[Access, Key("only a write org is ever written to")] = "read"
    allow_host: Annotated[bool, Flag(), Key("true lets credentials go to a host outside sigmacomputing.com")] = False

    def org(self, alias: str, folder: Path) -> Org:
        """The organization under its alias; a file that it names is made absolute from ``folder``."""
        return Org(
            alias=alias,
            base_url=self.base_url,
            credentials=self._credentials(folder),
            expect=self.expect,
            access=self.access,
            allow_host=self.allow_host,
        )

    def _credentials(self, folder: Path) -> Credentials:
        if self.tenant_of is not None:
            return OfTenant(parent=self.tenant_of, tenant_id=self.tenant_id or "")
        scheme, _, name = (self.credentials or "").partition(":")
        if scheme == "file":
            return FromFile(path=absolute(name, folder))
        return FromKeyring(service=name) if scheme == "keyring" else FromEnvironment(prefix=name)


def reference(credentials: FromEnvironment | FromFile | FromKeyring, folder: Path) -> str:
    """The credentials of an org as a plan file in this folder writes them."""
    match credentials:
        case FromEnvironment(prefix=prefix):
            return f"env:{prefix}"
        case FromFile(path=path):
            return f"file:{os.path.relpath(path, folder)}"
        case FromKeyring(service=service):
            return f"keyring:{service}"


def absolute(text: str, folder: Path) -> Path:
    """A file that a plan names: ``~`` is the home folder, all else is relative to the plan file."""
    path = Path(text)
    if path.parts[:1] == ("~",):
        path = Path.home().joinpath(*path.parts[1:])
    # normpath, not resolve: a plan means the path it writes, whatever links stand on the way.
    return Path(os.path.normpath(folder / path))


_ORG_KEYS = ("credentials", "tenant_of")
Orgs: TypeAlias = Annotated[
    dict[
        Alias,
        Annotated[
            OrgBlock,
            Agree(agree.one_of(_ORG_KEYS, "{base_url: ..., credentials: env:PREFIX}"), required_one_of(_ORG_KEYS)),
        ],
    ],
    Least(1),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceBlock:
    """The source, where more than its alias is said."""

    __pydantic_config__: ClassVar[Json] = written(example={"bundle": "exports/acme"})

    org: Annotated[Alias | None, Key("the alias of the org that documents are read from")] = None
    bundle: Annotated[Word | None, Key("a folder written by export, relative to this file", ("exports/acme",))] = None
    version: Annotated[
        Annotated[str, Text(check=pins.wrong, fix=pins.FIX, pattern="^(tag|list):")] | None,
        Key(
            "as of which versions targets get their copies: tag:NAME of a version tag, or list:FILE of document ids and"
            " versions, relative to this file; the published versions where it is left out",
            ("tag:Ready",),
        ),
    ] = None


_SOURCE_KEYS = ("org", "bundle")
_SourceBlock: TypeAlias = Annotated[
    SourceBlock, Agree(agree.one_of(_SOURCE_KEYS, "{bundle: exports/acme}"), required_one_of(_SOURCE_KEYS))
]


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetsTable:
    """The targets, where a table lists them, or a parent organization does and the table says what is special."""

    __pydantic_config__: ClassVar[Json] = written(example={"csv": "tenants.csv"})

    csv: Annotated[
        Word | None,
        Key(
            "a table of tenants, relative to this file; with tenants_of what single tenants have of their own",
            ("tenants.csv",),
        ),
    ] = None
    tenants_of: Annotated[
        Alias | None,
        Key("the parent org whose tenants are the targets, as it lists them when a run begins; an Admin's credentials"),
    ] = None
    where: Annotated[Where | None, Key("which of its tenants; all of them where it is left out")] = None

    def tenants(self) -> TenantsOf | None:
        """Whose tenants are meant, None where a table lists them all."""
        return None if self.tenants_of is None else TenantsOf(parent=self.tenants_of, where=self.where or Where())


_TARGETS_KEYS = ("csv", "tenants_of")
ListedTargets: TypeAlias = Annotated[
    TargetsTable,
    Agree(agree.tenants_are_listed, {"allOf": [{"anyOf": [{"required": [key]} for key in _TARGETS_KEYS]}]}),
]

_Levels: TypeAlias = Annotated[tuple[Level, ...], Agree(agree.none_twice, UNIQUE)]

_Targets: TypeAlias = Annotated[tuple[Alias, ...], Least(1), Agree(agree.none_twice, UNIQUE)]


@dataclass(frozen=True, slots=True, kw_only=True)
class MapBlock(Maps):
    """All mappings of a plan, and where more of them are written."""

    __pydantic_config__: ClassVar[Json] = written(example={"connections": ["..."]})

    worksheets: Annotated[
        Word | None,
        Key(
            "worksheets that assess wrote, filled in: an .xlsx file or a folder of CSV files, relative to this file; "
            "what they decide of policy and of single documents counts too",
            ("client/mapping.xlsx",),
        ),
    ] = None

    def maps(self) -> Maps:
        """The mappings alone."""
        return Maps(**{each.name: getattr(self, each.name) for each in fields(Maps)})


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanFile:
    """What to copy, from where, to where, and how."""

    __pydantic_config__: ClassVar[Json] = written(example={"source": "...", "targets": ["..."], "select": "..."})

    version: Annotated[int, Number(1, 1), Key("the version of this format")] = 1
    name: Annotated[
        Annotated[str, Text(check=checks.alias, fix="use letters, digits, _ - and .", pattern=f"^{checks.ALIAS}$")]
        | None,
        Key("how runs and reports call the plan; the file's name where it is left out", ("acme-au-to-group",)),
    ] = None
    orgs: Annotated[Orgs, Key("the organizations, each under an alias of your own")] = field(default_factory=dict)
    source: Annotated[
        Alias | _SourceBlock, ByKind((str, dict)), Key("the org or bundle that documents are read from", ("acme_au",))
    ]
    targets: Annotated[
        _Targets | ListedTargets,
        ByKind((list, dict)),
        Key("the orgs that documents are copied to, a table of tenants, or whose tenants", (["group"],)),
    ]
    select: Annotated[
        Select | None,
        Key("which documents are copied; needed unless the source is a bundle, which is then copied whole"),
    ] = None
    map: Annotated[MapBlock, Key("what takes the place of what")] = field(default_factory=MapBlock)
    rules: Annotated[
        tuple[Rule, ...],
        Agree(agree.rules_go_together),
        Key("named transform rules, in order, each on what the one before left"),
    ] = ()
    policy: Annotated[Policy, Agree(agree.somebody_answers), Key("what to do where the easy road ends")] = field(
        default_factory=Policy
    )
    carry: Annotated[Carry, Key("what of the things round a document comes along")] = field(default_factory=Carry)
    run: Annotated[Limits, Agree(agree.run_is_sound), Key("how hard to work, and who is told")] = field(
        default_factory=Limits
    )
    verify: Annotated[
        _Levels | Annotated[Verification, Agree(agree.data_is_asked_for)],
        ByKind((list, dict)),
        Key("what is checked after writing: the levels, or a block with those and with what unchanged copies get"),
    ] = USUAL_LEVELS
    report: Annotated[Reporting, Key("where reports go")] = field(default_factory=Reporting)
    state: Annotated[
        str,
        Text(check=checks.state, fix="write sqlite:///FILE or postgresql+psycopg://HOST/DATABASE", private=True),
        Key("the ledger: sqlite:///FILE or postgresql+psycopg://HOST/DATABASE, without a password"),
    ] = STATE

    def plan(
        self,
        *,
        name: str,
        folder: Path,
        tenants: tuple[Tenant, ...],
        variants: Mapping[str, Variant] = MappingProxyType({}),
    ) -> Plan:
        """The plan; ``name`` is taken where the file gives none, files it names are made absolute from ``folder``."""
        # What a table's targets differ in is chosen for each of them; nothing else is copied but by its own word.
        chosen = Select() if variants else Select(include=(Selector(),))
        return Plan(
            name=self.name or name,
            orgs=MappingProxyType({alias: each.org(alias, folder) for alias, each in self.orgs.items()}),
            source=_source(self.source, folder),
            targets=self.targets if isinstance(self.targets, tuple) else (),
            tenants_of=self.targets.tenants() if isinstance(self.targets, TargetsTable) else None,
            version=self.version,
            tenants=tenants,
            variants=variants,
            select=self.select or chosen,
            map=self.map.maps(),
            rules=self.rules,
            policy=self.policy,
            carry=self.carry,
            run=self.run,
            verify=self.verify if isinstance(self.verify, Verification) else Verification(levels=self.verify),
            report=self.report,
            state=self.state,
        )


def _source(written_: str | SourceBlock, folder: Path) -> Source:
    if isinstance(written_, str):
        return Source(org=written_)
    bundle = absolute(written_.bundle, folder) if written_.bundle else None
    return Source(org=written_.org, bundle=bundle, version=written_.version)


@dataclass(frozen=True, slots=True, kw_only=True)
class TablePlan(PlanFile):
    """A plan written as a table, where each of its targets may have a selection and mappings of its own."""

    __pydantic_config__: ClassVar[Json] = written()

    variants: Annotated[dict[Alias, Variant], Key("what each target gets")] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrgsFile:
    """A file of orgs beside a plan."""

    __pydantic_config__: ClassVar[Json] = written(example={"orgs": "..."})

    orgs: Annotated[Orgs, Key("the orgs block of a plan")]
