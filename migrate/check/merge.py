"""What became of single targets, put together as if one process had done all of them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import accumulate

from migrate.check.causes import caused
from migrate.check.model import Reconciliation, ReportRow
from migrate.check.tally import counted, exit_code
from migrate.inventory.scope import most
from migrate.tree import Json


def merged(
    run: Mapping[str, Json], parts: Sequence[Reconciliation], orgs: Sequence[Mapping[str, Json]]
) -> Reconciliation:
    """The reconciliation of a run from those of its targets, each in its own part; the exit code is that of the rows.

    ``orgs`` is what each organization was asked, several rows of one alias are added up.
    """
    starts = list(accumulate((len(part.things) for part in parts), initial=0))
    rows, causes = caused([row for start, part in zip(starts, parts, strict=False) for row in _moved(part, start)], run)
    consistent = all(part.consistent for part in parts)
    return Reconciliation(
        run=run,
        orgs=_added(orgs),
        totals={target: total for part in parts for target, total in part.totals.items()},
        rows=rows,
        residuals=tuple(residual for part in parts for residual in part.residuals),
        consistent=consistent,
        exit_code=exit_code(rows, consistent=consistent),
        causes=causes,
        coverage=_covered(one for part in parts for one in part.coverage),
        warnings=tuple(dict.fromkeys(warning for part in parts for warning in part.warnings)),
        things=tuple(
            replace(thing, n=thing.n + start)
            for start, part in zip(starts, parts, strict=False)
            for thing in part.things
        ),
        mappings=tuple(mapped for part in parts for mapped in part.mappings),
        left_out=most(part.left_out for part in parts),
        scope_changes=tuple(one for part in parts for one in part.scope_changes),
        rows_compared=tuple(one for part in parts for one in part.rows_compared),
        not_copied=tuple(
            sorted(
                {one.source_id: one for part in parts for one in part.not_copied}.values(),
                key=lambda one: (one.source_path, one.name, one.source_id),
            )
        ),
    )


def _moved(part: Reconciliation, start: int) -> Iterable[ReportRow]:
    """The rows of a part, whose things are counted from the end of those of the parts before it."""
    for row in part.rows:
        yield replace(row, replaced=tuple(replace(one, thing=one.thing + start) for one in row.replaced))


def _added(orgs: Iterable[Mapping[str, Json]]) -> tuple[Mapping[str, Json], ...]:
    found: dict[str, dict[str, Json]] = {}
    for org in orgs:
        known = found.setdefault(str(org["alias"]), {**org, "requests": 0, "throttled": 0, "paused_seconds": 0.0})
        for name in ("requests", "throttled", "paused_seconds"):
            known[name] = round(known[name] + org[name], 3)
    return tuple(found.values())


def _covered(found: Iterable[Mapping[str, Json]]) -> tuple[Mapping[str, Json], ...]:
    counts: dict[tuple[str, str], int] = {}
    for one in found:
        mark = str(one["row"]), str(one["resolution"])
        counts[mark] = counts.get(mark, 0) + int(one["count"])
    return counted(counts)
