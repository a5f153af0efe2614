"""The shape of ``run.json`` as this program writes it: anybody may have changed the file since."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NotRequired

from typing_extensions import TypedDict

from migrate.change.model import NotCopied, ScopeChange
from migrate.check.model import Cause, Comparison, Mapped, Past, ReportRow, RowsCompared, Thing, packed_row
from migrate.reasons import REASONS
from migrate.run.head import OrgShape, Totals, adapter
from migrate.tree import Json


class _Covered(TypedDict):
    row: str
    resolution: str
    count: int


class _Reported(TypedDict):
    """The reconciliation; an older version knew fewer columns and no causes."""

    orgs: list[OrgShape]
    totals: Totals
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


_LEFT = frozenset({"code", "message", "next_action", "path"})
_LEFT_BY = _LEFT | {"target", "type", "source_name"}
_REFERENCES = frozenset({"mapped", "kept", "unknown"})
_PARTS = {
    "problems": frozenset({"code", "message", "fix"}),
    "changes": frozenset({"code", "path", "before", "after"}),
    "residuals": _LEFT,
}
"""What every entry of such a list of a row says."""


def _demand_parts(row: ReportRow) -> None:
    if row.landed and row.verdict is None:
        raise ValueError(f"a row that is {row.outcome} has no verdict")
    if row.references:
        _demand("what counts the references of a row", row.references, _REFERENCES)
    for name, keys in _PARTS.items():
        for entry in getattr(row, name):
            _demand(f"one of the {name} of a row", entry, keys)


def _demand(what: str, entry: Mapping[str, Any], keys: frozenset[str]) -> None:
    if missing := keys - entry.keys():
        raise ValueError(f"{what} does not say {', '.join(sorted(missing))}")


def _demand_numbers(found: Mapping[str, Any]) -> None:
    """Proves that whatever a row names by its number is there. Raises ValueError."""
    things = {thing.n for thing in found.get("things", ())}
    if any(one.thing not in things for row in found["rows"] for one in row.replaced):
        raise ValueError("a row names a thing that is not there")
    if "causes" not in found:
        return
    causes = {cause.n for cause in found["causes"]} | {None}
    if any(n not in causes for row in found["rows"] for n in (row.cause, *row.also)):
        raise ValueError("a row names a cause that is not there")


def row_of(tree: Json) -> ReportRow:
    """A row of a file as a value, small in memory. Raises ValueError where it has another shape."""
    row: ReportRow = adapter(ReportRow).validate_python(tree)
    _demand_parts(row)
    return packed_row(row)


def reported_of(tree: Json) -> Mapping[str, Json]:
    """The reconciliation of a file, its parts as values; some rows may be so already. Raises ValueError, KeyError or
    TypeError where it has another shape.
    """
    rows = tuple(one if isinstance(one, ReportRow) else row_of(one) for one in tree["rows"])
    found = {**adapter(_Reported).validate_python({**tree, "rows": ()}), "rows": rows}
    for left in found["residuals"]:
        _demand("a residual", left, _LEFT_BY)
    _demand_numbers(found)
    if any(one.reason_code not in REASONS for one in found.get("not_copied", ())):
        raise ValueError("what was not copied has a reason that nobody knows")
    as_values = (
        *("rows", "causes", "things", "mappings", "previous", "trend", "scope_changes", "not_copied", "rows_compared"),
    )
    return {**tree, **{name: found[name] for name in as_values if name in found}}
