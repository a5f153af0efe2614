"""The shape of ``run.json`` as this program writes it: anybody may have changed the file since."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, NotRequired

from pydantic import ConfigDict, TypeAdapter, with_config
from typing_extensions import TypedDict

from migrate.check.model import Cause, ReportRow
from migrate.tree import Json

_OPEN = ConfigDict(extra="allow")


@with_config(_OPEN)
class _Run(TypedDict):
    """What is read of a run by name; it says more."""

    id: str
    status: str
    kind: NotRequired[str]
    plan: NotRequired[str]
    plan_file: NotRequired[str]
    plan_sha256: NotRequired[str]
    source: NotRequired[str]
    change_set: NotRequired[str]
    started_at: NotRequired[str]
    finished_at: NotRequired[str | None]
    error: NotRequired[str]
    of: NotRequired[str]


@with_config(_OPEN)
class _Org(TypedDict):
    alias: str
    organization_id: NotRequired[str]
    slug: NotRequired[str]
    requests: NotRequired[int]
    throttled: NotRequired[int]
    paused_seconds: NotRequired[float]


@with_config(_OPEN)
class _Covered(TypedDict):
    row: str
    resolution: str
    count: int


@with_config(_OPEN)
class _Reported(TypedDict):
    """The reconciliation; an older version knew fewer columns and no causes."""

    orgs: list[_Org]
    totals: Mapping[str, Mapping[str, int]]
    rows: tuple[ReportRow, ...]
    causes: NotRequired[tuple[Cause, ...]]
    residuals: list[dict[str, Any]]
    consistent: bool
    exit_code: int
    coverage: list[_Covered]
    warnings: list[str]
    left_out: NotRequired[Mapping[str, int]]


@cache
def _adapter(shape: Any) -> TypeAdapter[Any]:
    return TypeAdapter(shape)


def run_of(tree: Json) -> Mapping[str, Json]:
    """The run of a file. Raises ValueError where it has another shape."""
    run: Mapping[str, Json] = _adapter(_Run).validate_python(tree, strict=True)
    return run


def reported_of(tree: Json) -> Mapping[str, Json]:
    """The reconciliation of a file, rows and causes as values. Raises ValueError where it has another shape."""
    found: Mapping[str, Json] = _adapter(_Reported).validate_python(tree)
    for row in found["rows"]:
        for problem in row.problems:
            if not {"code", "message", "fix"} <= problem.keys():
                raise ValueError("a problem of a row does not say code, message and fix")
    return found
