"""What a run came to, written down whatever happened: in its folder, or in one for the time being where that fails."""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from migrate.change.model import ScopeChange
from migrate.check.history import compared
from migrate.check.model import Reconciliation
from migrate.check.tally import tally
from migrate.errors import FileError, MigrateError, classified, worst
from migrate.plan.proving import Format
from migrate.run.checking import Worked, names_of
from migrate.run.folder import WRITING, run_before, write_run
from migrate.run.planning import Planned
from migrate.run.result import Result
from migrate.tree import Json


def reported(
    record: Mapping[str, Json],
    folder: Path,
    formats: tuple[Format, ...],
    planned: Planned,
    worked: Mapping[str, Worked],
    orgs: tuple[Mapping[str, Json], ...],
    troubles: Mapping[str, MigrateError],
    archived: Collection[str] = (),
) -> Result:
    """The result of a run, with ``run.json`` and the reports written.

    ``troubles`` are what ended the work on a target early, by its alias, and what concerns the whole ``run``;
    ``archived`` are the ids of the copies that the run put into a bin.
    """
    found, beside = reconciled(record, planned, worked, orgs, troubles, archived)
    planned.spool.let_go()  # the report takes room of its own
    found = replace(found, exit_code=worst((found.exit_code, beside)))
    return put_down(record, folder, formats, found, troubles)


def reconciled(
    record: Mapping[str, Json],
    planned: Planned,
    worked: Mapping[str, Worked],
    orgs: tuple[Mapping[str, Json], ...],
    troubles: Mapping[str, MigrateError],
    archived: Collection[str] = (),
) -> tuple[Reconciliation, int]:
    """What a run came to, with the exit code that its rows call for, and the one that all beside them calls for."""
    order = [worked[target.target] for target in planned.changes.targets if target.target in worked]
    ready = planned.ready
    found = tally(
        run=record,
        changes=planned.changes,
        outcomes=[outcome for one in order for outcome in one.outcomes],
        findings=[finding for one in order for finding in one.findings],
        source=planned.source.items,
        orgs=orgs,
        names={target: names_of(planned, one, worked.get(target, Worked())) for target, one in ready.items()},
        maps={target: one.plan.map for target, one in ready.items()},
    )
    found = replace(found, rows_compared=tuple(one.rows_compared for one in order if one.rows_compared is not None))
    if record["kind"] in WRITING:
        found = replace(found, scope_changes=tuple(_became(one, archived) for one in found.scope_changes))
    left = any(one.result == "not_archived" for one in found.scope_changes)
    ended = (*(error.exit_code for error in troubles.values()), int(left))
    if record.get("rehearsal"):
        found = _rehearsed(found, record["rehearsal"])
    return found, worst((int(planned.out_of_sight), *ended))


def put_down(
    record: Mapping[str, Json],
    folder: Path,
    formats: tuple[Format, ...],
    found: Reconciliation,
    troubles: Mapping[str, MigrateError],
) -> Result:
    """The result of a run that came to this, beside the run before it, with ``run.json`` and the reports written."""
    plan, run = str(record.get("plan", "")), str(record["id"])
    found = compared(found, run_before(folder.parent, plan, run, kinds=("apply", "verify")))
    folder, found, files, unwritten = _written(folder, record, found, formats)
    return Result(
        run_id=str(record["id"]),
        folder=folder,
        reconciliation=found,
        files=files,
        interrupted=record["status"] == "interrupted",
        troubles={**troubles, **({"report": unwritten} if unwritten else {})},
    )


def _rehearsed(found: Reconciliation, told: Sequence[str]) -> Reconciliation:
    """The report of a rehearsal: what it is told first; what it made has no address that anybody could open."""
    made_up = ("created", "renamed")
    rows = tuple(replace(row, target_url=None) if row.outcome in made_up else row for row in found.rows)
    return replace(found, rows=rows, warnings=(*told, *found.warnings))


def _became(change: ScopeChange, archived: Collection[str]) -> ScopeChange:
    """What left the scope, with what became of its copy."""
    if change.result != "to_archive":
        return change
    if change.target_id in archived:
        return replace(change, result="archived")
    reason = change.reason.replace(" is archived in ", " was not archived in ")
    return replace(change, result="not_archived", reason=reason, next_action="run apply again")


def _written(
    folder: Path, record: Mapping[str, Json], found: Reconciliation, formats: tuple[Format, ...]
) -> tuple[Path, Reconciliation, Mapping[str, Path], MigrateError | None]:
    """Where the reports came to stand, and what was in the way of their own place, if anything was."""
    try:
        return folder, found, _files(folder, record, found, formats), None
    except Exception as error:  # noqa: BLE001 - what was done is told, wherever and however it still can be
        trouble = classified(error)
    found = replace(found, exit_code=worst((found.exit_code, trouble.exit_code)))
    try:
        other = Path(tempfile.mkdtemp(prefix=f"sigma-migrate-{record['id']}-"))
        files = _files(other, record, found, formats if isinstance(trouble, FileError) else ())
    except Exception as error:  # noqa: BLE001 - as above
        told = f"{trouble.message} Nor could the report be written elsewhere: {classified(error).message}"
        return folder, found, {}, type(trouble)(told, code=trouble.code, next_action=trouble.next_action)
    told = f"{trouble.message} The report of this run stands in {other} instead."
    return other, found, files, type(trouble)(told, code=trouble.code, next_action=trouble.next_action)


def _files(
    folder: Path, record: Mapping[str, Json], found: Reconciliation, formats: tuple[Format, ...]
) -> Mapping[str, Path]:
    from migrate.report.render import render

    write_run(folder, record, found)
    return render(found, folder, formats)
