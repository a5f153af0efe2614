"""Foreign text made fit to be looked at: on one line, nothing invisible in it, not longer than it should be. Pure."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markupsafe import Markup

_INVISIBLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff"
    "\ufff0-\ufffb\ufffe\uffff\ud800-\udfff\U000e0000-\U000e007f]"
)
"""Control characters, line ends, characters without width, and the marks that turn the direction of the text.

The two joiners stay: names in Persian and many emoji are made with them.
"""


def visible(text: object, width: int = 200) -> str:
    """The text on one line with invisible characters written out (``\\u202e``), cut with a note of its length.

    Cutting keeps a character whole with its accents.
    """
    full = str(text)
    shown = _INVISIBLE.sub(_written, full[: width * 2])
    if len(full) <= width and len(shown) <= width * 2:
        return shown
    kept = shown[:width]
    while kept and unicodedata.combining(shown[len(kept) : len(kept) + 1] or "a"):
        kept = kept[:-1]
    return f"{kept}… ({len(full):,} characters)"


def named(name: object, width: int = 200) -> str:
    """A name as ``visible`` shows it; one that would look like nothing is said to be none."""
    return visible(name, width) if str(name).strip() else "(no name)"


def _written(match: re.Match[str]) -> str:
    code = ord(match[0])
    names = {9: "\\t", 10: "\\n", 13: "\\r"}
    return names.get(code) or (f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}")


def safe_link(url: object) -> str:
    """The address where a browser may follow it: https, or http to this machine; else nothing."""
    text = str(url or "")
    if len(text) > 2000 or _INVISIBLE.search(text) or any(c in text for c in " \"'<>\\`"):
        return ""
    local = re.match(r"http://(localhost|127\.0\.0\.1)(:\d{1,5})?(/|\Z)", text)
    return text if text.startswith("https://") or local else ""


def ticks(text: object) -> Markup:
    """The text escaped for HTML, with what stands in backticks as code."""
    from markupsafe import Markup, escape

    parts = str(text).split("`")
    if len(parts) % 2 == 0:
        return escape(text)
    code = Markup("<code>{}</code>")
    return Markup("").join(code.format(part) if at % 2 else escape(part) for at, part in enumerate(parts))


def when(time: object) -> str:
    """``2026-11-22 23:27:19 UTC`` of an ISO time in UTC; any other text as it is."""
    text = str(time or "")
    match = re.fullmatch(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.\d+)?(?:Z|\+00:00)", text)
    return f"{match[1]} {match[2]} UTC" if match else visible(text) or "–"
