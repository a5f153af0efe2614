"""Fix-ups and inherited losses: what is mended, what is told, and what is left alone."""

from pathlib import Path

import pytest
import yaml

from migrate.bundle.document import document_of
from migrate.reasons import REASONS
from migrate.rewrite.catalogue.recognition import FREQUENT
from migrate.rewrite.catalogue.table import TELLING
from migrate.rewrite.catalogue.walk import look
from migrate.rewrite.fixups import FIX_UPS, mended
from migrate.rewrite.losses import _DETECTORS, losses

CASES = yaml.safe_load((Path(__file__).parent / "cases" / "fixups.yaml").read_text())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["fix"])
def test_a_defect_is_mended_and_counted(case):
    body, changes = mended(case["before"], look(case["before"]))
    assert body == case["after"]
    assert [change.code for change in changes] == [f"fix:{case['fix']}"] * case.get("count", 1)
    again, more = mended(body, look(body))
    assert (again, more) == (body, ())


def test_every_fix_up_has_a_case():
    assert {f"{fix.name}@{fix.version}" for fix in FIX_UPS} == {case["fix"] for case in CASES} - {"none"}


LOST = {
    "overlay_unreachable": {"overlays": [{"id": "o", "type": "modal", "name": "Details"}]},
    "input_table_rows": {"elements": [{"id": "i", "kind": "input-table", "inputMode": "edit"}]},
    "input_table_unwritten": {"elements": [{"id": "i", "kind": "input-table", "inputMode": "view"}]},
    "button_without_action": {"elements": [{"id": "b", "kind": "button", "text": "Go"}]},
    "python_runtime": {"elements": [{"id": "p", "kind": "code"}]},
    "broken_in_source": {"elements": [{"columns": [{"formula": "[Missing node/abc] + 1"}]}]},
    "hidden_title": {
        "elements": [
            {"id": "a", "name": {"visibility": "hidden"}, "columns": []},
            {"id": "b", "source": {"kind": "table", "elementId": "a"}},
        ]
    },
    "not_placed": {"elements": [{"id": "a"}], "layout": '<Page id="p"><Container elementId="c" type="stack"/></Page>'},
    "text_normalized": {"elements": [{"kind": "text", "body": "a\n\n\n\nb"}]},
}


@pytest.mark.parametrize("code", LOST)
def test_a_loss_is_told(code):
    found = losses(document_of(LOST[code]), look(LOST[code]))
    assert code in {residual.code for residual in found}
    assert all(residual.next_action and residual.code in REASONS for residual in found)


def test_an_element_that_stands_on_a_page_or_in_the_layout_is_placed():
    layout = '<Page id="p"><Container elementId="c" type="stack"><Element elementId="a"/></Container></Page>'
    body = {"elements": [{"id": "a"}], "pages": [{"id": "p", "elements": [{"id": "b"}]}], "layout": layout}
    assert [each.code for each in losses(document_of(body), look(body))] == []


def test_empty_lines_are_told_of_texts_alone():
    body = {"elements": [{"kind": "table", "body": "a\n\n\n\nb"}, {"kind": "text", "body": "a\n\nb"}]}
    assert losses(document_of(body), look(body)) == ()


def test_what_works_is_not_told():
    effects = [
        {"effect": "open-overlay", "overlayId": "o"},
        {"effect": "insert-rows", "tableElementId": "i", "values": {}},
    ]
    body = {
        "overlays": [{"id": "o", "type": "modal"}, {"id": "q", "type": "popover", "triggerElementId": "b"}],
        "elements": [
            {"id": "i", "kind": "input-table", "inputMode": "view"},
            {"id": "b", "kind": "button", "actions": [{"id": "x", "effects": effects}]},
            {"id": "t", "kind": "text", "body": "[Missing node", "formula": '"[Missing node/x]"'},
        ],
    }
    assert {residual.code for residual in losses(document_of(body), look(body))} == {"input_table_rows"}


def test_no_key_that_anything_waits_for_is_passed_by():
    waited = {fix_up.key for fix_up in FIX_UPS} | {key for _kind, key, _sign, _detect in _DETECTORS}
    assert "sort" in waited
    assert FREQUENT.isdisjoint(TELLING.by_key)
    assert waited.isdisjoint(FREQUENT | TELLING.by_key.keys())
