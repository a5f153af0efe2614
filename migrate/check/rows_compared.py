"""What the level ``data`` will ask for and what it looked at, as values with their sentences. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from migrate.check.model import Finding, RowsCompared
from migrate.inventory.model import Key
from migrate.kinds import KINDS, counts, in_words
from migrate.plan.proving import DataCheck, Verification

A_MINUTE = 400
"""Exports and downloads that Sigma takes of one organization in a minute (sigma-api section 2)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowsCost:
    """What comparing rows will cost one target: so many ``workbooks``, of each at most ``sample`` elements.

    ``elements`` is how many that are at most, ``requests`` how many both organizations are sent for them, where no
    export has to be waited for and none differs; ``minutes`` how long that takes at least at Sigma's own pace.
    """

    target: str
    workbooks: int
    sample: int
    called: tuple[str, ...]

    @property
    def elements(self) -> int:
        """How many elements are exported at most, each on both sides."""
        return self.workbooks * self.sample

    @property
    def requests(self) -> int:
        """For each element two exports and two downloads, and for each workbook its version."""
        return 4 * self.elements + self.workbooks

    @property
    def minutes(self) -> float:
        """How long the exports take at the pace that Sigma allows each of both organizations."""
        return 2 * self.elements / A_MINUTE

    @property
    def says(self) -> str:
        """All of it in one sentence."""
        return (
            f"the level data will export rows of at most {self.elements:,} elements on both sides"
            f" ({sample_rule(self.sample, self.called)}): up to {self.requests:,} requests, more where an export is not"
            f" ready at once or differs, and no more than {A_MINUTE} exports and downloads a minute, so at least"
            f" {self.minutes:.1f} minutes"
        )


def rows_cost(target: str, keys: Iterable[Key], verification: Verification) -> RowsCost | None:
    """What the level will cost where these documents are checked; None where nobody asked for it, or of nothing."""
    workbooks = sum(KINDS[key.kind].exports for key in keys)
    if "data" not in verification.levels or not workbooks:
        return None
    asked = verification.data
    return RowsCost(target=target, workbooks=workbooks, sample=asked.sample, called=asked.elements)


def rows_compared(target: str, findings: Sequence[Finding], asked: DataCheck) -> RowsCompared:
    """What the level looked at in one target, and what it said nothing of."""
    rest = [finding.key.kind for finding in findings if "data" not in finding.levels]
    return RowsCompared(
        target=target,
        looked_at=counts(finding.key.kind for finding in findings if "data" in finding.levels),
        not_exported=counts(kind for kind in rest if not KINDS[kind].exports),
        not_called=counts(kind for kind in rest if KINDS[kind].exports),
        sample=asked.sample,
        called=asked.elements,
        tolerance_percent=asked.tolerance_percent,
    )


def told(one: RowsCompared) -> Iterator[str]:
    """The same in sentences."""
    yield (
        f"the level data looked at rows of {in_words(one.looked_at)}, both sides as they stood at that moment:"
        f" {sample_rule(one.sample, one.called)}; figures may differ by {one.tolerance_percent:g}%"
    )
    if any(one.not_exported.values()):
        yield f"the level data says nothing of {in_words(one.not_exported)}: Sigma exports no rows of them"
    if any(one.not_called.values()):
        unnamed = in_words(one.not_called)
        yield f"the level data says nothing of {unnamed}: none of their elements is called as verify.data.elements says"


def sample_rule(sample: int, called: Collection[str]) -> str:
    """Which elements are compared, in words."""
    named = f" called {' or '.join(called)}" if called else ""
    return f"of each workbook at most {sample} elements{named}, chosen by their ids, the same in every run"
