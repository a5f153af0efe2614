"""What of a plan did nothing: entries of its map and rules that matched nothing in any document."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from migrate.errors import Problem
from migrate.plan.model import Plan
from migrate.rewrite.context import TargetContext
from migrate.rewrite.model import Drafted


def unmatched(plan: Plan, context: TargetContext, drafts: Iterable[Drafted]) -> tuple[Problem, ...]:
    """A warning for every entry and rule that none of the drafts of a target used.

    Entries whose source does not exist at all are among ``context.warnings`` already and left out here.
    """
    used: set[str] = set()
    for draft in drafts:
        used.update(draft.used)
        used.update(change.code for change in draft.changes)
    told = {warning.path.removesuffix(".from") for warning in (*context.warnings, *context.problems)}
    return tuple(
        _warning(plan, where, code, what)
        for where, sign, code, what in _entries(plan)
        if sign not in used and where not in told and not any(where.startswith(f"{each}.") for each in told)
    )


def _entries(plan: Plan) -> Iterator[tuple[str, str, str, str]]:
    """Every entry: its place, the sign of its use, the reason code, and what it is."""
    for index, connection in enumerate(plan.map.connections):
        where = f"map.connections.{index}"
        yield where, where, "map_unmatched", f"connection {connection.source!r} is read by no document in scope"
        for number, path in enumerate(connection.paths):
            inner = f"{where}.paths.{number}"
            name = ".".join(path.source)
            yield inner, inner, "map_unmatched", f"path {name!r} is read by no document in scope"
    for index, url in enumerate(plan.map.urls):
        where = f"map.urls.{index}"
        yield where, where, "map_unmatched", f"address {url.source!r} stands in no document in scope"
    for index, rule in enumerate(plan.rules):
        yield f"rules.{index}", f"rule:{rule.name}", "rule_unmatched", f"rule {rule.name!r} changed nothing"


def _warning(plan: Plan, where: str, code: str, message: str) -> Problem:
    file, line, column = plan.lines.get(where) or plan.lines.get(f"{where}.from", ("", 0, 0))
    fix = "correct or remove it"
    return Problem(code=code, message=message, fix=fix, file=file, line=line, column=column, path=where)
