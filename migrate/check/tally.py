"""Station 9: change set x outcomes x findings -> ``Reconciliation``: the report as data, sums checked. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from functools import lru_cache
from types import MappingProxyType

from migrate.change.actions import Block, DocumentAction, Skip, draft_of, key_of, main_actions, outcome_of, target_id_of
from migrate.change.model import ChangeSet, Outcome
from migrate.check.causes import caused
from migrate.check.mappings import audited
from migrate.check.model import Finding, Reconciliation, ReportRow
from migrate.check.packed import packed
from migrate.check.places import place_of_json_path
from migrate.check.replaced import Names, with_replaced
from migrate.errors import AccessError, FileError, LockHeld, MigrateError, SafetyStop, ServiceError, worst
from migrate.inventory.model import Item, Key
from migrate.plan.maps import Maps
from migrate.reasons import REASONS
from migrate.rewrite.model import Draft, Drafted, Resolution
from migrate.text import join_path
from migrate.tree import Json, json_path
from migrate.words import LANDED, OUTCOMES, VERDICTS, Verdict


def tally(
    *,
    run: Mapping[str, Json],
    changes: ChangeSet,
    outcomes: Sequence[Outcome],
    findings: Sequence[Finding],
    source: Mapping[Key, Item],
    orgs: Sequence[Mapping[str, Json]],
    names: Mapping[str, Names] = MappingProxyType({}),
    maps: Mapping[str, Maps] = MappingProxyType({}),
) -> Reconciliation:
    """The reconciliation: one row a document and target, totals a target, residuals, and whether it adds up.

    ``in_scope`` is counted from the change set, the outcomes from what happened, so that the two can
    disagree; a document without an outcome, or with two, makes the report inconsistent. ``names`` and ``maps`` are by
    target: what things are called, and what the plan says becomes of them.
    """
    found = {(finding.target, finding.key): finding for finding in findings}
    waves = _waves(changes)
    plain = [
        _row(
            outcome,
            found.get((outcome.target, outcome.key)),
            source.get(outcome.key),
            waves.get((outcome.target, outcome.key), 0),
            names.get(outcome.target, Names()),
        )
        for outcome in outcomes
    ]
    replaced, things = with_replaced(plain, outcomes, names)
    mappings = [each for t, of in maps.items() for each in audited(t, of, replaced, outcomes, things)]
    rows, causes = caused(replaced, run)
    totals = {t.target: _totals(t.target, changes, rows) for t in changes.targets}
    owners = {(key.kind, key.id): item.owner for key, item in source.items() if item.owner}
    residuals = tuple(
        {**handed_over(row, owners.get((row.type, row.source_id), "")), **residual}
        for row in rows
        for residual in row.residuals
    )
    consistent = all(adds_up(total) for total in totals.values()) and _one_outcome_each(changes, outcomes)
    return Reconciliation(
        run=run,
        orgs=tuple(orgs),
        totals=totals,
        rows=rows,
        residuals=residuals,
        causes=causes,
        things=things,
        mappings=tuple(mappings),
        consistent=consistent,
        exit_code=exit_code(rows, consistent=consistent),
        coverage=coverage(outcomes),
        warnings=changes.warnings,
        left_out=changes.left_out,
        not_copied=changes.not_copied,
        scope_changes=tuple(one for target in changes.targets for one in target.scope_changes),
    )


def adds_up(total: Mapping[str, int]) -> bool:
    """Whether outcomes sum to what was in scope, and verdicts to what landed (contract section 6)."""
    landed = sum(total[name] for name in LANDED)
    return sum(total[name] for name in OUTCOMES) == total["in_scope"] and sum(total[v] for v in VERDICTS) == landed


def _one_outcome_each(changes: ChangeSet, outcomes: Sequence[Outcome]) -> bool:
    planned = sorted((t.target, key) for t in changes.targets for key in in_scope(changes, t.target))
    return planned == sorted((outcome.target, outcome.key) for outcome in outcomes)


def in_scope(changes: ChangeSet, target: str) -> frozenset[Key]:
    """The documents a change set speaks of for one target."""
    return frozenset(
        key
        for t in changes.targets
        if t.target == target
        for wave in t.waves
        for action in wave
        if (key := key_of(action)) is not None
    )


def _totals(target: str, changes: ChangeSet, rows: Sequence[ReportRow]) -> dict[str, int]:
    mine = [row for row in rows if row.target == target]
    total = {"in_scope": len(in_scope(changes, target))}
    total |= {name: sum(row.outcome == name for row in mine) for name in OUTCOMES}
    total |= {name: sum(row.verdict == name for row in mine) for name in VERDICTS}
    moved = [one.change for t in changes.targets if t.target == target for one in t.scope_changes]
    return total | {"left_scope": moved.count("left_scope"), "new": moved.count("new")}


def _waves(changes: ChangeSet) -> Mapping[tuple[str, Key], int]:
    """The wave, from 1, in which each document's first action is."""
    found: dict[tuple[str, Key], int] = {}
    for target in changes.targets:
        for number, wave in enumerate(target.waves, start=1):
            for action in wave:
                key = key_of(action)
                if key is not None:
                    found.setdefault((target.target, key), number)
    return found


