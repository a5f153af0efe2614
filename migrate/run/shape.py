"""The shape of ``run.json`` as this program writes it: anybody may have changed the file since."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NotRequired

from typing_extensions import TypedDict

from migrate.change.model import NotCopied, ScopeChange
from migrate.check.model import Cause, Comparison, Mapped, Past, ReportRow, RowsCompared, Thing
from migrate.reasons import REASONS
from migrate.run.head import OrgShape, adapter
from migrate.tree import Json


class _Covered(TypedDict):
    row: str
    resolution: str
    count: int


class _Reported(TypedDict):
    """The reconciliation; an older version knew fewer columns and no causes."""

    orgs: list[OrgShape]
    totals: Mapping[str, Mapping[str, int]]
    rows: tuple[ReportRow, ...]
    causes: NotRequired[tuple[Cause, ...]]
    things: NotRequired[tuple[Thing, ...]]
    mappings: NotRequired[tuple[Mapped, ...]]
    previous: NotRequired[Comparison | None]
    trend: NotRequired[tuple[Past, ...]]
    residuals: list[dict[str, Any]]
    consistent: bool
    exit_code: int
    coverage: list[_Covered]
    warnings: list[str]
    left_out: NotRequired[Mapping[str, int]]
    scope_changes: NotRequired[tuple[ScopeChange, ...]]
    not_copied: NotRequired[tuple[NotCopied, ...]]
    rows_compared: NotRequired[tuple[RowsCompared, ...]]


def reported_of(tree: Json) -> Mapping[str, Json]:
    """The reconciliation of a file, its parts as values. Raises ValueError where it has another shape."""
    found = adapter(_Reported).validate_python(tree)
    for row in found["rows"]:
        for problem in row.problems:
            if not {"code", "message", "fix"} <= problem.keys():
                raise ValueError("a problem of a row does not say code, message and fix")
    if any(one.reason_code not in REASONS for one in found.get("not_copied", ())):
        raise ValueError("what was not copied has a reason that nobody knows")
    as_values = (
        *("rows", "causes", "things", "mappings", "previous", "trend", "scope_changes", "not_copied", "rows_compared"),
    )
    return {**tree, **{name: found[name] for name in as_values if name in found}}
