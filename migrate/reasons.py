"""Reason codes: what each means, why it happens, an example, and how to mend it.

Every row of a report that is not good carries one of these; ``sigma-migrate explain CODE`` prints it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One reason code in words."""

    code: str
    sentence: str
    cause: str
    fix: str
    example: str = ""


_TABLE = (
    Reason(
        code="internal",
        sentence="The tool has a bug.",
        cause="Something happened that the program did not foresee.",
        fix="Run again with --log FILE and report the log; it holds no secrets.",
    ),
    Reason(
        code="blocked_by",
        sentence="A document it needs was not copied.",
        cause="A data model or workbook it depends on failed or was blocked.",
        fix="Mend the cause named in the row it points to, then run apply again.",
    ),
)

REASONS = {reason.code: reason for reason in _TABLE}
"""Every reason code the program can report."""
