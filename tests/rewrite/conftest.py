"""Two small organizations and what is needed to rewrite a document from one into the other."""

import json
from dataclasses import dataclass, field, replace

import orjson
import pytest
import yaml

from kit.places import REAL, document_files
from migrate.bundle.read import kind_of
from migrate.bundle.spec import Spec, parse_spec
from migrate.inventory.model import Connection, Folder, Identity, Inventory, Item, Key, Named
from migrate.kinds import KINDS
from migrate.plan.maps import ConnectionMap, Maps, PathMap
from migrate.plan.model import Plan
from migrate.plan.orgs import Expect, FromEnvironment, Org, Source
from migrate.plan.policies import Policy
from migrate.rewrite.bind import bind
from migrate.rewrite.draft import draft
from migrate.rewrite.mapping import resolve


def uuid(number):
    return f"00000000-0000-4000-8000-{number:012x}"


def named(*names, start):
    return {uuid(start + n): Named(id=uuid(start + n), name=name) for n, name in enumerate(names)}


def org(alias, start, connections=(), **more):
    return Inventory(
        org=alias,
        identity=Identity(user_id=f"{alias}User", organization_id=uuid(start), slug=f"{alias}-slug"),
        connections={
            uuid(start + 10 + n): Connection(id=uuid(start + 10 + n), name=name, type=kind, write_access=True)
            for n, (name, kind) in enumerate(connections)
        },
        **more,
    )


def item(alias, kind, number, name, path=("Shared",), reads=()):
    key = Key(org=alias, kind=kind, id=uuid(number))
    return Item(key=key, name=name, folder_id=uuid(900), path=path, version=1, reads=reads)


def here(*items, **more):
    things = {
        "teams": named("Finance", "Sales", start=100),
        "members": {"memberHereAda01234567890123": Named(id="memberHereAda01234567890123", name="ada@here.example")},
        "user_attributes": named("region", "desk", start=120),
        "plugins": named("Gauge", start=140),
        "connectors": named("Tickets", start=150),
    } | more
    return org("here", 0, [("Ware", "snowflake"), ("Lake", "bigQuery")], items={i.key: i for i in items}, **things)


def there(*items, **more):
    things = {
        "teams": named("Finance", "Group Sales", start=5100),
        "members": {"memberThereAda0123456789012": Named(id="memberThereAda0123456789012", name="Ada@there.example")},
        "user_attributes": named("region", "office", start=5120),
        "plugins": named("Gauge", start=5140),
        "connectors": named("Tickets", start=5150),
    } | more
    found = org("there", 5000, [("Group Ware", "snowflake"), ("Group Lake", "bigQuery")], **things)
    return replace(found, items={i.key: i for i in items})


WARE, LAKE = uuid(10), uuid(11)
GROUP_WARE, GROUP_LAKE = uuid(5010), uuid(5011)


def plan(maps=None, *, policy=None, rules=()):
    ours = Maps(
        connections=(
            ConnectionMap(
                source="Ware",
                target="Group Ware",
                paths=(
                    PathMap(source=("DW", "FIN", "*"), target=("GDW", "AU_FIN", "*")),
                    PathMap(source=("DW", "FIN", "ORDERS"), target=("GDW", "AU", "FCT_ORDERS")),
                ),
            ),
            ConnectionMap(source="Lake", target="Group Lake"),
        )
    )
    cred = FromEnvironment(prefix="X")
    orgs = {
        "here": Org(alias="here", base_url="https://api.sigmacomputing.com", credentials=cred),
        "there": Org(
            alias="there",
            base_url="https://api.sigmacomputing.com",
            credentials=cred,
            access="write",
            expect=Expect(slug="there-slug"),
        ),
    }
    return Plan(
        name="p",
        orgs=orgs,
        source=Source(org="here"),
        targets=("there",),
        map=maps or ours,
        policy=policy or Policy(),
        rules=rules,
    )


@dataclass
class World:
    """Source, target and plan; ``rewrite`` gives the draft of a body."""

    source: Inventory = field(default_factory=here)
    dest: Inventory = field(default_factory=there)
    plan: Plan = field(default_factory=plan)
    scope: frozenset = frozenset()
    specs: dict = field(default_factory=dict)
    existing: dict = field(default_factory=dict)

    def context(self):
        return resolve(self.plan, "there", self.source, self.dest, self.scope, self.specs, self.existing)

    def draft(self, body, *, kind="workbook", number=1, name="Doc", description=None, generation="contents", **more):
        key = Key(org="here", kind=kind, id=uuid(number))
        spec = Spec(
            key=key,
            generation="flat" if kind == "data-model" else generation,
            name=name,
            folder_id=uuid(900),
            body=body,
            description=description,
            **more,
        )
        return draft(spec, self.context(), "there")


def load(path):
    """The spec of a sample document, out of whatever wrapper it stands in; None where it is a fragment."""
    text = path.read_text()
    if path.suffix == ".json":
        tree = json.loads(text)
    else:
        tree = yaml.load(text, yaml.CSafeLoader)
    for wrapper in ("sigmaDataModel", "model", "workbook"):
        if isinstance(tree.get(wrapper), dict):
            tree = tree[wrapper]
    kind = kind_of(tree, path) or path.parent.name.removesuffix("s")
    key = Key(org="here", kind=kind, id=tree.get(KINDS[kind].id_field) or uuid(1))
    try:
        return parse_spec(tree, key)
    except ValueError:
        return None


def pytest_generate_tests(metafunc):
    if "sample" in metafunc.fixturenames:
        found = [pytest.param(path, id=path.stem[:60]) for path in document_files()]
        metafunc.parametrize("sample", found, indirect=True)


@pytest.fixture
def sample(request):
    spec = load(request.param)
    if spec is None:
        pytest.skip("a fragment, not a whole document")
    return spec


@pytest.fixture
def kit(world_kit):
    """The builders of this file."""
    return world_kit


@pytest.fixture(scope="session")
def world_kit():
    """The same for properties, which run many examples with one fixture."""
    import types

    return types.SimpleNamespace(
        World=World,
        Maps=Maps,
        uuid=uuid,
        item=item,
        here=here,
        there=there,
        plan=plan,
        bind=bind,
        WARE=WARE,
        LAKE=LAKE,
        GROUP_WARE=GROUP_WARE,
        GROUP_LAKE=GROUP_LAKE,
        key=lambda kind, number: Key(org="here", kind=kind, id=uuid(number)),
        load=load,
        SPECS=REAL,
        Folder=Folder,
    )


class JsonScalars(yaml.CSafeLoader):
    """YAML with JSON's own scalars only: no dates, no yes and no."""


JsonScalars.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in found if not tag.endswith((":timestamp", ":bool"))]
    for first, found in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


def read_body(path):
    text = path.read_bytes()
    tree = orjson.loads(text) if path.suffix == ".json" else yaml.load(text, Loader=JsonScalars)
    for wrapper in ("document", "contents", "workbook", "sigmaDataModel", "model"):
        if isinstance(tree.get(wrapper), dict):
            return tree[wrapper]
    return tree


@pytest.fixture(scope="session")
def samples():
    """Every document by its file name, as its inner body: our own always, the real ones where they are."""
    return {path.name: read_body(path) for path in document_files()}


@pytest.fixture(scope="session")
def sample_models(samples):
    """Those of the documents that are data models with pages."""
    models = {path.name for path in document_files() if path.parent.name == "data-models"}
    return {name: body for name, body in samples.items() if name in models and body.get("pages")}
