"""What taking back a run means: its entries x the target as it stands -> reversals. Pure.

Exactly what the run did and nothing else: what it created is deleted, what it replaced is restored, what it
moved goes back, and a folder it made is removed once it is empty. Whatever somebody touched since stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from migrate.ledger.model import Copy, Entry

UndoVerb = Literal["delete", "restore", "move-back", "remove-folder", "keep"]
Result = Literal["deleted", "restored", "moved_back", "removed", "kept", "failed", "not_attempted"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a document or folder stands in the target now; ``children`` are the ids right inside a folder."""

    name: str
    folder_id: str
    version: int = 0
    digest: str = ""
    children: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reversal:
    """One thing to take back. ``entry`` is the write that is undone; ``keep`` says why it is not."""

    verb: UndoVerb
    entry: Entry
    why: str
    reason_code: str = ""
    next_action: str = ""

    @property
    def target_id(self) -> str:
        """The document or folder meant."""
        return self.entry.target_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Undone:
    """What became of one reversal."""

    reversal: Reversal
    result: Result
    reason_code: str = ""
    reason: str = ""
    next_action: str = ""


def plan_undo(
    entries: Iterable[Entry], standing: Mapping[str, Standing], copies: Mapping[str, Copy]
) -> tuple[Reversal, ...]:
    """The reversals of a run's writes to one target, dependants first.

    ``standing`` holds what is there now, by id; what is missing in it is gone. ``copies`` is the id map, by id in
    the target: a later run that was undone itself left the document as this run did. Documents were written after what
    they depend on, so the reverse of the order of writing is an order in which nothing is left dangling.
    """
    by_target: dict[str, list[Entry]] = {}
    entries = sorted(entries, key=lambda entry: entry.sequence)
    unsure = tuple(_unsure(entry) for entry in entries if entry.state in ("intended", "sent"))
    for entry in entries:
        if entry.state == "done" and entry.verb in ("create", "update", "patch", "move"):
            by_target.setdefault(entry.target_id, []).append(entry)
    documents = [target_id for target_id, writes in by_target.items() if writes[0].kind != "folder"]
    folders = [target_id for target_id, writes in by_target.items() if writes[0].kind == "folder"]
    reversals = [
        one
        for target_id in reversed(documents)
        for one in _document(by_target[target_id], standing.get(target_id), copies.get(target_id))
    ]
    leaving = {one.target_id for one in reversals if one.verb == "delete"}
    for target_id in reversed(folders):
        one = _folder(by_target[target_id][0], standing.get(target_id), leaving)
        leaving |= {target_id} if one.verb == "remove-folder" else set()
        reversals.append(one)
    return (*unsure, *reversals)


def _unsure(entry: Entry) -> Reversal:
    return Reversal(
        verb="keep",
        entry=entry,
        reason_code="write_still_open",
        why=f"what became of this write is not certain{f' (it made {entry.target_id})' if entry.target_id else ''}",
        next_action="run apply again to settle it, or look at it in the target.",
    )


def _document(writes: Sequence[Entry], there: Standing | None, copy: Copy | None) -> list[Reversal]:
    if there is None:
        return [Reversal(verb="keep", entry=writes[0], why="it is not there any more", reason_code="gone_already")]
    touched = _touched(writes, there, copy)
    if touched is not None:
        return [touched]
    if writes[0].verb == "create":
        return [Reversal(verb="delete", entry=writes[0], why="the run created it")]
    first = {"move": [w for w in writes if w.verb == "move"][:1], "body": [w for w in writes if w.verb != "move"][:1]}
    back = [Reversal(verb="move-back", entry=entry, why="the run renamed or moved it") for entry in first["move"]]
    return back + [Reversal(verb="restore", entry=entry, why="the run replaced it") for entry in first["body"]]


def _touched(writes: Sequence[Entry], there: Standing, copy: Copy | None) -> Reversal | None:
    """Why a document has to stay: somebody edited, renamed or moved it since."""
    last = writes[-1]
    back_again = copy is not None and copy.digest_sent == last.digest_sent and copy.version_read == there.version
    edited = there.version != last.version_read and there.digest != last.digest_read and not back_again
    if not edited and there.name == last.name and there.folder_id == last.folder_id:
        return None
    what = "edited" if edited else "renamed or moved"
    return Reversal(
        verb="keep",
        entry=writes[0],
        reason_code="edited_since",
        why=f"it was {what} after the run (version {last.version_read} then, {there.version} now)",
        next_action="take that edit back first, or remove the document by hand.",
    )


def _folder(entry: Entry, there: Standing | None, leaving: set[str]) -> Reversal:
    if there is None:
        return Reversal(verb="keep", entry=entry, why="it is not there any more", reason_code="gone_already")
    if there.children - leaving:
        return Reversal(
            verb="keep",
            entry=entry,
            reason_code="folder_in_use",
            why=f"{len(there.children - leaving)} thing(s) in it stay",
            next_action="empty the folder, then remove it by hand.",
        )
    return Reversal(verb="remove-folder", entry=entry, why="the run made it, and nothing stays in it")
