"""Change sets, results and problems as text for a terminal of 80 columns. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from migrate.change.actions import (
    Action,
    Adopt,
    Block,
    Create,
    CreateFolder,
    Keep,
    Move,
    Patch,
    Repoint,
    Skip,
    Update,
    draft_of,
)
from migrate.change.model import ChangeSet
from migrate.check.model import Reconciliation
from migrate.errors import InvalidInput, MigrateError, Problem, Refused
from migrate.reasons import Reason
from migrate.run.result import Exported
from migrate.text import join_path, one_line
from migrate.tree import Json
from migrate.words import LANDED, OUTCOMES, VERDICTS

_WORDS = {"data-model": "data model", "workbook": "workbook"}
_SHOWN = 200
_CAUSES_SHOWN = 20
_NOTED_SHOWN = 10


def change_set(changes: ChangeSet, *, verbose: bool = False) -> str:
    """What a change set would do: every action that writes or is blocked, then counts a target."""
    lines: list[str] = []
    for target in changes.targets:
        lines.append(f"Target {target.target}")
        actions = [action for wave in target.waves for action in wave]
        shown = [a for a in actions if verbose or not isinstance(a, Keep)]
        lines += [line for action in shown[:_SHOWN] for line in _action(action)]
        if len(shown) > _SHOWN:
            lines.append(f"  … and {len(shown) - _SHOWN} more (--output json lists all)")
        lines.append(f"  {counted(actions)}")
        lines.append("")
    lines += left_out(changes.left_out)
    lines += [f"Warning: {one_line(text, 400)}" for text in changes.warnings]
    return "\n".join(lines).rstrip()


def _action(action: Action) -> list[str]:
    """One action as a line, and a second one for why it is blocked and what to do."""
    if isinstance(action, CreateFolder):
        return [f"  {action.sign} folder {one_line(join_path(action.folder), 68)}"]
    draft = draft_of(action)
    name = draft.name if draft else action.key.id
    first = f"  {action.sign} {action.verb} {_WORDS[action.key.kind]} {one_line(name, 48)}"
    match action:
        case Block() | Skip():
            lines = [first, f"      {action.reason_code}: {one_line(action.why, 300)}"]
            return [*lines, f"      next: {one_line(action.next_action, 200)}"] if action.next_action else lines
        case Update() | Move() | Adopt() | Repoint():
            return [f"{first}: {one_line(action.why, 90)}"]
        case Create() | Patch() | Keep():
            return [first]


def counted(actions: Iterable[Action]) -> str:
    """``3 to create, 1 to update, 20 unchanged, 0 blocked``."""
    counts: Counter[str] = Counter()
    for action in actions:
        match action:
            case CreateFolder() | Patch() | Repoint():
                counts[action.verb] += 1
            case _:
                counts[action.outcome] += 1
    words = [
        ("create-folder", "folders to create"),
        ("created", "to create"),
        ("updated", "to update"),
        ("renamed", "to move"),
        ("mapped", "mapped"),
        ("patch", "to link afterwards"),
        ("repoint", "to repoint if ids change"),
        ("unchanged", "unchanged"),
        ("skipped", "skipped"),
        ("blocked", "blocked"),
    ]
    return ", ".join(f"{counts[name]} {text}" for name, text in words if counts[name]) or "nothing in scope"


def writes(changes: ChangeSet) -> int:
    """How many actions of a change set write to Sigma."""
    return sum(a.writes and not isinstance(a, Repoint) for t in changes.targets for wave in t.waves for a in wave)


def blocked(changes: ChangeSet) -> int:
    """How many documents of a change set are blocked."""
    return sum(isinstance(a, Block) for t in changes.targets for wave in t.waves for a in wave)


def left_out(counts: Mapping[str, int]) -> list[str]:
    """Lines for what the selection passed over."""
    words = {
        "personal": "in personal folders left out (name the folder to include them)",
        "excluded": "excluded by the plan",
        "archived": "archived in the source",
    }
    return [f"{number} document(s) {words.get(why, why)}" for why, number in counts.items() if number]


def result(found: Reconciliation) -> str:
    """The summary of a run: a table of counts that add up, and every row that needs somebody."""
    lines: list[str] = []
    for target, total in found.totals.items():
        lines.append(f"Target {target}: {total['in_scope']} in scope")
        lines.append("  " + _sum(total, OUTCOMES, total["in_scope"]))
        landed = sum(total[name] for name in LANDED)
        lines.append(f"  of the {landed} that stand in the target:")
        lines.append("  " + _sum(total, VERDICTS, landed))
    lines += _causes(found)
    noted = [row for row in found.rows if row.good and row.reason_code]
    for row in noted[:_NOTED_SHOWN]:
        lines.append(f"  . {row.outcome} {_WORDS[row.type]} {one_line(row.source_name, 40)} ({row.target})")
        lines.append(f"      {row.reason_code}: {one_line(row.reason or '', 300)}")
    if len(noted) > _NOTED_SHOWN:
        lines.append(f"  … and {len(noted) - _NOTED_SHOWN} more with a note in the report")
    if not found.consistent:
        lines.append("THE NUMBERS DO NOT ADD UP: treat this run as failed")
    return "\n".join(lines)


def _causes(found: Reconciliation) -> list[str]:
    """What needs somebody, a cause once: how many documents it stops, what to do, and how to try them again."""
    lines = []
    for cause in found.causes[:_CAUSES_SHOWN]:
        stopped = f"{cause.root_rows} document(s)" + (
            f", {cause.dependent_rows} behind" if cause.dependent_rows else ""
        )
        lines.append(f"  ! {cause.kind.replace('_', ' ')} {stopped}: {one_line(cause.thing or cause.sentence, 300)}")
        rows = [row for row in found.rows if cause.n in (row.cause, *row.also)]
        names = ", ".join(f"{_WORDS[row.type]} {one_line(row.source_name, 40)} ({row.target})" for row in rows[:3])
        lines.append(f"      {cause.code}: {names}{f' and {len(rows) - 3} more' if len(rows) > 3 else ''}")
        if cause.fix:
            lines.append(f"      next: {one_line(cause.fix, 200)}")
        if cause.command:
            lines.append(f"      then: {one_line(cause.command, 400)}")
    if len(found.causes) > _CAUSES_SHOWN:
        lines.append(f"  … and {len(found.causes) - _CAUSES_SHOWN} more causes in the report")
    return lines


def _sum(total: Mapping[str, int], names: Sequence[str], whole: int) -> str:
    parts = [f"{total[name]} {name.replace('_', ' ')}" for name in names if total[name]]
    return f"{' + '.join(parts) or '0'} = {whole}"


def exported(found: Exported, folder: str) -> str:
    """What an export wrote, and every document that could not be read."""
    lines = [f"Wrote {found.count('data-model')} data models and {found.count('workbook')} workbooks to {folder}"]
    if found.needed:
        lines.append(f"  {found.needed} of the data models because a chosen document reads them")
    for key, (code, reason) in sorted(found.bundle.unreadable.items()):
        lines.append(f"  ! {_WORDS[key.kind]} {key.id} is not in it")
        lines.append(f"      {code}: {one_line(reason, 300)}")
    return "\n".join(lines + left_out(found.left_out))


def exported_tree(found: Exported, folder: str) -> Json:
    """The same for ``--output json``."""
    unreadable = sorted(found.bundle.unreadable.items())
    return {
        "folder": folder,
        "counts": {"data-model": found.count("data-model"), "workbook": found.count("workbook")},
        "unreadable": [{"kind": k.kind, "id": k.id, "code": code, "reason": why} for k, (code, why) in unreadable],
    }


def error(failure: MigrateError) -> str:
    """An error as a person should see it: every problem, then what to do next."""
    if isinstance(failure, InvalidInput):
        return "\n".join(one_line(str(problem), 600) for problem in failure.problems)
    lines = [f"Error [{failure.code}]: {one_line(failure.message, 600)}"]
    if isinstance(failure, Refused):
        lines += [f"  {one_line(str(problem), 600)}" for problem in failure.problems]
    if failure.next_action:
        lines.append(f"Next: {one_line(failure.next_action, 400)}")
    return "\n".join(lines)


def error_tree(failure: MigrateError) -> Json:
    """The same for ``--output json``."""
    problems: Sequence[Problem] = getattr(failure, "problems", ())
    names = ("code", "message", "fix", "file", "line", "column", "path", "value")
    return {
        "error": {
            "code": failure.code,
            "message": failure.message,
            "next_action": failure.next_action or None,
            "exit_code": failure.exit_code,
            "problems": [{name: getattr(problem, name) for name in names} for problem in problems],
        }
    }


def explained(reason: Reason) -> str:
    """A reason code in full."""
    parts = [f"{reason.code}: {reason.sentence}", f"Cause: {reason.cause}", f"Fix: {reason.fix}"]
    if reason.example:
        parts.append(f"Example: {reason.example}")
    return "\n".join(parts)


def result_tree(run_id: str, found: Reconciliation, page: object) -> Json:
    """The summary of a run for ``--output json``."""
    return {
        "run": run_id,
        "totals": dict(found.totals),
        "consistent": found.consistent,
        "exit_code": found.exit_code,
        "report": str(page),
    }
