"""A copy whose bytes would differ, though they say the same in another spelling, is left alone."""

from __future__ import annotations

from dataclasses import replace

from migrate.bundle.spec import Spec
from migrate.change.contents import equal
from migrate.check.compare import compare
from migrate.inventory.model import Key
from migrate.sigma.contract import NEWEST, OLDEST, respell, settled_digest
from migrate.tree import digest

BODY = {
    "schemaVersion": 1,
    "kind": "workbook",
    "elements": [
        {"id": "p", "kind": "pivot-table", "rowsBy": [{"id": "r"}]},
        {"id": "k", "kind": "kpi-chart", "layout": {"anchor": "middle", "verticalAnchor": "middle"}},
    ],
    "pages": [],
}


def spec(body, kind="workbook"):
    return Spec(key=Key(org="o", kind=kind, id="w"), generation="contents", name="W", folder_id="f", body=body)


def test_the_digest_of_a_document_is_that_of_what_it_says():
    old, new = spec(respell(BODY, OLDEST).body), spec(respell(BODY, NEWEST).body)
    assert old.body != new.body
    assert old.digest == new.digest
    assert old.digests == {old.digest, digest(old.body)}, "a ledger of before knows the digest of the bytes"
    assert spec({**BODY, "layout": "other"}).digest != old.digest
    assert spec(BODY, "data-model").digest == digest(BODY), "data models are spelled alike at every date"


def test_two_spellings_are_equal_and_an_edit_is_not():
    assert equal(respell(BODY, OLDEST).body, respell(BODY, NEWEST).body)
    assert not equal(BODY, {**BODY, "elements": BODY["elements"][:1]})


def test_a_default_that_a_read_leaves_out_is_no_difference():
    sent = respell(BODY, NEWEST).body
    read = {**sent, "elements": [sent["elements"][0], {**sent["elements"][1], "layout": {"anchor": "center"}}]}
    assert compare(sent, read, "workbook") == ()
    assert compare(sent, {**read, "elements": [sent["elements"][0], {"id": "k", "kind": "kpi-chart"}]}, "workbook")


def test_what_was_sent_in_another_spelling_is_the_same_as_sent(make):
    draft = replace(make.draft(make.wb(1)), body=respell(BODY, NEWEST).body)
    copies = [make.copy(make.wb(1), "t1", respell(BODY, OLDEST).body)]
    items = [make.there(make.wb(1), "t1")]
    before = {draft.key: settled_digest(BODY)}
    assert make.only(draft, items=items, copies=copies).outcome == "updated"
    assert make.only(draft, items=items, copies=copies, sent_before=before).outcome == "unchanged"
    other = {draft.key: settled_digest({**BODY, "layout": "other"})}
    assert make.only(draft, items=items, copies=copies, sent_before=other).outcome == "updated"
