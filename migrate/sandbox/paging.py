"""The two paging dialects, and lists that know none (sigma-api section 3)."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from migrate.sandbox.answers import ApiError, invalid
from migrate.sandbox.org import Json

DEFAULT_SIZE = 50
MOST = 1000

T = TypeVar("T")


def by_page(
    rows: Sequence[T], query: Mapping[str, str], show: Callable[[T], Json], *, has_more: bool = True
) -> dict[str, Json]:
    """Dialect A: ``page`` and ``limit`` in; ``entries``, ``nextPage`` (null on the last page) and ``total`` out.

    ``nextPage`` is an offset as text. A ``pageToken`` is not looked at. ``has_more`` False leaves ``hasMore`` out,
    as workbook sub-resources do.
    """
    size = _size(query.get("limit"), "limit")
    start = _offset(query.get("page"))
    rest = start + size
    answer: dict[str, Json] = {
        "entries": [show(row) for row in rows[start:rest]],
        "nextPage": str(rest) if rest < len(rows) else None,
        "total": len(rows),
    }
    if has_more:
        answer["hasMore"] = rest < len(rows)
    return answer


def by_token(
    rows: Sequence[T], query: Mapping[str, str], show: Callable[[T], Json], *, default: int = DEFAULT_SIZE
) -> dict[str, Json]:
    """Dialect B: ``pageToken`` and ``pageSize`` in; ``entries`` out, and ``nextPageToken`` but on the last page.

    A token sent as ``page`` is not looked at: page one again, for ever.
    """
    size = _size(query.get("pageSize"), "pageSize", default)
    start = opened(query.get("pageToken"))
    rest = start + size
    answer: dict[str, Json] = {"entries": [show(row) for row in rows[start:rest]]}
    if rest < len(rows):
        answer["nextPageToken"] = sealed(rest)
    return answer


def bare_or_page(rows: Sequence[T], query: Mapping[str, str], show: Callable[[T], Json], *, bare: bool) -> Json:
    """Dialect A without counts; bare: an array of everything, unless ``limit`` or ``page`` is sent.

    These lists have twins under ``/v2.1`` that always answer pages, with counts.
    """
    if bare and "limit" not in query and "page" not in query:
        return [show(row) for row in rows]
    paged = by_page(rows, query, show, has_more=False)
    del paged["total"]
    return paged


def _size(text: str | None, name: str, default: int = DEFAULT_SIZE) -> int:
    if text is None:
        return default
    if not _is_number(text):
        raise invalid(f"{name}: Invalid number: {text[:100]}")
    size = int(text)
    if not 1 <= size <= MOST:
        raise invalid(f"{name}: must be between 1 and {MOST}")
    return size


def _offset(text: str | None) -> int:
    if not text:
        return 0
    if not _is_number(text):
        raise _bad_cursor("page")
    return int(text)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 12


def sealed(offset: int) -> str:
    """The ``pageToken`` of a place in a list."""
    return base64.urlsafe_b64encode(f"offset:{offset}".encode()).decode()


def opened(text: str | None) -> int:
    """The place in a list that a ``pageToken`` stands for. Raises ApiError 400."""
    if not text:
        return 0
    try:
        plain = base64.b64decode(text.encode(), altchars=b"-_", validate=True).decode()
    except (binascii.Error, UnicodeError, ValueError) as error:
        raise _bad_cursor("pageToken") from error
    if not plain.startswith("offset:") or not _is_number(plain[7:]):
        raise _bad_cursor("pageToken")
    return int(plain[7:])


def _bad_cursor(name: str) -> ApiError:
    return invalid(f"{name}: not a cursor of this list")
