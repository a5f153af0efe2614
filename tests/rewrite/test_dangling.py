"""What leads nowhere in the source already: refused, left out or reported, as the plan says."""

import pytest

from migrate.bundle.spec import Spec
from migrate.plan.policies import Policy


def body(*elements, **more):
    base = [
        {"id": "t", "kind": "table", "source": {"kind": "empty"}, "columns": [{"id": "c", "formula": "1"}]},
        *elements,
    ]
    return {"schemaVersion": 1, "pages": [{"id": "p"}], "elements": base, **more}


def local(element):
    return {"kind": "table", "elementId": element}


def filtering(*filters):
    return {"id": "k", "kind": "control", "controlId": "K", "filters": list(filters)}


STALE = {"source": local("gone"), "columnId": "c"}
GOOD = {"source": local("t"), "columnId": "c"}
OLD_COLUMN = {"source": local("t"), "columnId": "old"}

JOINED = {"sourceColumnId": "a", "targetColumnId": "c"}
STRAY = {"sourceColumnId": "a", "targetColumnId": "old"}


def button(*effects):
    return {"id": "b", "kind": "button", "text": "Go", "actions": [{"id": "a", "effects": list(effects)}]}


DROPPED = [
    (filtering(GOOD, STALE), "$.elements[1].filters[1].source.elementId", filtering(GOOD)),
    (filtering(OLD_COLUMN, GOOD), "$.elements[1].filters[0].columnId", filtering(GOOD)),
    (
        {"id": "x", "kind": "plugin", "targets": [{"elementId": "gone", "columnId": "c"}]},
        "$.elements[1].targets[0].elementId",
        {"id": "x", "kind": "plugin", "targets": []},
    ),
    (
        {
            "id": "b",
            "kind": "button",
            "actions": [{"id": "a", "effects": [{"effect": "reset-form", "formElementId": "gone"}]}],
        },
        "$.elements[1].actions[0].effects[0].formElementId",
        {"id": "b", "kind": "button", "actions": [{"id": "a", "effects": []}]},
    ),
    (
        {"id": "r", "kind": "table", "relationships": [{"id": "q", "targetElementId": "gone", "keys": []}]},
        "$.elements[1].relationships[0].targetElementId",
        {"id": "r", "kind": "table", "relationships": []},
    ),
    (
        {"id": "r", "kind": "table", "columns": [{"id": "a", "formula": "1"}]}
        | {"relationships": [{"id": "q", "targetElementId": "t", "keys": [JOINED, STRAY]}]},
        "$.elements[1].relationships[0].keys[1].targetColumnId",
        {"id": "r", "kind": "table", "columns": [{"id": "a", "formula": "1"}], "relationships": []},
    ),
    (
        {"id": "x", "kind": "bar-chart", "columns": [{"id": "a", "formula": "1"}]}
        | {"filters": [{"id": "f", "columnId": "old", "kind": "list"}]},
        "$.elements[1].filters[0].columnId",
        {"id": "x", "kind": "bar-chart", "columns": [{"id": "a", "formula": "1"}], "filters": []},
    ),
    *(
        (button(effect), f"$.elements[1].actions[0].effects[0].{where}", button())
        for effect, where in (
            ({"effect": "x", "pluginElementId": "gone"}, "pluginElementId"),
            ({"effect": "x", "control": "Gone"}, "control"),
            ({"effect": "x", "value": {"type": "control", "control": "Gone"}}, "value.control"),
            ({"effect": "x", "to": [{"type": "element", "element": "gone"}]}, "to[0].element"),
            ({"effect": "x", "scope": {"type": "control", "controlId": "Gone"}}, "scope.controlId"),
        )
    ),
]
KEPT = [
    ({"id": "r", "kind": "table", "columns": [], "source": local("gone")}, "$.elements[1].source.elementId"),
    (
        {
            "id": "r",
            "kind": "table",
            "columns": [],
            "source": {"kind": "union", "sources": [local("t"), local("gone")]},
        },
        "$.elements[1].source.sources[1].elementId",
    ),
    ({"id": "r", "kind": "input-table", "source": {"kind": "linked", "from": "gone"}}, "$.elements[1].source.from"),
]


def drafted(kit, element, policy):
    return kit.World(plan=kit.plan(policy=Policy(dangling=policy))).draft(body(element))


@pytest.mark.parametrize(("element", "path"), [(e, p) for e, p, _after in DROPPED] + KEPT)
def test_it_is_refused_unless_the_plan_says_otherwise(kit, element, path):
    done = kit.World().draft(body(element))
    assert [(p.code, p.path) for p in done.refusals] == [("dangling_reference", path)]


@pytest.mark.parametrize(("element", "_path", "after"), DROPPED)
def test_what_can_be_left_out_is(kit, element, _path, after):
    done = drafted(kit, element, "drop")
    assert done.refusals == ()
    assert done.body["elements"][1] == after
    assert "dangling_reference" in {residual.code for residual in done.residuals}


