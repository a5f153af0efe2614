"""``plan``: what apply would do, and a change set as text."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import click

from migrate.errors import Refused, SafetyStop, Usage
from migrate.kinds import called
from migrate.kinds import counted as so_many
from migrate.terminal.failure import ended_early
from migrate.terminal.lines import left_out, not_copied, pasted, reasoned, scope_lines, whole_words, wrapped
from migrate.terminal.options import FILE, ONLY, PlanChoice, Settings, give, global_options, plan_options
from migrate.terminal.session import with_migration
from migrate.terminal.streams import say
from migrate.text import join_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from migrate.change.actions import Action
    from migrate.change.model import ChangeSet, Doubt
    from migrate.change.obstacles import Obstacle
    from migrate.change.surroundings.rights import Right
    from migrate.inventory.model import Inventory, Key
    from migrate.migration import Migration
    from migrate.run.differing import Differing
    from migrate.run.planning import Planned
    from migrate.run.prepare import Prepared


@click.command()
@click.argument("plan_file", type=FILE)
@click.option("-o", "--out", type=FILE, default=None, help="Save the change set, sealed, to apply exactly this.")
@ONLY
@click.option("--diff", "differences", is_flag=True, help="Also what differs in each document that would be written.")
@click.option("--report", "page", type=FILE, default=None, help="Write plan.html and plan.xlsx into this folder.")
@click.option("--markdown", is_flag=True, help="The plan with its differences as a comment of a pull request.")
@click.option("--detailed-exitcode", is_flag=True, help="Exit 2 where there are changes.")
@plan_options
@global_options
def plan(
    settings: Settings,
    plan_file: Path,
    out: Path | None,
    only: str,
    differences: bool,
    page: Path | None,
    markdown: bool,
    detailed_exitcode: bool,
    choice: PlanChoice,
) -> int:
    """Read both sides and print what apply would do. Writes nothing to Sigma."""
    from dataclasses import asdict

    from migrate.change import seal
    from migrate.run.differing import differing_tree
    from migrate.run.plan_report import cost_of_rows, cost_tree, forecasts, write
    from migrate.terminal.differences import as_comment, as_lines

    if markdown and settings.output == "json":
        raise Usage("--markdown gives text, and --output json asks for JSON.", next_action="leave one of them out")

    async def look(migration: Migration) -> tuple[Planned, tuple[Differing, ...], tuple[Path, ...]]:
        made = await migration.plan(choice.targets, only)
        found = await migration.differing(made) if differences or markdown or page else ()
        return made, found, write(page, migration.plan_report(made, found)) if page else ()

    planned, differing, files = with_migration(settings, choice.load(plan_file), look)
    changes, costs = planned.changes, forecasts(planned)
    differing = differing if differences or markdown else ()
    if out is not None:
        seal.save(out, changes)
    lines = [
        change_set(changes, planned.ready, planned.source, verbose=settings.verbose),
        *[wrapped(f"About {whole_words(one.says)}.", "", "  ") for one in costs if one.most],
        *[f"Written: {file}" for file in files],
        *([""] if differing else []),
        *as_lines(differing),
    ]
    text = as_comment(changes, differing) if markdown else "\n".join(lines)
    more = {"differences": differing_tree(differing)} if differences else {}
    told = [
        {**asdict(one), "least": one.least, "most": one.most, "minutes": one.minutes, "says": one.says} for one in costs
    ]
    rows = [cost_tree(one) for ready in planned.ready.values() if (one := cost_of_rows(ready)) is not None]
    give(settings, text, lambda: {**seal.to_tree(changes), "forecast": told, "rows_forecast": rows, **more})
    if planned.stops:
        say(ended_early(planned.stops), folds=True)
        return SafetyStop.exit_code
    if blocked(changes):
        return Refused.exit_code
    if planned.out_of_sight:
        return 1
    return 2 if detailed_exitcode and writes(changes) else 0


_SHOWN = 200  # actions that are printed for a target, beside all that are blocked
_OFFERED = 2  # answers that are printed for a cause; resolve offers more


def change_set(
    changes: ChangeSet,
    ready: Mapping[str, Prepared] = MappingProxyType({}),
    source: Inventory | None = None,
    *,
    verbose: bool = False,
) -> str:
    """What a change set would do: what stops documents, every action that writes or is blocked, then counts a target.

    Of targets that were ``ready`` each cause ends in lines to paste into the plan.
    """
    from migrate.change.actions import Block, Keep, main_actions, name_of
    from migrate.change.obstacles import obstacles, stopping

    lines: list[str] = []
    for target in changes.targets:
        lines.append(f"Target {target.target}")
        prepared = ready.get(target.target)
        found = obstacles(target, prepared.view.missing if prepared else {})
        lines += _causes(found, prepared, source)
        stops = stopping(found)
        actions = [action for wave in target.waves for action in wave]
        shown = [a for a in actions if verbose or not isinstance(a, Keep)]
        names = {action.key: name_of(action) for action in main_actions(target.waves)}
        printed = [*shown[:_SHOWN], *(action for action in shown[_SHOWN:] if isinstance(action, Block))]
        lines += [line for action in printed for line in _action(action, stops, names)]
        if len(shown) > len(printed):
            lines.append(f"  … and {len(shown) - len(printed)} more that are not blocked (--output json lists all)")
        lines.append(wrapped(counted(actions), "  ", "  "))
        if unread := changes.unread.get(target.target):
            lines.append(wrapped(f"{unread} of the unchanged not read: the version is as before", "  ", "  "))
        lines += scope_lines(target.scope_changes)
        lines += _checking(prepared)
        lines += _doubts([one for one in changes.doubts if one.target == target.target])
        lines += (
            [wrapped(f"Dry runs of documents: {prepared.tried}", "  ", "    ")] if prepared and prepared.tried else []
        )
        lines.append("")
    lines += left_out(changes.left_out)
    lines += not_copied(changes.not_copied)
    lines += [wrapped(f"Warning: {whole_words(text)}", "", "  ") for text in changes.warnings]
    return "\n".join(lines).rstrip()


def _causes(found: Sequence[Obstacle], prepared: Prepared | None, source: Inventory | None) -> list[str]:
    """What stops documents, what frees most first: the thing, what to do once, and what could be pasted."""
    from migrate.run.decisions import decisions

    if not found:
        return []
    stopped = {key for one in found for key in (*one.direct, *one.behind)}
    lines = [f"  {len(stopped)} blocked by {len(found)} cause{'' if len(found) == 1 else 's'}"]
    told = decisions(prepared, source) if prepared and source else ()
    for number, one in enumerate(found, start=1):
        counts = f"stops {one.stopped}, frees {len(one.frees)}"
        lines.append(wrapped(f"{one.code}: {whole_words(one.message)} ({counts})", f"  {number:3} ! ", " " * 8))
        lines.append(wrapped(f"next: {whole_words(one.fix)}", " " * 8, " " * 10))
        for answer in told[number - 1].answers[:_OFFERED] if told else ():
            lines += pasted("        paste:", answer.patch, answer.says)
    return lines


def _checking(prepared: Prepared | None) -> list[str]:
    """What comparing rows will cost, where the plan asks for it."""
    from migrate.run.plan_report import cost_of_rows

    cost = cost_of_rows(prepared) if prepared else None
    return [wrapped(f"Checking: {whole_words(cost.says)}", "  ", "    ")] if cost else []


def _doubts(found: Sequence[Doubt]) -> list[str]:
    """Lines for what only the write can show, with how many documents it concerns."""
    told = ((f"{so_many('document', len(one.keys))}: {whole_words(one.why)} ({one.code})") for one in found)
    lines = [wrapped(text, "    ? ", " " * 6) for text in told]
    return ["  Only the write can show:", *lines] if lines else []


def _action(action: Action, stops: Mapping[Key, Sequence[int]], names: Mapping[Key, str]) -> list[str]:
    """One action as a line; a blocked one says which causes stop it, a skipped one why."""
    from migrate.change.actions import (
        Adopt,
        Archive,
        Block,
        Create,
        CreateFolder,
        HandOver,
        Keep,
        Move,
        Patch,
        Repoint,
        Schedule,
        Share,
        Skip,
        Tag,
        Update,
        draft_of,
        name_of,
    )

    if isinstance(action, CreateFolder):
        return [wrapped(f"folder {join_path(action.folder)}", f"  {action.sign} ", " " * 6)]
    sign = f"  {action.sign} "
    if isinstance(action, Archive):
        told = f"archive {called(action.kind)} {whole_words(action.name, 200)}: {action.why}"
        return [wrapped(told, sign, " " * 6)]
    name, draft = name_of(action), draft_of(action)
    first = f"{action.verb} {called(action.key.kind)} {whole_words(name, 200)}"
    first += f" in {whole_words(join_path(draft.folder), 200)}" if draft is not None and draft.folder else ""
    match action:
        case Block():
            numbers = [str(at + 1) for at in stops.get(action.key, ())]
            root = action.blocked_by
            waits = f"{called(root.kind)} {whole_words(names.get(root, root.id), 200)}" if root else ""
            behind = f", behind {waits}" if root else ""
            which = f"cause {', '.join(numbers)}" if numbers else f"{action.reason_code}: {action.why}"
            return [wrapped(f"{first}: {which}{behind}", sign, " " * 6)]
        case Skip():
            return [wrapped(first, sign, " " * 6), *reasoned(action.reason_code, action.why, action.next_action)]
        case Update() | Move() | Adopt() | Repoint():
            return [wrapped(f"{first}: {action.why}", sign, " " * 6)]
        case Share():
            given = ", ".join(_right(right) for right in action.rights)
            on = f"share folder {join_path(action.folder)}" if action.folder else first
            return [wrapped(f"{on}: {whole_words(given)}", sign, " " * 6)]
        case HandOver():
            return [wrapped(f"{first} to {whole_words(action.owner.name, 200)}", sign, " " * 6)]
        case Tag():
            told = ", ".join(f"{one.name} taken off" if one.off else one.name for one in action.tags)
            return [wrapped(f"{first}: {whole_words(told)}", sign, " " * 6)]
        case Schedule():
            told = ", ".join(f"{one.title!r} (paused)" for one in action.timetables)
            return [wrapped(f"{first}: {whole_words(told)}", sign, " " * 6)]
        case Create() | Patch() | Keep():
            return [wrapped(first, sign, " " * 6)]


def _right(right: Right) -> str:
    """One right in words: ``view to team Finance``, ``edit taken from ada@acme.com``."""
    who = f"{'team ' if right.kind == 'team' else ''}{right.name or right.id}"
    if not right.right:
        return f"{right.before} taken from {who}"
    return f"{right.right} to {who}" + (f" in place of {right.before}" if right.before else "")


def counted(actions: Iterable[Action]) -> str:
    """``3 to create, 1 to update, 20 unchanged, 0 blocked``."""
    from migrate.change.actions import Archive, CreateFolder, HandOver, Patch, Repoint, Schedule, Share, Tag, outcome_of

    counts: Counter[str] = Counter()
    for action in actions:
        match action:
            case CreateFolder() | Archive() | Patch() | Repoint() | Share() | HandOver() | Tag() | Schedule():
                counts[action.verb] += 1
            case _:
                counts[outcome_of(action)] += 1
    words = [
        ("archive", "to archive"),
        ("create-folder", "folder to create"),
        ("created", "to create"),
        ("updated", "to update"),
        ("renamed", "to move"),
        ("mapped", "mapped"),
        ("patch", "to link afterwards"),
        ("repoint", "to repoint if ids change"),
        ("share", "to share"),
        ("hand-over", "to hand over"),
        ("tag", "to tag"),
        ("schedule", "to schedule"),
        ("unchanged", "unchanged"),
        ("skipped", "skipped"),
        ("blocked", "blocked"),
    ]
    counts_in_words = (
        f"{so_many('folder', counts[name])} to create" if name == "create-folder" else f"{counts[name]} {text}"
        for name, text in words
        if counts[name]
    )
    return ", ".join(counts_in_words) or "nothing in scope"


def writes(changes: ChangeSet) -> int:
    """How many actions of a change set write to Sigma."""
    from migrate.change.actions import Repoint

    return sum(a.writes and not isinstance(a, Repoint) for t in changes.targets for wave in t.waves for a in wave)


def blocked(changes: ChangeSet) -> int:
    """How many documents of a change set are blocked."""
    from migrate.change.actions import Block

    return sum(isinstance(a, Block) for t in changes.targets for wave in t.waves for a in wave)
