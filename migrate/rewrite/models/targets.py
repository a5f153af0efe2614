"""Data models as something to point at: their elements, columns and groupings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from migrate.bundle.spec import Spec
from migrate.plan.match import map_name
from migrate.plan.model import Pair
from migrate.rewrite.context import ModelTo
from migrate.rewrite.model import ElementIds
from migrate.rewrite.models.match import match_model
from migrate.rewrite.names.scope import automatic_name, given_name
from migrate.tree import Json, Path


def elements(body: Json) -> Iterator[Mapping[str, Json]]:
    """Every element of a body of any generation that has an id, in order."""
    return (element for _path, element in placed(body) if isinstance(element.get("id"), str))


def placed(body: Json) -> Iterator[tuple[Path, Mapping[str, Json]]]:
    """Every element of a body of any generation with its path, in order."""
    if not isinstance(body, dict):
        return
    pages = body.get("pages")
    lists: list[tuple[Path, Json]] = [
        (("pages", index, "elements"), page.get("elements"))
        for index, page in enumerate(pages if isinstance(pages, list) else ())
        if isinstance(page, dict)
    ]
    for path, found in [*lists, (("elements",), body.get("elements"))]:
        for index, element in enumerate(found if isinstance(found, list) else ()):
            if isinstance(element, dict):
                yield (*path, index), element


def listed(node: Json, key: str) -> Iterator[Mapping[str, Json]]:
    """The objects of the list under a key; nothing where there is no list."""
    found = node.get(key) if isinstance(node, dict) else None
    for item in found if isinstance(found, list) else []:
        if isinstance(item, dict):
            yield item


def ids_in(element: Mapping[str, Json], key: str) -> frozenset[str]:
    """The ids of an element's columns, groupings, metrics …"""
    return frozenset(str(item["id"]) for item in listed(element, key) if "id" in item)


def outline(body: Json) -> dict[str, frozenset[str]]:
    """Element id -> the ids of its columns, groupings and metrics."""
    return {
        str(element["id"]): ids_in(element, "columns") | ids_in(element, "groupings") | ids_in(element, "metrics")
        for element in elements(body)
    }


def mapped_model(to: str, spec: Spec | None, there: Spec | None, renamed: Sequence[Pair]) -> ModelTo:
    """What an existing model of the target offers in place of a source model: counterparts by name, and gaps.

    ``to`` is its id, ``renamed`` are names that the target calls otherwise (``map.controls``). Without both specs
    nothing inside can be paired, so that whatever points inside is a gap.
    """
    if spec is None or there is None:
        return ModelTo(id=to, name=there.name if there else to, gaps=("one of the two models could not be read",))
    matched = match_model(spec.body, there.body, lambda name: map_name(renamed, name)[0])
    return ModelTo(
        id=to,
        name=there.name,
        elements=matched.elements,
        controls=matched.controls,
        renames=matched.renames,
        missing=dict(_missing(spec.body, matched.elements)),
        gaps=matched.gaps,
    )


def _missing(body: Json, matched: Mapping[str, ElementIds]) -> Iterator[tuple[str, frozenset[str]]]:
    """Element id -> the names of its columns and metrics that have no counterpart."""
    for element in elements(body):
        ids = matched.get(str(element.get("id")))
        if ids is None:
            continue
        found = {**ids.columns, **ids.metrics}
        items = [*listed(element, "columns"), *listed(element, "metrics")]
        lacking = (given_name(item) or automatic_name(item) for item in items if str(item.get("id")) not in found)
        yield str(element["id"]), frozenset(name for name in lacking if name)


def name_of(element: Mapping[str, Json]) -> str:
    """The name of an element: its own, else the automatic one, the last part of its table's path."""
    name = element.get("name")
    if isinstance(name, dict):
        name = name.get("text")
    source = element.get("source")
    path = source.get("path") if isinstance(source, dict) else None
    automatic = path[-1] if isinstance(path, list) and path else ""
    return name if isinstance(name, str) and name else str(automatic)
