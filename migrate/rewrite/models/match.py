"""A source model laid over a model that the target already has: what is what by name, and what is missing there.

Ids of the two have nothing to do with each other. An element, column, metric or control is matched by the name its
readers use, given or automatic; a plan may say that the target calls it otherwise. Whatever has no counterpart, or
more than one, is a gap with its reason; nothing is matched by likeness.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from migrate.bundle.document import objects
from migrate.plan.maps import RenamedKind
from migrate.rewrite.model import ElementIds
from migrate.rewrite.models.fingerprint import grouped_by, normal_formula
from migrate.rewrite.names.propagation import NameChanges
from migrate.rewrite.names.scope import Naming, automatic_name, columns, given_name
from migrate.rewrite.names.warehouse import loosely
from migrate.tree import Json

NameThere = Callable[[RenamedKind, str, tuple[str, ...]], str]
"""What it is, its name in the source, and the id and name of its element -> what the target calls it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched:
    """What an existing model offers in place of a source model.

    ``elements`` maps source element ids, ``controls`` control names. ``renames`` says, by source element id,
    which names change for those who read it: input for ``prefix_edits``. ``gaps`` are sentences, each naming
    the thing with its source id.
    """

    elements: Mapping[str, ElementIds]
    controls: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    renames: Mapping[str, NameChanges] = field(default_factory=lambda: MappingProxyType({}))
    gaps: tuple[str, ...] = ()


def _same(_kind: RenamedKind, name: str, _element: tuple[str, ...]) -> str:
    return name


def match_model(source: Json, target: Json, renames: NameThere = _same) -> Matched:
    """The parts of a source model matched with those of an existing target model, and the gaps."""
    here, there = Naming(source), Naming(target)
    gaps: list[str] = []
    pairs = dict(_elements(here, there, renames, gaps))
    found: dict[str, ElementIds] = {}
    changed: dict[str, NameChanges] = {}
    for mine, theirs in pairs.items():
        found[mine], names = _inside(here, there, mine, theirs, renames, gaps)
        if names:
            changed[mine] = names
    controls = dict(_controls(here, there, renames, gaps))
    return Matched(elements=found, controls=controls, renames=changed, gaps=tuple(gaps))


def _elements(here: Naming, there: Naming, called: NameThere, gaps: list[str]) -> Iterator[tuple[str, str]]:
    """Pairs of element ids whose names say that they are the same, each name standing once on both sides."""
    for element, raw in here.elements.items():
        name = here.name(element)
        if raw.get("kind") == "control":
            continue
        if name is None:
            gaps.append(f"element {element!r} has no name to find it by")
            continue
        twins = [other for other in here.called(name) if here.elements[other].get("kind") != "control"]
        wanted = called("element", name, (element, name))
        others = [other for other in there.called(wanted) if there.elements[other].get("kind") != "control"]
        if len(twins) > 1 or len(others) != 1:
            many = f"{len(twins)} in the source and {len(others)} in the target are called {wanted!r}"
            gaps.append(
                f"element {name!r} ({element!r}): {many if others else f'the target has none called {wanted!r}'}"
            )
            continue
        yield element, others[0]


def _inside(
    here: Naming, there: Naming, mine: str, theirs: str, called: NameThere, gaps: list[str]
) -> tuple[ElementIds, NameChanges]:
    """The inner ids of a matched element, and how its names change."""
    raw, other = here.elements[mine], there.elements[theirs]
    name = here.name(mine) or ""
    where = f"of element {name!r} ({mine!r})"

    def inside(kind: RenamedKind, its_name: str) -> str:
        return called(kind, its_name, (mine, name))

    own, column_names = _matched(columns(raw), columns(other), "column", where, inside, gaps)
    metrics, metric_names = _matched(_items(raw, "metrics"), _items(other, "metrics"), "metric", where, inside, gaps)
    ids = ElementIds(id=theirs, columns=own, metrics=metrics, groupings=dict(_groupings(raw, other, own, where, gaps)))
    new = there.name(theirs) or name
    relationships = dict(_relationships(here, there, mine, theirs, inside, where, gaps))
    changes = NameChanges(
        element=(name, new) if new != name else None,
        columns=column_names,
        metrics=metric_names,
        relationships=relationships,
    )
    return ids, changes