def handed_over(row: ReportRow, owner: str) -> dict[str, Json]:
    """What a residual says of its document: which it is, whom to ask, and where both are in Sigma."""
    return {
        "target": row.target,
        "type": row.type,
        "source_id": row.source_id,
        "source_name": row.source_name,
        "owner": owner,
        "source_url": row.source_url or "",
        "target_url": row.target_url or "",
    }


def _row(outcome: Outcome, finding: Finding | None, item: Item | None, wave: int, names: Names) -> ReportRow:
    """One row; its cause is found when all rows are there."""
    draft = outcome.draft
    landed = outcome.outcome in LANDED
    verdict: Verdict | None = (finding.verdict if finding else "not_run") if landed else None
    code = outcome.reason_code or (finding.reason_code if finding else "") or None
    thing = outcome.thing if outcome.reason_code else finding.thing if finding else ""
    reason = outcome.reason or (finding.reason if finding else "") or None
    if verdict == "not_run" and code is None:
        code, reason = "not_run", REASONS["not_run"].sentence
    return ReportRow(
        target=outcome.target,
        type=outcome.key.kind,
        source_id=outcome.key.id,
        source_name=item.name if item else (draft.name if draft else ""),
        source_path=join_path(item.path) if item else "",
        source_version=item.version if item else 0,
        target_id=outcome.target_id or None,
        target_name=outcome.target_name or (draft.name if draft and landed else None),
        target_path=join_path(outcome.target_path) or (join_path(draft.folder) if draft and landed else None),
        target_url=outcome.target_url or None,
        outcome=outcome.outcome,
        verdict=verdict,
        levels=finding.levels if finding else {},
        reason_code=code,
        reason=reason,
        next_action=outcome.next_action or (_next_action(code) if code else None),
        detail=finding.differences if finding else (),
        references=_references(draft),
        changes=packed(_changes(draft), dict) if draft else (),
        residuals=tuple({**asdict(r), "path": json_path(r.path)} for r in draft.residuals) if draft else (),
        depends_on=tuple(sorted({key.id for key in draft.needs if key != outcome.key})) if draft else (),
        attempts=outcome.attempts,
        request_id=outcome.request_id or None,
        duration_ms=outcome.duration_ms,
        source_url=(item.url or None) if item else None,
        wave=wave,
        blocked_by=outcome.blocked_by.id if outcome.blocked_by else None,
        problems=_problems(draft, names.whole(draft)) if draft and outcome.outcome in ("blocked", "skipped") else (),
        thing=thing,
    )


def _changes(draft: Drafted) -> Iterator[Mapping[str, Json]]:
    """What was changed beside references, each with its path as text."""
    return ({**asdict(change), "path": json_path(change.path)} for change in draft.changes)


def _problems(known: Drafted, draft: Draft | None) -> tuple[Mapping[str, Json], ...]:
    """Everything that keeps a document from being sent, each with its place in words where it has one inside.

    ``draft`` is the one with its body, None where that is not at hand.
    """
    words = place_of_json_path(draft.body if draft else {})
    return tuple(
        {"code": p.code, "message": p.message, "fix": p.fix, "path": p.path, "place": words(p.path), "thing": p.thing}
        for p in known.refusals
    )


def _next_action(code: str) -> str:
    reason = REASONS.get(code)
    return reason.fix if reason else f"see `sigma-migrate explain {code}`"


def _references(draft: Drafted | None) -> Mapping[str, int]:
    """How many references were mapped, kept as they are, or unknown."""
    counts = {"mapped": 0, "kept": 0, "unknown": 0}
    for _, resolution, count in draft.counts if draft else ():
        counts[_column(resolution)] += count
    return _counted_once(*counts.items())


@lru_cache(maxsize=4096)
def _counted_once(*counts: tuple[str, int]) -> Mapping[str, int]:
    """One value for all documents that count alike."""
    return dict(counts)


