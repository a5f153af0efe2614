"""A run beside those before it: what is new, healed or still wrong, since when, and the last thirty runs. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from migrate.check.model import Cause, Comparison, Past, Reconciliation, ReportRow
from migrate.words import LANDED

_KEPT = 30
"""How many runs are remembered, the present one among them."""

_Place = tuple[str, str]
"""Target and source id of a document."""


def compared(found: Reconciliation, before: Reconciliation | None) -> Reconciliation:
    """The reconciliation with what changed since ``before``, the last run of the same plan that reported anything.

    Only documents that this run looked at are judged, since a run may be narrowed. A cause is the same where its code
    and its thing are; it was first seen in the first of the runs without a gap that had it.
    """
    own = _past(found)
    if before is None:
        causes = tuple(replace(cause, first_seen=own.at, runs=1) for cause in found.causes)
        return replace(found, causes=causes, trend=(own,))
    earlier = {(cause.code, cause.thing): cause for cause in before.causes}
    then = _past(before).at
    causes = tuple(_dated(cause, earlier.get((cause.code, cause.thing)), own.at, then) for cause in found.causes)
    trend = (*(before.trend or (_past(before),)), own)[-_KEPT:]
    found = replace(found, causes=causes, trend=trend)
    return replace(found, previous=_comparison(found, before))


def _dated(cause: Cause, before: Cause | None, now: str, then: str) -> Cause:
    """A cause with when it was first seen; an older program did not say so of the run before."""
    if before is None:
        return replace(cause, first_seen=now, runs=1)
    return replace(cause, first_seen=before.first_seen or then, runs=max(before.runs, 1) + 1)


def _comparison(found: Reconciliation, before: Reconciliation) -> Comparison:
    then = {_place(row): row for row in before.rows}
    here = {_place(row) for row in found.rows}
    bad_then = {place for place, row in then.items() if not row.good}
    marks = {(cause.code, cause.thing) for cause in found.causes}
    return Comparison(
        run=str(before.run.get("id", "")),
        at=str(before.run.get("finished_at") or before.run.get("started_at") or ""),
        new=tuple(_place(row) for row in found.rows if not row.good and _place(row) not in bad_then),
        healed=tuple(_place(row) for row in found.rows if row.good and _place(row) in bad_then),
        still=tuple(_place(row) for row in found.rows if not row.good and _place(row) in bad_then),
        changed=tuple(_place(row) for row in found.rows if _changed(row, then)),
        not_looked_at=len(then.keys() - here),
        new_causes=tuple(cause.n for cause in found.causes if cause.runs == 1),
        healed_causes=tuple(cause.says for cause in before.causes if (cause.code, cause.thing) not in marks),
    )


def _place(row: ReportRow) -> _Place:
    return row.target, row.source_id


def _changed(row: ReportRow, then: Mapping[_Place, ReportRow]) -> bool:
    """Whether the source has another version than in the run before, which knew the document."""
    before = then.get(_place(row))
    return before is not None and before.source_version != row.source_version


def _past(found: Reconciliation) -> Past:
    landed = sum(total[name] for total in found.totals.values() for name in LANDED)
    return Past(
        run=str(found.run.get("id", "")),
        kind=str(found.run.get("kind", "apply")),
        at=str(found.run.get("finished_at") or found.run.get("started_at") or ""),
        status=str(found.run.get("status", "")),
        exit_code=found.exit_code,
        documents=sum(total["in_scope"] for total in found.totals.values()),
        landed=landed,
        not_right=sum(not row.good for row in found.rows),
        causes=len(found.causes),
        written=sum(total[name] for total in found.totals.values() for name in ("created", "updated", "renamed")),
    )
