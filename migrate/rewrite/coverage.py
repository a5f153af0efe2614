"""Every reference of every document by kind and by how it ended, with counts and places."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from migrate.bundle.spec import Spec
from migrate.inventory.model import Key
from migrate.rewrite.audit import audit
from migrate.rewrite.catalogue.table import CODES, INSIDE
from migrate.rewrite.catalogue.walk import find
from migrate.rewrite.drafting import text_of
from migrate.rewrite.model import Draft
from migrate.rewrite.names.explanation import explain
from migrate.text import cut, without_addresses
from migrate.tree import Json, Path, json_path

_LOCAL = frozenset(row.code for row in INSIDE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Located:
    """Where a reference stands, and what stands there."""

    key: Key
    path: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Covered:
    """All references of one kind that ended the same way.

    ``resolution`` is that of ``Reference``; ``found`` where there is no target yet; ``column-id`` and ``data`` are
    strings that only look like references (catalogue rows 32 and 29).
    """

    row: str
    resolution: str
    places: tuple[Located, ...]

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.places)

    @property
    def points_to(self) -> str:
        """What such a reference points at, in words."""
        row = CODES.get(self.row)
        return row.points_to if row else "something nobody knows"


def coverage(
    specs: Mapping[Key, Spec], drafts: Iterable[Draft] = (), known: Mapping[str, str] | None = None
) -> tuple[Covered, ...]:
    """The references of these documents, grouped; sorted by row and resolution.

    With ``drafts`` every reference that leaves a document ends as its draft says; documents without one are only
    looked through (``found``). ``known`` are ids of the source organization, as of ``TargetContext.known``.
    """
    by_key = {draft.key: draft for draft in drafts}
    bodies = {key.id: spec.body for key, spec in specs.items() if key.about.feeds}
    groups: dict[tuple[str, str], list[Located]] = {}
    for key, spec in sorted(specs.items()):
        for row, resolution, path, value in _of_document(spec, by_key.get(key), known or {}, bodies):
            groups.setdefault((row, resolution), []).append(Located(key=key, path=json_path(path), value=value))
    return tuple(
        Covered(row=row, resolution=resolution, places=tuple(places))
        for (row, resolution), places in sorted(groups.items())
    )


Found = tuple[str, str, Path, str]


def _of_document(
    spec: Spec, draft: Draft | None, known: Mapping[str, str], bodies: Mapping[str, Json]
) -> Iterator[Found]:
    seen: set[Path] = set()
    for site in find(spec.body, inside=True):
        inside = site.row.code in _LOCAL
        if inside or draft is None:
            seen.add(site.path)
            # Comments of SQL may name people.
            text = without_addresses(_brief(site.value)) if site.row.code == "statement" else _brief(site.value)
            yield site.row.code, "local" if inside else "found", site.path, text
    for reference in draft.references if draft else ():
        seen.add(reference.path)
        yield reference.row, reference.resolution, reference.path, _brief(reference.before)
    yield from _prefixes(spec.body, draft, bodies)
    for suspect in audit(spec.body, known):
        if not any(suspect.path[:size] in seen for size in range(1, len(suspect.path) + 1)):
            resolution = "local" if suspect.classified == "local" else suspect.classified
            row = "column-id" if suspect.classified in ("local", "column-id") else "unknown"
            yield row, resolution, suspect.path, _brief(suspect.value)


def _prefixes(body: Json, draft: Draft | None, bodies: Mapping[str, Json]) -> Iterator[Found]:
    """Bracket references of formulas: rewritten ones are in the draft, the others are kept or cannot be explained."""
    moved = {r.path for r in draft.references if r.row == "prefix"} if draft else set()
    for found in explain(body, bodies):
        if found.path in moved:
            continue
        broken = found.qualified and found.meaning in ("unresolved", "broken_in_source")
        yield "prefix", "unknown" if broken else "local", found.path, _brief("/".join(found.bracket.segments))


def _brief(value: Json) -> str:
    return cut(text_of(value), 200)
