"""Errors as a person should see them, and as JSON. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from migrate.errors import MOST_TOLD, InvalidInput, MigrateError, Problem, Refused
from migrate.text import one_line
from migrate.tree import Json


def error(failure: MigrateError) -> str:
    """An error as a person should see it: every problem, then what to do next."""
    if isinstance(failure, InvalidInput):
        return "\n".join(_each(failure.problems))
    lines = [f"Error [{failure.code}]: {one_line(failure.message, 600)}"]
    if isinstance(failure, Refused):
        lines += [f"  {line}" for line in _each(failure.problems)]
    if failure.next_action:
        lines.append(f"Next: {one_line(failure.next_action, 400)}")
    return "\n".join(lines)


def _each(problems: Sequence[Problem]) -> list[str]:
    """A line for each problem, as many as are told; then how many are not."""
    lines = [one_line(str(problem), 600) for problem in problems[:MOST_TOLD]]
    more = len(problems) - MOST_TOLD
    return [*lines, f"and {more} more: mend these first"] if more > 0 else lines


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
            "problems": [{name: getattr(problem, name) for name in names} for problem in problems[:MOST_TOLD]],
        }
    }


def ended_early(troubles: Mapping[str, MigrateError]) -> str:
    """What ended the work on targets early, or was in the way of the report, as lines for standard error."""
    return "".join(f"{name}: {error(trouble)}\n" for name, trouble in troubles.items())
