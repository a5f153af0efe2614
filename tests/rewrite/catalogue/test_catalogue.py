"""Documents built from the catalogue itself: every row, at every depth, is found, rewritten and undone."""

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from migrate.bundle.spec import Spec
from migrate.inventory.model import Connection, Identity, Inventory, Key, Named
from migrate.plan.maps import ConnectionMap, Maps, Pair, PathMap
from migrate.plan.model import Plan
from migrate.plan.orgs import Source
from migrate.rewrite.bind import bind
from migrate.rewrite.catalogue.table import APART, CATALOGUE, INSIDE, OUTSIDE, REF, TELLING_ALL, TEXTS, telling
from migrate.rewrite.catalogue.walk import find, look
from migrate.rewrite.coverage import coverage
from migrate.rewrite.draft import RESOLVERS, draft
from migrate.rewrite.mapping import resolve
from migrate.rewrite.model import Copied, ElementIds
from migrate.tree import canonical, walk

EXAMPLES = [
    (row, key, example) for row in (*OUTSIDE, *INSIDE) for key, examples in row.examples.items() for example in examples
]
TEXT_ROWS = {"url", "attribute-name", "team-name", "function"}


def examples_of(row):
    return [example for examples in row.examples.values() for example in examples]


def filled(tree, value):
    """An example with REF exchanged, and the path of the reference."""
    if isinstance(tree, str) and REF in tree:
        return (value if tree == REF else tree.replace(REF, value)), ()
    if isinstance(tree, dict):
        out, found = {}, None
        for key, inner in tree.items():
            new, path = filled(inner, value)
            if key == REF:
                key, path = value, ()
            if path is not None:
                found = (key, *path)
            out[key] = new
        return out, found
    if isinstance(tree, list):
        out, found = [], None
        for index, inner in enumerate(tree):
            new, path = filled(inner, value)
            if path is not None:
                found = (index, *path)
            out.append(new)
        return out, found
    return tree, None


def test_the_table_is_whole():
    codes = {row.code for row in CATALOGUE}
    for row in CATALOGUE:
        assert row.points_to, row.code
        assert row.resolve, row.code
        assert row.dangling, row.code
        assert bool(row.examples) == (row not in APART), row.code
        assert bool(row.keys) == (row in OUTSIDE or row in INSIDE), row.code
    numbers = {int(n) for row in CATALOGUE for n in row.number.split(", ") if n.isdigit()}
    assert numbers >= set(range(1, 34)), sorted(set(range(1, 34)) - numbers)
    assert {row.code for row in OUTSIDE} | {"url", "attribute-name", "function"} == set(RESOLVERS)
    assert len(codes) > 35


named = pytest.mark.parametrize(
    ("row", "key", "example"),
    EXAMPLES,
    ids=lambda value: getattr(value, "code", value if isinstance(value, str) else ""),
)


def standing(row, example, telling=TELLING_ALL):
    """The places of an example's reference that the catalogue finds, and the one where it stands."""
    value = ["DB", "S", "T"] if row.shape == "names" else "the-reference"
    tree, path = filled(example, value)
    found = [site for site in look(tree, telling=telling).sites if site.row.code == row.code]
    if row.shape == "object":
        return [site.path for site in found if path[: len(site.path)] == site.path], path
    return [site.path for site in found if site.value == value], path


@named
def test_every_example_is_found_where_it_stands(row, key, example):
    found, path = standing(row, example)
    assert len(found) == 1
    assert found == [path] or (row.shape == "object" and found[0] == path[: len(found[0])])
    assert key in path


@named
def test_an_example_is_lost_with_its_key_and_found_in_no_other_way(row, key, example):
    """A key that nobody would miss is not in the table, and none can be lost unseen."""
    without = telling((*OUTSIDE, *INSIDE), without=(row, key))
    assert standing(row, example, without)[0] == []


def test_every_key_has_an_example_of_its_own():
    assert [(row.code, key) for row in (*OUTSIDE, *INSIDE) for key in row.keys if not row.examples[key]] == []
    assert sum(len(row.keys) for row in (*OUTSIDE, *INSIDE)) > 90


@pytest.mark.parametrize(
    "tree",
    [
        {"columns": [{"id": "x", "formula": "1"}]},
        {"elements": [{"id": "x", "kind": "table"}]},
        {"series": [{"id": "x", "kind": "line"}]},
        {"source": {"kind": "upload", "key": "x"}},
        {"config": {"min": "x", "max": "x"}},
        {"value": {"type": "constant", "value": "x"}},
        {"settings": {"theme": {"overrides": {"colorOverrides": [{"name": "x", "color": "#fff"}]}}}},
    ],
)
def test_what_is_defined_or_plain_data_is_no_reference(tree):
    assert [site for site in find(tree, inside=True) if site.row in INSIDE] == []


