"""Foreign text made fit to be shown on one line, and folder paths as text. Pure.

A folder path is written ``Workspace/Folder/Sub``, with ``\\/`` for a slash inside a name and ``\\\\`` for a backslash
before one (contract section 2).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

INVISIBLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff"
    "\ufff0-\ufffb\ufffe\uffff\ud800-\udfff\U000e0000-\U000e007f]"
)
"""Control characters, line ends, characters without width, and the marks that turn the direction of the text.

The two joiners stay: names in Persian and many emoji are made with them.
"""


_ADDRESS = re.compile(r"[^\s@\"'<>(){}\[\],;:]{1,64}@[^\s@\"'<>(){}\[\],;:]{1,255}")


def without_addresses(text: str) -> str:
    """The text with every e-mail address taken out."""
    return _ADDRESS.sub("[an e-mail address]", text) if "@" in text else text


def cut(text: str, most: int) -> str:
    """The text with its end left out, shown by a ``…``, where it has more than ``most`` characters."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def one_line(text: object, width: int = 200) -> str:
    """The text on one line, invisible characters written out (``\\u202e``), with its ``…`` at most ``width`` long."""
    full = str(text)
    shown = INVISIBLE.sub(_written, full[: width + 1])
    return shown if len(full) <= width and len(shown) <= width else f"{_whole(shown, width - 1)}…"


def in_lines(text: str) -> str:
    """A text of several lines, their invisible characters written out: no name and no path in it moves a cursor."""
    return INVISIBLE.sub(lambda match: "\n" if match[0] == "\n" else _written(match), text)


def visible(text: object, width: int = 200) -> str:
    """The text as ``one_line``, but a cut one says how long it was: for reports, where nobody counts columns."""
    full = str(text)
    shown = INVISIBLE.sub(_written, full[: width * 2])
    if len(full) <= width and len(shown) <= width * 2:
        return shown
    return f"{_whole(shown, width)}… ({len(full):,} characters)"


def named(name: object, width: int = 200) -> str:
    """A name as ``visible`` shows it; one that would look like nothing is said to be none."""
    return visible(name, width) if str(name).strip() else "(no name)"


def _whole(text: str, width: int) -> str:
    """The beginning of a text; the last character keeps its accents or goes with them."""
    kept = text[:width]
    while kept and unicodedata.combining(text[len(kept) : len(kept) + 1] or "a"):
        kept = kept[:-1]
    return kept


def _written(match: re.Match[str]) -> str:
    code = ord(match[0])
    names = {9: "\\t", 10: "\\n", 13: "\\r"}
    return names.get(code) or (f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}")


@lru_cache(maxsize=4096)
def split_path(text: str) -> tuple[str, ...]:
    """The names of a folder path, outermost first; slashes at either end count for nothing."""
    names = [""]
    position = 0
    while position < len(text):
        char = text[position]
        if char == "\\" and text[position + 1 : position + 2] in ("/", "\\"):
            position += 1
            names[-1] += text[position]
        elif char == "/":
            names.append("")
        else:
            names[-1] += char
        position += 1
    return tuple(name for name in names if name)


def join_path(names: Iterable[str]) -> str:
    """The text of a folder path; ``split_path`` gives the names back."""
    return "/".join(name.replace("\\", "\\\\").replace("/", "\\/") for name in names)
