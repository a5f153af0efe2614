"""Every document: every reference classified, nothing else changed, and the inverse brings the original back."""

import orjson

from migrate.bundle.spec import Spec
from migrate.inventory.model import Connection, Identity, Inventory, Key, Named
from migrate.plan.maps import ConnectionMap, Maps, PathMap
from migrate.plan.model import Plan
from migrate.plan.orgs import Source
from migrate.plan.policies import Policy
from migrate.rewrite.audit import audit
from migrate.rewrite.bind import bind
from migrate.rewrite.catalogue.walk import find, look
from migrate.rewrite.coverage import coverage
from migrate.rewrite.draft import draft
from migrate.rewrite.fixups import mended
from migrate.rewrite.mapping import resolve
from migrate.rewrite.model import Copied, ElementIds
from migrate.tree import canonical

OTHER = "ffffffff-ffff-4fff-8fff-{:012x}"


def ids_of(body, *codes):
    """Every id at the places of these rows, those of lists one by one."""
    found = (value for code in codes for value in values(body, code))
    return sorted({one for value in found for one in (value if isinstance(value, tuple) else (value,))})


def values(body, code):
    found = (site.value for site in find(body) if site.row.code == code)
    return sorted({tuple(value) if isinstance(value, list) else value for value in found})


def two_sides(spec):
    """Everything the document points at, here -> there."""
    connections = {identity: OTHER.format(n) for n, identity in enumerate(values(spec.body, "connection"))}
    models = {identity: OTHER.format(1000 + n) for n, identity in enumerate(values(spec.body, "data-model"))}
    named = {
        kind: {identity: OTHER.format(start + n) for n, identity in enumerate(found)}
        for start, (kind, found) in enumerate(things_of(spec).items(), 2)
        for start in [1000 * start]
    }
    return connections, models, named


def things_of(spec):
    """The ids of what a document names by id, by the listing they come from."""
    return {
        "plugins": ids_of(spec.body, "plugin"),
        "teams": ids_of(spec.body, "team", "page-teams"),
        "members": ids_of(spec.body, "user", "page-users"),
        "user_attributes": ids_of(spec.body, "user-attribute"),
        "connectors": ids_of(spec.body, "connector"),
        "documents": ids_of(spec.body, "document"),
    }


def inventory(alias, connections, named):
    """An organization in which all these things are; ``named`` is an id of each, in an order that both sides share."""
    attributes = ("customer_id", "pc_desk", "region", "district")
    things = {
        kind: {identity: Named(id=identity, name=f"{kind} {n}@x") for n, identity in enumerate(ids)}
        for kind, ids in named.items()
        if kind != "documents"
    }
    things["user_attributes"] |= {
        f"{alias}-{name:-<30}": Named(id=f"{alias}-{name:-<30}", name=name) for name in attributes
    }
    things["teams"][f"{alias}-{'Bakers':-<30}"] = Named(id=f"{alias}-{'Bakers':-<30}", name="Bakers")
    return Inventory(
        org=alias,
        identity=Identity(
            user_id=f"somebody of {alias} 0123456789", organization_id=f"organization {alias} 0123456789"
        ),
        connections={i: Connection(id=i, name=i, type="snowflake", write_access=True) for i in connections},
        **things,
    )


def inner_ids(value):
    """The column ids in a value that is one, a list of them, or objects that hold them."""
    if isinstance(value, dict):
        return [one for inner in value.values() for one in inner_ids(inner)]
    if isinstance(value, (list, tuple)):
        return [one for inner in value for one in inner_ids(inner)]
    return [value]


def copied(spec, alias, models, documents, rename):
    """An id map for the models and documents that a document points at, with every inner id of models exchanged."""
    ids = {Key(org=alias, kind="workbook", id=identity): Copied(id=to) for identity, to in documents.items()}
    for identity, to in models.items():
        elements, columns, groupings = set(), {}, {}
        for site in find(spec.body):
            node = site.node
            if site.row.code == "model-element" and node.get("dataModelId") == identity:
                elements.add(site.value)
            if site.row.code == "model-grouping" and node.get("dataModelId") == identity:
                groupings.setdefault(node["elementId"], set()).add(site.value)
            if site.row.code == "model-column" and node["source"].get("dataModelId") == identity:
                columns.setdefault(node["source"]["elementId"], set()).add(site.value)
            if site.row.code in ("model-columns", "model-category"):
                for element in elements:
                    columns.setdefault(element, set()).update(inner_ids(site.value))
        ids[Key(org=alias, kind="data-model", id=identity)] = Copied(
            id=to,
            elements={
                e: ElementIds(
                    id=rename(e),
                    columns={c: rename(c) for c in columns.get(e, ())},
                    groupings={g: rename(g) for g in groupings.get(e, ())},
                )
                for e in elements
            },
        )
    return ids


