"""Files that are written whole or not at all, readable by their owner only; and files read up to a limit."""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Iterable
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from migrate.errors import file_error
from migrate.secret import RING


def pretty(tree: Any) -> bytes:
    """A JSON tree as text for people and for git: indented, keys as they come, ending in a newline."""
    return orjson.dumps(tree, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def joined(parts: Iterable[bytes]) -> bytes:
    """The parts one after the other. None is kept beside the next: what the JSON writer gives takes many times its
    length until it is let go.
    """
    made = BytesIO()
    for part in parts:
        made.write(part)
    return made.getvalue()


def open_regular(path: Path) -> BinaryIO:
    """A file opened for reading its bytes. Raises OSError, also for a pipe, device or folder, which might never end."""
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    mode = os.fstat(handle).st_mode
    if stat.S_ISREG(mode):
        return os.fdopen(handle, "rb")
    os.close(handle)
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    raise OSError(errno.EINVAL, "it is no regular file", str(path))


def read_regular(path: Path, *, most: int) -> bytes:
    """The bytes of a regular file. Raises OSError as ``open_regular``, and where there are more than ``most`` bytes."""
    content = bytearray()
    with open_regular(path) as file:
        size = os.fstat(file.fileno()).st_size
        while size <= most and (part := file.read(1 << 20)):  # what a read asks for is taken of memory at once
            content += part
            size = len(content)
    if size > most:
        raise OSError(errno.EFBIG, f"it is larger than {most // 1024} KiB", str(path))
    return bytes(content)


def real(path: Path) -> Path:
    """Where a path leads, links followed; of links in a circle the one where they meet, which raises nothing."""
    return Path(os.path.realpath(path))


def make_private(folder: Path) -> None:
    """Makes a folder and every missing one above it, all of them owner-only; what is there stays as it is.

    Raises FileError where it cannot be made.
    """
    try:
        _make(folder)
    except OSError as error:
        raise file_error(error, folder, doing="made") from None


def _make(folder: Path) -> None:
    if not folder.is_dir():
        _make(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)


def write_private(path: Path, content: bytes) -> None:
    """Writes a file through a draft beside it, so that a reader sees the old text or the new one, never half.

    What the run knows as secret is taken out. Missing folders are made, owner-only.
    Raises FileError where the place cannot be written; nothing is left there.
    """
    write_parts(path, [content])


def write_parts(path: Path, parts: Iterable[bytes]) -> None:
    """The same of a file that is made part by part; no part ends in the middle of a text."""
    make_private(path.parent)
    draft = path.with_name(f".{os.urandom(8).hex()}.part")
    try:
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(handle, "wb") as file:
                file.writelines(map(RING.bytes_without, parts))
            draft.replace(path)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise file_error(error, path) from None


_DRAFT = re.compile(r"\.[0-9a-f]{16}\.part\Z")


def remove_drafts(folder: Path) -> None:
    """Removes the drafts that a killed ``write_private`` left in a folder; nothing that has another name."""
    for entry in folder.iterdir() if folder.is_dir() else ():
        if _DRAFT.match(entry.name) and entry.is_file() and not entry.is_symlink():
            entry.unlink(missing_ok=True)
