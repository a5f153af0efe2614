"""The folder of a run: ``reports/<run-id>/`` with ``run.json`` always, also when the run died."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from contextlib import suppress
from pathlib import Path

import orjson

from migrate.change.model import ChangeSet
from migrate.change.seal import dump
from migrate.check.causes import caused
from migrate.check.model import Reconciliation, ReportRow
from migrate.check.packed import unpacked
from migrate.errors import InvalidInput, MigrateError, Problem
from migrate.files import write_private
from migrate.plan.model import Plan
from migrate.report.scrub import clean, scrubbed
from migrate.run.head import SCHEMA, read_head, reading, run_of, tree_of
from migrate.run.shape import reported_of, row_of
from migrate.tree import Json
from migrate.words import OUTCOMES, VERDICTS

WRITING = ("apply", "rehearsal")
"""The kinds of runs that carry a plan out: on the organizations, or on local copies of them."""
_NONE = dict.fromkeys((*OUTCOMES, *VERDICTS, "left_scope", "new"), 0)
"""Totals that a run of an earlier version did not count, since there was nothing of the kind."""

_SECOND = len("20261122T225800Z")
_RUN_ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z_.-]{0,99}\Z")


def write_run(folder: Path, run: Mapping[str, Json], reconciliation: Reconciliation | None = None) -> None:
    """Writes ``run.json``: what the run was and how it stands; its reconciliation once there is one.

    What looks like a secret is taken out, as in every report.
    """
    tree: dict[str, Json] = {"schema": SCHEMA, "run": clean(dict(run))}
    if reconciliation is not None:
        tree["reconciliation"] = reconciliation_tree(scrubbed(reconciliation))
    raw = orjson.dumps(tree, unpacked, orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    write_private(folder / "run.json", raw)


def reconciliation_tree(found: Reconciliation) -> dict[str, Json]:
    """A reconciliation as JSON, all of it but the run."""
    return {
        "orgs": list(found.orgs),
        "totals": dict(found.totals),
        "rows": list(found.rows),
        "residuals": list(found.residuals),
        "causes": list(found.causes),
        "things": list(found.things),
        "mappings": list(found.mappings),
        "previous": found.previous,
        "trend": list(found.trend),
        "coverage": list(found.coverage),
        "warnings": list(found.warnings),
        "left_out": dict(found.left_out),
        "not_copied": list(found.not_copied),
        "rows_compared": list(found.rows_compared),
        "scope_changes": list(found.scope_changes),
        "consistent": found.consistent,
        "exit_code": found.exit_code,
    }


def begin(plan: Plan, run_id: str, changes: ChangeSet, *, kind: str, at: str) -> tuple[Path, dict[str, Json]]:
    """The run's folder and what ``run.json`` says of it so far; both written before anything else happens."""
    folder = plan.report.dir / run_id
    run = record_of(plan, run_id, kind=kind, at=at, seal=changes.seal)
    write_run(folder, run)
    write_private(folder / "changes.json", dump(changes))
    return folder, run


def record_of(plan: Plan, run_id: str, *, kind: str, at: str, seal: str = "") -> dict[str, Json]:
    """What ``run.json`` says of a run that has begun."""
    return {
        "id": run_id,
        "kind": kind,
        "plan": plan.name,
        "plan_file": str(plan.origin or ""),
        "plan_sha256": plan.sha256,
        "source": plan.source.org or f"bundle {plan.source.bundle}",
        "change_set": seal,
        "carried": _carried(plan),
        "started_at": at,
        "finished_at": None,
        "status": "running",
    }


def _carried(plan: Plan) -> list[Json]:
    """What a plan carries of what stands round documents; what it only reports is not among it."""
    carry = plan.carry
    asked = {
        "grants": carry.grants == "mapped" or carry.owners == "mapped",
        "tags": carry.tags == "names",
        "schedules": carry.schedules == "paused",
    }
    return [name for name, does in asked.items() if does]


