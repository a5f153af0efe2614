"""An existing model of the target in the place of a source model, and what can be pointed at in a model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from migrate.bundle.document import elements_of
from migrate.bundle.spec import Spec
from migrate.plan.maps import Renamed, RenamedKind
from migrate.plan.match import map_name
from migrate.rewrite.model import ElementIds
from migrate.rewrite.models.match import match_model
from migrate.rewrite.names.map import NameChanges
from migrate.rewrite.names.scope import automatic_name, given_name, ids_in
from migrate.tree import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class MappedModel:
    """An existing model of the target that replaces one of the source.

    ``elements`` maps source element ids, ``controls`` control names; ``renames`` says by element id what readers
    call otherwise, ``missing`` which names are not there at all. ``gaps`` are sentences about what has no counterpart.
    """

    id: str
    name: str
    url_id: str = ""
    elements: Mapping[str, ElementIds] = field(default_factory=dict)
    controls: Mapping[str, str] = field(default_factory=dict)
    renames: Mapping[str, NameChanges] = field(default_factory=dict)
    missing: Mapping[str, frozenset[str]] = field(default_factory=dict)
    gaps: tuple[str, ...] = ()


def outline(body: Json) -> dict[str, frozenset[str]]:
    """Element id -> the ids of its columns, groupings and metrics."""
    return {
        element.id: frozenset[str]().union(*(ids_in(element.node, key) for key in ("columns", "groupings", "metrics")))
        for element in elements_of(body)
        if element.id
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class NamesThere:
    """The entries of ``map.controls`` that speak of one source model, asked for each of its names.

    ``used`` gets the entries that applied, ``seen`` what each name that was asked for is in the source.
    """

    entries: tuple[Renamed, ...]
    used: set[Renamed] = field(default_factory=set)
    seen: dict[str, set[RenamedKind]] = field(default_factory=dict)

    def there(self, kind: RenamedKind, name: str, element: tuple[str, ...]) -> str:
        """What the target calls a name of this kind; ``element`` is its element's id and name.

        What is said of one element goes before what is said of its model, and that before what is said of all.
        """
        self.seen.setdefault(name, set()).add(kind)
        fitting = [each for each in self.entries if each.kind == kind and each.element in (None, *element)]
        for rank in sorted({_narrowness(each) for each in fitting}, reverse=True):
            new, by = map_name([each for each in fitting if _narrowness(each) == rank], name)
            if by is not None:
                self.used.add(by)
                return new
        return name


def _narrowness(entry: Renamed) -> tuple[bool, bool]:
    return entry.element is not None, entry.model is not None


def mapped_model(to: str, spec: Spec | None, there: Spec | None, names: NamesThere) -> MappedModel:
    """What an existing model of the target offers in place of a source model: counterparts by name, and gaps.

    ``to`` is its id, ``names`` are those that the target calls otherwise (``map.controls``). Without both specs nothing
    inside can be paired, so that whatever points inside is a gap.
    """
    if spec is None or there is None:
        return MappedModel(id=to, name=there.name if there else to, gaps=("one of the two models could not be read",))
    matched = match_model(spec.body, there.body, names.there)
    return MappedModel(
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
    for element in elements_of(body):
        ids = matched.get(element.id)
        if ids is None:
            continue
        found = {**ids.columns, **ids.metrics}
        items = [item for key in ("columns", "metrics") for _path, item in element.listed(key)]
        lacking = (given_name(item) or automatic_name(item) for item in items if str(item.get("id")) not in found)
        yield element.id, frozenset(name for name in lacking if name)
