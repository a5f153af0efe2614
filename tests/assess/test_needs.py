"""What a target must have: each thing once, with every document that uses it."""

from __future__ import annotations

from assess.conftest import CONNECTION, table


def needed(found, kind):
    return {
        (need.of, need.name): (len(need.documents), need.uses, need.in_sql) for need in found.needs if need.kind == kind
    }


def statement(text):
    source = {"kind": "sql", "connectionId": CONNECTION, "statement": text}
    return {"id": "s", "kind": "table", "name": "S", "source": source, "columns": []}


def test_connections_and_tables_are_counted_over_all_documents(shelf):
    shelf.workbook("one", table("a"), table("b", path=("DW", "SALES", "ITEMS")))
    shelf.workbook("two", table("a"))
    found = shelf.assess()
    assert needed(found, "connection") == {("", CONNECTION): (2, 3, 0)}
    assert needed(found, "path") == {
        (CONNECTION, "DW.SALES.ORDERS"): (2, 2, 0),
        (CONNECTION, "DW.SALES.ITEMS"): (1, 1, 0),
    }


def test_addresses_are_counted_by_where_they_lead_and_never_with_a_person_in_them(shelf):
    shelf.workbook(
        "w", {"id": "x", "kind": "text", "body": "see https://me:pw@wiki.example/a and https://wiki.example/b"}
    )
    assert [need.name for need in shelf.assess().needs if need.kind == "url"] == ["https://wiki.example/"]


def test_attributes_are_found_by_name_in_formulas(shelf):
    columns = [{"id": "c", "formula": 'CurrentUserAttributeText("region") = "x"', "name": "C"}]
    shelf.workbook("w", table("t", columns=columns))
    found = shelf.assess()
    assert needed(found, "user_attribute") == {("", "region"): (1, 1, 0)}
    assert [one.secured for one in found.judged] == [True]


def test_statements_name_their_tables_and_their_trouble(shelf):
    shelf.workbook("w", statement("select * from DW.SALES.ORDERS"))
    [one] = shelf.assess().statements
    assert one.unread, "a folder of specs does not say which warehouse it is"
    assert one.key.id == "w"
