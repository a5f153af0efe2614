"""What of old runs may go: their reports, and what the ledger holds for nobody. What undo or settling needs stays."""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import get_args

from migrate.errors import InvalidInput, file_error
from migrate.ledger.book import Book
from migrate.ledger.retention import Spare
from migrate.plan.proving import Format
from migrate.report.render import CHECKSUMS, seal_of
from migrate.run.audit import NAME as AUDIT
from migrate.run.head import read_head

_OF_A_RUN = ("run.json", "changes.json", "undo.json", "source.gz", "client.html", CHECKSUMS, AUDIT)
_NEEDED = frozenset({"run.json", AUDIT})
"""What stays of a run that could still be taken back: where its plan is, and what it did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Old:
    """A run beyond those that are kept: the files of it that may go, and whether it could still be taken back."""

    id: str
    files: tuple[Path, ...]
    bytes: int
    undoable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruning:
    """What may go, or went."""

    runs: tuple[Old, ...] = ()
    kept: int = 0
    ledger: Spare = field(default_factory=Spare)


def prunable(book: Book, plan: str, reports: Path, keep: int) -> Pruning:
    """What may go of a plan's runs but for the newest ``keep`` ones, and those that have not ended."""
    ended = []
    for path in reports.glob("*/run.json"):
        try:
            run = read_head(path.parent).run
        except InvalidInput:
            continue  # whatever it is, it is not known to be old
        if run.get("plan") == plan and run.get("status") != "running":
            ended.append((str(run.get("started_at") or ""), path.parent))
    newest_first = [folder for _, folder in sorted(ended, reverse=True)]
    old = tuple(filter(None, (_old(book, folder) for folder in newest_first[keep:])))
    return Pruning(runs=old, kept=len(newest_first[:keep]), ledger=book.spare([one.id for one in old]))


def _old(book: Book, folder: Path) -> Old | None:
    """A run with what of it may go; None where nothing is left to go. Files that are not ours are not touched."""
    undoable = book.wrote(folder.name) and not book.taken_back(folder.name)
    sealed = _sealed(folder)
    ours = [
        path for path in sorted(folder.iterdir()) if path.is_file() and not path.is_symlink() and _is_ours(path, sealed)
    ]
    files = tuple(path for path in ours if not (undoable and path.name in _NEEDED))
    size = sum(path.stat().st_size for path in files)
    return Old(id=folder.name, files=files, bytes=size, undoable=undoable) if files else None


def _is_ours(path: Path, sealed: Container[str]) -> bool:
    """Whether we wrote a file: by its name, or, in the format of another package, as it is under the run's seal."""
    if path.name in _OF_A_RUN or path.name in {f"report.{name}" for name in get_args(Format)}:
        return True
    try:
        return path.name.startswith("report.") and seal_of(path) in sealed
    except OSError:
        return False  # what cannot be read is not known to be ours


def _sealed(folder: Path) -> frozenset[str]:
    """The lines of a run's checksums; none where they cannot be read."""
    try:
        return frozenset((folder / CHECKSUMS).read_text(encoding="utf-8").splitlines())
    except (OSError, UnicodeDecodeError):
        return frozenset()  # then nothing is known to be ours but by its name


def prune(book: Book, found: Pruning) -> None:
    """Removes it. Raises FileError where a file cannot be removed; the ledger is seen to first."""
    book.drop_spare([one.id for one in found.runs])
    for one in found.runs:
        _remove(one.files)


def _remove(files: Iterable[Path]) -> None:
    folders = set()
    for path in sorted(files, key=lambda path: path.name == "run.json"):  # a run is known for as long as it has files
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise file_error(error, path, doing="removed") from None
        folders.add(path.parent)
    for folder in folders:
        if not any(folder.iterdir()):
            folder.rmdir()