def find_run(reports: Path, name: str) -> Path:
    """The folder of a run by its id or path, or ``last`` for the newest that worked on the organizations.

    Raises InvalidInput with the ids there.
    """
    if name == "last":
        known = sorted(((path.stat().st_mtime_ns, path.parent) for path in reports.glob("*/run.json")), reverse=True)
        newest = next((folder for _, folder in known if kind_of(folder) not in ("undo", "rehearsal")), None)
        if newest is not None:
            return newest
    elif (Path(name) / "run.json").is_file():
        return Path(name)
    elif _RUN_ID.match(name) and (reports / name / "run.json").is_file():
        return reports / name
    there = ", ".join(sorted(path.parent.name for path in reports.glob("*/run.json"))[-5:]) or "none"
    raise InvalidInput(
        [Problem(code="run_unknown", message=f"there is no run {name!r} in {reports}", fix=f"runs there: {there}")]
    )


def kind_of(folder: Path) -> str:
    """``apply``, ``verify``, ``undo`` or ``rehearsal``; empty for a run that cannot be read."""
    try:
        return str(read_head(folder).run.get("kind", ""))
    except InvalidInput:
        return ""


def discard(folder: Path) -> None:
    """Takes back what ``begin`` wrote, for a run that was refused before it did anything."""
    for name in ("run.json", "changes.json"):
        (folder / name).unlink(missing_ok=True)
    with suppress(OSError):  # something else stands in it
        folder.rmdir()


def read_run(folder: Path) -> tuple[Mapping[str, Json], Reconciliation | None]:
    """What ``write_run`` wrote: the run, and its reconciliation unless it died before it had one."""
    with reading(folder):
        tree = tree_of(folder, row_of)
        run = run_of(tree["run"])
        if tree.get("reconciliation") is None:
            return run, None
        return run, reconciliation_of(tree["reconciliation"], run)


def reconciliation_of(tree: Json, run: Mapping[str, Json]) -> Reconciliation:
    """What ``reconciliation_tree`` made JSON of. Raises ValueError, KeyError or TypeError for anything else."""
    rest = reported_of(tree)
    rows, causes = (rest["rows"], rest["causes"]) if "causes" in rest else caused(rest["rows"], run)
    return Reconciliation(
        run=run,
        orgs=tuple(rest["orgs"]),
        totals={target: {"in_scope": total["in_scope"], **_NONE, **total} for target, total in rest["totals"].items()},
        rows=rows,
        causes=causes,
        things=tuple(rest.get("things", ())),
        mappings=tuple(rest.get("mappings", ())),
        previous=rest.get("previous"),
        trend=tuple(rest.get("trend", ())),
        residuals=tuple(rest["residuals"]),
        consistent=rest["consistent"],
        exit_code=rest["exit_code"],
        coverage=tuple(rest["coverage"]),
        warnings=tuple(rest["warnings"]),
        left_out=rest.get("left_out", {}),
        scope_changes=rest.get("scope_changes", ()),
        not_copied=rest.get("not_copied", ()),
        rows_compared=rest.get("rows_compared", ()),
    )


def last_rows(reports: Path, plan: str) -> tuple[ReportRow, ...]:
    """The rows of the newest run of a plan that reported any; empty where there is none."""
    found = run_before(reports, plan)
    return found.rows if found is not None else ()


def run_before(
    reports: Path, plan: str, run_id: str = "", *, kinds: Collection[str] = ("apply",)
) -> Reconciliation | None:
    """What the newest run of a plan came to, of these kinds and before the run of that id; None where there is none."""
    for path in sorted(reports.glob("*/run.json"), key=_begun, reverse=True):
        name = path.parent.name
        if run_id and (name == run_id or name[:_SECOND] > run_id[:_SECOND]):
            continue
        try:
            run, found = read_run(path.parent)
        except InvalidInput:
            continue
        if run.get("plan") == plan and run.get("kind") in kinds and found is not None:
            return found
    return None


def _begun(path: Path) -> tuple[str, int]:
    """The order of runs: by the second in their ids, those of one second by when they were written."""
    try:
        return path.parent.name[:_SECOND], path.stat().st_mtime_ns
    except OSError:
        return path.parent.name[:_SECOND], 0


def told(error: BaseException) -> str:
    """An error as one line for ``run.json``; never a trace, never a secret."""
    return str(error) if isinstance(error, MigrateError) else type(error).__name__
