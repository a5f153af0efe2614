"""Every document travels, on every generation, with both model-id policies; or says why it does not."""

from __future__ import annotations

import os

import pytest
from samples import documents, foreign, leaves, own_ids, stored

from kit.places import REAL
from migrate.sandbox.generate import generate

pytestmark = pytest.mark.anyio

ROADS = [
    ("flat", "flat"),
    ("document", "document"),
    ("contents", "contents"),
    ("flat", "document"),
    ("flat", "contents"),
    ("document", "contents"),
]
"""Source and target generation: the same, and an older source to each newer target."""

UNABLE = {("contents", "contents"): {"stays-home-contents.yaml"}}
"""Documents that cannot travel on a road, beside those that no organization takes as new ones."""

MAPPED_SLOTS = {
    "connectionId",
    "dataModelId",
    "elementId",
    "formula",
    "statement",
    "left",
    "right",
    "key",
    "url",
    "body",
    *("teamId", "userId", "userAttributeId", "users", "teams", "pluginId", "connectorId", "documentId", "document"),
}
"""The only slots in which a copy on the same generation may differ from its original."""


NAMESAKES = {"existing": "rename"}
"""Documents of one name may stand in one folder of the source."""


@pytest.mark.parametrize("policy", ["preserve", "remap"])
@pytest.mark.parametrize(("here", "there"), ROADS)
async def test_every_document_arrives_or_says_why(stage, here, there, policy):
    made = generate(documents(), generation=here, target_generation=there)
    world = made.world
    source, target = world.orgs["source"], world.orgs["target"]
    target.switches.model_ids = policy
    before = set(target.inodes)
    setting = stage(world)
    result = await setting.run(setting.plan("source", "target", map=made.mapping, policy=NAMESAKES))

    rows = {row.source_id: row for row in result.reconciliation.rows}
    assert len(rows) == len(result.reconciliation.rows), "every document has exactly one row"
    assert set(rows) >= set(made.ids.values()), "no document of the source is passed over in silence"
    unable = {}
    for label, document_id in made.ids.items():
        row = rows[document_id]
        if row.outcome in ("blocked", "failed"):
            assert row.reason_code, label
            assert row.reason, label
            unable[label] = f"{row.outcome}: {row.reason}"
            continue
        assert row.outcome == "created", (label, row.reason)
        assert row.verdict in ("match", "match_declared", "broken_in_source_too"), (
            label,
            row.reason,
            row.detail,
        )
        copy = target.inodes[row.target_id]
        assert not foreign(stored(copy), own_ids(source) - own_ids(target)), label
        layout = stored(source.inodes[document_id]).get("layout")
        if here == there and layout is not None:
            assert stored(copy)["layout"] == layout, label
    assert set(unable) <= set(made.refused) | UNABLE.get((here, there), set()), unable
    kinds = ("workbook", "data-model", "report")
    new = [inode for key, inode in target.inodes.items() if key not in before and inode.type in kinds]
    assert len(new) == len(rows) - len(unable), "nothing was made twice"
    assert setting.sandbox.evidence.writes("source") == [], "the source was never written to"


async def test_a_copy_differs_only_where_something_was_mapped(stage):
    made = generate(documents(), generation="flat")
    setting = stage(made.world)
    result = await setting.run(setting.plan("source", "target", map=made.mapping, policy=NAMESAKES))
    source, target = made.world.orgs["source"], made.world.orgs["target"]
    compared = 0
    for row in result.reconciliation.rows:
        if row.outcome != "created":
            continue
        theirs = dict(leaves(stored(target.inodes[row.target_id])))
        for path, value in leaves(stored(source.inodes[row.source_id])):
            compared += 1
            if theirs.get(path) != value:
                slot = path[-1] if isinstance(path[-1], str) else path[-2]
                assert slot in MAPPED_SLOTS | {"path"}, (row.source_name, path, value, theirs.get(path))
    assert compared > (10_000 if REAL.is_dir() else 300)


@pytest.mark.scale
@pytest.mark.timeout(3600)
async def test_many_documents_each_have_their_row(stage):
    size = 1_000 if os.environ.get("SCALE") == "full" else 70
    made = generate(documents(), generation="flat", size=size)
    setting = stage(made.world)
    result = await setting.run(setting.plan("source", "target", map=made.mapping, policy=NAMESAKES))
    total = result.reconciliation.totals["target"]
    assert result.reconciliation.consistent
    assert total["in_scope"] >= size
    assert total["mismatch"] == total["not_verifiable"] == total["not_attempted"] == 0
    assert setting.sandbox.evidence.most_in_flight("target") <= 4, "the lane holds"
