"""A reconciliation as its readers ask for it: sums, what needs somebody, what stayed behind, what was checked. Pure.

Every format is made from these, so that no two of them can disagree.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Generic, TypeVar

from migrate.check.causes import KINDS_OF_DIFFERENCE, URGENCY, command, place_of
from migrate.check.model import Cause, Difference, Reconciliation, ReportRow
from migrate.check.rows_compared import told as told_of_rows
from migrate.reasons import REASONS
from migrate.report.display import when
from migrate.report.wording import (
    CARRIED,
    CHECKED,
    EXIT_CODES,
    KINDS,
    LEVELS,
    NOT_CARRIED,
    NOT_COMPARED,
    OTHER_ROWS,
    RESOLUTIONS,
    RESULTS,
    ROWS,
    counted,
)
from migrate.report.wording import OUTCOMES as OUTCOME_WORDS
from migrate.report.wording import VERDICTS as VERDICT_WORDS
from migrate.tree import Json
from migrate.words import FOUND_GOOD, GOOD_VERDICTS, LANDED, OUTCOMES, VERDICTS

if TYPE_CHECKING:
    from pandas import DataFrame

Entry = Mapping[str, Json]
"""A residual or a change with the document it belongs to."""

T = TypeVar("T")


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
class Group(Generic[T]):
    """Rows, residuals or changes of one code: what it means and what to do about all of them."""

    code: str
    sentence: str
    fix: str
    rows: tuple[T, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """A cause with its rows: those that show it, and those that only wait for one of them."""

    cause: Cause
    roots: tuple[ReportRow, ...]
    behind: tuple[ReportRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How one target stands: its documents, how many of them need somebody, and for which causes."""

    name: str
    whole: int
    bad: int
    causes: tuple[int, ...]
    total: Mapping[str, int]

    @property
    def states(self) -> tuple[tuple[str, int], ...]:
        """How many of its documents stand in each state, the urgent first; verdicts for what landed."""
        landed = sum(self.total[name] for name in VERDICTS)
        counts: dict[str, int] = {name: self.total[name] for name in (*OUTCOMES, *VERDICTS) if name not in LANDED}
        order: list[str] = [*URGENCY, *(name for name in counts if name not in URGENCY)]
        return tuple((name, counts[name]) for name in order if counts[name] and (landed or name in OUTCOMES))

    @property
    def proven(self) -> int:
        """How many of its documents were checked and are right."""
        return sum(self.total[name] for name in FOUND_GOOD)

    @property
    def landed(self) -> int:
        """How many of its documents stand in it."""
        return sum(self.total[name] for name in LANDED)


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


