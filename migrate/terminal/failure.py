"""Errors as a person should see them, and as JSON. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from migrate.errors import InvalidInput, MigrateError, Problem, Refused
from migrate.text import one_line
from migrate.tree import Json


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


def ended_early(troubles: Mapping[str, MigrateError]) -> str:
    """What ended the work on targets early, or was in the way of the report, as lines for standard error."""
    return "".join(f"{name}: {error(trouble)}\n" for name, trouble in troubles.items())
