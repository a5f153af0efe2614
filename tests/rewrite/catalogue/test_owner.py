"""Whose column, grouping or folder a reference inside a document speaks of."""

from __future__ import annotations

import pytest

from migrate.bundle.document import document_of
from migrate.rewrite.catalogue.owner import owner_of
from migrate.rewrite.catalogue.walk import find

LOCAL = {"kind": "table", "elementId": "other"}


@pytest.mark.parametrize(
    ("part", "owners"),
    [
        (
            {"relationships": [{"targetElementId": "other", "keys": [{"sourceColumnId": "c", "targetColumnId": "c"}]}]},
            "mine other",
        ),
        ({"filters": [{"columnId": "c"}]}, "mine"),
        ({"filters": [{"source": LOCAL, "columnId": "c"}]}, "other"),
        ({"targets": [{"source": LOCAL, "columnId": "c"}]}, "other"),
        ({"targets": [{"elementId": "other", "columnId": "c"}]}, "other"),
        (
            {"source": {"kind": "transpose", "source": LOCAL, "columnToTranspose": "c", "valueColumn": "c"}},
            "other other",
        ),
        ({"source": {"kind": "transpose", "source": LOCAL, "columnsToMerge": ["c"]}}, "other"),
        (
            {
                "source": {
                    "kind": "union",
                    "sources": [{"elementId": "x"}, LOCAL],
                    "matches": [{"sourceColumns": ["c", "c"]}],
                }
            },
            "x other",
        ),
        ({"source": {**LOCAL, "groupingId": "c"}}, "other"),
        ({"source": {"joins": [{"left": {**LOCAL, "groupingId": "c"}}]}}, "other"),
        ({"columns": [{"id": "d", "valuesFrom": {"element": "other", "column": "c"}}]}, "other"),
        ({"columns": [{"id": "d", "valuesFrom": {"elementId": "other", "columnId": "c"}}]}, "other"),
        (
            {
                "actions": [
                    {
                        "effects": [
                            {
                                "effect": "insert-rows",
                                "tableElementId": "other",
                                "values": {"c": {"type": "column", "columnId": "c"}},
                            }
                        ]
                    }
                ]
            },
            "other mine",
        ),
        (
            {
                "actions": [
                    {
                        "effects": [
                            {
                                "effect": "insert-rows",
                                "table": "other",
                                "values": {"c": {"type": "column", "column": "c"}},
                            }
                        ]
                    }
                ]
            },
            "other mine",
        ),
        (
            {
                "actions": [
                    {
                        "effects": [
                            {
                                "effect": "update-rows",
                                "tableElementId": "other",
                                "whichRows": {"primaryKeys": {"c": {}}},
                            }
                        ]
                    }
                ]
            },
            "other",
        ),
        (
            {
                "actions": [
                    {"effects": [{"effect": "update-rows", "tableElementId": "other", "whichRows": {"columnId": "c"}}]}
                ]
            },
            "other",
        ),
        (
            {"actions": [{"effects": [{"effect": "custom-sort", "elementId": "other", "sort": [{"columnId": "c"}]}]}]},
            "other",
        ),
        (
            {
                "actions": [
                    {
                        "effects": [
                            {
                                "effect": "modify-element",
                                "target": {"type": "element", "element": "other"},
                                "order": ["c"],
                            }
                        ]
                    }
                ]
            },
            "other",
        ),
        ({"conditionalFormats": [{"columnIds": ["c"]}], "order": ["c"]}, "mine mine"),
        ({"columns": None, "source": LOCAL, "keyColumnId": "c"}, "other"),
    ],
)
def test_the_owner_may_stand_above_or_beside(part, owners):
    mine = {"id": "mine", "kind": "table", "source": LOCAL, "columns": [], **part}
    body = {"pages": [{"elements": [{k: v for k, v in mine.items() if v is not None}]}]}
    around = document_of(body).around()
    found = [site for site in find(body, inside=True) if site.value == "c"]
    assert [owner_of(site, body, around) for site in found] == owners.split()


def test_outside_of_elements_nobody_owns_anything():
    body = {"agents": [{"order": ["c"]}]}
    (site,) = find(body, inside=True)
    assert owner_of(site, body, {}) is None


@pytest.mark.parametrize(
    ("part", "owners"),
    [
        ({"relationships": [{"keys": [{"sourceColumnId": "c", "targetColumnId": "c"}]}]}, "mine mine"),
        ({"source": {"kind": "union", "sources": [LOCAL], "matches": [{"sourceColumns": ["c", "c"]}]}}, "other mine"),
        ({"source": {"kind": "union", "sources": "odd", "matches": [{"sourceColumns": ["c"]}]}}, "mine"),
        ({"filters": [{"source": {**LOCAL, "dataModelId": "m"}, "columnId": "d"}], "order": ["c"]}, "mine"),
        ({"filters": [{"elementId": 7, "columnId": "c"}]}, "mine"),
        ({"filters": [{"target": {"element": "other"}, "columnId": "c"}]}, "other"),
        ({"filters": [{"elementId": "other", "source": {"elementId": "no"}, "columnId": "c"}]}, "other"),
        ({"filters": [{"columns": [], "source": LOCAL, "columnId": "c"}]}, "mine"),
    ],
)
def test_what_names_no_element_of_this_document_leaves_the_one_around_it(part, owners):
    mine = {"id": "mine", "kind": "table", "columns": [], **part}
    body = {"pages": [{"elements": [mine]}]}
    found = [site for site in find(body, inside=True) if site.value == "c"]
    assert [owner_of(site, body, document_of(body).around()) for site in found] == owners.split()