@pytest.mark.parametrize("row", [row for row in TEXTS if row.code in TEXT_ROWS], ids=lambda row: row.code)
def test_every_text_row_is_found(row):
    for example in row.examples[""]:
        tree, path = filled(example, "https://x.example/a" if row.code == "url" else "DB.S.NAME")
        assert path in {site.path for site in find(tree)}


# A world in which everything has two sides that can be exchanged.

N = 3


def uid(side, kind, number):
    return f"{side:08x}-{kind:04x}-4000-8000-{number:012x}"


def things(side, kind, word):
    return {uid(side, kind, n): Named(id=uid(side, kind, n), name=f"{word} {side}{n}") for n in range(N)}


def inventory(alias, side):
    return Inventory(
        org=alias,
        identity=Identity(user_id=f"person{side}", organization_id=uid(side, 99, 0), slug=f"slug-{side}"),
        connections={
            uid(side, 1, n): Connection(id=uid(side, 1, n), name=f"C{n}", type="snowflake", write_access=True)
            for n in range(N)
        },
        members=things(side, 5, "user"),
        teams=things(side, 6, "team"),
        user_attributes=things(side, 7, "attribute"),
        plugins=things(side, 8, "plugin"),
        connectors={uid(side, 9, n): Named(id=uid(side, 9, n), name=f"connector {n}") for n in range(N)},
    )


def renames(kind, word, here, there, order):
    return tuple(Pair(source=f"{word} {here}{n}", target=f"{word} {there}{order[n]}") for n in range(N))


def tables(here, there, order):
    return tuple(
        PathMap(source=(f"DB{here}", "S", f"T{n}"), target=(f"DB{there}", "S", f"T{order[n]}")) for n in range(N)
    )


def context_of(here, there, order):
    """The context from one side to the other with everything permuted."""
    maps = Maps(
        connections=tuple(
            ConnectionMap(source=uid(here, 1, n), target=uid(there, 1, order[n]), paths=tables(here, there, order))
            for n in range(N)
        ),
        members=renames(5, "user", here, there, order),
        teams=renames(6, "team", here, there, order),
        user_attributes=renames(7, "attribute", here, there, order),
        plugins=renames(8, "plugin", here, there, order),
        urls=tuple(
            Pair(source=f"https://{n}.x{here}.example/", target=f"https://{order[n]}.x{there}.example/")
            for n in range(N)
        ),
    )
    alias = f"org{here}"
    scope = frozenset(
        Key(org=alias, kind=kind, id=uid(here, code, n))
        for kind, code in (("data-model", 2), ("workbook", 3))
        for n in range(N)
    )
    plan = Plan(name="p", orgs={}, source=Source(org=alias), targets=(f"org{there}",), map=maps)
    return resolve(plan, f"org{there}", inventory(alias, here), inventory(f"org{there}", there), scope, {}, {})


def ids_of(here, there, order):
    """Where every document of a side is found on the other side, inner ids exchanged too."""
    copied = {}
    for n in range(N):
        elements = {
            f"e{here}{m}": ElementIds(
                id=f"e{there}{order[m]}",
                columns={f"c{here}{k}": f"c{there}{order[k]}" for k in range(N)},
                groupings={f"g{here}{k}": f"g{there}{order[k]}" for k in range(N)},
            )
            for m in range(N)
        }
        model = Key(org=f"org{here}", kind="data-model", id=uid(here, 2, n))
        copied[model] = Copied(id=uid(there, 2, order[n]), elements=elements)
        workbook = Key(org=f"org{here}", kind="workbook", id=uid(here, 3, n))
        copied[workbook] = Copied(id=uid(there, 3, order[n]))
    return copied