def standings(found: Reconciliation) -> tuple[Standing, ...]:
    """Every target, those with most documents that need somebody first; what only waits for other targets is last."""
    bad: dict[str, list[ReportRow]] = {target: [] for target in found.totals}
    for row in found.rows:
        if not row.good:
            bad.setdefault(row.target, []).append(row)
    made = [
        Standing(
            name=target,
            whole=total["in_scope"],
            bad=len(bad[target]),
            causes=tuple(sorted({n for row in bad[target] for n in (row.cause, *row.also) if n is not None})),
            total=total,
        )
        for target, total in found.totals.items()
    ]
    waiting = {target for target, rows in bad.items() if all(row.reason_code == "held_back" for row in rows)}
    return tuple(sorted(made, key=lambda one: (one.name in waiting, -one.bad, one.name)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    """Targets against documents, only where somebody is needed: names, a line a target, how much is left out.

    A cell is how the document stands in that target, empty where it is right, None where it was not asked for.
    """

    documents: tuple[str, ...]
    lines: tuple[tuple[str, tuple[str | None, ...]], ...]
    more_documents: int = 0
    more_targets: int = 0


def matrix(found: Reconciliation, *, targets: int = 40, documents: int = 15) -> Matrix | None:
    """The worst targets and the documents that are wrong in most of them; None where one target or document is all."""
    wrong: dict[str, int] = {}
    names: dict[str, str] = {}
    cells: dict[tuple[str, str], str] = {}
    for row in found.rows:
        cells[row.target, row.source_id] = "" if row.good else row.state
        names.setdefault(row.source_id, row.source_name)
        if not row.good:
            wrong[row.source_id] = wrong.get(row.source_id, 0) + 1
    bad = [one.name for one in standings(found) if one.bad]
    if len(bad) < 2 or len(wrong) < 2:
        return None
    chosen = sorted(wrong, key=lambda one: (-wrong[one], names[one], one))
    return Matrix(
        documents=tuple(names[one] for one in chosen[:documents]),
        lines=tuple((name, tuple(cells.get((name, one)) for one in chosen[:documents])) for name in bad[:targets]),
        more_documents=max(len(chosen) - documents, 0),
        more_targets=max(len(bad) - targets, 0),
    )


def lines(totals: DataFrame) -> tuple[Standing, ...]:
    """The lines of a table of totals, those with most documents that need somebody first."""
    made = []
    for name, row in totals.to_dict("index").items():
        total = {str(column): int(count) for column, count in row.items()}
        good = total["skipped"] + sum(total[verdict] for verdict in GOOD_VERDICTS)
        whole = total["in_scope"]
        made.append(Standing(name=str(name), whole=whole, bad=whole - good, causes=(), total=total))
    return tuple(sorted(made, key=lambda one: (-one.bad, -one.whole, one.name)))


def attention(found: Reconciliation) -> tuple[Stopped, ...]:
    """Every cause with its rows, the most urgent first: what went wrong before what was held up or is unproven."""
    rows: dict[int, list[ReportRow]] = {cause.n: [] for cause in found.causes}
    for row in found.rows:
        for n in (row.cause, *row.also) if row.cause is not None else ():
            rows[n].append(row)
    return tuple(
        Stopped(
            cause=cause,
            roots=tuple(row for row in rows[cause.n] if not waits(row, cause)),
            behind=tuple(row for row in rows[cause.n] if waits(row, cause)),
        )
        for cause in found.causes
    )


def waits(row: ReportRow, cause: Cause) -> bool:
    """Whether a row of a cause only waits for another row of it."""
    return row.reason_code == "blocked_by" and cause.code != "blocked_by"


def noted(found: Reconciliation) -> tuple[Group[ReportRow], ...]:
    """Rows that ended well and still carry a reason, such as what was skipped."""
    return _grouped((row for row in found.rows if row.good and row.reason_code), lambda row: row.reason_code or "")


def residual_groups(found: Reconciliation) -> tuple[Group[Entry], ...]:
    """What did not travel, by code, the most frequent first; ``fix`` is what to do where it is one thing for all."""
    groups = _grouped(found.residuals, lambda entry: str(entry["code"]))
    steps = [{str(entry["next_action"]) for entry in group.rows} for group in groups]
    return tuple(
        replace(group, fix=min(step) if len(step) == 1 else "") for group, step in zip(groups, steps, strict=True)
    )


def change_groups(found: Reconciliation) -> tuple[Group[Entry], ...]:
    """Changes besides mapped references, by name; each has its document's keys beside its own."""
    changes: Iterator[Entry] = (
        {"target": row.target, "type": row.type, "source_id": row.source_id, "source_name": row.source_name, **change}
        for row in found.rows
        for change in row.changes
    )
    return _grouped(changes, lambda change: str(change["code"]))


def _grouped(rows: Iterable[T], code_of: Callable[[T], str]) -> tuple[Group[T], ...]:
    """The rows by code, the most frequent first."""
    groups: dict[str, list[T]] = {}
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


def sentence(row: ReportRow) -> str:
    """Why a row is as it is, in words; never empty for a row with a reason code."""
    if row.reason:
        return row.reason
    reason = REASONS.get(row.reason_code or "")
    return reason.sentence if reason else {**OUTCOME_WORDS, **VERDICT_WORDS}.get(row.state, "")


def told(one: Difference) -> str:
    """A difference as a sentence: where it is, in words or as a path, and what it is."""
    return f"{place_of(one) or one.path} {KINDS_OF_DIFFERENCE[one.kind]}"


def said(row: ReportRow, cause: Cause) -> bool:
    """Whether the reason of a row says nothing that its cause does not."""
    return not row.reason or row.reason in (cause.told, cause.sentence)


def title(cause: Cause) -> str:
    """What is wrong, in one sentence: what its code or its state means, and with what."""
    if cause.sentence:
        return cause.says
    words = {**OUTCOME_WORDS, **VERDICT_WORDS}.get(cause.kind, cause.code)
    return f"{words[:1].upper()}{words[1:]}{cause.thing and ': '}{cause.thing}"


def since(cause: Cause) -> str:
    """Since when a cause is there, in words; empty where no run came before."""
    if not cause.runs:
        return ""
    return "New in this run" if cause.runs == 1 else f"There since {when(cause.first_seen)}, in {cause.runs} runs"


def since_before(found: Reconciliation) -> Mapping[tuple[str, str], str]:
    """``new``, ``healed`` or ``still`` of each document, by target and source id, against the run before."""
    before = found.previous
    if before is None:
        return {}
    told = (("new", before.new), ("healed", before.healed), ("still", before.still))
    return {place: word for word, places in told for place in places}


def compared_words(found: Reconciliation) -> str:
    """What is otherwise than in the run before, in one sentence; empty where there was none."""
    before = found.previous
    if before is None:
        return ""
    counts = (
        (before.new, "newly in need of somebody"),
        (before.healed, "healed"),
        (before.still, "as before"),
        (before.changed, "newer in the source"),
    )
    parts = [f"{counted(len(places), 'document')} {words}" for places, words in counts if places]
    parts += [f"{counted(len(before.new_causes), 'cause')} new"] if before.new_causes else []
    parts += [f"{counted(len(before.healed_causes), 'cause')} gone"] if before.healed_causes else []
    parts += [f"{before.not_looked_at:,} of that run not looked at"] if before.not_looked_at else []
    return f"Since run {before.run} ({when(before.at)}): {', '.join(parts) or 'nothing is otherwise'}."


def retry(found: Reconciliation, row: ReportRow) -> str:
    """The command that tries or checks this one document again; empty where the plan has no file."""
    return command(found.run, "verify" if row.landed else "apply", [row.target], row.source_id)


def coverage_table(found: Reconciliation) -> tuple[tuple[str, Mapping[str, int]], ...]:
    """References by catalogue row, each with its count by resolution, the most frequent row first."""
    table: dict[str, dict[str, int]] = {}
    for entry in found.coverage:
        counts = table.setdefault(str(entry["row"]), dict.fromkeys(RESOLUTIONS, 0))
        counts[entry["resolution"]] = counts.get(entry["resolution"], 0) + entry["count"]
    return tuple(sorted(table.items(), key=lambda item: (-sum(item[1].values()), item[0])))


def level_table(found: Reconciliation) -> tuple[tuple[str, Mapping[str, int]], ...]:
    """Every level with how it ended on what landed; ``not_asked`` counts the documents it was not asked for."""
    landed = [row for row in found.rows if row.landed]
    table = []
    for level in LEVELS:
        counts = {result: sum(row.levels.get(level) == result for row in landed) for result in RESULTS}
        table.append((level, {**counts, "not_asked": sum(level not in row.levels for row in landed)}))
    return tuple(table)


def not_carried(found: Reconciliation) -> tuple[str, ...]:
    """What no document's contents hold and this run did not carry, by what it says of itself."""
    carried = {CARRIED[name] for name in found.run.get("carried") or () if name in CARRIED}
    return tuple(one for one in NOT_CARRIED if one not in carried)


def rows_compared(found: Reconciliation) -> tuple[str, ...]:
    """What the level ``data`` looked at and said nothing of, in sentences, each with its target."""
    return tuple(f"{one.target}: {text}" for one in found.rows_compared for text in told_of_rows(one))


def not_compared(found: Reconciliation) -> tuple[str, ...]:
    """What no level looked at in this run."""
    rows = OTHER_ROWS if any("data" in row.levels for row in found.rows) else ROWS
    return rows, NOT_COMPARED


def sources(found: Reconciliation) -> tuple[Mapping[str, Json], ...]:
    """The organization that documents came from; none where they came from a bundle.

    A run that does not name its source shows every organization that is no target.
    """
    named = found.run.get("source")
    return tuple(org for org in found.orgs if org["alias"] == named or (not named and org["alias"] not in found.totals))


def targets(found: Reconciliation) -> tuple[Mapping[str, Json], ...]:
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

    ``good`` is said only where every document ended well and everything that landed was checked. A rehearsal says first
    that it is one, so that nobody takes it for what stands in Sigma.
    """
    tone, says = _headline(found)
    return tone, f"Rehearsal on local copies, nothing was written to Sigma. {says}" if is_rehearsal(found) else says


def _headline(found: Reconciliation) -> tuple[str, str]:
    """The same of a run of any kind."""
    total = len(found.rows)
    bad = [row for row in found.rows if not row.good]
    told = counted(len(found.causes), "cause")
    if not found.consistent or found.exit_code == 70:
        return "bad", "The numbers of this run do not add up. Treat it as failed."
    if bad:
        broken = any(row.outcome == "failed" or row.verdict == "mismatch" for row in bad)
        verb = "needs" if len(bad) == 1 else "need"
        where = _where(found, {row.target for row in bad})
        return (
            "bad" if broken else "warn",
            f"{len(bad):,} of {counted(total, 'document')}{where} {verb} attention: {told}.",
        )
    if found.run.get("status") != "complete":
        return "warn", f"The run did not finish ({found.run.get('status')}); what it did is below."
    left = sum(one.change == "left_scope" and bool(one.next_action) for one in found.scope_changes)
    if left and not found.exit_code:
        return "warn", f"{_all_well(found.rows)} {counted(left, 'document')} that was copied before left the selection."
    if found.exit_code:
        return "warn", f"The run ended with exit code {found.exit_code}: {exit_words(found.exit_code)}."
    if not total:
        return "plain", "Nothing was in scope."
    return "good", _all_well(found.rows)


def _where(found: Reconciliation, bad: Collection[str]) -> str:
    """In how many of the targets somebody is needed; nothing where there is one target."""
    return f", in {len(bad):,} of {len(found.totals):,} targets," if len(found.totals) > 1 else ""


def is_check(found: Reconciliation) -> bool:
    """Whether the run only looked: everything it says is about copies that were there before."""
    return found.run.get("kind") == "verify"


def is_rehearsal(found: Reconciliation) -> bool:
    """Whether the run worked on local copies of the organizations, so that nothing of it stands in Sigma."""
    return found.run.get("kind") == "rehearsal"


def eyebrow(found: Reconciliation) -> str:
    """What kind of report it is."""
    if is_check(found):
        return "Verification report: copies were read again, nothing was written"
    if is_rehearsal(found):
        return "Rehearsal: the plan carried out on local copies of the organizations, nothing was written to Sigma"
    return "Migration report"


def outcome_words(found: Reconciliation) -> Mapping[str, str]:
    """What the outcomes mean in this run."""
    return {**OUTCOME_WORDS, **CHECKED} if is_check(found) else OUTCOME_WORDS


def _all_well(rows: Sequence[ReportRow]) -> str:
    landed = sum(row.landed for row in rows)
    skipped = f"; {len(rows) - landed:,} skipped as the plan says" if landed < len(rows) else ""
    if not landed:
        return f"{counted(len(rows), 'document')} skipped as the plan says; nothing stands in the target."
    subject = "The document stands" if landed == 1 else f"All {landed:,} documents stand"
    passed_by = sum(row.verdict == "unchanged_by_version" for row in rows)
    if passed_by:
        return _partly_looked_at(subject, landed - passed_by, passed_by, skipped)
    broken = sum(row.verdict == "broken_in_source_too" for row in rows)
    also = f"; {broken:,} broken in the source too" if broken else ""
    return f"{subject} in the target and passed every check that was asked for{also}{skipped}."


def _partly_looked_at(subject: str, checked: int, passed_by: int, skipped: str) -> str:
    """The sentence of a run that passed by what did not change: nobody may take that for a check."""
    was = "was" if checked == 1 else "were"
    looked = f"{checked:,} {was} checked and passed; " if checked else ""
    those = "nobody looked at it" if passed_by == 1 and not checked else f"nobody looked at {passed_by:,} of them"
    return f"{subject} in the target; {looked}{those}, since by the versions nothing changed{skipped}."


def exit_words(code: int) -> str:
    """An exit code in words."""
    return EXIT_CODES.get(code, "see the exit codes in the documentation")


def kind(row: ReportRow) -> str:
    """Its kind in words, such as ``data model``."""
    return KINDS.get(str(row.type), str(row.type))
