"""What taking back a run means: its entries x the target as it stands -> reversals. Pure.

Exactly what the run did and nothing else: what it created is deleted, what it replaced is restored, what it
moved goes back, and a folder it made is removed once it is empty. Whatever somebody touched since stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from migrate.kinds import counted
from migrate.ledger.model import Copy, Entry
from migrate.words import AROUND, OPEN_STATES, UndoResult, UndoVerb


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """How a document or folder stands in the target now; ``digests`` are those of its body, see ``Spec.digests``;
    ``children`` the ids right inside a folder.
    """

    name: str
    folder_id: str
    version: int = 0
    digests: frozenset[str] = field(default_factory=frozenset)
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
    result: UndoResult
    reason_code: str = ""
    reason: str = ""
    next_action: str = ""


def plan_undo(
    entries: Iterable[Entry],
    standing: Mapping[str, Seen],
    copies: Mapping[str, Copy],
    reversals: Iterable[Entry] = (),
) -> tuple[Reversal, ...]:
    """The reversals of a run's writes to one target, dependants first; none for what was taken back already.

    ``standing`` holds what is there now, by id; what is missing in it is gone. ``copies`` is the id map, by id in
    the target: a later run that was undone itself left the document as this run did. ``reversals`` are the writes by
    which this run was taken back so far. Documents were written after what they depend on, so the reverse of the order
    of writing is an order in which nothing is left dangling.
    """
    entries = [entry for entry in sorted(entries, key=lambda entry: entry.sequence) if _of_contents(entry)]
    back = {entry.undoes: entry for entry in reversals}
    unsure = tuple(_unsure(entry) for entry in entries if entry.state in OPEN_STATES)
    by_target: dict[str, list[Entry]] = {}
    for entry in entries:
        if entry.state == "done" and entry.reversed_by is not None:
            by_target.setdefault(entry.target_id, []).append(entry)
    documents = [target_id for target_id, writes in by_target.items() if writes[0].kind != "folder"]
    folders = [target_id for target_id, writes in by_target.items() if writes[0].kind == "folder"]
    planned = [
        one
        for target_id in reversed(documents)
        for one in _document(by_target[target_id], standing.get(target_id), copies.get(target_id), back)
    ]
    # What was moved into a folder that the run made was elsewhere before, so moving it back takes it out.
    leaving = {one.target_id for one in planned if one.verb in ("delete", "move-back")}
    for target_id in reversed(folders):
        first = by_target[target_id][0]
        if first.sequence not in back:
            one = _folder(first, standing.get(target_id), leaving)
            leaving |= {target_id} if one.verb == "remove-folder" else set()
            planned.append(one)
    return (*unsure, *planned)


def _of_contents(entry: Entry) -> bool:
    """Whether a write is to a document or folder that was to stand, not round it, nor out of the way."""
    return entry.kind not in AROUND and entry.verb != "archive"


def plan_unarchive(entries: Iterable[Entry], reversals: Iterable[Entry] = ()) -> tuple[Reversal, ...]:
    """The reversals of what a run archived, the last first; none for what was taken out of the bin already."""
    back = {entry.undoes for entry in reversals}
    archived = [entry for entry in entries if entry.verb == "archive" and entry.sequence not in back]
    unsure = [_unsure(entry) for entry in archived if entry.state in OPEN_STATES]
    done = sorted((entry for entry in archived if entry.state == "done"), key=lambda entry: -entry.sequence)
    return (*unsure, *(Reversal(verb="unarchive", entry=one, why="the run archived it") for one in done))


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What stands round a document or folder now, and what stood there before the first write of a run.

    A right, the id of an owner or a version, empty for nothing; ``now`` is None where what it stood round is gone.
    ``stuck`` says why it cannot be brought back.
    """

    now: str | None
    before: str
    stuck: str = ""


