"""Three ways for one grant: what we gave last, what the source says now, what stands in the target. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from migrate.inventory.access import Grantee, rank

Drift = Literal["fail", "keep", "overwrite"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Right:
    """What one grantee of the target is to be allowed: ``right``, empty to take it away; ``before`` is what stood."""

    kind: Literal["member", "team"]
    id: str
    name: str
    right: str
    before: str = ""

    @property
    def grantee(self) -> Grantee:
        """Who is meant."""
        return self.kind, self.id


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What is to be written to one document or folder, what stands there afterwards, and what people changed.

    ``kept`` are rights of ours that the source does not show any more, and that stay.
    """

    rights: tuple[Right, ...] = ()
    after: Mapping[Grantee, str]
    drifted: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()


def compared(
    wanted: Mapping[Grantee, str],
    there: Mapping[Grantee, str],
    last: Mapping[Grantee, str],
    names: Mapping[Grantee, str],
    drift: Drift,
    *,
    follow: bool,
) -> Standing:
    """The difference to write, by grantee -> right of the three sides.

    A right that people gave or raised there stays theirs; one of ours that they changed is told, and written anew only
    where the plan says to overwrite. One of ours that the source shows no more is taken away only if the plan is to
    ``follow``: an account may be shown fewer grants than there are.
    """
    rights: list[Right] = []
    drifted: list[str] = []
    kept: list[str] = []
    after = dict(there)
    for grantee in sorted({*wanted, *last}):
        want, stands, ours = wanted.get(grantee, ""), there.get(grantee, ""), last.get(grantee, "")
        if want == stands:
            continue
        if ours and stands != ours:
            drifted.append(f"{ours} of {_called(grantee, names)} was {_change(ours, stands)}")
            if drift != "overwrite" or not want:
                continue
        elif not ours and rank(want) < rank(stands):
            continue
        elif not want and not follow:
            kept.append(f"{stands} of {_called(grantee, names)}")
            continue
        rights.append(Right(kind=grantee[0], id=grantee[1], name=names.get(grantee, ""), right=want, before=stands))
        if want:
            after[grantee] = want
        else:
            after.pop(grantee, None)
    return Standing(rights=tuple(rights), after=after, drifted=tuple(drifted), kept=tuple(kept))


def _called(grantee: Grantee, names: Mapping[Grantee, str]) -> str:
    return f"{'team ' if grantee[0] == 'team' else ''}{names.get(grantee) or grantee[1]}"


def _change(ours: str, stands: str) -> str:
    return f"changed to {stands} in the target since" if stands else "taken away in the target since" if ours else ""
