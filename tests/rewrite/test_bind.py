"""Holes are filled with what the copies turned out to be; what is not known yet is named, or waits in a safe state."""

from __future__ import annotations

import pytest

from migrate.errors import MigrateError
from migrate.inventory.model import Key
from migrate.rewrite.bind import DEAD_CLICK, bind, bind_description, filling, unbound
from migrate.rewrite.model import ColumnId, Copied, DocumentId, Draft, ElementId, ElementIds, GroupingId, Hole, UrlId

BOOK = Key(org="north", kind="workbook", id="w")
MODEL = Key(org="north", kind="data-model", id="m")
IDS = {
    BOOK: Copied(id="11111111-1111-4111-8111-111111111111", url_id="given"),
    MODEL: Copied(id="m-new", elements={"e": ElementIds(id="e/new", columns={"c": "c-new"}, groupings={"g": "g-new"})}),
}


def draft(body, *holes, description=None, description_holes=()):
    return Draft(
        key=Key(org="north", kind="workbook", id="reader"),
        target="group",
        generation="contents",
        name="Reader",
        folder=("Shared",),
        body=body,
        holes=holes,
        description=description,
        description_holes=description_holes,
    )


@pytest.mark.parametrize(
    ("key", "wants", "value"),
    [
        (BOOK, DocumentId(), "11111111-1111-4111-8111-111111111111"),
        (BOOK, UrlId(), "given"),
        (BOOK, ElementId(element="kept"), "kept"),
        (MODEL, ElementId(element="e"), "e/new"),
        (MODEL, ElementId(element="e", quoted=True), "e%2Fnew"),
        (MODEL, ElementId(element="unknown"), None),
        (MODEL, ElementId(element="unknown", quoted=True), None),
        (MODEL, GroupingId(element="e", grouping="g"), "g-new"),
        (MODEL, GroupingId(element="e", grouping="x"), None),
        (MODEL, GroupingId(element="unknown", grouping="g"), None),
        (MODEL, ColumnId(element="e", column="c"), "c-new"),
        (MODEL, ColumnId(element="unknown", column="c"), None),
        (Key(org="north", kind="workbook", id="nowhere"), DocumentId(), None),
    ],
)
def test_what_goes_into_a_hole(key, wants, value):
    assert filling(Hole(path=("x",), key=key, wants=wants), IDS) == value


def test_a_url_id_that_the_service_did_not_say_is_computed():
    found = filling(Hole(path=("x",), key=BOOK, wants=UrlId()), {BOOK: Copied(id=IDS[BOOK].id)})
    assert found is not None
    assert 20 <= len(found) <= 22
    assert found.isalnum()


def test_holes_are_filled_whole_and_inside_of_texts():
    made = draft(
        {"model": "m", "text": "see m!", "kept": 1},
        Hole(path=("model",), key=MODEL, wants=DocumentId()),
        Hole(path=("text",), key=MODEL, wants=DocumentId(), span=(4, 5)),
    )
    assert bind(made, IDS) == {"model": "m-new", "text": "see m-new!", "kept": 1}
    assert not unbound(made, IDS)


def test_what_is_missing_is_named_with_its_place():
    made = draft(
        {"elements": [{"source": {"dataModelId": "m"}}]},
        Hole(path=("elements", 0, "source", "dataModelId"), key=MODEL, wants=DocumentId()),
    )
    for partial in (False, True):
        with pytest.raises(
            MigrateError, match=r"elements\[0\]\.source\.dataModelId needs the document id of data-model m"
        ):
            bind(made, {}, partial=partial)
    assert unbound(made, {})


def test_a_link_can_wait_in_a_safe_state():
    made = draft(
        {"effects": [{"effect": "open-document", "documentId": "w"}], "url": "https://app/x/w"},
        Hole(path=("effects", 0, "documentId"), key=BOOK, wants=DocumentId()),
        Hole(path=("url",), key=BOOK, wants=UrlId(), span=(14, 15)),
    )
    assert bind(made, {}, partial=True) == {"effects": [dict(DEAD_CLICK)], "url": "https://app/x/"}
    with pytest.raises(MigrateError) as caught:
        bind(made, {})
    assert caught.value.code == "unbound_reference"


def test_a_description_is_bound_like_the_body():
    hole = Hole(path=("description",), key=BOOK, wants=UrlId(), span=(4, 5))
    made = draft({}, description="see w", description_holes=(hole,))
    assert bind_description(made, IDS) == "see given"
    assert bind_description(made, {}, partial=True) == "see "
    assert bind_description(draft({}, description="plain"), {}) == "plain"
    with pytest.raises(MigrateError, match="description needs the url id"):
        bind_description(made, {})
