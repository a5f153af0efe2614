"""Station 8: what landed is read back and checked, level by level. Reads only.

A check that could not run is ``not_verifiable``, never a pass. What is broken in the target is looked up
in the source before it counts against the copy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from migrate.bundle.spec import parse_spec
from migrate.change.model import Outcome
from migrate.check.leftovers import foreign_ids
from migrate.check.levels import CHECKS, Landed, Scene, Sides
from migrate.check.model import Difference, Finding
from migrate.errors import MigrateError
from migrate.events import Listener, Stage, silent
from migrate.inventory.model import Key
from migrate.sigma import api
from migrate.sigma.workers import each
from migrate.tree import Json
from migrate.words import Level, LevelResult, Verdict

_WORST: tuple[LevelResult, ...] = ("fail", "not_verifiable", "not_run", "inherited", "declared", "pass")
_VERDICT: Mapping[LevelResult, Verdict] = {
    "fail": "mismatch",
    "not_verifiable": "not_verifiable",
    "not_run": "not_run",
    "inherited": "broken_in_source_too",
    "declared": "match_declared",
    "pass": "match",
}
_REASON: Mapping[Verdict, str] = {
    "mismatch": "verification_mismatch",
    "not_verifiable": "not_verifiable",
    "broken_in_source_too": "broken_in_source_too",
}


async def verify(
    landed: Iterable[Landed],
    sides: Sides,
    levels: Sequence[Level],
    *,
    listener: Listener = silent,
    stop: Callable[[], bool] = lambda: False,
) -> tuple[Finding, ...]:
    """A finding for every landed document. One that cannot be checked is ``not_verifiable``, with the reason.

    Once ``stop`` says so, what was not begun is left without a finding, so that it counts as ``not_run``.
    """
    todo = list(landed)
    findings: dict[Key, Finding] = {}
    foreign = foreign_ids(sides.source, sides.dest)
    listener(Stage(name="verify", org=sides.dest.org, total=len(todo)))

    async def one(document: Landed) -> None:
        if stop():
            return
        findings[document.outcome.key] = await _finding(document, sides, levels, foreign)
        listener(Stage(name="verify", org=sides.dest.org, done=len(findings), total=len(todo)))

    await each(todo, one, workers=sides.client.width)
    return tuple(findings[document.outcome.key] for document in todo if document.outcome.key in findings)


async def _finding(document: Landed, sides: Sides, levels: Sequence[Level], foreign: frozenset[str]) -> Finding:
    """What every level found on one document; a level that fails to run is not_verifiable."""
    results: dict[str, LevelResult] = {}
    differences: list[Difference] = []
    reason = ""
    body: Json = None
    try:
        body = await _read(sides, document.outcome.key, document.outcome.target_id)
    except (MigrateError, ValueError) as error:
        reason = f"it could not be read back: {error}"
    scene = Scene(document=document, sides=sides, body=body, foreign=foreign)
    for level in levels:
        if body is None and level != "exists":
            results[level] = "not_verifiable"
            continue
        try:
            results[level], found = await CHECKS[level](scene)
            differences.extend(found)
        except MigrateError as error:
            results[level] = "not_verifiable"
            reason = reason or f"the level {level} could not be checked: {error}"
    return _judged(document.outcome, results, differences, reason)


async def _read(sides: Sides, key: Key, target_id: str) -> Json:
    """The body that stands in the target now."""
    answer = await api.read_spec(sides.client, key.kind, target_id, sides.dest.generation)
    return parse_spec(answer, Key(org=sides.dest.org, kind=key.kind, id=target_id)).body


def _judged(
    outcome: Outcome, results: Mapping[str, LevelResult], differences: Sequence[Difference], reason: str
) -> Finding:
    """The finding from the worst level; without any level asked for it is ``not_run``."""
    worst: LevelResult = next((level for level in _WORST if level in results.values()), "not_run")
    verdict = _VERDICT[worst]
    real = [difference for difference in differences if difference.kind != "normalised"]
    if not reason and verdict in _REASON and real:
        first = real[0]
        more = f" and {len(real) - 1} more" if len(real) > 1 else ""
        shown = first.found or first.expected
        if first.kind == "changed":
            shown = f"expected {first.expected!r}, found {first.found!r}"
        reason = f"{first.level}: {first.kind} at {first.path}: {shown}{more}"
    return Finding(
        target=outcome.target,
        key=outcome.key,
        verdict=verdict,
        levels=results,
        differences=tuple(differences),
        reason_code=_REASON.get(verdict, ""),
        reason=reason,
    )
