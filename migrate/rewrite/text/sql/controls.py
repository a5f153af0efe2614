"""What stands between double braces in Custom SQL: the controls and directives that Sigma puts in when a query runs.

Forms (help pages on controls and on user attributes in Custom SQL): ``{{control}}``, ``{{#raw control}}``,
``{{#identifier [control]}}``, ``{{#formula …}}`` and ``{{system::CurrentUserAttributeText::attribute}}``, the last
also behind a directive.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from migrate.rewrite.text.formula import Span, closing

Where = Literal["code", "text", "name", "comment"]
"""What a control stands in: the statement itself, a literal, a quoted name, or a comment."""

_OPEN = re.compile(r"\{\{\s*+(?:(?P<formula>#formula\b)|(?P<plain>[^{}]*+)\}\})", re.IGNORECASE)
_INSIDE = re.compile(r"\s*+(?:#(?P<directive>\w++)\s*+)?")
_SYSTEM = re.compile(r"system\s*::\s*(?P<function>\w+)\s*(?:::(?P<argument>.*))?", re.IGNORECASE | re.DOTALL)
_QUOTES = ('""', "''", "``", "[]")


@dataclass(frozen=True, slots=True)
class Control:
    """One ``{{…}}``: the span with its braces, the directive in lower case or none, what follows it and where."""

    span: Span
    directive: str
    body: str
    body_span: Span
    where: Where = "code"

    @property
    def name(self) -> str:
        """What the control is called, without the brackets that ``#identifier`` wants."""
        inner = self.body[1:-1] if self.body[:1] == "[" and self.body[-1:] == "]" else self.body
        return inner.strip()


@dataclass(frozen=True, slots=True)
class System:
    """A system control: its function, its argument, and the span of the argument; empty where it has none."""

    function: str
    argument: str
    span: Span


def controls_in(statement: str, start: int, end: int, where: Where) -> Iterator[Control]:
    """The controls between two places of a statement; each begins and ends there."""
    while (start := statement.find("{{", start, end)) >= 0:
        found = control_at(statement, start, end, where)
        if found is not None:
            yield found
        elif is_open_formula(statement, start):
            return
        start = found.span[1] if found else start + 1


def control_at(statement: str, start: int, end: int, where: Where = "code") -> Control | None:
    """The control that begins here and ends before ``end``, or None."""
    match = _OPEN.match(statement, start, end)
    if match is None:
        return None
    close = match.end() - 2 if match["formula"] is None else closing(statement, match.end(), end)
    if close < 0:
        return None
    inside = _INSIDE.match(statement, start + 2, close)
    begin = inside.end() if inside else start + 2
    body = statement[begin:close].rstrip()
    directive = (inside["directive"] or "").lower() if inside else ""
    return Control((start, close + 2), directive, body, (begin, begin + len(body)), where)


def is_open_formula(statement: str, start: int) -> bool:
    """Whether a ``{{#formula`` begins here, so that a missing end was looked for in all that follows."""
    match = _OPEN.match(statement, start)
    return match is not None and match["formula"] is not None


def system(control: Control) -> System | None:
    """The system function that a control calls, or None."""
    match = _SYSTEM.fullmatch(control.body)
    if match is None:
        return None
    raw = match["argument"] or ""
    argument = raw.strip()
    begin = control.body_span[0] + max(match.start("argument"), 0) + len(raw) - len(raw.lstrip())
    if len(argument) > 1 and argument[0] + argument[-1] in _QUOTES:
        argument, begin = argument[1:-1], begin + 1
    return System(match["function"], argument, (begin, begin + len(argument)))
