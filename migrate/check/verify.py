"""Station 8: what landed is read back and checked, level by level. Reads only.

A check that could not run is ``not_verifiable``, never a pass. What is broken in the target is looked up
in the source before it counts against the copy.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from migrate.bundle.spec import parse_spec
from migrate.change.model import Outcome
from migrate.check.access import access
from migrate.check.causes import KINDS_OF_DIFFERENCE, place_of
from migrate.check.compare import shown
from migrate.check.data import data
from migrate.check.leftovers import foreign_ids
from migrate.check.levels import (
    Holders,
    Landed,
    NotAsked,
    Result,
    Scene,
    Sides,
    Unproven,
    columns,
    compile_,
    counts,
    exists,
    hash_,
    references,
    wiring,
)
from migrate.check.model import Difference, Finding, difference_of, most_telling
from migrate.check.packed import packed
from migrate.check.places import in_words
from migrate.check.security import security
from migrate.errors import AccessError, MigrateError, classified
from migrate.events import Listener, Stage, silent
from migrate.inventory.model import Key
from migrate.sigma import api
from migrate.sigma.workers import each
from migrate.tree import Json
from migrate.words import Level, LevelResult, Verdict

CHECKS: Mapping[Level, Callable[[Scene], Awaitable[Result]]] = {
    "exists": exists,
    "counts": counts,
    "hash": hash_,
    "references": references,
    "columns": columns,
    "compile": compile_,
    "security": security,
    "wiring": wiring,
    "access": access,
    "data": data,
}
"""What each level looks at."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What was found, and why checking ended before everything was checked, if it did."""

    findings: tuple[Finding, ...]
    trouble: AccessError | None = None


@dataclass(slots=True, kw_only=True)
class Checking:
    """The checks of one target: at which ``levels``, what was found so far, and whether the credentials were refused.

    ``foreign`` are the ids that should not stand in a copy, ``holders`` is what was asked about members on the way.
    """

    levels: Sequence[Level]
    foreign: frozenset[str]
    holders: Holders = field(default_factory=dict)
    findings: dict[Key, Finding] = field(default_factory=dict)
    refused: list[AccessError] = field(default_factory=list)

    async def look(self, outcome: Outcome, expected: Callable[[Outcome], Landed], sides: Sides) -> None:
        """Checks one document, unless the credentials were refused."""
        if self.refused:
            return
        try:
            document = expected(outcome)
            scene = Scene(
                document=document, sides=sides, body=document.body, foreign=self.foreign, holders=self.holders
            )
            self.findings[outcome.key] = await _finding(scene, self.levels)
        except AccessError as error:
            self.refused.append(error)


def checking(sides: Sides, levels: Sequence[Level]) -> Checking:
    """Checks of which none was made yet."""
    return Checking(levels=levels, foreign=foreign_ids(sides.source, sides.dest) | sides.copied)


async def verify(
    landed: Iterable[Outcome],
    expected: Callable[[Outcome], Landed],
    sides: Sides,
    begun: Checking,
    *,
    listener: Listener = silent,
    stop: Callable[[], bool] = lambda: False,
) -> Verified:
    """A finding for every landed document. One that cannot be checked is ``not_verifiable``, with the reason.

    ``expected`` says what should stand there; it is asked when the document is in turn, so that few are in memory.
    What was found already in what is ``begun`` is not looked for again. Once ``stop`` says so, or the credentials are
    refused, what was not begun is left without a finding, so that it counts as ``not_run``.
    """
    all_of_them = list(landed)
    todo = [outcome for outcome in all_of_them if outcome.key not in begun.findings]
    where, total = sides.dest.org, len(all_of_them)
    listener(Stage(name="verify", org=where, done=total - len(todo), total=total))

    async def one(outcome: Outcome) -> None:
        if stop():
            return
        await begun.look(outcome, expected, sides)
        listener(Stage(name="verify", org=where, done=len(begun.findings), total=total))

    await each(todo, one, workers=sides.client.width)
    found = tuple(begun.findings[outcome.key] for outcome in all_of_them if outcome.key in begun.findings)
    return Verified(findings=found, trouble=begun.refused[0] if begun.refused else None)


async def _finding(scene: Scene, levels: Sequence[Level]) -> Finding:
    """What every level found on one document; a level that fails to run, for whatever reason, is not_verifiable.

    Raises AccessError, which every other document would meet again.
    """
    outcome = scene.document.outcome
    results: dict[str, LevelResult] = {}
    differences: list[Difference] = []
    doubts: list[str] = []
    things: list[str] = []
    try:
        if scene.body is None:
            scene = replace(scene, body=await _read(scene.sides, outcome.key, outcome.target_id))
    except AccessError:
        raise
    except Exception as error:  # noqa: BLE001 - what nobody foresaw in one document concerns that document
        doubts.append(f"it could not be read back: {_told(error)}")
        things.append(_thing(error))
    for level in levels:
        if scene.body is None and level != "exists":
            results[level] = "not_verifiable"
            continue
        try:
            results[level], found = await CHECKS[level](scene)
            differences.extend(found)
        except NotAsked:
            continue
        except AccessError:
            raise
        except Exception as error:  # noqa: BLE001 - as above
            results[level] = "not_verifiable"
            doubts.append(f"the level {level} could not be checked: {_told(error)}")
            things.append(_thing(error))
    told = tuple(in_words(differences, scene.document.expected, scene.body))
    thing = next((one for one in things if one), "")
    judged = _judged(outcome, _levels(*results.items()), told, "; ".join(doubts))
    return replace(judged, thing=thing, differences=packed(most_telling(told), difference_of))


@lru_cache(maxsize=256)
def _levels(*results: tuple[str, LevelResult]) -> Mapping[str, LevelResult]:
    """The level with its result, one value for all documents that came to the same."""
    return dict(results)


def _told(error: Exception) -> str:
    return str(error) if isinstance(error, MigrateError | ValueError | Unproven) else str(classified(error))


def _thing(error: Exception) -> str:
    return error.thing if isinstance(error, MigrateError) else ""


async def _read(sides: Sides, key: Key, target_id: str) -> Json:
    """The body that stands in the target now."""
    answer = await api.read_spec(sides.client, key.kind, target_id, sides.dest.generation_of(key.kind))
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
        more = f" (and {len(real) - 1} more)" if len(real) > 1 else ""
        expected, read = shown(first.expected, first.found, longest=160, around=40)
        sides = f"expected {expected!r}, found {read!r}" if first.kind == "changed" else read or expected
        where = " ".join(part for part in (place_of(first), KINDS_OF_DIFFERENCE[first.kind]) if part)
        reason = f"{first.level}: {where} at {first.path}: {sides}{more}"
    return Finding(
        target=outcome.target,
        key=outcome.key,
        verdict=verdict,
        levels=results,
        differences=tuple(differences),
        reason_code=_REASON.get(verdict, ""),
        reason=reason,
    )
