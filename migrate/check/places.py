"""Where a difference is, in the words of the document: page › element › column. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

from migrate.bundle.document import Document, Element, document_of, element_at
from migrate.check.model import Difference
from migrate.rewrite.names.scope import automatic_name, name_of
from migrate.rewrite.text.layout import read_layout
from migrate.tree import Json, Path, at

_STEP = re.compile(r"\.(\w+)|\[(\d+)\]|\['((?:[^'\\]|\\.)*)'\]")
_COUNTED = re.compile(r"\$ (.+)")
_KINDS: Mapping[str, str] = {"columns": "column", "metrics": "metric", "groupings": "grouping", "filters": "filter"}
_WHAT: Mapping[str, str] = {
    "statement": "SQL",
    "sql": "SQL",
    "path": "table path",
    "connectionId": "connection",
    "dataModelId": "data model",
    "elementId": "element",
    "columnId": "column",
    "pluginId": "plugin",
    "columnSecurities": "column rule",
    "criteria": "",
    "teamId": "team",
    "userAttributeId": "user attribute",
    "userId": "member",
    "assignments": "",
    "parameters": "parameter",
    "effects": "",
    "sources": "",
    "joins": "join",
    "actions": "action",
    "groupingId": "grouping",
    "config": "",
    "conditionalFormats": "conditional format",
}
"""What keys are called where people read them; empty for those that say nothing."""


def in_words(differences: Iterable[Difference], sent: Json, read: Json) -> Iterator[Difference]:
    """The differences, each with its place in the body as sent, or as read where it was not sent.

    What cannot be found in either body keeps its JSON path alone.
    """
    bodies: list[_Body] = []
    for difference in differences:
        bodies = bodies or [_Body(body) for body in (sent, read) if isinstance(body, dict)]
        order = bodies[::-1] if difference.kind in ("added", "error") else bodies
        found = next((words for body in order if any(words := body.words(difference.path))), _Words())
        yield replace(difference, page=found.page, element=found.element, column=found.column, what=found.what)


def place_of_path(body: Json) -> Callable[[Path], str]:
    """What the places of a body are called: a path -> ``Board › table 'Margin' › column 'Net' › formula``."""
    inside = _Body(body) if isinstance(body, dict) else None

    def words(path: Path) -> str:
        return " › ".join(part for part in inside.at(path) if part) if inside else ""

    return words


def place_of_json_path(body: Json) -> Callable[[str], str]:
    """The same for paths as ``json_path`` writes them; empty for the document itself and for what is no path in it."""
    words = place_of_path(body)
    return lambda path: words(steps) if path.startswith("$") and (steps := _steps(path)) else ""


class _Words(NamedTuple):
    page: str = ""
    element: str = ""
    column: str = ""
    what: str = ""


class _Body:
    """One body, and the names of its parts, looked up when first asked for."""

    def __init__(self, body: Json) -> None:
        self._document: Document = document_of(body)
        self._around = self._document.around()
        self._by_id = self._document.by_id
        layout = body.get("layout")
        self._page_of = read_layout(layout if isinstance(layout, str) else None).page_of
        self._pages = {surface.id: str(surface.node.get("name") or "") for surface in self._document.surfaces}

    def words(self, path: str) -> _Words:
        """What a path is called; all empty where the body has nothing there."""
        if counted := _COUNTED.fullmatch(path):
            around = counted[1] in ("owner", "access") or counted[1].startswith(("grant ", "tag ", "schedule "))
            return _Words(what=counted[1] if around else f"number of {counted[1]}")
        if not path.startswith("$"):
            return self._by_ids(*path.partition("/")[::2])
        return self.at(_steps(path))

    def at(self, steps: Path) -> _Words:
        """What a place is called."""
        element = element_at(self._around, steps)
        if element is None:
            page = next((s for s in self._document.surfaces if steps[: len(s.path)] == s.path), None)
            rest = steps[len(page.path) :] if page else steps
            return _Words(page=self._pages.get(page.id, "") if page else "", what=_what(rest))
        inside = steps[len(element.path) :]
        column = _inner(element, inside)
        what = _what(inside[2:] if column else inside)
        return self._element(element)._replace(column=column, what=what)

    def _by_ids(self, element_id: str, column_id: str) -> _Words:
        element = self._by_id.get(element_id)
        if element is None:
            return _Words()
        node = next((node for _, node in element.listed("columns") if node.get("id") == column_id), None)
        return self._element(element)._replace(column=_named("columns", node) if node else "")

    def _element(self, element: Element) -> _Words:
        page = next((s.id for s in self._document.surfaces if element.path[: len(s.path)] == s.path), "")
        name = name_of(element.node) or str(element.node.get("controlId") or element.id)
        kind = element.kind or "element"
        on = self._pages.get(page or self._page_of.get(element.id, ""), "")
        return _Words(page=on, element=f"{kind} {name!r}" if name else kind)


def _inner(element: Element, inside: Path) -> str:
    """The column, metric, grouping or filter of an element that a path is in; empty where it is in none."""
    if len(inside) < 2 or inside[0] not in _KINDS:
        return ""
    try:
        node = at(element.node, inside[:2])
    except (KeyError, IndexError, TypeError):
        return ""
    if not isinstance(node, dict):
        return ""
    on = next((column for _, column in element.listed("columns") if column.get("id") == node.get("columnId")), None)
    return f"filter on {_named('columns', on)}" if inside[0] == "filters" and on else _named(str(inside[0]), node)


def _named(listed: str, node: Mapping[str, Json]) -> str:
    name = node.get("name")
    text = name if isinstance(name, str) and name else automatic_name(node) or str(node.get("id") or "")
    return f"{_KINDS[listed]} {text!r}" if text else _KINDS[listed]


def _what(steps: Path) -> str:
    """The rest of a path: ``formula``, ``source table path``; positions of lists are left out."""
    words = (_WHAT.get(step, step) for step in steps if isinstance(step, str))
    return " ".join(word for word in words if word)


def _steps(path: str) -> Path:
    """The steps of a path as ``json_path`` writes it."""
    return tuple(
        int(index) if index else name or re.sub(r"\\(.)", r"\1", quoted) for name, index, quoted in _STEP.findall(path)
    )
