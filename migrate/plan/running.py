"""How a run goes: its pace, its gates, whom it tells."""

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal, TypeAlias

from migrate.plan import agree, checks
from migrate.plan.keys import (
    Agree,
    Key,
    Number,
    Text,
    required_one_of,
    written,
)
from migrate.plan.policies import Percent
from migrate.plan.spelling import Word
from migrate.tree import Json

Lanes: TypeAlias = Annotated[int, Number(1, 64)]


@dataclass(frozen=True, slots=True, kw_only=True)
class OnFinish:
    """Who is told when a run has ended: a command that gets the outcome on its standard input, or a webhook."""

    __pydantic_config__: ClassVar[Json] = written(example={"webhook": "env:ALERT_URL"})

    command: Annotated[
        tuple[Word, ...],
        Key("a program and its arguments, run only with --allow-command", (["/usr/local/bin/alert", "nightly"],)),
    ] = ()
    webhook: Annotated[
        Annotated[str, Text(check=checks.variable, fix="write env:NAME of the variable that holds the address")] | None,
        Key("env:NAME of the variable that holds an https address", ("env:ALERT_URL",)),
    ] = None
    format: Annotated[Literal["plain", "slack", "teams"], Key("what the webhook takes")] = "plain"


_ENDS = ("command", "webhook")


_OnFinish: TypeAlias = Annotated[
    OnFinish, Agree(agree.one_of(_ENDS, "{webhook: env:ALERT_URL}"), required_one_of(_ENDS))
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """What a wave of targets must come to before the next one begins."""

    __pydantic_config__: ClassVar[Json] = written(example={"after": "every", "targets_percent": 5})

    documents_percent: Annotated[
        Percent, Key("the share of a wave's documents that may be failed, blocked or different")
    ] = 0.0
    targets_percent: Annotated[Percent, Key("the share of a wave's targets that may have failed")] = 0.0
    after: Annotated[Literal["first", "every"], Key("the waves that must pass it")] = "first"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The ``run:`` block: requests in flight, a second and by target, seconds a request, gates, and who is told."""

    __pydantic_config__: ClassVar[Json] = written(example={"concurrency": 4})

    concurrency: Annotated[Lanes, Key("requests in flight to one org")] = agree.REQUESTS_AT_ONCE
    requests_per_second: Annotated[
        float, Number(0, 1000, whole=False, above=True), Key("requests a second to one org")
    ] = 4.0
    write_concurrency: Annotated[Lanes, Key("writes in flight to one org, at most concurrency")] = 1
    timeout: Annotated[float, Number(0, 3600, whole=False, above=True), Key("seconds a request may take")] = 120.0
    targets: Annotated[
        Lanes, Key("targets worked on at once; fewer where the machine lends too few descriptors for that")
    ] = 4
    engine: Annotated[
        Literal["local", "dask"],
        Key(
            "who works on the targets: this process, or the workers of a Dask cluster that share its ledger and reports"
        ),
    ] = "local"
    scheduler: Annotated[
        Annotated[str, Text(check=checks.scheduler, fix="write tls://HOST:8786, or tcp://127.0.0.1:8786")] | None,
        Key("where the scheduler of the engine is; off this machine by TLS alone", ("tls://dask.acme.com:8786",)),
    ] = None
    share: Annotated[
        Annotated[str, Text(check=checks.bucket, fix="write s3://BUCKET/PREFIX")] | None,
        Key(
            "where processes of one run find what one of them read of the source; report.dir where it is left out",
            ("s3://acme-migrations/nightly",),
        ),
    ] = None
    gate: Annotated[Gate, Key("what a wave of targets must come to before the next one begins")] = Gate()
    dry_runs: Annotated[
        Literal["doubtful", "all", "none"],
        Key(
            "workbooks and reports that the target is asked about before anything is written, where it shows that it"
            " takes dry runs: those of which it may lack something that only it knows, all that would be written, none"
        ),
    ] = "doubtful"
    on_finish: Annotated[_OnFinish | None, Key("who is told when a run has ended")] = None
    alert: Annotated[
        Literal["changes", "failures", "always"],
        Key("when they are told: at new trouble and when it is gone, also at changes, or after every run"),
    ] = "failures"
