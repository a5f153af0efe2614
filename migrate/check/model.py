"""Findings of the checks, and the reconciliation they add up to (contract section 6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from migrate.inventory.model import Key
from migrate.tree import Json
from migrate.words import LevelResult, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One difference between what should stand in the target and what does."""

    level: str
    path: str
    expected: str
    found: str
    kind: Literal["lost", "changed", "added", "normalised", "error"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What checking one landed document found. ``levels`` has each level that was asked for."""

    target: str
    key: Key
    verdict: Verdict
    levels: Mapping[str, LevelResult] = field(default_factory=dict)
    differences: tuple[Difference, ...] = ()
    reason_code: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciliation:
    """The whole report as data: the keys and shapes of contract section 6, ready to be dumped.

    ``consistent`` is False where the sums do not add up; the run then failed.
    """

    run: Mapping[str, Json]
    orgs: tuple[Mapping[str, Json], ...]
    totals: Mapping[str, Mapping[str, int]]
    rows: tuple[Mapping[str, Json], ...]
    residuals: tuple[Mapping[str, Json], ...]
    consistent: bool
    exit_code: int = 0
    coverage: tuple[Mapping[str, Json], ...] = ()
    warnings: tuple[str, ...] = ()
    left_out: Mapping[str, int] = field(default_factory=dict)
    """How many documents the selection passed over, by why: ``personal``, ``excluded``, ``archived``."""
