"""Data models as something to point at: their elements, columns and groupings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from migrate.bundle.spec import Spec
from migrate.plan.match import map_name
from migrate.plan.model import Pair
from migrate.rewrite.atlas import ModelTo
from migrate.rewrite.model import ElementIds
from migrate.tree import Json


def elements(body: Json) -> Iterator[Mapping[str, Json]]:
    """Every element of a body of any generation, in order, also those nested in others."""
    for page in _listed(body, "pages"):
        yield from _listed(page, "elements")
    yield from _listed(body, "elements")


def _listed(node: Json, key: str) -> Iterator[Mapping[str, Json]]:
    found = node.get(key) if isinstance(node, dict) else None
    for item in found if isinstance(found, list) else []:
        if isinstance(item, dict):
            yield item


def ids_in(element: Mapping[str, Json], key: str) -> frozenset[str]:
    """The ids of an element's columns, groupings, metrics …"""
    return frozenset(str(item["id"]) for item in _listed(element, key) if "id" in item)


def outline(body: Json) -> dict[str, frozenset[str]]:
    """Element id -> the ids of its columns, groupings and metrics."""
    return {
        str(element["id"]): ids_in(element, "columns") | ids_in(element, "groupings") | ids_in(element, "metrics")
        for element in elements(body)
        if "id" in element
    }


def mapped_model(to: str, spec: Spec | None, there: Spec | None, controls: Sequence[Pair]) -> ModelTo:
    """What an existing model of the target offers in place of a source model: counterparts by name, and gaps.

    ``to`` is its id. Without both specs nothing inside can be paired, so that whatever points inside is a gap.
    """
    if spec is None or there is None:
        return ModelTo(id=to, name=there.name if there else to, gaps=("one of the two models could not be read",))
    here = {name: list(group) for name, group in _by_name(elements(spec.body)).items()}
    found = _by_name(elements(there.body))
    paired: dict[str, ElementIds] = {}
    gaps = []
    for name, mine in here.items():
        theirs = found.get(name, [])
        if len(mine) == 1 and len(theirs) == 1:
            paired[str(mine[0]["id"])] = _inner_ids(mine[0], theirs[0])
        else:
            gaps.append(f"element {name!r}: {len(mine)} in the source, {len(theirs)} in the target")
    return ModelTo(
        id=to,
        name=there.name,
        elements=paired,
        controls=_controls(spec.body, there.body, controls),
        body=there.body,
        gaps=tuple(gaps),
    )


def _by_name(found: Iterable[Mapping[str, Json]]) -> dict[str, list[Mapping[str, Json]]]:
    grouped: dict[str, list[Mapping[str, Json]]] = {}
    for element in found:
        if element.get("kind") != "control" and "id" in element:
            grouped.setdefault(name_of(element), []).append(element)
    return grouped


def name_of(element: Mapping[str, Json]) -> str:
    """The name of an element: its own, else the automatic one, the last part of its table's path."""
    name = element.get("name")
    if isinstance(name, dict):
        name = name.get("text")
    source = element.get("source")
    path = source.get("path") if isinstance(source, dict) else None
    automatic = path[-1] if isinstance(path, list) and path else ""
    return name if isinstance(name, str) and name else str(automatic)


def _inner_ids(mine: Mapping[str, Json], theirs: Mapping[str, Json]) -> ElementIds:
    return ElementIds(
        id=str(theirs["id"]),
        columns=_paired(mine, theirs, "columns"),
        groupings=_paired(mine, theirs, "groupings"),
        metrics=_paired(mine, theirs, "metrics"),
    )


def _paired(mine: Mapping[str, Json], theirs: Mapping[str, Json], key: str) -> dict[str, str]:
    """Inner ids paired by a name that stands once on either side."""
    here, there = _inner_names(mine, key), _inner_names(theirs, key)
    return {ids[0]: there[name][0] for name, ids in here.items() if len(ids) == 1 == len(there.get(name, ()))}


def _inner_names(element: Mapping[str, Json], key: str) -> dict[str, list[str]]:
    named: dict[str, list[str]] = {}
    for item in _listed(element, key):
        name = item.get("name") or item.get("formula")
        if isinstance(name, str) and "id" in item:
            named.setdefault(name, []).append(str(item["id"]))
    return named


def _controls(here: Json, there: Json, renamed: Sequence[Pair]) -> dict[str, str]:
    theirs = {str(element["controlId"]) for element in elements(there) if "controlId" in element}
    wanted = {
        str(e["controlId"]): map_name(renamed, str(e["controlId"]))[0] for e in elements(here) if "controlId" in e
    }
    return {mine: name for mine, name in wanted.items() if name in theirs}
