"""``apply``: a change set executed, and what a run came to as text."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from migrate.errors import Interrupted, LockHeld, MigrateError, Usage
from migrate.kinds import called, counted
from migrate.terminal.consent import question
from migrate.terminal.failure import ended_early
from migrate.terminal.fleet import Shared, by_engine, share_options, spread_from, worked
from migrate.terminal.lines import not_copied, reasoned, scope_lines, whole_words, wrapped
from migrate.terminal.options import DURATION, FILE, ONLY, PlanChoice, Settings, give, global_options, plan_options
from migrate.terminal.plan import change_set, writes
from migrate.terminal.session import confirmed, with_migration
from migrate.terminal.streams import say
from migrate.text import one_line
from migrate.words import LANDED, OUTCOMES, VERDICTS

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from migrate.check.model import Reconciliation
    from migrate.migration import Migration
    from migrate.plan.model import Plan
    from migrate.run.result import Result

T = TypeVar("T")

_NOTED_SHOWN = 10


@click.command()
@click.argument("plan_file", metavar="PLAN|FILE", type=FILE)
@click.option("--yes", is_flag=True, help="Do not ask before writing.")
@ONLY
@click.option("--replan-moved", is_flag=True, help="Of a saved change set, plan documents again that moved since.")
@click.option("--wait", default="0s", type=DURATION, help="How long to wait for another run to end, such as 10m.")
@click.option("--detailed-exitcode", is_flag=True, help="Exit 2 where all is well and something was written.")
@click.option("--allow-command", is_flag=True, help="Let the plan run the command of its run.on_finish.")
@plan_options
@global_options
@share_options
def apply(
    settings: Settings,
    plan_file: Path,
    yes: bool,
    only: str,
    replan_moved: bool,
    wait: float,
    detailed_exitcode: bool,
    allow_command: bool,
    shared: Shared | None,
    choice: PlanChoice,
) -> int:
    """Copy: execute, verify, report. Picks up an interrupted run by itself."""
    import os

    from migrate.change import seal
    from migrate.change.model import ChangeSet
    from migrate.run.on_finish import check

    if shared is not None:
        if only:
            raise Usage("--only belongs to a run of one process.", next_action="leave it out, or --worker and --run")
        found = shared.load(choice, plan_file, yes=yes)
        if not shared.gather:
            return worked(settings, found, shared, wait)
        check(found.run.on_finish, os.environ, allowed=allow_command)
        # That somebody still works on it is no news of a run, which ends when they do.
        ended = _told_of(settings, found, shared.gathered, wait, expected=(LockHeld,))
        return _ended(settings, found, ended, detailed_exitcode)
    saved = seal.read(plan_file) if is_change_set(plan_file) else None
    elsewhere = None if saved else by_engine(choice, plan_file, only=only, yes=yes)
    if elsewhere is not None:
        check(elsewhere.run.on_finish, os.environ, allowed=allow_command)
        ended = _told_of(settings, elsewhere, spread_from(Path.cwd()), wait)
        return _ended(settings, elsewhere, ended, detailed_exitcode)
    if saved and (only or choice.targets or choice.settings):
        raise Usage(
            "a saved change set is applied exactly as it was saved.",
            next_action="give --target, --only and --set to plan instead",
        )
    if replan_moved and not saved:
        raise Usage("--replan-moved is about a saved change set.", next_action="leave it out: a plan is planned now")
    found = choice.of(saved).load(Path(saved.plan_file)) if saved else choice.load(plan_file)
    check(found.run.on_finish, os.environ, allowed=allow_command)

    async def work(migration: Migration) -> Result | None:
        await migration.until_free(await migration.still(saved) if saved else choice.targets)
        planned = saved or await migration.plan(choice.targets, only)
        changes = planned if isinstance(planned, ChangeSet) else planned.changes
        if writes(changes) and not yes:
            confirmed(change_set(changes, verbose=settings.verbose), question(changes, found))
        elif not settings.quiet:
            say("".join(f"{wrapped(f'Warning: {whole_words(text)}', '', '  ')}\n" for text in changes.warnings))
        return await migration.apply(planned, replan_moved=replan_moved)

    result = _told_of(settings, found, work, wait)
    return 0 if result is None else _ended(settings, found, result, detailed_exitcode)


def _told_of(
    settings: Settings,
    plan: Plan,
    work: Callable[[Migration], Awaitable[T]],
    wait: float,
    *,
    expected: tuple[type[MigrateError], ...] = (),
) -> T:
    """What a run came to; whom the plan names is told of one that ended before it had a report."""
    try:
        return with_migration(settings, plan, work, lock=wait)
    except MigrateError as error:
        if not isinstance(error, expected):
            _tell_unbegun(plan, error)
        raise


def _ended(settings: Settings, plan: Plan, result: Result, detailed_exitcode: bool) -> int:
    """The exit code of a run that was told: on standard output, and to whom the plan names."""
    from migrate.report.outcome import changes as changed
    from migrate.report.outcome import outcome_tree

    text = run_text(result.reconciliation)
    page = result.files.get("html") or result.folder
    give(
        settings,
        f"{text}\nRun {result.run_id}\nReport {page}",
        lambda: outcome_tree(result.run_id, result.reconciliation, str(page)),
    )
    say(ended_early(result.troubles), folds=True)
    _tell(plan, result, str(page))
    if result.interrupted:
        return Interrupted.exit_code
    return result.exit_code or (2 if detailed_exitcode and changed(result.reconciliation) else 0)


def _tell(plan: Plan, result: Result, page: str) -> None:
    """Tells whom the plan names of a run, where there is something to tell."""
    import os

    from migrate.report.outcome import outcome_tree
    from migrate.run.folder import run_before
    from migrate.run.notice import due
    from migrate.run.on_finish import tell

    if plan.run.on_finish is None:
        return
    found = result.reconciliation
    notice = due(plan.run.alert, found, run_before(plan.report.dir, plan.name, result.run_id))
    if notice is not None:
        trouble = tell(plan.run.on_finish, notice, outcome_tree(result.run_id, found, page), os.environ)
        say(f"warning: {trouble}.\n" if trouble else "")


def _tell_unbegun(plan: Plan, error: MigrateError) -> None:
    """Tells whom the plan names that a run ended before it had a report; nobody of what a person did at a terminal."""
    import os

    from migrate.report.outcome import unbegun_tree
    from migrate.run.notice import unbegun
    from migrate.run.on_finish import tell

    if plan.run.on_finish is not None and not isinstance(error, Usage | Interrupted):
        trouble = tell(plan.run.on_finish, unbegun(plan.name), unbegun_tree(plan.name, error), os.environ)
        say(f"warning: {trouble}.\n" if trouble else "")


_PIECE = 1 << 20
"""Bytes of a file that are looked at together."""


def is_change_set(path: Path) -> bool:
    """Whether a file is a saved change set rather than a plan."""
    from migrate.change.seal import SCHEMAS
    from migrate.files import open_regular

    names = [schema.encode() for schema in SCHEMAS]
    kept = max(map(len, names))  # of what was read before: a name may stand across two pieces
    try:
        with open_regular(path) as stream:
            piece = stream.read(_PIECE)
            if piece.lstrip()[:1] != b"{":
                return False
            end = b""
            while piece:
                if any(name in end + piece for name in names):
                    return True
                end, piece = piece[-kept:], stream.read(_PIECE)
    except OSError:
        return False  # what is wrong with the file is said by whoever reads it as a plan
    return False


def run_text(found: Reconciliation) -> str:
    """The summary of a run: a table of counts that add up, and every row that needs somebody."""
    from migrate.report.facts import rows_compared

    lines: list[str] = []
    for target, total in found.totals.items():
        lines.append(f"Target {target}: {total['in_scope']} in scope")
        lines.append(wrapped(_sum(total, OUTCOMES, total["in_scope"]), "  ", "  "))
        landed = sum(total[name] for name in LANDED)
        if landed:
            lines.append(f"  of the {landed} in the target:")
            lines.append(wrapped(_sum(total, VERDICTS, landed), "  ", "  "))
        lines += scope_lines([one for one in found.scope_changes if one.target == target])
    lines += _causes(found)
    passed_by = sum(row.verdict == "unchanged_by_version" for row in found.rows)
    if passed_by:  # a quiet night is one line
        lines.append(
            wrapped(f"{passed_by} not looked at, since their versions stand; verify looks at all", "  . ", " " * 6)
        )
    noted = [row for row in found.rows if row.good and row.reason_code and row.verdict != "unchanged_by_version"]
    for row in noted[:_NOTED_SHOWN]:
        name = f"{called(row.type)} {whole_words(row.source_name, 200)}"
        lines.append(wrapped(f"{row.outcome} {name} ({row.target})", "  . ", " " * 6))
        lines += reasoned(row.reason_code or "", row.reason or "")
    if len(noted) > _NOTED_SHOWN:
        lines.append(f"  … and {len(noted) - _NOTED_SHOWN} more with a note in the report")
    lines += [wrapped(f"Warning: {whole_words(text)}", "", "  ") for text in found.warnings[:_NOTED_SHOWN]]
    if len(found.warnings) > _NOTED_SHOWN:
        lines.append(f"  … and {counted('more warning', len(found.warnings) - _NOTED_SHOWN)} in the report")
    lines += not_copied(found.not_copied)
    lines += [wrapped(f"Rows: {whole_words(text)}", "", "  ") for text in rows_compared(found)[:_NOTED_SHOWN]]
    if not found.consistent:
        lines.append("THE NUMBERS DO NOT ADD UP: treat this run as failed")
    return "\n".join(lines)


def _causes(found: Reconciliation) -> list[str]:
    """What needs somebody, a cause once: how many documents it stops, what to do, and how to try them again."""
    lines = []
    for cause in found.causes:
        behind = f", {cause.dependent_rows} behind" if cause.dependent_rows else ""
        stopped = f"{cause.kind.replace('_', ' ')} {counted('document', cause.root_rows)}{behind}"
        lines.append(wrapped(f"{stopped}: {whole_words(cause.says)}", "  ! ", " " * 6))
        if cause.told and cause.told != cause.sentence:
            lines.append(wrapped(whole_words(cause.told), " " * 6, " " * 6))
        rows = [row for row in found.rows if cause.n in (row.cause, *row.also)]
        names = ", ".join(f"{called(row.type)} {whole_words(row.source_name, 100)} ({row.target})" for row in rows[:3])
        lines += reasoned(cause.code, f"{names}{f' and {len(rows) - 3} more' if len(rows) > 3 else ''}", cause.fix)
        if cause.command:
            lines.append(f"      then: {one_line(cause.command, 400)}")  # in one line, to be pasted
    return lines


def _sum(total: Mapping[str, int], names: Sequence[str], whole: int) -> str:
    parts = [f"{total[name]} {name.replace('_', ' ')}" for name in names if total[name]]
    return f"{' + '.join(parts) or '0'} = {whole}"
