"""Rules of a plan: each does what it says, none sees another, and one that did nothing is told."""

from migrate.plan.model import ConnectionMap, Maps, Pair, PathMap, Rule, Selector
from migrate.rewrite.bind import bind
from migrate.rewrite.draft import draft
from migrate.rewrite.mapping import resolve
from migrate.rewrite.rules import Transform
from migrate.rewrite.unmatched import unmatched

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


def test_text_is_replaced_where_people_read_it(kit):
    rules = (
        Rule(name="brand", replace_text=("Acme AU", "Acme Group")),
        Rule(name="suffix", rename="{name} (AU)"),
        Rule(name="second", replace_text=("Acme Group", "never")),
    )
    world = kit.World(plan=kit.plan(rules=rules))
    done = world.draft(BODY, name="Acme AU Margin", description="of Acme AU")
    assert done.name == "Acme Group Margin (AU)"
    assert done.description == "of Acme Group"
    assert done.body["pages"][0]["name"] == "Acme Group"
    shops, other, text = done.body["elements"]
    assert shops == BODY["elements"][0]
    assert other["name"] == "Acme AU"
    assert other["columns"] == BODY["elements"][1]["columns"]
    assert text["body"] == "Acme Group {{[Acme AU/x]}} https://acme.example/Acme AU"
    assert {r.code for r in done.residuals} == {"rule_left_name"}
    told = unmatched(world.plan, world.context(), [done])
    assert [(w.code, w.path) for w in told if w.code == "rule_unmatched"] == [("rule_unmatched", "rules.2")]


def test_where_chooses_documents(kit):
    rule = Rule(name="r", where=Selector(type="data-model"), set_description="new")
    world = kit.World(plan=kit.plan(rules=(rule,)))
    assert world.draft(BODY).description is None
    assert world.draft({"pages": []}, kind="data-model").description == "new"
    by_name = Rule(name="r", where=Selector(name="FY2?-*"), rename="x")
    world = kit.World(plan=kit.plan(rules=(by_name,)))
    assert [world.draft({}, name=name).name for name in ("FY25-A", "FY2-A")] == ["x", "FY2-A"]


def test_paths_and_addresses(kit):
    source = {"kind": "warehouse-table", "connectionId": kit.WARE, "path": ["DW", "FIN", "ORDERS"]}
    body = {
        "elements": [
            {"id": "t", "source": source, "columns": [{"id": "c", "formula": "[ORDERS/Id]"}]},
            {"body": "https://a.example/b/c"},
        ]
    }
    rules = (
        Rule(name="table", set_path=PathMap(source=("DW", "FIN", "ORDERS"), target=("X", "Y", "Z"))),
        Rule(name="wiki", replace_url=("https://a.example/", "https://b.example/")),
    )
    done = kit.World(plan=kit.plan(rules=rules)).draft(body)
    assert done.body["elements"][0]["source"]["path"] == ["X", "Y", "Z"]
    assert done.body["elements"][0]["columns"][0]["formula"] == "[Z/Id]"
    assert done.body["elements"][1]["body"] == "https://b.example/b/c"
    assert {change.code for change in done.changes} == {"rule:table", "rule:wiki"}


def test_a_place_is_set_and_then_no_longer_a_reference(kit):
    body = {"elements": [{"kind": "image", "source": {"kind": "upload", "key": "org/x.png"}, "alt": "a b a"}]}
    rules = (
        Rule(name="logo", replace_at=("$.elements[*].source.key", None, "other")),
        Rule(name="alt", replace_at=("$..alt", "a", "b")),
    )
    done = kit.World(plan=kit.plan(rules=rules)).draft(body)
    assert done.refusals == ()
    assert done.body == {"elements": [{"kind": "image", "source": {"kind": "upload", "key": "other"}, "alt": "b b b"}]}
    assert [r.note for r in done.references] == ["set by rule logo"]
    assert sorted(change.code for change in done.changes) == ["rule:alt", "rule:alt", "rule:logo"]


def test_an_id_of_the_source_in_a_rule_is_caught(kit):
    rules = (Rule(name="wrong", replace_at=("$.elements[0].connectionId", None, kit.WARE)),)
    done = kit.World(plan=kit.plan(rules=rules)).draft({"elements": [{"connectionId": kit.LAKE}]})
    assert [p.code for p in done.refusals] == ["unknown_reference"]
    rules = (Rule(name="right", replace_at=("$.elements[0].connectionId", None, kit.GROUP_WARE)),)
    assert kit.World(plan=kit.plan(rules=rules)).draft({"elements": [{"connectionId": kit.LAKE}]}).refusals == ()


def test_rules_in_python(kit):
    def edits(spec):
        return {("elements", 0, "title"): f"{spec.name}!"}

    world = kit.World()
    body = {"elements": [{"title": "x", "source": {"connectionId": kit.WARE, "kind": "empty"}}]}
    key = kit.key("workbook", 1)
    from migrate.bundle.spec import Spec

    spec = Spec(key=key, generation="contents", name="N", folder_id="f", body=body)
    context = resolve(
        world.plan, "there", world.source, world.dest, frozenset(), {}, {}, (Transform(name="t", edits=edits),)
    )
    done = draft(spec, context, "there")
    assert bind(done, {})["elements"][0] == {"title": "N!", "source": {"connectionId": kit.GROUP_WARE, "kind": "empty"}}
    assert [change.code for change in done.changes] == ["rule:t"]


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
