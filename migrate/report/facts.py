"""A reconciliation as its readers ask for it: sums, what needs somebody, what stayed behind, what was checked. Pure.

Every format is made from these, so that no two of them can disagree.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from migrate.check.model import Reconciliation
from migrate.check.tally import is_good
from migrate.reasons import REASONS
from migrate.report.wording import EXIT_CODES, KINDS, LEVELS, RESOLUTIONS, RESULTS, counted
from migrate.report.wording import OUTCOMES as OUTCOME_WORDS
from migrate.report.wording import VERDICTS as VERDICT_WORDS
from migrate.tree import Json
from migrate.words import LANDED, OUTCOMES, VERDICTS

Row = Mapping[str, Json]

_URGENCY = ("failed", "mismatch", "blocked", "not_verifiable", "not_run", "not_attempted")
"""The states that need somebody, the most urgent first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum:
    """One sum of the proof: ``whole`` documents must be as many as all ``parts`` together."""

    of: str
    whole: int
    parts: tuple[tuple[str, int], ...]

    @property
    def adds_up(self) -> bool:
        """Whether it does."""
        return self.whole == sum(count for _, count in self.parts)

    @property
    def text(self) -> str:
        """``30 in scope = 27 created + 3 failed``; a sum that fails says ``is not``."""
        parts = " + ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in self.parts if count) or "0"
        return f"{self.whole:,} {self.of} {'=' if self.adds_up else 'is not'} {parts}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Rows or residuals of one reason code: what it means and what to do about all of them."""

    code: str
    sentence: str
    fix: str
    rows: tuple[Row, ...]


def sums(total: Mapping[str, int]) -> tuple[Sum, Sum]:
    """The two sums of contract section 6: outcomes against the scope, verdicts against what landed."""
    landed = sum(total[name] for name in LANDED)
    return (
        Sum(of="in scope", whole=total["in_scope"], parts=tuple((name, total[name]) for name in OUTCOMES)),
        Sum(of="in the target", whole=landed, parts=tuple((name, total[name]) for name in VERDICTS)),
    )


def grand_total(found: Reconciliation) -> dict[str, int]:
    """The totals of all targets together."""
    names = ("in_scope", *OUTCOMES, *VERDICTS)
    return {name: sum(total[name] for total in found.totals.values()) for name in names}


def attention(found: Reconciliation) -> tuple[Group, ...]:
    """Every row that needs somebody, by reason code: what went wrong before what was held up or is unproven."""
    bad = (row for row in found.rows if not is_good(row))
    groups = [_worded(group) for group in _grouped(bad, lambda row: str(row["reason_code"] or state(row)))]
    return tuple(sorted(groups, key=lambda group: min(map(_urgency, group.rows))))


def noted(found: Reconciliation) -> tuple[Group, ...]:
    """Rows that ended well and still carry a reason, such as what was skipped."""
    return _grouped(
        (row for row in found.rows if is_good(row) and row["reason_code"]), lambda row: str(row["reason_code"])
    )


def residual_groups(found: Reconciliation) -> tuple[Group, ...]:
    """What did not travel, by code, the most frequent first; ``fix`` is what to do where it is one thing for all."""
    groups = _grouped(found.residuals, lambda row: str(row["code"]))
    steps = [{str(row["next_action"]) for row in group.rows} for group in groups]
    return tuple(
        replace(group, fix=min(step) if len(step) == 1 else "") for group, step in zip(groups, steps, strict=True)
    )


def change_groups(found: Reconciliation) -> tuple[Group, ...]:
    """Changes besides mapped references, by name; each row is the document's row with the change's keys."""
    changes = (
        {"target": row["target"], "type": row["type"], "source_id": row["source_id"], "source_name": row["source_name"]}
        | change
        for row in found.rows
        for change in row["changes"]
    )
    return _grouped(changes, lambda change: str(change["code"]))


def _grouped(rows: Iterable[Row], code_of: Callable[[Row], str]) -> tuple[Group, ...]:
    """The rows by code, the most frequent first."""
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(code_of(row), []).append(row)
    ordered = sorted(groups.items(), key=lambda entry: (-len(entry[1]), entry[0]))
    return tuple(
        Group(
            code=code,
            sentence=REASONS[code].sentence if code in REASONS else "",
            fix=REASONS[code].fix if code in REASONS else "",
            rows=tuple(members),
        )
        for code, members in ordered
    )


def _urgency(row: Row) -> int:
    word = state(row)
    return _URGENCY.index(word) if word in _URGENCY else 0


def _worded(group: Group) -> Group:
    """The group with words for its state where its code has none of its own."""
    words = group.sentence or {**OUTCOME_WORDS, **VERDICT_WORDS}.get(state(group.rows[0]), "")
    return replace(group, sentence=words[:1].upper() + words[1:])


