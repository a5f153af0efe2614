"""Foreign addresses, marked text and times, as a page shows them. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from migrate.text import INVISIBLE, visible

if TYPE_CHECKING:
    from markupsafe import Markup


def safe_link(url: object) -> str:
    """The address where a browser may follow it: https, or http to this machine; else nothing."""
    text = str(url or "")
    if len(text) > 2000 or INVISIBLE.search(text) or any(c in text for c in " \"'<>\\`"):
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


def pasted(command: str) -> Markup:
    """A command line to copy, which is broken between words alone: a browser would break it inside of ``--target``."""
    from markupsafe import Markup

    return Markup(" ").join(
        Markup('<span class="word">{}</span>').format(word) for word in visible(command, 1200).split(" ")
    )


def when(time: object) -> str:
    """``2026-11-22 23:27:19 UTC`` of an ISO time in UTC; any other text as it is."""
    text = str(time or "")
    match = re.fullmatch(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.\d+)?(?:Z|\+00:00)", text)
    return f"{match[1]} {match[2]} UTC" if match else visible(text) or "–"
