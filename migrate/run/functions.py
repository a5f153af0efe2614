"""The Python that a plan names, imported only where somebody allowed its package by name."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from importlib import import_module
from typing import TYPE_CHECKING

from migrate.errors import InvalidInput, Problem
from migrate.plan.model import Plan
from migrate.plan.rules import PythonRule
from migrate.text import one_line

if TYPE_CHECKING:
    from migrate.rewrite.python_rules import Function, Transform

ALLOW = "SIGMA_MIGRATE_ALLOW_PYTHON"
"""The variable that allows packages, separated by commas or spaces."""


def allowed_in(environ: Mapping[str, str]) -> frozenset[str]:
    """The packages that the environment allows."""
    return frozenset(environ.get(ALLOW, "").replace(",", " ").split())


def functions_of(plan: Plan, allowed: Collection[str]) -> tuple[Transform, ...]:
    """The rules of a plan that are written in Python, ready to be asked.

    Nothing is imported unless all of them are allowed: a plan may come from a stranger. Raises InvalidInput with every
    rule that is not, else with every one that cannot be had.
    """
    rules = [(index, rule) for index, rule in enumerate(plan.rules) if isinstance(rule, PythonRule)]
    refused = [_refused(plan, index, rule) for index, rule in rules if not _is_allowed(rule.python, allowed)]
    if refused:
        raise InvalidInput(refused)
    if not rules:
        return ()
    from migrate.rewrite.python_rules import Transform

    made, problems = list[Transform](), list[Problem]()
    for index, rule in rules:
        try:
            made.append(Transform(name=rule.name, function=_function(rule.python), where=rule.where))
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a package that cannot be imported is told, whatever it does
            why = one_line(f"{type(error).__name__}: {error}")
            message = f"{rule.python} cannot be had: {why}"
            fix = "install the package beside sigma-migrate, and write package.module:function"
            problems.append(_problem(plan, index, rule, "python_unusable", message, fix))
    if problems:
        raise InvalidInput(problems)
    return tuple(made)


def _is_allowed(named: str, allowed: Collection[str]) -> bool:
    return any(prefix in allowed for prefix in _packages(named.partition(":")[0]))


def _packages(module: str) -> Iterator[str]:
    """A module, and every package that it is in."""
    parts = module.split(".")
    for size in range(1, len(parts) + 1):
        yield ".".join(parts[:size])


def _function(named: str) -> Function:
    module, _, name = named.partition(":")
    found: Function = getattr(import_module(module), name)
    if not callable(found):
        raise TypeError(f"{name} is no function")
    return found


def _refused(plan: Plan, index: int, rule: PythonRule) -> Problem:
    package = rule.python.partition(":")[0].partition(".")[0]
    message = f"rule {rule.name!r} runs {rule.python}, and nobody allowed that"
    fix = f"look at what it does, then add --allow-python {package}, or set {ALLOW}={package}"
    return _problem(plan, index, rule, "python_not_allowed", message, fix)


def _problem(plan: Plan, index: int, rule: PythonRule, code: str, message: str, fix: str) -> Problem:
    where = f"rules.{index}.python"
    file, line, column = plan.lines.get(where, ("", 0, 0))
    return Problem(
        code=code, message=message, fix=fix, file=file, line=line, column=column, path=where, value=rule.python
    )
