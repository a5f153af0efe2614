"""Every reference of every document, counted by kind and by how it ended."""

from __future__ import annotations

from dataclasses import replace

from migrate.bundle.spec import Spec
from migrate.rewrite.coverage import coverage


def counts(found):
    return {(each.row, each.resolution): [place.path for place in each.places] for each in found}


def test_a_moved_prefix_is_counted_once_and_as_moved(kit):
    source = {"kind": "warehouse-table", "connectionId": kit.WARE, "path": ["DW", "FIN", "ORDERS"]}
    listed = [{"id": "c", "formula": "[ORDERS/A]"}, {"id": "d", "formula": "[Gone/A] + [c]"}]
    body = {"elements": [{"id": "t", "kind": "table", "source": source, "columns": listed}]}
    draft = kit.World().draft(body)
    spec = Spec(key=draft.key, generation="contents", name="Doc", folder_id="f", body=body)
    found = counts(coverage({spec.key: spec}, [draft]))
    at = "$.elements[0].columns"
    assert found["prefix", "mapped"] == [f"{at}[0].formula"]
    assert found["prefix", "unknown"] == [f"{at}[1].formula"]
    assert found["prefix", "local"] == [f"{at}[1].formula"]
    assert found["connection", "mapped"] == ["$.elements[0].source.connectionId"]
    plain = counts(coverage({spec.key: spec}))
    assert plain["connection", "found"] == ["$.elements[0].source.connectionId"]
    assert ("prefix", "mapped") not in plain


def test_a_statement_is_shown_without_the_addresses_in_it(kit):
    statement = "select 1 -- ask ada@example.org"
    body = {"elements": [{"source": {"kind": "sql", "connectionId": kit.WARE, "statement": statement}}]}
    spec = Spec(key=kit.key("workbook", 1), generation="contents", name="Doc", folder_id="f", body=body)
    (found,) = [each for each in coverage({spec.key: spec}) if each.row == "statement"]
    assert found.places[0].value == "select 1 -- ask [an e-mail address]"
    assert replace(found, places=()).resolution == "found"
