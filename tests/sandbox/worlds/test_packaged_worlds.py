"""The worlds that come with the sandbox: they hold what is promised, and Sigma would take every document."""

import re

import pytest

from migrate.sandbox.ids import url_id
from migrate.sandbox.specs import Refusal, accept, columns
from migrate.sandbox.specs.trees import walk
from migrate.sandbox.world import builtin, dump, load, packaged

MAP = {
    "group": (
        {"ACME_AU_DW": "GROUP_DW", "FIN": "AU_FIN", "SALES": "AU_SALES", "HR": "AU_HR", "OPS": "AU_OPS"},
        "FCT_ORDERS",
    ),
    "emea": (
        {"ACME_AU_DW": "EMEA_LAKE", "FIN": "APAC_FIN", "SALES": "APAC_SALES", "HR": "APAC_HR", "OPS": "APAC_OPS"},
        "SALES_ORDERS",
    ),
}


@pytest.fixture(scope="module")
def world():
    return builtin()


@pytest.fixture(scope="module")
def source(world):
    return world.orgs["acme_au"]


def documents(org, kind):
    return [inode for inode in org.inodes.values() if inode.type == kind and inode.versions]


def things(org):
    """Every object in every body of an organization."""
    for inode in org.inodes.values():
        for version in inode.versions:
            yield from walk(version.body)


def judged(org, inode):
    body = inode.versions[-1].body
    wire = inode.generation
    envelope = {"name": inode.name, "folderId": inode.parent_id, **(body if wire == "flat" else {wire: body})}
    member_id = org.clients[0].member_id
    return accept(org, inode.type, envelope, mode="create", generation=wire, member_id=member_id)


@pytest.mark.parametrize("name", packaged())
def test_a_packaged_world_reads_back_equal(name, tmp_path):
    (tmp_path / "w.yaml").write_text(dump(builtin(name)), "utf-8")
    assert load(tmp_path / "w.yaml") == builtin(name)


def test_every_document_is_taken_and_stored_as_it_is(world):
    refused = {}
    for org in world.orgs.values():
        for inode in documents(org, "workbook") + documents(org, "data-model"):
            outcome = judged(org, inode)
            if isinstance(outcome, Refusal):
                refused[f"{org.alias}/{inode.name}"] = outcome.message
            elif outcome.body != inode.versions[-1].body:
                refused[f"{org.alias}/{inode.name}"] = "it is stored otherwise"
    assert refused == {}


def test_no_column_is_an_error(world):
    errors = [
        (org.alias, inode.name, column["formula"])
        for org in world.orgs.values()
        for inode in documents(org, "workbook") + documents(org, "data-model")
        for column in columns(org, inode)
        if column["type"]["type"] == "error"
    ]
    assert errors == []


def test_it_is_as_large_as_promised(source):
    assert len(documents(source, "data-model")) >= 8
    assert len(documents(source, "workbook")) >= 25
    assert sum(inode.type == "workspace" for inode in source.inodes.values()) >= 3
    assert {m.home_folder_id for m in source.members.values()} <= source.inodes.keys()
    homes = {m.home_folder_id for m in source.members.values()}
    assert {i.type for i in source.inodes.values() if i.parent_id in homes} == {"workbook", "data-model"}


def test_names_are_awkward(source):
    inodes = source.inodes.values()
    assert any("/" in inode.name and inode.type == "folder" for inode in inodes)
    assert any("/" in inode.name and inode.type == "workbook" for inode in inodes)
    assert any(not inode.name.isascii() for inode in inodes)
    weekly = [inode.parent_id for inode in inodes if inode.name == "Weekly Report"]
    assert len(weekly) == len(set(weekly)) == 2


KINDS = {
    "table",
    "pivot-table",
    "input-table",
    "control",
    "bar-chart",
    "line-chart",
    "area-chart",
    "combo-chart",
    "pie-chart",
    "donut-chart",
    "scatter-chart",
    "waterfall-chart",
    "kpi-chart",
    "point-map",
    "region-map",
    "progress",
    "text",
    "image",
    "embed",
    "divider",
    "button",
    "plugin",
    "navigation",
    "chat",
    "container",
    "tabbed-container",
}
SOURCES = {
    "warehouse-table",
    "sql",
    "join",
    "union",
    "transpose",
    "table",
    "data-model",
    "empty",
    "linked",
}
EFFECTS = {
    "insert-rows",
    "update-rows",
    "delete-rows",
    "select-tab",
    "open-document",
    "trigger-plugin",
    "custom-sort",
    "clear-chat-element-messages",
    "clear-control",
    "set-control-value",
    "refresh-element",
    "navigate",
    "open-overlay",
    "close-overlay",
    "open-url",
    "call-api",
    "if-else",
}