def _matched(
    mine: Sequence[Json],
    theirs: Sequence[Json],
    what: Literal["column", "metric"],
    where: str,
    called: Callable[[RenamedKind, str], str],
    gaps: list[str],
) -> tuple[dict[str, str], dict[str, str]]:
    """Ids and changed names of columns or metrics."""
    ids: dict[str, str] = {}
    names: dict[str, str] = {}
    offered = _Offered(theirs)
    own = _index(mine, _named)
    for item in mine:
        name = _named(item)
        found = offered.by_name(called(what, name)) if name else offered.by_formula(item)
        if len(found) > 1 or len(own.get(name, ())) > 1:
            # A join has several columns of one name; what they read tells them apart.
            found = [other for other in found if _formula(other) == _formula(item)]
            found = found if sum(_formula(twin) == _formula(item) for twin in own.get(name, [item])) == 1 else []
        if len(found) != 1:
            known = f"{what} {name!r} ({item['id']!r})" if name else f"the unnamed {what} {item['id']!r}"
            missing = f"the target has none called {called(what, name)!r}" if name else "the target has none like it"
            several = bool(name) and bool(offered.by_name(called(what, name)))
            gaps.append(f"{known} {where}: " + ("several are called so" if several else missing))
            continue
        ids[item["id"]] = found[0]["id"]
        if name and _named(found[0]) != name:
            names[name] = _named(found[0])
    return ids, names


class _Offered:
    """The columns or metrics of the target's element, to be found by exact name, friendly name, or formula."""

    def __init__(self, items: Sequence[Json]) -> None:
        self.exact = _index(items, _named)
        self.loose = _index(items, lambda item: loosely(_named(item)))
        self.formulas = _index(items, lambda item: "" if _named(item) else _formula(item))

    def by_name(self, name: str) -> list[Json]:
        return self.exact.get(name) or self.loose.get(loosely(name), [])

    def by_formula(self, item: Json) -> list[Json]:
        return self.formulas.get(_formula(item), [])


def _formula(item: Json) -> str:
    return normal_formula(item.get("formula"))


def _named(item: Json) -> str:
    return given_name(item) or automatic_name(item) or ""


def _index(items: Sequence[Json], key: Callable[[Json], str]) -> dict[str, list[Json]]:
    found: dict[str, list[Json]] = {}
    for item in items:
        if key(item):
            found.setdefault(key(item), []).append(item)
    return found


def _items(element: Json, key: str) -> list[Json]:
    return [item for _at, item in objects(element, key) if "id" in item]


def _groupings(
    raw: Json, other: Json, own: Mapping[str, str], where: str, gaps: list[str]
) -> Iterator[tuple[str, str]]:
    """Groupings that group by the same columns."""
    theirs: dict[tuple[str, ...], list[str]] = {}
    for grouping in _items(other, "groupings"):
        theirs.setdefault(grouped_by(grouping), []).append(grouping["id"])
    for grouping in _items(raw, "groupings"):
        found = theirs.get(tuple(own.get(column, "") for column in grouped_by(grouping)), [])
        if len(found) == 1:
            yield grouping["id"], found[0]
        else:
            gaps.append(f"grouping {grouping['id']!r} {where}: {len(found)} of that kind in the target")


def _relationships(
    here: Naming,
    there: Naming,
    mine: str,
    theirs: str,
    called: Callable[[RenamedKind, str], str],
    where: str,
    gaps: list[str],
) -> Iterator[tuple[str, str]]:
    """Relationships that are called otherwise; one that is not there at all is a gap."""
    names = {relationship.name for relationship in there.relationships(theirs)}
    for relationship in here.relationships(mine):
        wanted = called("relationship", relationship.name) if relationship.name else ""
        if wanted not in names:
            gaps.append(f"relationship {relationship.name!r} ({relationship.id!r}) {where}: the target has none")
        elif relationship.name and wanted != relationship.name:
            yield relationship.name, wanted


def _controls(here: Naming, there: Naming, called: NameThere, gaps: list[str]) -> Iterator[tuple[str, str]]:
    theirs = {raw.get("controlId"): raw.get("controlType") for raw in there.elements.values()}
    for element, raw in here.elements.items():
        name = raw.get("controlId")
        if not isinstance(name, str):
            continue
        wanted = called("control", name, (element, here.name(element) or name))
        if wanted not in theirs:
            gaps.append(f"control {name!r} ({element!r}): the target has none called {wanted!r}")
        elif theirs[wanted] != raw.get("controlType"):
            gaps.append(f"control {name!r} ({element!r}) is a {raw.get('controlType')}, there a {theirs[wanted]}")
        else:
            yield name, wanted
