"""Which columns of a table the formulas of a document name, each where it is named."""

import pytest

from migrate.rewrite.resolvers.columns_read import Read, columns_read
from migrate.rewrite.resolvers.tables import Table

SHOPS = Table("c", ("DB", "S", "SHOPS"))


def workbook(*elements):
    return {"schemaVersion": 1, "elements": list(elements), "pages": [{"id": "p", "name": "P"}]}


def table(*formulas, source=None, **more):
    source = source or {"kind": "warehouse-table", "connectionId": "c", "path": list(SHOPS.path)}
    columns = [{"id": f"c{at}", "name": f"C{at}", "formula": one} for at, one in enumerate(formulas)]
    return {"id": "t", "kind": "table", "name": "Shops", "source": source, "columns": columns, **more}


def read(body, *tables):
    return [(one.name, one.path) for one in columns_read(body, tables or (SHOPS,))]


def test_the_columns_of_a_table_by_its_last_name():
    body = workbook(table("[SHOPS/Town]", "Sum([shops/Sales]) / [SHOPS/Visits]", "[C0]", "1 + 1", None))
    path = ("elements", 0, "columns")
    assert read(body) == [
        ("Town", (*path, 0, "formula")),
        ("Sales", (*path, 1, "formula")),
        ("Visits", (*path, 1, "formula")),
    ]
    assert next(columns_read(body, [SHOPS])) == Read(SHOPS, "Town", (*path, 0, "formula"))


def test_metrics_name_columns_too_and_a_name_may_hold_a_slash():
    body = workbook(table(metrics=[{"id": "m", "name": "M", "formula": "Sum([SHOPS/In/Out])"}]))
    assert read(body) == [("In/Out", ("elements", 0, "metrics", 0, "formula"))]


@pytest.mark.parametrize(
    "body",
    [
        workbook(
            table("[SHOPS/Town]", source={"kind": "warehouse-table", "connectionId": "c", "path": ["DB", "S", "T"]})
        ),
        workbook(table("[Other/Town]", "[Town]")),
        workbook({"id": "x", "kind": "text", "body": "[SHOPS/Town]"}),
        workbook({"kind": "table", "columns": [{"formula": "[SHOPS/Town]"}]}),
        {},
    ],
    ids=["another table", "another name", "a text", "an element without an id", "nothing"],
)
def test_what_is_not_asked_about_is_left_out(body):
    assert read(body) == []
