"""Three bodies of one document, and what differs between them."""

from __future__ import annotations

from migrate.check.three_ways import Bodies, counted, three_ways
from migrate.report.diff_text import diff_lines, where


def body(formula="Sum([Amount])", statement="select a\nfrom DW.T\nwhere x", name="Orders"):
    column = {"id": "c", "name": "Net", "formula": formula}
    source = {"kind": "sql", "connectionId": "k", "statement": statement}
    table = {"id": "t", "kind": "table", "name": name, "source": source, "columns": [column]}
    return {"schemaVersion": 1, "kind": "workbook", "elements": [table], "pages": []}


def told(found):
    return [(where(one), diff_lines(one)) for one in found]


def test_each_side_is_compared_with_what_was_applied():
    bodies = Bodies(applied=body(), now=body(formula="Sum([Net])"), standing=body(name="Mine"), elements={})
    found = three_ways(bodies, "workbook")
    assert told(found.to_write) == [("table 'Orders' › column 'Net' › formula", ["-Sum([Amount])", "+Sum([Net])"])]
    assert told(found.in_target) == [("table 'Orders' › name", ["-Orders", "+Mine"])]
    assert counted([found]) == 2


def test_without_a_copy_what_stands_is_what_would_be_replaced():
    found = three_ways(Bodies(now=body(), standing=body(name="Theirs"), elements={}), "workbook")
    assert told(found.to_write) == [("table 'Theirs' › name", ["-Theirs", "+Orders"])]
    assert found.in_target == ()


def test_a_statement_is_shown_line_by_line():
    changed = body(statement="select a\nfrom GROUP_DW.T\nwhere x")
    [one] = three_ways(Bodies(applied=body(), now=changed, elements={}), "workbook").to_write
    assert where(one) == "table 'Orders' › source SQL"
    assert diff_lines(one) == [" select a", "-from DW.T", "+from GROUP_DW.T", " where x"]


def test_a_change_at_the_end_of_a_long_text_is_seen():
    long = "[A] + " * 2000
    [one] = three_ways(
        Bodies(applied=body(formula=f"{long}[B]"), now=body(formula=f"{long}[C]"), elements={}), "workbook"
    ).to_write
    before, after = diff_lines(one)
    assert before.endswith("[B]")
    assert after.endswith("[C]")
    assert len(before) < 500


def test_what_nobody_knows_is_no_difference():
    assert three_ways(Bodies(elements={}), "workbook").to_write == ()
    assert three_ways(Bodies(applied=body(), elements={}), "workbook").in_target == ()


def test_elements_of_a_model_are_compared_by_what_they_became():
    def model(*ids):
        tables = [{"id": each, "kind": "table", "name": f"T{number}"} for number, each in ids]
        return {"schemaVersion": 1, "kind": "data-model", "pages": [{"id": "p", "name": "P", "elements": tables}]}

    sent, standing = model((1, "a"), (2, "b")), model((2, "y"), (1, "x"))
    found = three_ways(Bodies(applied=sent, now=sent, standing=standing, elements={"a": "x", "b": "y"}), "data-model")
    assert found.to_write == ()
    assert found.in_target == ()
