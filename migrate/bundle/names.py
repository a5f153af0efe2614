"""File names that every file system takes, made from names that anybody may have typed."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

from migrate.kinds import KINDS
from migrate.text import INVISIBLE
from migrate.words import Kind

FOLDERS: Mapping[Kind, str] = {kind: row.folder for kind, row in KINDS.items()}

_UNSAFE = re.compile(rf"""(?:{INVISIBLE.pattern}|[<>:"/\\|?*\u200c\u200d])+""")
_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|conin\$|conout\$|com[\d¹²³]|lpt[\d¹²³]) *(\..*)?\Z", re.DOTALL)
_TAME_ID = re.compile(r"[0-9a-z-]{1,64}\Z")
_LONGEST = 80


def safe_name(name: str) -> str:
    """One path segment for a name: readable, never empty, never ``..``, at most 80 bytes as UTF-8."""
    text = _UNSAFE.sub("_", unicodedata.normalize("NFC", name))
    text = text.encode()[:_LONGEST].decode(errors="ignore").strip(" .")
    if not text or _RESERVED.match(text):
        text = f"_{text}"
    return text


def spec_path(kind: Kind, folders: Sequence[str], name: str, document_id: str, suffix: str) -> PurePosixPath:
    """Where a document's file stands inside a bundle. The id keeps names apart that look the same.

    An id that a file system could take for another one gets a digest of itself.
    """
    tame = bool(_TAME_ID.match(document_id))
    mark = document_id if tame else f"{safe_name(document_id)}.{hashlib.sha256(document_id.encode()).hexdigest()[:12]}"
    stem = f"{safe_name(name)}--{mark}"
    deep = [safe_name(folder) for folder in folders[:12]]
    return PurePosixPath(FOLDERS[kind], *deep, f"{stem}.{suffix}")
