"""Layouts are read, never written."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from kit.places import at_least
from migrate.rewrite.text.layout import read_layout

LAYOUT = """<?xml version="1.0" encoding="utf-8"?>
<Page type="grid" id="p1"><Container elementId="box" type="grid"><Element elementId="a" gridRow="1 / 5"/></Container>
<Element elementId="b"/></Page><Panel id="top"><Element elementId="a"/></Panel>"""


def test_what_stands_where():
    layout = read_layout(LAYOUT)
    assert layout.problem is None
    assert layout.pages == ("p1", "top")
    assert layout.elements == ("box", "a", "b", "a")
    assert dict(layout.page_of) == {"box": "p1", "a": "p1", "b": "p1"}
    assert layout.repeated == ("a",)


def test_no_layout_is_an_empty_one():
    assert read_layout(None) == read_layout("  ")
    assert read_layout(None).elements == ()


def test_what_is_no_xml_is_a_problem():
    assert "no XML" in (read_layout("<Page id='x'>").problem or "")
    assert "no XML" in (read_layout("<Page>\x00</Page>").problem or "")


def test_entities_are_not_read(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("inside")
    hostile = f'<!DOCTYPE x [<!ENTITY e SYSTEM "{secret.as_uri()}">]><Page id="&e;"/>'
    layout = read_layout(hostile)
    assert "document type" in (layout.problem or "")
    assert layout.pages == ()


def test_every_sample_layout_is_read(samples):
    layouts = [body["layout"] for body in samples.values() if isinstance(body.get("layout"), str)]
    read = [read_layout(layout) for layout in layouts]
    assert len(layouts) >= at_least(7, 16)
    assert [layout.problem for layout in read if layout.problem] == []
    assert sum(len(layout.elements) for layout in read) >= at_least(80, 301)


BOX = st.tuples(st.integers(1, 9), st.integers(0, 4), st.integers(1, 9), st.integers(0, 4))


@given(st.lists(BOX, max_size=12))
def test_overlaps_are_found_wherever_there_are_any(boxes):
    """The sweep finds a pair if and only if comparing each with each does, and every pair it names is one."""
    parts = [(top, top + high, left, left + wide) for top, high, left, wide in boxes]
    places = "".join(
        f'<Element elementId="{at}" gridRow="{one[0]} / {one[1]}" gridColumn="{one[2]} / {one[3]}"/>'
        for at, one in enumerate(parts)
    )

    def meet(one, other):
        rows = max(one[0], other[0]) < min(one[1], other[1])
        return rows and max(one[2], other[2]) < min(one[3], other[3])

    found = read_layout(f'<Page id="p">{places}</Page>').overlaps
    assert bool(found) == any(meet(one, other) for one, other in combinations(parts, 2))
    assert all(meet(parts[int(one)], parts[int(other)]) for one, other in found)


def test_elements_of_different_grids_do_not_overlap():
    box = 'gridRow="1 / 3" gridColumn="1 / 9"'
    inner = f'<Container elementId="c" gridRow="3 / 9" gridColumn="1 / 9"><Element elementId="b" {box}/></Container>'
    assert read_layout(f'<Page id="p"><Element elementId="a" {box}/>{inner}</Page>').overlaps == ()
    free = f'<Page id="p" type="stack"><Element elementId="a" {box}/><Element elementId="b" {box}/></Page>'
    assert read_layout(free).overlaps == ()
