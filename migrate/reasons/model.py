"""The shape of a reason code."""

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
