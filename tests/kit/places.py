"""Where things are: the repository, and the real documents that may lie beside it."""

from __future__ import annotations

from pathlib import Path

REPOSITORY = Path(__file__).parents[2]


def beside(name: str) -> Path:
    """The folder ``shared/<name>`` next to the repository or to a folder that holds it; it need not exist."""
    found = [above / "shared" / name for above in REPOSITORY.parents if (above / "shared" / name).is_dir()]
    return found[0] if found else REPOSITORY.parent / "shared" / name


REAL = beside("specs")
NEWER = beside("specs-2026-11")
