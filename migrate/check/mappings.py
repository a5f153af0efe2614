"""Every entry of a plan's map with what it did, and what was matched by its name without one. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from migrate.change.model import Outcome
from migrate.check.model import Mapped, ReportRow, Thing
from migrate.plan.maps import Maps, Pair
from migrate.plan.match import map_email, map_folder, map_name
from migrate.text import split_path

_BY_NAME: Final[Mapping[str, tuple[str, ...]]] = {
    "teams": ("team", "page-teams", "team-name"),
    "members": ("user", "page-users", "recipients"),
    "user_attributes": ("user-attribute", "attribute-name"),
    "plugins": ("plugin",),
}
"""The blocks of the map that match names, and the rows of the catalogue they are for."""


def audited(
    target: str, maps: Maps, rows: Sequence[ReportRow], outcomes: Sequence[Outcome], things: Sequence[Thing]
) -> tuple[Mapped, ...]:
    """Every entry for one target, in the order of the plan, with how many documents it was used for and one of them.

    What no entry names and the same name was found for follows, without a place in the plan. Rows and outcomes go side
    by side; those of other targets are passed over.
    """
    pairs = zip(rows, outcomes, strict=True)
    mine = [(row, outcome) for row, outcome in pairs if row.target == target and outcome.draft is not None]
    using: dict[str, list[ReportRow]] = {}
    for row, outcome in mine:
        for place in outcome.draft.used if outcome.draft else ():
            using.setdefault(place, []).append(row)
    return (
        *_folders(target, maps, [row for row, _ in mine]),
        *_connections(target, maps, using),
        *_models(target, maps, [row for row in rows if row.target == target]),
        *_named(target, maps, [row for row, _ in mine], things),
        *_used(target, "url", "map.urls", maps.urls, using),
    )


def _mapped(target: str, kind: str, source: str, to: str, place: str, users: Iterable[ReportRow]) -> Mapped:
    names = list(dict.fromkeys((row.source_id, row.source_name) for row in users))
    example = names[0][1] if names else ""
    return Mapped(target=target, kind=kind, source=source, to=to, place=place, documents=len(names), example=example)


def _folders(target: str, maps: Maps, rows: Sequence[ReportRow]) -> Iterator[Mapped]:
    using: dict[int, list[ReportRow]] = {}
    for row in rows:
        _, pair = map_folder(maps.folders, split_path(row.source_path) if row.source_path else ())
        if pair is not None:
            using.setdefault(id(pair), []).append(row)
    for at, pair in enumerate(maps.folders):
        yield _mapped(target, "folder", pair.source, pair.target, f"map.folders.{at}", using.get(id(pair), ()))


def _connections(target: str, maps: Maps, using: Mapping[str, Sequence[ReportRow]]) -> Iterator[Mapped]:
    for at, one in enumerate(maps.connections):
        place = f"map.connections.{at}"
        yield _mapped(target, "connection", one.source, one.target, place, using.get(place, ()))
        for number, path in enumerate(one.paths):
            inner = f"{place}.paths.{number}"
            names = ".".join(path.source), ".".join(path.target)
            yield _mapped(target, "path", *names, inner, using.get(inner, ()))


def _models(target: str, maps: Maps, rows: Sequence[ReportRow]) -> Iterator[Mapped]:
    for at, pair in enumerate(maps.data_models):
        meant = (
            row
            for row in rows
            if row.outcome == "mapped"
            and pair.source in (row.source_id, row.source_name, f"{row.source_path}/{row.source_name}")
        )
        yield _mapped(target, "data_model", pair.source, pair.target, f"map.data_models.{at}", meant)


def _used(
    target: str, kind: str, place: str, pairs: Sequence[Pair], using: Mapping[str, Sequence[ReportRow]]
) -> Iterator[Mapped]:
    for at, pair in enumerate(pairs):
        yield _mapped(target, kind, pair.source, pair.target, f"{place}.{at}", using.get(f"{place}.{at}", ()))


def _named(target: str, maps: Maps, rows: Sequence[ReportRow], things: Sequence[Thing]) -> Iterator[Mapped]:
    """The entries for teams, members, attributes and plugins, and what was found under the same name without one."""
    holding: dict[int, list[ReportRow]] = {}
    for row in rows:
        for one in row.replaced:
            holding.setdefault(one.thing, []).append(row)
    for block, codes in _BY_NAME.items():
        pairs: Sequence[Pair] = getattr(maps, block)
        find = map_email if block == "members" else map_name
        using: dict[int, list[ReportRow]] = {}
        alone: dict[tuple[str, str], list[ReportRow]] = {}
        for thing in things:
            if thing.target != target or thing.code not in codes:
                continue
            name = thing.old_name or thing.old
            pair = next((one for one in pairs if one.source == thing.old), None) or find(pairs, name)[1]
            named = (
                alone.setdefault((name, thing.new_name or thing.new), [])
                if pair is None
                else using.setdefault(id(pair), [])
            )
            named.extend(holding.get(thing.n, ()))
        kind = block.removesuffix("s")
        for at, pair in enumerate(pairs):
            yield _mapped(target, kind, pair.source, pair.target, f"map.{block}.{at}", using.get(id(pair), ()))
        for (name, there), found in alone.items():
            yield _mapped(target, kind, name, there, "", found)
