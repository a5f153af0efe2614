"""Reasons of stations 2 to 4 and 8 to 10, and of the program itself: reading, checking, files, the command line."""

from __future__ import annotations

from migrate.reasons.model import Reason

REASONS = (
    Reason(
        code="internal",
        sentence="The tool has a bug.",
        cause="Something happened that the program did not foresee.",
        fix="Run again with --log FILE and report the log; it holds no secrets.",
    ),
)