VALUES = {
    "connection": lambda n: uid(1, 1, n),
    "path": lambda n: ["DB1", "S", f"T{n}"],
    "statement": lambda n: f"select a from DB1.S.T{n} -- kept\n",
    "data-model": lambda n: uid(1, 2, n),
    "model-element": lambda n: f"e1{n}",
    "model-grouping": lambda n: f"g1{n}",
    "model-column": lambda n: f"c1{n}",
    "model-columns": lambda n: f"c1{n}",
    "model-category": lambda n: f"c1{n}",
    "team": lambda n: uid(1, 6, n),
    "user": lambda n: uid(1, 5, n),
    "user-attribute": lambda n: uid(1, 7, n),
    "page-users": lambda n: uid(1, 5, n),
    "page-teams": lambda n: uid(1, 6, n),
    "plugin": lambda n: uid(1, 8, n),
    "connector": lambda n: uid(1, 9, n),
    "procedure": lambda n: ["DB1", "S", f"T{n}"],
    "document": lambda n: uid(1, 3, n),
    "url": lambda n: f"https://{n}.x1.example/page?q=1",
    "attribute-name": lambda n: f"attribute 1{n}",
    "team-name": lambda n: f"team 1{n}",
    "function": lambda n: f"DB1.S.T{n}",
}
MOVING = [row for row in (*OUTSIDE, *TEXTS) if row.code in VALUES]
FIXED = ("00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002")


def settled(tree, number):
    """An example's own fixed ids made part of the world: connection, model, element and column beside the place."""
    text = orjson.dumps(tree).decode()
    text = text.replace(FIXED[0], uid(1, 1, number)).replace(FIXED[1], uid(1, 2, number))
    text = text.replace('["DB","SCHEMA","T"]', f'["DB1","S","T{number}"]')
    tree = orjson.loads(text)
    for _path, node in walk(tree):
        if isinstance(node, dict) and "dataModelId" in node and node.get("elementId") == "e":
            node["elementId"] = f"e1{number}"
        if isinstance(node, dict) and node.get("columnId") == "c" and "dataModelId" in str(node.get("source")):
            node["columnId"] = f"c1{number}"
        if (
            isinstance(node, dict)
            and node.get("effect") == "open-document"
            and node.get("documentId") == uid(1, 2, number)
        ):
            node["documentId"] = uid(1, 3, number)
    return tree


WRAPPERS = st.sampled_from(["elements", "effects", "newThing", "inner", "if", "then", 0, 0, 1])
HARMLESS = st.dictionaries(
    st.sampled_from(["novel", "shade", "weight", "zoom"]),
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=8) | st.lists(st.integers(0, 9), max_size=3),
    max_size=3,
)


@st.composite
def documents(draw):
    """A document with several references anywhere: (body, [(row, path)])."""
    parts, places = [], []
    for row in draw(st.lists(st.sampled_from(MOVING), min_size=1, max_size=8)):
        number = draw(st.integers(0, N - 1))
        example = draw(st.sampled_from(examples_of(row)))
        tree, path = filled(settled(example, number), VALUES[row.code](number))
        tree = {**draw(HARMLESS), **tree}
        for step in draw(st.lists(WRAPPERS, max_size=5)):
            if isinstance(step, int):
                tree, path = [*[{} for _ in range(step)], tree], (step, *path)
            else:
                tree, path = {**draw(HARMLESS), step: tree}, (step, *path)
        places.append((row, ("parts", len(parts), *path)))
        parts.append(tree)
    drawn = {"pages": [{"id": "p", "name": "P"}], "layout": "<Page id='p'/>"}
    return {"schemaVersion": 1, "kind": "workbook", **draw(HARMLESS), "parts": parts, **drawn}, places


def spec_of(body, side):
    key = Key(org=f"org{side}", kind="workbook", id=uid(side, 3, 0))
    return Spec(key=key, generation="contents", name="W", folder_id="f", body=body)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(documents(), st.permutations(range(N)))
def test_nothing_is_missed_and_the_inverse_brings_it_back(document, order):
    body, places = document
    before = canonical(body)
    found = {site.path for site in find(body)}
    for row, path in places:
        assert any(path[: len(p)] == p for p in found), (row.code, path)

    done = draft(spec_of(body, 1), context_of(1, 2, order), "org2")
    assert done.refusals == (), done.refusals
    there = bind(done, ids_of(1, 2, order))
    text = canonical(there).decode()
    for sign in ("00000001-0", "DB1", "x1.example", "attribute 1", "team 1", '"e1', '"c1', '"g1'):
        assert sign not in text, (sign, text)
    assert canonical(body) == before

    back_order = [list(order).index(n) for n in range(N)]
    back = draft(spec_of(there, 2), context_of(2, 1, back_order), "org1")
    assert back.refusals == ()
    assert canonical(bind(back, ids_of(2, 1, back_order))) == before


