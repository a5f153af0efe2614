"""Functions of other packages that a plan or a command names, imported only where somebody allowed their package.

A function is named as ``package.module:function``, or by the name under which an installed package offers it: its entry
points of the groups ``sigma_migrate.rules`` and ``sigma_migrate.report_formats``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal

from migrate.errors import InvalidInput, Problem
from migrate.plan.checks import FUNCTION
from migrate.plan.model import Plan
from migrate.plan.rules import PythonRule
from migrate.text import one_line, visible

if TYPE_CHECKING:
    from migrate.rewrite.python_rules import Transform

ALLOW = "SIGMA_MIGRATE_ALLOW_PYTHON"
"""The variable that allows packages, separated by commas or spaces."""

Group = Literal["sigma_migrate.rules", "sigma_migrate.report_formats"]
"""What packages may offer: rules, from a document to a document, and formats, from the tree of a report to bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A function that somebody named: who wants it, what is ``written``, and where that stands in a plan."""

    wanted_by: str
    written: str
    group: Group
    where: str = ""
    place: tuple[str, int, int] = ("", 0, 0)

    def problem(self, code: str, message: str, fix: str) -> Problem:
        """Something wrong with it."""
        file, line, column = self.place
        return Problem(
            code=code,
            message=message,
            fix=fix,
            file=file,
            line=line,
            column=column,
            path=self.where,
            value=self.written,
        )


def allowed_in(environ: Mapping[str, str]) -> frozenset[str]:
    """The packages that the environment allows."""
    return frozenset(environ.get(ALLOW, "").replace(",", " ").split())


def functions_of(plan: Plan, allowed: Collection[str]) -> tuple[Transform, ...]:
    """The rules of a plan that are written in Python, ready to be asked. Raises InvalidInput as ``imported``."""
    rules = [(index, rule) for index, rule in enumerate(plan.rules) if isinstance(rule, PythonRule)]
    if not rules:
        return ()
    from migrate.rewrite.python_rules import Transform

    found = imported([_of_rule(plan, index, rule) for index, rule in rules], allowed)
    return tuple(
        Transform(name=rule.name, function=function, where=rule.where)
        for (_, rule), function in zip(rules, found, strict=True)
    )


def _of_rule(plan: Plan, index: int, rule: PythonRule) -> Named:
    where = f"rules.{index}.python"
    return Named(
        wanted_by=f"rule {rule.name!r}",
        written=rule.python,
        group="sigma_migrate.rules",
        where=where,
        place=plan.lines.get(where, ("", 0, 0)),
    )


def imported(named: Sequence[Named], allowed: Collection[str]) -> tuple[Callable[..., Any], ...]:
    """The functions, in this order.

    Nothing is imported unless all of them are allowed: a plan may come from a stranger. Raises InvalidInput with every
    one that is not, else with every one that cannot be had.
    """
    targets = [_target(one) for one in named]
    refused = [
        _refused(one, target)
        for one, target in zip(named, targets, strict=True)
        if isinstance(target, str) and not _is_allowed(target, allowed)
    ]
    if refused:
        raise InvalidInput(refused)
    found, problems = list[Callable[..., Any]](), list[Problem]()
    for one, target in zip(named, targets, strict=True):
        if isinstance(target, Problem):
            problems.append(target)
            continue
        try:
            found.append(_function(target))
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a package that cannot be imported is told, whatever it does
            why = one_line(f"{type(error).__name__}: {error}")
            fix = "install the package beside sigma-migrate, and write package.module:function"
            problems.append(one.problem("python_unusable", f"{target} cannot be had: {why}", fix))
    if problems:
        raise InvalidInput(problems)
    return tuple(found)


def _target(one: Named) -> str | Problem:
    """``package.module:function``, looked up in what is installed where a name was written; nothing is imported."""
    if ":" in one.written:
        return one.written
    from importlib.metadata import entry_points

    offered = sorted({point.value for point in entry_points(group=one.group, name=one.written)})
    if len(offered) == 1 and re.fullmatch(FUNCTION, offered[0]):
        return offered[0]
    if offered:
        what = "several installed packages offer" if len(offered) > 1 else "an installed package offers badly"
        message = f"{what} {one.written!r}: {visible(', '.join(offered), 200)}"
        return one.problem("python_unusable", message, "write package.module:function")
    names = ", ".join(sorted({visible(point.name, 60) for point in entry_points(group=one.group)})) or "none is"
    message = f"no installed package offers {one.written!r} ({one.group})"
    return one.problem("python_unusable", message, f"install the package beside sigma-migrate; offered: {names}")


def _is_allowed(target: str, allowed: Collection[str]) -> bool:
    return any(prefix in allowed for prefix in _packages(target.partition(":")[0]))


def _packages(module: str) -> Iterator[str]:
    """A module, and every package that it is in."""
    parts = module.split(".")
    for size in range(1, len(parts) + 1):
        yield ".".join(parts[:size])


def _function(target: str) -> Callable[..., Any]:
    module, _, name = target.partition(":")
    found: Callable[..., Any] = getattr(import_module(module), name)
    if not callable(found):
        raise TypeError(f"{name} is no function")
    return found


def _refused(one: Named, target: str) -> Problem:
    package = target.partition(":")[0].partition(".")[0]
    message = f"{one.wanted_by} runs {target}, and nobody allowed that"
    fix = f"look at what it does, then add --allow-python {package}, or set {ALLOW}={package}"
    return one.problem("python_not_allowed", message, fix)
