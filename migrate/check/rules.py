"""Who may see what in a document: where its rules stand, and whom they name. Pure.

Rules are the column securities of data models, the visibility of pages, and formulas, filters and SQL that ask who is
looking (sigma-specs sections 2.2, 2.6, 3.2 and 4).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from migrate.bundle.document import document_of, element_at
from migrate.check.model import Difference
from migrate.rewrite.catalogue.walk import find
from migrate.rewrite.context import NamedKind
from migrate.rewrite.resolvers.people import kind_of
from migrate.rewrite.text.formula import calls
from migrate.rewrite.text.formula_spans import formulas_of
from migrate.tree import Json, Path, json_path, walk

_ASKS = re.compile(r"currentuser", re.IGNORECASE)
_IN_SQL = re.compile(r"system::CurrentUserAttribute\w*::([^}]+)", re.IGNORECASE)

_BY_ID: Final[Mapping[str, NamedKind]] = {
    "team": "team",
    "page-teams": "team",
    "user": "user",
    "page-users": "user",
    "user-attribute": "user-attribute",
}


class Named(NamedTuple):
    """One team, member or user attribute that a rule names, by ``name`` or by id."""

    kind: NamedKind
    what: str
    by_name: bool
    path: Path


def guarded(body: Json) -> tuple[Path, ...]:
    """Where the rules of a body stand: securities, visibilities, what asks for the user, and the filters on that."""
    document = document_of(body)
    around = document.around()
    found: list[Path] = []
    asking: set[tuple[Path, str]] = set()
    for path, value in walk(body):
        if path and (path[-1] == "columnSecurities" or (path[-1] == "visibility" and path[:1] == ("pages",))):
            found.append(path)
        elif isinstance(value, str) and _ASKS.search(value):
            element = element_at(around, path)
            own = path[len(element.path) :] if element else ()
            if element and own[:1] == ("columns",) and len(own) > 1:
                column = element.node["columns"][own[1]]
                asking.add((element.path, str(column.get("id"))))
            found.append(path)
    for element in document.elements:
        for path, entry in element.listed("filters"):
            if (element.path, str(entry.get("columnId"))) in asking:
                found.append(path)
    return tuple(found)


def about_security(differences: Iterable[Difference], *bodies: Json) -> Iterator[Difference]:
    """The differences that touch a rule, or what holds one, in any of the bodies."""
    places = {json_path(path) for body in bodies for path in guarded(body)}
    for one in differences:
        whole = one.kind in ("lost", "added")  # what holds a rule may stand in another order
        touched = (_within(one.path, place) or (whole and _within(place, one.path)) for place in places)
        if one.kind != "normalised" and any(touched):
            yield one


def _within(path: str, place: str) -> bool:
    """Whether a path is a place or stands inside of it."""
    return path == place or (path.startswith(place) and path[len(place)] in ".[")


def named_in(body: Json) -> Iterator[Named]:
    """Every team, member and user attribute that the rules of a body name."""
    for site in find(body):
        kind = _BY_ID.get(site.row.code)
        if kind is not None and isinstance(site.value, str):
            yield Named(kind, site.value, False, site.path)
        elif site.row.code == "attribute-name":
            yield from _in_text(site.path, site.value)


def _in_text(path: Path, text: str) -> Iterator[Named]:
    """What functions of the current user name in a formula, in text or in SQL."""
    if path[-1] == "statement":
        for name in _IN_SQL.findall(text):
            yield Named("user-attribute", name.strip(), True, path)
    for _, formula in formulas_of(path, text):
        for call in calls(formula):
            kind = kind_of(call.name)
            for argument in call.texts if kind else ():
                if kind is not None and (kind == "team" or argument.index == 0):
                    yield Named(kind, argument.value, True, path)