@pytest.mark.parametrize(("element", "path"), KEPT)
def test_what_an_element_reads_cannot_be_left_out(kit, element, path):
    done = drafted(kit, element, "drop")
    assert [(p.code, p.path) for p in done.refusals] == [("dangling_reference", path)]
    assert done.body["elements"][1] == element


@pytest.mark.parametrize(("element", "_path"), [(e, p) for e, p, _after in DROPPED] + KEPT)
def test_it_is_copied_as_it_is_and_told(kit, element, _path):
    done = drafted(kit, element, "report")
    assert done.refusals == ()
    assert done.body["elements"][1] == element
    assert [residual.code for residual in done.residuals].count("dangling_reference") == 1


@pytest.mark.parametrize(
    "element",
    [
        filtering(GOOD),
        {"id": "r", "kind": "table", "columns": [{"id": "a", "formula": "1"}]}
        | {"relationships": [{"id": "q", "targetElementId": "t", "keys": [JOINED]}]},
        {"id": "x", "kind": "bar-chart", "columns": [{"id": "a", "formula": "1"}], "filters": [{"columnId": "a"}]},
        button({"effect": "x", "control": "t", "tableElementId": "t", "values": {"c": 1}}),
        filtering({"source": {"kind": "data-model", "dataModelId": "m", "elementId": "gone"}, "columnId": "c"}),
        {"id": "r", "kind": "table", "columns": [], "source": {"kind": "transpose", "source": local("t")}},
        {
            "id": "i",
            "kind": "input-table",
            "source": {"kind": "linked", "from": "t"},
            "columns": [{"id": "a", "key": "c"}],
        },
    ],
)
def test_what_leads_somewhere_is_nothing_of_the_kind(kit, element):
    done = kit.World().draft(body(element))
    assert "dangling_reference" not in {problem.code for problem in done.refusals}
    if element.get("source", {}).get("kind") == "linked":
        assert done.refusals == ()


def test_a_filter_on_an_element_of_a_page_that_was_left_out(kit):
    """The flat form keeps the page in the layout and the filter in the control."""
    page = {"id": "p", "elements": [filtering(GOOD, STALE), *body()["elements"]]}
    flat = {"pages": [page], "layout": '<Page id="p"/><Page id="omitted"></Page>'}
    done = kit.World(plan=kit.plan(policy=Policy(dangling="drop"))).draft(flat, generation="flat")
    assert done.refusals == ()
    assert done.body["pages"][0]["elements"][0]["filters"] == [GOOD]
    assert done.body["layout"] == '<Page id="p"/>'
    assert [one.message for one in done.residuals if "draws page 'omitted'" in one.message]


@pytest.mark.parametrize(
    ("rest", "left"),
    [
        ('\n<Page type="grid" id="x &amp; y">\n</Page>\n<Page id="q"/>', '\n<Page id="q"/>'),
        ("<Page id='x &amp; y'/>", ""),
        ('<Page id="x &amp; y"><Container elementId="t2"/></Page>', None),
    ],
)
def test_an_empty_page_of_the_layout_is_cut_out_and_no_other_one(kit, rest, left):
    known = {"pages": [{"id": "p"}, {"id": "q"}], "layout": '<Page id="p"/>' + rest}
    world = kit.World(plan=kit.plan(policy=Policy(dangling="drop")))
    done = world.draft(body() | known | {"elements": [*body()["elements"], {"id": "t2", "kind": "text"}]})
    if left is None:
        assert [(p.code, p.path) for p in done.refusals] == [("dangling_reference", "$.layout")]
    else:
        assert done.refusals == ()
        assert done.body["layout"] == '<Page id="p"/>' + left
    refused = kit.World().draft(body() | known | {"elements": [*body()["elements"], {"id": "t2", "kind": "text"}]})
    assert {(p.code, p.path) for p in refused.refusals} == {("dangling_reference", "$.layout")}


def test_a_column_of_a_model_that_is_gone_is_left_out_with_its_filter(kit):
    model = kit.key("data-model", 2)
    spec = Spec(
        key=model,
        generation="flat",
        name="M",
        folder_id="f",
        body={
            "pages": [{"id": "p", "elements": [{"id": "e", "kind": "table", "columns": [{"id": "c", "formula": "1"}]}]}]
        },
    )
    source = {"kind": "data-model", "dataModelId": model.id, "elementId": "e"}
    control = filtering({"source": source, "columnId": "c"}, {"source": dict(source), "columnId": "gone"})
    world = kit.World(scope=frozenset({model}), specs={model: spec}, plan=kit.plan(policy=Policy(dangling="drop")))
    done = world.draft(body(control))
    assert done.refusals == ()
    assert [one["columnId"] for one in done.body["elements"][1]["filters"]] == ["<pending>"]
    assert [hole.path[:4] for hole in done.holes] == [("elements", 1, "filters", 0)] * 3


