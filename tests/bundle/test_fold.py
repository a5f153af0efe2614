"""Folding forward: every row of the table, the layout byte for byte, and every flat document there is."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree as ET
from xml.sax.saxutils import quoteattr

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from samples import documents

from kit.places import at_least
from migrate.bundle.fold import CannotFold, fold
from migrate.bundle.spec import Spec, parse_spec
from migrate.inventory.model import Key
from migrate.tree import canonical

CASES = yaml.safe_load((Path(__file__).parent / "cases" / "fold.yaml").read_text("utf-8"))
KEY = Key(org="north", kind="workbook", id="wb")
PLACED = '<LayoutElement elementId="e" gridRow="1 / 9"/>'
LAYOUT = f'<?xml version="1.0" encoding="utf-8"?>\n<Page type="grid" id="p1">{PLACED}</Page>'


def flat(body, key=KEY):
    return Spec(key=key, generation="flat", name="W", folder_id="f", body={"schemaVersion": 1, **body})


def page(*elements, **more):
    return {"id": "p1", "name": "Page 1", "elements": list(elements), **more}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
@pytest.mark.parametrize("to", ["document", "contents"])
def test_each_row_of_the_table(case, to):
    spec = flat({"pages": [page(case["element"])], "layout": LAYOUT})
    before = canonical(spec.body)
    folded, counts = fold(spec, to)
    assert folded.body["elements"] == [case["becomes"]]
    assert folded.generation == to
    assert counts["elements-lifted"] == 1
    assert canonical(spec.body) == before, "the spec that came in is left alone"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_folded_document_folds_to_itself(case):
    once, _ = fold(flat({"pages": [page(case["element"])], "layout": LAYOUT}), "document")
    twice, counts = fold(once, "contents")
    assert twice.body == once.body
    assert not any(counts.values())


def test_the_page_keeps_only_what_it_is():
    folded, _ = fold(flat({"pages": [page({"id": "e"}, visibility="hidden")], "layout": LAYOUT}), "contents")
    assert folded.body["pages"] == [{"id": "p1", "name": "Page 1", "visibility": "hidden"}]
    assert folded.body["kind"] == "workbook"
    assert folded.body["schemaVersion"] == 1


@pytest.mark.parametrize("kind", ["modal", "drawer", "popover"])
def test_pages_that_lie_over_others_become_overlays(kind):
    over = {
        "id": "o",
        "type": kind,
        "name": "Over",
        kind: {"width": "small"},
        "elements": [{"id": "x"}],
        "actions": [{"effects": [{"effect": "open-document", "document": "d"}]}],
    }
    folded, counts = fold(flat({"pages": [page({"id": "e"}), over], "layout": LAYOUT}), "contents")
    assert [one["id"] for one in folded.body["pages"]] == ["p1"]
    assert folded.body["overlays"] == [
        {
            "id": "o",
            "type": kind,
            "name": "Over",
            kind: {"width": "small"},
            "actions": [{"effects": [{"effect": "open-document", "documentId": "d"}]}],
        }
    ]
    assert [one["id"] for one in folded.body["elements"]] == ["e", "x"]
    assert counts["overlays-lifted"] == 1


def test_the_theme_moves_into_the_settings():
    body = {"pages": [], "themeName": "Dark", "themeOverrides": {"space": 2}, "settings": {"navigation": 1}}
    folded, counts = fold(flat(body), "contents")
    assert folded.body["settings"] == {"navigation": 1, "theme": {"name": "Dark", "overrides": {"space": 2}}}
    assert counts["theme-to-settings"] == 1
    assert not {"themeName", "themeOverrides"} & folded.body.keys()


def test_a_theme_that_says_nothing_makes_no_settings():
    folded, _ = fold(flat({"pages": [], "themeName": None}), "contents")
    assert "settings" not in folded.body


def test_unknown_fields_of_the_document_travel():
    folded, _ = fold(
        flat({"pages": [], "agents": [{"id": "a"}], "novelty": None, "overlays": [{"id": "o"}]}), "contents"
    )
    assert folded.body["agents"] == [{"id": "a"}]
    assert folded.body["novelty"] is None
    assert folded.body["overlays"] == [{"id": "o"}]


def test_a_layout_inside_a_page_is_dropped_and_counted():
    folded, counts = fold(flat({"pages": [page(layout="<Page/>")], "layout": LAYOUT}), "contents")
    assert "layout" not in folded.body["pages"][0]
    assert counts["page-layouts-dropped"] == 1


def test_a_document_with_elements_still_in_its_pages_is_lifted_too():
    early = Spec(
        key=KEY,
        generation="document",
        name="W",
        folder_id="f",
        body={
            "schemaVersion": 1,
            "kind": "workbook",
            "pages": [page({"id": "e", "kind": "text"})],
            "layout": LAYOUT,
        },
    )
    folded, counts = fold(early, "contents")
    assert folded.body["elements"] == [{"id": "e", "kind": "text"}]
    assert folded.body["pages"] == [{"id": "p1", "name": "Page 1"}]
    assert counts["elements-lifted"] == 1


def test_data_models_and_equal_generations_pass_unchanged():
    model = flat({"pages": [page({"id": "e"})]}, Key(org="north", kind="data-model", id="m"))
    assert fold(model, "contents") == (model, {})
    same = flat({"pages": [page({"id": "e"})]})
    assert fold(same, "flat") == (same, {})


def test_nothing_is_folded_back_to_flat():
    newer = Spec(key=KEY, generation="contents", name="W", folder_id="f", body={"pages": [], "elements": []})
    with pytest.raises(CannotFold, match="contents"):
        fold(newer, "flat")
    assert fold(newer, "document")[0].body == newer.body


@pytest.mark.parametrize(
    "pages", [["a page"], [None], [{"id": "p", "elements": "none"}], [{"id": "p", "elements": {"a": 1}}]]
)
def test_pages_of_another_shape_are_refused(pages):
    with pytest.raises(CannotFold, match="pages"):
        fold(flat({"pages": pages}), "contents")


def test_elements_of_another_shape_are_kept():
    folded, _ = fold(flat({"pages": [page("odd", None, {"id": "e", "actions": "none"})], "layout": LAYOUT}), "contents")
    assert folded.body["elements"] == ["odd", None, {"id": "e", "actions": "none"}]


def layout_of(layout, *elements, page_id="p1"):
    return fold(
        flat({"pages": [{"id": page_id, "elements": [{"id": e} for e in elements]}], "layout": layout}), "contents"
    )


def test_only_the_two_tags_change_in_a_layout():
    text = (
        '<?xml version="1.0" encoding="utf-8"?>\r\n<Page  type="grid" id="p1">\n\t'
        '<GridContainer elementId="c"\n type="grid">'
        '<LayoutElement   elementId="e" gridRow="1 / 2" hidden="true" /></GridContainer>\n</Page>\n\n  '
    )
    folded, counts = layout_of(text, "c", "e")
    assert folded.body["layout"] == text.replace("LayoutElement", "Element").replace("GridContainer", "Container")
    assert counts["layout-tags"] == 3
    assert counts.get("layout-placed", 0) == 0


def test_elements_that_stand_nowhere_are_appended_below_the_last_row():
    folded, counts = layout_of(LAYOUT, "e", "new", "newer")
    text = folded.body["layout"]
    assert text.startswith(LAYOUT.replace("LayoutElement", "Element").removesuffix("</Page>"))
    assert counts["layout-placed"] == 2
    added = {e.get("elementId"): e.get("gridRow") for e in ET.fromstring(text.split("?>\n")[1])}
    assert added == {"e": "1 / 9", "new": "9 / 19", "newer": "19 / 29"}


def test_an_overlay_of_twelve_columns_stays_within_them():
    text = '<Page type="grid" gridTemplateColumns="repeat(12, 1fr)" id="p1"></Page>'
    folded, _ = layout_of(text, "e")
    assert 'gridColumn="1 / 13"' in folded.body["layout"]


def test_a_page_closed_in_its_own_tag_is_opened():
    folded, _ = layout_of('<Page id="p1" />\n<Page id="p2"></Page>', "e")
    root = ET.fromstring(f"<all>{folded.body['layout']}</all>")
    assert [[e.get("elementId") for e in one] for one in root] == [["e"], []]


@pytest.mark.parametrize("layout", [None, "", 7])
def test_a_document_without_layout_gets_one(layout):
    folded, _ = layout_of(layout, "e")
    assert ET.fromstring(folded.body["layout"]).get("id") == "p1"


def test_broken_xml_is_left_for_the_server_to_refuse():
    broken = '<Page id="p1"><Element elementId="x"/>'
    assert layout_of(broken, "e")[0].body["layout"] == broken


def test_a_bracket_inside_an_attribute_ends_no_tag():
    text = '<Page note="a > b" id="p1"><Element elementId="e"/></Page>'
    folded, counts = layout_of(text, "e")
    assert folded.body["layout"] == text
    assert counts.get("layout-placed", 0) == 0


IDS = st.text(
    st.characters(min_codepoint=32, max_codepoint=0x2FF, exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12
)


@given(page_id=IDS, placed=st.lists(IDS, unique=True, max_size=4), loose=st.lists(IDS, unique=True, max_size=4))
def test_every_element_stands_exactly_once_whatever_its_id(page_id, placed, loose):
    inside = "".join(f"<LayoutElement elementId={quoteattr(one)} gridRow='1 / 3'/>" for one in placed)
    text = f"<Page id={quoteattr(page_id)}>{inside}</Page>"
    folded, _ = layout_of(text, *placed, *(one for one in loose if one not in placed), page_id=page_id)
    root = ET.fromstring(f"<all>{folded.body['layout']}</all>")
    found = [element.get("elementId") for element in root.iter("Element")]
    assert sorted(found) == sorted({*placed, *loose})
    assert len(root) == 1, "no second page of that id"


def test_every_flat_sample_keeps_its_layout_and_all_its_elements():
    seen = 0
    for kind, tree, name in documents():
        try:
            spec = parse_spec(tree, KEY)
        except ValueError:
            continue  # a fragment, not a document
        if kind != "workbook" or spec.generation != "flat":
            continue
        seen += 1
        check_sample(spec, name)
    assert seen >= at_least(2, 7)


def check_sample(spec, name):
    folded, counts = fold(spec, "contents")
    inside = [e for one in spec.body["pages"] for e in one.get("elements") or []]
    assert [e["id"] for e in folded.body["elements"]] == [e["id"] for e in inside], name
    layout, now = spec.body.get("layout") or "", folded.body["layout"]
    renamed = re.sub(r"<(/?)LayoutElement\b", r"<\1Element", layout)
    renamed = re.sub(r"<(/?)GridContainer\b", r"<\1Container", renamed)
    if counts.get("layout-placed"):
        kept = iter(re.split("(<)", now))
        assert all(any(part == other for other in kept) for part in re.split("(<)", renamed.strip())[:-1]), name
    else:
        assert now.startswith(renamed), name
        assert now.count("<Element") == renamed.count("<Element"), name
    again, none = fold(folded, "document")
    assert again.body == folded.body, name
    assert not any(none.values()), (name, none)


REPORT = Key(org="north", kind="report", id="re")
FIXED = '<Page id="p1"><LayoutElement elementId="e" x="48" y="48" width="720" height="72"/></Page>'


def test_a_flat_report_stays_a_report_and_keeps_its_places():
    folded, _ = fold(flat({"pages": [page({"id": "e", "kind": "text"})], "layout": FIXED}, REPORT), "contents")
    assert folded.body["kind"] == "report"
    assert folded.body["layout"] == FIXED.replace("LayoutElement", "Element")


@pytest.mark.parametrize("elements", [[{"id": "e"}, {"id": "nowhere"}], [{"id": "e"}]])
def test_a_report_has_no_grid_for_what_its_layout_leaves_out(elements):
    pages = [page(*elements), *([{"id": "p2", "name": "Page 2", "elements": []}] if len(elements) == 1 else [])]
    with pytest.raises(CannotFold, match="a report has no grid to add them to"):
        fold(flat({"pages": pages, "layout": FIXED}, REPORT), "document")
    folded, _ = fold(flat({"pages": pages, "layout": FIXED}), "document")
    assert folded.body["layout"] != FIXED.replace("LayoutElement", "Element")
    assert folded.body["kind"] == "workbook"
