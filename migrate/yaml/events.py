"""The events of a YAML text, as both readers take them, and where a text that is no YAML goes wrong."""

from __future__ import annotations

from collections.abc import Iterator

import yaml

MALFORMED = (yaml.YAMLError, RecursionError, UnicodeError)
"""What reading the events of a text that is no YAML raises."""


def events(text: str) -> Iterator[yaml.Event]:
    """The events of a text, one by one, so that depth, size and aliases are bounded by whoever builds from them."""
    made: Iterator[yaml.Event] = yaml.parse(text, Loader=yaml.CSafeLoader)
    return made


def trouble(error: Exception, text: str) -> tuple[int, int, str]:
    """(line, column, the parser's words) of what makes a text no YAML; counted from 1."""
    said = str(getattr(error, "problem", None) or getattr(error, "reason", None) or "it cannot be read")
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    if mark is not None:
        return mark.line + 1, mark.column + 1, said
    at = getattr(error, "position", None)
    before = text[: at if isinstance(at, int) else 0]
    return before.count("\n") + 1, len(before) - before.rfind("\n"), said