def driving(model, control, **more):
    return {"id": "k", "kind": "control", "controlId": "K", "controlType": "list"} | {
        "parameters": [{"kind": "data-model", "dataModelId": model, "controlId": control}],
        **more,
    }


def feeding(source):
    return {"source": {"kind": "source", "source": source, "columnId": "c"}}


@pytest.mark.parametrize(
    ("control", "reads", "what"),
    [
        ("Region", True, ""),
        ("Gone", True, "which its data model does not have"),
        ("Region", False, "from which its values are not made"),
    ],
)
@pytest.mark.parametrize("through", ["model", "element"])
def test_a_control_that_drives_one_of_a_model(kit, control, reads, what, through):
    """Known when planned: the control of the model, and that the model feeds the values, also through a table."""
    model = kit.key("data-model", 2)
    region = {"id": "r", "kind": "control", "controlId": "Region", "controlType": "list"}
    table = {"id": "e", "kind": "table", "columns": [{"id": "c", "formula": "1"}]}
    pages = [{"id": "p", "elements": [table, region]}]
    spec = Spec(key=model, generation="flat", name="M", folder_id="f", body={"pages": pages})
    of_model = {"kind": "data-model", "dataModelId": model.id, "elementId": "e"}
    reader = {"id": "read", "kind": "table", "columns": [{"id": "c", "formula": "1"}], "source": of_model}
    feed = (of_model if through == "model" else local("read")) if reads else local("t")
    world = kit.World(scope=frozenset({model}), specs={model: spec}, plan=kit.plan(policy=Policy(dangling="drop")))
    done = world.draft(body(driving(model.id, control, **feeding(feed)), reader))
    assert done.refusals == ()
    told = [one.message for one in done.residuals if one.code == "dangling_reference"]
    assert len(told) == bool(what)
    assert all(what in one for one in told)
    assert len(done.body["elements"][1]["parameters"]) == (0 if what else 1)


def test_what_the_layout_places_and_is_not_there(kit):
    layout = '<Page id="p"><Element elementId="t"/><Container elementId="gone"/></Page>'
    for policy in ("fail", "drop"):
        done = kit.World(plan=kit.plan(policy=Policy(dangling=policy))).draft(body(layout=layout))
        assert [(p.code, p.path) for p in done.refusals] == [("dangling_reference", "$.layout")]
        assert "'gone'" in done.refusals[0].message


@pytest.mark.parametrize(
    ("element", "what"),
    [
        ({"id": "e", "kind": "warehouse-table"}, "of kind 'warehouse-table', which no data model holds"),
        ({"id": "e", "kind": "table"}, "is missing"),
        ({"id": "e", "kind": "table", "source": {"kind": "csv"}}, "of kind 'csv', which no data model reads"),
        ({"id": "e", "kind": "table", "source": {"kind": "join", "left": {}}}, "(join) lacks joins"),
        ({"id": "e", "kind": "table", "source": {"kind": "union", "sources": []}}, "(union) lacks matches"),
    ],
)
def test_what_no_data_model_holds_is_known_when_planned(kit, element, what):
    tree = {"pages": [{"id": "p", "elements": [element]}]}
    done = kit.World().draft(tree, kind="data-model")
    (refusal,) = [one for one in done.refusals if one.code == "not_in_schema"]
    assert what in refusal.message
    assert refusal.path.startswith("$.pages[0].elements[0]")
    assert "not_in_schema" not in {one.code for one in kit.World().draft(tree).refusals}, "a workbook may hold anything"


def test_elements_on_one_another_are_told(kit):
    layout = (
        '<Page id="p" type="grid"><Element elementId="t" gridColumn="1 / 13" gridRow="1 / 5"/>'
        '<Element elementId="k" gridColumn="12 / 25" gridRow="4 / 6"/></Page>'
    )
    done = kit.World().draft(body(filtering(GOOD), layout=layout))
    assert done.refusals == ()
    (told,) = [one for one in done.residuals if one.code == "elements_overlap"]
    assert "'t' and 'k' overlap" in told.message


def test_synced_controls_share_a_name(kit):
    one, other = filtering(GOOD), {**filtering(GOOD), "id": "k2"}
    done = kit.World().draft(body(one, other))
    assert done.refusals == ()
    assert [(r.code, r.path) for r in done.residuals] == [("shared_control_id", ("elements", 2))]
    assert done.body["elements"][1:] == [one, other]


def test_what_nobody_foresaw_refuses_one_document(kit):
    done = kit.World().draft({"elements": [{"id": "e", "kind": "button", 5: "no JSON has such a key"}]})
    assert [problem.code for problem in done.refusals] == ["draft_failed"]
    assert "line" in done.refusals[0].message
    assert done.name == "Doc"
