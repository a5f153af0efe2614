"""The route table: method and path pattern to handler. Handlers are plain functions, so each call is one step."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias
from urllib.parse import unquote_to_bytes

from migrate.sandbox.answers import Answer
from migrate.sandbox.call import Call
from migrate.sandbox.org import Json

Handler: TypeAlias = Callable[[Call], Json | Answer]
Area: TypeAlias = Literal[
    "", "workbooks", "reports", "data-models", "files", "connections", "people", "tags", "tenants"
]  # what ``Member.denied`` speaks of


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One operation. ``pattern`` has ``{name}`` for a whole path segment."""

    method: str
    pattern: str
    handler: Handler
    area: Area = ""
    writes: bool = False

    @property
    def about_reports(self) -> bool:
        """Whether it is one of reports, which an organization may not have and a credential not use."""
        return self.pattern.startswith("/v2/reports")

    @property
    def feature(self) -> str:
        """The permission it needs, as ``Member.denied`` names it; empty for none."""
        area = "reports" if self.about_reports else self.area
        return f"{area}.{'write' if self.writes else 'read'}" if area else ""


class Router:
    """Finds the route of a request by method and number of segments, then by pattern, in any case of letters."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self.routes = tuple(routes)
        self._table: dict[tuple[str, int], list[tuple[re.Pattern[str], Route]]] = {}
        for route in sorted(self.routes, key=lambda route: route.pattern.count("{")):
            key = (route.method, route.pattern.count("/"))
            self._table.setdefault(key, []).append((_compiled(route.pattern), route))

    def find(self, method: str, raw_path: str) -> tuple[Route, Mapping[str, str]] | None:
        """The route of a raw (still escaped) path with its parameters decoded; None where there is none."""
        for pattern, route in self._table.get((method, raw_path.count("/")), ()):
            match = pattern.fullmatch(raw_path)
            if match:
                return route, {name: decoded(value) for name, value in match.groupdict().items()}
        return None


def decoded(text: str) -> str:
    """A path segment without its escapes."""
    return unquote_to_bytes(text).decode("utf-8", "replace") if "%" in text else text


def _compiled(pattern: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", pattern)
    text = "".join(re.escape(part) if i % 2 == 0 else f"(?P<{part}>[^/]+)" for i, part in enumerate(parts))
    return re.compile(text, re.IGNORECASE)
