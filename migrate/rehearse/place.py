"""Where a rehearsal keeps what it needs on disk: a folder that nobody else can read, and that is gone afterwards.

What a killed process left is taken away by the next one: the kernel lets go of its lock, however it ended.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from migrate.errors import file_error

_START = "sigma-migrate-rehearsal-"
_LOCK = "in-use"


@contextmanager
def private_place(above: Path | None = None) -> Iterator[Path]:
    """A new folder of ours, removed at the end; in the system's place for such by default.

    Raises FileError where none can be made.
    """
    above = above or Path(tempfile.gettempdir())
    _sweep(above)
    try:
        folder = Path(tempfile.mkdtemp(prefix=_START, dir=above))  # 0700
        handle = os.open(folder / _LOCK, os.O_CREAT | os.O_RDWR, 0o600)
    except OSError as error:
        raise file_error(error, above) from None
    _hold(handle)
    try:
        yield folder
    finally:
        os.close(handle)
        shutil.rmtree(folder, ignore_errors=True)


def _hold(handle: int) -> bool:
    """Takes the lock of an open file, unless somebody has it."""
    try:
        import fcntl
    except ImportError:  # a system that has no such locks: nothing is ever taken for left behind
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _sweep(above: Path) -> None:
    """Removes the places of processes that are gone; those of other people, and what is no folder, stay."""
    with suppress(OSError):
        for folder in above.glob(f"{_START}*"):
            status = folder.lstat()
            if folder.is_dir() and not folder.is_symlink() and status.st_uid == _me():
                _remove_left(folder)


def _remove_left(folder: Path) -> None:
    with suppress(OSError):
        handle = os.open(folder / _LOCK, os.O_RDWR | getattr(os, "O_NOFOLLOW", 0))
        try:
            if _hold(handle):
                shutil.rmtree(folder, ignore_errors=True)
        finally:
            os.close(handle)


def _me() -> int:
    return os.getuid() if hasattr(os, "getuid") else -1
