"""``assess``: what a selection holds, how ready it is, and worksheets to fill in."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from migrate.errors import Usage
from migrate.kinds import FEEDING, called, counted, plural
from migrate.terminal.lines import left_out, whole_words, wrapped
from migrate.terminal.options import FILE, PlanChoice, Settings, give, global_options, plan_options
from migrate.terminal.session import with_migration
from migrate.text import one_line

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from migrate.assess.model import Assessment
    from migrate.assess.worksheets import TablePaths
    from migrate.inventory.model import Inventory, Key
    from migrate.migration import Migration
    from migrate.plan.model import Plan

    Shown = tuple[Inventory | None, TablePaths]
    """What a target shows, and what its catalogs hold."""


@click.command()
@click.argument("plan_or_bundle", type=FILE)
@click.option("-o", "--out", type=FILE, default=None, help="A folder for page, note, JSON and worksheets.")
@click.option("--from", "seen", type=FILE, default=None, help="A folder of inventory: the target is not asked.")
@plan_options
@global_options
def assess(settings: Settings, plan_or_bundle: Path, out: Path | None, seen: Path | None, choice: PlanChoice) -> int:
    """How ready a plan's selection, or a bundle, is to travel; a --target only feeds the worksheets."""
    from migrate.assess.store import write
    from migrate.assess.tree import to_tree

    plan = _plan(plan_or_bundle, choice, seen)
    target = choice.targets[0] if choice.targets else ""
    look_back = looking_back("--from") if seen is not None else None

    async def look(migration: Migration) -> tuple[Assessment, *Shown]:
        found = await migration.assess()
        if seen is not None and look_back is not None:
            return found, *await look_back(seen, target, but=found.inventory.identity.organization_id)
        if not target:
            return found, None, {}
        there = await migration.look_at(target)
        return found, there, await migration.tables_at(there)

    found, there, tables = with_migration(settings, plan, look)
    written = write(out, found, there, tables) if out is not None else ()
    lines = [assessed(found)]
    if out is not None:
        lines += ["", f"Written to {out}: assessment.html, .md, .json, mapping.xlsx and mapping/*.csv"]
    give(settings, "\n".join(lines), lambda: to_tree(found) | {"files": [str(path) for path in written]})
    return 0


def _plan(path: Path, choice: PlanChoice, seen: Path | None) -> Plan:
    """The plan of a file, or one that selects a whole bundle. Raises Usage for flags that a bundle has no use for."""
    if len(choice.targets) > 1:
        raise Usage("assess looks at one target.", next_action="name one --target, or none")
    if not path.is_dir():
        return choice.load(path)
    if choice.settings or choice.orgs:
        raise Usage(
            f"{path} is a bundle: --set and --orgs need a plan.",
            next_action="leave them out, or write a plan whose source is this bundle",
        )
    if choice.targets and seen is None:
        raise Usage(
            f"{path} is a bundle, and names no address of {choice.targets[0]}.",
            next_action="add --from FOLDER that sigma-migrate inventory wrote, or write a plan with this bundle",
        )
    from migrate.plan.model import Plan

    return Plan.of_bundle(path)


def looking_back(option: str) -> Callable[..., Awaitable[tuple[Inventory, TablePaths]]]:
    """What looks into a folder of ``inventory``. Raises Usage where the sandbox is not installed."""
    try:
        from migrate.rehearse.look_back import look_back
    except ImportError as error:
        raise Usage(f"{option} needs {error.name}.", next_action="pip install 'sigma-migrate[sandbox]'") from None
    return look_back


def assessed(found: Assessment) -> str:
    """How ready the documents are, what stops them, what they need and are made of; JSON lists every place."""
    from migrate.assess.page import headline

    lines = [wrapped(headline(found)[1]), "", *_readiness(found)]
    if found.scope.needed:
        lines.append(f"  {counted(FEEDING.kind, len(found.scope.needed))} only because something in scope reads them")
    lines += [f"  {line}" for line in left_out(found.scope.left_out)]
    lines += [wrapped(f"Note: {whole_words(note)}", "  ", "    ") for note in found.inventory.notes]
    lines += _obstacles(found)
    lines += _needs(found)
    lines += _table("Elements", found.elements.items())
    lines += _table("Sources", found.sources.items())
    lines.append("References")
    lines += [
        wrapped(one.points_to, f"  {one.count:6}  {one.row:24} {one.resolution:12} ", " " * 47) for one in found.covered
    ]
    if found.raw:
        lines.append("Custom SQL that will fail")
        for one in found.raw:
            text = f"{one.key.about.singular} {_called(found, one.key)} {one.path}: {whole_words(one.raw)}"
            lines.append(wrapped(text, "  ", " " * 6))
    effort = found.effort
    lines.append(f"Effort of people: {effort.least} to {effort.most} hours, by the formula in docs/assess.md")
    return "\n".join(lines)


def _readiness(found: Assessment) -> list[str]:
    from migrate.assess.words import READINESS_MEANS, READINESS_WORDS

    return [
        wrapped(f"{READINESS_WORDS[state]}: {READINESS_MEANS[state]}", f"  {count:6}  ", " " * 10)
        for state, count in found.counts().items()
        if count
    ]


def _obstacles(found: Assessment) -> list[str]:
    lines = ["What stops documents"] if found.obstacles else []
    for one in found.obstacles:
        stops = len(one.direct) + len(one.behind)
        lines.append(wrapped(f"{one.code}: {whole_words(one.message)}", f"  {stops:6}  ", " " * 10))
        policy = f"; or decide policy.{one.policy}" if one.policy else ""
        lines.append(wrapped(f"next: {whole_words(one.fix)}{policy}", " " * 10, " " * 12))
    return lines


def _needs(found: Assessment) -> list[str]:
    from collections import Counter

    counts = Counter(need.kind for need in found.needs)
    return ["Needed in a target", *(f"  {count:6}  {_several(kind, count)}" for kind, count in counts.items())]


def _several(kind: str, count: int) -> str:
    """The noun for so many needs of a kind, such as ``user attributes``."""
    return plural(called(kind.replace("_", "-")).replace("-", " "), count)


def _called(found: Assessment, key: Key) -> str:
    """The name of a document, or its id where the organization shows none."""
    item = found.inventory.items.get(key)
    return repr(one_line(item.name, 60)) if item else key.id


def _table(title: str, rows: Iterable[tuple[str, int]]) -> list[str]:
    return [title, *(f"  {count:6}  {name}" for name, count in rows)]
