"""Where things are: the repository, its own documents, and the real ones that may lie beside it."""

from __future__ import annotations

from pathlib import Path

REPOSITORY = Path(__file__).parents[2]


def beside(name: str) -> Path:
    """The folder ``shared/<name>`` next to the repository or to a folder that holds it; it need not exist."""
    found = [above / "shared" / name for above in REPOSITORY.parents if (above / "shared" / name).is_dir()]
    return found[0] if found else REPOSITORY.parent / "shared" / name


REAL = beside("specs")
"""Real documents, read in place; no part of the repository."""

CORPUS = REPOSITORY / "tests" / "corpus"
"""Our own documents: every row of the catalogue and every kind of element, invented content."""


def document_files(*folders: Path) -> list[Path]:
    """The files of documents in these folders, by default our own and, where they are, the real ones."""
    wanted = folders or (CORPUS, REAL)
    found = (path for folder in wanted for path in sorted(folder.glob("*/*")))
    return [path for path in found if path.suffix in (".json", ".yaml")]


NEWER = beside("specs-2026-11")


def at_least(ours: int, real: int) -> int:
    """How many of something there must be: in our own documents alone, and where the real ones are there too."""
    return real if REAL.is_dir() else ours
