"""Files that are written whole or not at all, readable by their owner only."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Any

import orjson


def pretty(tree: Any) -> bytes:
    """A JSON tree as text for people and for git: indented, keys as they come, ending in a newline."""
    return orjson.dumps(tree, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def make_private(folder: Path) -> None:
    """Makes a folder and every missing one above it, all of them owner-only; what is there stays as it is."""
    if not folder.is_dir():
        make_private(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)


def write_private(path: Path, content: bytes) -> None:
    """Writes a file through a draft beside it, so that a reader sees the old text or the new one, never half.

    Missing folders are made, owner-only. Raises OSError where the place cannot be written.
    """
    make_private(path.parent)
    draft = path.with_name(f".{secrets.token_hex(8)}.part")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