@settings(max_examples=60, deadline=None)
@given(documents())
def test_a_swap_within_one_organization_is_its_own_inverse(document):
    body, _places = document
    order = [1, 0, 2]
    context, ids = context_of(1, 1, order), ids_of(1, 1, order)
    assert context.problems == ()
    once = bind(draft(spec_of(body, 1), context, "org1"), ids)
    twice = bind(draft(spec_of(once, 1), context, "org1"), ids)
    assert canonical(twice) == canonical(body)
    moved = [path for path, value in walk(body) if value in (uid(1, 1, 0), uid(1, 1, 1))]
    for path in moved:
        value = once
        for step in path:
            value = value[step]
        assert value in (uid(1, 1, 0), uid(1, 1, 1))


def differences(one, other, path=()):
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        return [d for key in one for d in differences(one[key], other[key], (*path, key))]
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        return [d for i, (a, b) in enumerate(zip(one, other, strict=True)) for d in differences(a, b, (*path, i))]
    return [] if type(one) is type(other) and one == other else [path]


@settings(max_examples=80, deadline=None)
@given(documents(), st.permutations(range(N)))
def test_nothing_else_changes(document, order):
    body, _places = document
    done = draft(spec_of(body, 1), context_of(1, 2, order), "org2")
    named = {reference.path for reference in done.references} | {change.path for change in done.changes}
    for path in differences(body, done.body):
        assert any(path[: len(place)] == place for place in named), path


@settings(max_examples=40, deadline=None)
@given(documents())
def test_what_is_mapped_nowhere_refuses_with_its_place(document):
    """With an empty plan every reference that needs a counterpart is told, none is passed over."""
    body, places = document
    empty = Plan(name="p", orgs={}, source=Source(org="org1"), targets=("org2",))
    context = resolve(empty, "org2", inventory("org1", 1), inventory("org2", 2), frozenset(), {}, {})
    done = draft(spec_of(body, 1), context, "org2")
    accounted = {reference.path: reference for reference in done.references}
    for row, path in places:
        if row.code in {"url", "function", "procedure", "connector"}:
            continue
        reference = next((accounted[path[:size]] for size in range(len(path), 0, -1) if path[:size] in accounted), None)
        assert reference is not None, (row.code, path)
        assert reference.resolution == "unknown" or row.code == "plugin", (row.code, reference)
    needed = {"connection", "data-model", "team", "user", "plugin", "document", "attribute-name"}
    if any(row.code in needed for row, _path in places):
        assert done.refusals


def test_coverage_counts_every_place():
    body = {"elements": [filled(settled(examples_of(row)[0], 0), VALUES[row.code](0))[0] for row in MOVING]}
    spec = spec_of(body, 1)
    context = context_of(1, 2, [0, 1, 2])
    listed = coverage({spec.key: spec}, [draft(spec, context, "org2")], context.known)
    assert {covered.resolution for covered in listed} <= {"mapped", "opaque", "by_name", "local"}
    assert sum(covered.count for covered in listed) == sum(len(covered.places) for covered in listed)
    rows = {covered.row for covered in listed}
    assert rows >= set(VALUES) - {"procedure"}
    assert all(covered.points_to and covered.places[0].path.startswith("$") for covered in listed)
    offline = coverage({spec.key: spec})
    assert {"found", "local"} <= {covered.resolution for covered in offline}


@pytest.mark.parametrize(
    ("formula", "codes"),
    [
        ('CurrentUserAttributeText("desk")', ["attribute-name"]),
        ('CURRENTUSERINTEAM("Finance")', ["attribute-name"]),
        ("CurrentUserEmail()", []),
        ("[Attribute] + 1", []),
        ('CallText("DB.S.F")', ["function"]),
        ('CallText ("DB.S.F")', ["function"]),
        ("Recall(1)", []),
        ('"call text" & Text(1)', []),
    ],
)
def test_only_functions_that_name_something_are_looked_into(formula, codes):
    found = find({"elements": [{"columns": [{"formula": formula}]}]})
    assert [site.row.code for site in found if site.row.code in ("attribute-name", "function")] == codes


@pytest.mark.parametrize(
    ("source", "codes"),
    [
        (
            {"kind": "source", "source": {"dataModelId": "m", "elementId": "e"}},
            ["model-category"],
        ),
        ({"kind": "source", "source": {"kind": "table", "elementId": "e"}}, []),
        ({"kind": "source", "source": "odd"}, []),
        ({"kind": "manual"}, []),
        ("odd", []),
    ],
)
def test_categories_are_of_a_model_where_the_values_come_from_one(source, codes):
    body = {"elements": [{"kind": "control", "categories": [{"columnId": "c"}], "source": source}]}
    assert [site.row.code for site in find(body) if site.path[-1] == "categories"] == codes
