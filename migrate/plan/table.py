"""Every key of a plan file: its shape, what it means, its default. The loader and the JSON Schema read it here.

Contract section 2. Defaults are those of ``migrate.plan.model``.
"""

from __future__ import annotations

from typing import get_args

from migrate import words
from migrate.plan import checks
from migrate.plan.kinds import Choice, Either, Field, Flag, Keyed, Many, Number, Record, Text, key
from migrate.plan.model import Access, Format, Limits, Policy, Reporting
from migrate.plan.table_maps import ANY, MAP, RULE, SELECT

REFERENCE = "write env:PREFIX, file:PATH or keyring:SERVICE"
POLICY, LIMITS, REPORTING = Policy(), Limits(), Reporting()

ALIAS = Text(check=checks.alias, fix="use a short name such as acme_au", pattern=f"^{checks.ALIAS}$")
EXPECT = Record(
    fields=(
        key("organization_id", ANY, "the organization's id, as the API tells it"),
        key("slug", ANY, "the organization's name in its addresses: app.sigmacomputing.com/SLUG"),
    ),
    some_of=("organization_id", "slug"),
    example="{slug: acme}",
)
ORG = Record(
    fields=(
        key(
            "base_url",
            Text(examples=("https://api.au.aws.sigmacomputing.com", "${env.SIGMA_GROUP_BASE_URL}")),
            "the API host: https://*.sigmacomputing.com or loopback; ${env.NAME} alone reads it from a variable",
            required=True,
        ),
        key(
            "credentials",
            Text(
                check=checks.credentials,
                fix=REFERENCE,
                pattern=f"^({checks.CREDENTIALS})$",
                private=True,
                examples=("env:SIGMA_AU",),
            ),
            "env:PREFIX reads PREFIX_CLIENT_ID and PREFIX_CLIENT_SECRET; file:PATH a JSON or "
            "YAML file that only its owner can read; keyring:SERVICE the system's keyring",
        ),
        key("tenant_of", ALIAS, "the parent org whose credentials are exchanged for this tenant's; needs tenant_id"),
        key("tenant_id", ANY, "the tenant's organization id, with tenant_of"),
        key("expect", EXPECT, "who the org must turn out to be; needed with access: write"),
        key("access", Choice(options=get_args(Access)), "only a write org is ever written to", default="read"),
        key("allow_host", Flag(), "true lets credentials go to a host outside sigmacomputing.com", default=False),
    ),
    one_of=(("credentials", "tenant_of"),),
    example="{base_url: ..., credentials: env:PREFIX}",
)
ORGS = Keyed(item=ORG, key=ALIAS, least=1)

SOURCE = Either(
    options=(
        ALIAS,
        Record(
            fields=(
                key("org", ALIAS, "the alias of the org that documents are read from"),
                key(
                    "version",
                    Text(check=checks.version, fix="write tag:NAME", pattern=f"^{checks.VERSION}$"),
                    "tag:NAME reads the version with that tag",
                ),
                key("bundle", ANY, "a folder written by export, relative to this file"),
            ),
            one_of=(("org", "bundle"),),
            example="{org: acme_au, version: tag:Ready} or {bundle: exports/acme}",
        ),
    )
)
TARGETS = Either(
    options=(
        Many(item=ALIAS, least=1, unique=True),
        Record(
            fields=(key("csv", ANY, "a table of tenants, relative to this file", required=True),),
            example="{csv: tenants.csv}",
        ),
    )
)


def _policy(name: str, shape: Choice | Number | Text, about: str) -> Field:
    return key(name, shape, about, default=getattr(POLICY, name))


PERCENT = Number(least=0, most=100, whole=False)
POLICIES = Record(
    fields=(
        _policy(
            "existing",
            Choice(options=("fail", "skip", "update", "rename")),
            "a document of that name is there and is not ours",
        ),
        _policy("drift", Choice(options=("fail", "keep", "overwrite")), "ours, but edited in the target since"),
        _policy("unsupported", Choice(options=("fail", "report", "skip")), "something in the document cannot travel"),
        _policy(
            "security",
            Choice(options=("fail", "waive")),
            "a row or column rule cannot be mapped; waive needs waived_by",
        ),
        _policy("waived_by", ANY, "who answers for waiving security rules"),
        _policy("deletes", Choice(options=("report", "never", "archive")), "the source document is gone"),
        _policy("max_percent", PERCENT, "archive at most this share of a target's documents in one run"),
        _policy("on_error", Choice(options=("continue", "stop")), "after a failed document"),
        _policy("breaker_percent", PERCENT, "stop the run when this share of documents has failed"),
        _policy(
            "removals", Choice(options=("fail", "allow")), "an update would drop pages or elements that people added"
        ),
    ),
    example="{existing: update}",
)
LANES = Number(least=1, most=64)
RUN = Record(
    fields=(
        key("concurrency", LANES, "requests in flight to one org", default=LIMITS.concurrency),
        key(
            "requests_per_second",
            Number(least=0, most=1000, whole=False, above=True),
            "requests a second to one org",
            default=LIMITS.requests_per_second,
        ),
        key("write_concurrency", LANES, "writes in flight to one org", default=LIMITS.write_concurrency),
        key(
            "timeout",
            Number(least=0, most=3600, whole=False, above=True),
            "seconds a request may take",
            default=LIMITS.timeout,
        ),
    ),
    example="{concurrency: 4}",
)
LEVELS = Many(item=Choice(options=words.LEVELS), unique=True)
REPORT = Record(
    fields=(
        key("dir", ANY, "the folder of reports, relative to the working directory", default=str(REPORTING.dir)),
        key(
            "formats",
            Many(item=Choice(options=get_args(Format)), unique=True),
            "which files are written",
            default=list(REPORTING.formats),
        ),
    ),
    example="{dir: reports}",
)

PLAN = Record(
    fields=(
        key("version", Number(least=1, most=1), "the version of this format", default=1),
        key(
            "name",
            Text(check=checks.alias, fix="use letters, digits, _ - and .", pattern=f"^{checks.ALIAS}$"),
            "how runs and reports call the plan; the file's name where it is left out",
        ),
        key("orgs", ORGS, "the organizations, each under an alias of your own"),
        key("source", SOURCE, "the org or bundle that documents are read from", required=True),
        key("targets", TARGETS, "the orgs that documents are copied to, or a table of tenants", required=True),
        key(
            "select",
            SELECT,
            "which documents are copied; needed unless the source is a bundle, which is then copied whole",
        ),
        key("map", MAP, "what takes the place of what"),
        key("rules", Many(item=RULE), "named transform rules, in order", default=[]),
        key("policy", POLICIES, "what to do where the easy road ends"),
        key("run", RUN, "how hard to work"),
        key("verify", LEVELS, "what is checked after writing", default=list(words.LEVELS)),
        key("report", REPORT, "where reports go"),
        key(
            "state",
            Text(check=checks.state, fix="write sqlite:///FILE or postgresql+psycopg://HOST/DATABASE", private=True),
            "the ledger: sqlite:///FILE or postgresql+psycopg://HOST/DATABASE, without a password",
            default="sqlite:///.sigma-migrate/state.db",
        ),
    ),
    example="{source: ..., targets: [...], select: ...}",
)