def state(row: Row) -> str:
    """The one word for how a row stands: its verdict where it landed, else its outcome."""
    return str(row["verdict"] if row["outcome"] in LANDED else row["outcome"])


def sentence(row: Row) -> str:
    """Why a row is as it is, in words; never empty for a row with a reason code."""
    if row["reason"]:
        return str(row["reason"])
    reason = REASONS.get(row["reason_code"] or "")
    return reason.sentence if reason else {**OUTCOME_WORDS, **VERDICT_WORDS}.get(state(row), "")


def command(found: Reconciliation, row: Row) -> str:
    """The command that tries or checks this one document again; empty where the plan has no file."""
    plan = str(found.run.get("plan_file") or "")
    if not plan:
        return ""
    verb = "verify" if row["outcome"] in LANDED else "apply"
    words = ["sigma-migrate", verb, plan, "--target", str(row["target"]), "--only", str(row["source_id"])]
    return shlex.join(words)


def coverage_table(found: Reconciliation) -> tuple[tuple[str, Mapping[str, int]], ...]:
    """References by catalogue row, each with its count by resolution, the most frequent row first."""
    table: dict[str, dict[str, int]] = {}
    for entry in found.coverage:
        counts = table.setdefault(str(entry["row"]), dict.fromkeys(RESOLUTIONS, 0))
        counts[entry["resolution"]] = counts.get(entry["resolution"], 0) + entry["count"]
    return tuple(sorted(table.items(), key=lambda item: (-sum(item[1].values()), item[0])))


def level_table(found: Reconciliation) -> tuple[tuple[str, Mapping[str, int]], ...]:
    """Every level with how it ended on what landed; ``not_asked`` counts the documents it was not asked for."""
    landed = [row for row in found.rows if row["outcome"] in LANDED]
    table = []
    for level in LEVELS:
        counts = {result: sum(row["levels"].get(level) == result for row in landed) for result in RESULTS}
        table.append((level, {**counts, "not_asked": sum(level not in row["levels"] for row in landed)}))
    return tuple(table)


def sources(found: Reconciliation) -> tuple[Row, ...]:
    """The organization that documents came from; none where they came from a bundle.

    A run that does not name its source shows every organization that is no target.
    """
    named = found.run.get("source")
    return tuple(org for org in found.orgs if org["alias"] == named or (not named and org["alias"] not in found.totals))


def targets(found: Reconciliation) -> tuple[Row, ...]:
    """The organizations that were written to, in the order of the totals."""
    by_alias = {org["alias"]: org for org in found.orgs}
    return tuple(by_alias.get(alias, {"alias": alias}) for alias in found.totals)


def seconds(run: Mapping[str, Json]) -> float | None:
    """How long the run took, in seconds; None where one of its times is missing or unreadable."""
    try:
        start, end = (datetime.fromisoformat(str(run[name])) for name in ("started_at", "finished_at"))
    except (KeyError, ValueError):
        return None
    return (end - start).total_seconds()


def headline(found: Reconciliation) -> tuple[str, str]:
    """The tone (``bad``, ``warn``, ``good`` or ``plain``) and the one sentence that a reader should take away.

    ``good`` is said only where every document ended well and everything that landed was checked.
    """
    total = len(found.rows)
    bad = [row for row in found.rows if not is_good(row)]
    if not found.consistent or found.exit_code == 70:
        return "bad", "The numbers of this run do not add up. Treat it as failed."
    if bad:
        broken = any(row["outcome"] == "failed" or row["verdict"] == "mismatch" for row in bad)
        verb = "needs" if len(bad) == 1 else "need"
        return "bad" if broken else "warn", f"{len(bad):,} of {counted(total, 'document')} {verb} attention."
    if found.run.get("status") != "complete":
        return "warn", f"The run did not finish ({found.run.get('status')}); what it did is below."
    if found.exit_code:
        return "warn", f"The run ended with exit code {found.exit_code}: {exit_words(found.exit_code)}."
    if not total:
        return "plain", "Nothing was in scope."
    return "good", _all_well(found.rows)


def _all_well(rows: Sequence[Row]) -> str:
    landed = sum(row["outcome"] in LANDED for row in rows)
    skipped = f"; {len(rows) - landed:,} skipped as the plan says" if landed < len(rows) else ""
    if not landed:
        return f"{counted(len(rows), 'document')} skipped as the plan says; nothing stands in the target."
    subject = "The document stands" if landed == 1 else f"All {landed:,} documents stand"
    broken = sum(row["verdict"] == "broken_in_source_too" for row in rows)
    also = f"; {broken:,} broken in the source too" if broken else ""
    return f"{subject} in the target and passed every check that was asked for{also}{skipped}."


def exit_words(code: int) -> str:
    """An exit code in words."""
    return EXIT_CODES.get(code, "see the exit codes in the documentation")


def kind(row: Row) -> str:
    """``workbook`` or ``data model``."""
    return KINDS.get(str(row["type"]), str(row["type"]))