def crossed(spec, sides, here, there, paths, rename):
    """The document as it stands on the other side."""
    connections, models, named = sides
    maps = Maps(
        connections=tuple(ConnectionMap(source=one, target=other, paths=paths) for one, other in connections.items())
    )
    plan = Plan(
        name="p",
        orgs={},
        source=Source(org=here),
        targets=(there,),
        map=maps,
        policy=Policy(unsupported="report", dangling="report"),
    )
    key = Key(org=here, kind=spec.key.kind, id=spec.key.id)
    spec = Spec(key=key, generation=spec.generation, name=spec.name, folder_id="f", body=spec.body)
    linked = (Key(org=here, kind="workbook", id=identity) for identity in named["documents"])
    scope = frozenset({key, *(Key(org=here, kind="data-model", id=identity) for identity in models), *linked})
    source = inventory(here, connections, {kind: list(ids) for kind, ids in named.items()})
    dest = inventory(there, connections.values(), {kind: list(ids.values()) for kind, ids in named.items()})
    context = resolve(plan, there, source, dest, scope, {key: spec}, {})
    assert context.problems == ()
    done = draft(spec, context, there)
    return done, bind(done, copied(spec, here, models, named["documents"], rename))


def whole(spec):
    """The document as a write would take it, so that only references change; uploads are not for sale."""
    body, _changes = mended(spec.body, look(spec.body))
    text = orjson.dumps(body).replace(b'"kind":"upload","key"', b'"kind":"uploaded","was"')
    return Spec(key=spec.key, generation=spec.generation, name=spec.name, folder_id="f", body=orjson.loads(text))


def unportable(spec):
    """The reasons why a document stays at home, whatever is mapped."""
    return {"not_portable"} if spec.name == "Stays Home" else set()


def turned_round(sides):
    """The same sides the other way."""
    plain = ({other: one for one, other in side.items()} for side in sides[:2])
    return (*plain, {kind: {other: one for one, other in ids.items()} for kind, ids in sides[2].items()})


def maps_of(spec, new):
    """Every table path of the document to a new name, and back."""
    paths = values(spec.body, "path")
    there = tuple(PathMap(source=path, target=new(path)) for path in paths)
    return there, tuple(PathMap(source=pair.target, target=pair.source) for pair in there)


def test_the_inverse_mapping_brings_the_original_back(sample):
    spec = whole(sample)
    sides = two_sides(spec)
    there, back = maps_of(spec, lambda path: (*(f"{step}_THERE" for step in path[:-1]), path[-1]))
    done, body = crossed(spec, sides, "here", "there", there, lambda i: f"new-{i}")
    assert {problem.code for problem in done.refusals} == unportable(spec)
    if done.refusals:
        return
    assert (canonical(body) != canonical(spec.body)) == any((*sides[:2], *sides[2].values()))
    turned = Spec(key=spec.key, generation=spec.generation, name=spec.name, folder_id="f", body=body)
    inverse = turned_round(sides)
    _, again = crossed(turned, inverse, "there", "here", back, lambda i: i.removeprefix("new-"))
    assert canonical(again) == canonical(spec.body)


def test_the_inverse_holds_where_tables_are_renamed_too(sample):
    spec = whole(sample)
    sides = two_sides(spec)
    there, back = maps_of(spec, lambda path: (*path[:-1], f"ZZ_{path[-1]}_NEW"))
    done, body = crossed(spec, sides, "here", "there", there, lambda i: i)
    assert {problem.code for problem in done.refusals} == unportable(spec)
    if done.refusals:
        return
    assert not any(residual.code == "ambiguous_prefix" for residual in done.residuals)
    turned = Spec(key=spec.key, generation=spec.generation, name=spec.name, folder_id="f", body=body)
    inverse = turned_round(sides)
    _, again = crossed(turned, inverse, "there", "here", back, lambda i: i)
    assert canonical(again) == canonical(spec.body)


def test_every_suspicious_string_is_classified(sample):
    sides = two_sides(sample)
    done, _body = crossed(sample, sides, "here", "there", (), lambda i: i)
    accounted = {reference.path for reference in done.references}
    left = [suspect for suspect in audit(sample.body, {}) if suspect.classified == "unknown"]
    for suspect in left:
        assert any(suspect.path[:size] in accounted for size in range(1, len(suspect.path) + 1)), suspect
    assert [r for r in done.references if r.resolution == "unknown"] == []
    key = Key(org="here", kind=sample.key.kind, id=sample.key.id)
    spec = Spec(key=key, generation=sample.generation, name="", folder_id="f", body=sample.body)
    unknown = [covered for covered in coverage({key: spec}, [done]) if covered.resolution == "unknown"]
    places = {place.value for covered in unknown for place in covered.places}
    assert places == set()


def test_layout_and_everything_unnamed_stay(sample):
    done, body = crossed(sample, two_sides(sample), "here", "there", (), lambda i: i)
    assert body.get("layout") == sample.body.get("layout")
    if unportable(sample):
        return
    changed = {r.path for r in done.references} | {c.path for c in done.changes}
    if not any(change.code.startswith("fix:") for change in done.changes):
        for path in differences(sample.body, body):
            assert any(path[: len(place)] == place for place in changed), path


def differences(one, other, path=()):
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        return [d for key in one for d in differences(one[key], other[key], (*path, key))]
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        return [d for i, (a, b) in enumerate(zip(one, other, strict=True)) for d in differences(a, b, (*path, i))]
    return [] if one == other else [path]
