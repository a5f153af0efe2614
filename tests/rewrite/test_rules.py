"""Rules of a plan: each does what it says on what the one before left, and one that did nothing is told."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.plan.maps import ConnectionMap, Maps, Pair, PathMap
from migrate.plan.rules import Rename, Replace, ReplaceAt, ReplaceText, ReplaceUrl, SetDescription, SetPath
from migrate.plan.selection import Selector
from migrate.rewrite.rules import Exchanged
from migrate.rewrite.unused_entries import unmatched

BODY = {
    "pages": [{"id": "p", "name": "Acme AU"}],
    "elements": [
        {
            "id": "a",
            "kind": "table",
            "name": "Acme AU Shops",
            "columns": [{"id": "c", "name": "Acme AU", "formula": "[T/A]"}],
        },
        {"id": "b", "kind": "table", "name": "Acme AU", "columns": [{"id": "d", "formula": "[Acme AU Shops/Acme AU]"}]},
        {"id": "t", "kind": "text", "body": "Acme AU {{[Acme AU/x]}} https://acme.example/Acme AU"},
    ],
}


def text(name: str, old: str, new: str) -> Replace:
    return Replace(name=name, replace=ReplaceText(text=old, new=new))


def place(name: str, where: str, old: str | None, new: str) -> Replace:
    return Replace(name=name, replace=ReplaceAt(at=where, old=old, new=new))


def test_text_is_replaced_where_people_read_it(kit):
    rules = (
        text("brand", "Acme AU", "Acme Group"),
        Rename(name="suffix", rename="{name} (AU)"),
        text("none", "Acme AU", "never"),
    )
    world = kit.World(plan=kit.plan(rules=rules))
    done = world.draft(BODY, name="Acme AU Margin", description="of Acme AU")
    assert done.name == "Acme Group Margin (AU)"
    assert done.description == "of Acme Group"
    assert done.body["pages"][0]["name"] == "Acme Group"
    shops, other, words = done.body["elements"]
    assert shops == BODY["elements"][0]
    assert other["name"] == "Acme AU"
    assert other["columns"] == BODY["elements"][1]["columns"]
    assert words["body"] == "Acme Group {{[Acme AU/x]}} https://acme.example/Acme AU"
    assert {r.code for r in done.residuals} == {"rule_left_name"}
    told = unmatched(world.plan, world.context(), [done])
    assert [(w.code, w.path) for w in told if w.code == "rule_unmatched"] == [("rule_unmatched", "rules.2")]


def test_where_chooses_documents(kit):
    rule = SetDescription(name="r", where=Selector(type="data-model"), set_description="new")
    world = kit.World(plan=kit.plan(rules=(rule,)))
    assert world.draft(BODY).description is None
    assert world.draft({"pages": []}, kind="data-model").description == "new"
    by_name = Rename(name="r", where=Selector(name="FY2?-*"), rename="x")
    world = kit.World(plan=kit.plan(rules=(by_name,)))
    assert [world.draft({}, name=name).name for name in ("FY25-A", "FY2-A")] == ["x", "FY2-A"]


def test_names_and_descriptions_go_from_rule_to_rule(kit):
    rules = (
        Rename(name="suffix", rename="{name} (AU)"),
        Rename(name="prefix", rename="Group {name}"),
        text("brand", "AU", "Australia"),
        SetDescription(name="about", set_description="of Acme AU"),
        text("about brand", "Acme AU", "Acme"),
    )
    world = kit.World(plan=kit.plan(rules=rules))
    done = world.draft({"pages": []}, name="Close", description="old")
    assert done.name == "Group Close (Australia)"
    assert done.description == "of Acme"
    assert [w for w in unmatched(world.plan, world.context(), [done]) if w.code == "rule_unmatched"] == []
    assert [(c.code, c.before, c.after) for c in done.changes if c.path == ("name",)] == [
        ("rule:suffix", "Close", "Close (AU)"),
        ("rule:prefix", "Close (AU)", "Group Close (AU)"),
        ("rule:brand", "Group Close (AU)", "Group Close (Australia)"),
    ]


WORDS = st.text("abc", min_size=1, max_size=3)


@given(st.text("abc ", max_size=12), st.lists(st.tuples(WORDS, st.text("abc", max_size=3)), max_size=5))
def test_texts_of_a_body_go_from_rule_to_rule(original, pairs):
    """The spans that are exchanged speak of the original, and come to what one rule after the other would leave."""
    exchanged, expected = Exchanged(original), original
    for old, new in pairs:
        assert exchanged.exchange(old, new, ()) is (old in expected)
        expected = expected.replace(old, new)
        assert exchanged.now() == expected
        spans = sorted(exchanged.parts)
        assert all(one[1] <= other[0] for one, other in pairwise(spans))


@pytest.mark.parametrize(
    ("rules", "alt", "key"),
    [
        ([("$..alt", "a", "b"), ("$..alt", "b", "c")], "c", "org/x"),
        ([("$..alt", None, "b"), ("$..alt", "b", "c")], "c", "org/x"),
        ([("$..alt", None, "bb"), ("$..alt", "b", "c")], "cc", "org/x"),
        ([("$..alt", "a", "b"), ("$..alt", None, "z"), ("$..alt", "a", "never")], "z", "org/x"),
        ([("$..key", "x", "y"), ("$..key", "org/y", "whole"), ("$..alt", "", "never")], "a", "whole"),
        ([("$", None, "never"), ("$..source", "org", "never"), ("$.elements[0].kind", "x", "y")], "a", "org/x"),
        ([("$..alt", "x", "never"), ("$..key", "gor", "never")], "a", "org/x"),
    ],
)
def test_places_go_from_rule_to_rule(kit, rules, alt, key):
    body = {"elements": [{"kind": "text", "alt": "a", "source": {"key": "org/x"}}]}
    named = tuple(place(f"r{number}", *rule) for number, rule in enumerate(rules))
    done = kit.World(plan=kit.plan(rules=named)).draft(body)
    assert (done.body["elements"][0]["alt"], done.body["elements"][0]["source"]["key"]) == (alt, key)


def test_paths_and_addresses(kit):
    source = {"kind": "warehouse-table", "connectionId": kit.WARE, "path": ["DW", "FIN", "ORDERS"]}
    body = {
        "elements": [
            {"id": "t", "source": source, "columns": [{"id": "c", "formula": "[ORDERS/Id]"}]},
            {"body": "https://a.example/b/c"},
        ]
    }
    rules = (
        SetPath(name="table", set_path=PathMap(source=("DW", "FIN", "ORDERS"), target=("X", "Y", "Z"))),
        Replace(name="wiki", replace=ReplaceUrl(url="https://a.example/", new="https://b.example/")),
    )
    done = kit.World(plan=kit.plan(rules=rules)).draft(body)
    assert done.body["elements"][0]["source"]["path"] == ["X", "Y", "Z"]
    assert done.body["elements"][0]["columns"][0]["formula"] == "[Z/Id]"
    assert done.body["elements"][1]["body"] == "https://b.example/b/c"
    assert {change.code for change in done.changes} == {"rule:table", "rule:wiki"}


def step(name, source, target):
    maps = PathMap(source=tuple(source.split(".")), target=tuple(target.split(".")))
    return SetPath(name=name, set_path=maps)


STEPS = (step("first", "DW.FIN.*", "MID.FIN.*"), step("second", "MID.FIN.ORDERS", "X.Y.SALES"))


@pytest.mark.parametrize(
    ("rules", "table", "statement"),
    [
        (STEPS, ["X", "Y", "SALES"], "select * from X.Y.SALES join MID.FIN.B on DW.FN(1) = {{c}}"),
        (STEPS[::-1], ["MID", "FIN", "ORDERS"], "select * from MID.FIN.ORDERS join MID.FIN.B on DW.FN(1) = {{c}}"),
    ],
)
def test_paths_go_from_rule_to_rule(kit, rules, table, statement):
    """Tables, formulas, SQL, procedures and functions: each rule on what the one before left, then no map."""
    source = {"kind": "warehouse-table", "connectionId": kit.WARE, "path": ["DW", "FIN", "ORDERS"]}
    sql = {"kind": "sql", "connectionId": kit.WARE}
    sql |= {"statement": "select * from DW.FIN.ORDERS join DW.FIN.B on DW.FN(1) = {{c}}"}
    body = {
        "elements": [
            {"id": "t", "source": source, "columns": [{"id": "c", "formula": "[ORDERS/Id]"}]},
            {"id": "s", "source": sql},
            {"id": "f", "columns": [{"id": "g", "formula": 'CallText("DW.FIN.ORDERS", [a])'}]},
        ]
    }
    world = kit.World(plan=kit.plan(rules=rules))
    done = world.draft(body)
    first, second, third = done.body["elements"]
    assert first["source"]["path"] == table
    assert first["columns"][0]["formula"] == f"[{table[-1]}/Id]"
    assert second["source"]["statement"] == statement
    assert third["columns"][0]["formula"] == f'CallText("{".".join(table)}", [a])'
    idle = [w.path for w in unmatched(world.plan, world.context(), [done]) if w.code == "rule_unmatched"]
    assert idle == ([] if rules is STEPS else ["rules.0"]), "a rule that another one makes void is told"


def test_names_made_while_a_query_runs_go_from_rule_to_rule(kit):
    sql = {"kind": "sql", "connectionId": kit.WARE, "statement": "select * from DW.FIN.{{t}}"}
    rules = (step("first", "DW.*.*", "MID.*.*"), step("second", "MID.FIN.*", "X.Y.*"))
    done = kit.World(plan=kit.plan(rules=rules)).draft({"elements": [{"id": "s", "source": sql}]})
    assert done.body["elements"][0]["source"]["statement"] == "select * from X.Y.{{t}}"
    rules = (step("first", "DW.FIN.A", "MID.FIN.A"), step("second", "DW.FIN.*", "X.Y.*"))
    done = kit.World(plan=kit.plan(rules=rules)).draft({"elements": [{"id": "s", "source": sql}]})
    assert done.body["elements"][0]["source"]["statement"] == sql["statement"], "it depends on what is put in"
    assert [r.code for r in done.residuals if "several rules may speak of it" in r.message] == ["sql_dynamic"]


@pytest.mark.parametrize(
    ("pairs", "address"),
    [
        (
            [("a.example/", "b.example/w/"), ("b.example/", "c.example/")],
            "c.example/w/x/y",
        ),
        ([("a.example/", "b.example/"), ("b.example/x/", "c.example/")], "c.example/y"),
        ([("b.example/", "c.example/"), ("a.example/", "b.example/")], "b.example/x/y"),
    ],
)
def test_addresses_go_from_rule_to_rule(kit, pairs, address):
    rules = tuple(
        Replace(name=f"r{number}", replace=ReplaceUrl(url=f"https://{old}", new=f"https://{new}"))
        for number, (old, new) in enumerate(pairs)
    )
    done = kit.World(plan=kit.plan(rules=rules)).draft({"elements": [{"body": "see https://a.example/x/y."}]})
    assert done.body["elements"][0]["body"] == f"see https://{address}."


def test_a_place_is_set_and_then_no_longer_a_reference(kit):
    body = {"elements": [{"kind": "image", "source": {"kind": "upload", "key": "org/x.png"}, "alt": "a b a"}]}
    rules = (
        place("logo", "$.elements[*].source.key", None, "other"),
        place("alt", "$..alt", "a", "b"),
    )
    done = kit.World(plan=kit.plan(rules=rules)).draft(body)
    assert done.refusals == ()
    assert done.body == {"elements": [{"kind": "image", "source": {"kind": "upload", "key": "other"}, "alt": "b b b"}]}
    assert [r.note for r in done.references] == ["set by rule logo"]
    assert sorted(change.code for change in done.changes) == ["rule:alt", "rule:logo"]


def test_an_id_of_the_source_in_a_rule_is_caught(kit):
    rules = (place("wrong", "$.elements[0].connectionId", None, kit.WARE),)
    done = kit.World(plan=kit.plan(rules=rules)).draft({"elements": [{"connectionId": kit.LAKE}]})
    assert [p.code for p in done.refusals] == ["unknown_reference"]
    rules = (place("right", "$.elements[0].connectionId", None, kit.GROUP_WARE),)
    assert kit.World(plan=kit.plan(rules=rules)).draft({"elements": [{"connectionId": kit.LAKE}]}).refusals == ()


def test_what_matched_nothing_is_told_with_its_place(kit):
    maps = Maps(
        connections=(
            ConnectionMap(
                source="Ware",
                target="Group Ware",
                paths=(
                    PathMap(source=("A", "B", "*"), target=("C", "D", "*")),
                    PathMap(source=("A", "X", "*"), target=("C", "X", "*")),
                ),
            ),
            ConnectionMap(source="Lake", target="Group Lake"),
        ),
        urls=(Pair(source="https://used.example/", target="https://b/"), Pair(source="https://unused/", target="y")),
    )
    world = kit.World(plan=kit.plan(maps))
    done = world.draft(
        {"source": {"connectionId": kit.WARE, "path": ["A", "B", "T"]}, "body": "see https://used.example/x"}
    )
    told = unmatched(world.plan, world.context(), [done])
    assert [w.path for w in told] == ["map.connections.0.paths.1", "map.connections.1", "map.urls.1"]


def test_simultaneous_swap_of_tables_and_prefixes(kit):
    def element(identity, table):
        source = {"kind": "warehouse-table", "connectionId": kit.WARE, "path": ["D", "S", table]}
        return {"id": identity, "kind": "table", "source": source, "columns": [{"id": "c", "formula": f"[{table}/Id]"}]}

    body = {"elements": [element("a", "ONE"), element("b", "TWO")]}
    swap = tuple(PathMap(source=("D", "S", x), target=("D", "S", y)) for x, y in (("ONE", "TWO"), ("TWO", "ONE")))
    maps = Maps(connections=(ConnectionMap(source="Ware", target="Group Ware", paths=swap),))
    done = kit.World(plan=kit.plan(maps)).draft(body)
    first, second = done.body["elements"]
    assert (first["source"]["path"][-1], first["columns"][0]["formula"]) == ("TWO", "[TWO/Id]")
    assert (second["source"]["path"][-1], second["columns"][0]["formula"]) == ("ONE", "[ONE/Id]")
