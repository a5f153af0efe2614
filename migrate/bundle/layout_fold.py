"""Folding a flat-era layout: tags renamed in place, unplaced elements appended, nothing else touched."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from xml.sax.saxutils import quoteattr, unescape

from migrate.tree import Json

_OLD_TAGS = {"LayoutElement": "Element", "GridContainer": "Container"}
_TAG = re.compile(r"<(/?)(LayoutElement|GridContainer)\b")
_ELEMENT_ID = re.compile(r"""\belementId\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_PAGE = re.compile(r"""<Page\b(?:[^>"']|"[^"]*"|'[^']*')*>""")
_PAGE_ID = re.compile(r"""(?<![\w-])id\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_COLUMNS = re.compile(r"""gridTemplateColumns\s*=\s*["']\s*repeat\(\s*(\d+)""")
_QUOTES = {"&quot;": '"', "&apos;": "'", "&#34;": '"', "&#39;": "'", "&#10;": "\n", "&#13;": "\r", "&#9;": "\t"}
_ROWS_EACH = 10
_PAGE_COLUMNS = 24


def fold_layout(layout: Json, members: Sequence[tuple[str, Sequence[str]]], counts: Counter[str]) -> Json:
    """The layout in today's tags with every element placed.

    ``members`` lists each page's id with the ids of its elements, which the flat form holds and the newer
    forms express only by the layout. An element that stands nowhere is appended below its page's last row;
    a page without layout gets one. The rest of the text stays byte for byte.
    """
    text = layout if isinstance(layout, str) else ""
    text, renamed = _TAG.subn(lambda m: f"<{m[1]}{_OLD_TAGS[m[2]]}", text)
    counts["layout-tags"] += renamed
    placed = {unescape(first or second, _QUOTES) for first, second in _ELEMENT_ID.findall(text)}
    for page_id, element_ids in members:
        missing = [element_id for element_id in element_ids if element_id not in placed]
        if missing or not _page_at(text, page_id):
            text = _append(text, page_id, missing)
            counts["layout-placed"] += len(missing)
    return text


def _page_at(text: str, page_id: str) -> re.Match[str] | None:
    """Where the page's opening tag stands; None where the layout has no such page."""
    for match in _PAGE.finditer(text):
        found = _PAGE_ID.search(match[0])
        if found and unescape(found[1] or found[2] or "", _QUOTES) == page_id:
            return match
    return None


def _append(text: str, page_id: str, element_ids: Sequence[str]) -> str:
    """The layout with these elements below all others of the page, the page made where it is missing."""
    page = _page_at(text, page_id)
    if page is None:
        opening = (
            f'<Page type="grid" gridTemplateColumns="repeat(24, 1fr)" gridTemplateRows="auto" id={quoteattr(page_id)}>'
        )
        glue = "" if not text or text.endswith("\n") else "\n"
        return f"{text}{glue}{opening}\n{_rows(element_ids, 1, _PAGE_COLUMNS)}</Page>\n"
    grid = _COLUMNS.search(page[0])
    wide = int(grid[1]) if grid else _PAGE_COLUMNS
    if page[0].endswith("/>"):
        return f"{text[: page.end() - 2].rstrip()}>\n{_rows(element_ids, 1, wide)}</Page>{text[page.end() :]}"
    close = text.find("</Page>", page.end())
    if close < 0:  # broken XML stays what it is; the server's refusal will name it
        return text
    inside = text[page.end() : close]
    last = max((int(end) for end in re.findall(r"""gridRow\s*=\s*["']\s*\d+\s*/\s*(\d+)""", inside)), default=1)
    return f"{text[:close]}{_rows(element_ids, last, wide)}{text[close:]}"


def _rows(element_ids: Sequence[str], first_row: int, wide: int) -> str:
    lines = []
    for index, element_id in enumerate(element_ids):
        start = first_row + index * _ROWS_EACH
        place = f'gridColumn="1 / {wide + 1}" gridRow="{start} / {start + _ROWS_EACH}"'
        lines.append(f"  <Element elementId={quoteattr(element_id)} {place}/>\n")
    return "".join(lines)
