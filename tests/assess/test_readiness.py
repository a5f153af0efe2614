"""How ready documents are, what stops them, and what ends it."""

from __future__ import annotations

import pytest

from assess.conftest import CONNECTION, states, table
from migrate.assess.readiness import kind_of

IMAGE = {"id": "i", "kind": "image", "source": {"kind": "upload", "key": "up-1"}}


def reads(model, element="t"):
    """A table on an element of a data model."""
    source = {"kind": "data-model", "dataModelId": model, "elementId": element}
    return {"id": "r", "kind": "table", "name": "R", "source": source, "columns": []}


def test_what_needs_a_connection_is_ready_after_mapping_and_what_needs_nothing_is_ready(shelf):
    shelf.workbook("plain", {"id": "x", "kind": "text", "body": "hello"})
    shelf.workbook("sales", table("t"))
    found = shelf.assess()
    assert states(found) == {"plain": "ready", "sales": "after_mapping"}
    assert not found.obstacles
    assert found.counts() == {"ready": 1, "after_mapping": 1, "by_hand": 0, "decision": 0, "cannot_travel": 0}


def test_what_a_model_needs_mapped_counts_for_what_reads_it(shelf):
    shelf.model("base", table("t"))
    shelf.model("upper", {**reads("base"), "id": "t"})
    shelf.workbook("reader", reads("upper"))
    shelf.workbook("plain", {"id": "x", "kind": "text", "body": "hello"})
    mapped = dict.fromkeys(("base", "upper", "reader"), "after_mapping")
    assert states(shelf.assess()) == {**mapped, "plain": "ready"}


def test_models_that_read_each_other_cannot_travel(shelf):
    shelf.model("one", {**reads("two"), "id": "t"})
    shelf.model("two", {**reads("one"), "id": "t"})
    found = shelf.assess()
    assert states(found) == dict.fromkeys(("one", "two"), "cannot_travel")
    [stop] = found.obstacles
    assert (stop.code, len(stop.direct), stop.behind) == ("model_cycle", 2, ())
    assert "reads data-model 'two' reads data-model 'one'" in stop.message


def test_what_a_person_may_let_through_is_a_decision_and_says_which(shelf):
    shelf.workbook("brand", IMAGE)
    found = shelf.assess()
    assert states(found) == {"brand": "decision"}
    [stop] = found.obstacles
    assert (stop.code, stop.policy) == ("not_portable", "unsupported")


def test_a_team_that_a_formula_names_is_taken_to_exist_where_no_team_is_listed(shelf):
    shelf.workbook("rule", table("t", columns=[{"id": "c", "formula": 'CurrentUserInTeam("Ops")', "name": "C"}]))
    found = shelf.assess()
    assert states(found) == {"rule": "after_mapping"}
    assert [need.name for need in found.needs if need.kind == "team"] == ["Ops"]


def test_an_upload_that_only_one_workbook_can_read_cannot_travel_and_stops_its_readers(shelf):
    upload = {"id": "t", "kind": "table", "name": "T", "columns": []}
    upload["source"] = {"kind": "csv-table", "connectionId": CONNECTION, "inodeId": "c-1"}
    shelf.model("model", upload)
    shelf.workbook("reader", reads("model"))
    shelf.workbook("other", table("t"))
    found = shelf.assess()
    assert states(found) == {"model": "cannot_travel", "reader": "cannot_travel", "other": "after_mapping"}
    stop = next(one for one in found.obstacles if one.code == "not_portable")
    assert (stop.code, stop.policy, kind_of(stop)) == ("not_portable", "", "cannot_travel")
    assert [key.id for key in stop.direct] == ["model"]
    assert [key.id for key in stop.behind] == ["reader"]


def test_a_model_that_nobody_exported_is_one_decision_for_all_its_readers(shelf):
    shelf.workbook("one", reads("gone"))
    shelf.workbook("two", reads("gone"))
    found = shelf.assess()
    assert set(states(found).values()) == {"decision"}
    [stop] = found.obstacles
    assert stop.code == "unresolved_model"
    assert "gone" in stop.message
    assert {key.id for key in stop.frees} == {"one", "two"}


def test_two_reasons_free_nobody_alone(shelf):
    shelf.workbook("one", reads("gone"), {**reads("lost"), "id": "s"})
    found = shelf.assess()
    assert len(found.obstacles) == 2
    assert [stop.frees for stop in found.obstacles] == [(), ()]


def test_an_input_table_travels_and_leaves_work(shelf):
    source = {"kind": "empty", "connectionId": CONNECTION}
    shelf.workbook("typed", {"id": "t", "kind": "input-table", "name": "T", "source": source, "columns": []})
    found = shelf.assess()
    assert states(found) == {"typed": "by_hand"}
    [work] = found.judged[0].handwork
    assert (work.code, work.fix) == ("input_table_rows", "carry the rows over in the warehouse")


def test_a_file_that_holds_no_usable_document_is_a_row_and_not_the_end(shelf):
    shelf.workbook("sales", table("t"))
    path = shelf.workbook("odd", table("t"))
    path.write_text('{"workbookId": "odd", "name": "odd", "name": "twice", "document": {}}', encoding="utf-8")
    found = shelf.assess()
    assert states(found)["odd"] == "cannot_travel"
    assert states(found)["sales"] == "after_mapping"
    assert found.obstacles[0].code == "unusable_file"


@pytest.mark.parametrize("count", [1, 7])
def test_effort_is_the_sum_of_its_parts(shelf, count):
    for number in range(count):
        shelf.workbook(f"w{number}", table("t", path=("DW", f"S{number}", "T")))
    effort = shelf.assess().effort
    counts = {what: number for what, number, _minutes in effort.parts}
    assert counts["mappings"] == 1 + count, "the connection, and a schema each"
    assert counts["documents to look at"] == count
    assert effort.least == round(sum(n * minutes[0] for _what, n, minutes in effort.parts) / 60, 1)
    assert effort.most == round(sum(n * minutes[1] for _what, n, minutes in effort.parts) / 60, 1)
