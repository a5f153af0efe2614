"""Generated organizations: coherent, repeatable, mapped completely, spoilt only where asked."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migrate.plan.load import load as load_plan
from migrate.sandbox.generate import generate
from migrate.sandbox.mishaps import HOSTILE, Knobs
from migrate.sandbox.specs import Refusal, accept, columns
from migrate.sandbox.specs.trees import walk
from migrate.sandbox.world import dump, load
from migrate.sandbox.yaml_places import dump_yaml

GENERATIONS = ("flat", "document", "contents")
REFUSED = {
    "stays-home-contents.yaml": "agents[0].sequenceId",  # written to hold what cannot travel
    "sigmacomputing-bikes-stations-updated-a704a0c.json": "source.joins",  # an authored join without legs
    "twells89-cross-org-sample-data-model.json": "Invalid kind",  # a synthetic fixture with a kind that is none
    "diegolopal-tableau-structural-workarounds-wb-spec.json": "schemaVersion",  # a converter left it out
    "twells89-broken-source-parameter.yaml": "Invalid parameter on control",  # an excerpt that shows this very fault
    "twells89-approval-app.yaml": "Invalid kind",  # action keys from before the rename
    "twells89-cross-org-sample-workbook.json": "columns[0].formula",  # a synthetic fixture
    "sigmacomputing-corpus-powerbi-code-release.json": "settings.theme.overrides.colorOverrides",  # of August
    "sigmacomputing-corpus-quicksight-code-release.json": "pageLabels: Invalid array",  # of August
    "sigmacomputing-workbook-f97614f.yaml": 'layout.anchor: Invalid value: "middle"',  # of August
}
FRAGMENTS = {"twells89-actions-golden-fragment.json", "twells89-gauge-embed-fragment.json"}


def documents(org):
    return [inode for inode in org.inodes.values() if inode.versions]


def accepted(org, inode):
    wire = inode.generation
    body = inode.versions[-1].body
    envelope = {"name": inode.name, "folderId": inode.parent_id, **(body if wire == "flat" else {wire: body})}
    member_id = org.clients[0].member_id
    outcome = accept(org, inode.type, envelope, mode="create", generation=wire, member_id=member_id)
    return "" if not isinstance(outcome, Refusal) else outcome.message


def moved(rules, path):
    """Where a ``paths:`` block leads a table: an exact rule first, then one that ends in ``*``."""
    exact = [rule["to"] for rule in rules if tuple(rule["from"]) == path]
    starred = [rule["to"] for rule in rules if rule["from"][-1] == "*" and tuple(rule["from"][:-1]) == path[:-1]]
    return tuple(exact[0]) if exact else (*starred[0][:-1], path[-1])


def check_mapping(made, source, alias):
    """Every table, person and thing of the source has its counterpart where the mapping says."""
    target, mapping = made.world.orgs[alias], made.mappings[alias]
    names = {each.name: each for each in target.connections.values()}
    for rule in mapping["connections"]:
        origin = next(each for each in source.connections.values() if each.name == rule["from"])
        for path, table in origin.tables.items():
            there = names[rule["to"]].tables[moved(rule["paths"], path)]
            assert there.columns == table.columns
            assert there.path != table.path
    assert len(mapping["connections"]) == len(source.connections)
    for kind in ("teams", "user_attributes", "plugins"):
        known = {thing.name for thing in getattr(target, kind).values()}
        assert {pair["to"] for pair in mapping[kind]} == known
        assert len(mapping[kind]) == len(getattr(source, kind))
    for kind in ("connections", "inodes", "teams", "user_attributes", "plugins", "members"):
        assert not getattr(source, kind).keys() & getattr(target, kind).keys()


def test_everything_resolves(authored):
    made = generate(authored, targets=("group", "emea"))
    source = made.world.orgs["source"]
    assert made.refused == {}
    assert {inode.name: accepted(source, inode) for inode in documents(source)} == dict.fromkeys(
        (inode.name for inode in documents(source)), ""
    )
    assert [c for i in documents(source) for c in columns(source, i) if c["type"]["type"] == "error"] == []
    check_mapping(made, source, "group")
    check_mapping(made, source, "emea")


def test_a_model_that_is_not_in_the_set_is_made_up(authored):
    source = generate(authored).world.orgs["source"]
    (model,) = [i for i in documents(source) if i.type == "data-model" and i.name == "Model 1"]
    element = model.versions[0].body["pages"][0]["elements"][0]
    assert (element["id"], element["name"]) == ("el", "Away")
    assert [column["name"] for column in element["columns"]] == ["Cost Amount"]
    assert [metric["name"] for metric in element["metrics"]] == ["Spend"]
    assert [grouping["id"] for grouping in element["groupings"]] == ["gr"]


def test_joins_bring_the_columns_of_their_keys_and_legs(authored):
    source = generate(authored).world.orgs["source"]
    tables = {
        path[-1]: [c.name for c in t.columns] for c in source.connections.values() for path, t in c.tables.items()
    }
    assert tables["PLACES"] == ["PLACE_KEY", "PLACE_NAME"]
    assert tables["EVENTS"] == ["EVENT_ID", "HAPPENED_DATE", "PLACE_KEY"]


def test_documents_of_other_generations_are_left_out_and_listed(authored):
    made = generate(authored, generation="flat")
    assert made.left_out.keys() == {"reads", "stranger", "joined"}
    assert made.ids.keys() == {"events"}


def test_the_same_seed_gives_the_same_world(authored):
    knobs = Knobs(hostile_names=0.4, missing_columns=0.3, personal=0.3, broken_formulas=0.5)
    first, again, other = (generate(authored, seed=seed, size=20, knobs=knobs) for seed in (7, 7, 8))
    assert dump(first.world) == dump(again.world)
    assert first == again
    assert dump(first.world) != dump(other.world)


def test_a_generated_world_reads_back_equal(authored, tmp_path):
    made = generate(authored, size=60, knobs=Knobs(hostile_names=0.5, unsynced_tables=0.3, unreadable=0.2))
    (tmp_path / "w.yaml").write_text(dump(made.world), "utf-8")
    assert load(tmp_path / "w.yaml") == made.world


def test_references_inside_a_copy_stay_inside_it(authored):
    made = generate(authored, size=7)
    source = made.world.orgs["source"]
    second = source.inodes[made.ids["reads#2"]].versions[0].body
    assert {i["dataModelId"] for i in walk(second) if "dataModelId" in i} == {made.ids["events#2"]}
    assert "joined#2" not in made.ids
    assert all(accepted(source, inode) == "" for inode in documents(source))


@settings(max_examples=25, deadline=None)
@given(size=st.integers(1, 40), seed=st.integers(0, 5))
def test_any_size_is_met_exactly_and_resolves(authored, size, seed):
    made = generate(authored, size=size, seed=seed)
    source = made.world.orgs["source"]
    assert len(made.ids) == len(set(made.ids.values())) == size
    assert all(accepted(source, inode) == "" for inode in documents(source))


@pytest.mark.parametrize("size", [10_001, -1])
def test_a_size_that_cannot_be_is_refused(authored, size):
    with pytest.raises(ValueError, match="documents"):
        generate(authored, size=size)


def test_knobs_spoil_what_they_say(authored):
    clean = generate(authored, size=40).world.orgs["target"]
    everything = {name: 1.0 for name in Knobs.__dataclass_fields__ if name not in ("missing_tables", "missing_columns")}
    made = generate(authored, size=40, knobs=Knobs(**everything))
    source, target = made.world.orgs["source"], made.world.orgs["target"]
    assert made.planted.keys() == everything.keys()
    placed = [source.inodes[inode_id] for inode_id in made.ids.values()]
    reader = source.clients[0].member_id
    assert {inode.name for inode in placed} == {*HOSTILE}
    assert {inode.parent_id for inode in placed} == {source.members[reader].home_folder_id}
    assert all(inode.denied_to == {reader} for inode in placed)
    for inode_id in made.planted["broken_formulas"]:
        assert any(c["type"]["type"] == "error" for c in columns(source, source.inodes[inode_id]))
    tables = [t for c in target.connections.values() for t in c.tables.values()]
    assert tables
    assert not any(table.synced for table in tables)
    pairs = zip(tables, (t for c in clean.connections.values() for t in c.tables.values()), strict=True)
    assert all(a.type != b.type for new, old in pairs for a, b in zip(new.columns, old.columns, strict=True))
    gone = generate(authored, knobs=Knobs(missing_tables=1.0)).world.orgs["target"]
    assert not any(each.tables for each in gone.connections.values())
    bare = generate(authored, knobs=Knobs(missing_columns=1.0)).world.orgs["target"]
    assert not any(t.columns for c in bare.connections.values() for t in c.tables.values())


@pytest.mark.parametrize("generation", GENERATIONS)
def test_the_shared_documents_make_a_coherent_organization(shared_documents, generation):
    made = generate(shared_documents, generation=generation)
    source = made.world.orgs["source"]
    unexpected = {k: v for k, v in made.refused.items() if not v.startswith(REFUSED.get(k, "never"))}
    assert unexpected == {}
    by_id = {inode_id: label for label, inode_id in made.ids.items()}
    refused = {by_id.get(i.id, i.name): accepted(source, i) for i in documents(source)}
    assert {label: why for label, why in refused.items() if why} == made.refused
    check_mapping(made, source, "target")


def test_every_shared_document_is_somewhere(shared_documents):
    placed, fragments = set(), set()
    for generation in GENERATIONS:
        made = generate(shared_documents, generation=generation)
        placed |= made.ids.keys()
        fragments |= {label for label, why in made.left_out.items() if why == "it holds no document"}
    labels = {label for _, _, label in shared_documents}
    assert fragments == {label for label in FRAGMENTS if label in labels}
    assert labels - placed - fragments == set()


def test_a_thousand_shared_documents(shared_documents):
    made = generate(shared_documents, size=1_000)
    source = made.world.orgs["source"]
    assert len(made.ids) == 1_000
    last = source.inodes[list(made.ids.values())[-1]]
    models = {i["dataModelId"] for i in walk(last.versions[-1].body) if "dataModelId" in i}
    assert models <= source.inodes.keys()


@pytest.mark.scale
def test_ten_thousand_shared_documents(shared_documents):
    made = generate(shared_documents, size=10_000, generation="flat", knobs=Knobs(duplicate_names=0.1, personal=0.05))
    source = made.world.orgs["source"]
    assert len(made.ids) == len(set(made.ids.values())) == 10_000
    labels = {inode_id: label.partition("#")[0] for label, inode_id in made.ids.items()}
    sample = list(made.ids.values())[:: 10_000 // 60]
    refused = {labels[i] for i in sample if accepted(source, source.inodes[i])}
    assert refused <= made.refused.keys()


def test_a_mapping_is_the_map_of_a_plan(authored, tmp_path):
    made = generate(authored, targets=("group",))
    plan = {
        "version": 1,
        "name": "generated",
        "orgs": {
            "source": {"base_url": "http://127.0.0.1:1", "credentials": "env:A"},
            "group": {
                "base_url": "http://127.0.0.1:2",
                "credentials": "env:B",
                "access": "write",
                "expect": {"slug": made.world.orgs["group"].slug},
            },
        },
        "source": "source",
        "targets": ["group"],
        "select": {"include": [{}]},
        "map": made.mapping,
    }
    (tmp_path / "plan.yaml").write_text(dump_yaml(plan), "utf-8")
    maps = load_plan(tmp_path / "plan.yaml").map
    assert [each.target for each in maps.connections] == [each["to"] for each in made.mapping["connections"]]
    assert maps.connections[0].paths[0].source == tuple(made.mapping["connections"][0]["paths"][0]["from"])
