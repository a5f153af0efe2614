"""Checkups, drift, standings, assessments, adoptions and undone runs as text. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

from migrate.change.adopt import Adoption
from migrate.change.drift import Drift
from migrate.errors import MigrateError
from migrate.inventory.model import Key
from migrate.run.assess import Assessment
from migrate.run.doctor import Check
from migrate.run.status import RunState, TargetState
from migrate.terminal.show import left_out
from migrate.text import one_line
from migrate.tree import Json


def assessed(found: Assessment) -> str:
    """What a selection holds, as counts; ``--output json`` lists every place."""
    kinds = [key.kind for key in found.scope.keys]
    lines = [f"{kinds.count('data-model')} data models and {kinds.count('workbook')} workbooks in scope"]
    if found.scope.needed:
        lines.append(f"  {len(found.scope.needed)} data models only because something in scope reads them")
    lines += [f"  {line}" for line in left_out(found.scope.left_out)]
    lines += _table("Elements", found.elements.items())
    lines += _table("Sources", found.sources.items())
    lines.append("References")
    lines += [
        f"  {one.count:6}  {one.row:24} {one.resolution:12} {one_line(one.points_to, 32)}" for one in found.covered
    ]
    if found.raw:
        lines.append("Custom SQL that will fail")
        lines += [
            f"  {one.key.kind} {_called(found, one.key)} {one.path}: {one_line(one.value, 400)}" for one in found.raw
        ]
    if found.unreadable:
        lines.append("Not readable")
        lines += [f"  {key.kind} {key.id}: {code}: {one_line(why)}" for key, (code, why) in found.unreadable.items()]
    for model, readers in found.scope.missing.items():
        lines.append(f"Data model {model} is read by {len(readers)} document(s) and cannot be seen")
    return "\n".join(lines)


def _called(found: Assessment, key: Key) -> str:
    """The name of a document, or its id where the organization shows none."""
    item = found.inventory.items.get(key)
    return repr(one_line(item.name, 60)) if item else key.id


def _table(title: str, rows: Iterable[tuple[str, int]]) -> list[str]:
    return [title, *(f"  {count:6}  {name}" for name, count in rows)]


_MOVED = {
    "same": "=",
    "source_changed": ">",
    "target_changed": "<",
    "both_changed": "!",
}
_SOURCE = {
    "changed": "the source changed",
    "gone": "its source is gone",
    "not_selected": "the plan no longer selects it",
    "unreadable": "its source cannot be read",
    "same": "",
}


def drifted(found: Sequence[Drift], lost: Mapping[str, MigrateError], *, verbose: bool = False) -> str:
    """Which side of each copy moved since it was last applied; what stands still only as a number."""
    lines = []
    for target, copies in groupby(found, key=lambda one: one.target):
        listed = list(copies)
        lines.append(f"Target {target}: {len(listed)} cop{'y' if len(listed) == 1 else 'ies'}")
        for one in listed:
            said = " and ".join(filter(None, (_SOURCE[one.source], one.told)))
            if said or verbose:
                name = f"{one.kind.replace('-', ' ')} {one_line(one.name, 48)}"
                lines.append(f"  {_MOVED[one.outcome]} {name}{': ' if said else ''}{one_line(said, 200)}")
        counts = Counter(one.outcome for one in listed)
        lines.append(
            f"  {counts['same']} as applied, {counts['source_changed']} changed in the source, "
            f"{counts['target_changed']} in the target, {counts['both_changed']} in both"
        )
    lines += _not_looked_at(lost)
    return "\n".join(lines) or "No copy is known in any target."


_RUNS_SHOWN = 10


def standing(runs: Sequence[RunState], targets: Sequence[TargetState], *, verbose: bool = False) -> str:
    """Targets with what the ledger holds, then the newest runs."""
    lines = []
    for one in targets:
        counts = ", ".join(f"{count} {kind.replace('-', ' ')}s" for kind, count in one.copies.items()) or "no copy"
        lines.append(f"Target {one.alias or one.organization_id}: {counts}")
        lines.append(f"  last written {one.written_at or 'never'}")
        lines.append(f"  last complete run {f'{one.run}, finished {one.run_at}' if one.run else 'unknown'}")
        if one.open:
            again = "" if one.locked_by else "; apply settles them first"
            lines.append(f"  {one.open} write{'' if one.open == 1 else 's'} without a known outcome{again}")
        if one.locked_by:
            lines.append(f"  locked by {one_line(one.locked_by)}, which is at work")
        elif one.left_locked_by:
            lines.append(
                f"  a lock left by {one_line(one.left_locked_by)}, which has ended; the next run takes it over"
            )
    lines += [f"Runs: {len(runs) or 'none'}"]
    for run in runs if verbose else runs[:_RUNS_SHOWN]:
        counts = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in run.outcomes.items())
        words = (one_line(run.plan, 24), run.kind, run.status, run.started_at[:19], counts)
        lines.append(f"  {one_line(run.id, 32)}  {'  '.join(filter(None, words))}")
    if len(runs) > _RUNS_SHOWN and not verbose:
        lines.append(f"  and {len(runs) - _RUNS_SHOWN} older ones; --verbose lists all")
    return "\n".join(lines)


_VERDICTS = {"ok": "ok", "warn": "warn", "fail": "FAIL", "not_verifiable": "?"}


def examined(checks: Sequence[Check]) -> str:
    """What was found out about each organization, and how many things are wrong."""
    lines = []
    for org, found in groupby(checks, key=lambda check: check.org):
        lines.append(f"Org {org}")
        for check in found:
            code = f"{check.code}: " if check.code else ""
            lines.append(
                f"  {_VERDICTS[check.verdict]:4}  {one_line(check.what, 40)}: {code}{one_line(check.detail, 400)}"
            )
            lines += [f"        next: {one_line(check.next_action, 200)}"] if check.next_action else []
    counts = Counter(check.verdict for check in checks)
    lines.append(
        f"{counts['ok']} ok, {counts['warn']} to look at, {counts['fail']} wrong, "
        f"{counts['not_verifiable']} not verifiable"
    )
    return "\n".join(lines)


def _not_looked_at(lost: Mapping[str, MigrateError]) -> list[str]:
    return [f"Target {target}: not looked at: {one_line(str(error), 200)}" for target, error in lost.items()]


def adopted(found: Mapping[str, Adoption], lost: Mapping[str, MigrateError]) -> str:
    """What was recognised in each target, and what a person must decide."""
    lines = []
    for target, adoption in found.items():
        lines.append(
            f"Target {target}: {len(adoption.copies)} copies recognised, {len(adoption.doubts)} in doubt, "
            f"{len(adoption.missing)} not there"
        )
        lines += [f"  = {copy.kind} {one_line(copy.name, 48)} is {copy.target_id}" for copy in adoption.copies]
        for doubt in adoption.doubts:
            lines.append(f"  ? {doubt.key.kind} {doubt.key.id}: {one_line(doubt.reason, 200)}")
            lines += [f"      candidate {candidate}" for candidate in doubt.candidates]
    return "\n".join([*lines, *_not_looked_at(lost)])


def adopted_tree(found: Mapping[str, Adoption], lost: Mapping[str, MigrateError]) -> Json:
    """The same for ``--output json``; targets that could not be looked at have their error in place of an adoption."""
    return {target: {"error": error.code} for target, error in lost.items()} | {
        target: {
            "adopted": [{"type": c.kind, "source_id": c.source_id, "target_id": c.target_id} for c in adoption.copies],
            "doubts": [
                {"type": d.key.kind, "source_id": d.key.id, "candidates": list(d.candidates), "reason": d.reason}
                for d in adoption.doubts
            ],
            "missing": [{"type": key.kind, "source_id": key.id} for key in adoption.missing],
        }
        for target, adoption in found.items()
    }


def taken(rows: Sequence[Mapping[str, Json]]) -> str:
    """What undoing a run would do, or did: one line a document, and why where something stays."""
    if not rows:
        return "Nothing to take back."
    lines = []
    for row in rows:
        lines.append(
            f"  {row['result']:12} {row['verb']} {row['type']} {one_line(str(row['name']), 44)} ({row['target']})"
        )
        if row["reason_code"]:
            lines.append(f"      {row['reason_code']}: {one_line(str(row['reason']), 200)}")
            if row["next_action"]:
                lines.append(f"      next: {one_line(str(row['next_action']), 200)}")
    counts = {name: sum(row["result"] == name for row in rows) for name in dict.fromkeys(row["result"] for row in rows)}
    return "\n".join([*lines, ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in counts.items())])
