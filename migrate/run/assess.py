"""What a selection holds before anybody decides: counts, features, references and hazards; works without a target."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from migrate.bundle.spec import Spec
from migrate.inventory.model import Inventory, Key
from migrate.inventory.scope import Scope
from migrate.rewrite.coverage import Covered, Located, coverage
from migrate.rewrite.mapping import known_ids
from migrate.rewrite.resolvers.statements import raw_in
from migrate.tree import Json, json_path, walk


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """An inventory of what is in scope. ``elements`` and ``sources`` count kinds over all documents.

    ``raw`` are the statements that use the directive ``#raw``: where each stands, and a sentence about it.
    """

    inventory: Inventory
    scope: Scope
    elements: Mapping[str, int]
    sources: Mapping[str, int]
    covered: tuple[Covered, ...]
    unreadable: Mapping[Key, tuple[str, str]]
    raw: tuple[Located, ...] = ()


def assess(
    inventory: Inventory, scope: Scope, specs: Mapping[Key, Spec], unreadable: Mapping[Key, tuple[str, str]]
) -> Assessment:
    """The assessment of the documents in scope. Pure: a bundle is enough, no network is needed."""
    chosen = {key: specs[key] for key in scope.keys if key in specs}
    types = {each.id: each.type for each in inventory.connections.values()}
    elements: Counter[str] = Counter()
    sources: Counter[str] = Counter()
    for spec in chosen.values():
        for path, value in walk(spec.body):
            if not isinstance(value, dict) or not isinstance(value.get("kind"), str) or not path:
                continue
            if len(path) > 1 and path[-2] == "elements":
                elements[value["kind"]] += 1
            elif path[-1] == "source":
                sources[value["kind"]] += 1
    return Assessment(
        inventory=inventory,
        scope=scope,
        elements=dict(elements.most_common()),
        sources=dict(sources.most_common()),
        covered=coverage(chosen, known=known_ids(inventory)),
        unreadable={key: unreadable[key] for key in scope.keys if key in unreadable},
        raw=tuple(
            Located(key=key, path=json_path(path), value=sentence)
            for key, spec in chosen.items()
            for path, sentence in raw_in(spec.body, types)
        ),
    )


def assessment_tree(found: Assessment) -> Json:
    """The assessment as JSON: every reference with its place."""
    return {
        "source": {"organization_id": found.inventory.identity.organization_id, "slug": found.inventory.identity.slug},
        "counts": {kind: sum(k.kind == kind for k in found.scope.keys) for kind in ("data-model", "workbook")},
        "pulled_in": [{"id": key.id, "read_by": [k.id for k in by]} for key, by in sorted(found.scope.needed.items())],
        "left_out": dict(found.scope.left_out),
        "missing_models": {model: [k.id for k in by] for model, by in found.scope.missing.items()},
        "waves": [[key.id for key in wave] for wave in found.scope.waves],
        "elements": dict(found.elements),
        "sources": dict(found.sources),
        "references": [
            {
                "row": one.row,
                "points_to": one.points_to,
                "resolution": one.resolution,
                "count": one.count,
                "places": [{"document": p.key.id, "path": p.path, "value": p.value} for p in one.places],
            }
            for one in found.covered
        ],
        "raw_directives": [{"document": p.key.id, "path": p.path, "message": p.value} for p in found.raw],
        "unreadable": [
            {"kind": key.kind, "id": key.id, "code": code, "reason": reason}
            for key, (code, reason) in sorted(found.unreadable.items())
        ],
    }