def test_every_kind_of_thing_is_there(source):
    bodies = list(things(source))
    kinds = {item.get("kind") for item in bodies if isinstance(item.get("kind"), str)}
    assert KINDS - kinds == set()
    assert SOURCES - kinds == set()
    assert EFFECTS - {item.get("effect") for item in bodies if "effect" in item} == set()
    triggers = {str(item["trigger"]) for item in bodies if "trigger" in item}
    assert {"on-click", "on-select", "on-primary-cta-click", "on-close"} <= triggers
    assert {item.get("controlType") for item in bodies if "controlType" in item} >= {
        "list",
        "date-range",
        "hierarchy",
        "slider",
    }
    keys = {key for item in bodies for key in item}
    assert {"metrics", "metricFolders", "relationships", "columnSecurities", "groupings", "folders", "agents"} <= keys
    assert {"overlays", "pageLabels", "parameters", "conditionalFormats", "backgroundImage", "settings"} <= keys
    assert {item["type"] for item in bodies if item.get("type") in {"modal", "drawer"}} == {"modal", "drawer"}


def test_security_is_of_every_sort(source):
    bodies = list(things(source))
    criteria = {item["criteria"]["kind"] for item in bodies if "criteria" in item}
    assert criteria == {"no-one-can-view", "specific-users-and-teams", "user-attribute"}
    assert {key for item in bodies for key in ("teamId", "userId", "userAttributeId") if key in item} == {
        *("teamId", "userId", "userAttributeId")
    }
    formulas = " ".join(str(item["formula"]) for item in bodies if "formula" in item)
    assert "CurrentUserAttributeText(" in formulas
    assert "CurrentUserInTeam(" in formulas
    assert "CurrentUserEmail(" in formulas
    assert any(isinstance(item.get("visibility"), dict) and "assignments" in item["visibility"] for item in bodies)


def test_models_read_models_and_joins_have_unnamed_legs(source):
    models = [item for inode in documents(source, "data-model") for item in walk(inode.versions[-1].body)]
    assert any(item.get("kind") == "data-model" and "groupingId" in item for item in models)
    assert any(item.get("kind") == "data-model" and "controlId" in item for item in models)
    joins = [join for item in models if item.get("kind") == "join" for join in item["joins"]]
    assert {"name" in join for join in joins} == {True, False}
    sql = [item["statement"] for item in models if item.get("kind") == "sql"]
    assert any("ACME_AU_DW.SALES.RETURNS" in text and "{{Return-Window}}" in text for text in sql)
    lists = [item for item in models if item.get("kind") == "source"]
    assert any(item["source"]["kind"] == "warehouse-table" for item in lists)


def test_two_workbooks_link_to_each_other(source):
    links = {
        inode.id: {
            item["documentId"] for item in walk(inode.versions[-1].body) if item.get("effect") == "open-document"
        }
        for inode in documents(source, "workbook")
    }
    cycles = [(a, b) for a, targets in links.items() for b in targets if a in links.get(b, ())]
    assert cycles
    texts = " ".join(str(item["body"]) for item in things(source) if item.get("kind") == "text")
    linked = set(re.findall(r"-([0-9A-Za-z]{20,22})[?:)]", texts))
    assert linked
    assert linked <= {url_id(inode_id) for inode_id in source.inodes}


def test_no_placeholder_is_left(world):
    for org in world.orgs.values():
        assert "${" not in dump(type(world)(orgs={org.alias: org}))


@pytest.mark.parametrize("alias", MAP)
def test_targets_hold_the_same_tables_under_other_names(world, source, alias):
    names, orders = MAP[alias]
    target = world.orgs[alias]
    tables = {path: t.columns for c in target.connections.values() for path, t in c.tables.items()}
    for connection in source.connections.values():
        for path, table in connection.tables.items():
            moved = (*(names[part] for part in path[:-1]), orders if path[-1] == "ORDERS" else path[-1])
            assert tables[moved] == table.columns


@pytest.mark.parametrize("alias", MAP)
def test_targets_share_no_id_with_the_source_and_show_their_slug(world, source, alias):
    target = world.orgs[alias]
    for kind in ("members", "teams", "user_attributes", "plugins", "connectors", "connections", "inodes"):
        assert not getattr(source, kind).keys() & getattr(target, kind).keys()
    assert source.slug != target.slug
    assert documents(target, "workbook")
    assert documents(target, "data-model")


def test_hazards_hold_what_cannot_travel():
    org = builtin("hazards").orgs["acme_au"]
    bodies = list(things(org))
    assert any(item.get("kind") == "upload" and item["key"] in org.images for item in bodies)
    assert any(item.get("kind") == "csv-table" and item["inodeId"] in org.csv_tables for item in bodies)
    hidden = {item["type"] for inode in org.inodes.values() for item in inode.hidden_sources}
    assert hidden == {"dataset", "data-model"}
    emitted = {fact["hazard"] for inode in org.inodes.values() for fact in inode.facts.get("emits", ())}
    assert emitted >= {"base-grouping", "hidden-title", "no-actions"}
    assert any("[Missing node/" in str(item.get("formula")) for item in bodies)
    assert any(inode.denied_to for inode in org.inodes.values())
    broken = next(inode for inode in org.inodes.values() if inode.name == "Broken Formula")
    assert sum(column["type"]["type"] == "error" for column in columns(org, broken)) == 2
