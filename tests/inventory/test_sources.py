"""What a document depends on beside what its spec shows."""

from dataclasses import replace

import pytest

from migrate.inventory.model import Identity, Inventory, Item, Key, Other
from migrate.inventory.sources import in_doubt, told_sources

MODEL = Item(key=Key(org="north", kind="data-model", id="m"), name="M", folder_id="f", path=("Shared",), version=1)
ORG = Inventory(
    org="north", identity=Identity(user_id="u", organization_id="o", slug="north"), items={MODEL.key: MODEL}
)


@pytest.mark.parametrize(
    ("reads", "more", "doubtful"),
    [
        ([], {}, False),
        (["m"], {}, False),
        (["m"], {"items": {MODEL.key: replace(MODEL, tagged=("Ready",))}}, True),
        (["m", "not listed"], {}, True),
        ([], {"others": (Other(kind="dataset", id="d", name="D", path=()),)}, True),
        ([], {"others": (Other(kind="template", id="t", name="T", path=()),)}, False),
    ],
    ids=["nothing", "a model", "a tagged model", "a model that is not listed", "a dataset there", "a template there"],
)
def test_a_spec_leaves_a_doubt_where_a_dataset_or_a_tag_may_be_behind_it(reads, more, doubtful):
    assert in_doubt(reads, replace(ORG, **more)) is doubtful


def test_what_sources_tell():
    entries = [
        {"type": "data-model", "dataModelId": "m"},
        {"type": "data-model", "dataModelId": "n", "versionTagId": "v"},
        {"type": "data-model", "dataModelId": "m"},
        {"type": "dataset", "inodeId": "d"},
        {"type": "table", "inodeId": "t"},
    ]
    hidden = ("pinned to version tag v of data model n", "reads the legacy dataset d")
    assert told_sources(entries) == (("m", "n"), hidden)
    assert told_sources([]) == ((), ())
