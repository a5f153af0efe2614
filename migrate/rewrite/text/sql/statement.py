"""What one statement names: split into tokens, walked through, its columns given to their tables."""

from __future__ import annotations

from functools import lru_cache

from migrate.rewrite.text.sql.dialects import Dialect
from migrate.rewrite.text.sql.keywords import KEYWORDS
from migrate.rewrite.text.sql.reading import Reading
from migrate.rewrite.text.sql.tokens import split
from migrate.rewrite.text.sql.walk import Walk

_REMEMBERED = 20_000
"""Characters of the longest statement whose reading is kept; each is asked for several times."""


def read(statement: str, dialect: Dialect) -> Reading:
    """What a statement names. Nothing is raised: where it is no query or cannot be read, ``problem`` says why."""
    return _remembered(statement, dialect) if len(statement) <= _REMEMBERED else _read(statement, dialect)


@lru_cache(maxsize=256)
def _remembered(statement: str, dialect: Dialect) -> Reading:
    return _read(statement, dialect)


def _read(statement: str, dialect: Dialect) -> Reading:
    found = split(statement, dialect)
    if found.problem:
        return Reading(controls=found.controls, problem=found.problem)
    tokens = [token for token in found.tokens if token.kind not in ("space", "comment")]
    walk = Walk(statement, dialect, tokens, found.controls, KEYWORDS)
    problem = walk.run()
    if problem:
        return Reading(controls=found.controls, problem=problem)
    return walk.done()