def _column(resolution: Resolution) -> str:
    if resolution in ("mapped", "by_name"):
        return "mapped"
    return "unknown" if resolution == "unknown" else "kept"


def coverage(outcomes: Sequence[Outcome]) -> tuple[Mapping[str, Json], ...]:
    """References by catalogue row and resolution over all documents of the run, most frequent first."""
    counts: dict[tuple[str, str], int] = {}
    for outcome in outcomes:
        for row, resolution, count in outcome.draft.counts if outcome.draft else ():
            counts[row, resolution] = counts.get((row, resolution), 0) + count
    return counted(counts)


def counted(counts: Mapping[tuple[str, str], int]) -> tuple[Mapping[str, Json], ...]:
    """References by (catalogue row, resolution) as a report lists them."""
    ordered = sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))
    return tuple({"row": row, "resolution": resolution, "count": count} for (row, resolution), count in ordered)


_NO_ACCESS = ("unauthorized", "bad_credentials", "access", "identity_unproven")
_FILE_CODES = ("file_trouble", "disk_full", "no_permission", "read_only_place", "file_in_the_way", "too_many_files")
RUN_STOPPED: Mapping[str, int] = {
    **dict.fromkeys(
        ("breaker", "held_back", "wrong_org", "safety_stop", "scope_shrunk", "delete_limit"), SafetyStop.exit_code
    ),
    **dict.fromkeys(_NO_ACCESS, AccessError.exit_code),
    **dict.fromkeys(_FILE_CODES, FileError.exit_code),
    "lock_held": LockHeld.exit_code,
    "ledger_unusable": ServiceError.exit_code,
    "internal": MigrateError.exit_code,
}
"""What stopped a run, as the reason its documents carry, and the exit code that calls for."""


def exit_code(rows: Sequence[ReportRow], *, consistent: bool) -> int:
    """The exit code the rows call for, before errors of the run itself (contract section 5)."""
    if not consistent:
        return MigrateError.exit_code
    outcomes = [row.outcome for row in rows]
    codes = {_stopped(row.reason_code or "") for row in rows if row.outcome in ("not_attempted", "failed")}
    if any(row.verdict == "mismatch" for row in rows):
        codes.add(8)
    if "blocked" in outcomes:
        codes.add(4 if all(name == "blocked" for name in outcomes) else 1)
    return worst(codes)


def _stopped(code: str) -> int:
    """The exit code of a reason for which a document was not attempted or failed; 1 where it is that document's own."""
    return AccessError.exit_code if code.startswith("credentials") else RUN_STOPPED.get(code, 1)


def foreseen(
    *,
    run: Mapping[str, Json],
    changes: ChangeSet,
    source: Mapping[Key, Item],
    orgs: Sequence[Mapping[str, Json]],
    names: Mapping[str, Names] = MappingProxyType({}),
    maps: Mapping[str, Maps] = MappingProxyType({}),
) -> Reconciliation:
    """A change set as a reconciliation in which nothing happened yet: outcomes as planned, and no verdicts.

    The reason of a row is why its action is planned. ``names`` and ``maps`` as in ``tally``.
    """
    outcomes = [_planned(one.target, action) for one in changes.targets for action in main_actions(one.waves)]
    made = tally(
        run=run, changes=changes, outcomes=outcomes, findings=(), source=source, orgs=orgs, names=names, maps=maps
    )
    rows, causes = caused([replace(row, verdict=None, cause=None, also=()) for row in made.rows], run)
    rows = tuple(
        replace(row, reason_code=None, reason=outcome.reason) if row.reason_code == "not_run" else row
        for row, outcome in zip(rows, outcomes, strict=True)
    )
    totals = {target: {**total, "not_run": 0} for target, total in made.totals.items()}
    return replace(made, rows=rows, causes=causes, totals=totals)


def _planned(target: str, action: DocumentAction) -> Outcome:
    draft = draft_of(action)
    stopped = action if isinstance(action, Block | Skip) else None
    return Outcome(
        target=target,
        key=action.key,
        outcome=outcome_of(action),
        draft=draft,
        blocked_by=action.blocked_by if isinstance(action, Block) else None,
        target_id=target_id_of(action),
        target_name=draft.name if draft is not None else "",
        target_path=draft.folder if draft is not None else (),
        reason_code=stopped.reason_code if stopped else "",
        reason=action.why,
        next_action=stopped.next_action if stopped else "",
        thing=stopped.thing if stopped else "",
    )
