"""World files: what is written reads back equal, what is wrong is told with file, line and fix."""

from dataclasses import fields

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migrate.errors import InvalidInput
from migrate.sandbox import yaml_places
from migrate.sandbox.org import (
    Client,
    Column,
    Connection,
    Inode,
    Member,
    Org,
    Switches,
    Table,
    Thing,
    Version,
    World,
)
from migrate.sandbox.world import dump, load

TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)
NAME = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=12)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**12), 10**12)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=12,
)
ODD = [
    "on",
    "yes",
    "null",
    "1e5",
    "1_000",
    "0x1f",
    "2026-01-01",
    "~",
    "",
    " a",
    "a\nb\n",
    "\u2028x",
    "=1+1",
    "${x:y}",
    "# c",
]


@given(JSON)
def test_yaml_reads_back_what_it_wrote(tree):
    text = yaml_places.dump_yaml({"tree": tree})
    node = yaml_places.yaml.compose(text, Loader=yaml_places.yaml.CSafeLoader)
    assert yaml_places.plain(node) == {"tree": tree}


@pytest.mark.parametrize("text", ODD)
def test_odd_texts_stay_texts(text):
    node = yaml_places.yaml.compose(yaml_places.dump_yaml({text: text}), Loader=yaml_places.yaml.CSafeLoader)
    assert yaml_places.plain(node) == {text: text}


@st.composite
def orgs(draw):
    owner = Member(id=draw(NAME), email=draw(TEXT.filter(bool)), denied=set(draw(st.lists(NAME, max_size=2))))
    thing = Thing(id=draw(NAME), name=draw(NAME), extra={"k": draw(JSON)})
    path = tuple(draw(st.lists(NAME, min_size=1, max_size=3)))
    columns = [Column(name=draw(NAME), type="number") for _ in range(draw(st.integers(0, 2)))]
    table = Table(id=draw(NAME), path=path, columns=columns, synced=draw(st.booleans()))
    version = Version(number=3, body=draw(JSON), published_at="t", published_by=draw(NAME))
    top = inode("top", None, owner.id, type="workspace", name=draw(NAME))
    doc = inode(
        "doc", "top", draw(NAME), name=draw(NAME), versions=[version], denied_to={draw(NAME)}, facts={"f": draw(JSON)}
    )
    stray = inode("stray", draw(NAME), owner.id, name=draw(NAME), read_only_to={owner.id}, badge="Warning")
    return Org(
        alias="a",
        id=draw(NAME),
        slug=draw(NAME),
        name=draw(NAME),
        switches=Switches(generation="flat", accepts=("document",), lag_seconds=draw(st.floats(0, 9))),
        clients=[Client(client_id=draw(NAME), client_secret=draw(NAME), member_id=draw(NAME))],
        members={owner.id: owner},
        teams={thing.id: thing},
        connections={"c": Connection(id="c", name=draw(NAME), tables={path: table})},
        inodes={each.id: each for each in (top, doc, stray)},
        images=set(draw(st.lists(NAME, max_size=2))),
        csv_tables={draw(NAME): draw(NAME)},
    )


def inode(inode_id, parent_id, owner, **more):
    given_values = {"type": "workbook", "name": "n", "created_at": "then", "updated_at": "now", **more}
    return Inode(id=inode_id, parent_id=parent_id, owner_id=owner, created_by=owner, updated_by="x", **given_values)


@settings(max_examples=60, deadline=None)
@given(orgs())
def test_a_world_reads_back_equal(tmp_path_factory, org):
    file = tmp_path_factory.mktemp("world") / "world.yaml"
    world = World(orgs={"a": org})
    file.write_text(dump(world), "utf-8")
    assert load(file) == world


def test_every_field_of_an_inode_is_written(tmp_path):
    """A field added to the state must be added to the file format, or worlds lose it."""
    full = inode(
        "i",
        None,
        "o",
        description="d",
        archived=True,
        badge="Endorsed",
        listed_after=1.5,
        listings_hidden=2,
        denied_to={"m"},
        read_only_to={"n"},
        generation="document",
        hidden_sources=[{"type": "dataset"}],
        facts={"unreadable": 500},
        versions=[Version(number=2, body={}, published_at="p", published_by="q")],
    )
    blank = inode("i", None, "o", type="folder", name="", created_at="", updated_at="")
    same = [f.name for f in fields(Inode) if getattr(full, f.name) == getattr(blank, f.name)]
    assert same == ["id", "parent_id", "owner_id", "created_by", "updated_by"]
    world = World(orgs={"a": Org(alias="a", id="x", slug="s", name="n", inodes={"i": full})})
    (tmp_path / "w.yaml").write_text(dump(world), "utf-8")
    assert load(tmp_path / "w.yaml") == world


