"""A selection assessed: every document judged, everything it needs listed, without a target or a network. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from migrate.assess import census
from migrate.assess.clusters import clusters, stale, twins, waves
from migrate.assess.effort import effort
from migrate.assess.mirror import Tried, tried
from migrate.assess.model import Assessment, Judged, Need
from migrate.assess.needs import needed_by, needs
from migrate.assess.readiness import handwork, obstacles, readiness
from migrate.bundle.document import document_of
from migrate.bundle.spec import Spec
from migrate.change.obstacles import Obstacle, stopping
from migrate.inventory.model import Inventory, Item, Key
from migrate.inventory.scope import Scope
from migrate.rewrite.coverage import coverage
from migrate.rewrite.mapping import known_ids


def assess(
    inventory: Inventory, scope: Scope, specs: Mapping[Key, Spec], unreadable: Mapping[Key, tuple[str, str]]
) -> Assessment:
    """The assessment of the documents in scope: a bundle is enough."""
    chosen = {key: specs[key] for key in scope.keys if key in specs}
    broken = {key: unreadable[key] for key in scope.keys if key in unreadable}
    found = tried(inventory, chosen)
    reads = {key: _reads(inventory.items[key], scope) for key in scope.keys}
    stops = obstacles(scope, found, broken, reads, inventory.items)
    wanted = needs(inventory, chosen, found)
    judged = _judged(inventory, scope, chosen, found, reads, stops, wanted)
    groups = clusters(scope.keys, _edges(reads, found), inventory.items)
    of = {key: group.n for group in groups for key in group.documents}
    judged = tuple(replace(one, cluster=of[one.key]) for one in judged)
    planned = waves(groups, {one.key: one.readiness for one in judged})
    wave = {n: number for number, (_name, members) in enumerate(planned, 1) for n in members}
    return Assessment(
        inventory=inventory,
        scope=scope,
        judged=judged,
        obstacles=stops,
        needs=wanted,
        statements=census.statements(inventory, chosen),
        clusters=tuple(replace(group, wave=wave[group.n]) for group in groups),
        waves=planned,
        twins=twins(chosen),
        stale=stale(inventory, scope.keys),
        effort=effort(judged, wanted, stops),
        elements=census.elements(chosen),
        sources=census.sources(chosen),
        covered=coverage(chosen, known=known_ids(inventory)),
        unreadable=broken,
    )


def _reads(item: Item, scope: Scope) -> tuple[Key, ...]:
    """The models in scope that a document reads."""
    known = set(scope.keys)
    models = (Key(org=item.key.org, kind="data-model", id=model) for model in item.reads)
    return tuple(model for model in models if model in known)


def _edges(reads: Mapping[Key, Sequence[Key]], found: Mapping[Key, Tried]) -> Iterator[tuple[Key, Key]]:
    """What reads or links to what."""
    yield from ((reader, model) for reader, models in reads.items() for model in models)
    for key, one in found.items():
        for hole in (*one.strict.holes, *one.strict.description_holes):
            yield key, hole.key


def _judged(
    inventory: Inventory,
    scope: Scope,
    specs: Mapping[Key, Spec],
    found: Mapping[Key, Tried],
    reads: Mapping[Key, tuple[Key, ...]],
    stops: Sequence[Obstacle],
    wanted: Sequence[Need],
) -> tuple[Judged, ...]:
    stopped, using = stopping(stops), needed_by(wanted)
    made = []
    beneath: dict[Key, set[int]] = {}  # what a document needs, and the models below it: those come first
    for key in scope.keys:
        item = inventory.items[key]
        one = found.get(key)
        work = handwork(one) if one else ()
        places, uses = stopped.get(key, ()), using.get(key, ())
        beneath[key] = {*uses, *(at for model in reads[key] for at in beneath.get(model, ()))}
        made.append(
            Judged(
                key=key,
                name=item.name,
                folder=item.path,
                readiness=readiness((stops[at] for at in places), work, (wanted[at] for at in beneath[key])),
                obstacles=places,
                handwork=work,
                needs=uses,
                reads=reads[key],
                elements=sum(1 for _ in document_of(specs[key].body).elements) if key in specs else 0,
                secured=census.secured(frozenset(r.row for r in one.strict.references)) if one else False,
                updated_at=item.updated_at,
                url=item.url,
            )
        )
    return tuple(made)
