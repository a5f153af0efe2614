"""Lists that exist twice, under ``/v2`` and ``/v2.1`` (sigma-api 3.1)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from migrate.sandbox.call import Call
from migrate.sandbox.org import Json
from migrate.sandbox.paging import bare_or_page, by_page

T = TypeVar("T")


def twin_list(call: Call, rows: Sequence[T], show: Callable[[T], Json]) -> Json:
    """A page with counts under ``/v2.1``; under ``/v2`` one without, or everything bare as before June 2026."""
    if call.pattern.startswith("/v2.1/"):
        return by_page(rows, call.query, show)
    return bare_or_page(rows, call.query, show, bare=call.org.switches.bare_lists)
