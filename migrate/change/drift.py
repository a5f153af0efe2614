"""Three ways: what was last applied, what the source says now, and what stands in the target now. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal

from migrate.change.view import (
    TargetView,
    described,
    drift_of,
    edited_since,
    item_of,
    known_ids,
    same_as_sent,
    same_words,
)
from migrate.inventory.model import Key
from migrate.ledger.model import Copy
from migrate.rewrite.model import Drafted, IdMap

SourceState = Literal["same", "changed", "gone", "not_visible", "not_listed", "not_selected", "unreadable"]
TargetState = Literal["same", "changed", "gone"]
Sides = Literal["same", "source_changed", "target_changed", "both_changed"]


_REASON: Mapping[SourceState, str] = {"gone": "source_gone", "not_visible": "source_not_visible"}
_UNLISTED: Mapping[str, SourceState] = {"gone": "gone", "not_visible": "not_visible"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """One copy seen three ways; ``told`` says in words what happened to it in the target.

    ``source`` compares what would be sent now with what was sent last, so a changed mapping of the plan counts too.
    ``gone`` is proven by asking for it; ``not_visible`` is refused to these credentials, ``not_listed`` is neither.
    """

    target: str
    kind: str
    source_id: str
    target_id: str
    name: str
    source: SourceState
    standing: TargetState
    told: str = ""

    @property
    def reason_code(self) -> str:
        """What to look up where the source is not listed any more; empty otherwise."""
        return _REASON.get(self.source, "")

    @property
    def outcome(self) -> Sides:
        """Which of the two sides moved since the last time."""
        here, there = self.source in ("changed", "gone"), self.standing != "same"
        if here and there:
            return "both_changed"
        if here:
            return "source_changed"
        return "target_changed" if there else "same"


def drifts(view: TargetView, alive: Collection[Key]) -> tuple[Drift, ...]:
    """Every copy that the ledger knows in this target. ``alive`` are the documents that the source has now."""
    ids = known_ids(view)
    living = {(key.kind, key.id) for key in alive}
    drafts: dict[tuple[str, str], Drafted] = {(key.kind, key.id): draft for key, draft in view.drafts.items()}
    unreadable = {(key.kind, key.id) for key in view.unreadable}
    found = []
    for place, copy in sorted(view.snapshot.copies.items()):
        if copy.kind == "folder":
            continue
        draft = drafts.get(place)
        source: SourceState = "not_selected"
        if draft is not None:
            same = same_as_sent(view, draft, copy)
            wanted = described(draft, copy, ids)
            as_told = wanted is None or same_words(wanted, copy.description or "")
            source = "same" if same and as_told and _named_as(copy, draft, view) else "changed"
        elif place in unreadable:
            source = "unreadable"
        elif place not in living:
            source = _UNLISTED.get(view.fates.get(place, ""), "not_listed")
        standing, told = _standing(view, draft, copy, ids)
        found.append(
            Drift(
                target=view.target,
                kind=copy.kind,
                source_id=copy.source_id,
                target_id=copy.target_id,
                name=copy.name,
                source=source,
                standing=standing,
                told=told,
            )
        )
    return tuple(found)


def _named_as(copy: Copy, draft: Drafted, view: TargetView) -> bool:
    """Whether our copy has the name it is to have, or the free one it got where that was taken."""
    numbered = view.policy.existing == "rename" and copy.name.startswith(f"{draft.name} (")
    return numbered or copy.name == draft.name


def _standing(view: TargetView, draft: Drafted | None, copy: Copy, ids: IdMap) -> tuple[TargetState, str]:
    item = item_of(view.dest, copy.kind, copy.target_id)
    if item is None:
        return "gone", "no longer there"
    if item.archived:
        return "gone", "archived in the target since"
    moved = drift_of(draft, copy, item, ids, edited=edited_since(view, copy, item))
    around = view.rounds.get(draft.key) if draft is not None else None
    told = " and ".join([*([moved] if moved else []), *(around.drifted if around else ())])
    return ("changed" if told else "same"), told
