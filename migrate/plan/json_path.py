"""JSONPaths of a plan (RFC 9535), whose ``match`` and ``search`` run by RE2. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from migrate.plan.regex import compiled
from migrate.tree import Json, Path

if TYPE_CHECKING:
    from jsonpath import JSONPathEnvironment
    from jsonpath.path import CompoundJSONPath, JSONPath


def broken(text: str) -> str:
    """What is wrong with a JSONPath, in a sentence, or nothing."""
    import jsonpath

    rooted = text.startswith("$")
    try:
        _query(text if rooted else f"$.{text}")
    except (jsonpath.JSONPathError, RecursionError, ValueError) as error:
        said = str(error).splitlines()[0] if str(error) else "it cannot be read"
        return f"this is not a JSONPath: {said}"
    return "" if rooted else "a JSONPath starts with $"


def found(text: str, body: Json) -> Iterator[Path]:
    """The place of every value of a body that a JSONPath finds. Raises jsonpath.JSONPathError for a broken one."""
    for match in _query(text).finditer(body):
        yield tuple(match.parts)


@lru_cache(maxsize=256)
def _query(text: str) -> JSONPath | CompoundJSONPath:
    return _environment().compile(text)


@cache
def _environment() -> JSONPathEnvironment:
    """RFC 9535 alone, without the package's own ``=~``, which runs by a backtracking engine."""
    import jsonpath
    from jsonpath.function_extensions import ExpressionType, FilterFunction

    class Whole(FilterFunction):
        """``match``: whether the whole text fits; a broken expression fits nothing (RFC 9535, 2.4.6)."""

        arg_types = [ExpressionType.VALUE, ExpressionType.VALUE]  # noqa: RUF012 - the package's own form
        return_type = ExpressionType.LOGICAL

        def __call__(self, value: object, expression: object) -> bool:
            return _fits(value, expression, whole=True)

    class Part(Whole):
        """``search``: whether the text holds a match."""

        def __call__(self, value: object, expression: object) -> bool:
            return _fits(value, expression, whole=False)

    environment = jsonpath.JSONPathEnvironment(strict=True)
    environment.function_extensions |= {"match": Whole(), "search": Part()}
    return environment


def _fits(value: object, expression: object, *, whole: bool) -> bool:
    if not (isinstance(value, str) and isinstance(expression, str)):
        return False
    try:
        regex = compiled(expression)
    except ValueError:
        return False
    return (regex.fullmatch(value) if whole else regex.search(value)) is not None
