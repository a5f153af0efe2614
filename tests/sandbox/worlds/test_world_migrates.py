"""The built-in world can be copied completely: rewritten bluntly, every document is taken by each target."""

import copy

import pytest

from migrate.sandbox.org import Inode, Version
from migrate.sandbox.specs import Refusal, accept, columns
from migrate.sandbox.specs.trees import walk
from migrate.sandbox.world import builtin

NAMES = {
    "group": {
        "path": {"ACME_AU_DW": "GROUP_DW", "FIN": "AU_FIN", "SALES": "AU_SALES", "HR": "AU_HR", "OPS": "AU_OPS"},
        "ORDERS": "FCT_ORDERS",
        "AU Snowflake": "Group Snowflake",
        "AU Operations": "Group Operations",
        "Finance AU": "Finance",
        "Sales AU": "Sales",
        "People AU": "People",
        "region_au": "region",
        "Acme Gantt": "Group Gantt",
    },
    "emea": {
        "path": {
            "ACME_AU_DW": "EMEA_LAKE",
            "FIN": "APAC_FIN",
            "SALES": "APAC_SALES",
            "HR": "APAC_HR",
            "OPS": "APAC_OPS",
        },
        "ORDERS": "SALES_ORDERS",
        "AU Snowflake": "EMEA Snowflake",
        "AU Operations": "EMEA Operations",
        "Finance AU": "Finance EMEA",
        "Sales AU": "Sales EMEA",
        "People AU": "People EMEA",
        "region_au": "region_code",
    },
}
KINDS = ("connections", "teams", "user_attributes", "plugins", "connectors")


def id_map(source, target, names):
    """Source id -> target id of everything that is matched by name, and of members by the key of their address."""
    pairs = {}
    for kind in KINDS:
        there = {thing.name: thing.id for thing in getattr(target, kind).values()}
        pairs |= {thing.id: there[names.get(thing.name, thing.name)] for thing in getattr(source, kind).values()}
    by_mailbox = {member.email.partition("@")[0]: member.id for member in target.members.values()}
    for member in source.members.values():
        if member.email.partition("@")[0] in by_mailbox:
            pairs[member.id] = by_mailbox[member.email.partition("@")[0]]
    return pairs


def rewritten(tree, ids, names):
    """A tree with ids and paths exchanged, and the prefix of the one renamed table in formulas."""
    if isinstance(tree, list):
        return [rewritten(item, ids, names) for item in tree]
    if isinstance(tree, str):
        return ids.get(tree, tree).replace("[ORDERS/", f"[{names['ORDERS']}/")
    if not isinstance(tree, dict):
        return tree
    pairs = {key: rewritten(value, ids, names) for key, value in tree.items()}
    if "path" in pairs and "connectionId" in pairs:
        *above, tail = tree["path"]
        pairs["path"] = [*(names["path"][part] for part in above), names["ORDERS"] if tail == "ORDERS" else tail]
    return pairs


def in_order(documents):
    """Data models before what reads them, then workbooks."""
    known, waiting = set(), [inode for inode in documents if inode.type == "data-model"]
    while waiting:
        for inode in list(waiting):
            needs = {item["dataModelId"] for item in walk(inode.versions[-1].body) if "dataModelId" in item}
            if needs <= known:
                known.add(inode.id)
                waiting.remove(inode)
                yield inode
    yield from (inode for inode in documents if inode.type == "workbook")


@pytest.mark.parametrize("alias", NAMES)
def test_every_document_of_the_built_in_world_is_taken(alias):
    world = builtin()
    source, target = world.orgs["acme_au"], world.orgs[alias]
    ids, member = id_map(source, target, NAMES[alias]), target.clients[0].member_id
    folder = next(inode.id for inode in target.inodes.values() if inode.type == "workspace")
    refused = {}
    for inode in in_order([inode for inode in source.inodes.values() if inode.versions]):
        body = rewritten(inode.versions[-1].body, ids, NAMES[alias])
        wire = "flat" if inode.type == "data-model" else "contents"
        envelope = {"name": inode.name, "folderId": folder, **(body if wire == "flat" else {wire: body})}
        outcome = accept(target, inode.type, envelope, mode="create", generation=wire, member_id=member)
        if isinstance(outcome, Refusal):
            refused[inode.name] = outcome.message
            continue
        landed = copy.copy(inode)
        landed.versions = [Version(number=1, body=outcome.body, published_at="", published_by=member)]
        target.inodes[landed.id] = landed
        refused |= {f"{inode.name}: {c['formula']}": "error" for c in columns(target, landed) if is_error(c)}
    assert refused == {}
    assert sum(isinstance(each, Inode) and each.id in source.inodes for each in target.inodes.values()) >= 35


def is_error(column):
    return column["type"]["type"] == "error"