def plan_undo_around(
    entries: Iterable[Entry], standing: Mapping[tuple[str, str], Around], reversals: Iterable[Entry] = ()
) -> tuple[Reversal, ...]:
    """The reversals of a run's grants and owners, the last first; ``standing`` is by (kind, source id).

    What somebody changed since stays. One that was taken back in part, because a right was lowered by two writes, is
    taken back to its end.
    """
    back = {entry.undoes for entry in reversals}
    writes: dict[tuple[str, str], list[Entry]] = {}
    planned: list[Reversal] = []
    for entry in sorted(entries, key=lambda one: one.sequence):
        if entry.kind in AROUND and entry.state in OPEN_STATES:
            planned.append(_unsure(entry))
        elif entry.kind in AROUND and entry.state == "done":
            writes.setdefault((entry.kind, entry.source_id), []).append(entry)
    for thing, done in reversed(writes.items()):
        there, first, begun = standing[thing], done[0], any(one.sequence in back for one in done)
        left = "" if done[-1].verb in ("revoke", "untag", "unschedule") else done[-1].name
        if there.now is None or there.now == there.before:
            planned += [] if begun else [_gone(first)]
        elif there.stuck:
            planned.append(
                Reversal(
                    verb="keep",
                    entry=first,
                    reason_code="tag_stays",
                    why=there.stuck,
                    next_action="take it off in Sigma, where that is wanted.",
                )
            )
        elif there.now == left or begun:
            planned.append(Reversal(verb="restore-access", entry=first, why="the run gave or took it"))
        else:
            planned.append(
                Reversal(
                    verb="keep",
                    entry=first,
                    reason_code="edited_since",
                    why=f"it was changed after the run ({left or 'nothing'} then, {there.now or 'nothing'} now)",
                    next_action="change it by hand, where that is wanted.",
                )
            )
    return tuple(planned)


def _unsure(entry: Entry) -> Reversal:
    return Reversal(
        verb="keep",
        entry=entry,
        reason_code="write_still_open",
        why=f"what became of this write is not certain{f' (it made {entry.target_id})' if entry.target_id else ''}",
        next_action="run apply again to settle it, or look at it in the target.",
    )


def _document(
    writes: Sequence[Entry], there: Seen | None, copy: Copy | None, back: Mapping[int, Entry]
) -> list[Reversal]:
    """What takes back the writes to one document; ``back`` are the reversals that were done, by what they took back."""
    todo = [entry for entry in _to_reverse(writes) if entry.sequence not in back]
    if not todo:
        return []
    if there is None:
        return [_gone(writes[0])]
    done = [*writes, *(back[entry.sequence] for entry in writes if entry.sequence in back)]
    touched = _touched(done, there, copy)
    return [touched] if touched is not None else [_reversal(entry) for entry in todo]


def _to_reverse(writes: Sequence[Entry]) -> list[Entry]:
    """The writes whose reversal takes back all: the creation alone, else the first move and the first replacement."""
    if writes[0].reversed_by == "delete":
        return [writes[0]]
    moves = [entry for entry in writes if entry.reversed_by == "move-back"]
    bodies = [entry for entry in writes if entry.reversed_by == "restore"]
    return [*moves[:1], *bodies[:1]]


def _reversal(entry: Entry) -> Reversal:
    match entry.reversed_by:
        case "delete":
            return Reversal(verb="delete", entry=entry, why="the run created it")
        case "move-back":
            return Reversal(verb="move-back", entry=entry, why="the run renamed or moved it")
        case _:
            return Reversal(verb="restore", entry=entry, why="the run replaced it")


def _gone(entry: Entry) -> Reversal:
    return Reversal(verb="keep", entry=entry, why="it is not there any more", reason_code="gone_already")


def _touched(done: Sequence[Entry], there: Seen, copy: Copy | None) -> Reversal | None:
    """Why a document has to stay: somebody edited, renamed or moved it since what was ``done`` to it by us."""
    last = max(done, key=lambda entry: entry.sequence)
    back_again = copy is not None and copy.digest_sent == last.digest_sent and copy.version_read == there.version
    edited = there.version != last.version_read and last.digest_read not in there.digests and not back_again
    if not edited and there.name == last.name and there.folder_id == last.folder_id:
        return None
    what = "edited" if edited else "renamed or moved"
    return Reversal(
        verb="keep",
        entry=done[0],
        reason_code="edited_since",
        why=f"it was {what} after the run (version {last.version_read} then, {there.version} now)",
        next_action="take that edit back first, or remove the document by hand.",
    )


def _folder(entry: Entry, there: Seen | None, leaving: set[str]) -> Reversal:
    if there is None:
        return _gone(entry)
    if there.children - leaving:
        return Reversal(
            verb="keep",
            entry=entry,
            reason_code="folder_in_use",
            why=f"it does not become empty: {counted('thing', len(there.children - leaving))} left in it",
            next_action="empty the folder, then remove it by hand.",
        )
    return Reversal(verb="remove-folder", entry=entry, why="the run made it, and nothing stays in it")
