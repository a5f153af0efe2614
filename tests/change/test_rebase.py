"""A model's body in the ids of its copy, though every element uses the same column ids."""

from hypothesis import given, settings
from hypothesis import strategies as st

from migrate.bundle.document import document_of
from migrate.change.rebase import rebased
from migrate.rewrite.models.correlate import correlate
from migrate.sandbox.specs.remap import remapped
from migrate.sandbox.world import builtin

ORG = builtin().orgs["acme_au"]
COLUMNS = ("id", "day", "amount")
"""The ids of the columns of every element."""


def table(number, order, targets):
    first, second, third = order
    return {
        "id": f"e{number}",
        "kind": "table",
        "name": f"Table {number}",
        "source": {"kind": "warehouse-table", "connectionId": "c", "path": ["DB", "S", f"T{number}"]},
        "columns": [{"id": c, "name": f"{c} of {number}", "formula": f"[T{number}/{c}]"} for c in order],
        "metrics": [
            {"id": "m", "name": f"M{number}", "formula": "Sum([amount])", "timeline": {"dateColumnId": second}},
            {"id": "n", "name": f"N{number}", "formula": "Count()"},
        ],
        "metricOrder": ["n", "mf"],
        "metricFolders": [{"id": "mf", "name": "Measures", "items": ["m"]}],
        "folders": [{"id": "f", "name": "Inner", "items": [first]}, {"id": "g", "name": "Outer", "items": ["f"]}],
        "order": ["g", second],
        "summary": [third],
        "sort": [{"columnId": first, "direction": "ascending"}],
        "uniqueKeys": [third],
        "groupings": [{"id": "by", "groupBy": [second], "calculations": [third]}],
        "filters": [
            {"id": "one", "columnId": first, "kind": "list", "mode": "include", "values": ["x"]},
            {"id": "two", "columnId": first, "kind": "list", "mode": "exclude", "values": ["x"]},
        ],
        "columnSecurities": [{"id": "s", "restrictedColumns": [first], "criteria": {"kind": "no-one-can-view"}}],
        "relationships": [
            {
                "id": f"r{at}",
                "targetElementId": f"e{target}",
                "name": f"To {target} by {at}",
                "keys": [{"sourceColumnId": mine, "targetColumnId": theirs}],
            }
            for at, (target, mine, theirs) in enumerate(targets)
        ],
    }


def reader(number, of, column):
    return {
        "id": f"r{number}",
        "kind": "table",
        "name": f"Reader {number}",
        "source": {"kind": "table", "elementId": of, "groupingId": "by"},
        "columns": [{"id": c, "name": f"{c} read by {number}", "formula": f"[{c}]"} for c in COLUMNS],
        "order": [column],
    }


def control(number, of, column, other):
    inner = {"kind": "table", "elementId": of}
    return {
        "id": f"k{number}",
        "kind": "control",
        "controlId": f"Control {number}",
        "controlType": "list",
        "source": {"kind": "source", "source": inner, "columnId": column, "displayColumnId": other},
        "filters": [{"id": "one", "source": dict(inner), "columnId": other}],
    }


@st.composite
def models(draw):
    count = draw(st.integers(2, 4))
    numbers, names = st.integers(0, count - 1), st.sampled_from(COLUMNS)
    tables = [
        table(n, draw(st.permutations(COLUMNS)), draw(st.lists(st.tuples(numbers, names, names), max_size=3)))
        for n in range(count)
    ]
    readers = [reader(n, f"e{draw(numbers)}", draw(names)) for n in range(draw(st.integers(0, 2)))]
    controls = [control(n, f"e{draw(numbers)}", draw(names), draw(names)) for n in range(draw(st.integers(0, 2)))]
    elements = draw(st.permutations([*tables, *readers, *controls]))
    cut = draw(st.integers(0, len(elements)))
    pages = [
        {"id": "p", "name": "One", "elements": elements[:cut]},
        {"id": "q", "name": "Two", "elements": elements[cut:]},
    ]
    return {"schemaVersion": 1, "pages": pages}


@settings(max_examples=60, deadline=None)
@given(models())
def test_every_id_is_that_of_the_element_it_speaks_of(body):
    copy = remapped(ORG, body, salt="copy")
    ids = correlate(body, copy)
    assert rebased(body, copy, ids) == copy
    assert rebased(body, body, correlate(body, body)) == body


@settings(max_examples=20, deadline=None)
@given(models())
def test_an_edited_model_keeps_every_id_of_its_copy(body):
    """A new filter value, a new column and a removed rule: what stands keeps its id, what is new is new."""
    copy = remapped(ORG, body, salt="copy")
    ids = correlate(body, copy)
    (first, *_rest) = (each for each in document_of(body).elements if each.id == "e0")
    first.node["filters"][0]["values"] = ["y"]
    first.node["columns"].append({"id": "new", "name": "New", "formula": "1"})
    del first.node["columnSecurities"]
    wire = rebased(body, copy, ids)
    again = remapped(ORG, wire, salt="copy", current=copy)
    mine, theirs = ({e.id: e.node for e in document_of(tree).elements} for tree in (wire, copy))
    new = ids["e0"].id
    assert mine.keys() == theirs.keys()
    assert [f["id"] for f in mine[new]["filters"]] == [f["id"] for f in theirs[new]["filters"]]
    assert mine[new]["columns"][:-1] == theirs[new]["columns"]
    assert {k: v for k, v in mine.items() if k != new} == {k: v for k, v in theirs.items() if k != new}
    assert [e.id for e in document_of(again).elements] == [e.id for e in document_of(copy).elements]
