"""Whether chosen elements show the same figures in the copy as in the source, by exports of both sides.

Both exports are asked for one right after the other, when the document's turn comes: that moment is what the figures
are of. Where they differ the source is exported once more, so that data which changes meanwhile is not taken for a
fault of the copy. Rows are read as they come and never kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from hashlib import sha256

from migrate.bundle.document import Element, document_of
from migrate.check.figures import Figures, Unlike, unlike
from migrate.check.levels import NotAsked, Result, Scene, Unproven
from migrate.check.model import Difference
from migrate.errors import ApiRefusal, ServiceError
from migrate.kinds import KINDS
from migrate.plan.match import name_matches
from migrate.plan.proving import DataCheck
from migrate.rewrite.names.scope import automatic_name, name_of
from migrate.sigma import api
from migrate.sigma.client import Client
from migrate.sigma.exports import NotExported, ask_for_rows, rows_of
from migrate.tree import json_path


async def data(scene: Scene) -> Result:
    """As many rows, and columns that add up to the same, in every chosen element.

    Raises NotAsked for a document of which none is chosen, Unproven where something could not be compared.
    """
    elements = _elements(scene)
    source = scene.sides.source_client
    if source is None:
        raise Unproven("the source is a bundle, which holds no rows")
    found: list[tuple[Element, Unlike]] = []
    doubts: list[tuple[Element, str]] = []
    empty = 0
    for element in elements:
        try:
            here, there = await _both(scene, source, element)
            empty += not here.rows and not there.rows
            found += [(element, one) for one in await _unlike(scene, source, element, here, there)]
        except (NotExported, ApiRefusal, ServiceError) as error:
            doubts.append((element, str(error)))
    await _demand_same_version(scene, source)
    return _concluded(found, doubts, scene.sides.data, all_empty=empty == len(elements))


def _elements(scene: Scene) -> list[Element]:
    """The chosen elements of what should stand in the target. Raises NotAsked and Unproven as ``data``."""
    asked = scene.sides.data
    if not KINDS[scene.document.outcome.key.kind].exports:
        raise NotAsked("Sigma exports no rows of it")
    body = scene.body if scene.document.expected is None else scene.document.expected
    rows = [element for element in document_of(body).named if has_rows(element)]
    if not rows:
        raise Unproven("none of its elements has rows that could be exported")
    elements = chosen(rows, asked)
    if not elements:
        raise NotAsked("none of its elements is called as verify.data.elements says")
    return elements


def has_rows(element: Element) -> bool:
    """Whether an element shows rows: it has columns and is no control."""
    return element.kind != "control" and bool(element.node.get("source")) and any(element.listed("columns"))


def chosen(rows: Sequence[Element], asked: DataCheck) -> list[Element]:
    """Of a document's elements with rows those that are compared, in their order: a sample that stays the same."""
    named = [
        one
        for one in rows
        if not asked.elements or any(name_matches(glob, text) for glob in asked.elements for text in _called(one))
    ]
    kept = {one.id for one in sorted(named, key=lambda one: sha256(one.id.encode()).digest())[: asked.sample]}
    return [one for one in named if one.id in kept]


def _called(element: Element) -> tuple[str, ...]:
    return tuple(text for text in (name_of(element.node), element.id) if text)


async def _both(scene: Scene, source: Client, element: Element) -> tuple[Figures, Figures]:
    """The figures of an element in the source and in the copy, asked for one right after the other."""
    outcome, asked = scene.document.outcome, scene.sides.data
    kind = outcome.key.kind
    at = scene.sides.source.contents_id(outcome.key)
    here = await ask_for_rows(source, kind, at, element.id, most=asked.max_rows + 1)
    there = await ask_for_rows(scene.sides.client, kind, outcome.target_id, element.id, most=asked.max_rows + 1)
    return await _figures(source, here, asked, "source"), await _figures(scene.sides.client, there, asked, "copy")


async def _figures(client: Client, query: str, asked: DataCheck, side: str) -> Figures:
    try:
        found = await rows_of(client, query, partial(Figures, asked.max_rows))
    except NotExported as error:
        raise NotExported(f"the export of the {side}: {error}") from None
    if found.broken:
        raise NotExported(f"the export of the {side}: {found.broken}")
    if found.beyond:
        raise NotExported(f"the {side} has more rows than verify.data.max_rows: {asked.max_rows}")
    return found


async def _unlike(scene: Scene, source: Client, element: Element, here: Figures, there: Figures) -> tuple[Unlike, ...]:
    """What differs. Raises NotExported where the source itself differs from what it was a moment ago."""
    asked, key = scene.sides.data, scene.document.outcome.key
    found = unlike(here, there, asked.tolerance_percent / 100)
    if found:
        at = scene.sides.source.contents_id(key)
        query = await ask_for_rows(source, key.kind, at, element.id, most=asked.max_rows + 1)
        if unlike(here, await _figures(source, query, asked, "source"), 0.0):
            raise NotExported("the rows of the source changed while they were compared")
    return found


async def _demand_same_version(scene: Scene, source: Client) -> None:
    """Raises Unproven where the source is no longer the version that should stand in the target."""
    key = scene.document.outcome.key
    item = scene.sides.source.items.get(key)
    if item is not None and item.read_as:
        return  # a tagged version does not change
    now = await api.document_version(source, key.kind, key.id)
    if item is not None and now != item.version:
        raise Unproven(f"its source has version {now} by now, and version {item.version} was to be compared")


def _concluded(
    found: Sequence[tuple[Element, Unlike]],
    doubts: Sequence[tuple[Element, str]],
    asked: DataCheck,
    *,
    all_empty: bool,
) -> Result:
    differences = [_difference(element, one, asked) for element, one in found]
    if not all(one.allowed for _, one in found):
        untold = [_unread(element, why) for element, why in doubts]
        return "fail", (*differences, *untold)
    if doubts:
        raise Unproven("; ".join(f"{name_of(element.node) or element.id!r}: {why}" for element, why in doubts))
    if all_empty:
        raise Unproven("its elements show no rows to these accounts, neither in the source nor in the copy")
    return ("declared" if found else "pass"), tuple(differences)


def _difference(element: Element, one: Unlike, asked: DataCheck) -> Difference:
    named = {
        name: path for path, node in element.listed("columns") for name in (node.get("name"), automatic_name(node))
    }
    return Difference(
        level="data",
        path=json_path(named.get(one.column, element.path)),
        expected=one.here,
        found=f"{one.there} (within {asked.tolerance_percent:g}%)" if one.allowed else one.there,
        kind="changed",
    )


def _unread(element: Element, why: str) -> Difference:
    """An element that could not be compared, beside others that differ."""
    return Difference(level="data", path=json_path(element.path), expected="its rows", found=why, kind="error")