BAD = {
    "unknown key": ("version: 1\norgs:\n  a:\n    slgu: x\n", 4, "did you mean 'slug'?"),
    "unknown switch": ("orgs:\n  a:\n    switches: {panel: true}\n", 3, "did you mean 'panels'?"),
    "wrong type": ("orgs:\n  a:\n    switches:\n      panels: maybe\n", 4, "must be true or false"),
    "unknown member": (
        "orgs:\n  a:\n    members: [{email: kim@x}]\n    clients: [{member: kin}]\n",
        4,
        "did you mean 'kim'?",
    ),
    "no type": ("orgs:\n  a:\n    tree:\n      - {name: x}\n", 4, "begin it with one of"),
    "twice": ("orgs:\n  a:\n    slug: x\n    slug: y\n", 4, "stands twice"),
    "placeholder": (
        "orgs:\n  a:\n    tree:\n      - workbook: W\n        spec: {a: '${connection:X}'}\n",
        5,
        "nothing is called",
    ),
    "not yaml": ("orgs: [\n", 2, "not YAML"),
    "empty": ("", 0, "empty"),
    "outside": ("orgs:\n  a: {file: ../../etc/passwd}\n", 2, "outside"),
    "missing file": ("orgs:\n  a: {file: gone.yaml}\n", 0, "cannot be read"),
    "choice": ("orgs:\n  a:\n    switches: {generation: content}\n", 3, "did you mean 'contents'?"),
    "pairs": ("orgs:\n  a:\n    connections:\n    - {name: C, more_tables: [{path: [T], columns: [A]}]}\n", 4, "pairs"),
    "facts": ("orgs:\n  a:\n    tree:\n    - {folder: F, facts: [1]}\n", 4, "must be a mapping"),
    "one id": ("orgs:\n  a:\n    tree:\n    - {folder: F, id: x}\n    - {folder: G, id: x}\n", 5, "two entries"),
    "itself": ("orgs:\n  a:\n    tree:\n    - {folder: F, facts: &f {again: *f}}\n", 0, "contains itself"),
    "version": ("version: 9\norgs: {}\n", 1, "not known"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_wrong_is_told_with_its_place(tmp_path, name):
    text, line, words = BAD[name]
    file = tmp_path / "world.yaml"
    file.write_text(text, "utf-8")
    with pytest.raises(InvalidInput) as caught:
        load(tmp_path)
    problem = caught.value.problems[0]
    assert problem.line == line
    assert words in str(problem)
    assert problem.fix


def test_every_problem_is_told_at_once(tmp_path):
    (tmp_path / "world.yaml").write_text("orgs:\n  a: {slgu: x}\n  b: {naem: y}\nother: 1\n", "utf-8")
    with pytest.raises(InvalidInput) as caught:
        load(tmp_path)
    assert len(caught.value.problems) == 3


def test_ids_do_not_depend_on_what_else_is_there(tmp_path):
    one = "orgs:\n  a:\n    tree:\n      - {workspace: W, items: [{folder: F}, {folder: F}]}\n"
    more = one + "      - {workspace: X}\n"
    (tmp_path / "one.yaml").write_text(one, "utf-8")
    (tmp_path / "more.yaml").write_text(more, "utf-8")
    first, second = (load(tmp_path / name).orgs["a"].inodes for name in ("one.yaml", "more.yaml"))
    assert len(first) == 3
    assert first.keys() < second.keys()


def test_symbols_become_ids_and_escapes_stay(tmp_path):
    tree = "spec: {'${inode:T}/ID': '${workbook:k} $${x} ${org:slug}'}"
    tables = "connections: [{name: C, tables: {D.S.T: {ID: integer}}}]"
    text = f"orgs:\n  a:\n    {tables}\n    tree:\n      - {{workbook: W, key: k, {tree}}}\n"
    (tmp_path / "w.yaml").write_text(text, "utf-8")
    org = load(tmp_path / "w.yaml").orgs["a"]
    (doc,) = org.inodes.values()
    ((key, value),) = doc.versions[0].body.items()
    assert key.startswith("inode-")
    assert key.endswith("/ID")
    assert value == f"{doc.id} ${{x}} a"
