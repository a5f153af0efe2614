"""What a renamed table or model does to the formulas: everything that means it, and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kit.places import at_least
from migrate.rewrite.names.explanation import NameChanges, explain, prefix_edits, renames_of
from migrate.rewrite.text.formula import brackets, escape_segment, splice
from migrate.tree import canonical, replaced, walk

CONNECTION = "c0ffee00-0000-4000-8000-000000000001"


def paths_of(body, rename):
    """The table paths that a rename changes, as edits."""
    changes = {}
    for path, value in walk(body):
        if isinstance(value, dict) and isinstance(value.get("path"), list) and value["path"]:
            new = rename(str(value.get("connectionId", "")), tuple(value["path"]))
            if new is not None:
                changes[*path, "path"] = list(new)
    return changes


def renamed(body, rename):
    return replaced(body, {**prefix_edits(body, rename), **paths_of(body, rename)})


def source(*path):
    return {"kind": "warehouse-table", "connectionId": CONNECTION, "path": list(path)}


def element(identity, of, *formulas, **more):
    columns = [{"id": f"{identity}{index}", "formula": formula} for index, formula in enumerate(formulas)]
    return {"id": identity, "kind": "table", "source": of, "columns": columns, **more}


def document(*elements):
    return {"schemaVersion": 1, "pages": [{"id": "p", "name": "P", "elements": list(elements)}]}


def formulas(body):
    return [
        value
        for path, value in walk(body)
        if path and path[-1] in ("formula", "left", "right") and isinstance(value, str)
    ]


def to(**tails):
    return lambda _, path: (*path[:-1], tails[path[-1]]) if path[-1] in tails else None


ON_SHOPS = {"kind": "table", "elementId": "shops"}


def test_everything_that_follows_a_table():
    body = document(
        element(
            "shops", source("D", "S", "SHOPS"), "[SHOPS/City]", 'Upper([SHOPS/City]) & "[SHOPS/City]" // [SHOPS/x]'
        ),
        element("named", source("D", "S", "SHOPS"), "[SHOPS/City]", name="SHOPS of mine"),
        element("reader", ON_SHOPS, "[SHOPS/City]", "Sum([City])", name="Reader"),
        element(
            "join",
            {
                "kind": "join",
                "primarySource": source("D", "S", "FACT"),
                "joins": [{"left": source("D", "S", "FACT"), "right": source("D", "S", "SHOPS"), "columns": []}],
            },
            "[FACT/City]",
            "[SHOPS/City]",
            "[City (SHOPS)] & [FACT/Amount]",
            relationships=[{"id": "r", "targetElementId": "shops", "keys": []}],
        ),
        element("far", {"kind": "table", "elementId": "join"}, "[FACT/City (SHOPS)]", "[FACT/SHOPS/City]"),
        element("farther", {"kind": "table", "elementId": "far"}, "[FACT/City (SHOPS)]", "[SHOPS of mine/City]"),
        element("looks", source("D", "S", "OTHER"), "Lookup([SHOPS/City], [OTHER/K], [SHOPS/K])"),
    )
    assert formulas(renamed(body, to(SHOPS="a/b"))) == [
        "[a\\/b/City]",
        'Upper([a\\/b/City]) & "[SHOPS/City]" // [SHOPS/x]',
        "[a\\/b/City]",
        "[a\\/b/City]",
        "Sum([City])",
        "[FACT/City]",
        "[a\\/b/City]",
        "[City (a\\/b)] & [FACT/Amount]",
        "[FACT/City (a\\/b)]",
        "[FACT/a\\/b/City]",
        "[FACT/City (a\\/b)]",
        "[SHOPS of mine/City]",
        "Lookup([a\\/b/City], [OTHER/K], [a\\/b/K])",
    ]


def test_names_that_authors_gave_stay():
    body = document(
        element("t", source("D", "S", "T"), "[T/A]", name="T"),
        element("u", {"kind": "table", "elementId": "t"}, "[T/A]"),
        element(
            "j",
            {
                "kind": "join",
                "name": "T",
                "primarySource": source("D", "S", "T"),
                "joins": [{"name": "U", "left": source("D", "S", "T"), "right": source("D", "S", "U"), "columns": []}],
            },
            "[T/A]",
            "[U/A]",
        ),
    )
    assert prefix_edits(body, to(T="X", U="Y")) == {("pages", 0, "elements", 0, "columns", 0, "formula"): "[X/A]"}


def test_a_swap_of_two_tables():
    body = document(
        element("a", source("D", "S", "A"), "[A/X]"),
        element("b", source("D", "S", "B"), "[B/X]", "Lookup([A/X], [B/K], [A/K])"),
    )
    swap = to(A="B", B="A")
    there = renamed(body, swap)
    assert formulas(there) == ["[B/X]", "[A/X]", "Lookup([B/X], [A/K], [B/K])"]
    assert renamed(there, swap) == body


def test_a_workbook_follows_the_model_it_reads():
    model = document(
        element(
            "sales",
            source("D", "S", "SALES"),
            "[SALES/Amount]",
            relationships=[{"id": "r", "targetElementId": "d", "keys": []}],
        ),
        element("d", source("D", "S", "DIM"), "[DIM/Price]"),
    )
    names = {("m", key): value for key, value in renames_of(model, to(SALES="FCT", DIM="D2")).items()}
    assert {key: (value.element, dict(value.relationships)) for key, value in names.items()} == {
        ("m", "sales"): (("SALES", "FCT"), {"DIM": "D2"}),
        ("m", "d"): (("DIM", "D2"), {}),
    }
    reads = {"kind": "data-model", "dataModelId": "m", "elementId": "sales"}
    book = document(
        element("e", reads, "[SALES/Amount]", "[SALES/Price (DIM)]", "[SALES/DIM/Price]", "[Amount]"),
        element("f", {"kind": "table", "elementId": "e"}, "[SALES/Price (DIM)]", "[Metrics/M]"),
    )
    expected = ["[FCT/Amount]", "[FCT/Price (D2)]", "[FCT/D2/Price]", "[Amount]", "[FCT/Price (D2)]", "[Metrics/M]"]
    for models in ({}, {"m": model}):
        edits = prefix_edits(book, lambda _c, _p: None, names, models=models)
        assert formulas(replaced(book, edits)) == expected


def test_columns_behind_relationships_of_a_mapped_model():
    reads = {"kind": "data-model", "dataModelId": "m", "elementId": "x"}
    body = document(
        element("shops", reads, "[Shops/City]", name="Places"),
        element(
            "sales",
            source("D", "S", "SALES"),
            "[SALES/Key]",
            "[City (Places)]",
            relationships=[{"id": "r", "targetElementId": "shops", "keys": []}],
        ),
        element("reader", {"kind": "table", "elementId": "sales"}, "[SALES/City (Places)]", "[SALES/Places/City]"),
        # relationships may lead back to what is read
        element(
            "loop",
            {"kind": "table", "elementId": "reader"},
            "[SALES/City (Places)]",
            relationships=[{"id": "l", "targetElementId": "sales", "keys": []}],
        ),
    )
    names = {("m", "x"): NameChanges(columns={"City": "Town"})}
    assert formulas(replaced(body, prefix_edits(body, lambda _c, _p: None, names))) == [
        "[Shops/Town]",
        "[SALES/Key]",
        "[Town (Places)]",
        "[SALES/Town (Places)]",
        "[SALES/Places/Town]",
        "[SALES/Town (Places)]",
    ]


def test_a_mapped_model_with_other_names():
    reads = {"kind": "data-model", "dataModelId": "m", "elementId": "x"}
    book = document(
        element("e", reads, "[Sales/Amount]", "[Sales/Sum]", "[Amount] + Sum([Sales/Amount])", "[Sales/Amount (1)]"),
        element("f", {"kind": "table", "elementId": "e"}, "[Sales/Amount]", "[Metrics/Margin]", "[Metrics/Sum]"),
        {**element("g", reads, "[Sales/Amount]", "[Amount]"), "name": "Given"},
    )
    book["pages"][0]["elements"][2]["columns"][0]["name"] = "Amount"
    names = {
        ("m", "x"): NameChanges(element=("Sales", "Orders"), columns={"Amount": "Value"}, metrics={"Margin": "Profit"})
    }
    edits = prefix_edits(book, lambda _c, _p: None, names)
    assert formulas(replaced(book, edits)) == [
        "[Orders/Value]",
        "[Orders/Sum]",
        "[Value] + Sum([Orders/Value])",
        "[Orders/Value (1)]",
        "[Orders/Value]",
        "[Metrics/Profit]",
        "[Metrics/Sum]",
        "[Orders/Value]",
        "[Amount]",
    ]


def test_a_reader_of_what_the_document_does_not_hold_keeps_its_formulas():
    body = document(
        element("t", source("D", "S", "T"), "[T/A]"),
        element("lost", {"kind": "table", "elementId": "gone"}, "[Gone/A]", "[T/A]"),
    )
    assert formulas(renamed(body, to(T="NEW"))) == ["[NEW/A]", "[Gone/A]", "[NEW/A]"]


def test_an_element_named_in_its_own_formulas_follows_its_table():
    body = document(
        element("t", source("D", "S", "T"), "Lookup([T/A], [B], [T/B])"),
        element(
            "j", {"kind": "join", "joins": [{"left": source("D", "S", "T"), "right": source("D", "S", "U")}]}, "[T/A]"
        ),
        element(
            "x", {"kind": "sql", "connectionId": CONNECTION, "statement": "select 1"}, "[T/A] + [U/A] + [Nobody/A]"
        ),
    )
    assert formulas(renamed(body, to(T="NEW"))) == [
        "Lookup([NEW/A], [B], [NEW/B])",
        "[NEW/A]",
        "[NEW/A] + [U/A] + [Nobody/A]",
    ]


def test_a_column_of_a_renamed_relationship_of_a_mapped_model():
    reads = {"kind": "data-model", "dataModelId": "m", "elementId": "x"}
    body = document(element("t", reads, "[Sales/Shop/City]", "[Sales/City (Shop)]", "[Sales/Shop/Other]"))
    names = {("m", "x"): NameChanges(relationships={"Shop": "Store"}, columns={"City (Shop)": "Town (Store)"})}
    assert formulas(replaced(body, prefix_edits(body, lambda _c, _p: None, names))) == [
        "[Sales/Store/Town]",
        "[Sales/Town (Store)]",
        "[Sales/Store/Other]",
    ]


@pytest.mark.parametrize(
    ("elements", "sentence"),
    [
        (
            [
                element(
                    "j", {"kind": "join", "joins": [{"left": source("D", "S", "A"), "right": source("D", "S", "B")}]}
                )
            ],
            "several sources of one element would be called 'B'",
        ),
        (
            [element("a", source("D", "S", "A")), element("b", source("D", "S", "B"))],
            "several elements would be called 'B'",
        ),
        (
            [element("a", source("D", "S", "A")), element("b", source("D", "Q", "A"), name="A")],
            "several elements are called 'A', and not all",
        ),
    ],
)
def test_shared_names_are_reported(elements, sentence):
    found = []
    prefix_edits(document(*elements), to(A="B"), report=lambda path, text: found.append((path, text)))
    assert [text for _, text in found if sentence in text]
    assert all(path[:2] == ("pages", 0) for path, _ in found)


TAILS = st.sampled_from(["A", "B", "C/D", "E]", "A (B)"])


@st.composite
def documents(draw):
    """Models of tables, joins and readers of one another, with formulas that name what they read."""
    found, callable_ = [], []
    for number in range(draw(st.integers(1, 5))):
        identity = f"e{number}"
        kinds = ["table"] + ["element"] * bool(found) + ["join"]
        kind = draw(st.sampled_from(kinds))
        if kind == "element":
            target, prefix = draw(st.sampled_from(callable_))
            of, prefixes = {"kind": "table", "elementId": target}, [prefix]
        elif kind == "table":
            tail = draw(TAILS)
            of, prefixes = source("D", f"S{number}", tail), [tail]
        else:
            left, right = draw(st.lists(TAILS, min_size=2, max_size=2, unique=True))
            join = {
                "left": source("D", "S", left),
                "right": source("D", "S", right),
                "columns": [{"left": "[K]", "right": "[K]"}],
            }
            of, prefixes = {"kind": "join", "joins": [join]}, [left, right]
        written = [escape_segment(prefix) for prefix in prefixes]
        texts = [f"[{prefix}/X]" for prefix in written] + [f'Sum([{prefix}/Y]) & "[{prefix}/Z]"' for prefix in written]
        name = draw(st.one_of(st.none(), st.sampled_from(["N1", "N2", "N/3"])))
        found.append(element(identity, of, *texts, **({"name": name} if name else {})))
        callable_.append((identity, name or prefixes[0]))
    return document(*found)


@given(documents())
@settings(max_examples=200, deadline=None)
def test_references_mean_the_same_after_a_rename_and_its_inverse_restores_all(body):
    def there(_, path):
        return (*path[:-1], f"new[{path[-1]}")

    def back(_, path):
        return (*path[:-1], path[-1].removeprefix("new["))

    moved = renamed(body, there)
    before, after = explain(body), explain(moved)
    for old, new in zip(before, after, strict=True):
        assert (old.path, old.meaning) == (new.path, new.meaning)
        expected = old.points_to
        if old.meaning in ("table", "leg_table", "source_column"):
            expected = (expected[0], *there("", expected[1:]))
        assert new.points_to == expected
    assert canonical(renamed(moved, back)) == canonical(body)
    assert prefix_edits(body, lambda _c, path: path) == {}
    assert prefix_edits(body, lambda _c, _p: None) == {}


PIECES = st.sampled_from(
    ["[T/A]", "[T/A/B]", "[T/", "[U/A]", "[A]", "]", "[", '"', "//", "/*", "*/", "\\", "Sum(", " + ", "\n"]
)


@given(st.lists(PIECES, max_size=8).map("".join))
@example("[T/A] + [T/B/C] - [T/")
@example("[T/[T/A] + [T/A]")
@example('[T/A] & "[T/A]" & [T/A]')
@example("[T/A] // [T/A]")
@example("/* [T/A] */ [T/A]")
@example("[T/a\\]b[T/A]")
@settings(max_examples=300, deadline=None)
def test_exactly_the_references_of_a_formula_follow_however_it_is_written(formula):
    named = [each for each in brackets(formula) if len(each.segments) > 1 and each.segments[0] == "T"]
    expected = splice(formula, {each.segment_spans[0]: "New" for each in named})
    body = document(element("t", source("D", "S", "T"), formula))
    assert formulas(renamed(body, to(T="New"))) == [expected]


def test_the_samples_keep_their_meaning(samples):
    def there(_, path):
        return (*path[:-1], f"X/{path[-1]}]")

    def back(_, path):
        return (*path[:-1], path[-1][2:-1])

    edited = 0
    for name, body in samples.items():
        moved = renamed(body, there)
        edited += len(prefix_edits(body, there))
        for old, new in zip(explain(body), explain(moved), strict=True):
            assert old.meaning == new.meaning, (name, old)
            if old.meaning not in ("table", "leg_table", "leg_name", "metric", "source_column"):
                assert old.points_to == new.points_to, (name, old)
        assert canonical(renamed(moved, back)) == canonical(body), name
    assert edited >= at_least(10, 1000)
